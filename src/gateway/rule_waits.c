#include "gateway/rule_waits.h"

#include <pthread.h>
#include <string.h>

#include "base/map.h"

enum { AT_A_TIME = 4, WAITING_MAX = 1000 }; /* of one rule */

struct rule_waits {
    pthread_mutex_t lock; /* of the lines */
    struct map lines;
};

struct line;
/* A worker that may be at a line. */
struct place {
    struct job job;
    struct line *line;
    bool taken;
};

struct line {
    struct map_node node;
    struct rule_waits *waits;
    struct rule_wait *first, **last;
    size_t waiting;
    unsigned workers;
    struct place places[AT_A_TIME];
    uint8_t key[];
};

struct rule_waits *rule_waits_new(void) {
    struct rule_waits *waits = NEW(struct rule_waits);
    (void)pthread_mutex_init(&waits->lock, NULL);
    return waits;
}

void rule_waits_free(struct rule_waits *waits) {
    if (!waits)
        return;
    map_done(&waits->lines); /* lines went with their last worker */
    (void)pthread_mutex_destroy(&waits->lock);
    mem_free(waits);
}

static struct line *line_of(struct rule_waits *waits, bytes rule) {
    struct map_node *n = map_find(&waits->lines, rule);
    if (n)
        return OWNER(n, struct line, node);
    struct line *l = mem_new(sizeof *l + rule.len);
    memcpy(l->key, rule.ptr, rule.len);
    l->node.key = bytes_of(l->key, rule.len);
    l->waits = waits;
    l->last = &l->first;
    map_add(&waits->lines, &l->node);
    return l;
}

static void line_drop(struct line *l) {
    if (l->waiting > 0 || l->workers > 0)
        return;
    map_remove(&l->waits->lines, &l->node);
    mem_free(l);
}

/* The next of the line; without one this worker leaves it, and the last takes it away. */
static struct rule_wait *next_at(struct place *p) {
    struct line *l = p->line;
    pthread_mutex_t *lock = &l->waits->lock;
    (void)pthread_mutex_lock(lock);
    struct rule_wait *w = l->first;
    if (w) {
        l->first = w->next;
        if (!l->first)
            l->last = &l->first;
        l->waiting--;
    } else {
        p->taken = false;
        l->workers--;
        line_drop(l);
    }
    (void)pthread_mutex_unlock(lock);
    return w;
}

static void work(struct job *j) {
    struct place *p = OWNER(j, struct place, job);
    for (struct rule_wait *w; (w = next_at(p));)
        w->run(w);
}

static void call_worker(struct line *l, struct workers *crew) {
    for (unsigned i = 0; i < AT_A_TIME; i++) {
        struct place *p = &l->places[i];
        if (p->taken)
            continue;
        *p = (struct place){.job = {.run = work}, .line = l};
        p->taken = workers_post(crew, NULL, &p->job) == OK;
        l->workers += p->taken;
        return;
    }
}

status rule_waits_offer(struct rule_waits *waits, struct workers *crew, bytes rule,
                        struct rule_wait *w) {
    (void)pthread_mutex_lock(&waits->lock);
    struct line *l = line_of(waits, rule);
    bool room = l->waiting < WAITING_MAX;
    if (room && l->workers < AT_A_TIME)
        call_worker(l, crew);
    room = room && l->workers > 0;
    if (room) {
        w->next = NULL;
        *l->last = w;
        l->last = &w->next;
        l->waiting++;
    }
    line_drop(l);
    (void)pthread_mutex_unlock(&waits->lock);
    return room ? OK
                : FAIL(E_UNAVAILABLE, "%d messages wait for the function already", WAITING_MAX);
}
