/* Worker threads run plain blocking code for loops: the store, key generation, API operations.
 *
 * A job lives in its owner. `run` is called on a worker, then `done` on the loop that posted it.
 * Jobs start in the order posted; several run side by side. In simulation (sim_workers_new) they
 * run one by one on the same thread, at a later turn. */
#pragma once
#include "loop/loop.h"

enum { WORKERS_PENDING_MAX = 10000 };

struct workers;

struct job {
    struct job *next;
    struct task answer; /* the workers' */
    struct loop *loop;  /* set by workers_post */
    void (*run)(struct job *j);
    void (*done)(struct job *j); /* may free the owner; NULL for none */
};

/* workers_new makes a crew of up to `count` (≥ 1) threads: one starts now, each other when there is
 * a job and nobody free for it. */
struct workers *workers_new(unsigned count);
/* workers_post queues a job; any thread. from == NULL: nobody is told, and run may free the owner.
 * E_UNAVAILABLE when WORKERS_PENDING_MAX jobs wait already: the caller answers its peer with that.
 */
NODISCARD
status workers_post(struct workers *w, struct loop *from, struct job *j);
/* workers_free runs what is queued, then stops the threads. The loops jobs came from must outlive
 * it: `done` is posted to them, and runs at the latest in loop_free. NULL does nothing. */
void workers_free(struct workers *w);
