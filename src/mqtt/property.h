/* Properties of MQTT 5 [MQTT5 2.2.2]: one table for decoder, encoder and tests.
 *
 * A decoded set is the raw bytes, already checked, and a bit per property present; so asking for an
 * absent one costs nothing, and forwarding a set is copying bytes. */
#pragma once
#include "mqtt/packet.h"

/* Where a property may stand: one bit per packet type; a will's own set takes bit 0. */
#define MQTT_IN(type) (1u << (type))
#define MQTT_IN_WILL 1u
/* Stands for a packet type where the properties of a will are meant. */
#define MQTT_WILL ((enum mqtt_type)0)
#define MQTT_IN_ACKS \
    (MQTT_IN(MQTT_PUBACK) | MQTT_IN(MQTT_PUBREC) | MQTT_IN(MQTT_PUBREL) | MQTT_IN(MQTT_PUBCOMP))
#define MQTT_IN_CLIENT_MESSAGE (MQTT_IN(MQTT_PUBLISH) | MQTT_IN_WILL)
#define MQTT_IN_ALL_BUT_PINGS 0xCFFFu

/*    name                              id    kind      packets
 *                                            least, most (numbers)      once             */
#define MQTT_PROPERTY_TABLE(X)                                                                     \
    X(PAYLOAD_FORMAT_INDICATOR, 0x01, BYTE, MQTT_IN_CLIENT_MESSAGE, 0, 1, true)                    \
    X(MESSAGE_EXPIRY_INTERVAL, 0x02, U32, MQTT_IN_CLIENT_MESSAGE, 0, UINT32_MAX, true)             \
    X(CONTENT_TYPE, 0x03, STRING, MQTT_IN_CLIENT_MESSAGE, 0, 0, true)                              \
    X(RESPONSE_TOPIC, 0x08, TOPIC, MQTT_IN_CLIENT_MESSAGE, 0, 0, true)                             \
    X(CORRELATION_DATA, 0x09, BINARY, MQTT_IN_CLIENT_MESSAGE, 0, 0, true)                          \
    X(SUBSCRIPTION_IDENTIFIER, 0x0B, VARIABLE, MQTT_IN(MQTT_PUBLISH) | MQTT_IN(MQTT_SUBSCRIBE), 1, \
      MQTT_REMAINING_LENGTH_MAX, false)                                                            \
    X(SESSION_EXPIRY_INTERVAL, 0x11, U32,                                                          \
      MQTT_IN(MQTT_CONNECT) | MQTT_IN(MQTT_CONNACK) | MQTT_IN(MQTT_DISCONNECT), 0, UINT32_MAX,     \
      true)                                                                                        \
    X(ASSIGNED_CLIENT_IDENTIFIER, 0x12, STRING, MQTT_IN(MQTT_CONNACK), 0, 0, true)                 \
    X(SERVER_KEEP_ALIVE, 0x13, U16, MQTT_IN(MQTT_CONNACK), 0, UINT16_MAX, true)                    \
    X(AUTHENTICATION_METHOD, 0x15, STRING,                                                         \
      MQTT_IN(MQTT_CONNECT) | MQTT_IN(MQTT_CONNACK) | MQTT_IN(MQTT_AUTH), 0, 0, true)              \
    X(AUTHENTICATION_DATA, 0x16, BINARY,                                                           \
      MQTT_IN(MQTT_CONNECT) | MQTT_IN(MQTT_CONNACK) | MQTT_IN(MQTT_AUTH), 0, 0, true)              \
    X(REQUEST_PROBLEM_INFORMATION, 0x17, BYTE, MQTT_IN(MQTT_CONNECT), 0, 1, true)                  \
    X(WILL_DELAY_INTERVAL, 0x18, U32, MQTT_IN_WILL, 0, UINT32_MAX, true)                           \
    X(REQUEST_RESPONSE_INFORMATION, 0x19, BYTE, MQTT_IN(MQTT_CONNECT), 0, 1, true)                 \
    X(RESPONSE_INFORMATION, 0x1A, STRING, MQTT_IN(MQTT_CONNACK), 0, 0, true)                       \
    X(SERVER_REFERENCE, 0x1C, STRING, MQTT_IN(MQTT_CONNACK) | MQTT_IN(MQTT_DISCONNECT), 0, 0,      \
      true)                                                                                        \
    X(REASON_STRING, 0x1F, STRING,                                                                 \
      MQTT_IN(MQTT_CONNACK) | MQTT_IN_ACKS | MQTT_IN(MQTT_SUBACK) | MQTT_IN(MQTT_UNSUBACK) |       \
          MQTT_IN(MQTT_DISCONNECT) | MQTT_IN(MQTT_AUTH),                                           \
      0, 0, true)                                                                                  \
    X(RECEIVE_MAXIMUM, 0x21, U16, MQTT_IN(MQTT_CONNECT) | MQTT_IN(MQTT_CONNACK), 1, UINT16_MAX,    \
      true)                                                                                        \
    X(TOPIC_ALIAS_MAXIMUM, 0x22, U16, MQTT_IN(MQTT_CONNECT) | MQTT_IN(MQTT_CONNACK), 0,            \
      UINT16_MAX, true)                                                                            \
    X(TOPIC_ALIAS, 0x23, U16, MQTT_IN(MQTT_PUBLISH), 1, UINT16_MAX, true)                          \
    X(MAXIMUM_QOS, 0x24, BYTE, MQTT_IN(MQTT_CONNACK), 0, 1, true)                                  \
    X(RETAIN_AVAILABLE, 0x25, BYTE, MQTT_IN(MQTT_CONNACK), 0, 1, true)                             \
    X(USER_PROPERTY, 0x26, PAIR, MQTT_IN_ALL_BUT_PINGS, 0, 0, false)                               \
    X(MAXIMUM_PACKET_SIZE, 0x27, U32, MQTT_IN(MQTT_CONNECT) | MQTT_IN(MQTT_CONNACK), 1,            \
      UINT32_MAX, true)                                                                            \
    X(WILDCARD_SUBSCRIPTION_AVAILABLE, 0x28, BYTE, MQTT_IN(MQTT_CONNACK), 0, 1, true)              \
    X(SUBSCRIPTION_IDENTIFIER_AVAILABLE, 0x29, BYTE, MQTT_IN(MQTT_CONNACK), 0, 1, true)            \
    X(SHARED_SUBSCRIPTION_AVAILABLE, 0x2A, BYTE, MQTT_IN(MQTT_CONNACK), 0, 1, true)

