/* One delivery: what is due in a lane is read, handed to its kind, and judged by what came of it.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "outbox/internal.h"

/* ---- taking ---- */

/* With half of the crew at work a lane has one delivery at a time, so that a few lanes that hang do
 * not take the rest. The others stand aside until there is less to do, or that one ends. */
static bool is_busy(const struct outbox *o) {
    return o->config.threads_max > 0 && o->hand_count - o->idle_count > o->config.threads_max / 2;
}

static void bring_back(struct outbox *o) {
    for (struct list *l; (l = list_pop(&o->aside));)
        lane_update(o, OWNER(l, struct lane, aside));
}

static struct lane *next_lane(struct outbox *o, int64_t now_ms) {
    bool busy = is_busy(o);
    if (!busy)
        bring_back(o);
    for (;;) {
        struct heap_node *n = heap_first(&o->ready);
        if (!n || n->at > now_ms)
            return NULL;
        struct lane *l = OWNER(n, struct lane, ready);
        heap_remove(&o->ready, n);
        if (!busy || l->under_way == 0)
            return l;
        list_push(&o->aside, &l->aside);
    }
}

static void take_item(struct outbox *o, struct item *i, int64_t now_ms, struct batch *out) {
    heap_remove(&i->lane->waiting, &i->due);
    i->state = ITEM_UNDER_WAY;
    i->begun_ms = now_ms;
    list_push(&o->slow, &i->slow);
    o->under_way++;
    out->items[out->count++] = i;
}

/* What may come along with the first: what is due, and what waits for its first attempt. */
static void take_more(struct outbox *o, int64_t now_ms, struct batch *out) {
    const struct item *first = out->items[0];
    uint64_t left = first->batch_bytes_max ? first->batch_bytes_max : OUTBOX_PAYLOAD_BYTES_MAX;
    size_t most = first->batch_max < BATCH_MAX ? first->batch_max : BATCH_MAX;
    left -= first->payload_bytes < left ? first->payload_bytes : left;
    while (out->count < most) {
        struct heap_node *n = heap_first(&out->lane->waiting);
        struct item *i = n ? OWNER(n, struct item, due) : NULL;
        if (!i || (i->due.at > now_ms && i->attempts > 0) || i->batch_max <= 1 ||
            i->payload_bytes > left)
            return;
        left -= i->payload_bytes;
        take_item(o, i, now_ms, out);
    }
}

bool batch_take(struct outbox *o, int64_t now_ms, struct batch *out) {
    struct lane *l = o->stopping ? NULL : next_lane(o, now_ms);
    if (!l)
        return false;
    out->lane = l;
    out->count = 0;
    l->under_way++;
    take_item(o, OWNER(heap_first(&l->waiting), struct item, due), now_ms, out);
    take_more(o, now_ms, out);
    lane_update(o, l);
    return true;
}

/* ---- reading ---- */

/* What `kedge queue drop` removed meanwhile leaves a delivery without id. */
static status read_one(struct txn *t, const struct item *i, struct arena *a,
                       struct outbox_delivery *out) {
    bytes key = bytes_of(i->key, KEY_LEN), value, payload;
    struct outbox_row row;
    status s = store_load(t, TABLE_OUTBOX, key, a, &value);
    if (s == OK)
        s = store_load(t, TABLE_OUTBOX_PAYLOADS, key, a, &payload);
    if (s == E_NOT_FOUND)
        return OK;
    TRY(s);
    TRY(row_decode(value, &row));
    out->item = (struct outbox_item){.kind = arena_string(a, row.kind),
                                     .account = row.account,
                                     .lane = row.lane,
                                     .payload = payload,
                                     .not_before_ms = row.due_ms,
                                     .expires_ms = row.expires_ms,
                                     .batch_max = (unsigned)row.batch_max,
                                     .batch_bytes_max = row.batch_bytes_max};
    out->id = key_to_id(key);
    out->attempts = i->attempts;
    out->mark = i->mark;
    out->put_ms = i->put_ms;
    out->again_in_ms = -1;
    return OK;
}

static status read_batch(struct outbox *o, const struct batch *b, struct arena *a,
                         struct outbox_delivery *out) {
    struct txn *t;
    status s = OK;
    TRY(store_begin_read(o->config.store, &t));
    for (size_t i = 0; i < b->count && s == OK; i++)
        s = read_one(t, b->items[i], a, &out[i]);
    store_rollback(t);
    return s;
}

/* ---- judging ---- */

static int64_t expiry_of(const struct outbox_kind *k, const struct outbox_delivery *d) {
    if (d->item.expires_ms > 0)
        return d->item.expires_ms;
    return k->age_ms_max > 0 ? d->put_ms + k->age_ms_max : INT64_MAX;
}

static int64_t back_off(const struct outbox_kind *k, unsigned attempts) {
    int64_t wait_ms = k->again_first_ms > 0 ? k->again_first_ms : 1000;
    int64_t most_ms = k->again_most_ms > wait_ms ? k->again_most_ms : wait_ms;
    for (; attempts > 0 && wait_ms < most_ms; attempts--)
        wait_ms *= 2;
    return wait_ms < most_ms ? wait_ms : most_ms;
}

