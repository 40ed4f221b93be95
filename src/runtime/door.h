/* Where one process finds its Runtime API: a listener of its own on an address of 127.0.0.0/8
 * chosen at random, and the few connections the process makes to it. Nothing here blocks: the owner
 * polls, then has the door serve. One thread at a time. */
#pragma once
#include <poll.h>

#include "runtime/dialogue.h"

enum {
    DOOR_CONNECTIONS_MAX = 4, /* runtimes use one or two; a further one waits in the kernel */
    DOOR_POLLS_MAX = DOOR_CONNECTIONS_MAX + 1,
};

struct door_connection {
    int fd; /* -1: free */
    bool holds_next;
    bool ends;     /* closed when its output is written */
    bool discards; /* it sent too much; the rest is read and dropped, so that it sees our answer */
    struct buf in, out;
    size_t out_at;
    struct http_parser parser;
};

struct door {
    int listener;
    char address[32]; /* "127.4.5.6:40001": AWS_LAMBDA_RUNTIME_API */
    uint16_t port;
    struct door_connection connections[DOOR_CONNECTIONS_MAX];
};

/* door_open listens. E_UNAVAILABLE when it cannot. Without it a zeroed door is not to be closed. */
NODISCARD
status door_open(struct door *d);
void door_close(struct door *d);

/* door_watch fills what to poll for; at most DOOR_POLLS_MAX. */
size_t door_watch(const struct door *d, struct pollfd *out_polls);
/* door_serve reads, answers and writes what can be without waiting. */
void door_serve(struct door *d, struct dialogue *dialogue);
/* door_give answers the `next` that is held; the dialogue must be READY. */
void door_give(struct door *d, struct dialogue *dialogue, const struct dialogue_event *e);
