/* What is kept, in memory: lanes, and in each the items by when they are due. No payloads. */
#include <string.h>

#include "outbox/internal.h"

/* ---- rows ---- */

static const struct field fields[] = {
    FIELD(1, struct outbox_row, kind),
    FIELD(2, struct outbox_row, account),
    FIELD(3, struct outbox_row, lane),
    FIELD(4, struct outbox_row, put_ms),
    FIELD(5, struct outbox_row, due_ms),
    FIELD(6, struct outbox_row, expires_ms),
    FIELD(7, struct outbox_row, started_ms),
    FIELD(8, struct outbox_row, attempts),
    FIELD(9, struct outbox_row, mark),
    FIELD(10, struct outbox_row, batch_max),
    FIELD(11, struct outbox_row, payload_bytes),
    FIELD(12, struct outbox_row, sentence),
    FIELD(13, struct outbox_row, batch_bytes_max),
};

void row_encode(const struct outbox_row *r, struct buf *out) {
    record_encode(fields, COUNT_OF(fields), r, out);
}

status row_decode(bytes value, struct outbox_row *out) {
    *out = (struct outbox_row){.kind = {0}};
    return record_decode(fields, COUNT_OF(fields), value, out);
}

void id_to_key(uint64_t id, uint8_t out[KEY_LEN]) {
    for (int i = KEY_LEN - 1; i >= 0; i--, id >>= 8)
        out[i] = (uint8_t)id;
}

uint64_t key_to_id(bytes key) {
    uint64_t id = 0;
    for (size_t i = 0; i < key.len && i < KEY_LEN; i++)
        id = id << 8 | key.ptr[i];
    return id;
}

void item_row(const struct item *i, struct outbox_row *out) {
    *out = (struct outbox_row){.kind = i->lane->kind_name,
                               .account = i->lane->account,
                               .lane = i->lane->name,
                               .sentence = bytes_from(i->sentence),
                               .put_ms = i->put_ms,
                               .due_ms = i->due.at,
                               .expires_ms = i->expires_ms,
                               .started_ms = i->started_ms,
                               .attempts = i->attempts,
                               .mark = i->mark,
                               .batch_max = i->batch_max,
                               .batch_bytes_max = i->batch_bytes_max,
                               .payload_bytes = i->payload_bytes};
}

/* ---- lanes ---- */

static const struct outbox_kind *kind_find(const struct outbox *o, bytes name) {
    for (size_t i = 0; i < o->kind_count; i++)
        if (bytes_equal(name, bytes_from(o->kinds[i]->name)))
            return o->kinds[i];
    return NULL;
}

/* A key is kind, 0, account, 0, name: names of kinds and accounts hold no zero. */
static void lane_key(bytes kind, bytes account, bytes name, struct buf *out) {
    buf_append(out, kind);
    buf_append_byte(out, 0);
    buf_append(out, account);
    buf_append_byte(out, 0);
    buf_append(out, name);
}

static struct lane *lane_new(struct outbox *o, const struct buf *key, bytes kind, bytes account) {
    struct lane *l = mem_new(sizeof *l + key->len);
    memcpy(l->key, key->ptr, key->len);
    l->node.key = bytes_of(l->key, key->len);
    l->kind_name = bytes_slice(l->node.key, 0, kind.len);
    l->account = bytes_slice(l->node.key, kind.len + 1, account.len);
    l->name = bytes_skip(l->node.key, kind.len + 1 + account.len + 1);
    l->kind = kind_find(o, kind);
    list_init(&l->aside);
    map_add(&o->lanes, &l->node);
    return l;
}

struct lane *lane_find(struct outbox *o, bytes kind, bytes account, bytes name, bool make) {
    AUTO(buf) key = {0};
    lane_key(kind, account, name, &key);
    struct map_node *n = map_find(&o->lanes, buf_bytes(&key));
    if (n)
        return OWNER(n, struct lane, node);
    return make ? lane_new(o, &key, kind, account) : NULL;
}

