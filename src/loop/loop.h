/* A loop thread: it owns its streams outright and never waits.
 *
 * One `struct loop` per thread. Everything here is called on that thread, but loop_post and
 * loop_post_batch, which any thread may call; before the thread runs, the one that starts it may
 * prepare the loop. Two makers fill the same contract: loop_new_uv (libuv, real sockets, real time)
 * and sim_loop_new (loop/simulated.h: a network and a clock of its own, all loops on one thread,
 * every run the same). Only loop/ includes uv.h.
 *
 * A turn: each ready stream's event once, timers that are due, tasks posted from elsewhere, and
 * last the turn hooks, in the order they were added. Events go before timers so that a loop that
 * was held up sees what has arrived before it decides that nothing came. Whoever wants to write
 * gathers during the turn and writes in the hook: one write per stream and turn. */
#pragma once
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "base/bytes.h"
#include "base/list.h"

struct loop;

/* ---- time ---- */

/* Milliseconds of a monotonic clock, read once a turn. */
uint64_t loop_now_ms(const struct loop *l);

/* A timer lives in its owner; zero-initialised is stopped. Hierarchical wheel, no ticks: an idle
 * loop sleeps until a timer may be due. Resolution 1 ms; due when the loop's clock has moved by the
 * delay, in order of due time, equal ones as started. Delay 0: once, in a later part of this turn
 * or in the next. */
struct timer {
    struct list link; /* of the wheel */
    uint64_t due_ms;
    void (*on_time)(struct timer *t); /* the timer is stopped already and may be started again */
};
void timer_start(struct loop *l, struct timer *t, uint64_t delay_ms); /* started again: moves it */
void timer_stop(struct loop *l, struct timer *t);                     /* stopped: does nothing */
bool timer_is_running(const struct timer *t);

/* ---- streams ---- */

/* A connected byte stream, embedded in its owner. Zero-initialised is closed. */
struct stream {
    struct loop *loop;
    void *handle; /* the maker's: a poll handle and its descriptor, or an end of a simulated pipe */
    /* on_event tells what is possible now; it comes again next turn while it stays so. A broken
     * connection arrives as both: stream_read then tells what happened. The stream may be closed
     * and its owner freed inside. */
    void (*on_event)(struct stream *s, bool readable, bool writable);
};

/* stream_read takes at most `size` bytes: their number, 0 at the end of the stream, or a negative
 * errno (-EAGAIN when there is nothing now). Interrupted calls are made again inside. */
ssize_t stream_read(struct stream *s, void *into, size_t size);
/* stream_write sends what fits now: the number of bytes, or a negative errno (-EAGAIN for none). */
ssize_t stream_write(struct stream *s, const struct iovec *parts, int count);
/* stream_watch chooses the events wanted. A stream starts watching for readable. Naming what is
 * watched already costs nothing. */
void stream_watch(struct stream *s, bool readable, bool writable);
/* stream_shutdown ends our direction after what was written; reading goes on. For last words: a
 * close with bytes of the peer unread makes the kernel reset the connection, and the peer may then
 * never see what we said last. */
void stream_shutdown(struct stream *s);
/* stream_close ends it at once; no event comes after, and the owner may be freed. Twice is fine. */
void stream_close(struct stream *s);
bool stream_is_open(const struct stream *s);
/* stream_peer writes the peer's numeric address ("127.0.0.1", "::1") and port. */
void stream_peer(const struct stream *s, char out_address[46], uint16_t *out_port);

/* ---- listeners ---- */

enum { LISTENER_ACCEPT_MAX = 16 };

struct listener {
    struct loop *loop;
    void *handle;
    /* on_accept gets each new connection: call listener_take to have it, else it is closed. At most
     * LISTENER_ACCEPT_MAX a turn, so that a storm of connections does not delay established
     * traffic. */
    void (*on_accept)(struct listener *listener);
    /* on_trouble, if set, hears the errno when connections cannot be accepted for want of
     * descriptors or memory; they wait in the kernel meanwhile and are tried again after 100 ms. */
    void (*on_trouble)(struct listener *listener, int error);
};
/* loop_listen binds "ADDR:PORT" ("[::1]:PORT" for IPv6; numeric, or "localhost"); port 0 takes a
 * free one and *out_port says which. E_INVALID for an address that is none; E_UNAVAILABLE with the
 * reason (address in use, no permission …). */
NODISCARD
status loop_listen(struct loop *l, struct listener *listener, bytes address, uint16_t *out_port);
/* loop_listen_beside has another loop accept at the address of `first` as well; the kernel spreads
 * the connections. `first` must stay open meanwhile. */
NODISCARD
status loop_listen_beside(struct loop *l, struct listener *listener, const struct listener *first);
/* listener_take makes `s` the connection being accepted; s->on_event is the caller's to set. */
void listener_take(struct listener *listener, struct stream *s);
void listener_close(struct listener *listener); /* twice is fine; also inside on_accept */

/* ---- between threads ---- */

/* A task lives in its owner and is posted at most once at a time. */
struct task {
    struct task *next;
    void (*run)(struct task *t); /* may post the task again, or free its owner */
};
/* loop_post has the loop run the task soon, and once even if the loop stops before (loop_free runs
 * what is left). Any thread. Tasks posted by one thread run in that order; the loop is woken at
 * most once for all that gathers before it looks, and not at all while it is awake. */
void loop_post(struct loop *to, struct task *t);
/* loop_post_batch posts a chain linked by next, in order: one exchange, at most one wake-up.
 * last->next must be NULL. */
void loop_post_batch(struct loop *to, struct task *first, struct task *last);

/* ---- the turn ---- */

/* A hook stays for the life of the loop. */
struct turn_hook {
    struct turn_hook *next;
    void (*run)(struct turn_hook *h);
};
void loop_add_turn_hook(struct loop *l, struct turn_hook *h);
/* loop_again has another turn follow at once, without sleeping: for work cut into steps. */
void loop_again(struct loop *l);

/* ---- life ---- */

struct loop *loop_new_uv(void);
void loop_run(struct loop *l); /* returns after loop_stop, when the turn is over */
void loop_stop(struct loop *l);
/* loop_free: streams and listeners must be closed and timers stopped; tasks still posted run here,
 * on the caller's thread. No thread may post any more. NULL does nothing. */
/* loop_run_posted runs what was posted to a loop whose thread has ended; false when there was
 * nothing. For the end, when loops still owe each other answers. */
bool loop_run_posted(struct loop *l);
void loop_free(struct loop *l);
