#include "loop/simulated.h"

#include <assert.h>

#include "base/clock.h"
#include "loop/world.h"

enum { TURNS_MAX = 1000000, WINDOW = 64 * 1024, FIRST_PORT = 40000 };
static const int64_t begin_wall_ms = INT64_C(1767225600000); /* 2026-01-01T00:00:00Z */

struct sim_workers {
    struct workers base;
    struct sim *sim;
    struct job_queue queue;
    unsigned holders; /* how often they were given out */
};

/* ---- the world ---- */

static void set_time(struct sim *sim, uint64_t now_ms) {
    sim->now_ms = now_ms;
    clock_simulate(begin_wall_ms + (int64_t)now_ms);
}

struct sim *sim_new(uint64_t seed) {
    struct sim *sim = NEW(struct sim);
    sim->seed = sim->random_state = seed;
    sim->window = WINDOW;
    sim->next_port = FIRST_PORT;
    list_init(&sim->loops);
    list_init(&sim->listeners);
    set_time(sim, 0);
    return sim;
}

void sim_free(struct sim *sim) {
    assert(list_is_empty(&sim->loops) && !sim->workers);
    clock_simulate(-1);
    mem_free(sim);
}

uint64_t sim_now_ms(const struct sim *sim) {
    return sim->now_ms;
}

/* splitmix64 */
uint64_t sim_random(struct sim *sim, uint64_t below) {
    uint64_t z = (sim->random_state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return below ? (z ^ (z >> 31)) % below : 0;
}

void sim_set_window(struct sim *sim, size_t size) {
    sim->window = size;
}

/* ---- turns ---- */

static bool loop_is_ready(struct sim_loop *l) {
    uint64_t at_ms;
    bool due = wheel_next(&l->base.wheel, &at_ms) && at_ms <= l->sim->now_ms;
    return l->base.again || due || !inbox_is_empty(&l->base.inbox) || sim_network_is_ready(l);
}

static void take_turn(struct sim_loop *l) {
    l->base.again = false;
    l->base.now_ms = l->sim->now_ms;
    sim_network_turn(l);
    loop_finish_turn(&l->base);
}

static size_t count_ready(struct sim *sim) {
    size_t count = sim->workers && sim->workers->queue.first ? 1 : 0;
    LIST_EACH (link, &sim->loops)
        count += loop_is_ready(OWNER(link, struct sim_loop, link)) ? 1 : 0;
    return count;
}

/* Lets the loop or worker go that is `chosen` among those ready. */
static void step_chosen(struct sim *sim, size_t chosen) {
    LIST_EACH (link, &sim->loops) {
        struct sim_loop *l = OWNER(link, struct sim_loop, link);
        if (loop_is_ready(l) && chosen-- == 0) {
            take_turn(l);
            return;
        }
    }
    job_execute(job_queue_pop(&sim->workers->queue));
}

/* One turn of someone; false when nothing is to be done at this time. */
static bool step(struct sim *sim) {
    size_t ready = count_ready(sim);
    if (ready == 0)
        return false;
    step_chosen(sim, sim->seed ? (size_t)sim_random(sim, ready) : 0);
    return true;
}

void sim_run_until_idle(struct sim *sim) {
    unsigned turns = 0;
    while (step(sim))
        assert(++turns < TURNS_MAX);
}

/* When the next timer of any loop may be due; false when no timer runs. */
static bool next_time(struct sim *sim, uint64_t *out_at_ms) {
    uint64_t at_ms, first_ms = UINT64_MAX;
    bool found = false;
    LIST_EACH (link, &sim->loops) {
        if (!wheel_next(&OWNER(link, struct sim_loop, link)->base.wheel, &at_ms))
            continue;
        first_ms = at_ms < first_ms ? at_ms : first_ms;
        found = true;
    }
    *out_at_ms = first_ms;
    return found;
}

void sim_pass(struct sim *sim, uint64_t ms) {
    uint64_t end_ms = sim->now_ms + ms, at_ms;
    sim_run_until_idle(sim);
    while (next_time(sim, &at_ms) && at_ms <= end_ms) {
        set_time(sim, at_ms);
        sim_run_until_idle(sim);
    }
    set_time(sim, end_ms);
    sim_run_until_idle(sim);
}

/* ---- loops ---- */

struct sim_loop *sim_loop_of(struct loop *l) {
    return OWNER(l, struct sim_loop, base);
}

static void wake(struct loop *l) {
    UNUSED(l); /* the world looks into every inbox itself */
}

static void run(struct loop *l) {
    struct sim_loop *s = sim_loop_of(l);
    uint64_t at_ms;
    for (s->stopped = false; !s->stopped;) {
        if (step(s->sim))
            continue;
        bool more = next_time(s->sim, &at_ms);
        assert(more); /* else this would wait for ever */
        set_time(s->sim, at_ms);
    }
}

static void stop(struct loop *l) {
    sim_loop_of(l)->stopped = true;
}

static void loop_done(struct loop *l) {
    struct sim_loop *s = sim_loop_of(l);
    assert(list_is_empty(&s->ends));
    list_remove(&s->link);
    mem_free(s);
}

static const struct loop_ops sim_ops = {wake, run, stop, loop_done};

struct loop *sim_loop_new(struct sim *sim) {
    struct sim_loop *l = NEW(struct sim_loop);
    loop_init(&l->base, &sim_ops, &sim_network_ops, sim->now_ms);
    l->sim = sim;
    list_init(&l->ends);
    list_push(&sim->loops, &l->link);
    return &l->base;
}

/* ---- workers ---- */

static status workers_queue(struct workers *w, struct job *j) {
    return job_queue_push(&OWNER(w, struct sim_workers, base)->queue, j);
}

static void workers_done(struct workers *w) {
    struct sim_workers *s = OWNER(w, struct sim_workers, base);
    for (struct job *j; (j = job_queue_pop(&s->queue));)
        job_execute(j);
    if (--s->holders > 0)
        return;
    s->sim->workers = NULL;
    mem_free(s);
}

static const struct workers_ops sim_workers_ops = {workers_queue, workers_done};

struct workers *sim_workers_new(struct sim *sim) {
    if (sim->workers) {
        sim->workers->holders++;
        return &sim->workers->base;
    }
    struct sim_workers *w = NEW(struct sim_workers);
    w->holders = 1;
    w->base.ops = &sim_workers_ops;
    w->sim = sim;
    job_queue_init(&w->queue);
    sim->workers = w;
    return &w->base;
}
