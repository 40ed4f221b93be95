/* The server: everything `kedge serve` has, put together and taken apart in order.
 *
 *     directory lock ─▶ store ─▶ account ─▶ authorities ─▶ workers ─▶ loops ─▶ listeners ─▶ ready
 */
#pragma once
#include <pthread.h>
#include <stdatomic.h>

#include "account/account.h"
#include "gateway/plane.h"
#include "gateway/upkeep.h"
#include "rules/outward.h"
#include "store/store.h"
#include "tls/authority.h"

struct api;
struct deliveries;
struct bulk; /* provisioning/bulk.h */
struct documents;
struct event_log;        /* gateway/event_log.h */
struct function_later;   /* function/asynchronous.h */
struct functions;        /* function/function.h */
struct function_host;    /* function/host.h */
struct function_running; /* gateway/functions.h */
struct issuer;
struct outbox;    /* outbox/outbox.h */
struct presence;  /* gateway/presence.h */
struct publisher; /* gateway/publisher.h */
struct key_pool;
struct logs; /* logs/logs.h */
struct rules;

enum { PLANES_MAX = 64 };

/* Workers by what they wait for, so that nobody waits behind something slower than his own. */
enum crew {
    CREW_DEVICES,     /* what devices ask: reads the store, and never waits for the disk */
    CREW_WRITERS,     /* the control plane, retained messages, reasons: commits */
    CREW_KEYS,        /* requests that make an RSA key pair, which takes a tenth of a second */
    CREW_CALLS,       /* what may call a function, and wait seconds for it */
    CREW_INVOCATIONS, /* Invoke of the API: a quarter of an hour each, if it comes to that */
    CREW_AUTHORIZERS, /* clients that a function decides about: as slow, and strangers can be many
                       */
    CREW_RULES,       /* topic rules: one thread, so that order is kept */
    CREW_RULE_WAITS,  /* rules that wait for a function */
    CREW_COUNT
};

struct server {
    const struct settings *settings;
    struct store *store;
    struct account account; /* the default one */
    struct workers *workers[CREW_COUNT];
    _Atomic bool stopping; /* the loops have ended: who still waits is not answered any more */
    struct documents *documents;
    struct directory *directory;
    struct presence *presence; /* NULL: nobody asks who is connected */
    struct logs *logs;
    struct event_log *event_log;
    struct issuer *issuer;
    struct key_pool *key_pool;
    char *buckets_folder;
    struct bulk *bulk;
    struct outward outward;                /* what is lent to deliveries of rules */
    struct arena delivery_memory;          /* … and what that borrows: secrets */
    struct deliveries *deliveries;         /* rules/delivery.h */
    struct function_later *function_later; /* asynchronous invocations */
    struct outbox *outbox; /* what is to be delivered elsewhere; gateway/deliveries.h */
    struct publisher *publisher;
    struct api *api;
    struct iam_acting *acting;   /* what rules may in the name of roles; iam/acting.h */
    struct rules *rules;         /* gateway/rules.h */
    struct functions *functions; /* NULL: this server runs none */
    struct function_host *function_host;
    struct function_running *function_running;
    struct authority *authority;
    struct plane *planes[PLANES_MAX];
    unsigned plane_count;
    struct broker *brokers[PLANES_MAX];
    uint16_t ports[ENTRANCE_COUNT]; /* 0: not listening */
    _Atomic unsigned connection_count;
    _Atomic size_t upload_bytes; /* gateway/upload.c */
    unsigned connections_max;    /* by the limit of open files; 0: none */
    _Atomic bool has_retained;   /* there may be retained messages */
    /* from our own authority, and with the domains (gateway/domains.h), as devices see it */
    struct server_identity *own_identity, *identity;
    int64_t identity_look_again_ms;
    /* gateway/accounts.c: those whose names the identity is for */
    char (*known_accounts)[ACCOUNT_ID_LEN + 1];
    size_t known_count;
    uint64_t accounts_generation;
    struct upkeep upkeep;
};

/* server_open opens what lies on disk and starts the workers; server_close is fine after any of it.
 */
NODISCARD
status server_open(struct server *s, const struct settings *settings);
void server_close(struct server *s);

/* server_add_plane makes the plane of one loop and opens its doors. All planes must be there before
 * a loop runs; then broker_connect_peers has to be called (server_connect_planes). */
NODISCARD
status server_add_plane(struct server *s, struct loop *loop, unsigned count);
void server_connect_planes(struct server *s);

/* server_run serves until SIGTERM or SIGINT, then drains and returns OK. Prints where it listens
 * and `ready` to standard output. */
NODISCARD
status server_run(const struct settings *settings);
