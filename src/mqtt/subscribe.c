#include "mqtt/subscribe.h"

#include "mqtt/internal.h"
#include "mqtt/reason.h"
#include "mqtt/topic.h"

enum {
    OPTION_QOS = 0x03,
    OPTION_NO_LOCAL = 0x04,
    OPTION_RETAIN_AS_PUBLISHED = 0x08,
    OPTION_RETAIN_HANDLING = 0x30,
    OPTION_RESERVED_3_1_1 = 0xFC,
    OPTION_RESERVED_5 = 0xC0,
    RETAIN_HANDLING_SHIFT = 4,
};

static status check_options(uint8_t options, enum mqtt_version version) {
    unsigned reserved = version == MQTT_5 ? OPTION_RESERVED_5 : OPTION_RESERVED_3_1_1;
    if (options & reserved) /* [MQTT311-3.8.3-4] [MQTT5-3.8.3-5] */
        return FAIL(E_MALFORMED, "reserved bits of the subscription options 0x%02X are set",
                    options);
    if ((options & OPTION_QOS) == 3) /* [MQTT311-3.8.3-4]; a protocol error in 5 3.8.3.1 */
        return FAIL(version == MQTT_5 ? E_PROTOCOL : E_MALFORMED, "a subscription asks for QoS 3");
    if ((options & OPTION_RETAIN_HANDLING) == OPTION_RETAIN_HANDLING) /* [MQTT5 3.8.3.1] */
        return FAIL(E_PROTOCOL, "a subscription asks for Retain Handling 3");
    return OK;
}

static status check_filter(bytes filter, enum mqtt_version version) {
    bytes group, inner;
    TRY(topic_filter_check(filter)); /* [MQTT311-3.8.3-1] [MQTT5-3.8.3-1] */
    if (version == MQTT_5 && topic_share_split(filter, &group, &inner) == TOPIC_SHARE_MALFORMED)
        return E_MALFORMED; /* the sentence is already there */
    return OK;
}

static status check_no_local(const struct mqtt_subscription *s) {
    bytes group, inner;
    if (s->no_local && topic_share_split(s->filter, &group, &inner) == TOPIC_SHARED)
        return FAIL(E_PROTOCOL, /* [MQTT5-3.8.3-4] */
                    "No Local is set on a shared subscription");
    return OK;
}

static status read_subscription(struct reader *in, enum mqtt_version version,
                                struct mqtt_subscription *out) {
    uint8_t options;
    TRY(mqtt_read_string(in, "topic filter", &out->filter));
    if (read_u8(in, &options) != OK)
        return FAIL(E_MALFORMED, "a SUBSCRIBE ends before the options of a topic filter");
    if (version != MQTT_VERSION_UNKNOWN)
        TRY(check_options(options, version));
    out->qos = options & OPTION_QOS;
    out->no_local = (options & OPTION_NO_LOCAL) != 0;
    out->retain_as_published = (options & OPTION_RETAIN_AS_PUBLISHED) != 0;
    out->retain_handling = (uint8_t)((options & OPTION_RETAIN_HANDLING) >> RETAIN_HANDLING_SHIFT);
    return OK;
}

static status check_payload(struct mqtt_subscribe *s, enum mqtt_version version) {
    struct reader in = {s->payload};
    struct mqtt_subscription one;
    for (; in.left.len; s->count++) {
        TRY(read_subscription(&in, version, &one));
        TRY(check_filter(one.filter, version));
        TRY(check_no_local(&one));
    }
    if (s->count == 0) /* [MQTT311-3.8.3-3] [MQTT5-3.8.3-2] */
        return FAIL(E_PROTOCOL, "a SUBSCRIBE holds no topic filter");
    return OK;
}

status mqtt_subscribe_decode(const struct mqtt_frame *f, enum mqtt_version version,
                             struct mqtt_subscribe *out) {
    struct reader in = {f->body};
    struct mqtt_subscribe s = {0};
    TRY(mqtt_frame_expect(f, MQTT_SUBSCRIBE, version)); /* [MQTT311-3.8.1-1] [MQTT5-3.8.1-1] */
    TRY(mqtt_read_packet_id(&in, "SUBSCRIBE", &s.packet_id));
    if (version == MQTT_5)
        TRY(mqtt_properties_decode(&in, MQTT_SUBSCRIBE, &s.properties));
    s.payload = in.left;
    TRY(check_payload(&s, version));
    *out = s;
    return OK;
}

bool mqtt_subscribe_next(bytes *left, struct mqtt_subscription *out) {
    struct reader in = {*left};
    /* The payload was checked when it was decoded. */
    if (left->len == 0 || read_subscription(&in, MQTT_VERSION_UNKNOWN, out) != OK)
        return false;
    *left = in.left;
    return true;
}

void mqtt_subscription_append(struct buf *payload, const struct mqtt_subscription *s) {
    mqtt_append_string(payload, s->filter);
    buf_append_byte(payload, (uint8_t)(s->qos | (s->no_local ? OPTION_NO_LOCAL : 0) |
                                       (s->retain_as_published ? OPTION_RETAIN_AS_PUBLISHED : 0) |
                                       s->retain_handling << RETAIN_HANDLING_SHIFT));
}

