#include "mqtt/subscribe.h"

#include "mqtt/packets_for_tests.h"
#include "mqtt/reason.h"

static status decode(bytes body, enum mqtt_version version, struct mqtt_subscribe *s) {
    struct mqtt_frame f = frame_with(0x82, body);
    return mqtt_subscribe_decode(&f, version, s);
}

TEST(reads_the_filters_of_a_subscribe_in_order) { /* [MQTT311-3.8.4-4] [MQTT5-3.8.4-5] */
    struct mqtt_subscribe s;
    struct mqtt_subscription one;
    CHECK_OK(decode(BYTES("\0\7\0\3a/+\1\0\1#\2"), MQTT_3_1_1, &s));
    CHECK_INT(s.packet_id, 7);
    CHECK_INT(s.count, 2);
    bytes left = s.payload;
    CHECK(mqtt_subscribe_next(&left, &one));
    CHECK_BYTES(one.filter, BYTES("a/+"));
    CHECK_INT(one.qos, 1);
    CHECK(mqtt_subscribe_next(&left, &one));
    CHECK_BYTES(one.filter, BYTES("#"));
    CHECK_INT(one.qos, 2);
    CHECK(!mqtt_subscribe_next(&left, &one));
}

TEST(reads_options_and_properties_in_5) { /* [MQTT5 3.8.3.1] */
    struct mqtt_subscribe s;
    struct mqtt_subscription one;
    CHECK_OK(decode(BYTES("\0\7\2\x0B\5\0\1a\x2D"), MQTT_5, &s));
    CHECK_INT(mqtt_properties_number(&s.properties, MQTT_SUBSCRIPTION_IDENTIFIER, 0), 5);
    bytes left = s.payload;
    CHECK(mqtt_subscribe_next(&left, &one));
    CHECK_INT(one.qos, 1);
    CHECK(one.no_local && one.retain_as_published);
    CHECK_INT(one.retain_handling, 2);
}

TEST(a_subscribe_has_its_fixed_header_flags) { /* [MQTT311-3.8.1-1] [MQTT5-3.8.1-1] */
    struct mqtt_subscribe s;
    struct mqtt_frame f = frame_with(0x80, BYTES("\0\7\0\1a\1"));
    CHECK_FAILS(mqtt_subscribe_decode(&f, MQTT_3_1_1, &s), E_MALFORMED, "must be 2");
}

TEST(a_subscribe_has_at_least_one_filter) { /* [MQTT311-3.8.3-3] [MQTT5-3.8.3-2] */
    struct mqtt_subscribe s;
    CHECK_FAILS(decode(BYTES("\0\7"), MQTT_3_1_1, &s), E_PROTOCOL, "no topic filter");
    CHECK_FAILS(decode(BYTES("\0\7\0"), MQTT_5, &s), E_PROTOCOL, "no topic filter");
}

TEST(reserved_option_bits_are_zero) { /* [MQTT311-3.8.3-4] [MQTT5-3.8.3-5] */
    struct mqtt_subscribe s;
    for (unsigned options = 0; options < 256; options++) {
        uint8_t body[] = {0, 7, 0, 1, 'a', (uint8_t)options},
                body5[] = {0, 7, 0, 0, 1, 'a', (uint8_t)options};
        bool good5 = options < 0x30 && (options & 3) < 3;
        CHECK((decode(bytes_of(body, 6), MQTT_3_1_1, &s) == OK) == (options < 3));
        CHECK((decode(bytes_of(body5, 7), MQTT_5, &s) == OK) == good5);
    }
    CHECK_FAILS(decode(BYTES("\0\7\0\1a\3"), MQTT_3_1_1, &s), E_MALFORMED, "QoS 3");
    CHECK_FAILS(decode(BYTES("\0\7\0\0\1a\3"), MQTT_5, &s), E_PROTOCOL, "QoS 3");
    CHECK_FAILS(decode(BYTES("\0\7\0\0\1a\x30"), MQTT_5, &s), E_PROTOCOL, "Retain Handling");
    CHECK_FAILS(decode(BYTES("\0\7\0\0\1a\x40"), MQTT_5, &s), E_MALFORMED, "reserved");
}

TEST(every_filter_is_checked) { /* [MQTT311-3.8.3-1] [MQTT5-3.8.3-1] [MQTT311-4.7.3-1] */
    struct mqtt_subscribe s;
    CHECK_FAILS(decode(BYTES("\0\7\0\1a\1\0\0\1"), MQTT_3_1_1, &s), E_MALFORMED, "empty");
    CHECK_FAILS(decode(BYTES("\0\7\0\1a\1\0\2a#\1"), MQTT_3_1_1, &s), E_MALFORMED, "'#'");
    CHECK_FAILS(decode(BYTES("\0\7\0\1a\1\0\1\xFF\1"), MQTT_3_1_1, &s), E_MALFORMED, "UTF-8");
    CHECK_FAILS(decode(BYTES("\0\0\0\1a\1"), MQTT_3_1_1, &s), E_PROTOCOL, "is 0");
}