enum mqtt_property_id {
#define MQTT_PROPERTY_ID(name, id, ...) MQTT_##name = (id),
    MQTT_PROPERTY_TABLE(MQTT_PROPERTY_ID)
#undef MQTT_PROPERTY_ID
};
enum { MQTT_PROPERTY_ID_MAX = 0x2A };

enum mqtt_property_kind {
    MQTT_KIND_NONE, /* no such property */
    MQTT_KIND_BYTE,
    MQTT_KIND_U16,
    MQTT_KIND_U32,
    MQTT_KIND_VARIABLE,
    MQTT_KIND_BINARY,
    MQTT_KIND_STRING,
    MQTT_KIND_TOPIC, /* a string that must be a topic name */
    MQTT_KIND_PAIR,
};

struct mqtt_property_info {
    const char *name; /* "SESSION_EXPIRY_INTERVAL" */
    enum mqtt_property_kind kind;
    unsigned packets;
    uint32_t least, most;
    bool once; /* SUBSCRIPTION_IDENTIFIER may repeat in PUBLISH only, USER_PROPERTY everywhere */
};
/* mqtt_property_info of an id that does not exist has kind MQTT_KIND_NONE. */
const struct mqtt_property_info *mqtt_property_info(uint32_t id);

/* A set of properties. Zero is the empty set; `raw` is without the length before it. An encoder
 * reads `raw` only. */
struct mqtt_properties {
    bytes raw;
    uint64_t present; /* bit per id */
};

/* mqtt_properties_decode takes a property length and that many bytes off `in` and checks each
 * property: known, allowed in `packet` (MQTT_WILL for a will), not repeated, in range. E_MALFORMED
 * or E_PROTOCOL. */
NODISCARD
status mqtt_properties_decode(struct reader *in, enum mqtt_type packet,
                              struct mqtt_properties *out);
/* mqtt_properties_encode appends the length and the properties. */
void mqtt_properties_encode(const struct mqtt_properties *p, struct buf *out);
/* mqtt_properties_bytes is what mqtt_properties_encode appends. */
static inline size_t mqtt_properties_bytes(const struct mqtt_properties *p) {
    return mqtt_variable_bytes(p->raw.len) + p->raw.len;
}

static inline bool mqtt_properties_have(const struct mqtt_properties *p, enum mqtt_property_id id) {
    return p->present >> id & 1;
}
/* mqtt_properties_number is the value of a numeric property, or `otherwise` when absent. */
uint32_t mqtt_properties_number(const struct mqtt_properties *p, enum mqtt_property_id id,
                                uint32_t otherwise);
/* mqtt_properties_find borrows the value of a string or binary property; false when absent. */
bool mqtt_properties_find(const struct mqtt_properties *p, enum mqtt_property_id id, bytes *out);

/* One property, and the walk over a decoded set, in order:
 *     bytes left = p->raw;
 *     struct mqtt_property one;
 *     while (mqtt_property_next(&left, &one)) … */
struct mqtt_property {
    enum mqtt_property_id id;
    uint32_t number; /* BYTE, U16, U32, VARIABLE */
    bytes name;      /* PAIR */
    bytes value;     /* BINARY, STRING, TOPIC, PAIR */
};
bool mqtt_property_next(bytes *left, struct mqtt_property *out);

/* Building a set: append to a buf, whose bytes are then the `raw` of a set. */
void mqtt_property_append_number(struct buf *raw, enum mqtt_property_id id, uint32_t number);
void mqtt_property_append_bytes(struct buf *raw, enum mqtt_property_id id, bytes value);
void mqtt_property_append_user(struct buf *raw, bytes name, bytes value);
