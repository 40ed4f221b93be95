/* Inside store/: whose turn it is to write. First come, first served; unlike a mutex it tells
 * whether someone waits, which is what a batch of commits needs to know. */
#pragma once
#include "base/list.h"

#include <pthread.h>

struct turn {
    pthread_mutex_t mutex;
    struct list waiters;
    bool held;
};

void turn_init(struct turn *t);
void turn_done(struct turn *t); /* not held, nobody waiting */
void turn_take(struct turn *t); /* waits for all who came before */
void turn_pass(struct turn *t); /* to the next in line */
/* turn_is_wanted: somebody waits, and will certainly take the turn when it is passed. */
bool turn_is_wanted(struct turn *t);
size_t turn_waiting(struct turn *t); /* how many stand in line now */
