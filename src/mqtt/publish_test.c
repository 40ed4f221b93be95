#include "mqtt/publish.h"

#include "mqtt/packets_for_tests.h"

static status decode(bytes packet, enum mqtt_version version, struct mqtt_publish *p) {
    struct mqtt_frame f = frame_of(packet);
    return mqtt_publish_decode(&f, version, MQTT_FROM_CLIENT, p);
}

TEST(reads_a_publish_of_each_qos) {
    struct mqtt_publish p;
    CHECK_OK(decode(BYTES("\x30\x07\0\3a/bhi"), MQTT_3_1_1, &p));
    CHECK_INT(p.qos, 0);
    CHECK_INT(p.packet_id, 0); /* [MQTT311-2.3.1-5] [MQTT5-2.2.1-2] */
    CHECK_BYTES(p.topic, BYTES("a/b"));
    CHECK_BYTES(p.payload, BYTES("hi"));
    CHECK(!p.dup && !p.retain);
    CHECK_OK(decode(BYTES("\x3B\x09\0\3a/b\1\2hi"), MQTT_3_1_1, &p));
    CHECK_INT(p.qos, 1);
    CHECK_INT(p.packet_id, 0x0102);
    CHECK(p.dup && p.retain);
    CHECK_OK(decode(BYTES("\x34\x05\0\1t\0\1"), MQTT_3_1_1, &p));
    CHECK_INT(p.qos, 2);
    CHECK_INT(p.payload.len, 0); /* [MQTT311 3.3.3]: a zero length payload is valid */
}

TEST(reads_properties_in_5) {
    struct mqtt_publish p;
    CHECK_OK(decode(BYTES("\x30\x06\0\1t\0hi"), MQTT_5, &p));
    CHECK_INT(p.properties.raw.len, 0);
    CHECK_BYTES(p.payload, BYTES("hi"));
    CHECK_OK(decode(BYTES("\x32\x0B\0\1t\0\7\x03\x23\0\2hi"), MQTT_5, &p));
    CHECK_INT(p.packet_id, 7);
    CHECK_INT(mqtt_properties_number(&p.properties, MQTT_TOPIC_ALIAS, 0), 2);
    CHECK_BYTES(p.payload, BYTES("hi"));
}

TEST(rejects_qos_three) { /* [MQTT311-3.3.1-4] [MQTT5-3.3.1-4] */
    struct mqtt_publish p;
    CHECK_FAILS(decode(BYTES("\x36\5\0\1t\0\1"), MQTT_3_1_1, &p), E_MALFORMED, "QoS of a PUBLISH");
}

TEST(rejects_dup_with_qos_zero) { /* [MQTT311-3.3.1-2] [MQTT5-3.3.1-2] */
    struct mqtt_publish p;
    CHECK_FAILS(decode(BYTES("\x38\3\0\1t"), MQTT_3_1_1, &p), E_MALFORMED, "DUP");
}

TEST(rejects_packet_identifier_zero) { /* [MQTT311-2.3.1-1] [MQTT5-2.2.1-3] */
    struct mqtt_publish p;
    CHECK_FAILS(decode(BYTES("\x32\5\0\1t\0\0"), MQTT_3_1_1, &p), E_PROTOCOL, "is 0");
    CHECK_FAILS(decode(BYTES("\x34\6\0\1t\0\0\0"), MQTT_5, &p), E_PROTOCOL, "is 0");
}

TEST(a_topic_name_has_no_wildcards) { /* [MQTT311-3.3.2-2] [MQTT5-3.3.2-2] */
    struct mqtt_publish p;
    CHECK_FAILS(decode(BYTES("\x30\5\0\3a/+"), MQTT_3_1_1, &p), E_MALFORMED, "wildcard");
    CHECK_FAILS(decode(BYTES("\x30\4\0\1#\0"), MQTT_5, &p), E_MALFORMED, "wildcard");
}