TEST(no_local_does_not_go_with_a_shared_subscription) { /* [MQTT5-3.8.3-4] */
    struct mqtt_subscribe s;
    CHECK_OK(decode(BYTES("\0\7\0\0\x0A$share/g/a\1"), MQTT_5, &s));
    CHECK_FAILS(decode(BYTES("\0\7\0\0\x0A$share/g/a\5"), MQTT_5, &s), E_PROTOCOL, "No Local");
}

TEST(the_form_of_shared_subscriptions_is_checked_in_5) { /* [MQTT5-4.8.2-1] [MQTT5-4.8.2-2] */
    struct mqtt_subscribe s;
    CHECK_FAILS(decode(BYTES("\0\7\0\0\x08$share/g\0"), MQTT_5, &s), E_MALFORMED, "GROUP");
    CHECK_FAILS(decode(BYTES("\0\7\0\0\x0A$share/+/a\0"), MQTT_5, &s), E_MALFORMED, "GROUP");
    CHECK_OK(decode(BYTES("\0\7\0\x08$share/g\0"), MQTT_3_1_1, &s));
}

static void decode_prefix(bytes prefix) {
    struct mqtt_subscribe s;
    bool whole = prefix.len == 9; /* its first filter alone */
    status got = decode(prefix, MQTT_5, &s);
    CHECK(whole ? got == OK : got == E_MALFORMED || (prefix.len == 5 && got == E_PROTOCOL));
}

TEST(each_truncation_of_a_subscribe_is_malformed_or_a_shorter_one) {
    test_each_truncation(BYTES("\0\7\2\x0B\5\0\1a\x2D\0\3b/#\1"), decode_prefix);
}

TEST(a_subscribe_is_written_as_it_was_read) {
    AUTO(buf) payload = {0}, b = {0};
    struct mqtt_subscribe s;
    struct mqtt_subscription one;
    bytes packet = BYTES("\x82\x0F\0\7\2\x0B\5\0\1a\x2D\0\3b/#\1");
    struct mqtt_frame f = frame_of(packet);
    CHECK_OK(mqtt_subscribe_decode(&f, MQTT_5, &s));
    bytes left = s.payload;
    while (mqtt_subscribe_next(&left, &one))
        mqtt_subscription_append(&payload, &one);
    s.payload = buf_bytes(&payload);
    mqtt_subscribe_encode(&s, MQTT_5, &b);
    CHECK_BYTES(buf_bytes(&b), packet);
}

static status decode_unsubscribe(bytes body, enum mqtt_version version,
                                 struct mqtt_unsubscribe *u) {
    struct mqtt_frame f = frame_with(0xA2, body);
    return mqtt_unsubscribe_decode(&f, version, u);
}

TEST(reads_and_writes_an_unsubscribe) {
    AUTO(buf) b = {0};
    struct mqtt_unsubscribe u;
    bytes filter, body = BYTES("\0\7\0\0\1a\0\3b/#");
    CHECK_OK(decode_unsubscribe(body, MQTT_5, &u));
    CHECK_INT(u.count, 2);
    bytes left = u.payload;
    CHECK(mqtt_unsubscribe_next(&left, &filter));
    CHECK_BYTES(filter, BYTES("a"));
    CHECK(mqtt_unsubscribe_next(&left, &filter));
    CHECK_BYTES(filter, BYTES("b/#"));
    CHECK(!mqtt_unsubscribe_next(&left, &filter));
    mqtt_unsubscribe_encode(&u, MQTT_5, &b);
    struct mqtt_frame f = frame_of(buf_bytes(&b));
    CHECK_INT(f.header, 0xA2);
    CHECK_BYTES(f.body, body);
}

TEST(rejects_an_unsubscribe_that_says_what_it_may_not) {
    struct mqtt_unsubscribe u;
    CHECK_FAILS(decode_unsubscribe(BYTES("\0\7"), MQTT_3_1_1, &u), E_PROTOCOL,
                "no topic filter"); /* [MQTT311-3.10.3-2] [MQTT5-3.10.3-2] */
    CHECK_FAILS(decode_unsubscribe(BYTES("\0\7\0\1\xFF"), MQTT_3_1_1, &u), E_MALFORMED,
                "UTF-8"); /* [MQTT311-3.10.3-1] [MQTT5-3.10.3-1] */
    CHECK_FAILS(decode_unsubscribe(BYTES("\0\0\0\1a"), MQTT_3_1_1, &u), E_PROTOCOL, "is 0");
    struct mqtt_frame f = frame_with(0xA0, BYTES("\0\7\0\1a"));
    CHECK_FAILS(mqtt_unsubscribe_decode(&f, MQTT_3_1_1, &u), E_MALFORMED,
                "must be 2"); /* [MQTT311-3.10.1-1] [MQTT5-3.10.1-1] */
}

