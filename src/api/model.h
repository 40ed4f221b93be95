/* The model of a service: what AWS publishes about an API, as read-only tables.
 *
 * script/generate-api writes them (generated/) from botocore's service-2.json [AWS
 * control-plane 8]. Everything refers to everything by index, and to one pool of texts:
 *
 *     operation ─▶ input, output ─▶ shape ─▶ members ─▶ shape …
 *               ─▶ errors
 *
 * The engine routes, decodes, validates and encodes by these tables; what an operation means is a
 * function in handlers.h. No thread owns them: they are constants. */
#pragma once
#include "base/bytes.h"

enum model_type {
    MODEL_STRING,
    MODEL_INTEGER,
    MODEL_LONG,
    MODEL_DOUBLE,
    MODEL_BOOLEAN,
    MODEL_TIMESTAMP,
    MODEL_BLOB,
    MODEL_LIST,
    MODEL_MAP,
    MODEL_STRUCTURE
};

enum {
    MODEL_HAS_MIN = 1,
    MODEL_HAS_MAX = 2,
    MODEL_SENSITIVE = 4,
    MODEL_POLICY = 8 /* a policy document, which query services percent-encode in answers */
};

struct model_shape {
    uint8_t type;    /* enum model_type */
    uint8_t flags;   /* MODEL_HAS_… */
    uint16_t first;  /* structure: first member; list: element's shape; map: key's; string: value */
    uint16_t second; /* structure: members; map: value's shape; string: values (0: any string) */
    uint16_t pattern; /* 0, or an index of patterns */
    int32_t min, max; /* length of strings, lists, maps; value of numbers (doubles: thousandths) */
};

enum model_location {
    MODEL_BODY,
    MODEL_PATH,
    MODEL_QUERY,
    MODEL_HEADER,
    MODEL_PAYLOAD, /* this member is the whole body */
    MODEL_STATUS   /* of an answer: its HTTP status */
};

enum { MODEL_REQUIRED = 1, MODEL_TOKEN = 2 /* idempotency token: clients fill it by themselves */ };

struct model_member {
    uint16_t id; /* enum member of generated/members.h */
    uint16_t name, wire;
    uint16_t shape;
    uint8_t location; /* enum model_location */
    uint8_t flags;
};

enum model_method { MODEL_GET, MODEL_POST, MODEL_PUT, MODEL_PATCH, MODEL_DELETE, MODEL_METHODS };

enum { MODEL_NO_SHAPE = 0xffff };
enum { MODEL_DEPRECATED = 1, MODEL_PAGE_MARKER = 2, MODEL_PAGE_TOKEN = 4 };

struct model_operation {
    uint16_t name, path;
    uint8_t method, flags;
    uint16_t input, output; /* a shape, or MODEL_NO_SHAPE */
    uint16_t error_first, error_count;
    uint16_t status; /* HTTP, when it went well */
};

struct model_error {
    uint16_t name;
    uint16_t http;
};

struct model {
    const char *service;       /* "iot" */
    const char *xml_namespace; /* of a query service; NULL */
    const char *texts; /* each: two bytes of length, the low one first, the characters, a zero */
    const uint16_t *values;
    const uint16_t *patterns;
    size_t pattern_count; /* patterns[0] is none */
    const struct model_shape *shapes;
    size_t shape_count;
    const struct model_member *members;
    size_t member_count;
    const struct model_error *errors;
    size_t error_count;
    const uint8_t *error_lists; /* indexes of errors */
    const struct model_operation *operations;
    size_t operation_count;
    const uint16_t *routes; /* indexes of operations, in the order to try them */
};

/* model_text is the text at this place of the pool; its zero terminator follows it. */
static inline bytes model_text(const struct model *m, uint16_t at) {
    const uint8_t *text = (const uint8_t *)m->texts + at;
    return bytes_of(text + 2, (size_t)text[0] | (size_t)text[1] << 8);
}
static inline const struct model_shape *model_shape(const struct model *m, uint16_t index) {
    return &m->shapes[index];
}
static inline const struct model_member *model_members(const struct model *m,
                                                       const struct model_shape *structure) {
    return &m->members[structure->first];
}

/* model_find_operation finds an operation by name ("DescribeThing"), or gives NULL. */
const struct model_operation *model_find_operation(const struct model *m, bytes name);

/* model_find_error finds a declared error by type name, or gives NULL. */
const struct model_error *model_find_error(const struct model *m, bytes type);

const char *model_method_name(enum model_method method);
/* model_method_find reads "GET"; false for any method no operation has. */
bool model_method_find(bytes name, enum model_method *out_method);
