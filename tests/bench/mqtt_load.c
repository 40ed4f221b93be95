/* A closed-loop MQTT load: publishers and subscribers in one process, so that a publisher never
 * runs more than a window ahead of its subscribers and no broker has to drop. Prints one line of
 * JSON: what was done, how long it took, and the CPU time that the server's process used meanwhile.
 *
 *     mqtt_load --port P --server PID [--qos 0|1] [--publishers N] [--subscribers N] [--fan]
 *               [--messages N] [--payload BYTES] [--window N] [--tls CA CERT KEY] [--connects N]
 *               [--idle N] [--host NAME]
 *
 * Publisher i writes to topic bench/i and subscriber i reads it; with --fan everybody meets on one
 * topic.
 * --connects opens and closes N connections, 8 at a time, and reports CPU per connection.
 * --idle opens N connections, subscribes nothing, waits, and reports the server's memory per
 * connection. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "mqtt/connect.h"
#include "mqtt/publish.h"
#include "mqtt/subscribe.h"

struct options {
    uint16_t port;
    int server;
    unsigned qos, publishers, subscribers, payload, window, connects, idle;
    uint64_t messages;
    bool fan;
    const char *ca, *certificate, *key, *host;
};

enum role { PUBLISHER, SUBSCRIBER, IDLER };

struct client {
    int fd;
    SSL *tls;
    enum role role;
    unsigned number;
    bool ready, wants_write;
    struct buf in, out;
    uint64_t sent, received, acknowledged;
    uint16_t next_id;
};

static struct options o = {.host = "localhost",
                           .publishers = 1,
                           .subscribers = 1,
                           .payload = 64,
                           .window = 200,
                           .messages = 1000000};
static SSL_CTX *tls_context;
static int poller;
static struct client *clients;
static size_t client_count;

static void die(const char *what) {
    perror(what);
    exit(1);
}

/* ---- the server's costs ---- */

static double server_cpu_s(void) {
    char path[64], line[1024];
    unsigned long user, system;
    (void)snprintf(path, sizeof path, "/proc/%d/stat", o.server);
    FILE *f = fopen(path, "r");
    if (!f || !fgets(line, sizeof line, f))
        die(path);
    (void)fclose(f);
    char *after = strrchr(line, ')');
    if (!after || sscanf(after + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
                         &system) != 2)
        die("stat");
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static long server_kib(void) {
    char path[64], line[256];
    long kib = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/status", o.server);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "VmRSS: %ld kB", &kib) == 1)
            break;
    if (f)
        (void)fclose(f);
    return kib;
}

/* ---- connections ---- */

static SSL *tls_open(int fd) {
    SSL *tls = SSL_new(tls_context);
    SSL_set_fd(tls, fd);
    SSL_set_tlsext_host_name(tls, o.host);
    if (SSL_connect(tls) != 1) {
        ERR_print_errors_fp(stderr);
        exit(1);
    }
    return tls;
}

static int dial(void) {
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons(o.port),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) != 0)
        die("connect");
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
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

static void watch(struct client *c, int operation) {
    struct epoll_event e = {.events = EPOLLIN | (c->wants_write ? EPOLLOUT : 0), .data.ptr = c};
    if (epoll_ctl(poller, operation, c->fd, &e) != 0)
        die("epoll_ctl");
}

static void flush(struct client *c) {
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
        watch(c, EPOLL_CTL_MOD);
    }
}

static void blocking_exchange(struct client *c) {
    uint8_t answer[512];
    ssize_t n = put(c, c->out.ptr, c->out.len);
    if (n != (ssize_t)c->out.len || get(c, answer, sizeof answer) < 4) {
        (void)fprintf(stderr, "the server refused\n");
        exit(1);
    }
    if (answer[0] == MQTT_CONNACK << 4 && answer[3] != 0) {
        (void)fprintf(stderr, "CONNACK %d\n", answer[3]);
        exit(1);
    }
    buf_clear(&c->out);
}

static void open_client(struct client *c, enum role role, unsigned number) {
    char id[64];
    *c = (struct client){.fd = dial(), .role = role, .number = number};
    if (tls_context)
        c->tls = tls_open(c->fd);
    (void)snprintf(id, sizeof id, "bench-%d-%c%u", getpid(), "psi"[role], number);
    struct mqtt_connect k = {.version = MQTT_3_1_1,
                             .clean_start = true,
                             .keep_alive_s = 600,
                             .client_id = bytes_from(id)};
    mqtt_connect_encode(&k, &c->out);
    blocking_exchange(c);
    c->ready = true;
}

static void topic_of(const struct client *c, char out[32]) {
    (void)snprintf(out, 32, "bench/%u", o.fan ? 0 : c->number);
}

