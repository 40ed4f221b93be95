/* A message on the wire to JSON. Fields come in any order and as often as they like: all are
 * gathered first, then written by number. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/base64.h"
#include "codec/json.h"
#include "codec/protobuf_internal.h"
#include "codec/real.h"

enum { WORK_BYTES_MAX = 64 << 20 };

struct decoding {
    struct arena arena;
    struct json_writer w;
    unsigned depth;
};

/* A field as it came. */
struct occurrence {
    const struct protobuf_field *field;
    struct wire_field wire;
    size_t order;
    bool dropped; /* another one of its oneof came later */
};
struct gathered {
    struct occurrence *items;
    size_t count;
};

static status write_message(struct decoding *d, const struct protobuf_type *t, bytes data);

static status broken(void) {
    return FAIL(E_INVALID, "the data is no such message of Protocol Buffers");
}

/* ---- scalars ---- */

static enum wire wire_of(enum field_type type) {
    switch (type) {
    case TYPE_DOUBLE:
    case TYPE_FIXED64:
    case TYPE_SFIXED64:
        return WIRE_64;
    case TYPE_FLOAT:
    case TYPE_FIXED32:
    case TYPE_SFIXED32:
        return WIRE_32;
    case TYPE_STRING:
    case TYPE_MESSAGE:
    case TYPE_BYTES:
        return WIRE_LEN;
    case TYPE_GROUP:
        return WIRE_GROUP;
    case TYPE_INT64:
    case TYPE_UINT64:
    case TYPE_INT32:
    case TYPE_BOOL:
    case TYPE_UINT32:
    case TYPE_ENUM:
    case TYPE_SINT32:
    case TYPE_SINT64:
        break;
    }
    return WIRE_VARINT;
}

