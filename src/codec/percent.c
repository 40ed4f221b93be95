#include "codec/percent.h"

static bool is_unreserved(uint8_t c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

static void encode(bytes data, bool keep_slash, struct buf *out) {
    static const char digits[] = "0123456789ABCDEF";
    uint8_t *to = buf_reserve(out, data.len * 3);
    for (size_t i = 0; i < data.len; i++) {
        uint8_t c = data.ptr[i];
        if (is_unreserved(c) || (keep_slash && c == '/')) {
            *to++ = c;
            continue;
        }
        *to++ = '%';
        *to++ = (uint8_t)digits[c >> 4];
        *to++ = (uint8_t)digits[c & 15];
    }
    out->len = (size_t)(to - out->ptr);
}

void percent_encode(bytes data, struct buf *out) {
    if (data.len > 0)
        encode(data, false, out);
}

void percent_encode_path(bytes data, struct buf *out) {
    if (data.len > 0)
        encode(data, true, out);
}

static status decode(struct arena *a, bytes text, bool plus_is_space, bytes *out_data) {
    uint8_t *data = arena_alloc(a, text.len);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        if (c == '%') {
            if (text.len - i < 3 || hex_decode(bytes_slice(text, i + 1, 2), &c) != OK)
                return FAIL(E_INVALID,
                            "'%.*s' is not a percent escape: two hexadecimal digits "
                            "follow a '%%'",
                            (int)(text.len - i < 3 ? text.len - i : 3), text.ptr + i);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        data[len++] = c;
    }
    *out_data = (bytes){data, len};
    return OK;
}

status percent_decode(struct arena *a, bytes text, bytes *out_data) {
    if (bytes_find(text, '%') < text.len)
        return decode(a, text, false, out_data);
    *out_data = text;
    return OK;
}

status percent_decode_form(struct arena *a, bytes text, bytes *out_data) {
    if (bytes_find(text, '%') < text.len || bytes_find(text, '+') < text.len)
        return decode(a, text, true, out_data);
    *out_data = text;
    return OK;
}
