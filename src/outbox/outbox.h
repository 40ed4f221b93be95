/* The outbox: work for elsewhere that must not get lost. Whoever has something to deliver puts it
 * in inside his own transaction; once that is committed a crew of workers delivers it, at least
 * once, also after kill -9.
 *
 *     put, in a transaction ─▶ commit ─▶ lane ─▶ worker: deliver ─▶ done: removed, in batches
 *                                          ▲               └─▶ again: after a back-off ──┐
 *                                          └─────────────────────────────────────────────┘
 *
 * A *kind* says how its items are delivered ("function", "action"). A *lane* is what shares a fate:
 * a function, a URL. Of a lane only a few items are under way at a time, and lanes share nothing
 * but the crew, which grows with the lanes that have work: one that hangs costs the others nothing.
 * Items of a lane start in the order in which they are due.
 *
 * Bounded per lane and in all; who finds it full is told so and nothing is kept. Any thread; calls
 * on the store may wait for the disk, so no loop thread. */
#pragma once
#include "base/arena.h"
#include "store/store.h"

enum {
    OUTBOX_LANE_BYTES_MAX = 512, /* the name of a lane */
    OUTBOX_PAYLOAD_BYTES_MAX = 640 << 10,
    OUTBOX_SENTENCE_BYTES_MAX = 400,
};

struct outbox;

/* What is put in; all borrowed for the call. */
struct outbox_item {
    const char *kind;
    bytes account; /* 12 digits */
    bytes lane;    /* what shares a fate, for people to read too: a function's ARN, a URL's host */
    bytes payload; /* the kind's own */
    int64_t not_before_ms; /* wall time; 0: at once */
    int64_t expires_ms;    /* given up then; 0: as the kind says */
    /* More than 1: a delivery may take so many of the lane at once, with at most so many bytes of
     * payload. Those that wait for their first attempt come along with the first that is due. */
    unsigned batch_max;
    uint64_t batch_bytes_max; /* 0: OUTBOX_PAYLOAD_BYTES_MAX */
};

/* One item on its way. What `deliver` sets is said. */
struct outbox_delivery {
    struct outbox_item item; /* as it was put; in the delivery's arena */
    uint64_t id;
    unsigned attempts; /* made before this one */
    int64_t put_ms;
    uint64_t mark;       /* the kind's own, kept with the item; 0 at first. deliver may set it */
    int64_t again_in_ms; /* deliver may set it: until the next attempt; else −1: the back-off */
    /* Of several items: deliver sets it for those that went otherwise than what it returns. */
    status result;
    char sentence[OUTBOX_SENTENCE_BYTES_MAX + 1]; /* why result is not OK */
};

/* How items of a kind are delivered. Called on workers, any number at a time; may block. */
struct outbox_kind {
    const char *name; /* stays the same for ever: it is kept with the items */
    void *context;
    unsigned at_a_time; /* deliveries of one lane */
    /* OK: done. E_UNAVAILABLE: again after a while. Anything else: failed for good. What
     * failure_text says then is shown to people. `count` is 1 unless the items allow more. */
    status (*deliver)(void *context, struct outbox_delivery *d, size_t count, struct arena *a);
    /* gave_up hears of an item that failed for good, has been tried attempts_max times or is too
     * old, before it is removed; may be told twice of one when the server dies. NULL: nobody. */
    void (*gave_up)(void *context, const struct outbox_delivery *d, const char *sentence);
    int64_t again_first_ms, again_most_ms; /* the back-off doubles from the one to the other */
    unsigned attempts_max;                 /* 0: until it is too old */
    int64_t age_ms_max;                    /* 0: any */
};

/* What a lane is told of, for the log. */
enum outbox_event {
    OUTBOX_FULL,    /* refused; told once until the lane, or all, has room again */
    OUTBOX_AGAIN,   /* an attempt failed; another will be made */
    OUTBOX_GAVE_UP, /* an item is dropped */
    OUTBOX_STUCK,   /* the store cannot be read or written; tried again each second */
};

struct outbox_config {
    struct store *store;
    unsigned threads_max; /* 0: none; outbox_run_due runs what is due (tests, simulation) */
    size_t lane_items_max, items_max;
    uint64_t bytes_max; /* of payloads, in all */
    void *context;
    void (*told)(
        void *context, enum outbox_event event, const struct outbox_item *item,
        const char *sentence); /* any thread; borrowed; may be NULL. item NULL: the store */
};
extern const struct outbox_config outbox_standard; /* with bounds; store and told are missing */

/* new, then every kind, then start; nothing is put before. */
struct outbox *outbox_new(const struct outbox_config *config);
void outbox_add_kind(struct outbox *o, const struct outbox_kind *kind); /* borrowed for good */
/* outbox_start takes up what is kept and starts the crew. */
NODISCARD
status outbox_start(struct outbox *o);
/* outbox_stop starts no more deliveries. Those under way end by themselves, or because who they
 * wait for is stopped next; what fails from now on stays as it was. */
void outbox_stop(struct outbox *o);
/* outbox_wait stops, and waits until none is under way and what was done is noted. */
void outbox_wait(struct outbox *o);
/* outbox_close waits and frees; nobody may commit to the store any more. NULL does nothing. */
void outbox_close(struct outbox *o);

/* outbox_put adds an item to the transaction; delivered after the commit, forgotten with a
 * rollback. E_THROTTLED when the lane or the outbox is full: the transaction is then as before.
 * E_UNAVAILABLE when `o` is NULL (this server delivers nothing), or the store fails. A server that
 * stops still takes what is put, for the next one. Bounds are looked at here and counted at the
 * commit: a transaction that puts many may end a little above. *out_id may be NULL. */
NODISCARD
status outbox_put(struct outbox *o, struct txn *t, const struct outbox_item *item,
                  uint64_t *out_id);

/* outbox_told takes in what a commit put: part of the store's listener. NULL does nothing. */
void outbox_told(struct outbox *o, const struct change *changes, size_t count);
/* outbox_look_again takes up what another process changed: `kedge queue retry`, `drop`. */
void outbox_look_again(struct outbox *o);

struct outbox_counts {
    size_t items, under_way, lanes;
    uint64_t bytes;
};
struct outbox_counts outbox_counts(struct outbox *o);

/* outbox_run_due delivers all that is due now on the caller's thread, without a crew; the number
 * of attempts made. */
size_t outbox_run_due(struct outbox *o);

/* ---- looking from outside: `kedge queue`, beside a running server or not ---- */

struct outbox_lane_view {
    bytes kind, account, lane;
    size_t waiting;   /* for their first attempt, or for the next */
    size_t under_way; /* for more than a second */
    size_t failing;   /* of those waiting: tried before */
    uint64_t bytes;
    int64_t oldest_put_ms, next_ms; /* when the next is due */
    bytes sentence;                 /* why the last attempt failed, or none */
};
/* outbox_view lists the lanes that hold something, by kind, account and lane. */
NODISCARD
status outbox_view(struct txn *t, struct arena *a, struct outbox_lane_view **out,
                   size_t *out_count);
/* What it concerns; no bytes: all. */
struct outbox_choice {
    bytes account, lane;
};
/* outbox_hurry makes what waits due now; outbox_drop removes it. Tell the server afterwards. */
NODISCARD
status outbox_hurry(struct txn *t, const struct outbox_choice *which, size_t *out_count);
NODISCARD
status outbox_drop(struct txn *t, const struct outbox_choice *which, size_t *out_count);
