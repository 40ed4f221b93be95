/* Plays scenarios: the server on a simulated network, clock and disk, and clients that say one line
 * each.
 *
 *     player FILE.scn …         each file from its seed; prints TAP
 *
 * A line is a comment (#), a setting of the server, something a client does or sees, or time going
 * by:
 *
 *     server profile=standard loops=2 seed=7
 *     policy NAME = {JSON}                         the plain listener's clients have it from the
 * next server line on lamp connects version=5 keep_alive=30 will=lamp/gone "bye" qos=1 retain lamp
 * is refused 5 | lamp is lost             CONNACK with a code, or closed without a word lamp
 * subscribes lamp/+ qos=1 granted=0x80 lamp unsubscribes lamp/+ app publishes lamp/set "on" qos=1
 * retain acknowledged=0x87 lamp receives lamp/set "on" qos=1 retain     what came next lamp
 * receives nothing lamp pings | lamp disconnects | lamp drops | lamp sends 10 00 … 90s pass */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "gateway/connection.h"
#include "gateway/documents.h"
#include "gateway/principals.h"
#include "gateway/server.h"
#include "loop/simulated.h"
#include "mqtt/connect.h"
#include "mqtt/disconnect.h"
#include "mqtt/publish.h"
#include "mqtt/subscribe.h"
#include "registry/policy.h"

enum { CLIENTS_MAX = 64, WORDS_MAX = 32 };

struct client {
    char name[64];
    struct sim_end *end;
    enum mqtt_version version;
    struct buf in;
    uint16_t packet_id;
};

struct play {
    const char *file;
    int line;
    struct sim *sim;
    struct server server;
    struct settings settings;
    struct client clients[CLIENTS_MAX];
    size_t client_count;
    unsigned loops;
    uint64_t seed;
    bool running;
    struct arena memory;
};

static void fail(const struct play *p, const char *format, ...) PRINTF(2, 3);

static void fail(const struct play *p, const char *format, ...) {
    va_list args;
    va_start(args, format);
    (void)printf("# %s:%d: ", p->file, p->line);
    (void)vprintf(format, args);
    (void)printf("\nnot ok - %s\n", p->file);
    va_end(args);
    exit(EXIT_FAILURE);
}

static void must(const struct play *p, status s) {
    if (s != OK)
        fail(p, "%s", failure_text());
}

/* ---- the server ---- */

static void open_store(struct play *p) {
    struct server *s = &p->server;
    must(p, store_open(&store_memory, "", &s->store));
    store_on_change(s->store, principals_told, s);
    must(p, account_ensure_default(s->store, BYTES("111122223333"), &s->account));
}

static void start(struct play *p) {
    struct server *s = &p->server;
    p->sim = sim_new(p->seed);
    s->settings = &p->settings;
    p->settings.mqtt = "127.0.0.1:1883";
    p->settings.region = "eu-west-1";
    s->documents = documents_new();
    s->directory = directory_new();
    s->workers = sim_workers_new(p->sim);
    for (unsigned i = 0; i < p->loops; i++)
        must(p, server_add_plane(s, sim_loop_new(p->sim), p->loops));
    server_connect_planes(s);
    p->running = true;
}

static void stop(struct play *p) {
    for (size_t i = 0; i < p->client_count; i++) {
        sim_end_free(p->clients[i].end);
        buf_done(&p->clients[i].in);
    }
    p->client_count = 0;
    if (p->running) {
        sim_run_until_idle(p->sim);
        for (unsigned i = 0; i < p->server.plane_count; i++)
            plane_drain(p->server.planes[i]);
        sim_pass(p->sim, 1000);
    }
    struct sim *sim = p->sim;
    server_close(&p->server);
    sim_free(sim);
    arena_done(&p->memory);
}

/* ---- words ---- */

struct words {
    char *list[WORDS_MAX];
    size_t count;
};

/* Cuts at blanks; "quoted text" is one word with its first quote kept, so that it is told apart. */
static void cut(const struct play *p, char *line, struct words *out) {
    out->count = 0;
    while (*line) {
        while (isspace((unsigned char)*line))
            *line++ = 0;
        if (!*line)
            return;
        if (out->count == WORDS_MAX)
            fail(p, "too many words");
        out->list[out->count++] = line;
        if (*line == '"') {
            char *close = strchr(line + 1, '"');
            if (!close)
                fail(p, "a quote is not closed");
            *close = 0;
            line = close + 1;
        } else {
            while (*line && !isspace((unsigned char)*line))
                line++;
        }
    }
}

