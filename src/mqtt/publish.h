/* PUBLISH and the four acknowledgements of its flows [MQTT311 3.3–3.7] [MQTT5 3.3–3.7].
 *
 * The hot path of a broker: the ordinary case is inline, without a call. */
#pragma once
#include "mqtt/property.h"
#include "mqtt/reason.h"
#include "mqtt/topic.h"

#include <string.h>

struct mqtt_publish {
    uint8_t qos;
    bool dup, retain;
    uint16_t packet_id; /* 0 with QoS 0 */
    bytes topic;        /* empty in 5 when a topic alias stands for it */
    struct mqtt_properties properties;
    bytes payload;
};

enum {
    MQTT_FLAG_RETAIN = 0x01,
    MQTT_FLAG_QOS_1 = 0x02,
    MQTT_FLAG_QOS_2 = 0x04,
    MQTT_FLAG_DUP = 0x08
};

/* The general case of mqtt_publish_split. */
NODISCARD
status mqtt_publish_split_long(const struct mqtt_frame *f, enum mqtt_version version,
                               enum mqtt_sender sender, struct mqtt_publish *out);

/* mqtt_publish_split takes a PUBLISH apart and checks all but the characters of the topic name and
 * whether an empty one is allowed. For a broker that has seen exactly these topic bytes before, and
 * so knows them to be good; everyone else calls mqtt_publish_decode. */
NODISCARD
static inline status mqtt_publish_split(const struct mqtt_frame *f, enum mqtt_version version,
                                        enum mqtt_sender sender, struct mqtt_publish *out) {
    const uint8_t *p = f->body.ptr;
    unsigned qos = f->header >> 1 & 3;
    /* QoS 0 or 1, DUP with QoS 1 only; all else is left to the general case */
    if (f->header >> 4 != MQTT_PUBLISH || qos > 1 || f->body.len < 2 ||
        (qos == 0 && (f->header & MQTT_FLAG_DUP)))
        return mqtt_publish_split_long(f, version, sender, out);
    size_t topic = (size_t)(p[0] << 8 | p[1]), after = 2 + topic + 2 * qos;
    size_t start = after + (version == MQTT_5 ? 1 : 0);
    uint16_t id = 0;
    if (start > f->body.len || (version == MQTT_5 && p[after] != 0))
        return mqtt_publish_split_long(f, version, sender, out);
    if (qos && (id = (uint16_t)(p[after - 2] << 8 | p[after - 1])) == 0)
        return mqtt_publish_split_long(f, version, sender, out);
    *out = (struct mqtt_publish){.qos = (uint8_t)qos,
                                 .dup = (f->header & MQTT_FLAG_DUP) != 0,
                                 .retain = (f->header & MQTT_FLAG_RETAIN) != 0,
                                 .packet_id = id,
                                 .topic = {p + 2, topic},
                                 .payload = {p + start, f->body.len - start}};
    return OK;
}

/* mqtt_publish_check_topic checks what mqtt_publish_split left out: the topic name is well formed,
 * holds no wildcard [MQTT311-3.3.2-2] [MQTT5-3.3.2-2], and is empty only beside a topic alias. */
NODISCARD
status mqtt_publish_check_topic(const struct mqtt_publish *p);
/* mqtt_publish_decode does both. */
NODISCARD
status mqtt_publish_decode(const struct mqtt_frame *f, enum mqtt_version version,
                           enum mqtt_sender sender, struct mqtt_publish *out);

/* mqtt_publish_encode appends the whole packet. */
void mqtt_publish_encode(const struct mqtt_publish *p, enum mqtt_version version, struct buf *out);

/* How many bytes mqtt_publish_header_encode writes at most. */
static inline size_t mqtt_publish_header_bytes_max(const struct mqtt_publish *p) {
    return MQTT_FIXED_HEADER_BYTES_MAX + 2 + p->topic.len + 2 + 4 + p->properties.raw.len;
}

/* mqtt_publish_header_encode writes everything before the payload, of which p->payload.len alone is
 * read, to `at` (mqtt_publish_header_bytes_max bytes of room) and returns how many bytes that is.
 * *out_packet_id_at is where its packet identifier (two bytes, big-endian) stands, 0 with QoS 0:
 * the same bytes serve every receiver of that QoS. */
static inline size_t mqtt_publish_header_encode(const struct mqtt_publish *p,
                                                enum mqtt_version version, uint8_t *at,
                                                size_t *out_packet_id_at) {
    uint8_t *const start = at;
    size_t properties = version == MQTT_5 ? mqtt_properties_bytes(&p->properties) : 0;
    size_t remaining = 2 + p->topic.len + (p->qos ? 2u : 0u) + properties + p->payload.len;
    *at++ = (uint8_t)(MQTT_PUBLISH << 4 | (p->dup ? MQTT_FLAG_DUP : 0) | p->qos << 1 |
                      (p->retain ? MQTT_FLAG_RETAIN : 0));
    at = mqtt_write_variable(at, remaining);
    *at++ = (uint8_t)(p->topic.len >> 8);
    *at++ = (uint8_t)p->topic.len;
    if (p->topic.len)
        memcpy(at, p->topic.ptr, p->topic.len);
    at += p->topic.len;
    *out_packet_id_at = p->qos ? (size_t)(at - start) : 0;
    if (p->qos) {
        *at++ = (uint8_t)(p->packet_id >> 8);
        *at++ = (uint8_t)p->packet_id;
    }
    if (version == MQTT_5) {
        at = mqtt_write_variable(at, p->properties.raw.len);
        if (p->properties.raw.len)
            memcpy(at, p->properties.raw.ptr, p->properties.raw.len);
        at += p->properties.raw.len;
    }
    return (size_t)(at - start);
}

/* PUBACK, PUBREC, PUBREL, PUBCOMP. */
struct mqtt_ack {
    enum mqtt_type type;
    uint16_t packet_id;
    uint8_t reason; /* MQTT_REASON_SUCCESS in 3.1.1 */
    struct mqtt_properties properties;
};

NODISCARD
status mqtt_ack_decode_long(const struct mqtt_frame *f, enum mqtt_version version,
                            struct mqtt_ack *out);

/* mqtt_ack_decode reads any of the four. */
NODISCARD
static inline status mqtt_ack_decode(const struct mqtt_frame *f, enum mqtt_version version,
                                     struct mqtt_ack *out) {
    uint16_t id = 0;
    if (f->header == MQTT_PUBACK << 4 && f->body.len == 2)
        id = (uint16_t)(f->body.ptr[0] << 8 | f->body.ptr[1]);
    if (id == 0)
        return mqtt_ack_decode_long(f, version, out);
    *out = (struct mqtt_ack){.type = MQTT_PUBACK, .packet_id = id};
    return OK;
}

/* mqtt_ack_encode uses the shortest form that says the same [MQTT5 3.4.2.1]. */
void mqtt_ack_encode(const struct mqtt_ack *a, enum mqtt_version version, struct buf *out);

enum { MQTT_ACK_BYTES = 4 };
/* mqtt_ack_write writes the four bytes of a success, the same in both versions. */
static inline void mqtt_ack_write(enum mqtt_type type, uint16_t packet_id,
                                  uint8_t out[MQTT_ACK_BYTES]) {
    out[0] = (uint8_t)(type << 4 | (type == MQTT_PUBREL ? 2 : 0)); /* [MQTT5-3.6.1-1] */
    out[1] = 2;
    out[2] = (uint8_t)(packet_id >> 8);
    out[3] = (uint8_t)packet_id;
}
