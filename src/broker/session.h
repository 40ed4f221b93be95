/* A session: one client identifier of an account, what it subscribed to and what it is still owed.
 *
 * Owned by the broker of the loop that has its connection. The gateway opens it when a CONNECT was
 * let in, gives it the connection's output, and closes it with the connection. A session that is
 * closed is gone: sessions that outlive their connection are not there yet, and the gateway says so
 * to those who ask for one. */
#pragma once
#include "base/list.h"
#include "base/map.h"
#include "broker/inflight.h"
#include "broker/message.h"
#include "loop/loop.h"
#include "loop/output.h"

struct broker;
struct policy_set; /* policy/set.h */
struct session;
struct space;
struct takeover; /* broker/takeover.c */

struct session_events {
    /* session_opened: the client identifier is ours alone now; answer CONNACK. */
    void (*session_opened)(struct session *s);
    /* session_taken_over: somebody else connects with this client identifier; close at once (and
     * publish the will): session_close must have been called when this returns. */
    void (*session_taken_over)(struct session *s);
    /* session_delivered: a message went out; only after session_tell_deliveries. May be NULL. */
    void (*session_delivered)(struct session *s, const struct publication *p);
};

/* A SUBSCRIBE that waits until every loop knows its filters; embedded in its owner. */
struct subscribe_wait {
    struct list in_broker, in_session;
    struct session *session;
    uint64_t notices; /* told to other loops when it began */
    /* done is called once, the wait being out of all lists: the filters are known everywhere, or
     * (`dropped`) the session was closed before. May free the owner. */
    void (*done)(struct subscribe_wait *w, bool dropped);
};

struct session {
    struct map_node by_serial; /* in its space */
    struct space *space;
    const struct session_events *events;
    struct session **owner;    /* where whoever opened it keeps the pointer */
    struct output *output;     /* of its connection */
    struct takeover *takeover; /* while the former holder is being closed */
    struct list waits;         /* subscribes that other loops have not confirmed */
    struct map subscriptions;
    struct inflight inflight;
    struct list queue; /* QoS 1 messages that wait for the window, oldest first */
    uint32_t queue_messages, queue_bytes;
    uint32_t packet_bytes_max; /* the client's Maximum Packet Size; 0 for none */
    uint64_t serial;
    const struct policy_set *policies; /* decides iot:Receive; NULL: everything */
    uint32_t policy_generation;        /* changes whenever `policies` does */
    uint64_t dropped, denied;
    bool receive_all; /* the policies allow iot:Receive on every topic */
    bool tells;       /* session_delivered is wanted */
    uint8_t version;  /* of MQTT: 4 or 5 */
    bytes client_id;  /* its own copy, at the end of the struct's memory */
    uint8_t client_id_bytes[];
};

/* Options of a subscription, as MQTT 5 names them. */
enum { SUBSCRIBE_QOS = 0x03, SUBSCRIBE_NO_LOCAL = 0x04, SUBSCRIBE_RETAIN_AS_PUBLISHED = 0x08 };

struct session_config {
    bytes client_id;
    uint8_t version;
    uint16_t receive_maximum; /* the client's; 0 for none given */
    uint32_t packet_bytes_max;
    const struct policy_set *policies; /* borrowed until session_set_policies or session_close */
    struct output *output;
    const struct session_events *events;
    struct session **owner; /* set at once; the events find their owner by it */
};

/* session_open claims the client identifier. session_opened comes at once, or after the connection
 * that held it (here or on another loop) was closed. */
void session_open(struct space *space, const struct session_config *config);
static inline struct session **session_owner(const struct session *s) {
    return s->owner;
}

/* session_close drops subscriptions and what waits, gives the client identifier up and frees it. */
void session_close(struct session *s);

/* session_tell_deliveries switches session_delivered on or off. */
void session_tell_deliveries(struct session *s, bool on);

/* session_set_policies changes what it may receive, from the next message on. */
void session_set_policies(struct session *s, const struct policy_set *policies);

/* session_subscribe adds or replaces a subscription [MQTT311-3.8.4-3]; qos_options as above.
 * E_LIMIT when the session has as many as it may. */
NODISCARD
status session_subscribe(struct session *s, bytes filter, uint8_t qos_options);
/* session_confirm calls w->done when every loop knows what was subscribed so far: from then on no
 * publish anywhere can miss it. True when that was at once, there being nobody to wait for. */
bool session_confirm(struct session *s, struct subscribe_wait *w);
/* session_unsubscribe is false when there was no such subscription. */
bool session_unsubscribe(struct session *s, bytes filter);
bool session_is_subscribed(const struct session *s, bytes filter);

/* session_acknowledge takes a PUBACK and sends what waited; false for an unknown identifier. */
bool session_acknowledge(struct session *s, uint16_t packet_id);
/* session_resume sends what waits as far as window and output allow: after output was written. */
void session_resume(struct session *s);

/* session_deliver sends or queues one message to this session alone, `retain` set as told. */
void session_deliver(struct session *s, const struct publication *p, uint8_t qos, bool retain);
/* session_answer does so if one of its subscriptions matches the topic and its policies allow
 * iot:Receive there, at the highest QoS it was granted: an answer meant for this client only. */
NODISCARD
bool session_answer(struct session *s, const struct publication *p);
