/* SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK [MQTT311 3.8–3.11] [MQTT5 3.8–3.11]. */
#pragma once
#include "mqtt/property.h"

/* One topic filter of a SUBSCRIBE with its options; the last three are 0 in 3.1.1. */
struct mqtt_subscription {
    bytes filter;
    uint8_t qos;
    bool no_local, retain_as_published;
    uint8_t retain_handling; /* 0: send retained messages, 1: if new, 2: do not */
};

struct mqtt_subscribe {
    uint16_t packet_id;
    struct mqtt_properties properties;
    bytes payload; /* walk it with mqtt_subscribe_next */
    size_t count;  /* filters in it, at least 1 */
};

/* mqtt_subscribe_decode checks every filter and option byte as well; in 5 also the form of
 * `$share/NAME/FILTER`, which 3.1.1 does not know: there the server looks (topic_share_split). */
NODISCARD
status mqtt_subscribe_decode(const struct mqtt_frame *f, enum mqtt_version version,
                             struct mqtt_subscribe *out);
/* mqtt_subscribe_next takes the first filter off *left; false at the end:
 *     bytes left = s.payload;
 *     struct mqtt_subscription one;
 *     while (mqtt_subscribe_next(&left, &one)) … */
bool mqtt_subscribe_next(bytes *left, struct mqtt_subscription *out);
/* mqtt_subscription_append adds one to a payload. */
void mqtt_subscription_append(struct buf *payload, const struct mqtt_subscription *s);
void mqtt_subscribe_encode(const struct mqtt_subscribe *s, enum mqtt_version version,
                           struct buf *out);

struct mqtt_unsubscribe {
    uint16_t packet_id;
    struct mqtt_properties properties;
    bytes payload; /* walk it with mqtt_unsubscribe_next */
    size_t count;
};
NODISCARD
status mqtt_unsubscribe_decode(const struct mqtt_frame *f, enum mqtt_version version,
                               struct mqtt_unsubscribe *out);
bool mqtt_unsubscribe_next(bytes *left, bytes *out_filter);
/* Its payload is made with mqtt_append_string. */
void mqtt_unsubscribe_encode(const struct mqtt_unsubscribe *u, enum mqtt_version version,
                             struct buf *out);

/* SUBACK and UNSUBACK: one code per filter, in the order asked [MQTT311-3.8.4-5] [MQTT5-3.8.4-6].
 * UNSUBACK in 3.1.1 has none. */
struct mqtt_suback {
    uint16_t packet_id;
    struct mqtt_properties properties;
    bytes codes;
};
NODISCARD
status mqtt_suback_decode(const struct mqtt_frame *f, enum mqtt_version version,
                          struct mqtt_suback *out);
void mqtt_suback_encode(const struct mqtt_suback *s, enum mqtt_version version, struct buf *out);
NODISCARD
status mqtt_unsuback_decode(const struct mqtt_frame *f, enum mqtt_version version,
                            struct mqtt_suback *out);
void mqtt_unsuback_encode(const struct mqtt_suback *s, enum mqtt_version version, struct buf *out);
