#include "mqtt/connect.h"

#include "mqtt/internal.h"
#include "mqtt/reason.h"
#include "mqtt/topic.h"

enum {
    FLAG_RESERVED = 0x01,
    FLAG_CLEAN_START = 0x02,
    FLAG_WILL = 0x04,
    FLAG_WILL_QOS = 0x18,
    FLAG_WILL_RETAIN = 0x20,
    FLAG_PASSWORD = 0x40,
    FLAG_USER_NAME = 0x80,
    WILL_QOS_SHIFT = 3,
    LEVEL_BRIDGE = 0x80, /* some bridges set this bit beside the level they mean */
};

static const bytes protocol_name = {(const uint8_t *)"MQTT", 4};
static const bytes old_protocol_name = {(const uint8_t *)"MQIsdp", 6};

struct protocol {
    bytes name;
    uint8_t level;
};

static status read_protocol(struct reader *in, struct protocol *out) {
    TRY(mqtt_read_string(in, "protocol name", &out->name));
    if (!bytes_equal(out->name, protocol_name) && !bytes_equal(out->name, old_protocol_name))
        return FAIL(E_PROTOCOL,
                    "the protocol name is not MQTT"); /* [MQTT311-3.1.2-1] [MQTT5-3.1.2-1] */
    if (read_u8(in, &out->level) != OK)
        return FAIL(E_MALFORMED, "the CONNECT ends before its protocol level");
    return OK;
}

static enum mqtt_version version_of(const struct protocol *p) {
    bool known = p->level == MQTT_3_1_1 || p->level == MQTT_5;
    return known && bytes_equal(p->name, protocol_name) ? (enum mqtt_version)p->level
                                                        : MQTT_VERSION_UNKNOWN;
}

static status read_version(struct reader *in, enum mqtt_version *out) {
    struct protocol p;
    TRY(read_protocol(in, &p));
    if (version_of(&p) == MQTT_VERSION_UNKNOWN) /* [MQTT311-3.1.2-2] [MQTT5-3.1.2-2] */
        return FAIL(E_NOT_IMPLEMENTED,
                    "protocol level %d of %.*s is not spoken here; use MQTT 3.1.1 (level 4) or 5",
                    p.level, BYTES_ARG(p.name));
    *out = version_of(&p);
    return OK;
}

static status check_flags(uint8_t flags, enum mqtt_version version) {
    if (flags & FLAG_RESERVED) /* [MQTT311-3.1.2-3] [MQTT5-3.1.2-3] */
        return FAIL(E_MALFORMED, "the reserved flag of CONNECT is set");
    if ((flags & FLAG_WILL_QOS) == FLAG_WILL_QOS) /* [MQTT311-3.1.2-14] [MQTT5-3.1.2-12] */
        return FAIL(E_MALFORMED, "the QoS of the will is 3");
    /* [MQTT311-3.1.2-13] [MQTT311-3.1.2-15] [MQTT5-3.1.2-11] [MQTT5-3.1.2-13] */
    if (!(flags & FLAG_WILL) && (flags & (FLAG_WILL_QOS | FLAG_WILL_RETAIN)))
        return FAIL(E_MALFORMED, "CONNECT gives a QoS or retain flag for a will it does not have");
    /* [MQTT311-3.1.2-22]; 5 allows it */
    if (version == MQTT_3_1_1 && (flags & FLAG_PASSWORD) && !(flags & FLAG_USER_NAME))
        return FAIL(E_MALFORMED, "CONNECT has a password but no user name");
    return OK;
}

static status read_will(struct reader *in, uint8_t flags, struct mqtt_connect *c) {
    struct mqtt_will *w = &c->will;
    c->has_will = true;
    w->retain = (flags & FLAG_WILL_RETAIN) != 0;
    w->qos = (uint8_t)((flags & FLAG_WILL_QOS) >> WILL_QOS_SHIFT);
    if (c->version == MQTT_5)
        TRY(mqtt_properties_decode(in, MQTT_WILL, &w->properties));
    TRY(mqtt_read_string(in, "will topic", &w->topic));
    TRY(topic_name_check(w->topic));
    return mqtt_read_binary(in, "will message", &w->payload);
}

/* [MQTT311-3.1.3-1] [MQTT5-3.1.3-1]: client identifier, will, user name, password, in this order */
static status read_payload(struct reader *in, uint8_t flags, struct mqtt_connect *c) {
    TRY(mqtt_read_string(in, "client identifier", &c->client_id)); /* [MQTT311-3.1.3-3] */
    if (flags & FLAG_WILL)
        TRY(read_will(in, flags, c));
    c->has_user_name = (flags & FLAG_USER_NAME) != 0;
    if (c->has_user_name)
        TRY(mqtt_read_string(in, "user name", &c->user_name)); /* [MQTT311-3.1.3-11] */
    c->has_password = (flags & FLAG_PASSWORD) != 0;
    if (c->has_password)
        TRY(mqtt_read_binary(in, "password", &c->password));
    return mqtt_read_end(in, "CONNECT");
}

/* Authentication Data alone is a protocol error [MQTT5 3.1.2.11.10]. */
static status check_authentication(const struct mqtt_properties *p) {
    if (mqtt_properties_have(p, MQTT_AUTHENTICATION_DATA) &&
        !mqtt_properties_have(p, MQTT_AUTHENTICATION_METHOD))
        return FAIL(E_PROTOCOL, "there is Authentication Data but no Authentication Method");
    return OK;
}

