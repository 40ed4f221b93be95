#include "mqtt/packet.h"

#include "mqtt/internal.h"
#include "mqtt/packets_for_tests.h"

#include <string.h>

static enum mqtt_frame_state find(bytes in, size_t most, struct mqtt_frame *f) {
    return mqtt_frame_find(in, most, f);
}

TEST(finds_a_packet_and_leaves_the_next_alone) { /* [MQTT311 2.2] [MQTT5 2.1] */
    struct mqtt_frame f;
    CHECK_INT(find(BYTES("\xC0\0\x40\2\0\1"), 100, &f), MQTT_FRAME_COMPLETE);
    CHECK_INT(mqtt_frame_type(&f), MQTT_PINGREQ);
    CHECK_INT(f.total_bytes, 2);
    CHECK_INT(f.body.len, 0);
    CHECK_INT(find(BYTES("\x34\3abc\xC0"), 100, &f), MQTT_FRAME_COMPLETE);
    CHECK_INT(mqtt_frame_flags(&f), 4);
    CHECK_BYTES(f.body, BYTES("abc"));
}

TEST(says_how_many_bytes_it_needs_before_asking_again_pays) {
    struct mqtt_frame f;
    CHECK_INT(find(BYTES(""), 100, &f), MQTT_FRAME_NEED_MORE);
    CHECK_INT(f.total_bytes, 2);
    CHECK_INT(find(BYTES("\x30"), 100, &f), MQTT_FRAME_NEED_MORE);
    CHECK_INT(f.total_bytes, 2);
    CHECK_INT(find(BYTES("\x30\x80"), 100, &f), MQTT_FRAME_NEED_MORE);
    CHECK_INT(f.total_bytes, 3);
    CHECK_INT(find(BYTES("\x30\x05"
                         "ab"),
                   100, &f),
              MQTT_FRAME_NEED_MORE);
    CHECK_INT(f.total_bytes, 7);
    CHECK_OK(mqtt_frame_status(MQTT_FRAME_NEED_MORE));
}

TEST(knows_that_a_packet_is_too_large_before_its_body_arrives) { /* [MQTT5 3.1.2.11.4] */
    struct mqtt_frame f;
    CHECK_INT(find(BYTES("\x30\x62"), 100, &f), MQTT_FRAME_NEED_MORE);
    CHECK_INT(find(BYTES("\x30\x63"), 100, &f), MQTT_FRAME_TOO_LARGE);
    CHECK_INT(f.total_bytes, 101);
    CHECK_INT(mqtt_frame_status(MQTT_FRAME_TOO_LARGE), E_TOO_LARGE);
    CHECK_INT(find(BYTES("\x30\xFF\xFF\xFF\x7F"), 131072, &f), MQTT_FRAME_TOO_LARGE);
    CHECK_INT(f.total_bytes, 5 + (size_t)MQTT_REMAINING_LENGTH_MAX);
}

TEST(a_remaining_length_has_at_most_four_bytes_in_shortest_form) { /* [MQTT5-1.5.5-1] */
    struct mqtt_frame f;
    CHECK_INT(find(BYTES("\x30\xFF\xFF\xFF\xFF\x01"), SIZE_MAX, &f), MQTT_FRAME_MALFORMED);
    CHECK_INT(find(BYTES("\x30\x80\x00"), SIZE_MAX, &f), MQTT_FRAME_MALFORMED);
    CHECK_INT(find(BYTES("\x30\xFF\x80\x00"), SIZE_MAX, &f), MQTT_FRAME_MALFORMED);
    CHECK_INT(mqtt_frame_status(MQTT_FRAME_MALFORMED), E_MALFORMED);
}

TEST(remaining_lengths_read_back_as_written_at_every_step_in_size) {
    static const size_t edges[] = {0, 127, 128, 16383, 16384, 2097151, 2097152, 268435455};
    static const size_t sizes[] = {1, 1, 2, 2, 3, 3, 4, 4};
    for (size_t i = 0; i < COUNT_OF(edges); i++) {
        AUTO(buf) b = {0};
        struct mqtt_frame f;
        mqtt_append_fixed_header(&b, 0x30, edges[i]);
        CHECK_INT(b.len, 1 + sizes[i]);
        enum mqtt_frame_state state = find(buf_bytes(&b), SIZE_MAX, &f);
        CHECK_INT(state, edges[i] ? MQTT_FRAME_NEED_MORE : MQTT_FRAME_COMPLETE);
        CHECK_INT(f.total_bytes, b.len + edges[i]);
        uint32_t value;
        struct reader in = {bytes_skip(buf_bytes(&b), 1)};
        CHECK_OK(mqtt_read_variable(&in, &value));
        CHECK_INT(value, edges[i]);
    }
}

TEST(a_variable_byte_integer_is_short_complete_and_shortest) { /* [MQTT5-1.5.5-1] */
    uint32_t value;
    CHECK_FAILS(mqtt_read_variable(&(struct reader){BYTES("\x80\x00")}, &value), E_MALFORMED,
                "shortest");
    CHECK_FAILS(mqtt_read_variable(&(struct reader){BYTES("\x80\x80\x80\x80\x01")}, &value),
                E_MALFORMED, "four bytes");
    CHECK(mqtt_read_variable(&(struct reader){BYTES("\x80")}, &value) == E_MALFORMED);
}

static void check_prefix(bytes prefix) {
    struct mqtt_frame f;
    CHECK_INT(find(prefix, 1000, &f), MQTT_FRAME_NEED_MORE);
    CHECK(f.total_bytes > prefix.len);
}

