#include "loop/wheel.h"

#include <stdlib.h>

#include "support/testing.h"

static struct timer *first_due(struct list *due) {
    struct list *link = list_pop(due);
    if (!link)
        return NULL;
    struct timer *t = OWNER(link, struct timer, link);
    t->link = (struct list){0};
    return t;
}

TEST(an_empty_wheel_has_nothing_next) {
    struct wheel w;
    uint64_t at_ms;
    wheel_init(&w, 12345);
    CHECK(!wheel_next(&w, &at_ms));
}

TEST(expires_at_the_due_time_and_not_before) {
    static const uint64_t delays_ms[] = {0,
                                         1,
                                         63,
                                         64,
                                         65,
                                         4095,
                                         4096,
                                         262143,
                                         262144,
                                         1200000,
                                         86400000,
                                         1u << 31,
                                         UINT64_C(1) << 40,
                                         UINT64_C(1) << 62};
    static const uint64_t starts_ms[] = {0, 1, 63, 64, 1000003, UINT64_C(1) << 33};
    for (size_t s = 0; s < COUNT_OF(starts_ms); s++)
        for (size_t d = 0; d < COUNT_OF(delays_ms); d++) {
            struct wheel w;
            struct list due;
            struct timer t = {.due_ms = starts_ms[s] + delays_ms[d]};
            uint64_t at_ms;
            list_init(&due);
            wheel_init(&w, starts_ms[s]);
            wheel_add(&w, &t);
            if (delays_ms[d] > 0)
                wheel_expire(&w, t.due_ms - 1, &due);
            CHECK(list_is_empty(&due));
            CHECK(wheel_next(&w, &at_ms));
            CHECK(at_ms <= t.due_ms);
            wheel_expire(&w, t.due_ms, &due);
            CHECK(first_due(&due) == &t);
            CHECK(!wheel_next(&w, &at_ms));
        }
}

TEST(the_farthest_future_is_reached_in_a_step_per_level) {
    struct wheel w;
    struct list due;
    struct timer t = {.due_ms = UINT64_MAX};
    uint64_t at_ms;
    unsigned steps = 0;
    list_init(&due);
    wheel_init(&w, 77);
    wheel_add(&w, &t);
    while (wheel_next(&w, &at_ms)) {
        wheel_expire(&w, at_ms, &due);
        steps++;
    }
    CHECK(first_due(&due) == &t);
    CHECK(steps <= WHEEL_LEVELS);
}

TEST(a_removed_timer_leaves_no_trace) {
    struct wheel w;
    struct timer one = {.due_ms = 100}, other = {.due_ms = 100};
    uint64_t at_ms;
    wheel_init(&w, 0);
    wheel_add(&w, &one);
    wheel_add(&w, &other);
    wheel_remove(&w, &one);
    CHECK(wheel_next(&w, &at_ms));
    wheel_remove(&w, &other);
    CHECK(!wheel_next(&w, &at_ms));
}

/* ---- against a plain list ---- */

enum { COUNT = 200, STEPS = 20000 };

struct model {
    struct timer timer;
    uint64_t due_ms, order;
    bool running;
};

static uint64_t random_state = 42;

static uint64_t draw(uint64_t below) {
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (random_state >> 20) % below;
}

/* Most delays are short, some are on every level. */
static uint64_t draw_delay(void) {
    return draw(UINT64_C(1) << (1 + draw(30)));
}

static struct model *model_first(struct model *all, uint64_t now_ms) {
    struct model *first = NULL;
    for (size_t i = 0; i < COUNT; i++) {
        struct model *m = &all[i];
        if (!m->running || m->due_ms > now_ms)
            continue;
        if (!first || m->due_ms < first->due_ms ||
            (m->due_ms == first->due_ms && m->order < first->order))
            first = m;
    }
    return first;
}

static void start(struct wheel *w, struct model *m, uint64_t due_ms, uint64_t order) {
    if (m->running)
        wheel_remove(w, &m->timer);
    m->running = true;
    m->order = order;
    m->timer.due_ms = m->due_ms = due_ms;
    wheel_add(w, &m->timer);
}

static void expire_and_compare(struct wheel *w, struct model *all, uint64_t now_ms) {
    struct list due;
    list_init(&due);
    wheel_expire(w, now_ms, &due);
    for (struct timer *t; (t = first_due(&due));) {
        struct model *expected = model_first(all, now_ms);
        CHECK(expected && &expected->timer == t);
        expected->running = false;
    }
    CHECK(!model_first(all, now_ms));
}

TEST(agrees_with_a_plain_list_in_a_random_life) {
    struct wheel *w = NEW(struct wheel);
    struct model *all = NEW_ARRAY(struct model, COUNT);
    uint64_t now_ms = 1000, at_ms;
    wheel_init(w, now_ms);
    for (uint64_t i = 0; i < STEPS; i++) {
        struct model *m = &all[draw(COUNT)];
        switch (draw(4)) {
        case 0:
        case 1:
            start(w, m, now_ms + draw_delay(), i);
            break;
        case 2:
            if (m->running)
                wheel_remove(w, &m->timer);
            m->running = false;
            break;
        default:
            now_ms += draw(3) ? draw(100) : draw_delay();
            expire_and_compare(w, all, now_ms);
        }
        struct model *first = model_first(all, UINT64_MAX);
        CHECK(wheel_next(w, &at_ms) == (first != NULL));
        CHECK(!first || at_ms <= first->due_ms);
    }
    mem_free(all);
    mem_free(w);
}

TEST_MAIN("loop/wheel")
