/* Inside protobuf*.c: the wire, and types as descriptors have them. */
#pragma once
#include "codec/protobuf.h"

enum wire { WIRE_VARINT, WIRE_64, WIRE_LEN, WIRE_GROUP, WIRE_GROUP_END, WIRE_32 };

/* One field on the wire: a number, or bytes. */
struct wire_field {
    uint32_t number;
    enum wire wire;
    uint64_t value;
    bytes data;
};
/* wire_next takes one off the front, groups whole; false at the end, and for what is broken, which
 * leaves something in *left. */
bool wire_next(bytes *left, struct wire_field *out);
bool wire_varint(bytes *left, uint64_t *out);
/* wire_fixed takes 4 or 8 bytes, the low one first. */
bool wire_fixed(bytes *left, size_t size, uint64_t *out);

/* Types of fields as FieldDescriptorProto numbers them. */
enum field_type {
    TYPE_DOUBLE = 1,
    TYPE_FLOAT,
    TYPE_INT64,
    TYPE_UINT64,
    TYPE_INT32,
    TYPE_FIXED64,
    TYPE_FIXED32,
    TYPE_BOOL,
    TYPE_STRING,
    TYPE_GROUP,
    TYPE_MESSAGE,
    TYPE_BYTES,
    TYPE_UINT32,
    TYPE_ENUM,
    TYPE_SFIXED32,
    TYPE_SFIXED64,
    TYPE_SINT32,
    TYPE_SINT64
};

struct protobuf_field {
    struct protobuf_field *next; /* while they are read */
    bytes name;                  /* in JSON */
    uint32_t number;
    enum field_type type;
    bool repeated;
    bool hides_zero; /* a zero means it was not set */
    int64_t oneof;   /* -1: in none */
    bytes type_name;
    const struct protobuf_type *of; /* of messages and enums; NULL: not in the set */
};

struct protobuf_name {
    struct protobuf_name *next;
    bytes name;
    int64_t number;
};

/* A message or an enum. */
struct protobuf_type {
    struct protobuf_type *next;
    bytes name, file; /* name: ".package.Outer.Inner" */
    bool is_enum, is_map_entry;
    struct protobuf_field *first_field, **fields; /* by number */
    struct protobuf_name *first_name, **names;    /* by number */
    size_t count;
};

struct protobuf {
    struct protobuf_type *first, **types; /* by name */
    size_t count;
};

const struct protobuf_field *protobuf_field_find(const struct protobuf_type *t, uint32_t number);
/* protobuf_enum_name is the name of a value, or no bytes. */
bytes protobuf_enum_name(const struct protobuf_type *t, int64_t value);