static const char *value_of(const struct words *w, const char *name) {
    size_t len = strlen(name);
    for (size_t i = 0; i < w->count; i++)
        if (strncmp(w->list[i], name, len) == 0 && w->list[i][len] == '=')
            return w->list[i] + len + 1;
    return NULL;
}

static unsigned long number_of(const struct words *w, const char *name, unsigned long otherwise) {
    const char *value = value_of(w, name);
    return value ? strtoul(value, NULL, 0) : otherwise;
}

static bool has(const struct words *w, const char *word) {
    for (size_t i = 2; i < w->count; i++)
        if (strcmp(w->list[i], word) == 0)
            return true;
    return false;
}

static bytes quoted(const struct words *w) {
    for (size_t i = 0; i < w->count; i++)
        if (w->list[i][0] == '"')
            return bytes_from(w->list[i] + 1);
    return (bytes){0};
}

/* ---- clients ---- */

static struct client *client_find(struct play *p, const char *name) {
    for (size_t i = 0; i < p->client_count; i++)
        if (strcmp(p->clients[i].name, name) == 0)
            return &p->clients[i];
    if (p->client_count == CLIENTS_MAX)
        fail(p, "too many clients");
    struct client *c = &p->clients[p->client_count++];
    (void)snprintf(c->name, sizeof c->name, "%s", name);
    return c;
}

static void send_all(struct play *p, struct client *c, const struct buf *packet) {
    bytes left = buf_bytes(packet);
    while (left.len > 0) {
        ssize_t n = sim_write(c->end, left);
        if (n < 0)
            return; /* closed: what it sees next tells */
        left = bytes_skip(left, (size_t)n);
        sim_run_until_idle(p->sim);
    }
    sim_run_until_idle(p->sim);
}

/* The next packet the client got; false when there is none. */
static bool next_packet(struct play *p, struct client *c, struct buf *memory,
                        struct mqtt_frame *out) {
    sim_run_until_idle(p->sim);
    if (c->end)
        (void)sim_read(c->end, &c->in);
    enum mqtt_frame_state state = mqtt_frame_find(buf_bytes(&c->in), SIZE_MAX, out);
    if (state == MQTT_FRAME_NEED_MORE)
        return false;
    if (state != MQTT_FRAME_COMPLETE)
        fail(p, "the server sent %s", failure_text());
    buf_clear(memory);
    buf_append(memory, bytes_slice(buf_bytes(&c->in), 0, out->total_bytes));
    buf_drop_front(&c->in, out->total_bytes);
    (void)mqtt_frame_find(buf_bytes(memory), SIZE_MAX, out);
    return true;
}

static void expect_packet(struct play *p, struct client *c, enum mqtt_type type, struct buf *memory,
                          struct mqtt_frame *out) {
    if (!next_packet(p, c, memory, out))
        fail(p, "%s got nothing where %s was due%s", c->name, mqtt_type_name(type),
             c->end && sim_is_closed(c->end) ? "; the connection was closed" : "");
    if (mqtt_frame_type(out) != type)
        fail(p, "%s got %s where %s was due", c->name, mqtt_type_name(mqtt_frame_type(out)),
             mqtt_type_name(type));
}

static uint16_t next_id(struct client *c) {
    return ++c->packet_id ? c->packet_id : ++c->packet_id;
}

static void do_connect(struct play *p, struct client *c, const struct words *w) {
    AUTO(buf) packet = {0};
    AUTO(buf) properties = {0};
    const char *will = value_of(w, "will"), *expiry = value_of(w, "session_expiry");
    if (!p->running)
        start(p);
    sim_end_free(c->end);
    buf_clear(&c->in);
    c->end = sim_connect(p->sim, BYTES("127.0.0.1:1883"));
    c->version = number_of(w, "version", 4) == 5 ? MQTT_5 : MQTT_3_1_1;
    if (expiry)
        mqtt_property_append_number(&properties, MQTT_SESSION_EXPIRY_INTERVAL,
                                    (uint32_t)strtoul(expiry, NULL, 0));
    const char *id = value_of(w, "id");
    struct mqtt_connect k = {.version = c->version,
                             .clean_start = number_of(w, "clean", 1) != 0,
                             .keep_alive_s = (uint16_t)number_of(w, "keep_alive", 0),
                             .client_id = bytes_from(id ? id : c->name),
                             .properties.raw = buf_bytes(&properties),
                             .has_will = will != NULL};
    if (will)
        k.will = (struct mqtt_will){.topic = bytes_from(will),
                                    .payload = quoted(w),
                                    .retain = has(w, "retain"),
                                    .qos = (uint8_t)number_of(w, "qos", 0)};
    mqtt_connect_encode(&k, &packet);
    send_all(p, c, &packet);
}