static double double_of(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float float_of(uint64_t bits) {
    uint32_t low = (uint32_t)bits;
    float value;
    memcpy(&value, &low, sizeof value);
    return value;
}

static void write_real(struct decoding *d, const struct protobuf_field *f, uint64_t bits) {
    char text[REAL_TEXT_BYTES];
    double value = f->type == TYPE_FLOAT ? (double)float_of(bits) : double_of(bits);
    if (isnan(value) || isinf(value)) {
        json_text(&d->w, isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
        return;
    }
    if (f->type == TYPE_FLOAT)
        real_format_single(float_of(bits), text);
    else
        real_format(value, text);
    json_raw(&d->w, bytes_from(text));
}

static int64_t zigzag(uint64_t n) {
    return (int64_t)(n >> 1) ^ -(int64_t)(n & 1);
}

/* The number as text: as JSON has it, and as the key of a map. */
static void integer_text(enum field_type type, uint64_t n, char out[24]) {
    if (type == TYPE_UINT64 || type == TYPE_FIXED64)
        (void)snprintf(out, 24, "%" PRIu64, n);
    else if (type == TYPE_UINT32 || type == TYPE_FIXED32)
        (void)snprintf(out, 24, "%" PRIu32, (uint32_t)n);
    else if (type == TYPE_SINT64 || type == TYPE_SINT32)
        (void)snprintf(out, 24, "%" PRId64, zigzag(n));
    else if (type == TYPE_INT64 || type == TYPE_SFIXED64)
        (void)snprintf(out, 24, "%" PRId64, (int64_t)n);
    else
        (void)snprintf(out, 24, "%" PRId32, (int32_t)n);
}

static void write_enum(struct decoding *d, const struct protobuf_field *f, uint64_t n) {
    bytes name = f->of && f->of->is_enum ? protobuf_enum_name(f->of, (int32_t)n) : (bytes){0};
    if (name.len > 0)
        json_string(&d->w, name);
    else
        json_i64(&d->w, (int32_t)n);
}

static void write_number(struct decoding *d, const struct protobuf_field *f, uint64_t n) {
    char text[24];
    if (f->type == TYPE_DOUBLE || f->type == TYPE_FLOAT) {
        write_real(d, f, n);
    } else if (f->type == TYPE_BOOL) {
        json_bool(&d->w, n != 0);
    } else if (f->type == TYPE_ENUM) {
        write_enum(d, f, n);
    } else {
        integer_text(f->type, n, text);
        json_raw(&d->w, bytes_from(text));
    }
}

static void write_bytes(struct decoding *d, bytes data) {
    AUTO(buf) text = {0};
    base64_encode(data, &text);
    json_string(&d->w, buf_bytes(&text));
}

static status write_value(struct decoding *d, const struct protobuf_field *f,
                          const struct wire_field *v) {
    if (f->type == TYPE_MESSAGE && (!f->of || f->of->is_enum))
        return FAIL(E_INVALID, "the descriptor set lacks the type %.*s: --include_imports",
                    BYTES_ARG(bytes_slice(f->type_name, 0, 200)));
    if (f->type == TYPE_MESSAGE)
        return write_message(d, f->of, v->data);
    if (f->type == TYPE_STRING)
        json_string(&d->w, v->data);
    else if (f->type == TYPE_BYTES)
        write_bytes(d, v->data);
    else
        write_number(d, f, v->value);
    if (d->w.out->len > PROTOBUF_JSON_BYTES_MAX)
        return FAIL(E_TOO_LARGE, "the message makes more than %d bytes of JSON",
                    PROTOBUF_JSON_BYTES_MAX);
    return OK;
}

/* ---- gathering ---- */

static bool fits(const struct protobuf_field *f, const struct wire_field *v) {
    enum wire wire = wire_of(f->type);
    return f->type != TYPE_GROUP &&
           (v->wire == wire || (f->repeated && v->wire == WIRE_LEN && wire != WIRE_LEN));
}

static size_t count_fields(bytes data) {
    struct wire_field f;
    size_t count = 0;
    while (wire_next(&data, &f))
        count++;
    return count;
}

static int by_field(const void *a, const void *b) {
    const struct occurrence *left = a, *right = b;
    if (left->field->number != right->field->number)
        return left->field->number < right->field->number ? -1 : 1;
    return (left->order > right->order) - (left->order < right->order);
}

static int by_oneof(const void *a, const void *b) {
    const struct occurrence *left = a, *right = b;
    if (left->field->oneof != right->field->oneof)
        return left->field->oneof < right->field->oneof ? -1 : 1;
    return (left->order > right->order) - (left->order < right->order);
}

/* Of a oneof only the field that came last counts. */
static void drop_replaced(struct gathered *g) {
    qsort(g->items, g->count, sizeof *g->items, by_oneof);
    for (size_t end = g->count; end > 0;) {
        const struct protobuf_field *last = g->items[end - 1].field;
        for (; end > 0 && g->items[end - 1].field->oneof == last->oneof; end--)
            g->items[end - 1].dropped = last->oneof >= 0 && g->items[end - 1].field != last;
    }
}

static status gather(struct decoding *d, const struct protobuf_type *t, bytes data,
                     struct gathered *out) {
    struct gathered g = {0};
    struct wire_field v;
    bool has_oneofs = false;
    g.items = ARENA_ARRAY(&d->arena, struct occurrence, count_fields(data));
    if (d->arena.total > WORK_BYTES_MAX)
        return FAIL(E_TOO_LARGE, "the message is too large to be decoded");
    while (wire_next(&data, &v)) {
        const struct protobuf_field *f = protobuf_field_find(t, v.number);
        if (!f || !fits(f, &v))
            continue;
        g.items[g.count] = (struct occurrence){.field = f, .wire = v, .order = g.count};
        g.count++;
        has_oneofs |= f->oneof >= 0;
    }
    if (data.len > 0)
        return broken();
    if (has_oneofs)
        drop_replaced(&g);
    if (g.count > 0)
        qsort(g.items, g.count, sizeof *g.items, by_field);
    *out = g;
    return OK;
}

/* ---- fields ---- */

/* Numbers one after the other. */
static status write_packed(struct decoding *d, const struct protobuf_field *f, bytes data) {
    enum wire wire = wire_of(f->type);
    while (data.len > 0) {
        struct wire_field one = {.wire = wire};
        bool good = wire == WIRE_VARINT ? wire_varint(&data, &one.value)
                                        : wire_fixed(&data, wire == WIRE_64 ? 8 : 4, &one.value);
        if (!good)
            return broken();
        TRY(write_value(d, f, &one));
    }
    return OK;
}

static status write_list(struct decoding *d, const struct occurrence *items, size_t count) {
    json_array_begin(&d->w);
    for (size_t i = 0; i < count; i++) {
        const struct protobuf_field *f = items[i].field;
        if (items[i].wire.wire != wire_of(f->type))
            TRY(write_packed(d, f, items[i].wire.data));
        else
            TRY(write_value(d, f, &items[i].wire));
    }
    json_array_end(&d->w);
    return OK;
}

/* An entry of a map: a message of two fields. */
struct entry {
    bytes key;
    struct wire_field value;
    size_t order;
};

static status read_entry(struct decoding *d, const struct protobuf_type *t, bytes data,
                         struct entry *out) {
    const struct protobuf_field *key = protobuf_field_find(t, 1),
                                *value = protobuf_field_find(t, 2);
    struct wire_field v, k = {0};
    char text[24];
    while (wire_next(&data, &v)) {
        if (v.number == 1 && fits(key, &v))
            k = v;
        else if (v.number == 2 && fits(value, &v))
            out->value = v;
    }
    integer_text(key->type, k.value, text);
    if (key->type == TYPE_STRING)
        out->key = k.data;
    else if (key->type == TYPE_BOOL)
        out->key = k.value ? BYTES("true") : BYTES("false");
    else
        out->key = arena_copy(&d->arena, bytes_from(text));
    return data.len == 0 ? OK : broken();
}

static int by_key(const void *a, const void *b) {
    const struct entry *left = a, *right = b;
    int order = bytes_compare(left->key, right->key);
    return order ? order : (left->order > right->order) - (left->order < right->order);
}

/* Of equal keys the last one counts. */
static status write_map(struct decoding *d, const struct occurrence *items, size_t count) {
    const struct protobuf_type *t = items[0].field->of;
    struct entry *entries = ARENA_ARRAY(&d->arena, struct entry, count);
    if (!protobuf_field_find(t, 1) || !protobuf_field_find(t, 2))
        return broken();
    for (size_t i = 0; i < count; i++) {
        entries[i] = (struct entry){.order = i};
        TRY(read_entry(d, t, items[i].wire.data, &entries[i]));
    }
    qsort(entries, count, sizeof *entries, by_key);
    json_object_begin(&d->w);
    for (size_t i = 0; i < count; i++) {
        if (i + 1 < count && bytes_equal(entries[i].key, entries[i + 1].key))
            continue;
        json_name_bytes(&d->w, entries[i].key);
        TRY(write_value(d, protobuf_field_find(t, 2), &entries[i].value));
    }
    json_object_end(&d->w);
    return OK;
}

/* A message that came in pieces is one: so the encoding says. */
static status write_pieces(struct decoding *d, const struct occurrence *items, size_t count) {
    AUTO(buf) all = {0};
    struct wire_field whole = items[count - 1].wire;
    for (size_t i = 0; i < count && count > 1; i++)
        buf_append(&all, items[i].wire.data);
    if (count > 1)
        whole.data = arena_copy(&d->arena, buf_bytes(&all));
    return write_value(d, items[0].field, &whole);
}

static bool is_hidden(const struct occurrence *o) {
    return o->dropped || (o->field->hides_zero && !o->field->repeated && o->wire.value == 0 &&
                          o->wire.data.len == 0);
}

/* All occurrences of one field. */
static status write_field(struct decoding *d, const struct occurrence *items, size_t count) {
    const struct protobuf_field *f = items[0].field;
    if (is_hidden(&items[count - 1]))
        return OK;
    json_name_bytes(&d->w, f->name);
    if (f->repeated && f->type == TYPE_MESSAGE && f->of && f->of->is_map_entry)
        return write_map(d, items, count);
    if (f->repeated)
        return write_list(d, items, count);
    if (f->type == TYPE_MESSAGE)
        return write_pieces(d, items, count);
    return write_value(d, f, &items[count - 1].wire);
}

static status write_message(struct decoding *d, const struct protobuf_type *t, bytes data) {
    struct gathered g;
    if (d->depth >= PROTOBUF_DEPTH_MAX)
        return FAIL(E_INVALID, "the message is more than %d messages deep", PROTOBUF_DEPTH_MAX);
    TRY(gather(d, t, data, &g));
    d->depth++;
    json_object_begin(&d->w);
    for (size_t i = 0, next; i < g.count; i = next) {
        for (next = i + 1; next < g.count && g.items[next].field == g.items[i].field;)
            next++;
        TRY(write_field(d, &g.items[i], next - i));
    }
    json_object_end(&d->w);
    d->depth--;
    return OK;
}

/* ---- by name ---- */

static bool is_file(const struct protobuf_type *t, bytes file) {
    bytes rest = bytes_skip(t->file, file.len);
    return bytes_start_with(t->file, file) && (rest.len == 0 || bytes_equal(rest, BYTES(".proto")));
}

static bool is_named(const struct protobuf_type *t, bytes type) {
    return bytes_end_with(t->name, type) &&
           t->name.ptr[t->name.len - type.len - 1] == '.'; /* each name begins with a dot */
}

static const struct protobuf_type *find(const struct protobuf *p, bytes file, bytes type) {
    const struct protobuf_type *found = NULL;
    for (size_t i = 0; i < p->count; i++) {
        const struct protobuf_type *t = p->types[i];
        bool fits_so_far = !t->is_enum && is_file(t, file) && t->name.len > type.len &&
                           type.len > 0 && is_named(t, type);
        if (fits_so_far && (!found || t->name.len < found->name.len))
            found = t; /* the outermost one */
    }
    return found;
}

status protobuf_to_json(const struct protobuf *p, bytes file, bytes type, bytes data,
                        struct buf *out) {
    const struct protobuf_type *t = find(p, file, type);
    struct decoding d = {0};
    if (!t)
        return FAIL(E_NOT_FOUND, "the descriptor set has no message %.*s of %.*s",
                    BYTES_ARG(bytes_slice(type, 0, 200)), BYTES_ARG(bytes_slice(file, 0, 200)));
    json_start(&d.w, out);
    status s = write_message(&d, t, data);
    arena_done(&d.arena);
    return s;
}
