#include "mqtt/packet.h"

#include "mqtt/internal.h"

#include <assert.h>
#include <string.h>

/* name and the flags its fixed header must have [MQTT311 2.2.2] [MQTT5 2.1.3]; PUBLISH's are free
 */
static const struct {
    const char *name;
    uint8_t flags;
} types[16] = {
    [0] = {"reserved", 0},
    [MQTT_CONNECT] = {"CONNECT", 0},
    [MQTT_CONNACK] = {"CONNACK", 0},
    [MQTT_PUBLISH] = {"PUBLISH", 0},
    [MQTT_PUBACK] = {"PUBACK", 0},
    [MQTT_PUBREC] = {"PUBREC", 0},
    [MQTT_PUBREL] = {"PUBREL", 2},
    [MQTT_PUBCOMP] = {"PUBCOMP", 0},
    [MQTT_SUBSCRIBE] = {"SUBSCRIBE", 2},
    [MQTT_SUBACK] = {"SUBACK", 0},
    [MQTT_UNSUBSCRIBE] = {"UNSUBSCRIBE", 2},
    [MQTT_UNSUBACK] = {"UNSUBACK", 0},
    [MQTT_PINGREQ] = {"PINGREQ", 0},
    [MQTT_PINGRESP] = {"PINGRESP", 0},
    [MQTT_DISCONNECT] = {"DISCONNECT", 0},
    [MQTT_AUTH] = {"AUTH", 0},
};

const char *mqtt_type_name(enum mqtt_type type) {
    return types[type & 15].name;
}

status mqtt_frame_check(const struct mqtt_frame *f, enum mqtt_version version) {
    enum mqtt_type type = mqtt_frame_type(f);
    if (type == 0 || (type == MQTT_AUTH && version != MQTT_5)) /* [MQTT311 2.2.1] */
        return FAIL(E_MALFORMED, "packet type %d is reserved", (int)type);
    if (type != MQTT_PUBLISH && mqtt_frame_flags(f) != types[type].flags)
        return FAIL(E_MALFORMED, "the fixed header flags of %s are %d; they must be %d",
                    types[type].name, mqtt_frame_flags(f), types[type].flags);
    return OK;
}

status mqtt_frame_expect(const struct mqtt_frame *f, enum mqtt_type type,
                         enum mqtt_version version) {
    TRY(mqtt_frame_check(f, version));
    if (mqtt_frame_type(f) != type)
        return FAIL(E_PROTOCOL, "a %s packet stands where a %s is due",
                    mqtt_type_name(mqtt_frame_type(f)), mqtt_type_name(type));
    return OK;
}

static enum mqtt_frame_state need(size_t total, struct mqtt_frame *out) {
    *out = (struct mqtt_frame){.total_bytes = total};
    return MQTT_FRAME_NEED_MORE;
}

static enum mqtt_frame_state malformed(struct mqtt_frame *out, const char *why) {
    failure_set(__FILE__, __LINE__, "%s", why);
    *out = (struct mqtt_frame){.total_bytes = 0};
    return MQTT_FRAME_MALFORMED;
}

static enum mqtt_frame_state too_large(size_t total, size_t most, struct mqtt_frame *out) {
    failure_set(__FILE__, __LINE__, "a packet of %zu bytes is larger than the %zu allowed", total,
                most);
    *out = (struct mqtt_frame){.total_bytes = total};
    return MQTT_FRAME_TOO_LARGE;
}

enum mqtt_frame_state mqtt_frame_find_long(bytes in, size_t packet_bytes_max,
                                           struct mqtt_frame *out) {
    size_t remaining = 0, at = 1;
    uint8_t byte = 0x80;
    for (; byte & 0x80; at++) {
        if (at == MQTT_FIXED_HEADER_BYTES_MAX)
            return malformed(out, "the remaining length has more than four bytes");
        if (at >= in.len)
            return need(at + 1, out);
        byte = in.ptr[at];
        remaining |= (size_t)(byte & 0x7F) << (7 * (at - 1));
    }
    /* [MQTT5-1.5.5-1]; table 2.4 of 3.1.1 knows no longer forms either */
    if (at - 1 != mqtt_variable_bytes(remaining))
        return malformed(out, "the remaining length is not in its shortest form");
    size_t total = at + remaining;
    if (total > packet_bytes_max)
        return too_large(total, packet_bytes_max, out);
    if (total > in.len)
        return need(total, out);
    *out = (struct mqtt_frame){in.ptr[0], {in.ptr + at, remaining}, total};
    return MQTT_FRAME_COMPLETE;
}