static void subscribe(struct client *c) {
    char topic[32];
    AUTO(buf) payload = {0};
    topic_of(c, topic);
    struct mqtt_subscription one = {.filter = bytes_from(topic), .qos = (uint8_t)o.qos};
    mqtt_subscription_append(&payload, &one);
    struct mqtt_subscribe s = {.packet_id = 1, .payload = buf_bytes(&payload), .count = 1};
    mqtt_subscribe_encode(&s, MQTT_3_1_1, &c->out);
    blocking_exchange(c);
}

/* ---- messages ---- */

static uint64_t least_received(const struct client *publisher) {
    uint64_t least = UINT64_MAX;
    for (size_t i = 0; i < client_count; i++) {
        const struct client *c = &clients[i];
        if (c->role == SUBSCRIBER && (o.fan || c->number == publisher->number) &&
            c->received < least)
            least = c->received;
    }
    return o.fan ? least / o.publishers : least;
}

static void publish_some(struct client *c, uint64_t quota) {
    static uint8_t payload[1 << 20];
    char topic[32];
    topic_of(c, topic);
    uint64_t done = least_received(c);
    struct mqtt_publish p = {
        .qos = (uint8_t)o.qos, .topic = bytes_from(topic), .payload = bytes_of(payload, o.payload)};
    while (c->sent < quota && c->sent - done < o.window &&
           (!o.qos || c->sent - c->acknowledged < o.window)) {
        p.packet_id = o.qos ? (uint16_t)(c->next_id++ % 65535 + 1) : 0;
        mqtt_publish_encode(&p, MQTT_3_1_1, &c->out);
        c->sent++;
    }
    flush(c);
}

static void take_packet(struct client *c, const struct mqtt_frame *f) {
    struct mqtt_publish p;
    if (mqtt_frame_type(f) == MQTT_PUBACK) {
        c->acknowledged++;
        return;
    }
    if (mqtt_frame_type(f) != MQTT_PUBLISH ||
        mqtt_publish_split(f, MQTT_3_1_1, MQTT_FROM_SERVER, &p) != OK)
        return;
    c->received++;
    if (p.qos) {
        mqtt_ack_write(MQTT_PUBACK, p.packet_id, buf_reserve(&c->out, MQTT_ACK_BYTES));
        c->out.len += MQTT_ACK_BYTES;
    }
}

static bool read_some(struct client *c) {
    static uint8_t data[256 << 10];
    bool any = false;
    for (;;) {
        ssize_t n = get(c, data, sizeof data);
        if (n < 0 && errno == EAGAIN)
            break;
        if (n <= 0) {
            (void)fprintf(stderr, "a connection was closed\n");
            exit(1);
        }
        any = true;
        buf_append(&c->in, bytes_of(data, (size_t)n));
        bytes left = buf_bytes(&c->in);
        struct mqtt_frame f;
        while (mqtt_frame_find(left, SIZE_MAX, &f) == MQTT_FRAME_COMPLETE) {
            take_packet(c, &f);
            left = bytes_skip(left, f.total_bytes);
        }
        buf_drop_front(&c->in, c->in.len - left.len);
        if (!c->tls)
            break;
    }
    flush(c);
    return any;
}

static uint64_t all_received(void) {
    uint64_t sum = 0;
    for (size_t i = 0; i < client_count; i++)
        if (clients[i].role == SUBSCRIBER)
            sum += clients[i].received;
    return sum;
}

static void run_messages(void) {
    uint64_t quota = o.messages / o.publishers;
    uint64_t expected = quota * o.publishers * (o.fan ? o.subscribers : 1);
    client_count = o.publishers + o.subscribers;
    clients = NEW_ARRAY(struct client, client_count);
    poller = epoll_create1(EPOLL_CLOEXEC);
    for (unsigned i = 0; i < o.subscribers; i++) {
        open_client(&clients[i], SUBSCRIBER, i);
        subscribe(&clients[i]);
    }
    for (unsigned i = 0; i < o.publishers; i++)
        open_client(&clients[o.subscribers + i], PUBLISHER, i);
    for (size_t i = 0; i < client_count; i++) {
        (void)fcntl(clients[i].fd, F_SETFL, O_NONBLOCK);
        watch(&clients[i], EPOLL_CTL_ADD);
    }
    double cpu = server_cpu_s();
    uint64_t start = clock_monotonic_us();
    while (all_received() < expected) {
        struct epoll_event events[256];
        for (unsigned i = 0; i < o.publishers; i++)
            publish_some(&clients[o.subscribers + i], quota);
        int n = epoll_wait(poller, events, 256, 10000);
        if (n <= 0) {
            (void)fprintf(stderr, "nothing came for 10 s: %llu of %llu\n",
                          (unsigned long long)all_received(), (unsigned long long)expected);
            exit(1);
        }
        for (int i = 0; i < n; i++) {
            struct client *c = events[i].data.ptr;
            if (events[i].events & EPOLLOUT)
                flush(c);
            if (events[i].events & EPOLLIN)
                (void)read_some(c);
        }
    }
    double seconds = (double)(clock_monotonic_us() - start) / 1e6;
    cpu = server_cpu_s() - cpu;
    (void)printf("{\"deliveries\":%llu,\"seconds\":%.3f,\"per_second\":%.0f,\"server_cpu_s\":%.3f,"
                 "\"cpu_s_per_million\":%.4f}\n",
                 (unsigned long long)expected, seconds, (double)expected / seconds, cpu,
                 cpu * 1e6 / (double)expected);
}

