/* What a client sees. */
#include <stdlib.h>
#include <string.h>

#include "mqtt/connect.h"
#include "mqtt/disconnect.h"
#include "mqtt/publish.h"
#include "mqtt/subscribe.h"
#include "play.h"

/* ---- answers ---- */

void see_connack(struct play *p, struct client *c, unsigned code) {
    struct mqtt_frame f;
    struct mqtt_connack k;
    client_next(p, c, MQTT_CONNACK, &f);
    must(p, mqtt_connack_decode(&f, c->version, &k));
    if (k.code != code)
        fail(p, "%s got CONNACK 0x%02x, not 0x%02x", c->name, k.code, code);
    if (k.session_present)
        fail(p, "%s has a session", c->name);
    c->last_properties = k.properties;
}

/* One code for all, or as many as there are, with commas. */
static void check_codes(const struct play *p, const struct client *c, bytes codes,
                        const char *wanted) {
    size_t count = 0;
    for (const char *at = wanted;; count++) {
        char *end;
        unsigned code = (unsigned)strtoul(at, &end, 0);
        size_t last = *end == ',' ? count + 1 : at == wanted ? codes.len : count + 1;
        for (size_t i = count; i < last; i++)
            if (i >= codes.len || codes.ptr[i] != code)
                fail(p, "%s got code 0x%02x for filter %zu, not 0x%02x", c->name,
                     i < codes.len ? codes.ptr[i] : 0u, i + 1, code);
        if (*end != ',')
            break;
        at = end + 1;
    }
    if (strchr(wanted, ',') && count + 1 != codes.len)
        fail(p, "%s got %zu codes, not %zu", c->name, codes.len, count + 1);
}

void see_suback(struct play *p, struct client *c, const char *codes) {
    struct mqtt_frame f;
    struct mqtt_suback k;
    client_next(p, c, MQTT_SUBACK, &f);
    must(p, mqtt_suback_decode(&f, c->version, &k));
    if (k.packet_id != client_take_id(p, c, &c->subscribes, "SUBSCRIBE"))
        fail(p, "%s got a SUBACK for %u", c->name, k.packet_id);
    check_codes(p, c, k.codes, codes);
    c->last_properties = k.properties;
}

void see_unsuback(struct play *p, struct client *c, const char *codes) {
    struct mqtt_frame f;
    struct mqtt_suback k;
    client_next(p, c, MQTT_UNSUBACK, &f);
    must(p, mqtt_unsuback_decode(&f, c->version, &k));
    if (k.packet_id != client_take_id(p, c, &c->unsubscribes, "UNSUBSCRIBE"))
        fail(p, "%s got an UNSUBACK for %u", c->name, k.packet_id);
    if (c->version == MQTT_5)
        check_codes(p, c, k.codes, codes);
}

void see_puback(struct play *p, struct client *c, unsigned reason) {
    struct mqtt_frame f;
    struct mqtt_ack ack;
    client_next(p, c, MQTT_PUBACK, &f);
    must(p, mqtt_ack_decode(&f, c->version, &ack));
    uint16_t id = client_take_id(p, c, &c->publishes, "PUBLISH");
    if (ack.packet_id != id || ack.reason != reason)
        fail(p, "%s got PUBACK %u with 0x%02x, not %u with 0x%02x", c->name, ack.packet_id,
             ack.reason, id, reason);
    c->last_properties = ack.properties;
}

void see_pingresp(struct play *p, struct client *c) {
    struct mqtt_frame f;
    client_next(p, c, MQTT_PINGRESP, &f);
    must(p, mqtt_ping_decode(&f, c->version));
}

void see_end(struct play *p, struct client *c) {
    struct mqtt_frame f;
    if (client_has(p, c, &f))
        fail(p, "%s got %s where the connection should have been closed", c->name,
             mqtt_type_name(mqtt_frame_type(&f)));
    if (!client_is_cut(c))
        fail(p, "%s is still connected", c->name);
    c->end_was_seen = true;
}

static void see_disconnect(struct play *p, struct client *c, unsigned reason) {
    struct mqtt_frame f;
    struct mqtt_disconnect d;
    client_next(p, c, MQTT_DISCONNECT, &f);
    must(p, mqtt_disconnect_decode(&f, c->version, MQTT_FROM_SERVER, &d));
    if (d.reason != reason)
        fail(p, "%s was told 0x%02x, not 0x%02x", c->name, d.reason, reason);
    c->last_properties = d.properties;
}

/* Whatever came before, the connection has ended. */
static void see_over(struct play *p, struct client *c) {
    buf_clear(&c->in);
    see_end(p, c);
}

/* id=N: of a packet sent as bytes, of which nobody took note. */
static void note_id(const struct words *w, struct buf *unanswered) {
    if (words_value(w, "id"))
        buf_append_u16(unanswered, (uint16_t)words_number(w, "id", 0));
}

/* "is connected", "is refused CODE", "is told CODE", "is lost", "is over", "is granted CODES",
 * "is unsubscribed [CODES]", "is acknowledged [CODE] [times=N]", "is answered" (a ping) */
