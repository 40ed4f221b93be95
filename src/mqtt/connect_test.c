#include "mqtt/connect.h"

#include "mqtt/packets_for_tests.h"
#include "mqtt/reason.h"

static status decode(bytes body, struct mqtt_connect *c) {
    struct mqtt_frame f = frame_with(MQTT_CONNECT << 4, body);
    return mqtt_connect_decode(&f, c);
}

/* clean start, will retained with QoS 1, user name, password; keep alive 60 */
#define FULL_3_1_1                     \
    "\0\4MQTT\4\xEE\0\x3C\0\3dev\0\1w" \
    "\0\3bye\0\4user\0\2pw"
#define FULL_5                                         \
    "\0\4MQTT\5\xEE\0\x3C\x08\x11\0\0\1\x2C\x21\0\x14" \
    "\0\3dev\x05\x18\0\0\0\x05\0\1w\0\3bye\0\4user\0\2pw"

static void check_full(const struct mqtt_connect *c) {
    CHECK(c->clean_start && c->has_will && c->has_user_name && c->has_password);
    CHECK_INT(c->keep_alive_s, 60);
    CHECK_BYTES(c->client_id, BYTES("dev"));
    CHECK(c->will.retain);
    CHECK_INT(c->will.qos, 1);
    CHECK_BYTES(c->will.topic, BYTES("w"));
    CHECK_BYTES(c->will.payload, BYTES("bye"));
    CHECK_BYTES(c->user_name, BYTES("user"));
    CHECK_BYTES(c->password, BYTES("pw"));
}

TEST(reads_a_connect_of_either_version) { /* [MQTT311-3.1.3-1] [MQTT5-3.1.3-1] */
    struct mqtt_connect c;
    CHECK_OK(decode(BYTES(FULL_3_1_1), &c));
    check_full(&c);
    CHECK_INT(c.version, MQTT_3_1_1);
    CHECK_OK(decode(BYTES(FULL_5), &c));
    check_full(&c);
    CHECK_INT(c.version, MQTT_5);
    CHECK_INT(mqtt_properties_number(&c.properties, MQTT_SESSION_EXPIRY_INTERVAL, 0), 300);
    CHECK_INT(mqtt_properties_number(&c.will.properties, MQTT_WILL_DELAY_INTERVAL, 0), 5);
}

TEST(reads_the_least_connect) { /* an empty client identifier [MQTT311-3.1.3-6] [MQTT5-3.1.3-6] */
    struct mqtt_connect c;
    CHECK_OK(decode(BYTES("\0\4MQTT\4\2\0\0\0\0"), &c));
    CHECK(c.clean_start && !c.has_will && !c.has_user_name && !c.has_password);
    CHECK_INT(c.client_id.len, 0);
    CHECK_OK(decode(BYTES("\0\4MQTT\5\0\0\0\0\0\0"), &c));
    CHECK(!c.clean_start);
}

TEST(rejects_a_connect_with_the_reserved_flag_set) { /* [MQTT311-3.1.2-3] [MQTT5-3.1.2-3] */
    struct mqtt_connect c;
    CHECK_FAILS(decode(BYTES("\0\4MQTT\4\3\0\x3c\0\2d1"), &c), E_MALFORMED, "reserved flag");
    CHECK_FAILS(decode(BYTES("\0\4MQTT\5\3\0\x3c\0\0\2d1"), &c), E_MALFORMED, "reserved flag");
}

TEST(rejects_fixed_header_flags) { /* [MQTT311-2.2.2-2] [MQTT5-2.1.3-1] */
    struct mqtt_connect c;
    struct mqtt_frame f = frame_with(0x11, BYTES("\0\4MQTT\4\2\0\x3c\0\2d1"));
    CHECK_FAILS(mqtt_connect_decode(&f, &c), E_MALFORMED, "flags of CONNECT");
    f.header = 0xC0;
    CHECK_FAILS(mqtt_connect_decode(&f, &c), E_PROTOCOL, "PINGREQ packet stands where a CONNECT");
}

TEST(a_will_has_qos_up_to_two_and_no_flags_without_it) {
    struct mqtt_connect c;
    /* [MQTT311-3.1.2-14] [MQTT5-3.1.2-12] */
    CHECK_FAILS(decode(BYTES("\0\4MQTT\4\x1E\0\0\0\1d\0\1t\0\0"), &c), E_MALFORMED, "3");
    /* [MQTT311-3.1.2-13] [MQTT5-3.1.2-11] */
    CHECK_FAILS(decode(BYTES("\0\4MQTT\4\x0A\0\0\0\1d"), &c), E_MALFORMED, "will it does not");
    /* [MQTT311-3.1.2-15] [MQTT5-3.1.2-13] */
    CHECK_FAILS(decode(BYTES("\0\4MQTT\5\x22\0\0\0\0\1d"), &c), E_MALFORMED, "will it does not");
}

