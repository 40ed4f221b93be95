#include "mqtt/publish.h"

#include "mqtt/internal.h"

static status check_flags(uint8_t flags) {
    unsigned qos = flags >> 1 & 3;
    if (qos == 3) /* [MQTT311-3.3.1-4] [MQTT5-3.3.1-4] */
        return FAIL(E_MALFORMED, "the QoS of a PUBLISH is 3");
    if (qos == 0 && (flags & MQTT_FLAG_DUP)) /* [MQTT311-3.3.1-2] [MQTT5-3.3.1-2] */
        return FAIL(E_MALFORMED, "DUP is set on a PUBLISH of QoS 0");
    return OK;
}

static status read_properties(struct reader *in, enum mqtt_sender sender,
                              struct mqtt_properties *out) {
    TRY(mqtt_properties_decode(in, MQTT_PUBLISH, out));
    if (sender == MQTT_FROM_CLIENT && mqtt_properties_have(out, MQTT_SUBSCRIPTION_IDENTIFIER))
        return FAIL(E_PROTOCOL, /* [MQTT5-3.3.4-6] */
                    "a client sent a PUBLISH with a subscription identifier; only servers do");
    return OK;
}

status mqtt_publish_split_long(const struct mqtt_frame *f, enum mqtt_version version,
                               enum mqtt_sender sender, struct mqtt_publish *out) {
    struct reader in = {f->body};
    struct mqtt_publish p = {0};
    TRY(mqtt_frame_expect(f, MQTT_PUBLISH, version));
    TRY(check_flags(f->header));
    p.dup = (f->header & MQTT_FLAG_DUP) != 0;
    p.retain = (f->header & MQTT_FLAG_RETAIN) != 0;
    p.qos = f->header >> 1 & 3;
    TRY(mqtt_read_binary(&in, "topic name", &p.topic));
    if (p.qos)
        TRY(mqtt_read_packet_id(&in, "PUBLISH", &p.packet_id));
    if (version == MQTT_5)
        TRY(read_properties(&in, sender, &p.properties));
    p.payload = in.left;
    *out = p;
    return OK;
}

status mqtt_publish_check_topic(const struct mqtt_publish *p) {
    bool has_alias = mqtt_properties_have(&p->properties, MQTT_TOPIC_ALIAS);
    if (p->topic.len == 0 && has_alias)
        return OK;
    if (p->topic.len == 0) /* [MQTT311-4.7.3-1] [MQTT5 3.3.2.1] */
        return FAIL(E_PROTOCOL, "the topic name of a PUBLISH is empty and no topic alias given");
    return topic_name_check(p->topic); /* [MQTT311-3.3.2-1] [MQTT311-3.3.2-2] [MQTT5-3.3.2-2] */
}

status mqtt_publish_decode(const struct mqtt_frame *f, enum mqtt_version version,
                           enum mqtt_sender sender, struct mqtt_publish *out) {
    struct mqtt_publish p;
    TRY(mqtt_publish_split(f, version, sender, &p));
    TRY(mqtt_publish_check_topic(&p));
    *out = p;
    return OK;
}

void mqtt_publish_encode(const struct mqtt_publish *p, enum mqtt_version version, struct buf *out) {
    size_t packet_id_at;
    uint8_t *at = buf_reserve(out, mqtt_publish_header_bytes_max(p) + p->payload.len);
    out->len += mqtt_publish_header_encode(p, version, at, &packet_id_at);
    buf_append(out, p->payload);
}

static bool is_ack(enum mqtt_type type) {
    return type >= MQTT_PUBACK && type <= MQTT_PUBCOMP;
}

/* What follows the packet identifier in 5 may be left out from the end [MQTT5 3.4.2.1]. */
static status read_reason(struct reader *in, struct mqtt_ack *a) {
    if (in->left.len == 0)
        return OK;
    TRY(read_u8(in, &a->reason));
    if (!mqtt_reason_is_allowed(a->type, a->reason)) /* [MQTT5-3.4.2-1] and its like */
        return FAIL(E_PROTOCOL, "the reason code 0x%02X does not belong in a %s", a->reason,
                    mqtt_type_name(a->type));
    return in->left.len ? mqtt_properties_decode(in, a->type, &a->properties) : OK;
}

status mqtt_ack_decode_long(const struct mqtt_frame *f, enum mqtt_version version,
                            struct mqtt_ack *out) {
    struct reader in = {f->body};
    struct mqtt_ack a = {.type = mqtt_frame_type(f)};
    const char *name = mqtt_type_name(a.type);
    TRY(mqtt_frame_check(f, version));
    if (!is_ack(a.type))
        return FAIL(E_PROTOCOL, "a %s packet stands where an acknowledgement is due", name);
    TRY(mqtt_read_packet_id(&in, name, &a.packet_id));
    if (version == MQTT_5)
        TRY(read_reason(&in, &a));
    TRY(mqtt_read_end(&in, name));
    *out = a;
    return OK;
}

void mqtt_ack_encode(const struct mqtt_ack *a, enum mqtt_version version, struct buf *out) {
    bool has_properties = version == MQTT_5 && a->properties.raw.len > 0;
    size_t body_at = mqtt_packet_begin(out, a->type);
    buf_append_u16(out, a->packet_id);
    if (version == MQTT_5 && (a->reason != MQTT_REASON_SUCCESS || has_properties))
        buf_append_byte(out, a->reason);
    if (has_properties)
        mqtt_properties_encode(&a->properties, out);
    mqtt_packet_end(out, body_at);
}