TEST(a_topic_name_is_utf8) { /* [MQTT311-3.3.2-1] [MQTT5-3.3.2-1] */
    struct mqtt_publish p;
    CHECK_FAILS(decode(BYTES("\x30\4\0\2a\xFF"), MQTT_3_1_1, &p), E_MALFORMED, "UTF-8");
    CHECK_FAILS(decode(BYTES("\x30\4\0\2a\0"), MQTT_3_1_1, &p), E_MALFORMED, "U+0000");
}

TEST(a_topic_name_is_empty_only_beside_an_alias) { /* [MQTT311-4.7.3-1] [MQTT5 3.3.2.1] */
    struct mqtt_publish p;
    CHECK_FAILS(decode(BYTES("\x30\2\0\0"), MQTT_3_1_1, &p), E_PROTOCOL, "empty");
    CHECK_FAILS(decode(BYTES("\x30\3\0\0\0"), MQTT_5, &p), E_PROTOCOL, "alias");
    CHECK_OK(decode(BYTES("\x30\6\0\0\3\x23\0\1"), MQTT_5, &p));
}

TEST(subscription_identifiers_come_from_servers_only) { /* [MQTT5-3.3.4-6] */
    struct mqtt_publish p;
    bytes packet = BYTES("\x30\6\0\1t\2\x0B\5");
    struct mqtt_frame f = frame_of(packet);
    CHECK_FAILS(decode(packet, MQTT_5, &p), E_PROTOCOL, "only servers do");
    CHECK_OK(mqtt_publish_decode(&f, MQTT_5, MQTT_FROM_SERVER, &p));
}

TEST(split_leaves_the_characters_of_the_topic_name_to_the_caller) {
    struct mqtt_publish p;
    CHECK_OK(mqtt_publish_split(FRAME("\x30\3\0\1+"), MQTT_3_1_1, MQTT_FROM_CLIENT, &p));
    CHECK_FAILS(mqtt_publish_check_topic(&p), E_MALFORMED, "wildcard");
}

TEST(the_short_way_and_the_long_way_agree) {
    static const bytes packets[] = {
        {(const uint8_t *)"\x30\x07\0\3a/bhi", 9},
        {(const uint8_t *)"\x3B\x09\0\3a/b\1\2hi", 11},
        {(const uint8_t *)"\x32\x0B\0\1t\0\7\x03\x23\0\2hi", 13},
        {(const uint8_t *)"\x32\5\0\1t\0\0", 7},
        {(const uint8_t *)"\x30\1\0", 3},
        {(const uint8_t *)"\x30\2\0\1", 4},
    };
    for (size_t i = 0; i < 2 * COUNT_OF(packets); i++) {
        enum mqtt_version version = i % 2 ? MQTT_5 : MQTT_3_1_1;
        struct mqtt_frame f = frame_of(packets[i / 2]);
        struct mqtt_publish a = {0}, b = {0};
        status s = mqtt_publish_split(&f, version, MQTT_FROM_SERVER, &a);
        CHECK_INT(s, mqtt_publish_split_long(&f, version, MQTT_FROM_SERVER, &b));
        CHECK(a.qos == b.qos && a.dup == b.dup && a.retain == b.retain);
        CHECK_INT(a.packet_id, b.packet_id);
        CHECK_BYTES(a.topic, b.topic);
        CHECK_BYTES(a.payload, b.payload);
        CHECK_BYTES(a.properties.raw, b.properties.raw);
    }
}

/* Until the payload begins, less is malformed. */
static void decode_prefix(bytes prefix) {
    struct mqtt_publish p;
    for (uint8_t header = 0x30; header <= 0x35; header++) {
        struct mqtt_frame f = frame_with(header, prefix);
        CHECK(mqtt_publish_decode(&f, MQTT_5, MQTT_FROM_SERVER, &p) == E_MALFORMED);
    }
}

