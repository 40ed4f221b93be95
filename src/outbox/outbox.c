#include "outbox/outbox.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "outbox/internal.h"

const struct outbox_config outbox_standard = {
    .threads_max = 256, .lane_items_max = 50000, .items_max = 200000, .bytes_max = 1ULL << 30};

struct outbox *outbox_new(const struct outbox_config *config) {
    struct outbox *o = NEW(struct outbox);
    pthread_condattr_t monotonic;
    o->config = *config;
    assert(config->threads_max <= THREADS_MAX);
    (void)pthread_mutex_init(&o->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&o->work, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    (void)pthread_cond_init(&o->ended, NULL);
    list_init(&o->changes);
    list_init(&o->slow);
    list_init(&o->aside);
    o->next_id = 1;
    return o;
}

void outbox_add_kind(struct outbox *o, const struct outbox_kind *kind) {
    assert(!o->started && o->kind_count < KINDS_MAX && kind->at_a_time > 0);
    o->kinds[o->kind_count++] = kind;
}

void tell(struct outbox *o, enum outbox_event event, const struct outbox_item *item,
          const char *sentence) {
    if (o->config.told)
        o->config.told(o->config.context, event, item, sentence);
}

/* ---- what is kept ---- */

/* What another server had under way is not any more. */
static void take_row(struct outbox *o, const struct row *r) {
    struct outbox_row row;
    if (row_decode(r->value, &row) != OK)
        return;
    index_take(o, r->key, &row);
    struct item *item = index_find(o, r->key);
    if (!item)
        return;
    item->seen = o->look;
    if (item->started_ms && item->state == ITEM_WAITING) {
        item->started_ms = 0;
        item_change(o, item);
    }
}

/* A page into the index; `from` becomes the last key of it. */
static status take_page(struct outbox *o, struct txn *t, uint8_t from[KEY_LEN], size_t *out_count) {
    struct scan scan = {
        .from = bytes_of(from, KEY_LEN), .after = true, .limit = STORE_SCAN_ROWS_MAX};
    AUTO(arena) memory = {0};
    struct row *rows;
    TRY(store_scan(t, TABLE_OUTBOX, &scan, &memory, &rows, out_count));
    (void)pthread_mutex_lock(&o->lock);
    for (size_t i = 0; i < *out_count; i++)
        take_row(o, &rows[i]);
    (void)pthread_mutex_unlock(&o->lock);
    if (*out_count > 0 && rows[*out_count - 1].key.len == KEY_LEN)
        memcpy(from, rows[*out_count - 1].key.ptr, KEY_LEN);
    return OK;
}

static status take_all(struct outbox *o) {
    struct txn *t;
    uint8_t from[KEY_LEN] = {0}; /* ids begin at 1 */
    size_t count = STORE_SCAN_ROWS_MAX;
    status s = OK;
    TRY(store_begin_read(o->config.store, &t));
    while (s == OK && count == STORE_SCAN_ROWS_MAX)
        s = take_page(o, t, from, &count);
    store_rollback(t);
    return s;
}

/* ---- what somebody else dropped ---- */

/* Those that the look did not find; what was put in since is found by the next transaction. */
static size_t list_unseen(struct outbox *o, struct arena *a, bytes **out) {
    struct map_node *n;
    size_t count = 0;
    (void)pthread_mutex_lock(&o->lock);
    *out = ARENA_ARRAY(a, bytes, o->items.count);
    for (size_t at = 0; (n = map_next(&o->items, &at));) {
        struct item *i = OWNER(n, struct item, node);
        if (i->seen != o->look && i->state == ITEM_WAITING)
            (*out)[count++] = arena_copy(a, n->key);
    }
    (void)pthread_mutex_unlock(&o->lock);
    return count;
}

static void forget_if_waiting(struct outbox *o, bytes key) {
    (void)pthread_mutex_lock(&o->lock);
    struct item *i = index_find(o, key);
    if (i && i->state == ITEM_WAITING)
        index_forget(o, i);
    (void)pthread_mutex_unlock(&o->lock);
}

static status forget_dropped(struct outbox *o) {
    AUTO(arena) memory = {0};
    bytes *keys;
    size_t count = list_unseen(o, &memory, &keys);
    struct txn *t;
    status s = OK;
    TRY(store_begin_read(o->config.store, &t));
    for (size_t i = 0; i < count && s == OK; i++) {
        bool present;
        s = store_has(t, TABLE_OUTBOX, keys[i], &present);
        if (s == OK && !present)
            forget_if_waiting(o, keys[i]);
    }
    store_rollback(t);
    return s;
}

static status look_through(struct outbox *o) {
    (void)pthread_mutex_lock(&o->lock);
    o->look++;
    (void)pthread_mutex_unlock(&o->lock);
    TRY(take_all(o));
    return forget_dropped(o);
}

status outbox_start(struct outbox *o) {
    TRY(look_through(o));
    (void)pthread_mutex_lock(&o->lock);
    o->started = true;
    (void)pthread_mutex_unlock(&o->lock);
    if (o->config.threads_max > 0)
        crew_start(o);
    return OK;
}

void outbox_look_again(struct outbox *o) {
    if (!o)
        return;
    if (look_through(o) != OK)
        tell(o, OUTBOX_STUCK, NULL, failure_text());
    (void)pthread_mutex_lock(&o->lock);
    crew_wake(o);
    (void)pthread_mutex_unlock(&o->lock);
}

void outbox_stop(struct outbox *o) {
    if (!o)
        return;
    (void)pthread_mutex_lock(&o->lock);
    o->stopping = true;
    (void)pthread_cond_broadcast(&o->work);
    (void)pthread_mutex_unlock(&o->lock);
}

void outbox_wait(struct outbox *o) {
    outbox_stop(o);
    crew_join(o);
    if (o->started)
        settle(o);
}

void outbox_close(struct outbox *o) {
    if (!o)
        return;
    outbox_wait(o);
    index_done(o);
    (void)pthread_cond_destroy(&o->work);
    (void)pthread_cond_destroy(&o->ended);
    (void)pthread_mutex_destroy(&o->lock);
    mem_free(o);
}

/* ---- putting in ---- */

/* NULL when there is room; else what is full. */
static const char *what_is_full(struct outbox *o, const struct outbox_item *item, bool *out_tell) {
    const struct outbox_config *c = &o->config;
    struct lane *l = lane_find(o, bytes_from(item->kind), item->account, item->lane, false);
    const char *full = NULL;
    if (o->items.count >= c->items_max || o->bytes + item->payload.len > c->bytes_max) {
        full = "too much waits to be delivered in all";
        *out_tell = !o->full_told;
        o->full_told = true;
    } else if (l && l->items >= c->lane_items_max) {
        full = "too much waits to be delivered there";
        *out_tell = !l->full_told;
        l->full_told = true;
    }
    return full;
}

static status admit(struct outbox *o, const struct outbox_item *item, uint64_t *out_id) {
    bool new = false;
    if (!o)
        return FAIL(E_UNAVAILABLE, "this server delivers nothing");
    if (item->lane.len > OUTBOX_LANE_BYTES_MAX || item->payload.len > OUTBOX_PAYLOAD_BYTES_MAX)
        return FAIL(E_INVALID,
                    "what is to be delivered is longer than %d bytes, or its target's "
                    "name than %d",
                    OUTBOX_PAYLOAD_BYTES_MAX, OUTBOX_LANE_BYTES_MAX);
    (void)pthread_mutex_lock(&o->lock);
    const char *full = what_is_full(o, item, &new);
    *out_id = o->next_id;
    o->next_id += full == NULL;
    (void)pthread_mutex_unlock(&o->lock);
    if (new)
        tell(o, OUTBOX_FULL, item, full);
    return full ? FAIL(E_THROTTLED, "%.*s: %s", BYTES_ARG(item->lane), full) : OK;
}

/* The note that tells the index after the commit is the row itself, behind its key. */
static status put_row(struct txn *t, bytes key, const struct outbox_item *item, int64_t now_ms) {
    AUTO(buf) note = {0};
    struct outbox_row row = {.kind = bytes_from(item->kind),
                             .account = item->account,
                             .lane = item->lane,
                             .put_ms = now_ms,
                             .due_ms = item->not_before_ms > 0 ? item->not_before_ms : now_ms,
                             .expires_ms = item->expires_ms,
                             .batch_max = item->batch_max,
                             .batch_bytes_max = item->batch_bytes_max,
                             .payload_bytes = item->payload.len};
    buf_append(&note, key);
    row_encode(&row, &note);
    TRY(store_save(t, TABLE_OUTBOX_PAYLOADS, key, item->payload));
    TRY(store_save(t, TABLE_OUTBOX, key, bytes_skip(buf_bytes(&note), KEY_LEN)));
    store_note(t, CHANGE_OUTBOX, item->account, buf_bytes(&note));
    return OK;
}

status outbox_put(struct outbox *o, struct txn *t, const struct outbox_item *item,
                  uint64_t *out_id) {
    uint8_t key[KEY_LEN];
    uint64_t id;
    TRY(admit(o, item, &id));
    id_to_key(id, key);
    TRY(put_row(t, bytes_of(key, KEY_LEN), item, clock_wall_ms()));
    if (out_id)
        *out_id = id;
    return OK;
}

void outbox_told(struct outbox *o, const struct change *changes, size_t count) {
    bool any = false;
    for (size_t i = 0; o && i < count; i++) {
        struct outbox_row row;
        if (changes[i].kind != CHANGE_OUTBOX ||
            row_decode(bytes_skip(changes[i].key, KEY_LEN), &row) != OK)
            continue;
        (void)pthread_mutex_lock(&o->lock);
        index_take(o, bytes_slice(changes[i].key, 0, KEY_LEN), &row);
        (void)pthread_mutex_unlock(&o->lock);
        any = true;
    }
    if (!any)
        return;
    (void)pthread_mutex_lock(&o->lock);
    crew_wake(o);
    (void)pthread_mutex_unlock(&o->lock);
}

struct outbox_counts outbox_counts(struct outbox *o) {
    (void)pthread_mutex_lock(&o->lock);
    struct outbox_counts counts = {.items = o->items.count,
                                   .under_way = o->under_way,
                                   .lanes = o->lanes.count,
                                   .bytes = o->bytes};
    (void)pthread_mutex_unlock(&o->lock);
    return counts;
}

size_t outbox_run_due(struct outbox *o) {
    size_t attempts = 0;
    struct batch b;
    for (;;) {
        (void)pthread_mutex_lock(&o->lock);
        bool any = batch_take(o, clock_wall_ms(), &b);
        (void)pthread_mutex_unlock(&o->lock);
        if (!any)
            return attempts;
        attempts += b.count;
        batch_deliver(o, &b);
    }
}
