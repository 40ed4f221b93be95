/* What is known of the message, values of any type, time [AWS rules 4]. */
#include <string.h>

#include "base/random.h"
#include "codec/base64.h"
#include "sql/evaluate.h"
#include "sql/time_text.h"

enum { TRANSFORM_BYTES_MAX = 128 * 1024 };

static const struct sql_message *message(const struct sql_call *c) {
    return c->evaluation->message;
}

static struct sql_value text_or_undefined(bytes t) {
    return t.ptr ? sql_string(t) : sql_undefined();
}

/* ---- the message ---- */

static struct sql_value accountid_(struct sql_call *c) {
    return text_or_undefined(message(c)->account);
}

static struct sql_value clientid_(struct sql_call *c) {
    return sql_string(message(c)->client_id.ptr ? message(c)->client_id : BYTES("n/a"));
}

static struct sql_value principal_(struct sql_call *c) {
    return text_or_undefined(message(c)->principal);
}

static struct sql_value sourceip_(struct sql_call *c) {
    return text_or_undefined(message(c)->source_ip);
}

static struct sql_value traceid_(struct sql_call *c) {
    return message(c)->client_id.ptr ? text_or_undefined(message(c)->trace_id) : sql_undefined();
}

static struct sql_value timestamp_(struct sql_call *c) {
    return sql_int(message(c)->now_ms);
}

static struct sql_value sql_version_(struct sql_call *c) {
    return sql_string(bytes_from(sql_version_name(c->evaluation->statement->version)));
}

static struct sql_value topic_(struct sql_call *c) {
    bytes rest = message(c)->topic, part;
    struct decimal d;
    int64_t n;
    if (c->count == 0)
        return sql_string(rest);
    if (!sql_to_int(&c->arguments[0], &d) || !decimal_to_i64(d, &n) || n < 1)
        return sql_undefined();
    while (bytes_split(&rest, '/', &part))
        if (--n == 0)
            return sql_string(part.ptr ? part : BYTES(""));
    return sql_undefined();
}

static struct sql_value get_mqtt_property_(struct sql_call *c) {
    const struct sql_message *m = message(c);
    bytes name;
    if (!sql_argument_text(c, 0, &name))
        return sql_undefined();
    if (bytes_equal(name, BYTES("content_type")))
        return text_or_undefined(m->content_type);
    if (bytes_equal(name, BYTES("response_topic")))
        return text_or_undefined(m->response_topic);
    if (bytes_equal(name, BYTES("format_indicator")) && m->payload_format >= 0)
        return sql_string(m->payload_format ? BYTES("UTF8_DATA") : BYTES("UNSPECIFIED_BYTES"));
    if (!bytes_equal(name, BYTES("correlation_data")) || !m->correlation_data.ptr)
        return sql_undefined();
    AUTO(buf) text = {0};
    base64_encode(m->correlation_data, &text);
    return sql_string(arena_copy(c->evaluation->arena, buf_bytes(&text)));
}

static struct sql_value get_user_properties_(struct sql_call *c) {
    struct sql_list l = sql_list(c->evaluation->arena);
    bytes key = {0};
    if (c->count && !sql_argument_text(c, 0, &key))
        return sql_undefined();
    for (const struct sql_item *i = message(c)->user_properties; i; i = i->next) {
        struct sql_list pair = sql_list(c->evaluation->arena);
        sql_list_add(&pair, i->name, i->value);
        if (c->count == 0)
            sql_list_add(&l, (bytes){0}, sql_object(&pair));
        else if (bytes_equal(i->name, key))
            sql_list_add(&l, (bytes){0}, i->value);
    }
    return c->count && !l.first ? sql_undefined() : sql_array(&l);
}

/* ---- values of any type ---- */

static struct sql_value isnull_(struct sql_call *c) {
    return sql_boolean(c->arguments[0].type == SQL_NULL);
}

static struct sql_value isundefined_(struct sql_call *c) {
    return sql_boolean(c->arguments[0].type == SQL_UNDEFINED);
}

static bool is_nothing(const struct sql_value *v) {
    return v->type == SQL_UNDEFINED || v->type == SQL_NULL;
}

static struct sql_value nanvl_(struct sql_call *c) {
    return c->arguments[is_nothing(&c->arguments[0])];
}

static struct sql_value element(const struct sql_call *c, int64_t n) {
    struct sql_walk w = sql_walk(&c->arguments[0], sql_keeps_decimals(c->evaluation));
    for (size_t passed = 0; sql_walk_next(&w); passed++)
        if (n-- == 0) {
            sql_spend(c->evaluation, passed / 16);
            return w.value;
        }
    return sql_undefined();
}

