/* Any bytes as a stream of packets. The first byte says who talks: bit 0 MQTT 5, bit 1 the server.
 * What decodes is encoded again: the same bytes come out, or, where the standard lets a sender
 * leave out the end of a packet, something that decodes and encodes to itself. */
#include "mqtt/connect.h"
#include "mqtt/disconnect.h"
#include "mqtt/publish.h"
#include "mqtt/reason.h"
#include "mqtt/subscribe.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct talk {
    enum mqtt_version version;
    enum mqtt_sender sender;
};

static void must(bool promise) {
    if (!promise)
        abort();
}

static status connect_again(const struct mqtt_frame *f, struct talk t, struct buf *out) {
    struct mqtt_connect c;
    bytes refusal = mqtt_connect_refusal(f);
    must(refusal.len == 4 || refusal.len == 5);
    TRY(mqtt_connect_decode(f, &c));
    must(mqtt_connect_peek_version(f) == c.version);
    mqtt_connect_encode(&c, out);
    return OK;
}

static status connack_again(const struct mqtt_frame *f, struct talk t, struct buf *out) {
    struct mqtt_connack c;
    TRY(mqtt_connack_decode(f, t.version, &c));
    mqtt_connack_encode(&c, t.version, out);
    return OK;
}

static status publish_again(const struct mqtt_frame *f, struct talk t, struct buf *out) {
    struct mqtt_publish p;
    TRY(mqtt_publish_decode(f, t.version, t.sender, &p));
    must(p.qos <= 2 && (p.packet_id != 0) == (p.qos > 0));
    must(p.topic.len == 0 || topic_name_check(p.topic) == OK);
    mqtt_publish_encode(&p, t.version, out);
    return OK;
}

static status ack_again(const struct mqtt_frame *f, struct talk t, struct buf *out) {
    struct mqtt_ack a;
    TRY(mqtt_ack_decode(f, t.version, &a));
    mqtt_ack_encode(&a, t.version, out);
    return OK;
}

static status subscribe_again(const struct mqtt_frame *f, struct talk t, struct buf *out) {
    AUTO(buf) payload = {0};
    struct mqtt_subscribe s;
    struct mqtt_subscription one;
    TRY(mqtt_subscribe_decode(f, t.version, &s));
    size_t count = 0;
    bytes left = s.payload;
    for (; mqtt_subscribe_next(&left, &one); count++)
        mqtt_subscription_append(&payload, &one);
    must(count == s.count && left.len == 0);
    s.payload = buf_bytes(&payload);
    mqtt_subscribe_encode(&s, t.version, out);
    return OK;
}

static status suback_again(const struct mqtt_frame *f, struct talk t, struct buf *out) {
    struct mqtt_suback s;
    TRY(mqtt_suback_decode(f, t.version, &s));
    mqtt_suback_encode(&s, t.version, out);
    return OK;
}

static status unsubscribe_again(const struct mqtt_frame *f, struct talk t, struct buf *out) {
    AUTO(buf) payload = {0};
    struct mqtt_unsubscribe u;
    TRY(mqtt_unsubscribe_decode(f, t.version, &u));
    bytes filter, left = u.payload;
    while (mqtt_unsubscribe_next(&left, &filter))
        mqtt_append_string(&payload, filter);
    u.payload = buf_bytes(&payload);
    mqtt_unsubscribe_encode(&u, t.version, out);
    return OK;
}

static status unsuback_again(const struct mqtt_frame *f, struct talk t, struct buf *out) {
    struct mqtt_suback s;
    TRY(mqtt_unsuback_decode(f, t.version, &s));
    mqtt_unsuback_encode(&s, t.version, out);
    return OK;
}

static status ping_again(const struct mqtt_frame *f, struct talk t, struct buf *out) {
    TRY(mqtt_ping_decode(f, t.version));
    buf_append(out,
               mqtt_frame_type(f) == MQTT_PINGREQ ? MQTT_PINGREQ_PACKET : MQTT_PINGRESP_PACKET);
    return OK;
}

static status disconnect_again(const struct mqtt_frame *f, struct talk t, struct buf *out) {
    struct mqtt_disconnect d;
    TRY(mqtt_disconnect_decode(f, t.version, t.sender, &d));
    mqtt_disconnect_encode(&d, t.version, out);
    return OK;
}

static status auth_again(const struct mqtt_frame *f, struct talk t, struct buf *out) {
    struct mqtt_disconnect a;
    TRY(mqtt_auth_decode(f, t.version, &a));
    mqtt_auth_encode(&a, out);
    return OK;
}

static const struct {
    status (*again)(const struct mqtt_frame *f, struct talk t, struct buf *out);
    bool may_shorten;
} packets[16] = {
    [MQTT_CONNECT] = {connect_again, false},   [MQTT_CONNACK] = {connack_again, false},
    [MQTT_PUBLISH] = {publish_again, false},   [MQTT_PUBACK] = {ack_again, true},
    [MQTT_PUBREC] = {ack_again, true},         [MQTT_PUBREL] = {ack_again, true},
    [MQTT_PUBCOMP] = {ack_again, true},        [MQTT_SUBSCRIBE] = {subscribe_again, false},
    [MQTT_SUBACK] = {suback_again, false},     [MQTT_UNSUBSCRIBE] = {unsubscribe_again, false},
    [MQTT_UNSUBACK] = {unsuback_again, false}, [MQTT_PINGREQ] = {ping_again, false},
    [MQTT_PINGRESP] = {ping_again, false},     [MQTT_DISCONNECT] = {disconnect_again, true},
    [MQTT_AUTH] = {auth_again, true},
};

static status again(const struct mqtt_frame *f, struct talk t, struct buf *out) {
    enum mqtt_type type = mqtt_frame_type(f);
    status s =
        packets[type].again ? packets[type].again(f, t, out) : mqtt_frame_check(f, t.version);
    must(s == OK || failure_text()[0] != 0);
    return s;
}

static void check_packet(const struct mqtt_frame *f, struct talk t, bytes packet) {
    AUTO(buf) once = {0}, twice = {0};
    struct mqtt_frame g;
    status s = again(f, t, &once);
    must(s == OK || s == E_MALFORMED || s == E_PROTOCOL ||
         (s == E_NOT_IMPLEMENTED && mqtt_frame_type(f) == MQTT_CONNECT));
    if (s != OK)
        return;
    if (!packets[mqtt_frame_type(f)].may_shorten)
        must(bytes_equal(buf_bytes(&once), packet));
    must(once.len <= packet.len);
    must(mqtt_frame_find(buf_bytes(&once), SIZE_MAX, &g) == MQTT_FRAME_COMPLETE);
    must(again(&g, t, &twice) == OK);
    must(bytes_equal(buf_bytes(&once), buf_bytes(&twice)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct mqtt_frame f;
    if (size == 0)
        return 0;
    struct talk t = {data[0] & 1 ? MQTT_5 : MQTT_3_1_1,
                     data[0] & 2 ? MQTT_FROM_SERVER : MQTT_FROM_CLIENT};
    bytes in = {data + 1, size - 1};
    enum mqtt_frame_state state;
    while ((state = mqtt_frame_find(in, 1 << 20, &f)) == MQTT_FRAME_COMPLETE) {
        check_packet(&f, t, bytes_slice(in, 0, f.total_bytes));
        in = bytes_skip(in, f.total_bytes);
    }
    must(state != MQTT_FRAME_NEED_MORE || f.total_bytes > in.len);
    return 0;
}
