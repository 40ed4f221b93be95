/* The device plane of one loop thread: its connections, its part of the broker, its memory.
 *
 * Everything in here is used on the loop's thread only. Scratch memory is shared by all of the
 * thread's connections, so a connection that has nothing to say and nothing half read holds none.
 */
#pragma once
#include "broker/broker.h"
#include "gateway/settings.h"
#include "loop/output.h"
#include "loop/workers.h"
#include "tls/connection.h"

struct server; /* gateway/server.h: what all planes share */

/* What a listener is for. */
enum entrance { ENTRANCE_MQTT, ENTRANCE_MQTTS, ENTRANCE_HTTPS, ENTRANCE_API, ENTRANCE_COUNT };

/* A listener of one plane; every plane listens on the same ports. */
struct door {
    struct listener listener;
    struct plane *plane;
    bool open;
};

enum { READ_BYTES = 128 << 10, PLAIN_BYTES = 64 << 10 };

struct plane {
    struct server *server;
    struct loop *loop;
    unsigned index;
    struct broker *broker;
    struct tls_context *tls;
    struct output_pool pool;
    struct turn_hook hook;
    struct door doors[ENTRANCE_COUNT];
    struct list connections;
    struct list handshakes; /* whose peer has sent something: one step a turn */
    struct list graveyard;  /* closed in this turn: freed at its end */
    struct list paused;     /* publishers, while other loops are behind */
    struct list refreshes;  /* clients to be looked at again, oldest first */
    unsigned refreshes_under_way;
    struct timer refresh_timer;
    struct map principals;     /* of live connections; gateway/principals.c */
    struct timer expiry_timer; /* for the first of them to expire, at next_expiry_ms */
    int64_t next_expiry_ms;
    uint64_t changes;             /* of the registry, as far as this loop was told */
    struct reason_batch *reasons; /* being gathered */
    bool reasons_under_way;       /* another batch is with a worker */
    struct timer reasons_timer, drain_timer;
    uint64_t drain_until_ms;
    uint8_t *read_memory, *plain_memory;
    struct buf cipher;     /* what TLS made of one output, until it is written */
    struct buf properties; /* of one PUBLISH, with those that its publisher's thing type adds */
    size_t connection_count;
    struct list http_uploads; /* requests that are not complete and hold much, oldest first */
    size_t http_bytes;        /* what requests hold here; gateway/http.c */
    bool draining;
};

struct plane *plane_new(struct server *server, struct loop *loop, unsigned index, unsigned count,
                        struct directory *directory);
void plane_free(struct plane *p); /* after its connections are gone */

/* plane_listen opens a door: at `address` (port 0 takes a free one, *out_port says which), or
 * beside the same door of the `first` plane when that is not NULL. */
NODISCARD
status plane_listen(struct plane *p, enum entrance entrance, bytes address,
                    const struct plane *first, uint16_t *out_port);

/* plane_drain closes the doors and every connection as a server that goes away does (MQTT 5: 0x8B);
 * requests under way are answered first, for at most 5 s. Then the loop is stopped. */
void plane_drain(struct plane *p);
