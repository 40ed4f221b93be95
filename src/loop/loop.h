/* A loop thread: it owns its streams outright and never waits.
 *
 * One `struct loop` per thread. Everything here is called on that thread, but loop_post, which any
 * thread may call. Two makers fill the same contract: loop_new_uv (libuv, real sockets, real time)
 * and loop_new_simulated (loop/simulated.h: a network and a clock of its own, all loops on one
 * thread, every run the same). Only loop/ includes uv.h.
 *
 * A turn: timers that are due, tasks posted from elsewhere, then each ready stream's event once, and
 * last the turn hooks, in the order they were added. Whoever wants to write gathers during the turn
 * and writes in the hook: one write per stream and turn. */
#pragma once
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "base/bytes.h"

struct loop;

/* ---- time ---- */

/* Milliseconds of a monotonic clock, read once a turn. */
uint64_t loop_now_ms(const struct loop *l);

/* A timer lives in its owner; zero-initialised is stopped. Hierarchical wheel, no ticks: an idle
 * loop sleeps until the next timer is due. Resolution 1 ms; fires never early. */
struct timer {
    struct timer *next, **link; /* of the wheel */
    uint64_t due_ms;
    void (*on_time)(struct timer *t); /* the timer is stopped already and may be started again */
};
void timer_start(struct loop *l, struct timer *t, uint64_t delay_ms); /* started again: moves it */
void timer_stop(struct loop *l, struct timer *t);                     /* stopped: does nothing */
bool timer_is_running(const struct timer *t);

/* ---- streams ---- */

/* A connected byte stream, embedded in its owner. */
struct stream {
    struct loop *loop;
    void *handle; /* the maker's: a poll handle and its descriptor, or an end of a simulated pipe */
    void (*on_event)(struct stream *s, bool readable, bool writable);
};

/* stream_read takes at most `size` bytes: their number, 0 at the end of the stream, or a negative
 * errno (-EAGAIN when there is nothing now). */
ssize_t stream_read(struct stream *s, void *into, size_t size);
/* stream_write sends what fits now: the number of bytes, or a negative errno (-EAGAIN for none). */
ssize_t stream_write(struct stream *s, const struct iovec *parts, int count);
/* stream_watch chooses the events wanted. A stream starts watching for readable. */
void stream_watch(struct stream *s, bool readable, bool writable);
/* stream_close ends it at once; no event comes after. Twice is fine. */
void stream_close(struct stream *s);
/* stream_peer writes the peer's numeric address ("127.0.0.1", "::1") and port. */
void stream_peer(const struct stream *s, char out_address[46], uint16_t *out_port);

/* ---- listeners ---- */

struct listener {
    struct loop *loop;
    void *handle;
    /* on_accept gets each new connection: call listener_take to have it, else it is closed. At most
     * `accept_max` a turn, so that a storm of connections does not delay established traffic. */
    void (*on_accept)(struct listener *listener);
};
/* loop_listen binds "ADDR:PORT" ("[::1]:PORT" for IPv6) with SO_REUSEPORT; port 0 takes a free one and
 * *out_port says which. E_UNAVAILABLE with the reason (address in use, no permission …). */
NODISCARD status loop_listen(struct loop *l, struct listener *listener, bytes address, uint16_t *out_port);
/* listener_take makes `s` the connection being accepted; nodelay is set. */
void listener_take(struct listener *listener, struct stream *s);
void listener_close(struct listener *listener);

/* ---- between threads ---- */

/* A task lives in its owner and is posted at most once at a time. */
struct task {
    struct task *next;
    void (*run)(struct task *t);
};
/* loop_post has the loop run the task soon. Any thread. Tasks posted by one thread run in that order;
 * the loop is woken at most once for all that gathers before it looks. */
void loop_post(struct loop *to, struct task *t);
/* loop_post_batch posts a chain linked by next, in order: one exchange, one wake-up. */
void loop_post_batch(struct loop *to, struct task *first, struct task *last);

/* ---- the turn ---- */

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
void loop_free(struct loop *l); /* all streams, listeners and timers must be closed or stopped */
