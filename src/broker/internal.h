/* What the files of this folder share. */
#pragma once
#include "broker/broker.h"
#include "broker/topic_index.h"

enum { LOOPS_MAX = 64 };

struct link;
struct packet_forms;

/* A mark in a topic index: another loop has subscribers. Its address is the subscriber. */
struct mark {
    unsigned loop;
};

struct broker {
    struct loop *loop;
    unsigned index, count;
    struct directory *directory;
    struct broker_limits limits;
    struct broker *const *peers;
    struct link *links[LOOPS_MAX]; /* to each other loop */
    struct mark marks[LOOPS_MAX];
    struct list spaces;
    uint64_t next_serial;
    struct list waits;             /* SUBSCRIBEs not confirmed by all, oldest first */
    uint64_t notices;              /* of interest, told to every other loop */
    uint64_t confirmed[LOOPS_MAX]; /* how many of them each has confirmed */
    struct packet_forms *forms;    /* scratch of route_publish */
    struct broker_figures figures;
    bool congested;
    void (*relieved)(void *context);
    void *relieved_context;
};

struct space {
    struct list link;
    struct broker *broker;
    struct topic_index *index;
    struct map routes;   /* topic → struct route */
    size_t route_bytes;  /* their memory */
    uint32_t epoch;      /* counts how often the routes were thrown away */
    struct map sessions; /* serial → struct session */
    struct map interests; /* filter → struct interest: local subscribers that other loops know of */
    bytes account;
    uint8_t account_bytes[];
};

/* Details in the topic index: subscription options in the low byte, or a mark of another loop. */
enum { DETAIL_REMOTE = 0x100 };

/* ---- packets.c: one PUBLISH in the forms its receivers need ---- */
struct packet_forms *packet_forms_new(void);
void packet_forms_free(struct packet_forms *f);
/* packet_forms_start borrows the publication until the next start. */
void packet_forms_start(struct packet_forms *f, const struct publication *p);
/* packet_copy gives a reference to a copy of it, made when first asked for: many slow receivers of
 * one message queue the same bytes. packet_forms_forget lets go of the forms' own. */
struct message *packet_copy(struct packet_forms *f);
void packet_forms_forget(struct packet_forms *f);
/* packet_append writes the PUBLISH for this version, QoS and RETAIN; false when it is longer than
 * `bytes_max` (0: no limit). */
bool packet_append(struct packet_forms *f, struct output *out, uint8_t version, uint8_t qos,
                   bool retain, uint16_t packet_id, uint32_t bytes_max);

/* ---- session.c ---- */
/* deliver gives the message being formed in b->forms to one session. */
void deliver(struct broker *b, struct session *s, const struct publication *p, uint8_t qos,
             bool retain);

/* ---- interest.c: telling the other loops ---- */
void interest_add(struct space *s, bytes filter);
void interest_remove(struct space *s, bytes filter);
void interest_forget(struct session *s); /* its waits are dropped */
void interests_free(struct space *s);

/* ---- link.c: batches to another loop ---- */
struct link *link_new(struct broker *from, struct broker *to);
void link_free(struct link *l);
void link_append(struct link *l, bytes account, const struct publication *p);
void link_flush(struct link *l);

/* ---- takeover.c ---- */
void takeover_start(struct session *s, struct holder former);
void takeover_cancel(struct session *s);

/* ---- broker.c ---- */
void space_forget_routes(struct space *s);
/* route_deliver_local is route_publish without the other loops: for what comes from one. */
size_t route_deliver_local(struct route *r, const struct publication *p);