static struct sql_value letter(bytes t, int64_t n) {
    for (size_t at = 0; at < t.len;) {
        size_t len = 1;
        while (at + len < t.len && (t.ptr[at + len] & 0xc0) == 0x80)
            len++;
        if (n-- == 0)
            return sql_string(bytes_slice(t, at, len));
        at += len;
    }
    return sql_undefined();
}

static struct sql_value named(const struct sql_call *c, bytes name) {
    struct sql_value found = sql_undefined();
    struct sql_walk w = sql_walk(&c->arguments[0], sql_keeps_decimals(c->evaluation));
    size_t passed = 0;
    for (; sql_walk_next(&w); passed++)
        if (bytes_equal(w.name, name))
            found = w.value;
    sql_spend(c->evaluation, passed / 16);
    return found;
}

static struct sql_value get_(struct sql_call *c) {
    const struct sql_value *of = &c->arguments[0], *key = &c->arguments[1];
    struct decimal d;
    int64_t n;
    if (of->type == SQL_OBJECT)
        return key->type == SQL_STRING ? named(c, key->text) : sql_undefined();
    if (!sql_to_int(key, &d) || !decimal_to_i64(d, &n) || n < 0)
        return sql_undefined();
    if (of->type == SQL_ARRAY)
        return element(c, n);
    return of->type == SQL_STRING ? letter(of->text, n) : sql_undefined();
}

/* An element with the object's members added; on equal keys its own stay, and one that is no object
 * stays as it is. */
static struct sql_value enriched(const struct sql_call *c, const struct sql_value *element,
                                 const struct sql_list *added) {
    struct arena *a = c->evaluation->arena;
    if (element->type != SQL_OBJECT)
        return *element;
    struct sql_list own = sql_members(a, element, sql_keeps_decimals(c->evaluation)), more = {0};
    more.arena = a;
    for (const struct sql_item *i = added->first; i; i = i->next)
        if (!sql_list_find(&own, i->name))
            sql_list_add(&more, i->name, i->value);
    for (const struct sql_item *i = more.first; i; i = i->next)
        sql_list_add(&own, i->name, i->value);
    return sql_object(&own);
}

static struct sql_value transform_(struct sql_call *c) {
    const struct sql_value *mode = &c->arguments[0], *object = &c->arguments[1],
                           *array = &c->arguments[2];
    if (mode->type != SQL_STRING || !bytes_equal(mode->text, BYTES("enrichArray")) ||
        object->type != SQL_OBJECT || array->type != SQL_ARRAY)
        return sql_undefined();
    bool keep = sql_keeps_decimals(c->evaluation);
    struct sql_list l = sql_list(c->evaluation->arena),
                    added = sql_members(c->evaluation->arena, object, keep);
    struct sql_walk each = sql_walk(array, keep);
    while (sql_walk_next(&each) && c->evaluation->arena->total < SQL_MEMORY_MAX)
        sql_list_add(&l, (bytes){0}, enriched(c, &each.value, &added));
    AUTO(buf) text = {0};
    struct sql_value all = sql_array(&l);
    sql_serialise(&all, &text);
    return text.len <= TRANSFORM_BYTES_MAX ? all : sql_undefined();
}

/* ---- time and chance ---- */

static struct sql_value newuuid_(struct sql_call *c) {
    char text[37];
    random_uuid(text);
    return sql_string(arena_copy(c->evaluation->arena, bytes_from(text)));
}

static struct sql_value parse_time_(struct sql_call *c) {
    bytes pattern, zone = {0};
    struct decimal d;
    int64_t ms;
    AUTO(buf) out = {0};
    if (!sql_argument_text(c, 0, &pattern) || !sql_to_int(&c->arguments[1], &d) ||
        !decimal_to_i64(d, &ms) || (c->count == 3 && !sql_argument_text(c, 2, &zone)) ||
        !time_text_format(ms, pattern, zone, &out))
        return sql_undefined();
    bytes text = arena_copy(c->evaluation->arena, buf_bytes(&out));
    return sql_string(text.ptr ? text : BYTES(""));
}

static struct sql_value time_to_epoch_(struct sql_call *c) {
    bytes text, pattern;
    int64_t ms;
    if (!sql_argument_text(c, 0, &text) || !sql_argument_text(c, 1, &pattern) ||
        !time_text_parse(text, pattern, &ms))
        return sql_undefined();
    return sql_int(ms);
}

const struct sql_function sql_functions_other[] = {
#define ROW(name, least, most, function) {name, least, most, function},
    SQL_FUNCTIONS_OTHER(ROW)
#undef ROW
        {NULL, 0, 0, NULL}};
