#include "mqtt/reason.h"

struct reason_info {
    const char *text;
    unsigned packets;
};

static const struct reason_info reasons[256] = {
#define REASON_INFO(name, code, text, packets) [code] = {text, packets},
    MQTT_REASON_TABLE(REASON_INFO)
#undef REASON_INFO
};

static const char *const returns[] = {
#define RETURN_TEXT(name, code, text) [code] = (text),
    MQTT_RETURN_TABLE(RETURN_TEXT)
#undef RETURN_TEXT
};

const char *mqtt_reason_text(uint8_t code) {
    return reasons[code].text ? reasons[code].text : "unknown reason code";
}

const char *mqtt_return_text(uint8_t code) {
    return code < COUNT_OF(returns) ? returns[code] : "unknown return code";
}

bool mqtt_reason_is_allowed(enum mqtt_type packet, uint8_t code) {
    return (reasons[code].packets & MQTT_IN(packet)) != 0;
}

uint8_t mqtt_return_from_reason(uint8_t reason) {
    static const struct {
        uint8_t reason, code;
    } nearest[] = {
        {MQTT_REASON_SUCCESS, MQTT_RETURN_ACCEPTED},
        {MQTT_REASON_UNSUPPORTED_PROTOCOL_VERSION, MQTT_RETURN_UNACCEPTABLE_PROTOCOL_VERSION},
        {MQTT_REASON_CLIENT_IDENTIFIER_NOT_VALID, MQTT_RETURN_IDENTIFIER_REJECTED},
        {MQTT_REASON_BAD_USER_NAME_OR_PASSWORD, MQTT_RETURN_BAD_USER_NAME_OR_PASSWORD},
        {MQTT_REASON_BAD_AUTHENTICATION_METHOD, MQTT_RETURN_BAD_USER_NAME_OR_PASSWORD},
        {MQTT_REASON_NOT_AUTHORIZED, MQTT_RETURN_NOT_AUTHORIZED},
        {MQTT_REASON_BANNED, MQTT_RETURN_NOT_AUTHORIZED},
    };
    for (size_t i = 0; i < COUNT_OF(nearest); i++)
        if (nearest[i].reason == reason)
            return nearest[i].code;
    return MQTT_RETURN_SERVER_UNAVAILABLE;
}