TEST(each_truncation_of_a_packet_needs_more) {
    AUTO(buf) b = {0};
    mqtt_append_fixed_header(&b, 0x30, 200);
    memset(buf_reserve(&b, 200), 'x', 200);
    b.len += 200;
    test_each_truncation(buf_bytes(&b), check_prefix);
}

TEST(packet_types_zero_and_in_3_1_1_fifteen_are_reserved) { /* [MQTT311 2.2.1] [MQTT5 2.1.2] */
    CHECK_FAILS(mqtt_frame_check(FRAME("\x00\0"), MQTT_5), E_MALFORMED, "reserved");
    CHECK_FAILS(mqtt_frame_check(FRAME("\xF0\0"), MQTT_3_1_1), E_MALFORMED, "reserved");
    CHECK_OK(mqtt_frame_check(FRAME("\xF0\0"), MQTT_5));
}

TEST(fixed_header_flags_are_those_of_the_type) { /* [MQTT311-2.2.2-1] [MQTT311-2.2.2-2]
                                                    [MQTT5-2.1.3-1] */
    for (unsigned header = 0x10; header <= 0xFF; header++) {
        struct mqtt_frame f = frame_with((uint8_t)header, BYTES(""));
        enum mqtt_type type = mqtt_frame_type(&f);
        bool two = type == MQTT_PUBREL || type == MQTT_SUBSCRIBE || type == MQTT_UNSUBSCRIBE;
        bool good = type == MQTT_PUBLISH || (header & 15) == (two ? 2u : 0u);
        CHECK((mqtt_frame_check(&f, MQTT_5) == OK) == good);
    }
}

TEST(every_type_has_its_name) {
    CHECK_TEXT(mqtt_type_name(MQTT_CONNECT), "CONNECT");
    CHECK_TEXT(mqtt_type_name(MQTT_AUTH), "AUTH");
    for (unsigned type = 0; type < 16; type++)
        CHECK(mqtt_type_name((enum mqtt_type)type) != NULL);
}

TEST(strings_are_utf8_without_zero) { /* [MQTT311-1.5.3-1] [MQTT311-1.5.3-2] [MQTT5-1.5.4-1]
                                         [MQTT5-1.5.4-2] */
    bytes s;
    CHECK_OK(mqtt_read_string(&(struct reader){BYTES("\0\5a\xE2\x82\xAC.")}, "text", &s));
    CHECK_INT(s.len, 5);
    CHECK_OK(mqtt_read_string(&(struct reader){BYTES("\0\0")}, "text", &s));
    CHECK_INT(s.len, 0);
    static const bytes bad[] = {
        {(const uint8_t *)"\0\2a\0", 4},             /* U+0000 */
        {(const uint8_t *)"\0\2\xC0\x80", 4},        /* overlong U+0000 */
        {(const uint8_t *)"\0\3\xED\xA0\x80", 5},    /* a surrogate */
        {(const uint8_t *)"\0\4\xF4\x90\x80\x80", 6} /* above U+10FFFF */
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        CHECK_FAILS(mqtt_read_string(&(struct reader){bad[i]}, "text", &s), E_MALFORMED, "UTF-8");
}

TEST(a_byte_order_mark_is_kept) { /* [MQTT311-1.5.3-3] [MQTT5-1.5.4-3] */
    bytes s;
    CHECK_OK(mqtt_read_string(&(struct reader){BYTES("\0\4\xEF\xBB\xBFx")}, "text", &s));
    CHECK_BYTES(s, BYTES("\xEF\xBB\xBFx"));
}

TEST(strings_that_do_not_fit_are_malformed) {
    bytes s;
    CHECK_FAILS(mqtt_read_string(&(struct reader){BYTES("\0")}, "name", &s), E_MALFORMED,
                "before its name");
    CHECK_FAILS(mqtt_read_string(&(struct reader){BYTES("\0\4abc")}, "name", &s), E_MALFORMED,
                "within its name");
}

TEST(a_packet_identifier_is_never_zero) { /* [MQTT311-2.3.1-1] [MQTT5-2.2.1-3] */
    uint16_t id;
    CHECK_FAILS(mqtt_read_packet_id(&(struct reader){BYTES("\0\0")}, "PUBACK", &id), E_PROTOCOL,
                "is 0");
    CHECK_FAILS(mqtt_read_packet_id(&(struct reader){BYTES("\1")}, "PUBACK", &id), E_MALFORMED,
                "ends");
    CHECK_OK(mqtt_read_packet_id(&(struct reader){BYTES("\1\2")}, "PUBACK", &id));
    CHECK_INT(id, 0x0102);
}

TEST(a_body_of_any_size_gets_its_remaining_length_in_front) {
    static const size_t sizes[] = {0, 1, 127, 128, 16384};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        AUTO(buf) b = {0};
        buf_text(&b, "before");
        size_t body_at = mqtt_packet_begin(&b, MQTT_SUBSCRIBE);
        memset(buf_reserve(&b, sizes[i]), 'x', sizes[i]);
        b.len += sizes[i];
        mqtt_packet_end(&b, body_at);
        struct mqtt_frame f = frame_of(bytes_skip(buf_bytes(&b), 6));
        CHECK_INT(f.header, 0x82);
        CHECK_INT(f.body.len, sizes[i]);
        CHECK(f.body.len == 0 || f.body.ptr[f.body.len - 1] == 'x');
    }
}

TEST_MAIN("mqtt/packet")
