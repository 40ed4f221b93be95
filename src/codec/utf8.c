#include "codec/utf8.h"

#include <assert.h>

/* Lead bytes, how many bytes they open, and what the second byte may be (RFC 3629 section 4): the
 * second byte alone tells overlong forms, surrogates and values above U+10FFFF. */
static const struct {
    uint8_t lead_first, lead_last, len, second_first, second_last;
} forms[] = {
    {0x00, 0x7F, 1, 0x00, 0x00}, {0xC2, 0xDF, 2, 0x80, 0xBF}, {0xE0, 0xE0, 3, 0xA0, 0xBF},
    {0xE1, 0xEC, 3, 0x80, 0xBF}, {0xED, 0xED, 3, 0x80, 0x9F}, {0xEE, 0xEF, 3, 0x80, 0xBF},
    {0xF0, 0xF0, 4, 0x90, 0xBF}, {0xF1, 0xF3, 4, 0x80, 0xBF}, {0xF4, 0xF4, 4, 0x80, 0x8F},
};

size_t utf8_length(bytes b) {
    if (b.len == 0)
        return 0;
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        if (b.ptr[0] < forms[i].lead_first || b.ptr[0] > forms[i].lead_last)
            continue;
        if (forms[i].len > b.len)
            return 0;
        if (forms[i].len > 1 &&
            (b.ptr[1] < forms[i].second_first || b.ptr[1] > forms[i].second_last))
            return 0;
        for (size_t k = 2; k < forms[i].len; k++)
            if ((b.ptr[k] & 0xC0) != 0x80)
                return 0;
        return forms[i].len;
    }
    return 0;
}

void utf8_append(struct buf *out, uint32_t code_point) {
    assert(code_point <= 0x10FFFF && (code_point < 0xD800 || code_point > 0xDFFF));
    if (code_point < 0x80) {
        buf_append_byte(out, (uint8_t)code_point);
        return;
    }
    if (code_point < 0x800) {
        buf_append_byte(out, (uint8_t)(0xC0 | code_point >> 6));
    } else {
        if (code_point < 0x10000) {
            buf_append_byte(out, (uint8_t)(0xE0 | code_point >> 12));
        } else {
            buf_append_byte(out, (uint8_t)(0xF0 | code_point >> 18));
            buf_append_byte(out, (uint8_t)(0x80 | (code_point >> 12 & 0x3F)));
        }
        buf_append_byte(out, (uint8_t)(0x80 | (code_point >> 6 & 0x3F)));
    }
    buf_append_byte(out, (uint8_t)(0x80 | (code_point & 0x3F)));
}