TEST(each_truncation_of_a_publish_is_malformed) {
    test_each_truncation(BYTES("\0\3a/b\1\2\6\x23\0\2\x0B\1"), decode_prefix);
}

TEST(a_publish_is_written_as_it_was_read) {
    static const struct {
        enum mqtt_version version;
        bytes packet;
    } cases[] = {
        {MQTT_3_1_1, {(const uint8_t *)"\x30\x07\0\3a/bhi", 9}},
        {MQTT_3_1_1, {(const uint8_t *)"\x3D\x09\0\3a/b\1\2hi", 11}},
        {MQTT_5, {(const uint8_t *)"\x32\x0B\0\1t\0\7\x03\x23\0\2hi", 13}},
        {MQTT_5, {(const uint8_t *)"\x30\6\0\0\3\x23\0\1", 8}},
        {MQTT_5, {(const uint8_t *)"\x31\4\0\1t\0", 6}},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(buf) b = {0};
        struct mqtt_publish p;
        CHECK_OK(decode(cases[i].packet, cases[i].version, &p));
        mqtt_publish_encode(&p, cases[i].version, &b);
        CHECK_BYTES(buf_bytes(&b), cases[i].packet);
    }
}

TEST(a_header_is_written_where_the_caller_wants_it) {
    struct mqtt_publish p = {
        .qos = 1, .packet_id = 0x0102, .topic = BYTES("a/b"), .payload = BYTES("payload")};
    uint8_t room[64];
    size_t at;
    CHECK(mqtt_publish_header_bytes_max(&p) <= sizeof room);
    size_t len = mqtt_publish_header_encode(&p, MQTT_3_1_1, room, &at);
    CHECK_BYTES(bytes_of(room, len), BYTES("\x32\x0E\0\3a/b\1\2"));
    CHECK_INT(at, 7);
    p.properties.raw = BYTES("\x23\0\1");
    len = mqtt_publish_header_encode(&p, MQTT_5, room, &at);
    CHECK_BYTES(bytes_of(room, len), BYTES("\x32\x12\0\3a/b\1\2\3\x23\0\1"));
    CHECK_INT(at, 7);
    p.qos = 0;
    len = mqtt_publish_header_encode(&p, MQTT_3_1_1, room, &at);
    CHECK_BYTES(bytes_of(room, len), BYTES("\x30\x0C\0\3a/b"));
    CHECK_INT(at, 0);
}

TEST(a_long_payload_moves_the_packet_identifier) {
    static uint8_t payload[200];
    struct mqtt_publish p = {
        .qos = 2, .packet_id = 9, .topic = BYTES("t"), .payload = {payload, sizeof payload}};
    uint8_t room[64];
    size_t at, len = mqtt_publish_header_encode(&p, MQTT_3_1_1, room, &at);
    CHECK_BYTES(bytes_of(room, len), BYTES("\x34\xCD\1\0\1t\0\x09"));
    CHECK_INT(at, 6);
}

static status decode_ack(bytes packet, enum mqtt_version version, struct mqtt_ack *a) {
    struct mqtt_frame f = frame_of(packet);
    return mqtt_ack_decode(&f, version, a);
}

TEST(reads_all_four_acknowledgements) {
    struct mqtt_ack a;
    static const uint8_t headers[] = {0x40, 0x50, 0x62,
                                      0x70}; /* [MQTT311-3.6.1-1] [MQTT5-3.6.1-1] */
    for (size_t i = 0; i < COUNT_OF(headers); i++) {
        uint8_t packet[] = {headers[i], 2, 1, 2}, written[MQTT_ACK_BYTES];
        CHECK_OK(decode_ack(bytes_of(packet, sizeof packet), MQTT_3_1_1, &a));
        CHECK_INT(a.type, MQTT_PUBACK + i);
        CHECK_INT(a.packet_id, 0x0102);
        CHECK_INT(a.reason, MQTT_REASON_SUCCESS);
        mqtt_ack_write(a.type, a.packet_id, written);
        CHECK_BYTES(bytes_of(written, sizeof written), bytes_of(packet, sizeof packet));
    }
}

