/* What all implementations share: checking arguments, ranges, notes. */
#include "store/internal.h"

#include <assert.h>
#include <string.h>

enum size { SMALL, LARGE };
static const struct {
    const char *name;
    enum size size;
} tables[] = {
#define STORE_TABLE_ROW(name, text, size) [TABLE_##name] = {text, size},
    STORE_TABLES(STORE_TABLE_ROW)
#undef STORE_TABLE_ROW
};

const char *store_table_name(enum table table) {
    return tables[table].name;
}

bool store_table_is_large(enum table table) {
    return tables[table].size == LARGE;
}

status store_open(const struct store_ops *ops, const char *directory, struct store **out_store) {
    return ops->open(directory, out_store);
}

void store_close(struct store *s) {
    if (s)
        s->ops->close(s);
}

status store_begin_read(struct store *s, struct txn **out_txn) {
    return s->ops->begin_read(s, out_txn);
}

status store_begin_write(struct store *s, struct txn **out_txn) {
    return s->ops->begin_write(s, out_txn);
}

static status no_files(const struct store *s) {
    return FAIL(E_INVALID, "The %s store keeps nothing in files", s->ops->name);
}

status store_copy(struct store *s, const char *directory, const struct store_progress *progress) {
    return s->ops->copy ? s->ops->copy(s, directory, progress) : no_files(s);
}

status store_verify(struct store *s) {
    return s->ops->verify ? s->ops->verify(s) : no_files(s);
}

static void txn_free(struct txn *t) {
    arena_done(&t->notes);
    mem_free(t->changes);
    mem_free(t->announcements);
    mem_free(t);
}

status store_commit(struct txn *t) {
    assert(t->writes);
    if (t->failed) {
        status failed = t->failed;
        store_rollback(t);
        return failed;
    }
    status s = t->store->ops->commit(t);
    txn_free(t);
    return s;
}

void store_rollback(struct txn *t) {
    if (!t)
        return;
    t->store->ops->rollback(t);
    txn_free(t);
}

static status check_key(enum table table, bytes key) {
    if (key.len == 0 || key.len > STORE_KEY_BYTES_MAX)
        return FAIL(E_INVALID, "A key of %zu bytes cannot be in %s: 1 to %d are possible", key.len,
                    store_table_name(table), STORE_KEY_BYTES_MAX);
    return OK;
}

status store_load(struct txn *t, enum table table, bytes key, struct arena *a, bytes *out_value) {
    TRY(check_key(table, key));
    return t->store->ops->load(t, table, key, a, out_value);
}

status store_has(struct txn *t, enum table table, bytes key, bool *out_present) {
    TRY(check_key(table, key));
    return t->store->ops->has(t, table, key, out_present);
}

status store_save(struct txn *t, enum table table, bytes key, bytes value) {
    assert(t->writes && !t->failed);
    TRY(check_key(table, key));
    if (value.len > STORE_VALUE_BYTES_MAX)
        return FAIL(E_INVALID, "A value of %zu bytes is too large for the store: %d are possible",
                    value.len, STORE_VALUE_BYTES_MAX);
    t->failed = t->store->ops->save(t, table, key, value);
    return t->failed;
}

status store_remove(struct txn *t, enum table table, bytes key) {
    assert(t->writes && !t->failed);
    TRY(check_key(table, key));
    t->failed = t->store->ops->remove(t, table, key);
    return t->failed;
}

/* The least key after every key that starts with `prefix`: its last byte that can be raised,
 * raised. Without one (prefix empty or all 0xff) it is longer than any key can be. */
static bytes end_of_prefix(struct arena *a, bytes prefix) {
    size_t len = prefix.len;
    while (len > 0 && prefix.ptr[len - 1] == 0xff)
        len--;
    size_t size = len > 0 ? len : STORE_KEY_BYTES_MAX + 1;
    uint8_t *end = arena_alloc(a, size);
    if (len == 0) {
        memset(end, 0xff, size);
    } else {
        memcpy(end, prefix.ptr, len);
        end[len - 1]++;
    }
    return bytes_of(end, size);
}

/* The least key after `key` is `key` and a zero byte. */
static bytes next_key(struct arena *a, bytes key) {
    uint8_t *next = arena_alloc(a, key.len + 1);
    memcpy(next, key.ptr, key.len);
    return bytes_of(next, key.len + 1);
}

static struct range range_of(const struct scan *scan, struct arena *a) {
    struct range range = {scan->prefix, end_of_prefix(a, scan->prefix), scan->descending,
                          scan->limit};
    if (scan->from.len == 0)
        return range;
    /* upwards `from` is the low end, its successor when it is left out; downwards the other way */
    bytes edge = scan->after == scan->descending ? scan->from : next_key(a, scan->from);
    if (!scan->descending && bytes_compare(edge, range.low) > 0)
        range.low = edge;
    if (scan->descending && bytes_compare(edge, range.high) < 0)
        range.high = edge;
    return range;
}

status store_scan(struct txn *t, enum table table, const struct scan *scan, struct arena *a,
                  struct row **out_rows, size_t *out_count) {
    assert(scan->limit > 0 && scan->limit <= STORE_SCAN_ROWS_MAX);
    struct range range = range_of(scan, a);
    struct row *rows = ARENA_ARRAY(a, struct row, scan->limit);
    size_t count = 0;
    TRY(t->store->ops->scan(t, table, &range, a, rows, &count));
    *out_rows = rows;
    *out_count = count;
    return OK;
}

void store_note(struct txn *t, enum change_kind kind, bytes account, bytes key) {
    assert(t->writes);
    if (t->change_count == t->change_capacity) {
        t->change_capacity = t->change_capacity ? 2 * t->change_capacity : 4;
        t->changes = mem_resize(t->changes, t->change_capacity * sizeof *t->changes);
    }
    t->changes[t->change_count++] =
        (struct change){kind, arena_copy(&t->notes, account), arena_copy(&t->notes, key)};
}

void store_announce(struct txn *t, bytes account, bytes topic, bytes payload) {
    assert(t->writes);
    if (t->announcement_count == t->announcement_capacity) {
        t->announcement_capacity = t->announcement_capacity ? 2 * t->announcement_capacity : 4;
        t->announcements =
            mem_resize(t->announcements, t->announcement_capacity * sizeof *t->announcements);
    }
    t->announcements[t->announcement_count++] =
        (struct announcement){arena_copy(&t->notes, account), arena_copy(&t->notes, topic),
                              arena_copy(&t->notes, payload)};
}

void store_on_announcement(struct store *s, store_announcer *send, void *context) {
    s->send = send;
    s->send_context = context;
}

size_t store_note_count(const struct txn *t) {
    return t->change_count;
}

void store_expect_much(struct store *s) {
    if (s->ops->expect_much)
        s->ops->expect_much(s);
}

void store_on_change(struct store *s, store_listener *told, void *context) {
    s->told = told;
    s->context = context;
}

void store_tell(const struct txn *t) {
    if (t->store->told && t->change_count > 0)
        t->store->told(t->store->context, t->changes, t->change_count);
    if (t->store->send && t->announcement_count > 0)
        t->store->send(t->store->send_context, t->announcements, t->announcement_count);
}