static void see_connack(struct play *p, struct client *c, unsigned code) {
    AUTO(buf) memory = {0};
    struct mqtt_frame f;
    struct mqtt_connack k;
    expect_packet(p, c, MQTT_CONNACK, &memory, &f);
    must(p, mqtt_connack_decode(&f, c->version, &k));
    if (k.code != code)
        fail(p, "%s got CONNACK 0x%02x, not 0x%02x", c->name, k.code, code);
}

static void act_connects(struct play *p, struct client *c, const struct words *w) {
    do_connect(p, c, w);
    if (!has(w, "in-vain")) /* the next line says what came of it */
        see_connack(p, c, 0);
}

static void see_end(struct play *p, struct client *c) {
    AUTO(buf) memory = {0};
    struct mqtt_frame f;
    if (next_packet(p, c, &memory, &f))
        fail(p, "%s got %s where the connection should have been closed", c->name,
             mqtt_type_name(mqtt_frame_type(&f)));
    if (!c->end || !sim_is_closed(c->end))
        fail(p, "%s is still connected", c->name);
}

/* "is refused CODE", "is lost", "is told REASON" */
static void act_is(struct play *p, struct client *c, const struct words *w) {
    AUTO(buf) memory = {0};
    struct mqtt_frame f;
    const char *what = w->count > 2 ? w->list[2] : "";
    unsigned code = w->count > 3 ? (unsigned)strtoul(w->list[3], NULL, 0) : 0;
    if (strcmp(what, "refused") == 0) {
        see_connack(p, c, code);
    } else if (strcmp(what, "told") == 0) {
        struct mqtt_disconnect d;
        expect_packet(p, c, MQTT_DISCONNECT, &memory, &f);
        must(p, mqtt_disconnect_decode(&f, c->version, MQTT_FROM_SERVER, &d));
        if (d.reason != code)
            fail(p, "%s was told 0x%02x, not 0x%02x", c->name, d.reason, code);
    } else if (strcmp(what, "lost") != 0) {
        fail(p, "a client is refused, told or lost");
    }
    see_end(p, c);
}

static void act_subscribes(struct play *p, struct client *c, const struct words *w) {
    AUTO(buf) payload = {0};
    AUTO(buf) packet = {0};
    AUTO(buf) memory = {0};
    struct mqtt_frame f;
    struct mqtt_suback k;
    uint8_t qos = (uint8_t)number_of(w, "qos", 0);
    struct mqtt_subscription one = {.filter = bytes_from(w->list[2]),
                                    .qos = qos,
                                    .no_local = has(w, "no_local"),
                                    .retain_as_published = has(w, "retain_as_published"),
                                    .retain_handling = (uint8_t)number_of(w, "retain_handling", 0)};
    mqtt_subscription_append(&payload, &one);
    struct mqtt_subscribe s = {.packet_id = next_id(c), .payload = buf_bytes(&payload), .count = 1};
    mqtt_subscribe_encode(&s, c->version, &packet);
    send_all(p, c, &packet);
    if (has(w, "in-vain"))
        return;
    expect_packet(p, c, MQTT_SUBACK, &memory, &f);
    must(p, mqtt_suback_decode(&f, c->version, &k));
    unsigned granted = (unsigned)number_of(w, "granted", qos);
    if (k.packet_id != s.packet_id || k.codes.len != 1 || k.codes.ptr[0] != granted)
        fail(p, "%s was granted 0x%02x, not 0x%02x", c->name, k.codes.len ? k.codes.ptr[0] : 0,
             granted);
}

