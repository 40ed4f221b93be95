#include "runtime/pool.h"

#include <time.h>

#include "base/clock.h"
#include "runtime/memory.h"

enum {
    KEEPER_TURN_MS = 200,
    CREDENTIALS_SPARE_MS = 5 * 60 * 1000, /* left at the end, beside the function's time-out */
};

/* One function, all its versions. */
struct pool {
    struct list link;
    struct list idle; /* of environment.link, used last at the end */
    bytes function_arn;
    unsigned busy; /* started, being started or working */
    unsigned idle_count;
    uint64_t generation; /* grows with pool_forget */
};

/* ---- under the mutex ---- */

static struct pool *find(struct runtimes *r, bytes arn) {
    LIST_EACH (link, &r->pools) {
        struct pool *p = OWNER(link, struct pool, link);
        if (bytes_equal(p->function_arn, arn))
            return p;
    }
    return NULL;
}

static struct pool *find_or_add(struct runtimes *r, bytes arn) {
    struct pool *p = find(r, arn);
    if (p)
        return p;
    p = NEW(struct pool);
    uint8_t *copy = mem_new(arn.len + 1);
    for (size_t i = 0; i < arn.len; i++)
        copy[i] = arn.ptr[i];
    p->function_arn = bytes_of(copy, arn.len);
    list_init(&p->idle);
    list_push(&r->pools, &p->link);
    return p;
}

static void free_pool(struct pool *p) {
    list_remove(&p->link);
    mem_free((void *)(uintptr_t)p->function_arn.ptr);
    mem_free(p);
}

static void forget_if_empty(struct pool *p) {
    if (p->busy == 0 && p->idle_count == 0)
        free_pool(p);
}

static struct environment *leave_idle(struct environment *e) {
    list_remove(&e->link);
    e->pool->idle_count--;
    return e;
}

/* To be freed by the caller, without the mutex. */
static void condemn(struct environment *e, struct list *doomed) {
    struct runtimes *r = e->runtimes;
    struct pool *p = e->pool;
    list_push(doomed, &leave_idle(e)->link);
    r->process_count--;
    forget_if_empty(p);
}

static bool credentials_end(const struct environment *e, int64_t timeout_ms) {
    return e->expires_ms > 0 && e->expires_ms - CREDENTIALS_SPARE_MS - timeout_ms < clock_wall_ms();
}

/* The idle one used last; those of an older revision, or whose credentials end, are doomed. */
static struct environment *choose(struct pool *p, const struct runtime_code *c,
                                  struct list *doomed) {
    struct environment *chosen = NULL;
    p->busy++; /* keeps it */
    LIST_EACH (link, &p->idle) {
        struct environment *e = OWNER(link, struct environment, link);
        if (!bytes_equal(e->version, c->version))
            continue;
        if (bytes_equal(e->revision, c->revision) && !credentials_end(e, c->timeout_ms))
            chosen = e;
        else
            condemn(e, doomed);
    }
    p->busy--;
    return chosen ? leave_idle(chosen) : NULL;
}

/* The process that has been idle longest of all. */
static struct environment *oldest_idle(struct runtimes *r) {
    struct environment *oldest = NULL;
    LIST_EACH (link, &r->pools) {
        struct pool *p = OWNER(link, struct pool, link);
        if (list_is_empty(&p->idle))
            continue;
        struct environment *e = OWNER(p->idle.next, struct environment, link);
        if (!oldest || e->idle_since_us < oldest->idle_since_us)
            oldest = e;
    }
    return oldest;
}

static status make_room(struct runtimes *r, const struct runtime_code *c, unsigned busy,
                        struct list *doomed) {
    if (r->closing)
        return FAIL(E_UNAVAILABLE, "the server is stopping");
    if (c->concurrency_max > 0 && busy >= c->concurrency_max)
        return FAIL(E_THROTTLED, "%u invocations of %.*s run already, as many as it may have", busy,
                    BYTES_ARG(c->name));
    if (r->process_count >= r->options.processes_max && oldest_idle(r))
        condemn(oldest_idle(r), doomed);
    if (r->process_count >= r->options.processes_max)
        return FAIL(E_THROTTLED, "%u functions run already, as many as this server lets run",
                    r->process_count);
    return OK;
}

static void free_all(struct list *doomed) {
    for (struct list *link; (link = list_pop(doomed));)
        environment_free(OWNER(link, struct environment, link));
}

/* ---- take and return ---- */

