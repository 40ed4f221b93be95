#include "load/client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load/options.h"
#include "mqtt/connect.h"
#include "mqtt/subscribe.h"

static SSL_CTX *tls_context;

void die(const char *what) {
    (void)fprintf(stderr, "mqtt_load: %s\n", what);
    ERR_print_errors_fp(stderr);
    exit(EXIT_FAILURE);
}

/* ---- sockets and TLS ---- */

void client_tls_start(void) {
    tls_context = SSL_CTX_new(TLS_client_method());
    if (!SSL_CTX_load_verify_locations(tls_context, o.ca, NULL) ||
        !SSL_CTX_use_certificate_chain_file(tls_context, o.certificate) ||
        !SSL_CTX_use_PrivateKey_file(tls_context, o.key, SSL_FILETYPE_PEM))
        die("certificate, key or roots cannot be used");
    SSL_CTX_set_mode(tls_context, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_verify(tls_context, SSL_VERIFY_PEER, NULL);
}

bool client_uses_tls(void) {
    return tls_context != NULL;
}

int client_dial(bool blocking) {
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons(o.port),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int type = SOCK_STREAM | SOCK_CLOEXEC | (blocking ? 0 : SOCK_NONBLOCK);
    int fd = socket(AF_INET, type, 0), one = 1;
    if (fd < 0 || (connect(fd, (struct sockaddr *)&a, sizeof a) != 0 && errno != EINPROGRESS))
        die("the server does not accept connections");
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

SSL *client_start_tls(int fd) {
    SSL *tls = SSL_new(tls_context);
    SSL_set_fd(tls, fd);
    SSL_set_tlsext_host_name(tls, o.host);
    SSL_set_connect_state(tls);
    return tls;
}

static ssize_t put(struct client *c, const void *data, size_t len) {
    if (!c->tls)
        return send(c->fd, data, len, MSG_NOSIGNAL);
    int n = SSL_write(c->tls, data, (int)len);
    if (n > 0)
        return n;
    errno = SSL_get_error(c->tls, n) == SSL_ERROR_WANT_WRITE ? EAGAIN : EPIPE;
    return -1;
}

static ssize_t get(struct client *c, void *data, size_t len) {
    if (!c->tls)
        return recv(c->fd, data, len, 0);
    int n = SSL_read(c->tls, data, (int)len);
    if (n > 0)
        return n;
    int error = SSL_get_error(c->tls, n);
    errno = EAGAIN;
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? -1 : 0;
}

/* ---- one after the other ---- */

static void exchange(struct client *c) {
    uint8_t answer[512];
    ssize_t n = put(c, c->out.ptr, c->out.len);
    if (n != (ssize_t)c->out.len || get(c, answer, sizeof answer) < 4)
        die("the server closed a connection instead of answering");
    if (answer[0] == MQTT_CONNACK << 4 && answer[3] != 0)
        die("the server refused a CONNECT");
    if (answer[0] == MQTT_SUBACK << 4 && answer[4] > 1)
        die("the server refused a SUBSCRIBE");
    buf_done(&c->out); /* an idle client keeps no memory here either */
}

void client_hello(struct buf *out, char kind, unsigned number) {
    char id[64];
    (void)snprintf(id, sizeof id, "bench-%d-%c%u", getpid(), kind, number);
    struct mqtt_connect k = {.version = MQTT_3_1_1,
                             .clean_start = true,
                             .keep_alive_s = 600,
                             .client_id = bytes_from(id)};
    mqtt_connect_encode(&k, out);
}

void client_open(struct client *c, char kind, unsigned number) {
    *c = (struct client){.fd = client_dial(true), .number = number};
    if (tls_context) {
        c->tls = client_start_tls(c->fd);
        if (SSL_connect(c->tls) != 1)
            die("the TLS handshake failed");
    }
    client_hello(&c->out, kind, number);
    exchange(c);
}

void client_subscribe(struct client *c, const char *topic) {
    AUTO(buf) payload = {0};
    struct mqtt_subscription one = {.filter = bytes_from(topic), .qos = (uint8_t)o.qos};
    mqtt_subscription_append(&payload, &one);
    struct mqtt_subscribe s = {.packet_id = 1, .payload = buf_bytes(&payload), .count = 1};
    mqtt_subscribe_encode(&s, MQTT_3_1_1, &c->out);
    exchange(c);
}

void client_close(struct client *c) {
    (void)put(c, "\xe0\x00", 2);
    if (c->tls) {
        (void)SSL_shutdown(c->tls);
        SSL_free(c->tls);
    }
    (void)close(c->fd);
    buf_done(&c->in);
    buf_done(&c->out);
}

/* ---- many at a time ---- */

static void watch(struct client *c, int poller, int operation) {
    struct epoll_event e = {.events = EPOLLIN | (c->wants_write ? EPOLLOUT : 0), .data.ptr = c};
    if (epoll_ctl(poller, operation, c->fd, &e) != 0)
        die("epoll_ctl");
}

void client_watch(struct client *c, int poller) {
    (void)fcntl(c->fd, F_SETFL, O_NONBLOCK);
    watch(c, poller, EPOLL_CTL_ADD);
}

void client_flush(struct client *c, int poller) {
    while (c->out.len > 0) {
        size_t part = c->tls && c->out.len > 16384 ? 16384 : c->out.len;
        ssize_t n = put(c, c->out.ptr, part);
        if (n <= 0)
            break;
        buf_drop_front(&c->out, (size_t)n);
    }
    bool wants = c->out.len > 0;
    if (wants != c->wants_write) {
        c->wants_write = wants;
        watch(c, poller, EPOLL_CTL_MOD);
    }
}

static void take_packet(struct client *c, const struct mqtt_frame *f,
                        void (*on_message)(struct client *c, const struct mqtt_publish *p)) {
    struct mqtt_publish p;
    if (mqtt_frame_type(f) == MQTT_PUBACK) {
        c->acknowledged++;
        return;
    }
    if (mqtt_publish_split(f, MQTT_3_1_1, MQTT_FROM_SERVER, &p) != OK)
        die("the server sent neither PUBLISH nor PUBACK");
    c->received++;
    if (on_message)
        on_message(c, &p);
    if (p.qos) {
        mqtt_ack_write(MQTT_PUBACK, p.packet_id, buf_reserve(&c->out, MQTT_ACK_BYTES));
        c->out.len += MQTT_ACK_BYTES;
    }
}

static void take_packets(struct client *c,
                         void (*on_message)(struct client *c, const struct mqtt_publish *p)) {
    bytes left = buf_bytes(&c->in);
    struct mqtt_frame f;
    while (mqtt_frame_find(left, SIZE_MAX, &f) == MQTT_FRAME_COMPLETE) {
        take_packet(c, &f, on_message);
        left = bytes_skip(left, f.total_bytes);
    }
    buf_drop_front(&c->in, c->in.len - left.len);
}

void client_read(struct client *c, int poller,
                 void (*on_message)(struct client *c, const struct mqtt_publish *p)) {
    static uint8_t data[256 << 10];
    do {
        ssize_t n = get(c, data, sizeof data);
        if (n < 0 && errno == EAGAIN)
            break;
        if (n <= 0)
            die("the server closed a connection in the middle of traffic");
        buf_append(&c->in, bytes_of(data, (size_t)n));
        take_packets(c, on_message);
    } while (c->tls);
    client_flush(c, poller);
}