status mqtt_connect_decode(const struct mqtt_frame *f, struct mqtt_connect *out) {
    struct reader in = {f->body};
    struct mqtt_connect c = {0};
    uint8_t flags;
    TRY(mqtt_frame_expect(f, MQTT_CONNECT, MQTT_5));
    TRY(read_version(&in, &c.version));
    TRY(read_u8(&in, &flags));
    TRY(check_flags(flags, c.version));
    c.clean_start = (flags & FLAG_CLEAN_START) != 0;
    TRY(read_u16(&in, &c.keep_alive_s));
    if (c.version == MQTT_5)
        TRY(mqtt_properties_decode(&in, MQTT_CONNECT, &c.properties));
    TRY(check_authentication(&c.properties));
    TRY(read_payload(&in, flags, &c));
    *out = c;
    return OK;
}

enum mqtt_version mqtt_connect_peek_version(const struct mqtt_frame *f) {
    struct reader in = {f->body};
    struct protocol p;
    return read_protocol(&in, &p) == OK ? version_of(&p) : MQTT_VERSION_UNKNOWN;
}

bytes mqtt_connect_refusal(const struct mqtt_frame *f) {
    struct reader in = {f->body};
    struct protocol p;
    if (read_protocol(&in, &p) == OK && (p.level & ~LEVEL_BRIDGE) > MQTT_3_1_1)
        return BYTES("\x20\x03\x00\x84\x00");
    return BYTES("\x20\x02\x00\x01");
}

static uint8_t flags_of(const struct mqtt_connect *c) {
    unsigned flags = (c->clean_start ? FLAG_CLEAN_START : 0u) |
                     (c->has_user_name ? FLAG_USER_NAME : 0u) |
                     (c->has_password ? FLAG_PASSWORD : 0u);
    if (c->has_will)
        flags |= FLAG_WILL | (unsigned)c->will.qos << WILL_QOS_SHIFT |
                 (c->will.retain ? FLAG_WILL_RETAIN : 0u);
    return (uint8_t)flags;
}

static void append_will(struct buf *out, const struct mqtt_connect *c) {
    if (c->version == MQTT_5)
        mqtt_properties_encode(&c->will.properties, out);
    mqtt_append_string(out, c->will.topic);
    mqtt_append_string(out, c->will.payload);
}

void mqtt_connect_encode(const struct mqtt_connect *c, struct buf *out) {
    size_t body_at = mqtt_packet_begin(out, MQTT_CONNECT);
    mqtt_append_string(out, protocol_name);
    buf_append_byte(out, (uint8_t)c->version);
    buf_append_byte(out, flags_of(c));
    buf_append_u16(out, c->keep_alive_s);
    if (c->version == MQTT_5)
        mqtt_properties_encode(&c->properties, out);
    mqtt_append_string(out, c->client_id);
    if (c->has_will)
        append_will(out, c);
    if (c->has_user_name)
        mqtt_append_string(out, c->user_name);
    if (c->has_password)
        mqtt_append_string(out, c->password);
    mqtt_packet_end(out, body_at);
}

enum { SESSION_PRESENT = 0x01 };

static status check_connack(uint8_t flags, uint8_t code, enum mqtt_version version) {
    if (flags & ~SESSION_PRESENT) /* [MQTT5-3.2.2-1] */
        return FAIL(E_MALFORMED, "the reserved flags of CONNACK are set");
    if (code != 0 && flags != 0) /* [MQTT311-3.2.2-4] [MQTT5-3.2.2-6] */
        return FAIL(E_PROTOCOL, "a CONNACK that refuses says that a session is present");
    /* [MQTT311 3.2.2.3]: 6–255 are reserved; [MQTT5-3.2.2-8] */
    if (version == MQTT_5 ? !mqtt_reason_is_allowed(MQTT_CONNACK, code)
                          : code > MQTT_RETURN_NOT_AUTHORIZED)
        return FAIL(E_PROTOCOL, "the code 0x%02X does not belong in a CONNACK", code);
    return OK;
}

status mqtt_connack_decode(const struct mqtt_frame *f, enum mqtt_version version,
                           struct mqtt_connack *out) {
    struct reader in = {f->body};
    struct mqtt_connack c = {0};
    uint8_t flags;
    TRY(mqtt_frame_expect(f, MQTT_CONNACK, version));
    TRY(read_u8(&in, &flags));
    TRY(read_u8(&in, &c.code));
    TRY(check_connack(flags, c.code, version));
    c.session_present = (flags & SESSION_PRESENT) != 0;
    if (version == MQTT_5)
        TRY(mqtt_properties_decode(&in, MQTT_CONNACK, &c.properties));
    TRY(mqtt_read_end(&in, "CONNACK"));
    *out = c;
    return OK;
}

void mqtt_connack_encode(const struct mqtt_connack *c, enum mqtt_version version, struct buf *out) {
    size_t body_at = mqtt_packet_begin(out, MQTT_CONNACK);
    buf_append_byte(out, c->session_present ? SESSION_PRESENT : 0);
    buf_append_byte(out, c->code);
    if (version == MQTT_5)
        mqtt_properties_encode(&c->properties, out);
    mqtt_packet_end(out, body_at);
}
