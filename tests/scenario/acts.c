/* What a client does. Each act sends, and unless all is said at once or the line says `unanswered`,
 * sees the answer. */
#include <stdlib.h>
#include <string.h>

#include "mqtt/connect.h"
#include "mqtt/disconnect.h"
#include "mqtt/publish.h"
#include "mqtt/subscribe.h"
#include "play.h"

static bool is_answered(const struct play *p, const struct words *w) {
    return !p->at_once && !words_have(w, "unanswered");
}

static void send_packet(struct play *p, struct client *c, const struct buf *packet) {
    client_send(p, c, buf_bytes(packet));
}

/* ---- CONNECT ---- */

static void act_dials(struct play *p, struct client *c, const struct words *w) {
    UNUSED(w);
    client_dial(p, c);
}

static void act_connects(struct play *p, struct client *c, const struct words *w) {
    AUTO(buf) packet = {0};
    AUTO(buf) properties = {0};
    AUTO(buf) will_properties = {0};
    const char *will = words_value(w, "will"), *id = words_value(w, "id"),
               *user = words_value(w, "user"), *password = words_value(w, "password");
    properties_from(p, w, "", &properties);
    properties_from(p, w, "will.", &will_properties);
    c->version = words_number(w, "version", 4) == 5 ? MQTT_5 : MQTT_3_1_1;
    struct mqtt_connect k = {.version = c->version,
                             .clean_start = words_number(w, "clean", 1) != 0,
                             .keep_alive_s = (uint16_t)words_number(w, "keep_alive", 0),
                             .client_id = bytes_from(id ? id : c->name),
                             .properties.raw = buf_bytes(&properties),
                             .has_user_name = user != NULL,
                             .user_name = bytes_from(user),
                             .has_password = password != NULL,
                             .password = bytes_from(password),
                             .has_will = will != NULL};
    if (will)
        k.will = (struct mqtt_will){.topic = bytes_from(will),
                                    .payload = bytes_from(words_quoted(w)),
                                    .properties.raw = buf_bytes(&will_properties),
                                    .retain = words_have(w, "retain"),
                                    .qos = (uint8_t)words_number(w, "qos", 0)};
    mqtt_connect_encode(&k, &packet);
    client_dial(p, c);
    send_packet(p, c, &packet);
    if (is_answered(p, w))
        see_connack(p, c, 0);
}

/* ---- SUBSCRIBE, UNSUBSCRIBE ---- */

static bool is_filter(const char *word) {
    static const char *const options[] = {"no_local", "retain_as_published", "unanswered"};
    for (size_t i = 0; i < COUNT_OF(options); i++)
        if (strcmp(word, options[i]) == 0)
            return false;
    return !strchr(word, '=') && word[0] != '"';
}

static void subscribe(struct play *p, struct client *c, const struct words *w,
                      unsigned long number) {
    AUTO(buf) payload = {0};
    AUTO(buf) properties = {0};
    AUTO(buf) packet = {0};
    struct mqtt_subscribe s = {0};
    for (size_t i = 2; i < w->count; i++) {
        if (!is_filter(w->list[i]))
            continue;
        struct mqtt_subscription one = {.filter = words_counted(p, w->list[i], number),
                                        .qos = (uint8_t)words_number(w, "qos", 0),
                                        .no_local = words_have(w, "no_local"),
                                        .retain_as_published = words_have(w, "retain_as_published"),
                                        .retain_handling =
                                            (uint8_t)words_number(w, "retain_handling", 0)};
        mqtt_subscription_append(&payload, &one);
        s.count++;
    }
    properties_from(p, w, "", &properties);
    s.packet_id = client_new_id(c, &c->subscribes);
    s.properties.raw = buf_bytes(&properties);
    s.payload = buf_bytes(&payload);
    mqtt_subscribe_encode(&s, c->version, &packet);
    send_packet(p, c, &packet);
}

/* "granted" is one code for every filter, or a list; without one what was asked is granted. */
static void act_subscribes(struct play *p, struct client *c, const struct words *w) {
    unsigned long times = words_number(w, "times", 1), from = words_number(w, "from", 1);
    const char *granted = words_value(w, "granted"), *qos = words_value(w, "qos");
    for (unsigned long i = from; i < from + times; i++) {
        subscribe(p, c, w, i);
        if (is_answered(p, w))
            see_suback(p, c, granted ? granted : qos ? qos : "0");
    }
}

static void act_unsubscribes(struct play *p, struct client *c, const struct words *w) {
    AUTO(buf) payload = {0};
    AUTO(buf) packet = {0};
    struct mqtt_unsubscribe u = {0};
    const char *codes = words_value(w, "codes");
    for (size_t i = 2; i < w->count; i++) {
        if (!is_filter(w->list[i]))
            continue;
        mqtt_append_string(&payload, bytes_from(w->list[i]));
        u.count++;
    }
    u.packet_id = client_new_id(c, &c->unsubscribes);
    u.payload = buf_bytes(&payload);
    mqtt_unsubscribe_encode(&u, c->version, &packet);
    send_packet(p, c, &packet);
    if (is_answered(p, w))
        see_unsuback(p, c, codes ? codes : "0");
}

