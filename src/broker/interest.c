/* Interest: which filters have subscribers on which loop.
 *
 * When the first session here subscribes to a filter, every other loop is told and puts a mark of
 * ours into its index; when the last one leaves, the mark goes. A SUBSCRIBE is answered when every
 * loop has confirmed all that was told before: from then on no publish anywhere can miss it. */
#include <string.h>

#include "broker/internal.h"

struct interest {
    struct map_node node;
    uint32_t subscribers; /* sessions here */
    uint8_t filter[];
};

/* Told to another loop and back. */
struct notice {
    struct task task;
    struct broker *from, *to;
    bool add;
    uint8_t account_bytes;
    size_t filter_bytes;
    uint8_t data[]; /* account, filter */
};

static void end_wait(struct subscribe_wait *w, bool dropped) {
    list_remove(&w->in_broker);
    list_remove(&w->in_session);
    w->done(w, dropped);
}

/* How many notices every other loop has confirmed. */
static uint64_t confirmed_by_all(const struct broker *b) {
    uint64_t least = b->notices;
    for (unsigned i = 0; i < b->count; i++)
        if (i != b->index && b->confirmed[i] < least)
            least = b->confirmed[i];
    return least;
}

/* Back on the loop that told. */
static void confirm(struct task *t) {
    struct notice *n = OWNER(t, struct notice, task);
    struct broker *b = n->from;
    b->confirmed[n->to->index]++;
    mem_free(n);
    uint64_t confirmed = confirmed_by_all(b);
    while (!list_is_empty(&b->waits)) {
        struct subscribe_wait *w = OWNER(b->waits.next, struct subscribe_wait, in_broker);
        if (w->notices > confirmed)
            return;
        end_wait(w, false);
    }
}

/* On the loop that is told. */
static void take_notice(struct task *t) {
    struct notice *n = OWNER(t, struct notice, task);
    struct space *s = broker_space(n->to, bytes_of(n->data, n->account_bytes));
    bytes filter = bytes_of(n->data + n->account_bytes, n->filter_bytes);
    struct mark *mark = &n->to->marks[n->from->index];
    if (n->add)
        (void)topic_index_add(s->index, filter, mark, DETAIL_REMOTE);
    else
        (void)topic_index_remove(s->index, filter, mark);
    n->task.run = confirm;
    loop_post(n->from->loop, &n->task);
}

static void tell_all(struct space *s, bytes filter, bool add) {
    struct broker *b = s->broker;
    for (unsigned i = 0; i < b->count; i++) {
        if (i == b->index)
            continue;
        struct notice *n = mem_new(sizeof *n + s->account.len + filter.len);
        *n = (struct notice){.task.run = take_notice,
                             .from = b,
                             .to = b->peers[i],
                             .add = add,
                             .account_bytes = (uint8_t)s->account.len,
                             .filter_bytes = filter.len};
        if (s->account.len)
            memcpy(n->data, s->account.ptr, s->account.len);
        memcpy(n->data + s->account.len, filter.ptr, filter.len);
        loop_post(n->to->loop, &n->task);
    }
    b->notices++;
}

void interest_add(struct space *s, bytes filter) {
    if (s->broker->count == 1)
        return;
    struct map_node *n = map_find(&s->interests, filter);
    if (n) {
        OWNER(n, struct interest, node)->subscribers++;
        return;
    }
    struct interest *i = mem_new(sizeof *i + filter.len);
    memcpy(i->filter, filter.ptr, filter.len);
    i->node.key = bytes_of(i->filter, filter.len);
    i->subscribers = 1;
    map_add(&s->interests, &i->node);
    tell_all(s, filter, true);
}

void interest_remove(struct space *s, bytes filter) {
    if (s->broker->count == 1)
        return;
    struct map_node *n = map_find(&s->interests, filter);
    if (--OWNER(n, struct interest, node)->subscribers > 0)
        return;
    tell_all(s, filter, false);
    map_remove(&s->interests, n);
    mem_free(OWNER(n, struct interest, node));
}

bool session_confirm(struct session *s, struct subscribe_wait *w) {
    struct broker *b = s->space->broker;
    w->session = s;
    w->notices = b->notices;
    list_init(&w->in_broker);
    list_init(&w->in_session);
    if (confirmed_by_all(b) == b->notices) {
        w->done(w, false);
        return true;
    }
    list_push(&b->waits, &w->in_broker);
    list_push(&s->waits, &w->in_session);
    return false;
}

void interest_forget(struct session *s) {
    while (!list_is_empty(&s->waits))
        end_wait(OWNER(s->waits.next, struct subscribe_wait, in_session), true);
}

void interests_free(struct space *s) {
    struct map_node *n;
    for (size_t at = 0; (n = map_next(&s->interests, &at));)
        mem_free(OWNER(n, struct interest, node));
    map_done(&s->interests);
}
