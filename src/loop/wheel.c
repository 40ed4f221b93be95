#include "loop/wheel.h"

#include <assert.h>

enum { DIGIT_BITS = 6, DIGIT_MASK = WHEEL_SLOTS - 1 };

struct place {
    unsigned level, slot;
};

static struct place place_of(const struct wheel *w, uint64_t due_ms) {
    uint64_t differs = (due_ms ^ w->elapsed_ms) | DIGIT_MASK;
    unsigned level = (63 - (unsigned)__builtin_clzll(differs)) / DIGIT_BITS;
    return (struct place){level, (unsigned)(due_ms >> (level * DIGIT_BITS)) & DIGIT_MASK};
}

void wheel_init(struct wheel *w, uint64_t now_ms) {
    *w = (struct wheel){.elapsed_ms = now_ms};
    for (size_t level = 0; level < WHEEL_LEVELS; level++)
        for (size_t slot = 0; slot < WHEEL_SLOTS; slot++)
            list_init(&w->slots[level][slot]);
}

void wheel_add(struct wheel *w, struct timer *t) {
    if (t->due_ms < w->elapsed_ms)
        t->due_ms = w->elapsed_ms;
    struct place p = place_of(w, t->due_ms);
    list_push(&w->slots[p.level][p.slot], &t->link);
    w->occupied[p.level] |= UINT64_C(1) << p.slot;
}

/* A timer on a list of wheel_expire may name a slot it does not stand in; that slot then keeps its
 * bit if it is occupied, and had none otherwise. */
void wheel_remove(struct wheel *w, struct timer *t) {
    list_remove(&t->link);
    struct place p = place_of(w, t->due_ms);
    if (list_is_empty(&w->slots[p.level][p.slot]))
        w->occupied[p.level] &= ~(UINT64_C(1) << p.slot);
}

/* All slots occupied on a level lie ahead of the elapsed time there, and everything on a level is
 * due before anything on a higher one. */
static bool find_first(const struct wheel *w, struct place *out_place, uint64_t *out_at_ms) {
    for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
        if (!w->occupied[level])
            continue;
        unsigned slot = (unsigned)__builtin_ctzll(w->occupied[level]);
        unsigned shift = level * DIGIT_BITS, above = shift + DIGIT_BITS;
        uint64_t base = above < 64 ? w->elapsed_ms >> above << above : 0;
        *out_place = (struct place){level, slot};
        *out_at_ms = base | (uint64_t)slot << shift;
        return true;
    }
    return false;
}

bool wheel_next(const struct wheel *w, uint64_t *out_at_ms) {
    struct place p;
    return find_first(w, &p, out_at_ms);
}

static void empty_slot(struct wheel *w, struct place p, struct list *due) {
    struct list *slot = &w->slots[p.level][p.slot];
    w->occupied[p.level] &= ~(UINT64_C(1) << p.slot);
    assert(!list_is_empty(slot));
    struct list moved = *slot; /* taken as a whole: wheel_add may fill other slots meanwhile */
    moved.next->prev = moved.prev->next = &moved;
    list_init(slot);
    for (struct list *link; (link = list_pop(&moved));) {
        if (p.level == 0)
            list_push(due, link);
        else
            wheel_add(w, OWNER(link, struct timer, link));
    }
}

void wheel_expire(struct wheel *w, uint64_t now_ms, struct list *due) {
    struct place p;
    uint64_t at_ms;
    while (find_first(w, &p, &at_ms) && at_ms <= now_ms) {
        w->elapsed_ms = at_ms;
        empty_slot(w, p, due);
    }
    if (now_ms > w->elapsed_ms)
        w->elapsed_ms = now_ms;
}
