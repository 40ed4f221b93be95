/* The real loop: libuv waits for descriptors and wakes; sockets are ours.
 *
 * One round of uv_run is one turn: libuv polls and calls on_poll for each ready descriptor, then
 * on_check finishes the turn, then on_prepare of the next round decides how long to sleep. libuv's
 * timer is nothing but that sleep's end. */
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <uv.h>

#include "loop/address.h"
#include "loop/internal.h"

enum { BACKLOG = 4096, RETRY_MS = 100 };

struct real_loop {
    struct loop base;
    uv_loop_t uv;
    uv_poll_t wake; /* of wake_fd, which any thread may write to */
    int wake_fd;
    uv_timer_t sleep_end;
    uint64_t sleep_end_ms; /* UINT64_MAX when not set */
    uv_prepare_t prepare;
    uv_check_t check;
    uv_idle_t stay_awake;
};

/* All that a connection costs here: poll.data is its struct stream, NULL once closed. */
struct real_stream {
    uv_poll_t poll;
    int watched; /* UV_READABLE | UV_WRITABLE as libuv knows it */
};

struct real_listener {
    uv_poll_t poll; /* poll.data is the struct listener, NULL once closed */
    struct real_stream *accepting;
    struct timer retry;
};

static struct real_loop *real(struct loop *l) {
    return OWNER(l, struct real_loop, base);
}

/* ---- streams ---- */

static void free_handle(uv_handle_t *poll) {
    mem_free(poll); /* first member of real_stream and real_listener */
}

/* libuv forgets the descriptor at once but keeps the handle to the end of the round. */
static void close_poll(uv_poll_t *poll) {
    uv_os_fd_t fd;
    int error = uv_fileno((uv_handle_t *)poll, &fd);
    assert(error == 0);
    poll->data = NULL;
    uv_close((uv_handle_t *)poll, free_handle);
    (void)close(fd);
}

static int descriptor(const struct stream *s) {
    const struct real_stream *h = s->handle;
    uv_os_fd_t fd = -1;
    (void)uv_fileno((const uv_handle_t *)&h->poll, &fd);
    return fd;
}