void lane_update(struct outbox *o, struct lane *l) {
    const struct heap_node *first = heap_first(&l->waiting);
    heap_remove(&o->ready, &l->ready);
    list_remove(&l->aside);
    if (first && l->kind && l->under_way < l->kind->at_a_time) {
        l->ready.at = first->at;
        l->ready.tie = first->tie;
        heap_add(&o->ready, &l->ready);
    }
    if (l->items == 0 && l->under_way == 0) {
        map_remove(&o->lanes, &l->node);
        heap_done(&l->waiting);
        mem_free(l);
    }
}

/* ---- items ---- */

struct item *index_find(struct outbox *o, bytes key) {
    struct map_node *n = map_find(&o->items, key);
    return n ? OWNER(n, struct item, node) : NULL;
}

void item_change(struct outbox *o, struct item *i) {
    if (list_is_empty(&i->changes))
        list_push(&o->changes, &i->changes);
}

static char *sentence_new(bytes text) {
    char *copy = mem_new(text.len + 1);
    memcpy(copy, text.ptr, text.len);
    return copy;
}

static struct item *item_new(struct outbox *o, bytes key, const struct outbox_row *row) {
    struct item *i = NEW(struct item);
    memcpy(i->key, key.ptr, KEY_LEN);
    i->node.key = bytes_of(i->key, KEY_LEN);
    list_init(&i->changes);
    list_init(&i->slow);
    i->due.tie = key_to_id(key);
    i->lane = lane_find(o, row->kind, row->account, row->lane, true);
    i->put_ms = row->put_ms;
    i->expires_ms = row->expires_ms;
    i->started_ms = row->started_ms;
    i->mark = row->mark;
    i->batch_max = (unsigned)row->batch_max;
    i->batch_bytes_max = row->batch_bytes_max;
    i->payload_bytes = row->payload_bytes;
    if (row->sentence.len > 0)
        i->sentence = sentence_new(row->sentence);
    map_add(&o->items, &i->node);
    i->lane->items++;
    o->bytes += i->payload_bytes;
    return i;
}

void index_take(struct outbox *o, bytes key, const struct outbox_row *row) {
    struct item *i = index_find(o, key);
    if (key.len != KEY_LEN || (i && i->state != ITEM_WAITING))
        return;
    if (!i)
        i = item_new(o, key, row);
    else
        heap_remove(&i->lane->waiting, &i->due);
    i->attempts = (unsigned)row->attempts;
    i->due.at = row->due_ms;
    heap_add(&i->lane->waiting, &i->due);
    lane_update(o, i->lane);
    if (i->due.tie >= o->next_id)
        o->next_id = i->due.tie + 1;
}

static void item_free(struct item *i) {
    mem_free(i->sentence);
    mem_free(i);
}

void index_forget(struct outbox *o, struct item *i) {
    struct lane *l = i->lane;
    heap_remove(&l->waiting, &i->due);
    list_remove(&i->changes);
    list_remove(&i->slow);
    map_remove(&o->items, &i->node);
    o->bytes -= i->payload_bytes;
    item_free(i);
    l->items--;
    if (l->items < o->config.lane_items_max * 9 / 10)
        l->full_told = false;
    if (o->items.count < o->config.items_max * 9 / 10)
        o->full_told = false;
    lane_update(o, l);
}

void index_done(struct outbox *o) {
    struct map_node *n;
    for (size_t at = 0; (n = map_next(&o->items, &at));)
        item_free(OWNER(n, struct item, node));
    for (size_t at = 0; (n = map_next(&o->lanes, &at));) {
        struct lane *l = OWNER(n, struct lane, node);
        heap_done(&l->waiting);
        mem_free(l);
    }
    map_done(&o->items);
    map_done(&o->lanes);
    heap_done(&o->ready);
}
