#include <assert.h>

#include "loop/internal.h"

void loop_init(struct loop *l, const struct loop_ops *ops, const struct network_ops *network,
               uint64_t now_ms) {
    *l = (struct loop){.ops = ops, .network = network, .now_ms = now_ms, .again = true};
    l->last_hook = &l->first_hook;
    wheel_init(&l->wheel, now_ms);
}

/* ---- time ---- */

uint64_t loop_now_ms(const struct loop *l) {
    return l->now_ms;
}

bool timer_is_running(const struct timer *t) {
    return t->link.next != NULL;
}

void timer_stop(struct loop *l, struct timer *t) {
    if (!timer_is_running(t))
        return;
    wheel_remove(&l->wheel, t);
    t->link = (struct list){0};
}

void timer_start(struct loop *l, struct timer *t, uint64_t delay_ms) {
    timer_stop(l, t);
    bool fits = delay_ms <= UINT64_MAX - l->now_ms;
    t->due_ms = fits ? l->now_ms + delay_ms : UINT64_MAX;
    wheel_add(&l->wheel, t);
}

static void run_timers(struct loop *l) {
    struct list due;
    list_init(&due);
    wheel_expire(&l->wheel, l->now_ms, &due);
    for (struct list *link; (link = list_pop(&due));) {
        struct timer *t = OWNER(link, struct timer, link);
        t->link = (struct list){0};
        t->on_time(t);
    }
}

/* ---- between threads ---- */

void loop_post_batch(struct loop *to, struct task *first, struct task *last) {
    assert(!last->next);
    if (inbox_push(&to->inbox, first, last))
        to->ops->wake(to);
}

void loop_post(struct loop *to, struct task *t) {
    t->next = NULL;
    loop_post_batch(to, t, t);
}

static void run_tasks(struct loop *l) {
    for (struct task *t = inbox_take(&l->inbox), *next; t; t = next) {
        next = t->next; /* run may post it again, or free it */
        t->run(t);
    }
}

/* ---- the turn ---- */

void loop_add_turn_hook(struct loop *l, struct turn_hook *h) {
    h->next = NULL;
    *l->last_hook = h;
    l->last_hook = &h->next;
}

void loop_again(struct loop *l) {
    l->again = true;
}

void loop_finish_turn(struct loop *l) {
    run_timers(l);
    run_tasks(l);
    for (struct turn_hook *h = l->first_hook; h; h = h->next)
        h->run(h);
}

bool loop_may_sleep(struct loop *l) {
    return !l->again && inbox_sleep(&l->inbox);
}

/* ---- what the maker does ---- */

ssize_t stream_read(struct stream *s, void *into, size_t size) {
    assert(s->handle);
    return s->loop->network->read(s, into, size);
}

ssize_t stream_write(struct stream *s, const struct iovec *parts, int count) {
    assert(s->handle);
    return s->loop->network->write(s, parts, count);
}

void stream_watch(struct stream *s, bool readable, bool writable) {
    assert(s->handle);
    s->loop->network->watch(s, readable, writable);
}

void stream_shutdown(struct stream *s) {
    assert(s->handle);
    s->loop->network->shutdown(s);
}

void stream_close(struct stream *s) {
    if (s->handle)
        s->loop->network->close(s);
    s->handle = NULL;
}

bool stream_is_open(const struct stream *s) {
    return s->handle != NULL;
}

void stream_peer(const struct stream *s, char out_address[46], uint16_t *out_port) {
    assert(s->handle);
    s->loop->network->peer(s, out_address, out_port);
}

status loop_listen(struct loop *l, struct listener *listener, bytes address, uint16_t *out_port) {
    listener->loop = l;
    return l->network->listen(l, listener, address, out_port);
}

status loop_listen_beside(struct loop *l, struct listener *listener, const struct listener *first) {
    assert(first->handle);
    listener->loop = l;
    return l->network->listen_beside(l, listener, first);
}

void listener_take(struct listener *listener, struct stream *s) {
    s->loop = listener->loop;
    listener->loop->network->take(listener, s);
}

void listener_close(struct listener *listener) {
    if (listener->handle)
        listener->loop->network->stop_listening(listener);
    listener->handle = NULL;
}

void loop_run(struct loop *l) {
    l->ops->run(l);
}

void loop_stop(struct loop *l) {
    l->ops->stop(l);
}

bool loop_run_posted(struct loop *l) {
    if (inbox_is_empty(&l->inbox))
        return false;
    run_tasks(l);
    return true;
}

void loop_free(struct loop *l) {
    if (!l)
        return;
    while (!inbox_is_empty(&l->inbox))
        run_tasks(l);
    l->ops->free(l);
}
