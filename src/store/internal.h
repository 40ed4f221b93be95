/* Inside store/: what an implementation fills in, and what it embeds. */
#pragma once
#include "store/store.h"

/* store.c has checked the arguments: keys are of legal length, writes come on write transactions.
 */
struct range {
    bytes low, high; /* low ≤ key < high */
    bool descending;
    size_t limit;
};

struct store_ops {
    const char *name;
    status (*open)(const char *directory, struct store **out_store);
    void (*close)(struct store *s);
    status (*begin_read)(struct store *s, struct txn **out_txn);
    status (*begin_write)(struct store *s, struct txn **out_txn);
    /* commit: durable, told (store_tell) and done with `t` when it returns, whatever it returns;
     * store.c frees it. Read transactions come to rollback only. */
    status (*commit)(struct txn *t);
    /* rollback leaves this thread's failure sentence as it is. */
    void (*rollback)(struct txn *t);
    status (*load)(struct txn *t, enum table table, bytes key, struct arena *a, bytes *out_value);
    status (*has)(struct txn *t, enum table table, bytes key, bool *out_present);
    status (*save)(struct txn *t, enum table table, bytes key, bytes value);
    status (*remove)(struct txn *t, enum table table, bytes key);
    status (*scan)(struct txn *t, enum table table, const struct range *range, struct arena *a,
                   struct row *out_rows, size_t *out_count);
    /* copy and verify: NULL when nothing is kept in files. */
    status (*copy)(struct store *s, const char *directory, const struct store_progress *progress);
    status (*verify)(struct store *s);
    void (*expect_much)(struct store *s); /* NULL: nothing to prepare */
};

struct store {
    const struct store_ops *ops;
    store_listener *told;
    void *context;
    store_announcer *send;
    void *send_context;
};

struct txn {
    struct store *store;
    bool writes;
    status failed; /* what a save or remove answered: nothing but rollback is left */
    struct arena notes;
    struct change *changes;
    size_t change_count, change_capacity;
    struct announcement *announcements;
    size_t announcement_count, announcement_capacity;
};

/* sqlite_writers_waiting is how many threads stand in line to write; for tests of batches. */
size_t sqlite_writers_waiting(struct store *base);

bool store_table_is_large(enum table table);
/* store_tell tells the listener what `t` changed, and sends what it announced. One at a time, in
 * commit order. */
void store_tell(const struct txn *t);