/* ---- PUBLISH, PUBACK ---- */

static void publish(struct play *p, struct client *c, const struct words *w, unsigned long number) {
    AUTO(buf) packet = {0};
    AUTO(buf) properties = {0};
    AUTO(buf) never_answered = {0};
    properties_from(p, w, "", &properties);
    struct mqtt_publish m = {.topic = words_counted(p, w->list[2], number),
                             .payload = words_counted(p, words_quoted(w), number),
                             .properties.raw = buf_bytes(&properties),
                             .retain = words_have(w, "retain"),
                             .dup = words_have(w, "dup"),
                             .qos = (uint8_t)words_number(w, "qos", 0)};
    if (m.qos)
        m.packet_id = client_new_id(c, m.qos == 1 ? &c->publishes : &never_answered);
    mqtt_publish_encode(&m, c->version, &packet);
    send_packet(p, c, &packet);
}

static void act_publishes(struct play *p, struct client *c, const struct words *w) {
    unsigned long times = words_number(w, "times", 1), from = words_number(w, "from", 1);
    for (unsigned long i = from; i < from + times; i++) {
        publish(p, c, w, i);
        if (words_number(w, "qos", 0) && is_answered(p, w))
            see_puback(p, c, (unsigned)words_number(w, "acknowledged", 0));
    }
}

static uint16_t newest(struct buf *ids) {
    uint8_t *at = ids->ptr + ids->len - 2;
    ids->len -= 2;
    return (uint16_t)(at[0] << 8 | at[1]);
}

/* "acknowledges [times=N] [newest_first]": what it received silently, the oldest first. */
static void act_acknowledges(struct play *p, struct client *c, const struct words *w) {
    for (unsigned long left = words_number(w, "times", 1); left > 0; left--) {
        AUTO(buf) packet = {0};
        struct mqtt_ack ack = {.type = MQTT_PUBACK};
        if (words_have(w, "newest_first") && c->to_acknowledge.len)
            ack.packet_id = newest(&c->to_acknowledge);
        else
            ack.packet_id = client_take_id(p, c, &c->to_acknowledge, "message");
        mqtt_ack_encode(&ack, c->version, &packet);
        send_packet(p, c, &packet);
    }
}

/* ---- the rest ---- */

static void act_pings(struct play *p, struct client *c, const struct words *w) {
    client_send(p, c, MQTT_PINGREQ_PACKET);
    if (is_answered(p, w))
        see_pingresp(p, c);
}

static void act_disconnects(struct play *p, struct client *c, const struct words *w) {
    AUTO(buf) packet = {0};
    AUTO(buf) properties = {0};
    properties_from(p, w, "", &properties);
    struct mqtt_disconnect d = {.reason = (uint8_t)words_number(w, "reason", 0),
                                .properties.raw = buf_bytes(&properties)};
    mqtt_disconnect_encode(&d, c->version, &packet);
    send_packet(p, c, &packet);
    if (is_answered(p, w))
        see_end(p, c);
}

/* The connection breaks. */
static void act_drops(struct play *p, struct client *c, const struct words *w) {
    UNUSED(w);
    sim_reset(c->end);
    c->end_was_seen = true;
    if (!p->at_once)
        stage_settle(p);
}

/* The client closes the connection without a word of MQTT. */
static void act_leaves(struct play *p, struct client *c, const struct words *w) {
    UNUSED(w);
    sim_shutdown(c->end);
    c->end_was_seen = true;
    if (!p->at_once)
        stage_settle(p);
}

/* "sends 10 0c 00 04 "MQTT" …" */
static void act_sends(struct play *p, struct client *c, const struct words *w) {
    AUTO(buf) packet = {0};
    words_bytes(p, w, &packet);
    send_packet(p, c, &packet);
}

/* "stops reading", "reads again": what comes meanwhile fills the network. */
static void act_stops(struct play *p, struct client *c, const struct words *w) {
    UNUSED(p), UNUSED(w);
    c->does_not_read = true;
}

static void act_reads(struct play *p, struct client *c, const struct words *w) {
    UNUSED(w);
    c->does_not_read = false;
    stage_settle(p);
}

static const struct act {
    const char *verb;
    void (*run)(struct play *p, struct client *c, const struct words *w);
    size_t words_least;
} acts[] = {
    {"dials", act_dials, 2},           {"connects", act_connects, 2},
    {"subscribes", act_subscribes, 3}, {"unsubscribes", act_unsubscribes, 3},
    {"publishes", act_publishes, 3},   {"acknowledges", act_acknowledges, 2},
    {"pings", act_pings, 2},           {"disconnects", act_disconnects, 2},
    {"drops", act_drops, 2},           {"leaves", act_leaves, 2},
    {"sends", act_sends, 3},           {"stops", act_stops, 2},
    {"reads", act_reads, 2},
};

bool act_play(struct play *p, struct client *c, const struct words *w) {
    for (size_t i = 0; i < COUNT_OF(acts); i++) {
        if (strcmp(w->list[1], acts[i].verb) != 0)
            continue;
        if (w->count < acts[i].words_least)
            fail(p, "a line with \"%s\" says more", acts[i].verb);
        acts[i].run(p, c, w);
        return true;
    }
    return false;
}