status mqtt_frame_status(enum mqtt_frame_state state) {
    return state == MQTT_FRAME_MALFORMED   ? E_MALFORMED
           : state == MQTT_FRAME_TOO_LARGE ? E_TOO_LARGE
                                           : OK;
}

status mqtt_read_variable(struct reader *in, uint32_t *out) {
    uint32_t value = 0;
    for (unsigned i = 0; i < 4; i++) {
        uint8_t byte;
        TRY(read_u8(in, &byte));
        value |= (uint32_t)(byte & 0x7F) << (7 * i);
        if (byte & 0x80)
            continue;
        if (i + 1 != mqtt_variable_bytes(value)) /* [MQTT5-1.5.5-1] */
            return FAIL(E_MALFORMED, "a variable byte integer is not in its shortest form");
        *out = value;
        return OK;
    }
    return FAIL(E_MALFORMED, "a variable byte integer has more than four bytes");
}

status mqtt_read_binary(struct reader *in, const char *what, bytes *out) {
    uint16_t len;
    if (in->left.len < 2)
        return FAIL(E_MALFORMED, "the packet ends before its %s", what);
    TRY(read_u16(in, &len));
    if (in->left.len < len)
        return FAIL(E_MALFORMED, "the packet ends within its %s: %u bytes announced, %zu left",
                    what, len, in->left.len);
    return read_bytes(in, len, out);
}

status mqtt_read_string(struct reader *in, const char *what, bytes *out) {
    bytes text;
    TRY(mqtt_read_binary(in, what, &text));
    if (!mqtt_utf8_is_valid(text)) /* [MQTT311-1.5.3-1] [MQTT5-1.5.4-1] [MQTT5-1.5.4-2] */
        return FAIL(E_MALFORMED, "the %s is not UTF-8, or holds U+0000", what);
    *out = text;
    return OK;
}

status mqtt_read_end(const struct reader *in, const char *packet) {
    if (in->left.len)
        return FAIL(E_MALFORMED, "%zu bytes are left over at the end of the %s", in->left.len,
                    packet);
    return OK;
}

status mqtt_read_packet_id(struct reader *in, const char *packet, uint16_t *out) {
    uint16_t id;
    if (in->left.len < 2)
        return FAIL(E_MALFORMED, "the %s ends before its packet identifier", packet);
    TRY(read_u16(in, &id));
    if (id == 0) /* [MQTT311-2.3.1-1] [MQTT5-2.2.1-3] */
        return FAIL(E_PROTOCOL, "the packet identifier of a %s is 0", packet);
    *out = id;
    return OK;
}

void mqtt_append_variable(struct buf *out, size_t value) {
    assert(value <= MQTT_REMAINING_LENGTH_MAX);
    uint8_t *at = buf_reserve(out, 4);
    out->len += (size_t)(mqtt_write_variable(at, value) - at);
}

void mqtt_append_string(struct buf *out, bytes value) {
    assert(value.len <= MQTT_STRING_BYTES_MAX);
    buf_append_u16(out, (uint16_t)value.len);
    buf_append(out, value);
}

void mqtt_append_fixed_header(struct buf *out, uint8_t header, size_t remaining_length) {
    buf_append_byte(out, header);
    mqtt_append_variable(out, remaining_length);
}

size_t mqtt_packet_begin(struct buf *out, enum mqtt_type type) {
    buf_append_byte(out, (uint8_t)(type << 4 | types[type].flags));
    return out->len;
}

void mqtt_packet_end(struct buf *out, size_t body_at) {
    size_t len = out->len - body_at, gap = mqtt_variable_bytes(len);
    assert(len <= MQTT_REMAINING_LENGTH_MAX);
    (void)buf_reserve(out, gap);
    memmove(out->ptr + body_at + gap, out->ptr + body_at, len);
    (void)mqtt_write_variable(out->ptr + body_at, len);
    out->len += gap;
}

bool mqtt_utf8_is_valid(bytes text) {
    return (text.len == 0 || memchr(text.ptr, 0, text.len) == NULL) && bytes_are_utf8(text);
}