static void decode_unsubscribe_prefix(bytes prefix) {
    struct mqtt_unsubscribe u;
    status got = decode_unsubscribe(prefix, MQTT_3_1_1, &u);
    CHECK(prefix.len == 5 ? got == OK
                          : got == E_MALFORMED || (prefix.len == 2 && got == E_PROTOCOL));
}

TEST(each_truncation_of_an_unsubscribe_is_malformed_or_a_shorter_one) {
    test_each_truncation(BYTES("\0\7\0\1a\0\3b/#"), decode_unsubscribe_prefix);
}

TEST(reads_and_writes_subacks) {
    static const struct {
        enum mqtt_version version;
        bytes packet;
    } cases[] = {{MQTT_3_1_1, {(const uint8_t *)"\x90\5\0\7\0\1\x80", 7}},
                 {MQTT_5, {(const uint8_t *)"\x90\x08\0\7\4\x1F\0\1x\x87", 10}}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(buf) b = {0};
        struct mqtt_suback s;
        struct mqtt_frame f = frame_of(cases[i].packet);
        CHECK_OK(mqtt_suback_decode(&f, cases[i].version, &s));
        CHECK_INT(s.packet_id, 7);
        mqtt_suback_encode(&s, cases[i].version, &b);
        CHECK_BYTES(buf_bytes(&b), cases[i].packet);
    }
}

TEST(subacks_hold_only_their_codes) { /* [MQTT311-3.9.3-2] [MQTT5-3.9.3-2] */
    struct mqtt_suback s;
    CHECK_FAILS(mqtt_suback_decode(FRAME("\x90\3\0\7\3"), MQTT_3_1_1, &s), E_PROTOCOL, "0x03");
    CHECK_FAILS(mqtt_suback_decode(FRAME("\x90\3\0\7\x87"), MQTT_3_1_1, &s), E_PROTOCOL, "0x87");
    CHECK_FAILS(mqtt_suback_decode(FRAME("\x90\4\0\7\0\x11"), MQTT_5, &s), E_PROTOCOL, "0x11");
    CHECK_FAILS(mqtt_suback_decode(FRAME("\x90\2\0\7"), MQTT_3_1_1, &s), E_PROTOCOL, "no code");
}

TEST(unsubacks_hold_codes_in_5_only) { /* [MQTT311 3.11.3] [MQTT5-3.11.3-2] */
    AUTO(buf) b = {0};
    struct mqtt_suback s;
    CHECK_OK(mqtt_unsuback_decode(FRAME("\xB0\2\0\7"), MQTT_3_1_1, &s));
    mqtt_unsuback_encode(&s, MQTT_3_1_1, &b);
    CHECK_BYTES(buf_bytes(&b), BYTES("\xB0\2\0\7"));
    CHECK_FAILS(mqtt_unsuback_decode(FRAME("\xB0\3\0\7\0"), MQTT_3_1_1, &s), E_MALFORMED,
                "left over");
    CHECK_OK(mqtt_unsuback_decode(FRAME("\xB0\4\0\7\0\x11"), MQTT_5, &s));
    buf_clear(&b);
    mqtt_unsuback_encode(&s, MQTT_5, &b);
    CHECK_BYTES(buf_bytes(&b), BYTES("\xB0\4\0\7\0\x11"));
    CHECK_FAILS(mqtt_unsuback_decode(FRAME("\xB0\4\0\7\0\1"), MQTT_5, &s), E_PROTOCOL, "0x01");
}

static void decode_suback_prefix(bytes prefix) {
    struct mqtt_suback s;
    struct mqtt_frame suback = frame_with(0x90, prefix), unsuback = frame_with(0xB0, prefix);
    status want = prefix.len == 7 ? E_PROTOCOL : E_MALFORMED;
    CHECK_INT(mqtt_suback_decode(&suback, MQTT_5, &s), want);
    CHECK_INT(mqtt_unsuback_decode(&unsuback, MQTT_5, &s), want);
}

TEST(each_truncation_of_a_suback_is_refused) {
    test_each_truncation(BYTES("\0\7\4\x1F\0\1x\x87"), decode_suback_prefix);
}

TEST_MAIN("mqtt/subscribe")
