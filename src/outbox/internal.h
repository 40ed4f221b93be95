/* Inside outbox/: what is known in memory of what is kept in the store. */
#pragma once
#include <pthread.h>
#include <string.h>

#include "base/heap.h"
#include "base/list.h"
#include "base/map.h"
#include "outbox/outbox.h"
#include "store/record.h"

enum {
    KEY_LEN = 8, /* of both tables: the id, so that rows sort by age */
    KINDS_MAX = 24,
    THREADS_MAX = 512,
    ACCOUNT_LEN = 12,
    FLUSH_ITEMS_MAX = 500, /* removed or noted in one transaction */
    SLOW_MS = 1000,        /* a delivery under way for so long is shown to people */
    SPARE_S = 10,          /* a worker without work for so long ends */
};

/* OUTBOX        id → struct row_fields: small, written again at each attempt that fails
 * OUTBOX_PAYLOADS   id → payload, as it was put */
struct outbox_row {
    bytes kind, account, lane, sentence;
    int64_t put_ms, due_ms, expires_ms, started_ms;
    uint64_t attempts, mark, batch_max, batch_bytes_max, payload_bytes;
};
void row_encode(const struct outbox_row *r, struct buf *out);
NODISCARD
status row_decode(bytes value, struct outbox_row *out);
void id_to_key(uint64_t id, uint8_t out[KEY_LEN]);
uint64_t key_to_id(bytes key);

struct lane {
    struct map_node node;           /* by kind, account, name */
    struct heap_node ready;         /* in the outbox's heap while an item may be taken */
    struct list aside;              /* of the outbox, instead: until the crew has less to do */
    const struct outbox_kind *kind; /* NULL: nobody delivers it; items stay */
    struct heap waiting;
    size_t items, under_way;
    bool full_told;
    bytes kind_name, account, name; /* parts of the key */
    uint8_t key[];
};

enum item_state { ITEM_WAITING, ITEM_UNDER_WAY, ITEM_DONE };

struct item {
    struct map_node node; /* by key */
    uint8_t key[KEY_LEN];
    struct heap_node due; /* in the lane while it waits; at: wall time, tie: id */
    struct list changes;  /* of the outbox: to be noted in the store, or to be removed there */
    struct list slow;     /* of the outbox: under way, and not yet known to be slow */
    struct lane *lane;
    enum item_state state;
    int64_t put_ms, expires_ms, started_ms; /* started_ms: as noted in the store; 0: is not */
    int64_t begun_ms;                       /* this delivery */
    uint64_t mark, batch_bytes_max;
    uint64_t payload_bytes, seen; /* seen: the last look that found it in the store */
    unsigned attempts, batch_max;
    char *sentence; /* why the last attempt failed, or NULL */
};

enum hand_state { HAND_NONE, HAND_WORKS, HAND_ENDED };
struct hand {
    struct outbox *outbox;
    pthread_t id;
    enum hand_state state;
};

struct outbox {
    struct outbox_config config;
    const struct outbox_kind *kinds[KINDS_MAX];
    size_t kind_count;
    pthread_mutex_t lock; /* of all that follows; never held across a call that waits */
    pthread_cond_t work, ended;
    bool started, stopping;
    struct map items, lanes;
    struct heap ready;
    struct list changes, slow, aside;
    uint64_t bytes, next_id;
    size_t under_way;
    uint64_t look; /* how often the store was read through */
    bool full_told, flushing;
    struct hand hands[THREADS_MAX];
    unsigned hand_count, idle_count;
    bool has_keeper; /* one idle worker watches the time */
};

/* index.c: with the lock held. */
struct item *index_find(struct outbox *o, bytes key);
/* Adds what a row tells, or takes over when it is due. */
void index_take(struct outbox *o, bytes key, const struct outbox_row *row);
void index_forget(struct outbox *o, struct item *i);
void index_done(struct outbox *o);
/* The lane counts among those that are ready, or does not. */
void lane_update(struct outbox *o, struct lane *l);
struct lane *lane_find(struct outbox *o, bytes kind, bytes account, bytes name, bool make);
void item_change(struct outbox *o, struct item *i); /* is to be noted in the store */
void item_row(const struct item *i, struct outbox_row *out);

/* deliver.c */
enum { BATCH_MAX = 256 };
struct batch {
    struct lane *lane;
    size_t count;
    struct item *items[BATCH_MAX];
};
/* Takes what is due in one lane, with the lock held; false when there is none. */
bool batch_take(struct outbox *o, int64_t now_ms, struct batch *out);
/* Delivers it and notes what came of it; without the lock. */
void batch_deliver(struct outbox *o, const struct batch *b);

/* settle.c: writes down what changed; without the lock. One thread at a time does, for all. */
void settle(struct outbox *o);
/* Deliveries that turned out slow are to be noted; the time of the next look, or INT64_MAX. Lock.
 */
int64_t mark_slow(struct outbox *o, int64_t now_ms);

/* crew.c */
void crew_start(struct outbox *o);
void crew_wake(struct outbox *o); /* with the lock held: there may be work */
void crew_join(struct outbox *o);

void tell(struct outbox *o, enum outbox_event event, const struct outbox_item *item,
          const char *sentence);
