#include "load/storm.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "load/client.h"
#include "load/connecting.h"
#include "load/options.h"
#include "load/server.h"

enum { EACH_US = 10000 /* 100 a second */, DELAYS_MAX = 1 << 20, STORM_NICE = 10 };

static struct client *publishers, *subscribers;
static int poller, ticker;
static uint64_t first_due_us, due_count; /* messages are due evenly, each publisher in turn */
static double *delays_ms;
static size_t delay_count;

/* ---- established traffic ---- */

static uint64_t due_us(uint64_t index) {
    return first_due_us + index * EACH_US / o.publishers;
}

static void publish_due(struct client *c, uint64_t at_us) {
    char topic[32];
    uint8_t payload[64] = {0};
    (void)snprintf(topic, sizeof topic, "bench/%u", c->number);
    memcpy(payload, &at_us, sizeof at_us);
    struct mqtt_publish p = {.topic = bytes_from(topic), .payload = {payload, sizeof payload}};
    mqtt_publish_encode(&p, MQTT_3_1_1, &c->out);
    client_flush(c, poller);
    c->sent++;
}

static void on_message(struct client *c, const struct mqtt_publish *p) {
    uint64_t at_us;
    UNUSED(c);
    memcpy(&at_us, p->payload.ptr, sizeof at_us);
    if (delay_count < DELAYS_MAX)
        delays_ms[delay_count++] = (double)(clock_monotonic_us() - at_us) / 1e3;
}

static void on_tick(void) {
    uint64_t ticks;
    if (read(ticker, &ticks, sizeof ticks) != sizeof ticks)
        return;
    for (; due_us(due_count) <= clock_monotonic_us(); due_count++)
        publish_due(&publishers[due_count % o.publishers], due_us(due_count));
}

static void start_ticker(void) {
    long each_ns = EACH_US * 1000L / (long)o.publishers;
    struct itimerspec each = {{0, each_ns}, {0, each_ns}};
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL};
    ticker = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    first_due_us = clock_monotonic_us();
    if (ticker < 0 || timerfd_settime(ticker, 0, &each, NULL) != 0 ||
        epoll_ctl(poller, EPOLL_CTL_ADD, ticker, &e) != 0)
        die("no timer");
}

static void establish(void) {
    char topic[32];
    publishers = NEW_ARRAY(struct client, o.publishers);
    subscribers = NEW_ARRAY(struct client, o.publishers);
    delays_ms = NEW_ARRAY(double, DELAYS_MAX);
    poller = epoll_create1(EPOLL_CLOEXEC);
    for (unsigned i = 0; i < o.publishers; i++) {
        client_open(&subscribers[i], 's', i);
        (void)snprintf(topic, sizeof topic, "bench/%u", i);
        client_subscribe(&subscribers[i], topic);
        client_watch(&subscribers[i], poller);
        client_open(&publishers[i], 'p', i);
        client_watch(&publishers[i], poller);
    }
    start_ticker();
}

static void traffic_for(double seconds) {
    uint64_t end = clock_monotonic_us() + (uint64_t)(seconds * 1e6);
    delay_count = 0;
    while (clock_monotonic_us() < end) {
        struct epoll_event events[64];
        int n = epoll_wait(poller, events, 64, 1000);
        for (int i = 0; i < n; i++)
            if (!events[i].data.ptr)
                on_tick();
            else
                client_read(events[i].data.ptr, poller, on_message);
    }
}

/* ---- figures ---- */

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double percentile(double share) {
    size_t rank = (size_t)ceil(share * (double)delay_count);
    return delay_count ? delays_ms[rank ? rank - 1 : 0] : NAN;
}

static void print_delays(const char *when) {
    qsort(delays_ms, delay_count, sizeof *delays_ms, by_size);
    (void)printf("\"%s_samples\":%zu,\"%s_p50_ms\":%.3f,\"%s_p99_ms\":%.3f,\"%s_max_ms\":%.3f,",
                 when, delay_count, when, percentile(0.5), when, percentile(0.99), when,
                 percentile(1));
}

/* ---- the storm ---- */

static pid_t start_storm(_Atomic uint64_t *connects) {
    pid_t child = fork();
    if (child != 0)
        return child;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* On one machine clients and server compete for the cores, as they would not elsewhere. */
    (void)setpriority(PRIO_PROCESS, 0, STORM_NICE);
    connecting_run(o.connections, connects);
}

void storm_run(void) {
    _Atomic uint64_t *connects =
        mmap(NULL, sizeof *connects, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (connects == MAP_FAILED)
        die("no shared memory");
    establish();
    traffic_for(o.warm_up_s);
    traffic_for(o.seconds / 2);
    (void)printf("{");
    print_delays("quiet");
    pid_t child = start_storm(connects);
    traffic_for(o.warm_up_s);
    uint64_t before = *connects, start = clock_monotonic_us();
    double cpu = server_cpu_s();
    traffic_for(o.seconds);
    double seconds = (double)(clock_monotonic_us() - start) / 1e6;
    cpu = server_cpu_s() - cpu;
    double count = (double)(*connects - before);
    int result;
    bool lives = waitpid(child, &result, WNOHANG) == 0;
    (void)kill(child, SIGKILL);
    if (!lives)
        die("the storm ended before its time");
    (void)waitpid(child, NULL, 0);
    print_delays("storm");
    (void)printf("\"connects_per_second\":%.0f,\"server_cpu_s\":%.4f}\n", count / seconds, cpu);
}
