#include "mqtt/property.h"

#include "support/testing.h"

/* A good value of any property. */
static void append_sample(struct buf *raw, uint32_t id) {
    const struct mqtt_property_info *info = mqtt_property_info(id);
    if (info->kind >= MQTT_KIND_BYTE && info->kind <= MQTT_KIND_VARIABLE)
        mqtt_property_append_number(raw, (enum mqtt_property_id)id, info->most);
    else if (info->kind == MQTT_KIND_PAIR)
        mqtt_property_append_user(raw, BYTES("name"), BYTES("value"));
    else
        mqtt_property_append_bytes(raw, (enum mqtt_property_id)id, BYTES("some/text"));
}

static status decode_raw(bytes raw, enum mqtt_type packet, struct mqtt_properties *out) {
    AUTO(buf) b = {0};
    mqtt_properties_encode(&(struct mqtt_properties){.raw = raw}, &b);
    struct reader in = {buf_bytes(&b)};
    struct mqtt_properties p;
    status s = mqtt_properties_decode(&in, packet, &p);
    if (s == OK)
        *out = (struct mqtt_properties){raw, p.present}; /* outlives b */
    return s;
}

TEST(table_has_the_27_properties_of_mqtt_5) { /* [MQTT5 2.2.2.2]: table 2-4 */
    size_t count = 0;
    for (uint32_t id = 0; id < 256; id++)
        count += mqtt_property_info(id)->kind != MQTT_KIND_NONE;
    CHECK_INT(count, 27);
    CHECK_TEXT(mqtt_property_info(0x11)->name, "SESSION_EXPIRY_INTERVAL");
}

TEST(each_property_is_taken_in_its_packets_and_nowhere_else) { /* [MQTT5 2.2.2.2] */
    for (uint32_t id = 1; id <= MQTT_PROPERTY_ID_MAX; id++) {
        const struct mqtt_property_info *info = mqtt_property_info(id);
        for (unsigned packet = 0; info->kind != MQTT_KIND_NONE && packet < 16; packet++) {
            AUTO(buf) raw = {0};
            struct mqtt_properties p = {0};
            append_sample(&raw, id);
            status s = decode_raw(buf_bytes(&raw), (enum mqtt_type)packet, &p);
            CHECK_INT(s, info->packets & MQTT_IN(packet) ? OK : E_MALFORMED);
            CHECK(s != OK || p.present == (uint64_t)1 << id);
        }
    }
}

static enum mqtt_type first_packet(const struct mqtt_property_info *info) {
    unsigned packet = 0;
    while (!(info->packets & MQTT_IN(packet)))
        packet++;
    return (enum mqtt_type)packet;
}

TEST(a_property_stands_once_unless_it_may_repeat) {
    for (uint32_t id = 1; id <= MQTT_PROPERTY_ID_MAX; id++) {
        const struct mqtt_property_info *info = mqtt_property_info(id);
        if (info->kind == MQTT_KIND_NONE)
            continue;
        AUTO(buf) raw = {0};
        struct mqtt_properties p;
        append_sample(&raw, id);
        append_sample(&raw, id);
        CHECK_INT(decode_raw(buf_bytes(&raw), first_packet(info), &p),
                  info->once ? E_PROTOCOL : OK);
    }
}

TEST(
    several_subscription_identifiers_are_for_publish_only) { /* [MQTT5 3.8.2.1.2] [MQTT5-3.3.4-3] */
    bytes raw = BYTES("\x0B\1\x0B\2");
    struct mqtt_properties p;
    CHECK_OK(decode_raw(raw, MQTT_PUBLISH, &p));
    CHECK_FAILS(decode_raw(raw, MQTT_SUBSCRIBE, &p), E_PROTOCOL, "twice");
}