/* ---- connecting, and being idle ---- */

static void close_client(struct client *c) {
    if (c->tls) {
        (void)SSL_shutdown(c->tls);
        SSL_free(c->tls);
    }
    (void)close(c->fd);
    buf_done(&c->in);
    buf_done(&c->out);
}

static void run_connects(void) {
    double cpu = server_cpu_s();
    uint64_t start = clock_monotonic_us();
    for (unsigned i = 0; i < o.connects; i++) {
        struct client c;
        open_client(&c, IDLER, i);
        (void)put(&c, "\xe0\x00", 2);
        close_client(&c);
    }
    double seconds = (double)(clock_monotonic_us() - start) / 1e6;
    cpu = server_cpu_s() - cpu;
    (void)printf(
        "{\"connects\":%u,\"seconds\":%.3f,\"server_cpu_s\":%.3f,\"cpu_ms_per_connect\":%.4f}\n",
        o.connects, seconds, cpu, cpu * 1e3 / o.connects);
}

static void run_idle(void) {
    struct client *idle = NEW_ARRAY(struct client, o.idle);
    long before = server_kib();
    for (unsigned i = 0; i < o.idle; i++)
        open_client(&idle[i], IDLER, i);
    (void)usleep(500000);
    long after = server_kib();
    (void)printf(
        "{\"connections\":%u,\"kib_before\":%ld,\"kib_after\":%ld,\"kib_per_connection\":%.3f}\n",
        o.idle, before, after, (double)(after - before) / o.idle);
    for (unsigned i = 0; i < o.idle; i++)
        close_client(&idle[i]);
    mem_free(idle);
}

/* ---- options ---- */

static void tls_start(void) {
    tls_context = SSL_CTX_new(TLS_client_method());
    if (!SSL_CTX_load_verify_locations(tls_context, o.ca, NULL) ||
        !SSL_CTX_use_certificate_chain_file(tls_context, o.certificate) ||
        !SSL_CTX_use_PrivateKey_file(tls_context, o.key, SSL_FILETYPE_PEM)) {
        ERR_print_errors_fp(stderr);
        exit(1);
    }
    SSL_CTX_set_mode(tls_context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_verify(tls_context, SSL_VERIFY_PEER, NULL);
}

static unsigned number(const char *text) {
    return (unsigned)strtoul(text, NULL, 10);
}

static void parse(int argc, char **argv) {
    struct {
        const char *name;
        unsigned *place;
    } numbers[] = {{"--qos", &o.qos},
                   {"--publishers", &o.publishers},
                   {"--subscribers", &o.subscribers},
                   {"--payload", &o.payload},
                   {"--window", &o.window},
                   {"--connects", &o.connects},
                   {"--idle", &o.idle}};
    for (int i = 1; i < argc; i++) {
        for (size_t k = 0; k < COUNT_OF(numbers); k++)
            if (strcmp(argv[i], numbers[k].name) == 0 && i + 1 < argc)
                *numbers[k].place = number(argv[++i]);
        if (strcmp(argv[i], "--port") == 0)
            o.port = (uint16_t)number(argv[++i]);
        else if (strcmp(argv[i], "--server") == 0)
            o.server = (int)number(argv[++i]);
        else if (strcmp(argv[i], "--messages") == 0)
            o.messages = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--host") == 0)
            o.host = argv[++i];
        else if (strcmp(argv[i], "--fan") == 0)
            o.fan = true;
        else if (strcmp(argv[i], "--tls") == 0 && i + 3 < argc) {
            o.ca = argv[++i];
            o.certificate = argv[++i];
            o.key = argv[++i];
        }
    }
}

int main(int argc, char **argv) {
    struct rlimit files = {65536, 65536};
    (void)setrlimit(RLIMIT_NOFILE, &files);
    parse(argc, argv);
    if (o.ca)
        tls_start();
    if (o.idle)
        run_idle();
    else if (o.connects)
        run_connects();
    else
        run_messages();
    return 0;
}
