/* The crew: threads that come when lanes have work for them and go when they have none.
 *
 * Whoever takes a delivery makes sure that somebody is left to look for the next: another idle
 * worker, or a new one. So there is always one that looks, unless all are at work; of the idle ones
 * one watches the time (the keeper), the others only wait to be called. */
#include <assert.h>
#include <time.h>

#include "base/clock.h"
#include "outbox/internal.h"

enum { LOOK_MS_MAX = 1000 /* clocks are set; and what could not be written is tried again */ };

static void *work(void *hand);

/* The threads that ended leave their places to others. */
static void call_hand(struct outbox *o) {
    for (unsigned i = 0; i < o->config.threads_max; i++) {
        struct hand *h = &o->hands[i];
        if (h->state == HAND_WORKS)
            continue;
        if (h->state == HAND_ENDED)
            (void)pthread_join(h->id, NULL);
        *h = (struct hand){.outbox = o};
        if (pthread_create(&h->id, NULL, work, h) == 0) {
            h->state = HAND_WORKS;
            o->hand_count++;
        }
        return;
    }
}

void crew_wake(struct outbox *o) {
    if (o->idle_count > 0)
        (void)pthread_cond_signal(&o->work);
    else if (!o->stopping && o->hand_count < o->config.threads_max)
        call_hand(o);
}

static bool is_due(const struct outbox *o, int64_t now_ms) {
    const struct heap_node *first = heap_first(&o->ready);
    return first && first->at <= now_ms;
}

/* Until when the keeper may sleep: what is due next, and deliveries that turn out slow. */
static int64_t sleep_ms(const struct outbox *o, int64_t slow_ms, int64_t now_ms) {
    const struct heap_node *first = heap_first(&o->ready);
    int64_t until_ms = first && first->at < slow_ms ? first->at : slow_ms;
    if (until_ms == INT64_MAX && list_is_empty(&o->changes))
        return -1;
    int64_t ms = until_ms - now_ms;
    return ms < 1 ? 1 : ms > LOOK_MS_MAX ? LOOK_MS_MAX : ms;
}

static bool wait_for(struct outbox *o, int64_t ms) {
    struct timespec until;
    if (ms < 0)
        return pthread_cond_wait(&o->work, &o->lock) == 0;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    return pthread_cond_timedwait(&o->work, &o->lock, &until) == 0;
}

/* The keeper notes what is slow, and what could not be written before. */
static void keep(struct outbox *o) {
    int64_t now_ms = clock_wall_ms(), slow_ms = mark_slow(o, now_ms);
    if (!list_is_empty(&o->changes) && !o->flushing) {
        (void)pthread_mutex_unlock(&o->lock);
        settle(o);
        (void)pthread_mutex_lock(&o->lock);
    }
    if (!o->stopping && !is_due(o, now_ms))
        (void)wait_for(o, sleep_ms(o, slow_ms, now_ms));
}

/* Waits for work, with the lock held; false when it waited long for nothing and others look. */
static bool idle(struct outbox *o) {
    bool keeper = !o->has_keeper, called = true;
    o->idle_count++;
    if (keeper) {
        o->has_keeper = true;
        keep(o);
        o->has_keeper = false;
    } else {
        called = wait_for(o, SPARE_S * 1000);
    }
    o->idle_count--;
    return called || !o->has_keeper || is_due(o, clock_wall_ms());
}

static void take_and_deliver(struct outbox *o, struct batch *b) {
    if (!o->has_keeper || is_due(o, clock_wall_ms()))
        crew_wake(o);
    (void)pthread_mutex_unlock(&o->lock);
    batch_deliver(o, b);
    (void)pthread_mutex_lock(&o->lock);
}

static void *work(void *hand) {
    struct hand *h = hand;
    struct outbox *o = h->outbox;
    struct batch *b = NEW(struct batch);
    bool wanted = true;
    (void)pthread_mutex_lock(&o->lock);
    while (wanted && !o->stopping)
        if (batch_take(o, clock_wall_ms(), b))
            take_and_deliver(o, b);
        else
            wanted = idle(o);
    h->state = HAND_ENDED;
    o->hand_count--;
    (void)pthread_cond_signal(&o->ended);
    (void)pthread_mutex_unlock(&o->lock);
    mem_free(b);
    return NULL;
}

void crew_start(struct outbox *o) {
    (void)pthread_mutex_lock(&o->lock);
    call_hand(o);
    assert(o->hand_count == 1); /* at start: without it the server delivers nothing */
    (void)pthread_mutex_unlock(&o->lock);
}

void crew_join(struct outbox *o) {
    (void)pthread_mutex_lock(&o->lock);
    while (o->hand_count > 0)
        (void)pthread_cond_wait(&o->ended, &o->lock);
    (void)pthread_mutex_unlock(&o->lock);
    for (unsigned i = 0; i < o->config.threads_max; i++)
        if (o->hands[i].state == HAND_ENDED) {
            (void)pthread_join(o->hands[i].id, NULL);
            o->hands[i].state = HAND_NONE; /* who waits twice joins once */
        }
}
