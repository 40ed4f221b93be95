/* A simulated world: loops, a network between them and a clock, all on the caller's thread.
 *
 * Every run with the same seed is the same run. The seed decides the order in which loops take
 * their turns, how a stream's bytes are cut on their way, and how much of a write fits. With seed 0
 * nothing is cut and loops take turns in the order they were made. Time moves only when told, and
 * takes clock_wall_ms and clock_monotonic_us with it (it starts at 2026-01-01T00:00:00Z).
 *
 *     struct sim *sim = sim_new(4711);
 *     struct loop *loop = sim_loop_new(sim);           server code runs on it as on a real one
 *     struct sim_end *lamp = sim_connect(sim, BYTES("127.0.0.1:1883"));
 *     sim_write(lamp, BYTES("hello"));
 *     sim_run_until_idle(sim);
 *     sim_pass(sim, 60000);                            a minute goes by, timers fire on their way
 *     sim_read(lamp, &received);
 */
#pragma once
#include "loop/workers.h"

struct sim;

struct sim *sim_new(uint64_t seed);
/* sim_free returns the clocks to real time. Its loops and workers are freed before it. */
void sim_free(struct sim *sim);

/* A loop of this world: all of loop.h holds, but loop_run runs the whole world until loop_stop and
 * must find something to do. */
struct loop *sim_loop_new(struct sim *sim);
/* Workers of this world: each job runs at a later step, in order. However often they are asked for,
 * they are the same ones; each is to be freed. */
struct workers *sim_workers_new(struct sim *sim);

/* ---- running ---- */

/* sim_run_until_idle takes turns until nothing is left to do at this time. A loop that always asks
 * for another turn stops the process (assert) after a million turns. */
void sim_run_until_idle(struct sim *sim);
/* sim_pass lets time go by, from timer to timer, running each time until idle. */
void sim_pass(struct sim *sim, uint64_t ms);
uint64_t sim_now_ms(const struct sim *sim);           /* since the world began */
uint64_t sim_random(struct sim *sim, uint64_t below); /* of the seed, for the test's own choices */

/* ---- the test's end of a connection ---- */

struct sim_end;

/* sim_connect dials a listener by "ADDR:PORT"; NULL when nobody listens there. Among several beside
 * each other the seed chooses. */
struct sim_end *sim_connect(struct sim *sim, bytes address);
/* sim_write sends what fits into the window of `sim_set_window`: the number of bytes, or -EPIPE or
 * -ECONNRESET when the server closed. */
ssize_t sim_write(struct sim_end *e, bytes data);
/* sim_read appends all that has arrived. The number of bytes, 0 at the end of the stream, -EAGAIN
 * when there is nothing now. Not reading is back-pressure: the server's writes stop fitting. */
ssize_t sim_read(struct sim_end *e, struct buf *into);
void sim_shutdown(struct sim_end *e); /* no more is written; the server reads the end */
void sim_reset(struct sim_end *e);    /* the server reads -ECONNRESET; bytes under way are lost */
bool sim_is_closed(const struct sim_end *e); /* the server has closed its end */
void sim_end_free(struct sim_end *e);        /* closes first; NULL does nothing */

/* sim_set_window bounds what is under way in each direction of later connections (64 KiB). */
void sim_set_window(struct sim *sim, size_t size);
