/* MQTT on a connection: the state of one client and what its packets do.
 *
 *     NEW ──CONNECT──▶ ADMITTING ──worker: who, may they──▶ OPENING ──client id is ours──▶ OPEN
 *
 * mqtt.c holds the life of a client and the table of packets; mqtt_connect.c the way in,
 * mqtt_publish.c and mqtt_subscribe.c what they do then. A refusal is always one sentence: to the
 * log and `kedge why`, and to MQTT 5 clients as reason string. */
#pragma once
#include "gateway/admission.h"
#include "gateway/connection.h"
#include "gateway/event_log.h"
#include "gateway/reasons.h"
#include "mqtt/connect.h"
#include "mqtt/disconnect.h"
#include "mqtt/publish.h"
#include "mqtt/subscribe.h"

enum mqtt_state { MQTT_NEW, MQTT_ADMITTING, MQTT_OPENING, MQTT_OPEN, MQTT_CLOSED };

/* A topic this client published to, with what was found out about it. */
struct topic_memo {
    struct route *route;
    uint32_t epoch;      /* of the space's routes */
    uint32_t generation; /* of the client's policies */
    bool allowed, for_rules;
    uint64_t rules_generation; /* of which for_rules holds */
};
enum { TOPIC_MEMOS = 8 };

struct mqtt_client {
    struct connection *connection;
    const struct limits *limits;
    struct space *space;         /* from admission on */
    struct session *session;     /* while OPENING or OPEN */
    struct admission *admission; /* while ADMITTING or being looked at again */
    struct policy_set *policies; /* NULL: every right */
    struct custom_auth *custom;  /* NULL: by certificate alone */
    struct topic_memo *memos;    /* TOPIC_MEMOS, or NULL */
    struct message *will;
    struct service_line *services; /* requests to services, or NULL */
    struct who who;                /* for sentences */
    bytes thing_name;              /* the thing its policy variables speak of; its own copy */
    bytes thing_type;              /* of that thing; its own copy */
    bytes user_properties;         /* what that type adds to each PUBLISH, encoded; its own copy */
    char *source_ip;               /* for rules; NULL until one asks */
    uint64_t session_serial, presence_version; /* of lifecycle events */
    bytes groups; /* of that thing, with their ancestors, each ended by a zero; its own copy */
    struct list in_principal, refresh;
    struct principal *principal; /* certificate that it came with; NULL for a local client */
    uint32_t policy_generation;
    uint32_t keep_alive_ms;    /* one and a half times the keep alive; 0: none */
    uint32_t packet_bytes_max; /* the client's Maximum Packet Size; 0: any */
    uint16_t receive_maximum, keep_alive_asked_s;
    logged_set logged; /* what of it goes to the log of the service */
    enum mqtt_state state;
    enum mqtt_version version;
    bool publish_all;         /* the policies allow iot:Publish everywhere */
    bool problem_information; /* MQTT 5: reason strings are welcome */
    bool expiry_asked;        /* MQTT 5: a session that outlives the connection was asked for */
    bool id_assigned;
    bool thing_is_exclusive; /* thing_name is by an exclusive attachment */
};

void mqtt_start(struct connection *c);
void mqtt_free(struct mqtt_client *m);

/* ---- between the mqtt_*.c files ---- */

/* mqtt_fail ends the connection because of what the client did or may not do: says why (event as in
 * the log, failure_text as sentence), tells an MQTT 5 client by CONNACK or DISCONNECT, publishes
 * the will, closes. */
void mqtt_fail(struct mqtt_client *m, const char *event, enum mqtt_reason reason);
/* mqtt_fail_status is mqtt_fail with the reason code of a status. */
void mqtt_fail_status(struct mqtt_client *m, const char *event, status s);
/* mqtt_end closes without a word and without a reason: the client said goodbye. */
void mqtt_end(struct mqtt_client *m, bool publish_will);
/* mqtt_send sends a packet that the client takes; a larger one is dropped [MQTT5-3.1.2-24]. */
void mqtt_send(struct mqtt_client *m, const struct buf *packet);
bool mqtt_takes(const struct mqtt_client *m, const struct buf *packet);
void mqtt_set_policies(struct mqtt_client *m, struct policy_set *take_policies);
/* mqtt_set_thing takes over what was found about the thing it speaks for. */
void mqtt_set_thing(struct mqtt_client *m, const struct admission *a);

void mqtt_on_connect(struct mqtt_client *m, const struct mqtt_frame *f);
void mqtt_on_publish(struct mqtt_client *m, const struct mqtt_frame *f);
void mqtt_on_subscribe(struct mqtt_client *m, const struct mqtt_frame *f);
void mqtt_on_unsubscribe(struct mqtt_client *m, const struct mqtt_frame *f);
/* mqtt_admitted continues when the worker has decided. */
void mqtt_admitted(struct mqtt_client *m, struct admission *a);
void mqtt_publish_will(struct mqtt_client *m);
