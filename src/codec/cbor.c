#include "codec/cbor.h"

#include <cbor/encoding.h>
#include <cbor/streaming.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/base64.h"
#include "codec/real.h"

/* The least integer that CBOR has: one less than what 64 bits and a sign hold. */
#define LEAST "-18446744073709551616"

/* ---- decoding ---- */

/* What is being filled: an array, an object, or a string that comes in chunks. */
enum level_kind { LEVEL_ARRAY, LEVEL_OBJECT, LEVEL_TEXT, LEVEL_BINARY };

struct level {
    enum level_kind kind;
    bool indefinite; /* ends with a break; else after `left` items */
    uint64_t left;
    struct json *value;
    const struct json **last;
    bool has_name; /* of an object: the key is here, its value comes next */
    bytes name;
};

struct decoder {
    struct arena *arena;
    bytes in; /* from the item being read on */
    struct level levels[JSON_DEPTH_MAX];
    size_t depth;
    struct buf chunks;
    const struct json *root; /* complete */
    bool tagged;             /* the next item is what a tag belongs to */
    status result;
};

static struct level *top(struct decoder *d) {
    return d->depth ? &d->levels[d->depth - 1] : NULL;
}

#define REFUSE(d, code, ...) ((void)((d)->result = FAIL(code, __VA_ARGS__)))

/* An object's key, or false when `v` is a value. */
static bool take_name(struct decoder *d, struct level *l, const struct json *v) {
    if (l->kind != LEVEL_OBJECT || l->has_name)
        return false;
    if (v->type != JSON_STRING)
        REFUSE(d, E_INVALID, "a key of a CBOR map is not text, as it has to be here");
    l->name = v->text;
    l->has_name = true;
    return true;
}

static void put(struct level *l, struct json *v) {
    if (l->has_name)
        v->name = l->name;
    l->has_name = false;
    *l->last = v;
    l->last = &v->next;
    l->value->count++;
}

static void finish_levels(struct decoder *d);

/* A complete value: it belongs into the innermost level, and may complete that one too. */
static void add(struct decoder *d, struct json *v) {
    struct level *l = top(d);
    d->tagged = false;
    if (!l) {
        d->root = v;
        return;
    }
    if (l->kind == LEVEL_TEXT || l->kind == LEVEL_BINARY) {
        REFUSE(d, E_MALFORMED, "a CBOR string of unknown length has a part that is no such string");
        return;
    }
    if (!take_name(d, l, v))
        put(l, v);
    if (!l->indefinite)
        l->left--;
    finish_levels(d);
}

static void finish_levels(struct decoder *d) {
    struct level *l = top(d);
    if (d->result != OK || l->indefinite || l->left > 0)
        return;
    d->depth--;
    add(d, l->value); /* as deep as the levels are, JSON_DEPTH_MAX at most */
}

static struct json *new_value(struct decoder *d, enum json_type type) {
    struct json *v = ARENA_NEW(d->arena, struct json);
    v->type = type;
    return v;
}

static struct level *open_level(struct decoder *d, enum level_kind kind, enum json_type type) {
    if (d->depth == JSON_DEPTH_MAX) {
        REFUSE(d, E_INVALID, "the CBOR is nested deeper than %d levels", JSON_DEPTH_MAX);
        return NULL;
    }
    struct level *l = &d->levels[d->depth++];
    *l = (struct level){.kind = kind, .indefinite = true, .value = new_value(d, type)};
    l->last = &l->value->first;
    return l;
}

/* A string of unknown length may only have strings of its own kind as parts. */
static bool may_open(struct decoder *d) {
    const struct level *l = top(d);
    bool within_string = l && (l->kind == LEVEL_TEXT || l->kind == LEVEL_BINARY);
    if (within_string)
        REFUSE(d, E_MALFORMED, "a CBOR string of unknown length has a part that is no such string");
    return !within_string;
}

static void open_counted(struct decoder *d, enum level_kind kind, enum json_type type,
                         uint64_t items) {
    if (!may_open(d))
        return;
    if (items > d->in.len) {
        REFUSE(d, E_MALFORMED, "the CBOR ends before what it announces");
        return;
    }
    struct level *l = open_level(d, kind, type);
    if (!l)
        return;
    l->indefinite = false;
    l->left = kind == LEVEL_OBJECT ? items * 2 : items;
    d->tagged = false;
    finish_levels(d);
}

static void open_indefinite(struct decoder *d, enum level_kind kind, enum json_type type) {
    if (!may_open(d))
        return;
    d->tagged = false;
    (void)open_level(d, kind, type);
    buf_clear(&d->chunks);
}

static void add_number(struct decoder *d, const char *text) {
    struct json *v = new_value(d, JSON_NUMBER);
    v->text = arena_copy(d->arena, bytes_from(text));
    add(d, v);
}

