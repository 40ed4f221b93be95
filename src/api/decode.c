#include "api/decode.h"

#include "api/text.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "http/query.h"

struct decoder {
    struct arena *arena;
    const struct model *model;
    const struct route *route;
    const struct http_request *request;
    struct http_query query;
    const struct json *body; /* NULL: none */
    bytes member;            /* the one at hand, for sentences */
};

/* What each type is called, in sentences for people. */
static const char *const type_names[] = {
    [MODEL_STRING] = "a string",   [MODEL_INTEGER] = "an integer",
    [MODEL_LONG] = "a long",       [MODEL_DOUBLE] = "a double",
    [MODEL_BOOLEAN] = "a boolean", [MODEL_TIMESTAMP] = "a timestamp",
    [MODEL_BLOB] = "a blob",       [MODEL_LIST] = "a list",
    [MODEL_MAP] = "a map",         [MODEL_STRUCTURE] = "a structure",
};

static const char *const token_names[] = {
    [JSON_NULL] = "NULL_VALUE",
    [JSON_FALSE] = "FALSE_VALUE",
    [JSON_TRUE] = "TRUE_VALUE",
    [JSON_NUMBER] = "NUMBER_VALUE",
    [JSON_STRING] = "STRING_VALUE",
    [JSON_ARRAY] = "Start of list",
    [JSON_OBJECT] = "Start of structure or map",
};

static status wrong_type(const struct decoder *d, const struct model_shape *shape,
                         const struct json *j) {
    bool container = j->type == JSON_ARRAY || j->type == JSON_OBJECT;
    return FAIL(E_SERIALIZATION, "%s %s %s at '%.*s'", token_names[j->type],
                container ? "found where not expected: there should be" : "can not be converted to",
                type_names[shape->type], BYTES_ARG(d->member));
}

/* Integers have 32 bits, longs 64. */
static bool integer_fits(const struct model_shape *shape, int64_t number) {
    return shape->type == MODEL_LONG || (number >= INT32_MIN && number <= INT32_MAX);
}

static status decode_number(const struct decoder *d, const struct model_shape *shape,
                            const struct json *j, struct value *out) {
    if (j->type != JSON_NUMBER)
        return wrong_type(d, shape, j);
    if (shape->type == MODEL_DOUBLE) {
        TRY(json_to_double(j, &out->real));
        return OK;
    }
    if (json_to_i64(j, &out->number) != OK || !integer_fits(shape, out->number))
        return FAIL(E_SERIALIZATION, "NUMBER_VALUE %.*s is not %s at '%.*s'",
                    BYTES_ARG(bytes_slice(j->text, 0, 40)), type_names[shape->type],
                    BYTES_ARG(d->member));
    return OK;
}

static status decode_time(const struct decoder *d, const struct model_shape *shape,
                          const struct json *j, struct value *out) {
    double seconds;
    if (j->type == JSON_STRING)
        return time_parse(j->text, &out->number);
    if (j->type != JSON_NUMBER || json_to_double(j, &seconds) != OK)
        return wrong_type(d, shape, j);
    return time_from_seconds(seconds, &out->number);
}

static status decode_text(const struct decoder *d, const struct model_shape *shape,
                          const struct json *j, struct value *out) {
    if (j->type != JSON_STRING)
        return wrong_type(d, shape, j);
    if (shape->type == MODEL_STRING) {
        out->text = j->text.ptr ? j->text : BYTES("");
        return OK;
    }
    if (base64_decode(d->arena, j->text, &out->text) != OK)
        return FAIL(E_SERIALIZATION, "the blob at '%.*s' is not base64", BYTES_ARG(d->member));
    return OK;
}

static status decode_flag(const struct decoder *d, const struct model_shape *shape,
                          const struct json *j, struct value *out) {
    if (j->type != JSON_TRUE && j->type != JSON_FALSE)
        return wrong_type(d, shape, j);
    out->flag = j->type == JSON_TRUE;
    return OK;
}

static status decode_json(struct decoder *d, uint16_t shape_at, const struct json *j,
                          struct value *out);

static status decode_body_member(struct decoder *d, const struct model_member *m,
                                 const struct json *object, struct value *out) {
    const struct json *j = json_member(object, model_text(d->model, m->wire));
    if (!j || j->type == JSON_NULL)
        return OK;
    d->member = model_text(d->model, m->name);
    out->present = true;
    return decode_json(d, m->shape, j, out);
}

