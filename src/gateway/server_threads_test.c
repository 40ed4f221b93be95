/* A real server under load from many threads: three loops, workers, a store; steady clients whose
 * messages are counted, unruly ones that connect, take over, subscribe, publish and vanish, and a
 * policy that changes all the while. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "gateway/documents.h"
#include "gateway/fixture.h"
#include "gateway/principals.h"
#include "gateway/rules.h"
#include "mqtt/connect.h"
#include "mqtt/disconnect.h"
#include "mqtt/publish.h"
#include "mqtt/subscribe.h"
#include "store/fixture.h"
#include "support/testing.h"

enum {
    LOOPS = 3,
    PUBLISHERS = 2,
    TOPICS = 4, /* of each publisher */
    READERS = 3,
    UNRULY = 4,
    UNACKNOWLEDGED_MAX = 50,
    LOAD_MS = 2000,
    SOCKET_S_MAX = 60 /* nobody is silent for so long, also under a sanitizer */
};

/* ---- the server ---- */

struct world {
    struct store_fixture store;
    struct settings settings;
    struct server server;
    pthread_t threads[LOOPS];
    _Atomic bool stop;                              /* no more load */
    _Atomic bool all_published;                     /* `published` is final */
    _Atomic unsigned published[PUBLISHERS][TOPICS]; /* and acknowledged */
    _Atomic unsigned readers, connects, policies;
};

#define ALLOW_ALL "{\"Effect\":\"Allow\",\"Action\":\"iot:*\",\"Resource\":\"*\"}"
static const char allow_all[] = "{\"Version\":\"2012-10-17\",\"Statement\":[" ALLOW_ALL "]}";
static const char deny_some[] =
    "{\"Version\":\"2012-10-17\",\"Statement\":[" ALLOW_ALL
    ",{\"Effect\":\"Deny\",\"Action\":[\"iot:Publish\",\"iot:Receive\",\"iot:Subscribe\"],"
    "\"Resource\":[\"" TEST_ARN("topic/unruly/*") "\",\"" TEST_ARN("topicfilter/unruly/*") "\"]}]}";

static void *run_loop(void *loop) {
    loop_run(loop);
    return NULL;
}

static void open_world(struct world *w, const struct store_ops *ops) {
    struct server *s = &w->server;
    log_set_level(LOG_OFF);
    *w = (struct world){.store = store_fixture_open(ops)};
    w->settings = (struct settings){.mqtt = "127.0.0.1:0",
                                    .region = TEST_REGION,
                                    .profile = PROFILE_STANDARD,
                                    .mqtt_policy = "devices"};
    s->settings = &w->settings;
    s->store = w->store.store;
    store_on_change(s->store, principals_told, s);
    CHECK_OK(account_ensure_default(s->store, BYTES(TEST_ACCOUNT), &s->account));
    CHECK_OK(test_policy_save(s->store, BYTES("devices"), bytes_from(allow_all)));
    CHECK_OK(rules_open(s));
    s->documents = documents_new();
    s->directory = directory_new();
    for (int crew = 0; crew < CREW_COUNT; crew++)
        s->workers[crew] = workers_new(2);
    for (int i = 0; i < LOOPS; i++)
        CHECK_OK(server_add_plane(s, loop_new_uv(), LOOPS));
    server_connect_planes(s);
    for (int i = 0; i < LOOPS; i++)
        CHECK(pthread_create(&w->threads[i], NULL, run_loop, s->planes[i]->loop) == 0);
}

struct drain {
    struct task task;
    struct plane *plane;
};

static void drain(struct task *t) {
    plane_drain(OWNER(t, struct drain, task)->plane);
}

static void close_world(struct world *w) {
    struct drain drains[LOOPS];
    for (int i = 0; i < LOOPS; i++) {
        drains[i] = (struct drain){{NULL, drain}, w->server.planes[i]};
        loop_post(drains[i].plane->loop, &drains[i].task);
    }
    for (int i = 0; i < LOOPS; i++)
        (void)pthread_join(w->threads[i], NULL);
    CHECK_INT(directory_count(w->server.directory), 0);
    server_close(&w->server); /* with its store */
    w->store.store = NULL;
    store_fixture_done(&w->store);
}

/* ---- a device: blocking ---- */

struct device {
    int fd;
    struct buf in;
    size_t used; /* of `in`: the packets given out */
};