TEST(a_will_topic_is_a_topic_name) { /* [MQTT311-3.1.3-10] [MQTT311-4.7.1-1] [MQTT5-3.1.3-11] */
    struct mqtt_connect c;
    CHECK_FAILS(decode(BYTES("\0\4MQTT\4\6\0\0\0\1d\0\3a/#\0\0"), &c), E_MALFORMED, "wildcard");
    CHECK_FAILS(decode(BYTES("\0\4MQTT\4\6\0\0\0\1d\0\0\0\0"), &c), E_MALFORMED, "empty");
    CHECK_FAILS(decode(BYTES("\0\4MQTT\4\6\0\0\0\1d\0\1\xFF\0\0"), &c), E_MALFORMED, "UTF-8");
}

TEST(a_password_without_user_name_is_for_5_only) { /* [MQTT311-3.1.2-22] */
    struct mqtt_connect c;
    CHECK_FAILS(decode(BYTES("\0\4MQTT\4\x42\0\0\0\1d\0\1p"), &c), E_MALFORMED, "no user name");
    CHECK_OK(decode(BYTES("\0\4MQTT\5\x42\0\0\0\0\1d\0\1p"), &c));
    CHECK(c.has_password && !c.has_user_name);
}

TEST(flags_decide_what_the_payload_holds) { /* [MQTT311-3.1.2-18] to -21 [MQTT5-3.1.2-16] to -19 */
    struct mqtt_connect c;
    CHECK_FAILS(decode(BYTES("\0\4MQTT\4\x82\0\0\0\1d"), &c), E_MALFORMED, "user name");
    CHECK_FAILS(decode(BYTES("\0\4MQTT\4\xC2\0\0\0\1d\0\1u"), &c), E_MALFORMED, "password");
    CHECK_FAILS(decode(BYTES("\0\4MQTT\4\2\0\0\0\1d\0\1u"), &c), E_MALFORMED, "left over");
}

TEST(client_identifier_and_user_name_are_utf8) { /* [MQTT311-3.1.3-4] [MQTT311-3.1.3-11]
                                                    [MQTT5-3.1.3-4] [MQTT5-3.1.3-12] */
    struct mqtt_connect c;
    CHECK_FAILS(decode(BYTES("\0\4MQTT\4\2\0\0\0\1\xC0"), &c), E_MALFORMED, "client identifier");
    CHECK_FAILS(decode(BYTES("\0\4MQTT\4\2\0\0\0\1\0"), &c), E_MALFORMED, "client identifier");
    CHECK_FAILS(decode(BYTES("\0\4MQTT\4\x82\0\0\0\1d\0\1\xC0"), &c), E_MALFORMED, "user name");
}

TEST(another_protocol_name_is_a_protocol_error) { /* [MQTT311-3.1.2-1] [MQTT5-3.1.2-1] */
    struct mqtt_connect c;
    CHECK_FAILS(decode(BYTES("\0\4mqtt\4\2\0\0\0\1d"), &c), E_PROTOCOL, "not MQTT");
    CHECK(decode(BYTES("\0\4MQT"), &c) == E_MALFORMED);
}

TEST(levels_not_spoken_here_get_an_answer_of_their_shape) { /* [MQTT311-3.1.2-2] [MQTT5-3.1.2-2] */
    static const struct {
        bytes body;
        size_t refusal_bytes;
        uint8_t code;
    } cases[] = {
        {{(const uint8_t *)"\0\6MQIsdp\3\2\0\0\0\1d", 15}, 4, 1},
        {{(const uint8_t *)"\0\4MQTT\3\2\0\0\0\1d", 13}, 4, 1},
        {{(const uint8_t *)"\0\4MQTT\x84\2\0\0\0\1d", 13}, 4, 1}, /* a bridge's 4 */
        {{(const uint8_t *)"\0\4MQTT\6\2\0\0\0\0\1d", 14}, 5, 0x84},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct mqtt_connect c;
        struct mqtt_frame f = frame_with(0x10, cases[i].body);
        CHECK_FAILS(mqtt_connect_decode(&f, &c), E_NOT_IMPLEMENTED, "not spoken");
        bytes refusal = mqtt_connect_refusal(&f);
        CHECK_INT(refusal.len, cases[i].refusal_bytes);
        CHECK_INT(refusal.ptr[3], cases[i].code);
        CHECK_INT(mqtt_connect_peek_version(&f), MQTT_VERSION_UNKNOWN);
    }
}

TEST(the_version_of_a_connect_that_does_not_decode_is_still_known) {
    struct mqtt_frame f = frame_with(0x10, BYTES("\0\4MQTT\5\3"));
    CHECK_INT(mqtt_connect_peek_version(&f), MQTT_5);
    f.body = BYTES("\0\4MQTT\4");
    CHECK_INT(mqtt_connect_peek_version(&f), MQTT_3_1_1);
    f.body = BYTES("\0\4MQTT");
    CHECK_INT(mqtt_connect_peek_version(&f), MQTT_VERSION_UNKNOWN);
}

TEST(authentication_data_needs_a_method) { /* [MQTT5 3.1.2.11.10] */
    struct mqtt_connect c;
    CHECK_FAILS(decode(BYTES("\0\4MQTT\5\2\0\0\x04\x16\0\1x\0\1d"), &c), E_PROTOCOL, "Method");
}