static status decode_structure(struct decoder *d, uint16_t shape_at, const struct json *j,
                               struct value *out) {
    const struct model_shape *shape = model_shape(d->model, shape_at);
    if (j->type != JSON_OBJECT)
        return wrong_type(d, shape, j);
    out->record = record_new(d->arena, d->model, shape_at);
    const struct model_member *members = model_members(d->model, shape);
    for (size_t i = 0; i < shape->second; i++)
        TRY(decode_body_member(d, &members[i], j, &out->record->values[i]));
    return OK;
}

/* Lists and maps; an entry that is null counts as not there. */
static status decode_items(struct decoder *d, uint16_t shape_at, const struct json *j,
                           struct value *out) {
    const struct model_shape *shape = model_shape(d->model, shape_at);
    bool map = shape->type == MODEL_MAP;
    if (j->type != (map ? JSON_OBJECT : JSON_ARRAY))
        return wrong_type(d, shape, j);
    out->items = items_new(d->arena, d->model, shape_at);
    JSON_EACH (item, j) {
        if (item->type == JSON_NULL)
            continue;
        struct value *v = items_add(out->items, map ? item->name : (bytes){0});
        TRY(decode_json(d, map ? shape->second : shape->first, item, v));
    }
    return OK;
}

/* Recursion is bounded by JSON_DEPTH_MAX. */
static status decode_json(struct decoder *d, uint16_t shape_at, const struct json *j,
                          struct value *out) {
    const struct model_shape *shape = model_shape(d->model, shape_at);
    switch ((enum model_type)shape->type) {
    case MODEL_STRING:
    case MODEL_BLOB:
        return decode_text(d, shape, j, out);
    case MODEL_INTEGER:
    case MODEL_LONG:
    case MODEL_DOUBLE:
        return decode_number(d, shape, j, out);
    case MODEL_BOOLEAN:
        return decode_flag(d, shape, j, out);
    case MODEL_TIMESTAMP:
        return decode_time(d, shape, j, out);
    case MODEL_LIST:
    case MODEL_MAP:
        return decode_items(d, shape_at, j, out);
    case MODEL_STRUCTURE:
        return decode_structure(d, shape_at, j, out);
    }
    return FAIL(E_INTERNAL, "the model has a type %u", shape->type);
}

