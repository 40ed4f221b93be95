#include "mqtt/disconnect.h"

#include "mqtt/packets_for_tests.h"
#include "mqtt/reason.h"

TEST(a_disconnect_of_3_1_1_is_two_bytes) { /* [MQTT311-3.14.1-1] */
    AUTO(buf) b = {0};
    struct mqtt_disconnect d;
    CHECK_OK(mqtt_disconnect_decode(FRAME("\xE0\0"), MQTT_3_1_1, MQTT_FROM_CLIENT, &d));
    CHECK_INT(d.reason, MQTT_REASON_SUCCESS);
    CHECK_FAILS(mqtt_disconnect_decode(FRAME("\xE0\1\0"), MQTT_3_1_1, MQTT_FROM_CLIENT, &d),
                E_MALFORMED, "left over");
    CHECK_FAILS(mqtt_disconnect_decode(FRAME("\xE1\0"), MQTT_3_1_1, MQTT_FROM_CLIENT, &d),
                E_MALFORMED, "flags");
    CHECK_FAILS(mqtt_disconnect_decode(FRAME("\xE0\0"), MQTT_3_1_1, MQTT_FROM_SERVER, &d),
                E_PROTOCOL, "leaves to clients");
    d.reason = MQTT_REASON_NOT_AUTHORIZED;
    mqtt_disconnect_encode(&d, MQTT_3_1_1, &b);
    CHECK_BYTES(buf_bytes(&b), BYTES("\xE0\0"));
}

TEST(a_disconnect_of_5_may_leave_out_its_end) { /* [MQTT5 3.14.2.1] [MQTT5 3.14.2.2.1] */
    struct mqtt_disconnect d;
    CHECK_OK(mqtt_disconnect_decode(FRAME("\xE0\0"), MQTT_5, MQTT_FROM_CLIENT, &d));
    CHECK_INT(d.reason, MQTT_REASON_SUCCESS);
    CHECK_OK(mqtt_disconnect_decode(FRAME("\xE0\1\4"), MQTT_5, MQTT_FROM_CLIENT, &d));
    CHECK_INT(d.reason, MQTT_REASON_DISCONNECT_WITH_WILL);
    CHECK_OK(
        mqtt_disconnect_decode(FRAME("\xE0\7\0\5\x11\0\0\0\x3C"), MQTT_5, MQTT_FROM_CLIENT, &d));
    CHECK_INT(mqtt_properties_number(&d.properties, MQTT_SESSION_EXPIRY_INTERVAL, 0), 60);
}

TEST(rejects_a_disconnect_that_says_what_it_may_not) {
    struct mqtt_disconnect d;
    CHECK_FAILS(mqtt_disconnect_decode(FRAME("\xE0\1\1"), MQTT_5, MQTT_FROM_CLIENT, &d), E_PROTOCOL,
                "0x01"); /* [MQTT5-3.14.2-1] */
    CHECK_FAILS(
        mqtt_disconnect_decode(FRAME("\xE0\7\0\5\x11\0\0\0\x3C"), MQTT_5, MQTT_FROM_SERVER, &d),
        E_PROTOCOL, "session expiry"); /* [MQTT5-3.14.2-2] */
    CHECK_FAILS(mqtt_disconnect_decode(FRAME("\xE0\3\0\0\0"), MQTT_5, MQTT_FROM_CLIENT, &d),
                E_MALFORMED, "left over");
}

static void decode_prefix(bytes prefix) {
    struct mqtt_disconnect d;
    struct mqtt_frame f = frame_with(0xE0, prefix), auth = frame_with(0xF0, prefix);
    CHECK_INT(mqtt_disconnect_decode(&f, MQTT_5, MQTT_FROM_SERVER, &d),
              prefix.len < 2 ? OK : E_MALFORMED);
    status got = mqtt_auth_decode(&auth, MQTT_5, &d);
    CHECK(prefix.len == 0 ? got == OK : got == E_MALFORMED || got == E_PROTOCOL);
}

TEST(each_truncation_is_malformed_or_a_shorter_one) {
    test_each_truncation(BYTES("\x00\x04\x1F\0\1x"), decode_prefix);
    test_each_truncation(BYTES("\x87\x04\x1F\0\1x"), decode_prefix);
}

TEST(a_disconnect_is_written_as_it_was_read) {
    static const bytes packets[] = {{(const uint8_t *)"\xE0\0", 2},
                                    {(const uint8_t *)"\xE0\1\x8E", 3},
                                    {(const uint8_t *)"\xE0\6\x87\4\x1F\0\1x", 8},
                                    {(const uint8_t *)"\xE0\6\x00\4\x1F\0\1x", 8}};
    for (size_t i = 0; i < COUNT_OF(packets); i++) {
        AUTO(buf) b = {0};
        struct mqtt_disconnect d;
        struct mqtt_frame f = frame_of(packets[i]);
        CHECK_OK(mqtt_disconnect_decode(&f, MQTT_5, MQTT_FROM_SERVER, &d));
        mqtt_disconnect_encode(&d, MQTT_5, &b);
        CHECK_BYTES(buf_bytes(&b), packets[i]);
    }
}

TEST(an_auth_is_written_as_it_was_read) {
    static const bytes packets[] = {{(const uint8_t *)"\xF0\0", 2},
                                    {(const uint8_t *)"\xF0\x0A\x18\x08\x15\0\1m\x16\0\1d", 12}};
    for (size_t i = 0; i < COUNT_OF(packets); i++) {
        AUTO(buf) b = {0};
        struct mqtt_disconnect a;
        struct mqtt_frame f = frame_of(packets[i]);
        CHECK_OK(mqtt_auth_decode(&f, MQTT_5, &a));
        mqtt_auth_encode(&a, &b);
        CHECK_BYTES(buf_bytes(&b), packets[i]);
    }
}

TEST(rejects_an_auth_that_says_what_it_may_not) {
    struct mqtt_disconnect a;
    CHECK_FAILS(mqtt_auth_decode(FRAME("\xF0\1\x18"), MQTT_5, &a), E_PROTOCOL,
                "Authentication Method"); /* [MQTT5 3.15.2.2.2] */
    CHECK_FAILS(mqtt_auth_decode(FRAME("\xF0\1\x87"), MQTT_5, &a), E_PROTOCOL,
                "0x87"); /* [MQTT5-3.15.2-1] */
    CHECK_FAILS(mqtt_auth_decode(FRAME("\xF1\0"), MQTT_5, &a), E_MALFORMED,
                "flags"); /* [MQTT5-3.15.1-1] */
    CHECK_FAILS(mqtt_auth_decode(FRAME("\xF0\0"), MQTT_3_1_1, &a), E_MALFORMED, "reserved");
}

TEST(pings_are_two_bytes) { /* [MQTT311 3.12, 3.13] [MQTT5 3.12, 3.13] */
    struct mqtt_frame request = frame_of(MQTT_PINGREQ_PACKET),
                      answer = frame_of(MQTT_PINGRESP_PACKET);
    CHECK_OK(mqtt_ping_decode(&request, MQTT_3_1_1));
    CHECK_OK(mqtt_ping_decode(&answer, MQTT_5));
    CHECK_FAILS(mqtt_ping_decode(FRAME("\xC0\1x"), MQTT_5), E_MALFORMED, "left over");
    CHECK_FAILS(mqtt_ping_decode(FRAME("\xC1\0"), MQTT_5), E_MALFORMED, "flags");
    CHECK_FAILS(mqtt_ping_decode(FRAME("\xE0\0"), MQTT_5), E_PROTOCOL, "ping is due");
}

TEST_MAIN("mqtt/disconnect")
