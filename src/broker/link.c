/* A link: what one loop's broker has for another's, gathered during a turn, posted at its end.
 *
 * A record is the lengths, the account, topic, properties and payload, one behind the other; the
 * receiver reads them in place. How much is on its way is counted by both ends: above the limit the
 * sender's publishers are paused until half of it has been taken.
 *
 * The sender raises `relief_wanted` and takes it back; the receiver only posts the task, and not
 * again before it has run: a task may be on its way once. Whoever comes second of the receiver that
 * finds the task under way and the sender that runs it sees what the other did. */
#include <stdatomic.h>
#include <string.h>

#include "broker/internal.h"

struct batch {
    struct task task;
    struct link *link;
    struct buf records;
};

struct link {
    struct broker *from, *to;
    struct batch *open;
    _Atomic size_t bytes_under_way;
    _Atomic bool relief_wanted, relief_posted;
    struct task relief; /* posted back to `from` */
};

struct record {
    uint32_t topic_bytes, properties_bytes, payload_bytes;
    uint8_t account_bytes, qos, retain;
};

static bool is_relieved(struct link *l) {
    return atomic_load(&l->bytes_under_way) <= l->from->limits.link_bytes_max / 2;
}

static void relieve(struct task *t) {
    struct link *l = OWNER(t, struct link, relief);
    struct broker *b = l->from;
    atomic_store(&l->relief_posted, false);
    if (is_relieved(l)) /* else more has come meanwhile */
        atomic_store(&l->relief_wanted, false);
    b->congested = false;
    for (unsigned i = 0; i < b->count; i++)
        if (b->links[i] && atomic_load(&b->links[i]->relief_wanted))
            b->congested = true;
    if (!b->congested && b->relieved)
        b->relieved(b->relieved_context);
}

struct link *link_new(struct broker *from, struct broker *to) {
    struct link *l = NEW(struct link);
    l->from = from;
    l->to = to;
    l->relief.run = relieve;
    return l;
}

void link_free(struct link *l) {
    if (!l)
        return;
    if (l->open) {
        buf_done(&l->open->records);
        mem_free(l->open);
    }
    mem_free(l);
}

static bytes take(bytes *left, size_t len) {
    bytes part = bytes_slice(*left, 0, len);
    *left = bytes_skip(*left, len);
    return part;
}

static void deliver_record(struct broker *b, bytes *left) {
    struct record r;
    memcpy(&r, left->ptr, sizeof r);
    (void)take(left, sizeof r);
    bytes account = take(left, r.account_bytes);
    struct publication p = {.qos = r.qos, .retain = r.retain};
    p.topic = take(left, r.topic_bytes);
    p.properties = take(left, r.properties_bytes);
    p.payload = take(left, r.payload_bytes);
    (void)route_deliver_local(space_route(broker_space(b, account), p.topic), &p);
}

/* On the receiving loop. */
static void deliver_batch(struct task *t) {
    struct batch *batch = OWNER(t, struct batch, task);
    struct link *l = batch->link;
    bytes left = buf_bytes(&batch->records);
    size_t len = left.len;
    while (left.len > 0)
        deliver_record(l->to, &left);
    buf_done(&batch->records);
    mem_free(batch);
    (void)atomic_fetch_sub(&l->bytes_under_way, len);
    if (is_relieved(l) && atomic_load(&l->relief_wanted) &&
        !atomic_exchange(&l->relief_posted, true))
        loop_post(l->from->loop, &l->relief);
}

void link_append(struct link *l, bytes account, const struct publication *p) {
    if (!l->open) {
        l->open = NEW(struct batch);
        l->open->link = l;
        l->open->task.run = deliver_batch;
    }
    struct record r = {(uint32_t)p->topic.len,
                       (uint32_t)p->properties.len,
                       (uint32_t)p->payload.len,
                       (uint8_t)account.len,
                       p->qos,
                       p->retain};
    struct buf *b = &l->open->records;
    buf_append(b, bytes_of(&r, sizeof r));
    buf_append(b, account);
    buf_append(b, p->topic);
    buf_append(b, p->properties);
    buf_append(b, p->payload);
}

void link_flush(struct link *l) {
    if (!l->open)
        return;
    struct batch *batch = TAKE(l->open);
    size_t len = batch->records.len;
    size_t under_way = atomic_fetch_add(&l->bytes_under_way, len) + len;
    if (under_way > l->from->limits.link_bytes_max) {
        l->from->congested = true;
        atomic_store(&l->relief_wanted, true);
    }
    loop_post(l->to->loop, &batch->task);
}
