/* What changed is written down: items that are done leave the store, others are noted with why and
 * when they are tried again. Whoever finds nobody at it does it for all, in few transactions. */
#include "base/clock.h"
#include "outbox/internal.h"

/* One row as it is to be; nothing points into the index, so the lock is not needed to write it. */
struct change_of_row {
    uint8_t key[KEY_LEN];
    bool remove;
    struct buf value;
};

struct flush {
    size_t count;
    struct change_of_row rows[FLUSH_ITEMS_MAX];
};

static void flush_take(struct outbox *o, struct flush *f) {
    f->count = 0;
    for (struct list *l; f->count < FLUSH_ITEMS_MAX && (l = list_pop(&o->changes));) {
        const struct item *i = OWNER(l, struct item, changes);
        struct change_of_row *row = &f->rows[f->count++];
        struct outbox_row content;
        memcpy(row->key, i->key, KEY_LEN);
        row->remove = i->state == ITEM_DONE;
        row->value = (struct buf){0};
        if (row->remove)
            continue;
        item_row(i, &content);
        row_encode(&content, &row->value);
    }
}

/* A row that `kedge queue drop` removed meanwhile does not come back. */
static status write_row(struct txn *t, const struct change_of_row *row) {
    bytes key = bytes_of(row->key, KEY_LEN);
    bool present;
    if (row->remove) {
        TRY(store_remove(t, TABLE_OUTBOX, key));
        return store_remove(t, TABLE_OUTBOX_PAYLOADS, key);
    }
    TRY(store_has(t, TABLE_OUTBOX, key, &present));
    return present ? store_save(t, TABLE_OUTBOX, key, buf_bytes(&row->value)) : OK;
}

static status flush_write(struct outbox *o, const struct flush *f) {
    struct txn *t;
    TRY(store_begin_write(o->config.store, &t));
    for (size_t i = 0; i < f->count; i++) {
        status s = write_row(t, &f->rows[i]);
        if (s != OK) {
            store_rollback(t);
            return s;
        }
    }
    return store_commit(t);
}

/* What was removed is forgotten; what could not be written is still to be. */
static void flush_end(struct outbox *o, struct flush *f, bool written) {
    for (size_t i = 0; i < f->count; i++) {
        struct item *item = index_find(o, bytes_of(f->rows[i].key, KEY_LEN));
        buf_done(&f->rows[i].value);
        if (item && !written)
            item_change(o, item);
        else if (item && f->rows[i].remove)
            index_forget(o, item);
    }
}

void settle(struct outbox *o) {
    struct flush *f = NULL;
    bool written = true;
    (void)pthread_mutex_lock(&o->lock);
    while (!o->flushing && written && !list_is_empty(&o->changes)) {
        f = f ? f : NEW(struct flush);
        flush_take(o, f);
        o->flushing = true;
        (void)pthread_mutex_unlock(&o->lock);
        written = flush_write(o, f) == OK;
        if (!written)
            tell(o, OUTBOX_STUCK, NULL, failure_text());
        (void)pthread_mutex_lock(&o->lock);
        o->flushing = false;
        flush_end(o, f, written);
    }
    (void)pthread_mutex_unlock(&o->lock);
    mem_free(f);
}

int64_t mark_slow(struct outbox *o, int64_t now_ms) {
    LIST_EACH (link, &o->slow) {
        struct item *i = OWNER(link, struct item, slow);
        if (i->begun_ms + SLOW_MS > now_ms)
            return i->begun_ms + SLOW_MS;
        i->started_ms = i->begun_ms;
        list_remove(&i->slow);
        item_change(o, i);
    }
    return INT64_MAX;
}
