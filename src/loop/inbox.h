/* A loop's inbox: any thread pushes tasks, the loop takes all at once. No locks.
 *
 * The head is the task pushed last, or says that the loop sleeps; so the one exchange that pushes
 * also tells whether the loop must be woken: once per sleep, by the first who pushes. */
#pragma once
#include <stdatomic.h>

#include "loop/loop.h"

struct inbox {
    _Atomic(struct task *) head; /* newest first; NULL is empty and awake */
};

/* inbox_push adds first … last, in order. True when the loop sleeps: the caller wakes it. */
NODISCARD
bool inbox_push(struct inbox *in, struct task *first, struct task *last);
/* inbox_take gives all tasks, oldest first, or NULL; the loop is awake from here on. */
struct task *inbox_take(struct inbox *in);
/* inbox_sleep is called by the loop before it sleeps; false when tasks wait: then do not. */
NODISCARD
bool inbox_sleep(struct inbox *in);
bool inbox_is_empty(struct inbox *in);
