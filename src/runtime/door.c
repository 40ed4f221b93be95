#include "runtime/door.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "runtime/runtime.h"

enum { READ_BYTES = 64 * 1024, READS_PER_TURN = 64 };

/* ---- opening and closing ---- */

static struct sockaddr_in random_loopback(void) {
    uint32_t low = (uint32_t)random_u64() & 0xFFFFFF;
    if (low < 2)
        low = 2; /* 127.0.0.0 is a network, and 127.0.0.1 is for everyone */
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7F000000 | low)};
}

static status listen_at_random(struct door *d) {
    struct sockaddr_in at = random_loopback();
    socklen_t len = sizeof at;
    if (bind(d->listener, (struct sockaddr *)&at, sizeof at) != 0 ||
        listen(d->listener, DOOR_CONNECTIONS_MAX) != 0 ||
        getsockname(d->listener, (struct sockaddr *)&at, &len) != 0)
        return FAIL(E_UNAVAILABLE, "a function's Runtime API cannot listen: %s", strerror(errno));
    char host[INET_ADDRSTRLEN];
    (void)inet_ntop(AF_INET, &at.sin_addr, host, sizeof host);
    d->port = ntohs(at.sin_port);
    (void)snprintf(d->address, sizeof d->address, "%s:%u", host, d->port);
    return OK;
}

status door_open(struct door *d) {
    *d = (struct door){.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    for (size_t i = 0; i < DOOR_CONNECTIONS_MAX; i++)
        d->connections[i].fd = -1;
    if (d->listener < 0)
        return FAIL(E_UNAVAILABLE, "a function's Runtime API has no socket: %s", strerror(errno));
    status s = listen_at_random(d);
    if (s != OK)
        door_close(d);
    return s;
}

static void hang_up(struct door_connection *c, struct dialogue *dialogue) {
    if (c->holds_next && dialogue)
        dialogue_lost(dialogue);
    if (c->fd >= 0)
        (void)close(c->fd);
    buf_done(&c->in);
    buf_done(&c->out);
    *c = (struct door_connection){.fd = -1};
}

void door_close(struct door *d) {
    for (size_t i = 0; i < DOOR_CONNECTIONS_MAX; i++)
        hang_up(&d->connections[i], NULL);
    if (d->listener >= 0)
        (void)close(d->listener);
    d->listener = -1;
}

/* ---- what to wait for ---- */

static bool has_output(const struct door_connection *c) {
    return c->out_at < c->out.len;
}

static bool is_full(const struct door *d) {
    for (size_t i = 0; i < DOOR_CONNECTIONS_MAX; i++)
        if (d->connections[i].fd < 0)
            return false;
    return true;
}

size_t door_watch(const struct door *d, struct pollfd *out_polls) {
    size_t n = 0;
    if (!is_full(d))
        out_polls[n++] = (struct pollfd){.fd = d->listener, .events = POLLIN};
    for (size_t i = 0; i < DOOR_CONNECTIONS_MAX; i++) {
        const struct door_connection *c = &d->connections[i];
        if (c->fd >= 0)
            out_polls[n++] =
                (struct pollfd){.fd = c->fd, .events = has_output(c) ? POLLOUT : POLLIN};
    }
    return n;
}

/* ---- writing ---- */

static void write_out(struct door_connection *c, struct dialogue *dialogue) {
    while (c->fd >= 0 && has_output(c)) {
        ssize_t n = send(c->fd, c->out.ptr + c->out_at, c->out.len - c->out_at, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0) {
            hang_up(c, dialogue);
            return;
        }
        c->out_at += (size_t)n;
    }
    c->out_at = 0;
    if (c->out.capacity > READ_BYTES)
        buf_done(&c->out);
    else
        buf_clear(&c->out);
    if (c->ends && !c->discards)
        hang_up(c, dialogue);
}

static void answer(struct door_connection *c, struct http_response *r) {
    r->keep_alive = r->keep_alive && !c->ends;
    http_response_append(&c->out, r, clock_wall_ms());
}

/* ---- reading ---- */

static void refuse(struct door_connection *c, struct dialogue *dialogue) {
    struct http_response r = {.status = c->parser.http_status};
    c->ends = true;
    if (c->parser.http_status == 413) {
        dialogue_too_large(dialogue, &r);
        c->discards = true;
    }
    answer(c, &r);
    buf_clear(&c->in);
}

static void take_request(struct door_connection *c, struct dialogue *dialogue) {
    AUTO(arena) a = {0};
    struct http_request request;
    struct http_response r;
    bool held;
    http_parser_request(&c->parser, &c->in, &a, &request);
    c->ends = !request.keep_alive;
    dialogue_ask(dialogue, &request, &r, &held);
    if (held)
        c->holds_next = true;
    else
        answer(c, &r);
    buf_drop_front(&c->in, http_parser_length(&c->parser));
    if (c->in.len == 0 && c->in.capacity > READ_BYTES)
        buf_done(&c->in);
    http_parser_start(&c->parser, RUNTIME_RESULT_BYTES_MAX);
}

/* Takes the requests that are there, up to a `next` that has to wait. */
static void take_requests(struct door_connection *c, struct dialogue *dialogue) {
    enum http_progress progress;
    while (!c->holds_next && !c->ends) {
        if (http_parser_read(&c->parser, &c->in, &progress) != OK) {
            refuse(c, dialogue);
            return;
        }
        if (progress == HTTP_MORE)
            return;
        if (progress == HTTP_CONTINUE)
            http_continue_append(&c->out);
        else
            take_request(c, dialogue);
    }
}

/* False when there is no more for now. */
static bool read_some(struct door_connection *c, struct dialogue *dialogue) {
    ssize_t n = recv(c->fd, buf_reserve(&c->in, READ_BYTES), READ_BYTES, 0);
    if (n < 0 && errno == EINTR)
        return true;
    if (n < 0 && errno == EAGAIN)
        return false;
    if (n <= 0) {
        hang_up(c, dialogue);
        return false;
    }
    if (!c->discards && !c->ends && !c->holds_next)
        c->in.len += (size_t)n; /* while `next` is held there is nothing to say */
    if (!c->ends)
        take_requests(c, dialogue);
    return n == READ_BYTES;
}

static void welcome(struct door *d) {
    for (size_t i = 0; i < DOOR_CONNECTIONS_MAX; i++) {
        struct door_connection *c = &d->connections[i];
        if (c->fd >= 0)
            continue;
        c->fd = accept4(d->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (c->fd < 0)
            return;
        int one = 1;
        (void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        http_parser_start(&c->parser, RUNTIME_RESULT_BYTES_MAX);
    }
}

void door_serve(struct door *d, struct dialogue *dialogue) {
    welcome(d);
    for (size_t i = 0; i < DOOR_CONNECTIONS_MAX; i++) {
        struct door_connection *c = &d->connections[i];
        if (c->fd >= 0 && has_output(c))
            write_out(c, dialogue);
        for (int turn = 0; turn < READS_PER_TURN && c->fd >= 0 && !has_output(c); turn++) {
            bool more = read_some(c, dialogue);
            if (c->fd >= 0 && has_output(c))
                write_out(c, dialogue);
            if (!more)
                break;
        }
    }
}

void door_give(struct door *d, struct dialogue *dialogue, const struct dialogue_event *e) {
    for (size_t i = 0; i < DOOR_CONNECTIONS_MAX; i++) {
        struct door_connection *c = &d->connections[i];
        if (!c->holds_next)
            continue;
        c->holds_next = false;
        dialogue_give(dialogue, e, &c->out, clock_wall_ms());
        write_out(c, dialogue);
        return;
    }
}
