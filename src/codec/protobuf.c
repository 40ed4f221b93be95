/* Descriptors: what google/protobuf/descriptor.proto numbers, each message read by a table of what
 * to do with its fields. */
#include <stdlib.h>
#include <string.h>

#include "codec/protobuf_internal.h"

/* ---- the wire ---- */

bool wire_varint(bytes *left, uint64_t *out) {
    uint64_t value = 0;
    for (unsigned i = 0; i < 10 && i < left->len; i++) {
        value |= (uint64_t)(left->ptr[i] & 0x7f) << (7 * i);
        if (left->ptr[i] & 0x80)
            continue;
        *left = bytes_skip(*left, i + 1);
        *out = value;
        return true;
    }
    return false;
}

bool wire_fixed(bytes *left, size_t size, uint64_t *out) {
    uint64_t value = 0;
    if (left->len < size)
        return false;
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)left->ptr[i] << (8 * i);
    *left = bytes_skip(*left, size);
    *out = value;
    return true;
}

static bool take_tag(bytes *left, struct wire_field *out) {
    uint64_t tag;
    if (!wire_varint(left, &tag) || tag >> 3 == 0 || tag >> 3 > 536870911 || (tag & 7) > WIRE_32)
        return false;
    out->number = (uint32_t)(tag >> 3);
    out->wire = (enum wire)(tag & 7);
    return true;
}

static bool take_value(bytes *left, struct wire_field *f) {
    uint64_t len;
    switch (f->wire) {
    case WIRE_VARINT:
        return wire_varint(left, &f->value);
    case WIRE_64:
        return wire_fixed(left, 8, &f->value);
    case WIRE_32:
        return wire_fixed(left, 4, &f->value);
    case WIRE_LEN:
        if (!wire_varint(left, &len) || len > left->len)
            return false;
        f->data = bytes_slice(*left, 0, (size_t)len);
        *left = bytes_skip(*left, (size_t)len);
        return true;
    case WIRE_GROUP:
    case WIRE_GROUP_END:
        break;
    }
    return true;
}

/* Groups are told by their ends alone: all within one is passed over. */
static bool pass_group(bytes *left) {
    struct wire_field f = {0};
    unsigned open = 1;
    while (open > 0 && take_tag(left, &f) && take_value(left, &f))
        open += f.wire == WIRE_GROUP ? 1u : f.wire == WIRE_GROUP_END ? -1u : 0u;
    return open == 0;
}

bool wire_next(bytes *left, struct wire_field *out) {
    bytes rest = *left;
    *out = (struct wire_field){0};
    if (rest.len == 0 || !take_tag(&rest, out) || out->wire == WIRE_GROUP_END ||
        !take_value(&rest, out) || (out->wire == WIRE_GROUP && !pass_group(&rest)))
        return false;
    *left = rest;
    return true;
}

/* ---- descriptors ---- */

struct reading {
    struct arena *arena;
    struct protobuf *out;
    bytes file;
    bool is_proto3;
    unsigned depth;
};

static status broken(void) {
    return FAIL(E_INVALID, "the descriptor set is broken: compile it with protoc "
                           "--include_imports --descriptor_set_out");
}

/* "outer.name", in the arena. */
static bytes scoped(const struct reading *r, bytes outer, bytes name) {
    AUTO(buf) both = {0};
    buf_append(&both, outer);
    buf_append_byte(&both, '.');
    buf_append(&both, name);
    return arena_copy(r->arena, buf_bytes(&both));
}

static struct protobuf_type *type_new(const struct reading *r) {
    struct protobuf_type *t = ARENA_NEW(r->arena, struct protobuf_type);
    t->file = r->file;
    t->next = r->out->first;
    r->out->first = t;
    r->out->count++;
    return t;
}

/* Strings and messages of a field; others have none. */
static bytes data_of(const struct wire_field *f) {
    return f->wire == WIRE_LEN ? f->data : (bytes){0};
}