static void add_natural(struct decoder *d, uint64_t value) {
    char text[24];
    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    add_number(d, text);
}

static void add_negative(struct decoder *d, uint64_t value) { /* −1 − value */
    char text[24] = LEAST;
    if (value < UINT64_MAX)
        (void)snprintf(text, sizeof text, "-%llu", (unsigned long long)value + 1);
    add_number(d, text);
}

static void add_real(struct decoder *d, double value) {
    char text[REAL_TEXT_BYTES];
    if (!isfinite(value)) {
        REFUSE(d, E_INVALID, "the CBOR holds a number that is not finite");
        return;
    }
    real_format(value, text);
    add_number(d, text);
}

static void add_text(struct decoder *d, bytes text) {
    if (!bytes_are_utf8(text)) {
        REFUSE(d, E_MALFORMED, "a CBOR text string is not UTF-8");
        return;
    }
    struct json *v = new_value(d, JSON_STRING);
    v->text = text;
    add(d, v);
}

static void add_binary(struct decoder *d, bytes data) {
    AUTO(buf) text = {0};
    base64_encode(data, &text);
    struct json *v = new_value(d, JSON_STRING);
    v->text = arena_copy(d->arena, buf_bytes(&text));
    add(d, v);
}

/* A whole string, or a part of one of unknown length; parts of text are each UTF-8 [RFC 8949 3.2.3]
 */
static void on_string(struct decoder *d, enum level_kind kind, bytes data) {
    struct level *l = top(d);
    if (!l || l->kind != kind) {
        (kind == LEVEL_TEXT ? add_text : add_binary)(d, data);
        return;
    }
    if (d->tagged || (kind == LEVEL_TEXT && !bytes_are_utf8(data)))
        REFUSE(d, E_MALFORMED, "a part of a CBOR string is tagged or not UTF-8");
    buf_append(&d->chunks, data);
}

static void close_string(struct decoder *d, enum level_kind kind) {
    d->depth--;
    if (kind == LEVEL_BINARY)
        add_binary(d, buf_bytes(&d->chunks));
    else
        add_text(d, arena_copy(d->arena, buf_bytes(&d->chunks)));
}

static void on_break(void *context) {
    struct decoder *d = context;
    struct level *l = top(d);
    if (!l || !l->indefinite || l->has_name || d->tagged) {
        REFUSE(d, E_MALFORMED, "a CBOR break stands where nothing can end");
        return;
    }
    if (l->kind == LEVEL_TEXT || l->kind == LEVEL_BINARY) {
        close_string(d, l->kind);
        return;
    }
    d->depth--;
    add(d, l->value);
}

/* ---- what libcbor found ---- */

static void on_u8(void *d, uint8_t v) {
    add_natural(d, v);
}
static void on_u16(void *d, uint16_t v) {
    add_natural(d, v);
}
static void on_u32(void *d, uint32_t v) {
    add_natural(d, v);
}
static void on_u64(void *d, uint64_t v) {
    add_natural(d, v);
}
static void on_n8(void *d, uint8_t v) {
    add_negative(d, v);
}
static void on_n16(void *d, uint16_t v) {
    add_negative(d, v);
}
static void on_n32(void *d, uint32_t v) {
    add_negative(d, v);
}
static void on_n64(void *d, uint64_t v) {
    add_negative(d, v);
}
static void on_text(void *d, cbor_data data, size_t len) {
    on_string(d, LEVEL_TEXT, bytes_of(data, len));
}
static void on_binary(void *d, cbor_data data, size_t len) {
    on_string(d, LEVEL_BINARY, bytes_of(data, len));
}
static void on_text_parts(void *d) {
    open_indefinite(d, LEVEL_TEXT, JSON_STRING);
}
static void on_binary_parts(void *d) {
    open_indefinite(d, LEVEL_BINARY, JSON_STRING);
}
static void on_array(void *d, size_t count) {
    open_counted(d, LEVEL_ARRAY, JSON_ARRAY, count);
}
static void on_array_parts(void *d) {
    open_indefinite(d, LEVEL_ARRAY, JSON_ARRAY);
}
static void on_map(void *d, size_t count) {
    open_counted(d, LEVEL_OBJECT, JSON_OBJECT, count);
}
static void on_map_parts(void *d) {
    open_indefinite(d, LEVEL_OBJECT, JSON_OBJECT);
}
static void on_tag(void *context, uint64_t tag) {
    struct decoder *d = context;
    UNUSED(tag);
    if (may_open(d))
        d->tagged = true;
}
static void on_float(void *d, float v) {
    add_real(d, (double)v);
}
static void on_double(void *d, double v) {
    add_real(d, v);
}
static void on_null(void *d) {
    add(d, new_value(d, JSON_NULL));
}
static void on_bool(void *d, bool v) {
    add(d, new_value(d, v ? JSON_TRUE : JSON_FALSE));
}