TEST(numbers_stay_in_their_range) {
    struct mqtt_properties p;
    static const struct {
        bytes raw;
        enum mqtt_type packet;
    } bad[] = {
        {{(const uint8_t *)"\x01\2", 2}, MQTT_PUBLISH},       /* [MQTT5 3.3.2.3.2] */
        {{(const uint8_t *)"\x0B\0", 2}, MQTT_SUBSCRIBE},     /* [MQTT5 3.8.2.1.2] */
        {{(const uint8_t *)"\x17\2", 2}, MQTT_CONNECT},       /* [MQTT5 3.1.2.11.7] */
        {{(const uint8_t *)"\x19\2", 2}, MQTT_CONNECT},       /* [MQTT5 3.1.2.11.6] */
        {{(const uint8_t *)"\x21\0\0", 3}, MQTT_CONNECT},     /* [MQTT5 3.1.2.11.3] */
        {{(const uint8_t *)"\x23\0\0", 3}, MQTT_PUBLISH},     /* [MQTT5-3.3.2-8] */
        {{(const uint8_t *)"\x24\2", 2}, MQTT_CONNACK},       /* [MQTT5 3.2.2.3.4] */
        {{(const uint8_t *)"\x25\2", 2}, MQTT_CONNACK},       /* [MQTT5 3.2.2.3.5] */
        {{(const uint8_t *)"\x27\0\0\0\0", 5}, MQTT_CONNECT}, /* [MQTT5 3.1.2.11.4] */
        {{(const uint8_t *)"\x2A\2", 2}, MQTT_CONNACK},       /* [MQTT5 3.2.2.3.13] */
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        CHECK_FAILS(decode_raw(bad[i].raw, bad[i].packet, &p), E_PROTOCOL, "must be");
}

TEST(unknown_properties_are_malformed) {
    struct mqtt_properties p;
    CHECK_FAILS(decode_raw(BYTES("\x04\0"), MQTT_PUBLISH, &p), E_MALFORMED, "no property 0x04");
    CHECK_FAILS(decode_raw(BYTES("\x2B\0"), MQTT_PUBLISH, &p), E_MALFORMED, "no property");
    CHECK_FAILS(decode_raw(BYTES("\xFF\x01\0"), MQTT_PUBLISH, &p), E_MALFORMED, "no property");
}

TEST(a_response_topic_is_a_topic_name) { /* [MQTT5-3.3.2-14] */
    struct mqtt_properties p;
    CHECK_FAILS(decode_raw(BYTES("\x08\0\3a/+"), MQTT_PUBLISH, &p), E_MALFORMED, "wildcard");
    CHECK(decode_raw(BYTES("\x08\0\0"), MQTT_WILL, &p) == E_MALFORMED);
}

TEST(text_is_utf8_and_binary_is_anything) { /* [MQTT5-1.5.4-1] [MQTT5-1.5.7-1] */
    struct mqtt_properties p;
    CHECK_FAILS(decode_raw(BYTES("\x03\0\1\xFF"), MQTT_PUBLISH, &p), E_MALFORMED, "UTF-8");
    CHECK_FAILS(decode_raw(BYTES("\x26\0\1\0\0\1v"), MQTT_PUBLISH, &p), E_MALFORMED, "UTF-8");
    CHECK_FAILS(decode_raw(BYTES("\x26\0\1n\0\1\xFF"), MQTT_PUBLISH, &p), E_MALFORMED, "UTF-8");
    CHECK_OK(decode_raw(BYTES("\x09\0\2\xFF\0"), MQTT_PUBLISH, &p));
}

TEST(values_are_found_or_their_default_taken) {
    AUTO(buf) raw = {0};
    struct mqtt_properties p;
    bytes value;
    mqtt_property_append_user(&raw, BYTES("k"), BYTES("v"));
    mqtt_property_append_number(&raw, MQTT_SESSION_EXPIRY_INTERVAL, 300);
    mqtt_property_append_number(&raw, MQTT_RECEIVE_MAXIMUM, 20);
    mqtt_property_append_bytes(&raw, MQTT_AUTHENTICATION_METHOD, BYTES("x"));
    CHECK_OK(decode_raw(buf_bytes(&raw), MQTT_CONNECT, &p));
    CHECK_INT(mqtt_properties_number(&p, MQTT_SESSION_EXPIRY_INTERVAL, 0), 300);
    CHECK_INT(mqtt_properties_number(&p, MQTT_RECEIVE_MAXIMUM, 65535), 20);
    CHECK_INT(mqtt_properties_number(&p, MQTT_TOPIC_ALIAS_MAXIMUM, 7), 7);
    CHECK(mqtt_properties_find(&p, MQTT_AUTHENTICATION_METHOD, &value));
    CHECK_BYTES(value, BYTES("x"));
    CHECK(!mqtt_properties_find(&p, MQTT_AUTHENTICATION_DATA, &value));
}

TEST(user_properties_are_walked_in_their_order) { /* [MQTT5-3.3.2-18] */
    AUTO(buf) raw = {0};
    struct mqtt_properties p;
    struct mqtt_property one;
    mqtt_property_append_user(&raw, BYTES("a"), BYTES("1"));
    mqtt_property_append_user(&raw, BYTES("a"), BYTES("2"));
    mqtt_property_append_user(&raw, BYTES("b"), BYTES("3"));
    CHECK_OK(decode_raw(buf_bytes(&raw), MQTT_PUBLISH, &p));
    bytes left = p.raw;
    AUTO(buf) seen = {0};
    while (mqtt_property_next(&left, &one)) {
        buf_append(&seen, one.name);
        buf_append(&seen, one.value);
    }
    CHECK_BYTES(buf_bytes(&seen), BYTES("a1a2b3"));
}

static void decode_prefix(bytes prefix) {
    struct reader in = {prefix};
    struct mqtt_properties p;
    CHECK(mqtt_properties_decode(&in, MQTT_CONNACK, &p) == E_MALFORMED);
}

/* The same set, its length made to fit: cut at a property's end it is good, elsewhere not. */
static void decode_fitted_prefix(bytes prefix) {
    struct mqtt_properties p;
    status s = decode_raw(prefix, MQTT_CONNACK, &p);
    CHECK(s == OK || s == E_MALFORMED);
}

TEST(each_truncation_of_a_set_is_malformed) {
    AUTO(buf) raw = {0}, b = {0};
    for (uint32_t id = 1; id <= MQTT_PROPERTY_ID_MAX; id++)
        if (mqtt_property_info(id)->packets & MQTT_IN(MQTT_CONNACK))
            append_sample(&raw, id);
    mqtt_properties_encode(&(struct mqtt_properties){.raw = buf_bytes(&raw)}, &b);
    CHECK_INT(b.len, mqtt_properties_bytes(&(struct mqtt_properties){.raw = buf_bytes(&raw)}));
    test_each_truncation(buf_bytes(&b), decode_prefix);
    test_each_truncation(buf_bytes(&raw), decode_fitted_prefix);
}

/* Appends what the walk gives; the result must be the set itself. */
static void append_one(struct buf *raw, const struct mqtt_property *one) {
    enum mqtt_property_kind kind = mqtt_property_info(one->id)->kind;
    if (kind <= MQTT_KIND_VARIABLE)
        mqtt_property_append_number(raw, one->id, one->number);
    else if (kind == MQTT_KIND_PAIR)
        mqtt_property_append_user(raw, one->name, one->value);
    else
        mqtt_property_append_bytes(raw, one->id, one->value);
}

TEST(every_property_reads_back_as_written) {
    for (uint32_t id = 1; id <= MQTT_PROPERTY_ID_MAX; id++) {
        AUTO(buf) raw = {0}, again = {0};
        struct mqtt_property one;
        if (mqtt_property_info(id)->kind == MQTT_KIND_NONE)
            continue;
        append_sample(&raw, id);
        bytes left = buf_bytes(&raw);
        while (mqtt_property_next(&left, &one))
            append_one(&again, &one);
        CHECK_BYTES(buf_bytes(&again), buf_bytes(&raw));
    }
}

TEST_MAIN("mqtt/property")