static status read_enum_value(const struct reading *r, bytes in, struct protobuf_type *t) {
    struct protobuf_name *n = ARENA_NEW(r->arena, struct protobuf_name);
    struct wire_field f;
    while (wire_next(&in, &f))
        if (f.number == 1)
            n->name = data_of(&f);
        else if (f.number == 2)
            n->number = (int32_t)f.value;
    n->next = t->first_name;
    t->first_name = n;
    t->count++;
    return in.len == 0 ? OK : broken();
}

static status read_enum(struct reading *r, bytes in, bytes outer) {
    struct protobuf_type *t = type_new(r);
    struct wire_field f;
    t->is_enum = true;
    while (wire_next(&in, &f))
        if (f.number == 1)
            t->name = scoped(r, outer, data_of(&f));
        else if (f.number == 2)
            TRY(read_enum_value(r, data_of(&f), t));
    return in.len == 0 ? OK : broken();
}

/* "room_name" to "roomName", as protoc does for json_name. */
static bytes camel_case(const struct reading *r, bytes name) {
    char *out = arena_string(r->arena, name), *to = out;
    bool raise = false;
    for (size_t i = 0; i < name.len; i++) {
        char c = (char)name.ptr[i];
        if (c == '_') {
            raise = true;
            continue;
        }
        *to++ = (char)(raise && c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
        raise = false;
    }
    *to = 0;
    return bytes_from(out);
}

static bool has_zero(enum field_type type) {
    return type != TYPE_MESSAGE && type != TYPE_GROUP;
}

static status read_field(const struct reading *r, bytes in, struct protobuf_type *t) {
    struct protobuf_field *k = ARENA_NEW(r->arena, struct protobuf_field);
    struct wire_field f;
    bytes name = {0};
    bool optional = false;
    k->oneof = -1;
    while (wire_next(&in, &f)) {
        if (f.number == 1)
            name = data_of(&f);
        else if (f.number == 3)
            k->number = (uint32_t)f.value;
        else if (f.number == 4)
            k->repeated = f.value == 3;
        else if (f.number == 5 && f.value >= TYPE_DOUBLE && f.value <= TYPE_SINT64)
            k->type = (enum field_type)f.value;
        else if (f.number == 6)
            k->type_name = data_of(&f);
        else if (f.number == 9)
            k->oneof = (int32_t)f.value;
        else if (f.number == 10)
            k->name = data_of(&f);
        else if (f.number == 17)
            optional = f.value != 0;
    }
    if (k->name.len == 0)
        k->name = camel_case(r, name);
    k->hides_zero = r->is_proto3 && k->oneof < 0 && !optional && has_zero(k->type);
    k->next = t->first_field;
    t->first_field = k;
    t->count++;
    return in.len == 0 && k->number > 0 && k->type > 0 ? OK : broken();
}

static bool says_map_entry(bytes options) {
    struct wire_field f;
    bool is = false;
    while (wire_next(&options, &f))
        is = f.number == 7 ? f.value != 0 : is;
    return is;
}

static bytes find_data(bytes in, uint32_t number) {
    struct wire_field f;
    bytes found = {0};
    while (wire_next(&in, &f))
        if (f.number == number)
            found = data_of(&f);
    return found;
}

static status read_message(struct reading *r, bytes in, bytes outer) {
    struct protobuf_type *t = type_new(r);
    struct wire_field f;
    t->name = scoped(r, outer, find_data(in, 1));
    if (r->depth >= PROTOBUF_DEPTH_MAX || r->out->count > PROTOBUF_TYPES_MAX)
        return FAIL(E_INVALID, "the descriptor set has too many types, or too deep ones");
    r->depth++;
    while (wire_next(&in, &f))
        if (f.number == 2)
            TRY(read_field(r, data_of(&f), t));
        else if (f.number == 3)
            TRY(read_message(r, data_of(&f), t->name));
        else if (f.number == 4)
            TRY(read_enum(r, data_of(&f), t->name));
        else if (f.number == 7)
            t->is_map_entry = says_map_entry(data_of(&f));
    r->depth--;
    return in.len == 0 ? OK : broken();
}

static status read_file(struct reading *r, bytes in) {
    bytes package = find_data(in, 2), outer = {0};
    struct wire_field f;
    r->file = find_data(in, 1);
    r->is_proto3 = bytes_equal(find_data(in, 12), BYTES("proto3"));
    if (package.len > 0)
        outer = scoped(r, outer, package);
    while (wire_next(&in, &f))
        if (f.number == 4)
            TRY(read_message(r, data_of(&f), outer));
        else if (f.number == 5)
            TRY(read_enum(r, data_of(&f), outer));
    return in.len == 0 ? OK : broken();
}

/* ---- found again ---- */

static int compare_types(const void *a, const void *b) {
    const struct protobuf_type *const *left = a, *const *right = b;
    return bytes_compare((*left)->name, (*right)->name);
}

static int compare_fields(const void *a, const void *b) {
    const struct protobuf_field *const *left = a, *const *right = b;
    return ((*left)->number > (*right)->number) - ((*left)->number < (*right)->number);
}

static int compare_names(const void *a, const void *b) {
    const struct protobuf_name *const *left = a, *const *right = b;
    return ((*left)->number > (*right)->number) - ((*left)->number < (*right)->number);
}

static const struct protobuf_type *find_type(const struct protobuf *p, bytes name) {
    struct protobuf_type wanted = {.name = name}, *key = &wanted;
    struct protobuf_type **found =
        bsearch(&key, p->types, p->count, sizeof(struct protobuf_type *), compare_types);
    return found ? *found : NULL;
}

static void sort_members(struct arena *a, struct protobuf_type *t) {
    size_t i = 0;
    t->fields = ARENA_ARRAY(a, struct protobuf_field *, t->is_enum ? 0 : t->count);
    t->names = ARENA_ARRAY(a, struct protobuf_name *, t->is_enum ? t->count : 0);
    for (struct protobuf_field *f = t->first_field; f; f = f->next)
        t->fields[i++] = f;
    for (struct protobuf_name *n = t->first_name; n; n = n->next)
        t->names[i++] = n;
    if (t->is_enum && t->count > 0)
        qsort(t->names, t->count, sizeof(struct protobuf_name *), compare_names);
    else if (t->count > 0)
        qsort(t->fields, t->count, sizeof(struct protobuf_field *), compare_fields);
}

static void sort(struct arena *a, struct protobuf *p) {
    size_t i = 0;
    p->types = ARENA_ARRAY(a, struct protobuf_type *, p->count);
    for (struct protobuf_type *t = p->first; t; t = t->next) {
        p->types[i++] = t;
        sort_members(a, t);
    }
    if (p->count > 0)
        qsort(p->types, p->count, sizeof(struct protobuf_type *), compare_types);
    for (struct protobuf_type *t = p->first; t; t = t->next)
        for (struct protobuf_field *f = t->first_field; f; f = f->next)
            f->of = f->type_name.len > 0 && p->count > 0 ? find_type(p, f->type_name) : NULL;
}

const struct protobuf_field *protobuf_field_find(const struct protobuf_type *t, uint32_t number) {
    struct protobuf_field wanted = {.number = number}, *key = &wanted;
    struct protobuf_field **found =
        t->count
            ? bsearch(&key, t->fields, t->count, sizeof(struct protobuf_field *), compare_fields)
            : NULL;
    return found ? *found : NULL;
}

bytes protobuf_enum_name(const struct protobuf_type *t, int64_t value) {
    struct protobuf_name wanted = {.number = value}, *key = &wanted;
    struct protobuf_name **found =
        t->count ? bsearch(&key, t->names, t->count, sizeof(struct protobuf_name *), compare_names)
                 : NULL;
    return found ? (*found)->name : (bytes){0};
}

status protobuf_read(bytes descriptor_set, struct arena *a, const struct protobuf **out) {
    struct protobuf *p = ARENA_NEW(a, struct protobuf);
    struct reading r = {.arena = a, .out = p};
    struct wire_field f;
    while (wire_next(&descriptor_set, &f))
        if (f.number == 1)
            TRY(read_file(&r, data_of(&f)));
    if (descriptor_set.len > 0)
        return broken();
    sort(a, p);
    *out = p;
    return OK;
}