/* An idle process, or room for a new one: then *out_idle is NULL. */
static status reserve(struct runtimes *r, const struct runtime_code *c, struct list *doomed,
                      struct pool **out_pool, struct environment **out_idle) {
    struct pool *p = find(r, c->function_arn);
    unsigned busy = p ? p->busy : 0;
    bool may = !r->closing && (c->concurrency_max == 0 || busy < c->concurrency_max);
    struct environment *e = p && may ? choose(p, c, doomed) : NULL;
    if (!e) {
        status s = make_room(r, c, busy, doomed);
        if (s != OK) {
            r->counts.throttles += s == E_THROTTLED;
            return s;
        }
        if (r->process_count++ == 0)
            pthread_cond_signal(&r->woken);
    }
    *out_pool = find_or_add(r, c->function_arn);
    (*out_pool)->busy++;
    *out_idle = e;
    return OK;
}

static void give_up(struct runtimes *r, struct pool *p) {
    pthread_mutex_lock(&r->mutex);
    r->process_count--;
    p->busy--;
    forget_if_empty(p);
    pthread_mutex_unlock(&r->mutex);
}

status pool_take(struct runtimes *r, const struct runtime_code *code,
                 const struct interpreter *interpreter, struct environment **out_environment,
                 bool *out_cold) {
    struct list doomed;
    struct pool *p = NULL;
    struct environment *e = NULL;
    list_init(&doomed);
    pthread_mutex_lock(&r->mutex);
    status s = reserve(r, code, &doomed, &p, &e);
    uint64_t generation = s == OK ? p->generation : 0;
    pthread_mutex_unlock(&r->mutex);
    free_all(&doomed);
    TRY(s);
    *out_cold = !e;
    if (!e) {
        s = environment_start(r, code, interpreter, &e);
        if (s != OK) {
            give_up(r, p);
            return s;
        }
        e->pool = p;
        e->generation = generation;
    }
    *out_environment = e;
    return OK;
}

void pool_return(struct environment *e) {
    struct runtimes *r = e->runtimes;
    struct pool *p = e->pool;
    pthread_mutex_lock(&r->mutex);
    bool stays = !e->is_stale && !r->closing && e->generation == p->generation;
    p->busy--;
    if (stays) {
        e->idle_since_us = clock_monotonic_us();
        list_push(&p->idle, &e->link);
        p->idle_count++;
    } else {
        r->process_count--;
        forget_if_empty(p);
    }
    pthread_mutex_unlock(&r->mutex);
    if (!stays)
        environment_free(e);
}

void pool_forget(struct runtimes *r, bytes function_arn) {
    struct list doomed;
    list_init(&doomed);
    pthread_mutex_lock(&r->mutex);
    struct pool *p = find(r, function_arn);
    if (p) {
        p->generation++;
        p->busy++; /* keeps it */
        LIST_EACH (link, &p->idle)
            condemn(OWNER(link, struct environment, link), &doomed);
        p->busy--;
        forget_if_empty(p);
    }
    pthread_mutex_unlock(&r->mutex);
    free_all(&doomed);
}

unsigned pool_idle_count(const struct list *pool) {
    return OWNER(pool, const struct pool, link)->idle_count;
}

/* ---- the keeper ---- */

static void condemn_old(struct runtimes *r, struct list *doomed) {
    uint64_t now = clock_monotonic_us(), most = (uint64_t)r->options.idle_s * 1000000;
    for (struct environment *e; (e = oldest_idle(r)) && now - e->idle_since_us > most;)
        condemn(e, doomed);
}

static void wait_a_turn(struct runtimes *r) {
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += KEEPER_TURN_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    if (r->process_count > 0)
        (void)pthread_cond_timedwait(&r->woken, &r->mutex, &until);
    else
        (void)pthread_cond_wait(&r->woken, &r->mutex);
}

static bool has_busy(const struct runtimes *r) {
    unsigned idle = 0;
    LIST_EACH (link, &r->pools)
        idle += OWNER(link, struct pool, link)->idle_count;
    return r->process_count > idle;
}

void *keeper_run(void *runtimes) {
    struct runtimes *r = runtimes;
    struct list doomed;
    list_init(&doomed);
    pthread_mutex_lock(&r->mutex);
    while (!r->closing) {
        wait_a_turn(r);
        condemn_old(r, &doomed);
        bool works = has_busy(r);
        pthread_mutex_unlock(&r->mutex);
        free_all(&doomed);
        if (works)
            memory_watch(r);
        pthread_mutex_lock(&r->mutex);
    }
    pthread_mutex_unlock(&r->mutex);
    return NULL;
}

void pools_free(struct runtimes *r) {
    while (!list_is_empty(&r->pools)) {
        struct pool *p = OWNER(r->pools.next, struct pool, link);
        for (struct list *link; (link = list_pop(&p->idle));)
            environment_free(OWNER(link, struct environment, link));
        free_pool(p);
    }
}
