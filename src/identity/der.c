#include "identity/der.h"

/* One byte below 0x80, else their number and the bytes, most significant first [X.690 10.1]. */
static status read_length(struct reader *in, size_t *out_len) {
    uint8_t first, byte;
    TRY(read_u8(in, &first));
    if (first < 0x80) {
        *out_len = first;
        return OK;
    }
    size_t count = first & 0x7F, len = 0;
    if (count < 1 || count > 4)
        return FAIL(E_MALFORMED, "DER has a length of %zu bytes", count);
    for (size_t i = 0; i < count; i++) {
        TRY(read_u8(in, &byte));
        len = len << 8 | byte;
    }
    if (len < 0x80 || len >> (8 * (count - 1)) == 0)
        return FAIL(E_MALFORMED, "DER has a length that is not in its shortest form");
    *out_len = len;
    return OK;
}

status der_next(struct reader *in, struct der *out_element) {
    struct reader rest = *in;
    struct der e;
    size_t len;
    TRY(read_u8(&rest, &e.tag));
    if ((e.tag & 0x1F) == 0x1F)
        return FAIL(E_MALFORMED, "DER has a tag of several bytes");
    TRY(read_length(&rest, &len));
    TRY(read_bytes(&rest, len, &e.value));
    e.whole = bytes_of(in->left.ptr, in->left.len - rest.left.len);
    *in = rest;
    *out_element = e;
    return OK;
}

status der_take(struct reader *in, uint8_t tag, struct der *out_element) {
    struct der e;
    TRY(der_next(in, &e));
    if (e.tag != tag)
        return FAIL(E_MALFORMED, "DER has tag %#x where %#x belongs", e.tag, tag);
    *out_element = e;
    return OK;
}

status der_enter(struct reader *in, uint8_t tag, struct reader *out_inside) {
    struct der e;
    TRY(der_take(in, tag, &e));
    *out_inside = (struct reader){e.value};
    return OK;
}

bool der_is_next(const struct reader *in, uint8_t tag) {
    return in->left.len > 0 && in->left.ptr[0] == tag;
}

bool der_is_text(uint8_t tag) {
    return tag == DER_UTF8_STRING || tag == DER_PRINTABLE_STRING || tag == DER_TELETEX_STRING ||
           tag == DER_IA5_STRING || tag == DER_VISIBLE_STRING || tag == DER_UNIVERSAL_STRING ||
           tag == DER_BMP_STRING;
}

static size_t character_bytes(uint8_t tag) {
    return tag == DER_UNIVERSAL_STRING ? 4 : tag == DER_BMP_STRING ? 2 : 1;
}

static size_t put_utf8(uint8_t *out, uint32_t c) {
    size_t more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const uint8_t lead[] = {0x00, 0xC0, 0xE0, 0xF0};
    out[0] = (uint8_t)(lead[more] | c >> (6 * more));
    for (size_t i = 1; i <= more; i++)
        out[i] = (uint8_t)(0x80 | (c >> (6 * (more - i)) & 0x3F));
    return more + 1;
}

static bool is_ascii(bytes b) {
    uint8_t any = 0;
    for (size_t i = 0; i < b.len; i++)
        any |= b.ptr[i];
    return any < 0x80;
}

/* Characters of one, two or four bytes, most significant first. */
static status widen(bytes in, size_t width, struct arena *memory, bytes *out_text) {
    if (in.len % width != 0)
        return FAIL(E_MALFORMED, "a string of %zu-byte characters has %zu bytes", width, in.len);
    uint8_t *text = arena_alloc(memory, in.len / width * 4 + 1);
    size_t len = 0;
    for (size_t at = 0; at < in.len; at += width) {
        uint32_t c = 0;
        for (size_t i = 0; i < width; i++)
            c = c << 8 | in.ptr[at + i];
        if (c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
            return FAIL(E_MALFORMED, "a string has a character that does not exist");
        len += put_utf8(text + len, c);
    }
    *out_text = bytes_of(text, len);
    return OK;
}

status der_text(const struct der *element, struct arena *memory, bytes *out_text) {
    size_t width = character_bytes(element->tag);
    if (!der_is_text(element->tag))
        return FAIL(E_MALFORMED, "DER has tag %#x where text belongs", element->tag);
    if (element->tag == DER_UTF8_STRING && !bytes_are_utf8(element->value))
        return FAIL(E_MALFORMED, "a UTF8String is not well-formed UTF-8");
    if (element->tag != DER_UTF8_STRING && (width > 1 || !is_ascii(element->value)))
        return widen(element->value, width, memory, out_text);
    *out_text = element->value;
    return OK;
}