static void act_unsubscribes(struct play *p, struct client *c, const struct words *w) {
    AUTO(buf) payload = {0};
    AUTO(buf) packet = {0};
    AUTO(buf) memory = {0};
    struct mqtt_frame f;
    mqtt_append_string(&payload, bytes_from(w->list[2]));
    struct mqtt_unsubscribe u = {
        .packet_id = next_id(c), .payload = buf_bytes(&payload), .count = 1};
    mqtt_unsubscribe_encode(&u, c->version, &packet);
    send_all(p, c, &packet);
    expect_packet(p, c, MQTT_UNSUBACK, &memory, &f);
}

static void act_publishes(struct play *p, struct client *c, const struct words *w) {
    AUTO(buf) packet = {0};
    AUTO(buf) memory = {0};
    struct mqtt_frame f;
    struct mqtt_ack ack;
    struct mqtt_publish m = {.topic = bytes_from(w->list[2]),
                             .payload = quoted(w),
                             .retain = has(w, "retain"),
                             .qos = (uint8_t)number_of(w, "qos", 0)};
    m.packet_id = m.qos ? next_id(c) : 0;
    mqtt_publish_encode(&m, c->version, &packet);
    send_all(p, c, &packet);
    if (m.qos == 0 || has(w, "in-vain"))
        return;
    expect_packet(p, c, MQTT_PUBACK, &memory, &f);
    must(p, mqtt_ack_decode(&f, c->version, &ack));
    if (ack.packet_id != m.packet_id || ack.reason != number_of(w, "acknowledged", 0))
        fail(p, "%s got PUBACK %u with 0x%02x", c->name, ack.packet_id, ack.reason);
}

static void acknowledge(struct play *p, struct client *c, uint16_t id) {
    AUTO(buf) packet = {0};
    struct mqtt_ack ack = {.type = MQTT_PUBACK, .packet_id = id};
    mqtt_ack_encode(&ack, c->version, &packet);
    send_all(p, c, &packet);
}

static void act_receives(struct play *p, struct client *c, const struct words *w) {
    AUTO(buf) memory = {0};
    struct mqtt_frame f;
    struct mqtt_publish m;
    if (strcmp(w->list[2], "nothing") == 0) {
        if (next_packet(p, c, &memory, &f))
            fail(p, "%s got %s", c->name, mqtt_type_name(mqtt_frame_type(&f)));
        if (sim_is_closed(c->end))
            fail(p, "%s was disconnected", c->name);
        return;
    }
    expect_packet(p, c, MQTT_PUBLISH, &memory, &f);
    must(p, mqtt_publish_decode(&f, c->version, MQTT_FROM_SERVER, &m));
    bytes payload = quoted(w);
    if (!bytes_equal(m.topic, bytes_from(w->list[2])) || !bytes_equal(m.payload, payload) ||
        m.qos != number_of(w, "qos", 0) || m.retain != has(w, "retain"))
        fail(p, "%s got %.*s \"%.*s\" qos=%u%s", c->name, BYTES_ARG(m.topic), BYTES_ARG(m.payload),
             m.qos, m.retain ? " retain" : "");
    if (m.qos && !has(w, "silently"))
        acknowledge(p, c, m.packet_id);
}

static void act_pings(struct play *p, struct client *c, const struct words *w) {
    AUTO(buf) packet = {0};
    AUTO(buf) memory = {0};
    struct mqtt_frame f;
    UNUSED(w);
    buf_append(&packet, MQTT_PINGREQ_PACKET);
    send_all(p, c, &packet);
    expect_packet(p, c, MQTT_PINGRESP, &memory, &f);
}

static void act_disconnects(struct play *p, struct client *c, const struct words *w) {
    AUTO(buf) packet = {0};
    struct mqtt_disconnect d = {.reason = (uint8_t)number_of(w, "reason", 0)};
    mqtt_disconnect_encode(&d, c->version, &packet);
    send_all(p, c, &packet);
    see_end(p, c);
}

static void act_drops(struct play *p, struct client *c, const struct words *w) {
    UNUSED(w);
    sim_reset(c->end);
    sim_run_until_idle(p->sim);
}

static void act_sends(struct play *p, struct client *c, const struct words *w) {
    AUTO(buf) packet = {0};
    for (size_t i = 2; i < w->count; i++)
        buf_append_byte(&packet, (uint8_t)strtoul(w->list[i], NULL, 16));
    send_all(p, c, &packet);
}

