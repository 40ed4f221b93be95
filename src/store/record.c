#include "store/record.h"

#include <string.h>

enum { FORM = 1, IS_BYTES = 1 }; /* a tag byte is tag × 2, plus IS_BYTES when a length follows */

static void append_varint(struct buf *out, uint64_t value) {
    for (; value >= 0x80; value >>= 7)
        buf_append_byte(out, (uint8_t)(value | 0x80));
    buf_append_byte(out, (uint8_t)value);
}

static status damaged(void) {
    return FAIL(E_INTERNAL, "A record in the store is damaged: restore it from a backup");
}

static status read_varint(struct reader *in, uint64_t *out) {
    uint64_t value = 0;
    uint8_t byte = 0x80;
    for (unsigned shift = 0; byte & 0x80; shift += 7) {
        if (shift > 63 || read_u8(in, &byte) != OK)
            return damaged();
        value |= (uint64_t)(byte & 0x7f) << shift;
    }
    *out = value;
    return OK;
}

static bytes bytes_member(const struct field *f, const uint8_t *member) {
    bytes value;
    if (f->kind == FIELD_TEXT)
        return bytes_from((const char *)member);
    memcpy(&value, member, sizeof value);
    return value;
}

static uint64_t number_member(const struct field *f, const uint8_t *member) {
    uint64_t number = 0;
    uint32_t enumerator;
    bool flag;
    if (f->kind == FIELD_ENUM) {
        memcpy(&enumerator, member, sizeof enumerator);
        number = enumerator;
    } else if (f->kind == FIELD_BOOL) {
        memcpy(&flag, member, sizeof flag);
        number = flag;
    } else {
        memcpy(&number, member, sizeof number);
    }
    return number;
}

static bool is_bytes(const struct field *f) {
    return f->kind == FIELD_BYTES || f->kind == FIELD_TEXT;
}

static void encode_bytes(uint8_t tag, bytes value, struct buf *out) {
    if (value.len == 0)
        return;
    buf_append_byte(out, (uint8_t)(tag << 1 | IS_BYTES));
    record_list_add(out, value);
}

static void encode_number(uint8_t tag, uint64_t value, struct buf *out) {
    if (value == 0)
        return;
    buf_append_byte(out, (uint8_t)(tag << 1));
    append_varint(out, value);
}

void record_encode(const struct field *fields, size_t count, const void *object, struct buf *out) {
    buf_append_byte(out, FORM);
    for (const struct field *f = fields; f < fields + count; f++) {
        const uint8_t *member = (const uint8_t *)object + f->offset;
        if (is_bytes(f))
            encode_bytes(f->tag, bytes_member(f, member), out);
        else
            encode_number(f->tag, number_member(f, member), out);
    }
}

static status decode_bytes(const struct field *f, bytes value, uint8_t *member) {
    if (f->kind == FIELD_BYTES) {
        memcpy(member, &value, sizeof value);
        return OK;
    }
    if (value.len >= f->size)
        return damaged();
    memcpy(member, value.ptr, value.len);
    member[value.len] = '\0';
    return OK;
}

static status decode_number(const struct field *f, uint64_t value, uint8_t *member) {
    uint32_t enumerator = (uint32_t)value;
    bool flag = value != 0;
    switch (f->kind) {
    case FIELD_ENUM:
        if (value > UINT32_MAX || (f->below && value >= f->below))
            return damaged();
        memcpy(member, &enumerator, sizeof enumerator);
        return OK;
    case FIELD_BOOL:
        memcpy(member, &flag, sizeof flag);
        return OK;
    case FIELD_NUMBER:
    case FIELD_BYTES:
    case FIELD_TEXT:
        break;
    }
    memcpy(member, &value, sizeof value);
    return OK;
}

static const struct field *find(const struct field *fields, size_t count, uint8_t tag) {
    for (const struct field *f = fields; f < fields + count; f++)
        if (f->tag == tag)
            return f;
    return NULL;
}

static status decode_field(const struct field *f, bool with_length, struct reader *in,
                           void *object) {
    uint64_t number;
    bytes content = {0};
    TRY(read_varint(in, &number)); /* the value, or the length of what follows */
    if (with_length && (number > in->left.len || read_bytes(in, (size_t)number, &content) != OK))
        return damaged();
    if (!f)
        return OK;
    if (with_length != is_bytes(f))
        return damaged();
    uint8_t *member = (uint8_t *)object + f->offset;
    return with_length ? decode_bytes(f, content, member) : decode_number(f, number, member);
}

status record_decode(const struct field *fields, size_t count, bytes value, void *object) {
    struct reader in = {value};
    uint8_t form, tag;
    if (read_u8(&in, &form) != OK || form != FORM)
        return damaged();
    while (in.left.len > 0) {
        TRY(read_u8(&in, &tag));
        TRY(decode_field(find(fields, count, tag >> 1), tag & IS_BYTES, &in, object));
    }
    return OK;
}

void record_list_add(struct buf *list, bytes item) {
    append_varint(list, item.len);
    buf_append(list, item);
}

bool record_list_next(bytes *rest, bytes *out_item) {
    struct reader in = {*rest};
    uint64_t len;
    if (rest->len == 0 || read_varint(&in, &len) != OK || len > in.left.len)
        return false;
    *out_item = bytes_slice(in.left, 0, (size_t)len);
    *rest = bytes_skip(in.left, (size_t)len);
    return true;
}