/* Digits, behind a minus perhaps [AWS control-plane 2]. */
static bool is_decimal(bytes text) {
    size_t first = text.len > 0 && text.ptr[0] == '-', i = first;
    while (i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9')
        i++;
    return i > first && i == text.len;
}

status decode_simple(const struct model_shape *shape, bytes name, bytes text, struct value *out) {
    struct json number = {.type = JSON_NUMBER, .text = text};
    switch ((enum model_type)shape->type) {
    case MODEL_STRING:
        out->text = text;
        return OK;
    case MODEL_TIMESTAMP:
        return time_parse(text, &out->number);
    case MODEL_BOOLEAN:
        out->flag = bytes_equal_nocase(text, BYTES("true"));
        if (out->flag || bytes_equal_nocase(text, BYTES("false")))
            return OK;
        break;
    case MODEL_INTEGER:
    case MODEL_LONG:
        if (is_decimal(text) && json_to_i64(&number, &out->number) == OK &&
            integer_fits(shape, out->number))
            return OK;
        break;
    case MODEL_DOUBLE:
    case MODEL_BLOB:
    case MODEL_LIST:
    case MODEL_MAP:
    case MODEL_STRUCTURE:
        break;
    }
    return FAIL(E_INVALID, "Value '%.*s' at '%.*s' is not %s", BYTES_ARG(bytes_slice(text, 0, 200)),
                BYTES_ARG(name), type_names[shape->type]);
}

/* The text of a member that travels in path, query or header; a NULL ptr when it does not. */
static status find_text(struct decoder *d, const struct model_member *m, bytes *out_text) {
    bytes wire = model_text(d->model, m->wire);
    const char *name = (const char *)wire.ptr; /* model texts end in a zero */
    if (m->location == MODEL_PATH)
        return text_decode(d->arena, route_label(d->route, wire), out_text);
    *out_text = m->location == MODEL_QUERY ? http_query_find(&d->query, name)
                                           : http_header_find(d->request, name);
    if (!bytes_are_utf8(*out_text))
        return FAIL(E_INVALID, "the value of %s is not UTF-8", name);
    return OK;
}

/* A blob that is the whole body travels as it is. */
static bool is_blob_payload(const struct model *model, const struct model_member *m) {
    return m->location == MODEL_PAYLOAD && model_shape(model, m->shape)->type == MODEL_BLOB;
}

/* A list of texts in a query: the parameter, as often as there are elements. */
static status decode_repeated(struct decoder *d, const struct model_member *m, struct value *out) {
    bytes name = model_text(d->model, m->wire);
    struct items *items = items_new(d->arena, d->model, m->shape);
    for (size_t i = 0; i < d->query.count; i++) {
        const struct http_parameter *p = &d->query.parameters[i];
        if (!bytes_equal(p->name, name))
            continue;
        if (!bytes_are_utf8(p->value))
            return FAIL(E_INVALID, "the value of %.*s is not UTF-8", BYTES_ARG(name));
        add_text(items, p->value);
    }
    out->present = items->count > 0;
    out->items = items;
    return OK;
}

static bool is_repeated(const struct model *model, const struct model_member *m) {
    const struct model_shape *shape = model_shape(model, m->shape);
    return m->location == MODEL_QUERY && shape->type == MODEL_LIST &&
           model_shape(model, shape->first)->type == MODEL_STRING;
}

static status decode_member(struct decoder *d, const struct model_member *m, struct value *out) {
    bytes text;
    if (m->location == MODEL_BODY)
        return decode_body_member(d, m, d->body, out);
    d->member = model_text(d->model, m->name);
    if (is_repeated(d->model, m))
        return decode_repeated(d, m, out);
    if (is_blob_payload(d->model, m)) {
        out->present = d->request->body.len > 0;
        out->text = d->request->body;
        return OK;
    }
    if (m->location == MODEL_PAYLOAD) {
        out->present = d->body != NULL;
        return d->body ? decode_json(d, m->shape, d->body, out) : OK;
    }
    TRY(find_text(d, m, &text));
    out->present = text.ptr != NULL;
    return text.ptr ? decode_simple(model_shape(d->model, m->shape), d->member, text, out) : OK;
}

static bool wants_body(const struct model *m, const struct model_shape *input) {
    const struct model_member *members = model_members(m, input);
    for (size_t i = 0; i < input->second; i++)
        if (members[i].location == MODEL_BODY ||
            (members[i].location == MODEL_PAYLOAD && !is_blob_payload(m, &members[i])))
            return true;
    return false;
}

static status parse_body(struct arena *a, bytes body, const struct json **out_body) {
    *out_body = NULL;
    if (!bytes_trim(body).len)
        return OK;
    if (json_parse(a, body, out_body) != OK)
        return FAIL(E_SERIALIZATION, "The request body is not JSON: %s", failure_text());
    if ((*out_body)->type != JSON_OBJECT)
        return FAIL(E_SERIALIZATION,
                    "%s found where not expected: the request body should be a "
                    "JSON object",
                    token_names[(*out_body)->type]);
    return OK;
}

static status decode_members(struct decoder *d, struct record *out_record) {
    const struct model_member *members = model_members(d->model, out_record->shape);
    for (size_t i = 0; i < out_record->shape->second; i++)
        TRY(decode_member(d, &members[i], &out_record->values[i]));
    return OK;
}

status decode_input(struct arena *a, const struct model *m, const struct route *route,
                    const struct http_request *request, struct record **out_input) {
    struct record *input = record_new(a, m, route->operation->input);
    struct decoder d = {.arena = a, .model = m, .route = route, .request = request};
    TRY(http_query_parse(a, request->query, &d.query));
    if (wants_body(m, input->shape))
        TRY(parse_body(a, request->body, &d.body));
    TRY(decode_members(&d, input));
    *out_input = input;
    return OK;
}

status decode_structure_text(bytes json, struct record *out_record) {
    struct decoder d = {.arena = out_record->arena, .model = out_record->model};
    TRY(parse_body(d.arena, json, &d.body));
    return decode_members(&d, out_record);
}
