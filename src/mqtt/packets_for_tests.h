/* For the tests of this folder: packets written as literals. */
#pragma once
#include "mqtt/packet.h"
#include "support/testing.h"

/* The frame of a whole packet; fails the test when it is not one. */
static inline struct mqtt_frame frame_of(bytes packet) {
    struct mqtt_frame f;
    CHECK_INT(mqtt_frame_find(packet, SIZE_MAX, &f), MQTT_FRAME_COMPLETE);
    CHECK_INT(f.total_bytes, packet.len);
    return f;
}
#define FRAME(literal) (&(struct mqtt_frame[1]){frame_of(BYTES(literal))}[0])

/* A frame with this first byte and body, whatever its remaining length. */
static inline struct mqtt_frame frame_with(uint8_t header, bytes body) {
    return (struct mqtt_frame){header, body, body.len + 2};
}
