#include "load/connecting.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load/client.h"

struct attempt {
    int fd;
    SSL *tls;
    bool asked; /* CONNECT is out */
    unsigned number;
};

static int poller;

static void begin(struct attempt *a) {
    struct epoll_event e = {.events = EPOLLIN | EPOLLOUT, .data.ptr = a};
    a->fd = client_dial(false);
    a->tls = client_uses_tls() ? client_start_tls(a->fd) : NULL;
    a->asked = false;
    if (epoll_ctl(poller, EPOLL_CTL_ADD, a->fd, &e) != 0)
        die("epoll_ctl");
}

static void end(struct attempt *a) {
    static const uint8_t disconnect[2] = {MQTT_DISCONNECT << 4, 0};
    if (a->tls) {
        (void)SSL_write(a->tls, disconnect, sizeof disconnect);
        (void)SSL_shutdown(a->tls);
    } else {
        (void)send(a->fd, disconnect, sizeof disconnect, MSG_NOSIGNAL);
    }
    SSL_free(a->tls);
    (void)close(a->fd);
}

/* From now on only answers are of interest. */
static void await_answer(struct attempt *a) {
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = a};
    if (epoll_ctl(poller, EPOLL_CTL_MOD, a->fd, &e) != 0)
        die("epoll_ctl");
}

static bool tls_waits(SSL *tls, int result) {
    int error = SSL_get_error(tls, result);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
        die("a connection of the storm failed");
    return true;
}

static bool handshake_waits(struct attempt *a, uint32_t events) {
    if (!a->tls)
        return !a->asked && (events & EPOLLOUT) == 0;
    if (SSL_is_init_finished(a->tls))
        return false;
    int result = SSL_connect(a->tls);
    if (events & EPOLLOUT)
        await_answer(a);
    return result != 1 && tls_waits(a->tls, result);
}

static void ask(struct attempt *a) {
    AUTO(buf) out = {0};
    client_hello(&out, 'x', a->number);
    ssize_t n = a->tls ? SSL_write(a->tls, out.ptr, (int)out.len)
                       : send(a->fd, out.ptr, out.len, MSG_NOSIGNAL);
    if (n != (ssize_t)out.len)
        die("a CONNECT of the storm could not be sent");
    a->asked = true;
    await_answer(a);
}

static bool answer_waits(struct attempt *a) {
    uint8_t answer[4];
    ssize_t n =
        a->tls ? SSL_read(a->tls, answer, sizeof answer) : recv(a->fd, answer, sizeof answer, 0);
    if (n <= 0 && a->tls)
        return tls_waits(a->tls, (int)n);
    if (n != 4 || answer[3] != 0)
        die("a CONNECT of the storm was refused");
    return false;
}

static void step(struct attempt *a, uint32_t events, _Atomic uint64_t *connects) {
    if (handshake_waits(a, events))
        return;
    if (!a->asked) {
        ask(a);
        return;
    }
    if (answer_waits(a))
        return;
    (*connects)++;
    end(a);
    begin(a);
}

void connecting_run(unsigned count, _Atomic uint64_t *connects) {
    struct attempt *all = NEW_ARRAY(struct attempt, count);
    poller = epoll_create1(EPOLL_CLOEXEC);
    for (unsigned i = 0; i < count; i++) {
        all[i].number = i;
        begin(&all[i]);
    }
    for (;;) {
        struct epoll_event events[64];
        int n = epoll_wait(poller, events, 64, -1);
        for (int i = 0; i < n; i++)
            step(events[i].data.ptr, events[i].events, connects);
    }
}
