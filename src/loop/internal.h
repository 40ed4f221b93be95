/* The seam between loops and who makes them: loop.c keeps timers, inbox and hooks; a maker brings
 * sockets, sleep and time. For loop/ and its tests. */
#pragma once
#include "loop/inbox.h"
#include "loop/wheel.h"
#include "loop/workers.h"

struct network_ops {
    ssize_t (*read)(struct stream *s, void *into, size_t size);
    ssize_t (*write)(struct stream *s, const struct iovec *parts, int count);
    void (*watch)(struct stream *s, bool readable, bool writable);
    void (*shutdown)(struct stream *s);
    void (*close)(struct stream *s);
    void (*peer)(const struct stream *s, char out_address[46], uint16_t *out_port);
    status (*listen)(struct loop *l, struct listener *listener, bytes address, uint16_t *out_port);
    status (*listen_beside)(struct loop *l, struct listener *listener,
                            const struct listener *first);
    void (*take)(struct listener *listener, struct stream *s);
    void (*stop_listening)(struct listener *listener);
};

struct loop_ops {
    void (*wake)(struct loop *l); /* any thread */
    void (*run)(struct loop *l);
    void (*stop)(struct loop *l);
    void (*free)(struct loop *l); /* the tasks left have run */
};

/* Makers embed it first. */
struct loop {
    const struct loop_ops *ops;
    const struct network_ops *network;
    uint64_t now_ms; /* set by the maker before it calls anyone */
    struct turn_hook *first_hook, **last_hook;
    bool again; /* cleared by the maker when the next turn begins */
    struct wheel wheel;
    struct inbox inbox; /* behind the wheel: other threads write here */
};

void loop_init(struct loop *l, const struct loop_ops *ops, const struct network_ops *network,
               uint64_t now_ms);
/* loop_finish_turn does what comes after the streams' events: timers, tasks, hooks. */
void loop_finish_turn(struct loop *l);
/* loop_may_sleep decides at the end of a turn; when true, posts wake the loop from here on. */
bool loop_may_sleep(struct loop *l);

/* Jobs first in, first out, linked by their own next. */
struct job_queue {
    struct job *first, **last;
    size_t count;
};
void job_queue_init(struct job_queue *q);
/* job_queue_push: E_UNAVAILABLE when WORKERS_PENDING_MAX wait. */
NODISCARD
status job_queue_push(struct job_queue *q, struct job *j);
struct job *job_queue_pop(struct job_queue *q); /* NULL when empty */
/* job_execute runs the job and posts `done` to its loop. */
void job_execute(struct job *j);

struct workers_ops {
    status (*post)(struct workers *w, struct job *j);
    void (*free)(struct workers *w);
};
/* Makers embed it first. */
struct workers {
    const struct workers_ops *ops;
};