TEST(properties_of_a_will_are_not_those_of_connect) { /* [MQTT5 3.1.3.2] */
    struct mqtt_connect c;
    CHECK_FAILS(decode(BYTES("\0\4MQTT\5\2\0\0\x05\x18\0\0\0\1\0\1d"), &c), E_MALFORMED,
                "WILL_DELAY_INTERVAL does not belong in a CONNECT");
    CHECK_FAILS(decode(BYTES("\0\4MQTT\5\6\0\0\0\0\1d\x03\x21\0\1\0\1t\0\0"), &c), E_MALFORMED,
                "RECEIVE_MAXIMUM does not belong in a will");
}

static void decode_prefix(bytes prefix) {
    struct mqtt_connect c;
    struct mqtt_frame f = frame_with(0x10, prefix);
    CHECK(decode(prefix, &c) == E_MALFORMED);
    (void)mqtt_connect_peek_version(&f);
    CHECK(mqtt_connect_refusal(&f).len >= 4);
}

TEST(each_truncation_of_a_connect_is_malformed) {
    test_each_truncation(BYTES(FULL_3_1_1), decode_prefix);
    test_each_truncation(BYTES(FULL_5), decode_prefix);
}

TEST(a_connect_is_written_as_it_was_read) {
    static const bytes bodies[] = {
        {(const uint8_t *)FULL_3_1_1, sizeof FULL_3_1_1 - 1},
        {(const uint8_t *)FULL_5, sizeof FULL_5 - 1},
        {(const uint8_t *)"\0\4MQTT\4\0\0\0\0\1d", 13},
    };
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        AUTO(buf) b = {0};
        struct mqtt_connect c;
        CHECK_OK(decode(bodies[i], &c));
        mqtt_connect_encode(&c, &b);
        struct mqtt_frame f = frame_of(buf_bytes(&b));
        CHECK_INT(f.header, 0x10);
        CHECK_BYTES(f.body, bodies[i]);
    }
}

TEST(reads_a_connack_of_either_version) {
    struct mqtt_connack c;
    CHECK_OK(mqtt_connack_decode(FRAME("\x20\2\1\0"), MQTT_3_1_1, &c));
    CHECK(c.session_present);
    CHECK_INT(c.code, 0);
    CHECK_OK(mqtt_connack_decode(FRAME("\x20\x06\0\x87\x03\x21\0\1"), MQTT_5, &c));
    CHECK_INT(c.code, MQTT_REASON_NOT_AUTHORIZED);
    CHECK_INT(mqtt_properties_number(&c.properties, MQTT_RECEIVE_MAXIMUM, 0), 1);
}

TEST(rejects_a_connack_that_says_what_it_may_not) {
    struct mqtt_connack c;
    CHECK_FAILS(mqtt_connack_decode(FRAME("\x20\2\2\0"), MQTT_3_1_1, &c), E_MALFORMED,
                "reserved"); /* [MQTT5-3.2.2-1] */
    CHECK_FAILS(mqtt_connack_decode(FRAME("\x20\2\1\5"), MQTT_3_1_1, &c), E_PROTOCOL,
                "session is present"); /* [MQTT311-3.2.2-4] [MQTT5-3.2.2-6] */
    CHECK_FAILS(mqtt_connack_decode(FRAME("\x20\2\0\6"), MQTT_3_1_1, &c), E_PROTOCOL, "0x06");
    CHECK_FAILS(mqtt_connack_decode(FRAME("\x20\3\0\5\0"), MQTT_5, &c), E_PROTOCOL,
                "0x05"); /* [MQTT5-3.2.2-8] */
    CHECK_FAILS(mqtt_connack_decode(FRAME("\x20\3\0\0\0"), MQTT_3_1_1, &c), E_MALFORMED,
                "left over");
}

static void decode_connack_prefix(bytes prefix) {
    struct mqtt_connack c;
    struct mqtt_frame f = frame_with(0x20, prefix);
    CHECK(mqtt_connack_decode(&f, MQTT_5, &c) == E_MALFORMED);
}

TEST(each_truncation_of_a_connack_is_malformed) {
    test_each_truncation(BYTES("\0\x87\x06\x21\0\1\x13\0\1"), decode_connack_prefix);
}

TEST(a_connack_is_written_as_it_was_read) {
    AUTO(buf) b = {0};
    struct mqtt_connack c;
    bytes five = BYTES("\x20\x06\1\0\x03\x21\0\1"), four = BYTES("\x20\2\0\5");
    CHECK_OK(mqtt_connack_decode(&(struct mqtt_frame){0x20, bytes_skip(five, 2), 8}, MQTT_5, &c));
    mqtt_connack_encode(&c, MQTT_5, &b);
    CHECK_BYTES(buf_bytes(&b), five);
    buf_clear(&b);
    CHECK_OK(
        mqtt_connack_decode(&(struct mqtt_frame){0x20, bytes_skip(four, 2), 4}, MQTT_3_1_1, &c));
    mqtt_connack_encode(&c, MQTT_3_1_1, &b);
    CHECK_BYTES(buf_bytes(&b), four);
}

TEST_MAIN("mqtt/connect")