TEST(reason_and_properties_may_be_left_out_from_the_end) { /* [MQTT5 3.4.2.1] */
    struct mqtt_ack a;
    CHECK_OK(decode_ack(BYTES("\x40\3\0\1\x87"), MQTT_5, &a));
    CHECK_INT(a.reason, MQTT_REASON_NOT_AUTHORIZED);
    CHECK_OK(decode_ack(BYTES("\x40\4\0\1\x10\0"), MQTT_5, &a));
    CHECK_INT(a.reason, MQTT_REASON_NO_MATCHING_SUBSCRIBERS);
    CHECK_OK(decode_ack(BYTES("\x40\x08\0\1\x87\4\x1F\0\1x"), MQTT_5, &a));
    CHECK(mqtt_properties_have(&a.properties, MQTT_REASON_STRING));
}

TEST(rejects_acknowledgements_that_are_not) {
    struct mqtt_ack a;
    CHECK_FAILS(decode_ack(BYTES("\x40\2\0\0"), MQTT_3_1_1, &a), E_PROTOCOL, "is 0");
    CHECK_FAILS(decode_ack(BYTES("\x40\3\0\1\0"), MQTT_3_1_1, &a), E_MALFORMED, "left over");
    CHECK_FAILS(decode_ack(BYTES("\x60\2\0\1"), MQTT_3_1_1, &a), E_MALFORMED,
                "must be 2"); /* [MQTT311-3.6.1-1] */
    CHECK_FAILS(decode_ack(BYTES("\x42\2\0\1"), MQTT_3_1_1, &a), E_MALFORMED, "must be 0");
    CHECK_FAILS(decode_ack(BYTES("\x40\3\0\1\x92"), MQTT_5, &a), E_PROTOCOL,
                "0x92"); /* [MQTT5-3.4.2-1] */
    CHECK_FAILS(decode_ack(BYTES("\x62\3\0\1\x87"), MQTT_5, &a), E_PROTOCOL,
                "0x87"); /* [MQTT5-3.6.2-1] */
    CHECK_FAILS(decode_ack(BYTES("\xC0\0"), MQTT_5, &a), E_PROTOCOL, "acknowledgement is due");
}

static void decode_ack_prefix(bytes prefix) {
    struct mqtt_ack a;
    struct mqtt_frame f = frame_with(0x40, prefix);
    bool whole = prefix.len == 2 || prefix.len == 3;
    CHECK_INT(mqtt_ack_decode(&f, MQTT_5, &a), whole ? OK : E_MALFORMED);
}

TEST(each_truncation_of_an_acknowledgement_is_malformed_or_a_shorter_one) {
    test_each_truncation(BYTES("\0\1\x87\4\x1F\0\1x"), decode_ack_prefix);
}

TEST(acknowledgements_are_written_in_their_shortest_form) {
    static const bytes packets[] = {{(const uint8_t *)"\x40\2\0\1", 4},
                                    {(const uint8_t *)"\x50\3\0\1\x87", 5},
                                    {(const uint8_t *)"\x62\x08\0\1\0\4\x1F\0\1x", 10}};
    for (size_t i = 0; i < COUNT_OF(packets); i++) {
        AUTO(buf) b = {0};
        struct mqtt_ack a;
        CHECK_OK(decode_ack(packets[i], MQTT_5, &a));
        mqtt_ack_encode(&a, MQTT_5, &b);
        CHECK_BYTES(buf_bytes(&b), packets[i]);
        buf_clear(&b);
        mqtt_ack_encode(&a, MQTT_3_1_1, &b);
        CHECK_INT(b.len, 4);
    }
}

TEST_MAIN("mqtt/publish")
