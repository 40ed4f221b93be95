#include "mqtt/reason.h"

#include "support/testing.h"

#include <string.h>

TEST(names_are_those_of_the_specification) { /* [MQTT5 2.4] */
    CHECK_TEXT(mqtt_reason_text(MQTT_REASON_NOT_AUTHORIZED), "Not authorized");
    CHECK_TEXT(mqtt_reason_text(0xA2), "Wildcard Subscriptions not supported");
    CHECK_TEXT(mqtt_reason_text(0x03), "unknown reason code");
    CHECK_TEXT(mqtt_return_text(5), "not authorized");
    CHECK_TEXT(mqtt_return_text(6), "unknown return code");
}

TEST(table_has_the_43_codes_of_mqtt_5) { /* [MQTT5 2.4]: table 2-6 */
    size_t count = 0;
#define COUNT_REASON(name, code, text, packets) count += (packets) != 0;
    MQTT_REASON_TABLE(COUNT_REASON)
    CHECK_INT(count, 43);
}

static size_t codes_of(enum mqtt_type packet) {
    size_t count = 0;
    for (unsigned code = 0; code < 256; code++)
        count += mqtt_reason_is_allowed(packet, (uint8_t)code);
    return count;
}

TEST(each_packet_allows_as_many_codes_as_its_table_lists) {
    CHECK_INT(codes_of(MQTT_CONNACK), 22); /* [MQTT5-3.2.2-8] */
    CHECK_INT(codes_of(MQTT_PUBACK), 9);   /* [MQTT5-3.4.2-1] */
    CHECK_INT(codes_of(MQTT_PUBREC), 9);   /* [MQTT5-3.5.2-1] */
    CHECK_INT(codes_of(MQTT_PUBREL), 2);   /* [MQTT5-3.6.2-1] */
    CHECK_INT(codes_of(MQTT_PUBCOMP), 2);  /* [MQTT5-3.7.2-1] */
    CHECK_INT(codes_of(MQTT_SUBACK), 12);  /* [MQTT5-3.9.3-2] */
    CHECK_INT(codes_of(MQTT_UNSUBACK), 7); /* [MQTT5-3.11.3-2] */
    /* [MQTT5-3.14.2-1]: 29 in table 3-10, and 0x8C, which only table 2-6 lists */
    CHECK_INT(codes_of(MQTT_DISCONNECT), 30);
    CHECK_INT(codes_of(MQTT_AUTH), 3); /* [MQTT5-3.15.2-1] */
    CHECK_INT(codes_of(MQTT_PUBLISH), 0);
}

TEST(a_reason_has_its_nearest_3_1_1_return_code) { /* [MQTT311 3.2.2.3] */
    CHECK_INT(mqtt_return_from_reason(MQTT_REASON_SUCCESS), 0);
    CHECK_INT(mqtt_return_from_reason(MQTT_REASON_UNSUPPORTED_PROTOCOL_VERSION), 1);
    CHECK_INT(mqtt_return_from_reason(MQTT_REASON_CLIENT_IDENTIFIER_NOT_VALID), 2);
    CHECK_INT(mqtt_return_from_reason(MQTT_REASON_SERVER_BUSY), 3);
    CHECK_INT(mqtt_return_from_reason(MQTT_REASON_BAD_USER_NAME_OR_PASSWORD), 4);
    CHECK_INT(mqtt_return_from_reason(MQTT_REASON_NOT_AUTHORIZED), 5);
}

TEST(every_status_has_a_reason_code_that_exists) {
    CHECK_INT(status_info(E_MALFORMED)->mqtt_reason, MQTT_REASON_MALFORMED_PACKET);
    CHECK_INT(status_info(E_PROTOCOL)->mqtt_reason, MQTT_REASON_PROTOCOL_ERROR);
    CHECK_INT(status_info(E_TOO_LARGE)->mqtt_reason, MQTT_REASON_PACKET_TOO_LARGE);
    for (unsigned s = 1; s < STATUS_COUNT; s++)
        CHECK(strcmp(mqtt_reason_text(status_info((status)s)->mqtt_reason),
                     "unknown reason code") != 0);
}

TEST_MAIN("mqtt/reason")