static void device_close(struct device *d, bool reset) {
    const struct linger at_once = {1, 0};
    if (reset)
        (void)setsockopt(d->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    (void)close(d->fd);
    buf_done(&d->in);
}

static bool device_send(struct device *d, struct buf *packet) {
    bytes left = buf_bytes(packet);
    while (left.len > 0) {
        ssize_t n = send(d->fd, left.ptr, left.len, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        left = bytes_skip(left, (size_t)n);
    }
    buf_clear(packet);
    return true;
}

/* The next packet, borrowed until the one after; false when the connection has ended. */
static bool device_next(struct device *d, struct mqtt_frame *out) {
    uint8_t scratch[16384];
    buf_drop_front(&d->in, d->used);
    d->used = 0;
    while (mqtt_frame_find(buf_bytes(&d->in), SIZE_MAX, out) != MQTT_FRAME_COMPLETE) {
        ssize_t n = recv(d->fd, scratch, sizeof scratch, 0);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            print_error("nothing came for %d s\n", SOCKET_S_MAX);
            abort();
        }
        if (n <= 0)
            return false;
        buf_append(&d->in, bytes_of(scratch, (size_t)n));
    }
    d->used = out->total_bytes;
    return true;
}

static bool device_connect(struct device *d, const struct world *w, const char *id,
                           const char *will) {
    AUTO(buf) packet = {0};
    struct mqtt_frame f;
    struct mqtt_connack k;
    const struct timeval patience = {.tv_sec = SOCKET_S_MAX};
    const int yes = 1;
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons(w->server.ports[ENTRANCE_MQTT]),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct mqtt_connect c = {.version = MQTT_3_1_1,
                             .clean_start = true,
                             .client_id = bytes_from(id),
                             .has_will = will != NULL,
                             .will = {.topic = bytes_from(will), .payload = BYTES("gone")}};
    *d = (struct device){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    (void)setsockopt(d->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    (void)setsockopt(d->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    mqtt_connect_encode(&c, &packet);
    return connect(d->fd, (struct sockaddr *)&a, sizeof a) == 0 && device_send(d, &packet) &&
           device_next(d, &f) && mqtt_connack_decode(&f, MQTT_3_1_1, &k) == OK && k.code == 0;
}

static void append_subscribe(struct buf *packet, const char *filter) {
    AUTO(buf) payload = {0};
    struct mqtt_subscription one = {.filter = bytes_from(filter), .qos = 1};
    mqtt_subscription_append(&payload, &one);
    struct mqtt_subscribe s = {.packet_id = 1, .payload = buf_bytes(&payload), .count = 1};
    mqtt_subscribe_encode(&s, MQTT_3_1_1, packet);
}

static void append_publish(struct buf *packet, const char *topic, unsigned number, uint16_t id) {
    char text[16];
    (void)snprintf(text, sizeof text, "%u", number);
    struct mqtt_publish p = {.topic = bytes_from(topic),
                             .payload = bytes_from(text),
                             .qos = id ? 1 : 0,
                             .packet_id = id};
    mqtt_publish_encode(&p, MQTT_3_1_1, packet);
}

/* ---- the steady ones ---- */

struct actor {
    pthread_t thread;
    struct world *world;
    unsigned number;
    const char *trouble; /* what went wrong, or NULL */
};

/* Publishes numbers, topic by topic in turn, and counts what was acknowledged. */
static void *publishes(void *arg) {
    struct actor *a = arg;
    struct world *w = a->world;
    struct device d;
    struct mqtt_frame f;
    AUTO(buf) packet = {0};
    char id[32], topic[64];
    unsigned sent = 0, acknowledged = 0;
    (void)snprintf(id, sizeof id, "publisher-%u", a->number);
    if (!device_connect(&d, w, id, NULL))
        a->trouble = "a publisher was not let in";
    while (!a->trouble && (!w->stop || acknowledged < sent)) {
        for (; !w->stop && sent - acknowledged < UNACKNOWLEDGED_MAX; sent++) {
            (void)snprintf(topic, sizeof topic, "steady/%u-%u", a->number, sent % TOPICS);
            append_publish(&packet, topic, sent / TOPICS, (uint16_t)(sent % 65535 + 1));
        }
        if (!device_send(&d, &packet) || !device_next(&d, &f) || mqtt_frame_type(&f) != MQTT_PUBACK)
            a->trouble = "a publisher lost its connection";
        else
            w->published[a->number][acknowledged++ % TOPICS]++;
    }
    device_close(&d, false);
    return NULL;
}

static const char *take_message(struct device *d, const struct mqtt_frame *f,
                                unsigned next[PUBLISHERS][TOPICS]) {
    AUTO(buf) packet = {0};
    struct mqtt_publish m;
    uint64_t number;
    if (mqtt_publish_decode(f, MQTT_3_1_1, MQTT_FROM_SERVER, &m) != OK)
        return "a reader got what is no message";
    if (bytes_equal(m.topic, BYTES("mark")))
        return NULL;
    unsigned publisher = m.topic.ptr[7] - '0', topic = m.topic.ptr[9] - '0';
    if (bytes_to_u64(m.payload, UINT32_MAX, &number) != OK || number != next[publisher][topic]++)
        return "a message is missing, came twice, or came out of order";
    struct mqtt_ack ack = {.type = MQTT_PUBACK, .packet_id = m.packet_id};
    mqtt_ack_encode(&ack, MQTT_3_1_1, &packet);
    return device_send(d, &packet) ? NULL : "a reader lost its connection";
}

static bool has_all(struct world *w, unsigned next[PUBLISHERS][TOPICS]) {
    for (int i = 0; i < PUBLISHERS * TOPICS; i++)
        if (next[i / TOPICS][i % TOPICS] != w->published[i / TOPICS][i % TOPICS])
            return false;
    return true;
}

/* Reads until it has everything that was acknowledged. */
static void *reads(void *arg) {
    struct actor *a = arg;
    struct world *w = a->world;
    struct device d;
    struct mqtt_frame f;
    AUTO(buf) packet = {0};
    char id[32];
    unsigned next[PUBLISHERS][TOPICS] = {0};
    (void)snprintf(id, sizeof id, "reader-%u", a->number);
    append_subscribe(&packet, "steady/+");
    append_subscribe(&packet, "mark");
    if (!device_connect(&d, w, id, NULL) || !device_send(&d, &packet) || !device_next(&d, &f) ||
        !device_next(&d, &f))
        a->trouble = "a reader was not let in";
    w->readers++;
    while (!a->trouble && !(w->all_published && has_all(w, next)))
        a->trouble =
            device_next(&d, &f) ? take_message(&d, &f, next) : "a reader lost its connection";
    w->readers--;
    device_close(&d, false);
    return NULL;
}

/* ---- the unruly ones ---- */

static unsigned chance(unsigned *state, unsigned below) {
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 16) % below;
}

/* One life of a connection: it may be taken over, denied or cut at any point. */
static void live(struct actor *a, unsigned *state) {
    static const char *const filters[] = {"#", "unruly/+", "steady/#", "unruly/1", "+/1"};
    static const char *const topics[] = {"unruly/1", "unruly/2", "other/1"};
    struct device d;
    struct mqtt_frame f;
    AUTO(buf) packet = {0};
    char id[32];
    (void)snprintf(id, sizeof id, "unruly-%u", chance(state, 3));
    bool alive = device_connect(&d, a->world, id, chance(state, 2) ? "unruly/gone" : NULL);
    a->world->connects += alive;
    for (unsigned steps = chance(state, 20); alive && steps > 0; steps--) {
        if (chance(state, 3) == 0)
            append_subscribe(&packet, filters[chance(state, COUNT_OF(filters))]);
        append_publish(&packet, topics[chance(state, COUNT_OF(topics))], steps,
                       (uint16_t)chance(state, 3));
        buf_append(&packet, MQTT_PINGREQ_PACKET);
        alive = device_send(&d, &packet);
        while (alive && device_next(&d, &f) && mqtt_frame_type(&f) != MQTT_PINGRESP)
            ;
    }
    device_close(&d, chance(state, 2));
}

static void *misbehaves(void *arg) {
    struct actor *a = arg;
    unsigned state = a->number + 1;
    while (!a->world->stop)
        live(a, &state);
    return NULL;
}

static void *changes_policies(void *arg) {
    struct actor *a = arg;
    struct world *w = a->world;
    while (!w->stop && !a->trouble) {
        const char *text = w->policies++ % 2 ? allow_all : deny_some;
        if (test_policy_save(w->server.store, BYTES("devices"), bytes_from(text)) != OK)
            a->trouble = "a policy could not be saved";
        (void)usleep(5000);
    }
    return NULL;
}

/* ---- all of them ---- */

static void start(struct actor *actors, unsigned count, struct world *w, void *(*run)(void *)) {
    for (unsigned i = 0; i < count; i++) {
        actors[i] = (struct actor){.world = w, .number = i};
        CHECK(pthread_create(&actors[i].thread, NULL, run, &actors[i]) == 0);
    }
}

static void join(struct actor *actors, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        (void)pthread_join(actors[i].thread, NULL);
        if (actors[i].trouble)
            print_error("%s\n", actors[i].trouble);
        CHECK(!actors[i].trouble);
    }
}

/* Marks wake readers that have everything already. */
static void *marks(void *arg) {
    struct actor *a = arg;
    struct device d;
    AUTO(buf) packet = {0};
    if (!device_connect(&d, a->world, "marker", NULL))
        a->trouble = "the marker was not let in";
    while (!a->trouble && a->world->readers > 0) {
        append_publish(&packet, "mark", 0, 0);
        if (!device_send(&d, &packet))
            a->trouble = "the marker lost its connection";
        (void)usleep(20000);
    }
    device_close(&d, false);
    return NULL;
}

static void load(const struct store_ops *ops) {
    struct world *w = NEW(struct world);
    struct actor readers[READERS], publishers[PUBLISHERS], unruly[UNRULY], governor, marker;
    open_world(w, ops);
    start(readers, READERS, w, reads);
    while (w->readers < READERS)
        (void)usleep(1000);
    start(unruly, UNRULY, w, misbehaves);
    start(&governor, 1, w, changes_policies);
    start(publishers, PUBLISHERS, w, publishes);
    (void)usleep(LOAD_MS * 1000);
    w->stop = true;
    join(publishers, PUBLISHERS);
    w->all_published = true;
    start(&marker, 1, w, marks);
    join(readers, READERS);
    join(unruly, UNRULY);
    join(&governor, 1);
    join(&marker, 1);
    CHECK(w->connects > 10 && w->policies > 10 && w->published[0][0] > 10);
    close_world(w);
    mem_free(w);
}

TEST(nothing_is_lost_or_reordered_among_the_steady_whatever_the_unruly_do) {
    load(&store_memory);
}

TEST(the_same_on_disk) {
    load(&store_sqlite);
}

TEST_MAIN("gateway/threads")
