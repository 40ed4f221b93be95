/* A hierarchical timer wheel: start, stop and expiry of a timer cost the same however many run.
 *
 * Level L has 64 slots of 64^L ms. A timer stands on the level where its due time first differs
 * from the time elapsed, written in digits of six bits, in the slot its digit names:
 *
 *     elapsed  …  0 17  5       due …  0 17  9   →  level 0, slot  9: due in 4 ms
 *                               due …  0 20 63   →  level 1, slot 20
 *
 * When the time reaches the start of a slot on a higher level, its timers move down; so each timer
 * moves at most once per level, and nothing ticks in between: the next moment at which something is
 * to be done is the first occupied slot of the lowest occupied level, one bit scan away.
 *
 * Timers with the same due time come out in the order they were added. */
#pragma once
#include "loop/loop.h"

enum { WHEEL_LEVELS = 11, WHEEL_SLOTS = 64 };

struct wheel {
    uint64_t elapsed_ms;
    uint64_t occupied[WHEEL_LEVELS]; /* a bit per slot */
    struct list slots[WHEEL_LEVELS][WHEEL_SLOTS];
};

void wheel_init(struct wheel *w, uint64_t now_ms);
/* wheel_add puts `t` in for t->due_ms; a time that has passed already counts as now. */
void wheel_add(struct wheel *w, struct timer *t);
/* wheel_remove takes a timer out that is in the wheel, or on a list filled by wheel_expire. */
void wheel_remove(struct wheel *w, struct timer *t);
/* wheel_next tells when to call wheel_expire next: never later than the first due time, earlier
 * only to move timers down. False when the wheel is empty. */
bool wheel_next(const struct wheel *w, uint64_t *out_at_ms);
/* wheel_expire moves the time to `now_ms` and appends the links of all timers due to `due`, in
 * order. */
void wheel_expire(struct wheel *w, uint64_t now_ms, struct list *due);
