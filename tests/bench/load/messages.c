#include "load/messages.h"

#include <stdio.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "load/client.h"
#include "load/options.h"
#include "load/server.h"

enum { EVENTS = 256, STALLED_MS = 10000 };

static struct client *publishers, *subscribers;
static int poller, ticker = -1;
static bool stopping;

static const char *topic_of(unsigned number) {
    static char topic[32];
    (void)snprintf(topic, sizeof topic, "bench/%u", o.fan ? 0 : number);
    return topic;
}

/* ---- counting ---- */

static uint64_t total_received(void) {
    uint64_t sum = 0;
    for (unsigned i = 0; i < o.subscribers; i++)
        sum += subscribers[i].received;
    return sum;
}

static uint64_t total_sent(void) {
    uint64_t sum = 0;
    for (unsigned i = 0; i < o.publishers; i++)
        sum += publishers[i].sent;
    return sum;
}

static uint64_t least_received(void) {
    uint64_t least = UINT64_MAX;
    for (unsigned i = 0; i < o.subscribers; i++)
        if (subscribers[i].received < least)
            least = subscribers[i].received;
    return least;
}

static bool all_has_come(void) {
    return total_received() == total_sent() * (o.fan ? o.subscribers : 1);
}

/* ---- publishing ---- */

static void publish_one(struct client *c, const char *topic) {
    static uint8_t payload[1 << 20];
    struct mqtt_publish p = {.qos = (uint8_t)o.qos,
                             .packet_id = o.qos ? (uint16_t)(c->next_id++ % 65535 + 1) : 0,
                             .topic = bytes_from(topic),
                             .payload = bytes_of(payload, o.payload)};
    mqtt_publish_encode(&p, MQTT_3_1_1, &c->out);
    c->sent++;
}

/* How much may be sent in all, so that `window` messages of each publisher are under way. */
static uint64_t allowance(const struct client *c, uint64_t done_by_all) {
    uint64_t done = o.fan ? done_by_all : subscribers[c->number].received;
    if (o.qos && c->acknowledged < done)
        done = c->acknowledged;
    return done + o.window;
}

static void publish_some(void) {
    uint64_t done_by_all = o.fan ? least_received() / o.publishers : 0;
    for (unsigned i = 0; i < o.publishers; i++) {
        struct client *c = &publishers[i];
        uint64_t allowed = allowance(c, done_by_all);
        const char *topic = topic_of(i);
        while (c->sent < allowed)
            publish_one(c, topic);
        client_flush(c, poller);
    }
}

/* ---- one message at a time ---- */

static void start_ticker(void) {
    struct itimerspec each = {{0, 1000000000L / (long)o.rate}, {0, 1}};
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL};
    ticker = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (ticker < 0 || timerfd_settime(ticker, 0, &each, NULL) != 0 ||
        epoll_ctl(poller, EPOLL_CTL_ADD, ticker, &e) != 0)
        die("no timer");
}

/* A tick that came late is left out: never two messages at once. */
static void on_tick(void) {
    static unsigned turn;
    uint64_t ticks;
    if (read(ticker, &ticks, sizeof ticks) != sizeof ticks || stopping)
        return;
    struct client *c = &publishers[turn++ % o.publishers];
    publish_one(c, topic_of(c->number));
    client_flush(c, poller);
}

/* ---- the run ---- */

static void open_all(void) {
    publishers = NEW_ARRAY(struct client, o.publishers);
    subscribers = NEW_ARRAY(struct client, o.subscribers);
    poller = epoll_create1(EPOLL_CLOEXEC);
    for (unsigned i = 0; i < o.subscribers; i++) {
        client_open(&subscribers[i], 's', i);
        client_subscribe(&subscribers[i], topic_of(i));
        client_watch(&subscribers[i], poller);
    }
    for (unsigned i = 0; i < o.publishers; i++) {
        client_open(&publishers[i], 'p', i);
        client_watch(&publishers[i], poller);
    }
    if (o.rate)
        start_ticker();
}

static void turn(void) {
    struct epoll_event events[EVENTS];
    if (!stopping && !o.rate)
        publish_some();
    int n = epoll_wait(poller, events, EVENTS, STALLED_MS);
    if (n <= 0)
        die("nothing came for 10 s: the server has lost a message or stands still");
    for (int i = 0; i < n; i++) {
        struct client *c = events[i].data.ptr;
        if (!c) {
            on_tick();
            continue;
        }
        if (events[i].events & EPOLLOUT)
            client_flush(c, poller);
        if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
            client_read(c, poller, NULL);
    }
}

static void turns_for(double seconds) {
    uint64_t end = clock_monotonic_us() + (uint64_t)(seconds * 1e6);
    while (clock_monotonic_us() < end)
        turn();
}

static void close_all(void) {
    stopping = true;
    while (!all_has_come())
        turn();
    for (unsigned i = 0; i < o.publishers; i++)
        client_close(&publishers[i]);
    for (unsigned i = 0; i < o.subscribers; i++)
        client_close(&subscribers[i]);
    mem_free(publishers);
    mem_free(subscribers);
}

void messages_run(void) {
    open_all();
    turns_for(o.warm_up_s);
    uint64_t received = total_received(), start = clock_monotonic_us();
    double cpu = server_cpu_s();
    turns_for(o.seconds);
    cpu = server_cpu_s() - cpu;
    double seconds = (double)(clock_monotonic_us() - start) / 1e6;
    double deliveries = (double)(total_received() - received);
    (void)printf("{\"deliveries\":%.0f,\"seconds\":%.3f,\"per_second\":%.0f,\"server_cpu_s\":%.4f,"
                 "\"cpu_s_per_million\":%.4f}\n",
                 deliveries, seconds, deliveries / seconds, cpu, cpu * 1e6 / deliveries);
    close_all();
}
