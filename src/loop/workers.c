#include "loop/workers.h"

#include <assert.h>
#include <pthread.h>

#include "loop/internal.h"

/* ---- the queue, and what a job goes through ---- */

void job_queue_init(struct job_queue *q) {
    *q = (struct job_queue){0};
    q->last = &q->first;
}

status job_queue_push(struct job_queue *q, struct job *j) {
    if (q->count >= WORKERS_PENDING_MAX)
        return FAIL(E_UNAVAILABLE, "the server is busy: %d requests wait already; try again later",
                    WORKERS_PENDING_MAX);
    j->next = NULL;
    *q->last = j;
    q->last = &j->next;
    q->count++;
    return OK;
}

struct job *job_queue_pop(struct job_queue *q) {
    struct job *j = q->first;
    if (!j)
        return NULL;
    q->first = j->next;
    if (!q->first)
        q->last = &q->first;
    q->count--;
    return j;
}

static void answer(struct task *t) {
    struct job *j = OWNER(t, struct job, answer);
    j->done(j);
}

void job_execute(struct job *j) {
    struct loop *to = j->done ? j->loop : NULL; /* run may free the job when nobody is told */
    j->answer.run = answer;
    j->run(j);
    if (to)
        loop_post(to, &j->answer);
}

status workers_post(struct workers *w, struct loop *from, struct job *j) {
    j->loop = from;
    return w->ops->post(w, j);
}

void workers_free(struct workers *w) {
    if (w)
        w->ops->free(w);
}

/* ---- threads ---- */

struct crew {
    struct workers base;
    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t more;
    struct job_queue queue;
    bool stopping;
    unsigned count, count_max, idle;
    pthread_t threads[];
};

/* Waits for a job; NULL when there is none and none will come. */
static struct job *next_job(struct crew *c) {
    (void)pthread_mutex_lock(&c->lock);
    c->idle++;
    while (!c->queue.first && !c->stopping)
        (void)pthread_cond_wait(&c->more, &c->lock);
    c->idle--;
    struct job *j = job_queue_pop(&c->queue);
    (void)pthread_mutex_unlock(&c->lock);
    return j;
}

static void *work(void *crew) {
    for (struct job *j; (j = next_job(crew));)
        job_execute(j);
    return NULL;
}

/* One more, with the lock held. When the system has no more threads those that are there do it. */
static void grow(struct crew *c) {
    c->count += pthread_create(&c->threads[c->count], NULL, work, c) == 0;
}

static status crew_post(struct workers *w, struct job *j) {
    struct crew *c = OWNER(w, struct crew, base);
    (void)pthread_mutex_lock(&c->lock);
    status s = job_queue_push(&c->queue, j);
    if (c->queue.count > c->idle && c->count < c->count_max && !c->stopping)
        grow(c);
    (void)pthread_mutex_unlock(&c->lock);
    (void)pthread_cond_signal(&c->more);
    return s;
}

static void crew_free(struct workers *w) {
    struct crew *c = OWNER(w, struct crew, base);
    (void)pthread_mutex_lock(&c->lock);
    c->stopping = true;
    (void)pthread_mutex_unlock(&c->lock);
    (void)pthread_cond_broadcast(&c->more);
    for (unsigned i = 0; i < c->count; i++)
        (void)pthread_join(c->threads[i], NULL);
    (void)pthread_cond_destroy(&c->more);
    (void)pthread_mutex_destroy(&c->lock);
    mem_free(c);
}

static const struct workers_ops crew_ops = {crew_post, crew_free};

struct workers *workers_new(unsigned count) {
    assert(count > 0);
    struct crew *c = mem_new(sizeof *c + count * sizeof c->threads[0]);
    c->base.ops = &crew_ops;
    (void)pthread_mutex_init(&c->lock, NULL);
    (void)pthread_cond_init(&c->more, NULL);
    job_queue_init(&c->queue);
    c->count_max = count;
    grow(c);
    assert(c->count == 1); /* at start: without its threads the server is none */
    return &c->base;
}