/* All four packets are a packet identifier, in 5 properties, and a payload. */
struct parts {
    enum mqtt_type type;
    uint16_t packet_id;
    const struct mqtt_properties *properties;
    bytes payload;
};

static void encode(const struct parts *p, enum mqtt_version version, struct buf *out) {
    size_t body_at = mqtt_packet_begin(out, p->type);
    buf_append_u16(out, p->packet_id);
    if (version == MQTT_5)
        mqtt_properties_encode(p->properties, out);
    buf_append(out, p->payload);
    mqtt_packet_end(out, body_at);
}

void mqtt_subscribe_encode(const struct mqtt_subscribe *s, enum mqtt_version version,
                           struct buf *out) {
    encode(&(struct parts){MQTT_SUBSCRIBE, s->packet_id, &s->properties, s->payload}, version, out);
}

status mqtt_unsubscribe_decode(const struct mqtt_frame *f, enum mqtt_version version,
                               struct mqtt_unsubscribe *out) {
    struct reader in = {f->body};
    struct mqtt_unsubscribe u = {0};
    bytes filter;
    TRY(mqtt_frame_expect(f, MQTT_UNSUBSCRIBE, version)); /* [MQTT311-3.10.1-1] [MQTT5-3.10.1-1] */
    TRY(mqtt_read_packet_id(&in, "UNSUBSCRIBE", &u.packet_id));
    if (version == MQTT_5)
        TRY(mqtt_properties_decode(&in, MQTT_UNSUBSCRIBE, &u.properties));
    u.payload = in.left;
    for (; in.left.len; u.count++) {
        TRY(mqtt_read_string(&in, "topic filter", &filter)); /* [MQTT311-3.10.3-1] */
        TRY(check_filter(filter, version));
    }
    if (u.count == 0) /* [MQTT311-3.10.3-2] [MQTT5-3.10.3-2] */
        return FAIL(E_PROTOCOL, "an UNSUBSCRIBE holds no topic filter");
    *out = u;
    return OK;
}

bool mqtt_unsubscribe_next(bytes *left, bytes *out_filter) {
    struct reader in = {*left};
    if (left->len == 0 || mqtt_read_string(&in, "topic filter", out_filter) != OK)
        return false;
    *left = in.left;
    return true;
}

void mqtt_unsubscribe_encode(const struct mqtt_unsubscribe *u, enum mqtt_version version,
                             struct buf *out) {
    encode(&(struct parts){MQTT_UNSUBSCRIBE, u->packet_id, &u->properties, u->payload}, version,
           out);
}

static bool code_is_allowed(enum mqtt_type type, enum mqtt_version version, uint8_t code) {
    if (version == MQTT_5) /* [MQTT5-3.9.3-2] [MQTT5-3.11.3-2] */
        return mqtt_reason_is_allowed(type, code);
    return code <= 2 || code == MQTT_SUBACK_FAILURE_3_1_1; /* [MQTT311-3.9.3-2] */
}

static status check_codes(enum mqtt_type type, enum mqtt_version version, bytes codes) {
    const char *name = mqtt_type_name(type);
    if (codes.len == 0)
        return FAIL(E_PROTOCOL, "a %s holds no code", name);
    for (size_t i = 0; i < codes.len; i++)
        if (!code_is_allowed(type, version, codes.ptr[i]))
            return FAIL(E_PROTOCOL, "the code 0x%02X does not belong in a %s", codes.ptr[i], name);
    return OK;
}

static status decode_ack(const struct mqtt_frame *f, enum mqtt_type type, enum mqtt_version version,
                         struct mqtt_suback *out) {
    struct reader in = {f->body};
    const char *name = mqtt_type_name(type);
    struct mqtt_suback s = {0};
    TRY(mqtt_frame_expect(f, type, version));
    TRY(mqtt_read_packet_id(&in, name, &s.packet_id));
    if (version == MQTT_5)
        TRY(mqtt_properties_decode(&in, type, &s.properties));
    if (version != MQTT_5 && type == MQTT_UNSUBACK) /* [MQTT311 3.11.3]: no payload */
        TRY(mqtt_read_end(&in, name));
    else
        TRY(check_codes(type, version, in.left));
    s.codes = in.left;
    *out = s;
    return OK;
}

status mqtt_suback_decode(const struct mqtt_frame *f, enum mqtt_version version,
                          struct mqtt_suback *out) {
    return decode_ack(f, MQTT_SUBACK, version, out);
}

status mqtt_unsuback_decode(const struct mqtt_frame *f, enum mqtt_version version,
                            struct mqtt_suback *out) {
    return decode_ack(f, MQTT_UNSUBACK, version, out);
}

void mqtt_suback_encode(const struct mqtt_suback *s, enum mqtt_version version, struct buf *out) {
    encode(&(struct parts){MQTT_SUBACK, s->packet_id, &s->properties, s->codes}, version, out);
}

void mqtt_unsuback_encode(const struct mqtt_suback *s, enum mqtt_version version, struct buf *out) {
    bytes codes = version == MQTT_5 ? s->codes : BYTES("");
    encode(&(struct parts){MQTT_UNSUBACK, s->packet_id, &s->properties, codes}, version, out);
}
