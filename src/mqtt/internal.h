/* What the files of this folder share. */
#pragma once
#include "mqtt/packet.h"

/* mqtt_frame_expect is mqtt_frame_check, and the type must be this one. */
NODISCARD
status mqtt_frame_expect(const struct mqtt_frame *f, enum mqtt_type type,
                         enum mqtt_version version);

/* Encoders write the first byte, then the body, then fit the remaining length in between:
 *     size_t body_at = mqtt_packet_begin(out, MQTT_SUBACK);
 *     …
 *     mqtt_packet_end(out, body_at); */
size_t mqtt_packet_begin(struct buf *out, enum mqtt_type type);
void mqtt_packet_end(struct buf *out, size_t body_at);