static void sight_is(struct play *p, struct client *c, const struct words *w) {
    const char *what = w->list[2];
    const char *codes = w->count > 3 && !strchr(w->list[3], '=') ? w->list[3] : "0";
    unsigned code = (unsigned)strtoul(codes, NULL, 0);
    if (strcmp(what, "granted") == 0)
        note_id(w, &c->subscribes);
    if (strcmp(what, "acknowledged") == 0)
        note_id(w, &c->publishes);
    if (strcmp(what, "connected") == 0)
        see_connack(p, c, 0);
    else if (strcmp(what, "refused") == 0)
        see_connack(p, c, code);
    else if (strcmp(what, "told") == 0)
        see_disconnect(p, c, code);
    else if (strcmp(what, "granted") == 0)
        see_suback(p, c, codes);
    else if (strcmp(what, "unsubscribed") == 0)
        see_unsuback(p, c, codes);
    else if (strcmp(what, "answered") == 0)
        see_pingresp(p, c);
    else if (strcmp(what, "acknowledged") == 0)
        for (unsigned long left = words_number(w, "times", 1); left > 0; left--)
            see_puback(p, c, code);
    else if (strcmp(what, "over") == 0)
        see_over(p, c);
    else if (strcmp(what, "lost") != 0)
        fail(p, "a client is connected, refused, told, lost, over, granted, unsubscribed, "
                "acknowledged or answered");
    if (strcmp(what, "refused") == 0 || strcmp(what, "told") == 0 || strcmp(what, "lost") == 0)
        see_end(p, c);
}

/* ---- messages ---- */

static void see_nothing(struct play *p, struct client *c) {
    struct mqtt_frame f;
    if (client_has(p, c, &f))
        fail(p, "%s got %s", c->name, mqtt_type_name(mqtt_frame_type(&f)));
    if (client_is_cut(c))
        fail(p, "%s was disconnected", c->name);
}

static void check_message(struct play *p, const struct client *c, const struct words *w,
                          const struct mqtt_publish *m, bytes payload) {
    if (!bytes_equal(m->payload, payload) || m->qos != words_number(w, "qos", 0) ||
        m->retain != words_have(w, "retain") || m->dup != words_have(w, "dup"))
        fail(p, "%s got %.*s \"%.*s\" qos=%u%s%s", c->name, BYTES_ARG(m->topic),
             (int)(m->payload.len < 200 ? m->payload.len : 200), (const char *)m->payload.ptr,
             m->qos, m->retain ? " retain" : "", m->dup ? " dup" : "");
}

/* The topic among the words from the third on, or fails. */
static size_t topic_of(struct play *p, const struct client *c, const struct words *w,
                       const struct mqtt_publish *m, const unsigned long numbers[WORDS_MAX]) {
    for (size_t i = 2; i < w->count && w->list[i][0] != '"'; i++)
        if (bytes_equal(m->topic, words_counted(p, w->list[i], numbers[i])))
            return i;
    fail(p, "%s got %.*s \"%.*s\"", c->name, BYTES_ARG(m->topic),
         (int)(m->payload.len < 200 ? m->payload.len : 200), (const char *)m->payload.ptr);
}

static void acknowledge(struct play *p, struct client *c, uint16_t id, bool silently) {
    AUTO(buf) packet = {0};
    struct mqtt_ack ack = {.type = MQTT_PUBACK, .packet_id = id};
    if (id && silently) {
        buf_append_u16(&c->to_acknowledge, id);
    } else if (id) {
        mqtt_ack_encode(&ack, c->version, &packet);
        client_send(p, c, buf_bytes(&packet));
    }
}

/* "receives TOPIC… "payload" [qos=1] [retain] [times=N] [from=N] [silently]": what came next. With
 * several topics N of each come, those of one topic in the order of their numbers. */
static void sight_receives(struct play *p, struct client *c, const struct words *w) {
    unsigned long numbers[WORDS_MAX], left = 0, from = words_number(w, "from", 1);
    struct mqtt_frame f;
    struct mqtt_publish m;
    if (w->count == 3 && strcmp(w->list[2], "nothing") == 0) {
        see_nothing(p, c);
        return;
    }
    for (size_t i = 2; i < w->count && w->list[i][0] != '"'; i++) {
        numbers[i] = from;
        left += words_number(w, "times", 1);
    }
    for (; left > 0; left--) {
        client_next(p, c, MQTT_PUBLISH, &f);
        must(p, mqtt_publish_decode(&f, c->version, MQTT_FROM_SERVER, &m));
        unsigned long number = numbers[topic_of(p, c, w, &m, numbers)]++;
        check_message(p, c, w, &m, words_counted(p, words_quoted(w), number));
        c->last_properties = m.properties;
        acknowledge(p, c, m.packet_id, words_have(w, "silently"));
    }
}

/* "sees 20 03 …": bytes that came next. */
static void sight_sees(struct play *p, struct client *c, const struct words *w) {
    AUTO(buf) wanted = {0};
    words_bytes(p, w, &wanted);
    if (!bytes_equal(bytes_slice(buf_bytes(&c->in), 0, wanted.len), buf_bytes(&wanted)))
        fail(p, "%s got other bytes, %zu of them", c->name, c->in.len);
    buf_drop_front(&c->in, wanted.len);
}

/* "got NAME=VALUE …", "got "a part of the reason string"": of the packet the last line spoke of. */
static void sight_got(struct play *p, struct client *c, const struct words *w) {
    const char *part = words_quoted(w);
    bytes reason;
    properties_check(p, c, w);
    if (!part)
        return;
    if (!mqtt_properties_find(&c->last_properties, MQTT_REASON_STRING, &reason))
        fail(p, "%s got no reason string", c->name);
    if (bytes_search(reason, bytes_from(part)) == reason.len)
        fail(p, "%s got the reason \"%.*s\"", c->name, BYTES_ARG(reason));
}

bool sight_play(struct play *p, struct client *c, const struct words *w) {
    if (w->count < 3)
        return false;
    if (strcmp(w->list[1], "is") == 0)
        sight_is(p, c, w);
    else if (strcmp(w->list[1], "receives") == 0)
        sight_receives(p, c, w);
    else if (strcmp(w->list[1], "sees") == 0)
        sight_sees(p, c, w);
    else if (strcmp(w->list[1], "got") == 0)
        sight_got(p, c, w);
    else
        return false;
    return true;
}