static const struct cbor_callbacks callbacks = {
    .uint8 = on_u8,
    .uint16 = on_u16,
    .uint32 = on_u32,
    .uint64 = on_u64,
    .negint8 = on_n8,
    .negint16 = on_n16,
    .negint32 = on_n32,
    .negint64 = on_n64,
    .byte_string_start = on_binary_parts,
    .byte_string = on_binary,
    .string_start = on_text_parts,
    .string = on_text,
    .array_start = on_array,
    .indef_array_start = on_array_parts,
    .map_start = on_map,
    .indef_map_start = on_map_parts,
    .tag = on_tag,
    .float2 = on_float,
    .float4 = on_float,
    .float8 = on_double,
    .undefined = on_null,
    .null = on_null,
    .boolean = on_bool,
    .indef_break = on_break,
};

static status decode_items(struct decoder *d, size_t total) {
    while (!d->root) {
        struct cbor_decoder_result r = cbor_stream_decode(d->in.ptr, d->in.len, &callbacks, d);
        if (r.status == CBOR_DECODER_NEDATA)
            return FAIL(E_MALFORMED, "the CBOR ends in the middle of an item");
        if (r.status == CBOR_DECODER_ERROR)
            return FAIL(E_MALFORMED, "the byte 0x%02x at %zu begins no CBOR item", d->in.ptr[0],
                        total - d->in.len);
        if (d->result != OK)
            return d->result;
        d->in = bytes_skip(d->in, r.read);
    }
    if (d->in.len > 0)
        return FAIL(E_MALFORMED, "%zu bytes follow the CBOR item", d->in.len);
    return OK;
}

status cbor_decode(struct arena *a, bytes data, const struct json **out_root) {
    struct decoder d = {.arena = a, .in = data};
    status s = decode_items(&d, data.len);
    buf_done(&d.chunks);
    if (s == OK)
        *out_root = d.root;
    return s;
}

/* ---- encoding ---- */

enum { HEAD_BYTES_MAX = 9 };

static void put_head(struct buf *out, size_t (*encode)(size_t, unsigned char *, size_t),
                     size_t value) {
    unsigned char *at = buf_reserve(out, HEAD_BYTES_MAX);
    out->len += encode(value, at, HEAD_BYTES_MAX);
}

static void put_integer(struct buf *out, size_t (*encode)(uint64_t, unsigned char *, size_t),
                        uint64_t value) {
    unsigned char *at = buf_reserve(out, HEAD_BYTES_MAX);
    out->len += encode(value, at, HEAD_BYTES_MAX);
}

static void put_text(struct buf *out, bytes text) {
    put_head(out, cbor_encode_string_start, text.len);
    buf_append(out, text);
}

static status put_real(struct buf *out, const struct json *v) {
    double value;
    TRY(json_to_double(v, &value));
    unsigned char *at = buf_reserve(out, HEAD_BYTES_MAX);
    out->len += (double)(float)value == value ? cbor_encode_single((float)value, at, HEAD_BYTES_MAX)
                                              : cbor_encode_double(value, at, HEAD_BYTES_MAX);
    return OK;
}

static status put_number(struct buf *out, const struct json *v) {
    bool negative = v->text.ptr[0] == '-';
    uint64_t value;
    if (bytes_equal(v->text, bytes_from(LEAST))) {
        put_integer(out, cbor_encode_negint, UINT64_MAX);
        return OK;
    }
    if (bytes_to_u64(bytes_skip(v->text, negative), UINT64_MAX, &value) != OK ||
        (negative && value == 0))
        return put_real(out, v);
    if (negative)
        put_integer(out, cbor_encode_negint, value - 1);
    else
        put_integer(out, cbor_encode_uint, value);
    return OK;
}

static status put_children(const struct json *v, struct buf *out) {
    JSON_EACH (child, v) {
        if (v->type == JSON_OBJECT)
            put_text(out, child->name);
        TRY(cbor_encode(child, out)); /* as deep as a tree is, JSON_DEPTH_MAX at most */
    }
    return OK;
}

status cbor_encode(const struct json *v, struct buf *out) {
    switch (v->type) {
    case JSON_NULL:
        buf_append_byte(out, 0xf6);
        return OK;
    case JSON_FALSE:
        buf_append_byte(out, 0xf4);
        return OK;
    case JSON_TRUE:
        buf_append_byte(out, 0xf5);
        return OK;
    case JSON_NUMBER:
        return put_number(out, v);
    case JSON_STRING:
        put_text(out, v->text);
        return OK;
    case JSON_ARRAY:
        put_head(out, cbor_encode_array_start, v->count);
        return put_children(v, out);
    case JSON_OBJECT:
        put_head(out, cbor_encode_map_start, v->count);
        return put_children(v, out);
    }
    return FAIL(E_INTERNAL, "a value of no known type");
}
