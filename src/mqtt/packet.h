/* MQTT control packets of 3.1.1 and 5: their types, the fixed header, and finding one in a stream.
 *
 * The folder does no I/O and allocates nothing when it decodes: what a decoder gives borrows from
 * the bytes it was given, and lists (topic filters, properties) are walked with `_next` calls over
 * bytes that the decoder has already checked. Any thread.
 *
 *     struct mqtt_frame f;
 *     while ((state = mqtt_frame_find(in, packet_bytes_max, &f)) == MQTT_FRAME_COMPLETE) {
 *         switch (mqtt_frame_type(&f)) { case MQTT_PUBLISH: TRY(mqtt_publish_decode(&f, …)); … }
 *         in = bytes_skip(in, f.total_bytes);
 *     }
 *
 * A decoder fails with E_MALFORMED (cannot be parsed, reason code 0x81) or E_PROTOCOL (parsed, but
 * holds what the protocol does not allow, 0x82) [MQTT5 1.2] [MQTT5-4.13.1-1]; in 3.1.1 both mean
 * that the connection is closed [MQTT311-4.8.0-1]. The sentence names the clause's content. */
#pragma once
#include "base/bytes.h"

enum mqtt_version { MQTT_VERSION_UNKNOWN = 0, MQTT_3_1_1 = 4, MQTT_5 = 5 };

enum mqtt_type {
    MQTT_CONNECT = 1,
    MQTT_CONNACK = 2,
    MQTT_PUBLISH = 3,
    MQTT_PUBACK = 4,
    MQTT_PUBREC = 5,
    MQTT_PUBREL = 6,
    MQTT_PUBCOMP = 7,
    MQTT_SUBSCRIBE = 8,
    MQTT_SUBACK = 9,
    MQTT_UNSUBSCRIBE = 10,
    MQTT_UNSUBACK = 11,
    MQTT_PINGREQ = 12,
    MQTT_PINGRESP = 13,
    MQTT_DISCONNECT = 14,
    MQTT_AUTH = 15, /* 5 only */
};

/* Which end sent a packet: some properties may travel one way only. */
enum mqtt_sender { MQTT_FROM_CLIENT, MQTT_FROM_SERVER };

enum {
    MQTT_REMAINING_LENGTH_MAX = 268435455, /* four bytes of seven bits [MQTT5 1.5.5] */
    MQTT_STRING_BYTES_MAX = 65535,         /* [MQTT5 1.5.4] */
    MQTT_FIXED_HEADER_BYTES_MAX = 5,
};

/* mqtt_type_name is "PUBLISH" and so on; "reserved" for 0. */
const char *mqtt_type_name(enum mqtt_type type);

/* One packet as found in the input. */
struct mqtt_frame {
    uint8_t header; /* type in the high four bits, flags in the low four */
    bytes body;     /* variable header and payload: as many bytes as the remaining length says */
    size_t total_bytes; /* with the fixed header */
};

enum mqtt_frame_state {
    MQTT_FRAME_COMPLETE,
    MQTT_FRAME_NEED_MORE, /* total_bytes: how many, from the packet's first, before it pays to ask
                             again */
    MQTT_FRAME_MALFORMED, /* remaining length of five bytes, or longer than it need be */
    MQTT_FRAME_TOO_LARGE, /* total_bytes is above packet_bytes_max; known before the body arrives */
};

static inline enum mqtt_type mqtt_frame_type(const struct mqtt_frame *f) {
    return (enum mqtt_type)(f->header >> 4);
}
static inline uint8_t mqtt_frame_flags(const struct mqtt_frame *f) {
    return f->header & 0x0F;
}

/* The general case of mqtt_frame_find. */
enum mqtt_frame_state mqtt_frame_find_long(bytes in, size_t packet_bytes_max,
                                           struct mqtt_frame *out);

/* mqtt_frame_find looks for one packet at the start of `in`. `packet_bytes_max` bounds the whole
 * packet, fixed header included [MQTT5 3.1.2.11.4]. *out is written in every state but only
 * `total_bytes` means something unless COMPLETE; the last two states leave a sentence. */
static inline enum mqtt_frame_state mqtt_frame_find(bytes in, size_t packet_bytes_max,
                                                    struct mqtt_frame *out) {
    if (in.len >= 2 && in.ptr[1] < 0x80) {
        size_t total = 2u + in.ptr[1];
        if (total <= in.len && total <= packet_bytes_max) {
            *out = (struct mqtt_frame){in.ptr[0], {in.ptr + 2, total - 2}, total};
            return MQTT_FRAME_COMPLETE;
        }
    }
    return mqtt_frame_find_long(in, packet_bytes_max, out);
}

/* mqtt_frame_status is what a state amounts to: OK, OK, E_MALFORMED, E_TOO_LARGE. */
status mqtt_frame_status(enum mqtt_frame_state state);

/* mqtt_frame_check wants a type that exists in `version` and the flags that type must have
 * [MQTT311-2.2.2-1] [MQTT311-2.2.2-2] [MQTT5-2.1.3-1]; every decoder begins with it. PUBLISH may
 * have any flags here, its decoder looks at them. */
NODISCARD
status mqtt_frame_check(const struct mqtt_frame *f, enum mqtt_version version);

/* Values on the wire. Readers fail with E_MALFORMED. */

/* read_variable takes a Variable Byte Integer, in its shortest form only [MQTT5-1.5.5-1]. */
NODISCARD
status mqtt_read_variable(struct reader *in, uint32_t *out);
/* mqtt_read_string takes a UTF-8 string: well-formed, without U+0000
 * [MQTT311-1.5.3-1] [MQTT311-1.5.3-2] [MQTT5-1.5.4-1] [MQTT5-1.5.4-2]. `what` is for the sentence.
 */
NODISCARD
status mqtt_read_string(struct reader *in, const char *what, bytes *out);
/* mqtt_read_binary takes two bytes of length and as many bytes. */
NODISCARD
status mqtt_read_binary(struct reader *in, const char *what, bytes *out);
/* mqtt_read_end wants nothing to be left. */
NODISCARD
status mqtt_read_end(const struct reader *in, const char *packet);
/* mqtt_read_packet_id takes a packet identifier, which is never 0
 * [MQTT311-2.3.1-1] [MQTT5-2.2.1-3] (E_PROTOCOL). */
NODISCARD
status mqtt_read_packet_id(struct reader *in, const char *packet, uint16_t *out);

/* mqtt_variable_bytes is how many bytes (1–4) a value takes. */
static inline size_t mqtt_variable_bytes(size_t value) {
    return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x200000 ? 3 : 4;
}
/* mqtt_write_variable writes them and returns what comes after. */
static inline uint8_t *mqtt_write_variable(uint8_t *at, size_t value) {
    for (; value >= 0x80; value >>= 7)
        *at++ = (uint8_t)(value | 0x80);
    *at++ = (uint8_t)value;
    return at;
}
void mqtt_append_variable(struct buf *out, size_t value);
/* mqtt_append_string writes two bytes of length and the bytes, at most MQTT_STRING_BYTES_MAX. */
void mqtt_append_string(struct buf *out, bytes value);
/* mqtt_append_fixed_header writes type, flags and remaining length. */
void mqtt_append_fixed_header(struct buf *out, uint8_t header, size_t remaining_length);

/* mqtt_utf8_is_valid: well-formed and without U+0000. */
bool mqtt_utf8_is_valid(bytes text);