static void set_sentence(struct item *i, const char *sentence) {
    mem_free(i->sentence);
    i->sentence = mem_new(OUTBOX_SENTENCE_BYTES_MAX + 1);
    (void)snprintf(i->sentence, OUTBOX_SENTENCE_BYTES_MAX + 1, "%s", sentence);
}

static void remove_later(struct outbox *o, struct item *i) {
    i->state = ITEM_DONE;
    item_change(o, i);
}

static void try_again(struct outbox *o, struct item *i, const struct outbox_delivery *d,
                      int64_t due_ms, bool attempted) {
    i->state = ITEM_WAITING;
    i->attempts += attempted;
    i->started_ms = 0;
    i->due.at = due_ms;
    if (attempted) {
        i->mark = d->mark;
        set_sentence(i, d->sentence);
    }
    item_change(o, i);
    heap_add(&i->lane->waiting, &i->due);
}

static void give_up(struct outbox *o, const struct outbox_kind *k,
                    const struct outbox_delivery *d) {
    if (k->gave_up)
        k->gave_up(k->context, d, d->sentence);
    tell(o, OUTBOX_GAVE_UP, &d->item, d->sentence);
}

/* Whether another attempt is made, and when. */
static bool is_again(const struct outbox_kind *k, const struct outbox_delivery *d, int64_t now_ms,
                     int64_t *out_due_ms) {
    if (d->result != E_UNAVAILABLE || (k->attempts_max > 0 && d->attempts + 1 >= k->attempts_max))
        return false;
    *out_due_ms = now_ms + (d->again_in_ms >= 0 ? d->again_in_ms : back_off(k, d->attempts));
    return *out_due_ms < expiry_of(k, d);
}

static void judge(struct outbox *o, struct item *i, struct outbox_delivery *d) {
    const struct outbox_kind *k = i->lane->kind;
    int64_t now_ms = clock_wall_ms(), due_ms = now_ms;
    (void)pthread_mutex_lock(&o->lock);
    bool stopping = o->stopping;
    (void)pthread_mutex_unlock(&o->lock);
    bool done = d->id == 0 || d->result == OK;
    /* Of what failed because the server stops nothing is known: it stays as it was. */
    bool again = !done && (stopping || is_again(k, d, now_ms, &due_ms));
    if (!done && !again)
        give_up(o, k, d);
    else if (again && !stopping)
        tell(o, OUTBOX_AGAIN, &d->item, d->sentence);
    (void)pthread_mutex_lock(&o->lock);
    list_remove(&i->slow);
    o->under_way--;
    if (again)
        try_again(o, i, d, due_ms, !stopping);
    else
        remove_later(o, i);
    (void)pthread_mutex_unlock(&o->lock);
}

/* ---- delivering ---- */

/* An item that is too old is not tried any more. */
static bool is_expired(const struct outbox_kind *k, struct outbox_delivery *d, int64_t now_ms) {
    if (now_ms < expiry_of(k, d))
        return false;
    d->result = E_INVALID;
    (void)snprintf(d->sentence, sizeof d->sentence, "it could not be delivered in time");
    return true;
}

static void explain(struct outbox_delivery *d, status s) {
    if (d->result == OK)
        d->result = s;
    if (d->result != OK && d->sentence[0] == '\0')
        (void)snprintf(d->sentence, sizeof d->sentence, "%s", failure_text());
}

/* Those that are gone or too old stand aside: the kind sees the others only, in one row. */
static void hand_over(const struct outbox_kind *k, struct outbox_delivery *all, size_t count,
                      struct arena *a) {
    struct outbox_delivery *some = ARENA_ARRAY(a, struct outbox_delivery, count);
    size_t *from = ARENA_ARRAY(a, size_t, count), taken = 0;
    int64_t now_ms = clock_wall_ms();
    for (size_t i = 0; i < count; i++)
        if (all[i].id != 0 && !is_expired(k, &all[i], now_ms)) {
            from[taken] = i;
            some[taken++] = all[i];
        }
    status s = taken > 0 ? k->deliver(k->context, some, taken, a) : OK;
    for (size_t i = 0; i < taken; i++) {
        explain(&some[i], s);
        all[from[i]] = some[i];
    }
}

static void put_back(struct outbox *o, const struct batch *b) {
    int64_t due_ms = clock_wall_ms() + 1000;
    tell(o, OUTBOX_STUCK, NULL, failure_text());
    (void)pthread_mutex_lock(&o->lock);
    for (size_t i = 0; i < b->count; i++) {
        struct item *item = b->items[i];
        list_remove(&item->slow);
        o->under_way--;
        item->state = ITEM_WAITING;
        item->due.at = due_ms;
        heap_add(&item->lane->waiting, &item->due);
    }
    (void)pthread_mutex_unlock(&o->lock);
}

void batch_deliver(struct outbox *o, const struct batch *b) {
    AUTO(arena) memory = {0};
    struct outbox_delivery *d = ARENA_ARRAY(&memory, struct outbox_delivery, b->count);
    if (read_batch(o, b, &memory, d) == OK) {
        hand_over(b->lane->kind, d, b->count, &memory);
        for (size_t i = 0; i < b->count; i++)
            judge(o, b->items[i], &d[i]);
    } else {
        put_back(o, b);
    }
    (void)pthread_mutex_lock(&o->lock);
    b->lane->under_way--;
    lane_update(o, b->lane);
    (void)pthread_mutex_unlock(&o->lock);
    settle(o);
}
