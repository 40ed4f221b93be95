#include "codec/base64.h"

#include <string.h>

static const char alphabet[65] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(bytes data, struct buf *out) {
    (void)buf_reserve(out, (data.len + 2) / 3 * 4);
    for (; data.len > 0; data = bytes_skip(data, 3)) {
        uint32_t group = (uint32_t)data.ptr[0] << 16;
        if (data.len > 1)
            group |= (uint32_t)data.ptr[1] << 8;
        if (data.len > 2)
            group |= data.ptr[2];
        buf_append_byte(out, (uint8_t)alphabet[group >> 18]);
        buf_append_byte(out, (uint8_t)alphabet[group >> 12 & 63]);
        buf_append_byte(out, data.len > 1 ? (uint8_t)alphabet[group >> 6 & 63] : '=');
        buf_append_byte(out, data.len > 2 ? (uint8_t)alphabet[group & 63] : '=');
    }
}

/* The value of a character, or 64. */
static uint32_t value_of(uint8_t c) {
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26u;
    if (c >= '0' && c <= '9')
        return c - '0' + 52u;
    return c == '+' ? 62 : c == '/' ? 63 : 64;
}

/* Four characters, the last `padding` of them '=', to 3 − padding bytes. */
static status decode_group(const uint8_t *text, size_t padding, uint8_t *out) {
    uint32_t group = 0;
    for (size_t i = 0; i < 4 - padding; i++) {
        uint32_t value = value_of(text[i]);
        if (value == 64)
            return FAIL(E_INVALID, "base64 text holds byte 0x%02X, which is not of its alphabet",
                        text[i]);
        group |= value << (18 - 6 * i);
    }
    if (group & ((1u << (8 * padding)) - 1)) /* [RFC 4648 3.5] */
        return FAIL(E_INVALID, "base64 text ends in bits that are not zero");
    for (size_t i = 0; i < 3 - padding; i++)
        out[i] = (uint8_t)(group >> (16 - 8 * i));
    return OK;
}

status base64_decode(struct arena *a, bytes text, bytes *out_data) {
    if (text.len % 4 != 0)
        return FAIL(E_INVALID, "base64 text must be padded with '=' to a multiple of 4 characters");
    if (text.len == 0) {
        *out_data = BYTES("");
        return OK;
    }
    size_t padding = 0;
    while (padding < 2 && padding < text.len && text.ptr[text.len - 1 - padding] == '=')
        padding++;
    size_t len = text.len / 4 * 3 - padding;
    uint8_t *data = arena_alloc(a, len);
    for (size_t i = 0; i < text.len; i += 4) {
        bool last = i + 4 == text.len;
        TRY(decode_group(text.ptr + i, last ? padding : 0, data + i / 4 * 3));
    }
    *out_data = (bytes){data, len};
    return OK;
}