/* "dials": a connection without a word. */
static void act_dials(struct play *p, struct client *c, const struct words *w) {
    UNUSED(w);
    if (!p->running)
        start(p);
    c->end = sim_connect(p->sim, BYTES("127.0.0.1:1883"));
    c->version = MQTT_3_1_1;
}

static const struct act {
    const char *verb;
    void (*run)(struct play *p, struct client *c, const struct words *w);
    size_t words_least;
} acts[] = {
    {"connects", act_connects, 2},     {"is", act_is, 3},
    {"subscribes", act_subscribes, 3}, {"unsubscribes", act_unsubscribes, 3},
    {"publishes", act_publishes, 3},   {"receives", act_receives, 3},
    {"pings", act_pings, 2},           {"disconnects", act_disconnects, 2},
    {"drops", act_drops, 2},           {"sends", act_sends, 3},
    {"dials", act_dials, 2},
};

/* ---- lines that are not about a client ---- */

static void set_server(struct play *p, const struct words *w) {
    const char *profile = value_of(w, "profile"), *policy = value_of(w, "policy");
    if (p->running)
        fail(p, "the server runs already");
    p->settings.profile =
        profile && strcmp(profile, "standard") == 0 ? PROFILE_STANDARD : PROFILE_AWS;
    p->loops = (unsigned)number_of(w, "loops", 2);
    p->seed = number_of(w, "seed", 1);
    p->settings.mqtt_policy = policy ? arena_string(&p->memory, bytes_from(policy)) : NULL;
}

/* "policy NAME = {JSON}": makes it, or a new default version of it. */
static void set_policy(struct play *p, char *line) {
    char name[128];
    int used = 0;
    if (sscanf(line, "policy %127s = %n", name, &used) != 1 || used == 0)
        fail(p, "say: policy NAME = {JSON}");
    struct txn *t;
    must(p, store_begin_write(p->server.store, &t));
    struct registry r = {t, &p->memory, BYTES("111122223333"), BYTES("eu-west-1")};
    status s = policy_create(&r, bytes_from(name), bytes_from(line + used), NULL);
    if (s == E_EXISTS) {
        struct policy_version_record version;
        s = policy_version_create(&r, bytes_from(name), bytes_from(line + used), true, &version);
    }
    must(p, s);
    must(p, store_commit(t));
    if (p->running)
        sim_run_until_idle(p->sim);
}

static bool pass_time(struct play *p, const struct words *w) {
    char *unit;
    unsigned long n = strtoul(w->list[0], &unit, 10);
    if (w->count != 2 || strcmp(w->list[1], "pass") != 0 || unit == w->list[0])
        return false;
    sim_pass(p->sim, strcmp(unit, "ms") == 0 ? n : n * 1000);
    return true;
}

static void play_line(struct play *p, char *line) {
    struct words w;
    if (strncmp(line, "policy ", 7) == 0) {
        line[strcspn(line, "\n")] = 0;
        set_policy(p, line);
        return;
    }
    cut(p, line, &w);
    if (w.count == 0 || w.list[0][0] == '#')
        return;
    if (strcmp(w.list[0], "server") == 0) {
        set_server(p, &w);
        return;
    }
    if (pass_time(p, &w))
        return;
    for (size_t i = 0; i < COUNT_OF(acts); i++) {
        if (w.count >= acts[i].words_least && strcmp(w.list[1], acts[i].verb) == 0) {
            acts[i].run(p, client_find(p, w.list[0]), &w);
            return;
        }
    }
    fail(p, "this line is not understood");
}

static void play_file(const char *path) {
    struct play *p = NEW(struct play);
    const char *slash = strrchr(path, '/');
    *p = (struct play){.file = slash ? slash + 1 : path, .loops = 2, .seed = 1};
    FILE *f = fopen(path, "re");
    if (!f)
        fail(p, "%s cannot be read", path);
    open_store(p);
    char line[8192];
    while (fgets(line, sizeof line, f)) {
        p->line++;
        play_line(p, line);
    }
    (void)fclose(f);
    stop(p);
    (void)printf("ok - %s\n", p->file);
    mem_free(p);
}

int main(int argc, char **argv) {
    log_set_level(LOG_OFF);
    (void)printf("1..%d\n", argc - 1);
    for (int i = 1; i < argc; i++)
        play_file(argv[i]);
    return argc > 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
