/* The store of the tests: one tree per table; a commit replaces the roots. Nothing outlives it. */
#include "store/memory/tree.h"
#include "store/turn.h"

#include <assert.h>
#include <string.h>

struct memory_store {
    struct store base;
    struct turn writer;
    pthread_mutex_t mutex; /* for roots and open_count */
    struct tree *roots[TABLE_COUNT];
    size_t open_count;
};

struct memory_txn {
    struct txn base;
    struct tree *roots[TABLE_COUNT];
};

static struct memory_store *store_of(struct store *s) {
    return OWNER(s, struct memory_store, base);
}
static struct memory_txn *txn_of(struct txn *t) {
    return OWNER(t, struct memory_txn, base);
}

static status memory_open(const char *directory, struct store **out_store) {
    UNUSED(directory);
    struct memory_store *s = NEW(struct memory_store);
    s->base.ops = &store_memory;
    turn_init(&s->writer);
    pthread_mutex_init(&s->mutex, NULL);
    *out_store = &s->base;
    return OK;
}

static void drop_roots(struct tree **roots) {
    for (size_t i = 0; i < TABLE_COUNT; i++)
        tree_unref(roots[i]);
}

static void memory_close(struct store *base) {
    struct memory_store *s = store_of(base);
    assert(s->open_count == 0);
    drop_roots(s->roots);
    turn_done(&s->writer);
    pthread_mutex_destroy(&s->mutex);
    mem_free(s);
}

static struct txn *begin(struct memory_store *s, bool writes) {
    struct memory_txn *t = NEW(struct memory_txn);
    t->base.store = &s->base;
    t->base.writes = writes;
    pthread_mutex_lock(&s->mutex);
    for (size_t i = 0; i < TABLE_COUNT; i++)
        t->roots[i] = tree_ref(s->roots[i]);
    s->open_count++;
    pthread_mutex_unlock(&s->mutex);
    return &t->base;
}

static status memory_begin_read(struct store *base, struct txn **out_txn) {
    *out_txn = begin(store_of(base), false);
    return OK;
}

static status memory_begin_write(struct store *base, struct txn **out_txn) {
    struct memory_store *s = store_of(base);
    turn_take(&s->writer);
    *out_txn = begin(s, true);
    return OK;
}

static void end(struct memory_store *s, struct memory_txn *t) {
    pthread_mutex_lock(&s->mutex);
    s->open_count--;
    pthread_mutex_unlock(&s->mutex);
    drop_roots(t->roots);
    if (t->base.writes)
        turn_pass(&s->writer);
}

static status memory_commit(struct txn *base) {
    struct memory_store *s = store_of(base->store);
    struct memory_txn *t = txn_of(base);
    struct tree *roots[TABLE_COUNT];
    pthread_mutex_lock(&s->mutex);
    memcpy(roots, s->roots, sizeof roots);
    memcpy(s->roots, t->roots, sizeof roots);
    memcpy(t->roots, roots, sizeof roots);
    pthread_mutex_unlock(&s->mutex);
    store_tell(base);
    end(s, t);
    return OK;
}

static void memory_rollback(struct txn *base) {
    end(store_of(base->store), txn_of(base));
}

static status memory_load(struct txn *t, enum table table, bytes key, struct arena *a,
                          bytes *out_value) {
    bytes value;
    if (!tree_find(txn_of(t)->roots[table], key, &value))
        return FAIL(E_NOT_FOUND, "The specified resource does not exist");
    *out_value = arena_copy(a, value);
    return OK;
}

static status memory_has(struct txn *t, enum table table, bytes key, bool *out_present) {
    bytes value;
    *out_present = tree_find(txn_of(t)->roots[table], key, &value);
    return OK;
}

static void replace(struct tree **root, struct tree *take_new) {
    tree_unref(*root);
    *root = take_new;
}

static status memory_save(struct txn *t, enum table table, bytes key, bytes value) {
    struct tree **root = &txn_of(t)->roots[table];
    replace(root, tree_with(*root, key, value));
    return OK;
}

static status memory_remove(struct txn *t, enum table table, bytes key) {
    struct tree **root = &txn_of(t)->roots[table];
    replace(root, tree_without(*root, key));
    return OK;
}

static status memory_scan(struct txn *t, enum table table, const struct range *range,
                          struct arena *a, struct row *out_rows, size_t *out_count) {
    *out_count = tree_scan(txn_of(t)->roots[table], range, a, out_rows);
    return OK;
}

const struct store_ops store_memory = {
    "memory",
    memory_open,
    memory_close,
    memory_begin_read,
    memory_begin_write,
    memory_commit,
    memory_rollback,
    memory_load,
    memory_has,
    memory_save,
    memory_remove,
    memory_scan,
    NULL,
    NULL,
    NULL,
};
