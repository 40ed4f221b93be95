#include "store/turn.h"

#include <assert.h>

struct waiter {
    struct list link;
    pthread_cond_t granted_now;
    bool granted;
};

void turn_init(struct turn *t) {
    pthread_mutex_init(&t->mutex, NULL);
    list_init(&t->waiters);
    t->held = false;
}

void turn_done(struct turn *t) {
    assert(!t->held && list_is_empty(&t->waiters));
    pthread_mutex_destroy(&t->mutex);
}

void turn_take(struct turn *t) {
    pthread_mutex_lock(&t->mutex);
    if (t->held) {
        struct waiter me = {.granted = false};
        pthread_cond_init(&me.granted_now, NULL);
        list_push(&t->waiters, &me.link);
        while (!me.granted)
            pthread_cond_wait(&me.granted_now, &t->mutex);
        pthread_cond_destroy(&me.granted_now);
    }
    t->held = true;
    pthread_mutex_unlock(&t->mutex);
}

void turn_pass(struct turn *t) {
    pthread_mutex_lock(&t->mutex);
    assert(t->held);
    struct list *first = list_pop(&t->waiters);
    if (first) { /* the turn stays held: nobody may slip in between */
        struct waiter *next = OWNER(first, struct waiter, link);
        next->granted = true;
        pthread_cond_signal(&next->granted_now);
    } else {
        t->held = false;
    }
    pthread_mutex_unlock(&t->mutex);
}

bool turn_is_wanted(struct turn *t) {
    pthread_mutex_lock(&t->mutex);
    bool wanted = !list_is_empty(&t->waiters);
    pthread_mutex_unlock(&t->mutex);
    return wanted;
}

size_t turn_waiting(struct turn *t) {
    size_t count = 0;
    pthread_mutex_lock(&t->mutex);
    LIST_EACH (link, &t->waiters)
        count++;
    pthread_mutex_unlock(&t->mutex);
    return count;
}