static ssize_t real_read(struct stream *s, void *into, size_t size) {
    ssize_t n;
    do
        n = recv(descriptor(s), into, size, 0);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

static ssize_t real_write(struct stream *s, const struct iovec *parts, int count) {
    struct msghdr message = {.msg_iov = (struct iovec *)parts, .msg_iovlen = (size_t)count};
    ssize_t n;
    do
        n = sendmsg(descriptor(s), &message, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

static void on_poll(uv_poll_t *poll, int error, int events) {
    struct real_stream *h = OWNER(poll, struct real_stream, poll);
    struct stream *s = poll->data;
    s->loop->now_ms = uv_now(poll->loop);
    if (error)
        h->watched = 0; /* libuv has stopped watching it; the owner finds out by reading */
    s->on_event(s, error || events & UV_READABLE, error || events & UV_WRITABLE);
}

static void real_watch(struct stream *s, bool readable, bool writable) {
    struct real_stream *h = s->handle;
    int wanted = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);
    if (wanted == h->watched)
        return;
    h->watched = wanted;
    (void)(wanted ? uv_poll_start(&h->poll, wanted, on_poll) : uv_poll_stop(&h->poll));
}

static void real_shutdown(struct stream *s) {
    (void)shutdown(descriptor(s), SHUT_WR);
}

static void real_close(struct stream *s) {
    struct real_stream *h = s->handle;
    close_poll(&h->poll);
}

static void real_peer(const struct stream *s, char out_address[46], uint16_t *out_port) {
    struct address a = {.len = sizeof a.storage};
    if (getpeername(descriptor(s), (struct sockaddr *)&a.storage, &a.len) != 0)
        a = (struct address){0}; /* gone already */
    address_host(&a, out_address);
    *out_port = address_port(&a);
}

/* ---- listeners ---- */

static status no_listening(const char *text, const char *what) {
    const char *hint = "";
    if (errno == EADDRINUSE)
        hint = ": another program uses it; stop that one, or choose another port (0 takes a free "
               "one)";
    else if (errno == EACCES || errno == EPERM)
        hint = ": ports below 1024 need root or CAP_NET_BIND_SERVICE; choose a higher port";
    else if (errno == EADDRNOTAVAIL)
        hint = ": no network interface of this machine has this address";
    return FAIL(E_UNAVAILABLE, "cannot listen on %s: %s (%s)%s", text, strerror(errno), what, hint);
}

static status bind_socket(const struct address *a, bool share, int *out_fd) {
    char text[64];
    const int on = 1, off = 0;
    address_format(a, text);
    int fd = socket(a->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return no_listening(text, "socket");
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (share)
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    if (a->storage.ss_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, (const struct sockaddr *)&a->storage, a->len) != 0) {
        status s = no_listening(text, "bind");
        (void)close(fd);
        return s;
    }
    *out_fd = fd;
    return OK;
}

/* With SO_REUSEPORT a second server of the same user would silently share the port: a socket
 * without it tells whether someone is there. */
static status check_free(const struct address *a) {
    int fd;
    TRY(bind_socket(a, false, &fd));
    (void)close(fd);
    return OK;
}

static void on_retry(struct timer *t);
static void on_connections(uv_poll_t *poll, int error, int events);

static status add_listener(struct loop *l, struct listener *listener, int fd) {
    struct real_listener *h = NEW(struct real_listener);
    int error = uv_poll_init_socket(&real(l)->uv, &h->poll, fd);
    if (error) {
        mem_free(h);
        return FAIL(E_UNAVAILABLE, "cannot watch a listening socket: %s", uv_strerror(error));
    }
    h->poll.data = listener;
    h->retry.on_time = on_retry;
    listener->handle = h;
    (void)uv_poll_start(&h->poll, UV_READABLE, on_connections);
    return OK;
}

static status open_listener(struct loop *l, struct listener *listener, struct address *a) {
    char text[64];
    int fd;
    TRY(bind_socket(a, true, &fd));
    status s = OK;
    address_format(a, text);
    if (listen(fd, BACKLOG) != 0)
        s = no_listening(text, "listen");
    else if (getsockname(fd, (struct sockaddr *)&a->storage, &a->len) != 0)
        s = no_listening(text, "getsockname");
    else
        s = add_listener(l, listener, fd);
    if (s != OK)
        (void)close(fd);
    return s;
}

static status real_listen(struct loop *l, struct listener *listener, bytes address,
                          uint16_t *out_port) {
    struct address a;
    TRY(address_parse(address, &a));
    TRY(check_free(&a));
    TRY(open_listener(l, listener, &a));
    *out_port = address_port(&a);
    return OK;
}

static status real_listen_beside(struct loop *l, struct listener *listener,
                                 const struct listener *first) {
    const struct real_listener *h = first->handle;
    struct address a = {.len = sizeof a.storage};
    uv_os_fd_t fd = -1;
    (void)uv_fileno((const uv_handle_t *)&h->poll, &fd);
    if (getsockname(fd, (struct sockaddr *)&a.storage, &a.len) != 0)
        return no_listening("the address of another listener", "getsockname");
    return open_listener(l, listener, &a);
}

static void pause_listener(struct real_listener *h, int error) {
    struct listener *listener = h->poll.data;
    (void)uv_poll_stop(&h->poll);
    timer_start(listener->loop, &h->retry, RETRY_MS);
    if (listener->on_trouble)
        listener->on_trouble(listener, error);
}

static void on_retry(struct timer *t) {
    struct real_listener *h = OWNER(t, struct real_listener, retry);
    (void)uv_poll_start(&h->poll, UV_READABLE, on_connections);
}

/* One connection that is waiting; 0 or an errno. */
static int accept_one(struct real_listener *h) {
    uv_os_fd_t from = -1;
    (void)uv_fileno((const uv_handle_t *)&h->poll, &from);
    int fd = accept4(from, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return errno;
    struct real_stream *s = NEW(struct real_stream);
    int error = uv_poll_init_socket(h->poll.loop, &s->poll, fd);
    if (error) {
        mem_free(s);
        (void)close(fd);
        return -error;
    }
    h->accepting = s;
    return 0;
}

static void on_connections(uv_poll_t *poll, int error, int events) {
    struct real_listener *h = OWNER(poll, struct real_listener, poll);
    struct listener *listener = poll->data;
    listener->loop->now_ms = uv_now(poll->loop);
    for (int i = 0; i < LISTENER_ACCEPT_MAX && poll->data; i++) {
        error = accept_one(h);
        if (error == EAGAIN)
            return;
        if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM ||
            error == ENOSPC) {
            pause_listener(h, error);
            return;
        }
        if (error)
            continue; /* of that connection: it ended while it waited */
        listener->on_accept(listener);
        if (h->accepting)
            close_poll(&h->accepting->poll);
        h->accepting = NULL;
    }
}

static void real_take(struct listener *listener, struct stream *s) {
    struct real_listener *h = listener->handle;
    assert(h && h->accepting);
    const int on = 1;
    s->handle = TAKE(h->accepting);
    struct real_stream *r = s->handle;
    r->poll.data = s;
    (void)setsockopt(descriptor(s), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    real_watch(s, true, false);
}

static void real_stop_listening(struct listener *listener) {
    struct real_listener *h = listener->handle;
    timer_stop(listener->loop, &h->retry);
    close_poll(&h->poll);
}

/* ---- the turn ---- */

static void on_sleep_end(uv_timer_t *t) {
    OWNER(t, struct real_loop, sleep_end)->sleep_end_ms = UINT64_MAX;
}

/* An end set earlier than needed stays: waking once for nothing is cheaper than setting it anew
 * each time a keep alive moves. */
static void set_sleep_end(struct real_loop *r) {
    uint64_t at_ms, now_ms = uv_now(&r->uv);
    if (!wheel_next(&r->base.wheel, &at_ms) || at_ms >= r->sleep_end_ms)
        return;
    r->sleep_end_ms = at_ms;
    (void)uv_timer_start(&r->sleep_end, on_sleep_end, at_ms > now_ms ? at_ms - now_ms : 0, 0);
}

static void on_stay_awake(uv_idle_t *idle) {
    UNUSED(idle); /* its being active is what keeps libuv from sleeping */
}

static void on_prepare(uv_prepare_t *prepare) {
    struct real_loop *r = OWNER(prepare, struct real_loop, prepare);
    set_sleep_end(r);
    if (loop_may_sleep(&r->base))
        (void)uv_idle_stop(&r->stay_awake);
    else
        (void)uv_idle_start(&r->stay_awake, on_stay_awake);
    r->base.again = false;
}

static void on_check(uv_check_t *check) {
    struct real_loop *r = OWNER(check, struct real_loop, check);
    r->base.now_ms = uv_now(&r->uv);
    loop_finish_turn(&r->base);
}

static void on_wake(uv_poll_t *wake, int error, int events) {
    uint64_t times;
    UNUSED(error), UNUSED(events); /* the tasks are taken in on_check */
    (void)!read(OWNER(wake, struct real_loop, wake)->wake_fd, &times, sizeof times);
}

/* ---- life ---- */

/* Not uv_async_send: until libuv 1.45 the woken thread spins while its waker is still inside
 * write(), a fifth of what a message to another loop costs. The inbox sees to it that a sleep is
 * ended once. */
static void real_wake(struct loop *l) {
    const uint64_t once = 1;
    (void)!write(real(l)->wake_fd, &once, sizeof once);
}

static void real_run(struct loop *l) {
    l->again = true; /* what was gathered before is not to wait for an event */
    (void)uv_run(&real(l)->uv, UV_RUN_DEFAULT);
}

static void real_stop(struct loop *l) {
    uv_stop(&real(l)->uv);
}

static void real_free(struct loop *l) {
    struct real_loop *r = real(l);
    uv_close((uv_handle_t *)&r->wake, NULL);
    uv_close((uv_handle_t *)&r->sleep_end, NULL);
    uv_close((uv_handle_t *)&r->prepare, NULL);
    uv_close((uv_handle_t *)&r->check, NULL);
    uv_close((uv_handle_t *)&r->stay_awake, NULL);
    (void)uv_run(&r->uv, UV_RUN_DEFAULT);
    int error = uv_loop_close(&r->uv);
    assert(error == 0); /* streams and listeners are closed */
    (void)close(r->wake_fd);
    mem_free(r);
}

static const struct loop_ops real_ops = {real_wake, real_run, real_stop, real_free};

static const struct network_ops real_network = {
    .read = real_read,
    .write = real_write,
    .watch = real_watch,
    .shutdown = real_shutdown,
    .close = real_close,
    .peer = real_peer,
    .listen = real_listen,
    .listen_beside = real_listen_beside,
    .take = real_take,
    .stop_listening = real_stop_listening,
};

static void watch_wakes(struct real_loop *r) {
    r->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    int error = uv_poll_init(&r->uv, &r->wake, r->wake_fd);
    assert(r->wake_fd >= 0 && error == 0); /* at start */
    (void)uv_poll_start(&r->wake, UV_READABLE, on_wake);
}

struct loop *loop_new_uv(void) {
    struct real_loop *r = NEW(struct real_loop);
    int error = uv_loop_init(&r->uv);
    assert(error == 0); /* at start: without epoll and an eventfd there is no server */
    loop_init(&r->base, &real_ops, &real_network, uv_now(&r->uv));
    r->sleep_end_ms = UINT64_MAX;
    watch_wakes(r);
    (void)uv_timer_init(&r->uv, &r->sleep_end);
    (void)uv_prepare_init(&r->uv, &r->prepare);
    (void)uv_check_init(&r->uv, &r->check);
    (void)uv_idle_init(&r->uv, &r->stay_awake);
    (void)uv_prepare_start(&r->prepare, on_prepare);
    (void)uv_check_start(&r->check, on_check);
    return &r->base;
}
