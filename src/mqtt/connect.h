/* CONNECT and CONNACK [MQTT311 3.1, 3.2] [MQTT5 3.1, 3.2]. */
#pragma once
#include "mqtt/property.h"

struct mqtt_will {
    bool retain;
    uint8_t qos;
    struct mqtt_properties properties;
    bytes topic, payload;
};

struct mqtt_connect {
    enum mqtt_version version;
    bool clean_start; /* Clean Session in 3.1.1 */
    bool has_will, has_user_name, has_password;
    uint16_t keep_alive_s; /* 0: none */
    struct mqtt_properties properties;
    bytes
        client_id; /* may be empty; what that means is for the server to decide [MQTT311-3.1.3-8] */
    struct mqtt_will will;
    bytes user_name;
    bytes password; /* a secret: never logged */
};

/* mqtt_connect_decode fails with
 *   E_NOT_IMPLEMENTED  the protocol is MQTT, but of a level other than 4 and 5: send
 *                      mqtt_connect_refusal, then close [MQTT311-3.1.2-2] [MQTT5-3.1.2-2]
 *   E_PROTOCOL, E_MALFORMED  as everywhere; close without CONNACK, or in 5 with one. */
NODISCARD
status mqtt_connect_decode(const struct mqtt_frame *f, struct mqtt_connect *out);
/* mqtt_connect_peek_version tells which version's shape an answer to a CONNECT that did not decode
 * must have: from name and level alone; MQTT_VERSION_UNKNOWN when those are not ours. */
enum mqtt_version mqtt_connect_peek_version(const struct mqtt_frame *f);
/* mqtt_connect_refusal is the CONNACK for a level that is not spoken here: 3.1.1's return code 1 to
 * levels below 5 and "MQIsdp", reason code 0x84 to those above. */
bytes mqtt_connect_refusal(const struct mqtt_frame *f);
void mqtt_connect_encode(const struct mqtt_connect *c, struct buf *out);

struct mqtt_connack {
    bool session_present;
    uint8_t code; /* enum mqtt_reason in 5, enum mqtt_return in 3.1.1 */
    struct mqtt_properties properties;
};
NODISCARD
status mqtt_connack_decode(const struct mqtt_frame *f, enum mqtt_version version,
                           struct mqtt_connack *out);
void mqtt_connack_encode(const struct mqtt_connack *c, enum mqtt_version version, struct buf *out);
