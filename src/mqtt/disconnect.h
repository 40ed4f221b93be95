/* DISCONNECT, AUTH, PINGREQ and PINGRESP [MQTT311 3.12–3.14] [MQTT5 3.12–3.15]. */
#pragma once
#include "mqtt/property.h"

struct mqtt_disconnect {
    uint8_t reason; /* MQTT_REASON_SUCCESS in 3.1.1 */
    struct mqtt_properties properties;
};

/* mqtt_disconnect_decode: in 3.1.1 only a client may send it, and its body is empty. */
NODISCARD
status mqtt_disconnect_decode(const struct mqtt_frame *f, enum mqtt_version version,
                              enum mqtt_sender sender, struct mqtt_disconnect *out);
/* mqtt_disconnect_encode uses the shortest form; 3.1.1 has room for neither reason nor properties.
 */
void mqtt_disconnect_encode(const struct mqtt_disconnect *d, enum mqtt_version version,
                            struct buf *out);

/* AUTH, of 5 only; the same shape. */
NODISCARD
status mqtt_auth_decode(const struct mqtt_frame *f, enum mqtt_version version,
                        struct mqtt_disconnect *out);
void mqtt_auth_encode(const struct mqtt_disconnect *a, struct buf *out);

/* mqtt_ping_decode accepts PINGREQ or PINGRESP, whose body is empty. */
NODISCARD
status mqtt_ping_decode(const struct mqtt_frame *f, enum mqtt_version version);
#define MQTT_PINGREQ_PACKET BYTES("\xC0\x00")
#define MQTT_PINGRESP_PACKET BYTES("\xD0\x00")
