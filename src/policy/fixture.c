#include "policy/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/json.h"

const struct policy_scope fixture_scope = {
    {(const uint8_t *)"us-east-1", 9}, {(const uint8_t *)"123456789012", 12}, {NULL, 0}};

static void give_up(const char *what, const char *notation) {
    (void)fprintf(stderr, "%s: %s\nin %s\n", what, failure_text(), notation);
    abort();
}

/* ---- policies ---- */

static const struct {
    const char *brief, *full;
} resource_prefixes[] =
    {
        {"C:", "client/"}, {"T:", "topic/"},      {"F:", "topicfilter/"},
        {"TH:", "thing/"}, {"RA:", "rolealias/"},
},
  element_names[] = {
      {"E", "Effect"},   {"A", "Action"},       {"NA", "NotAction"},
      {"R", "Resource"}, {"NR", "NotResource"}, {"C", "Condition"},
      {"S", "Sid"},      {"P", "Principal"},    {"NP", "NotPrincipal"},
};

static bytes in_full(struct arena *a, bytes text) {
    for (size_t i = 0; i < COUNT_OF(resource_prefixes); i++) {
        bytes brief = bytes_from(resource_prefixes[i].brief);
        if (!bytes_start_with(text, brief))
            continue;
        bytes rest = bytes_skip(text, brief.len);
        return bytes_from(arena_printf(a, "arn:aws:iot:us-east-1:123456789012:%s%.*s",
                                       resource_prefixes[i].full, BYTES_ARG(rest)));
    }
    return text;
}

static bytes action_in_full(struct arena *a, bytes text) {
    if (bytes_find(text, ':') < text.len || bytes_equal(text, BYTES("*")))
        return text;
    return bytes_from(arena_printf(a, "iot:%.*s", BYTES_ARG(text)));
}

static void write_value(struct json_writer *w, struct arena *a, const struct json *v,
                        bytes (*expand)(struct arena *a, bytes text));

static void write_members(struct json_writer *w, struct arena *a, const struct json *v,
                          bytes (*expand)(struct arena *a, bytes text)) {
    JSON_EACH (item, v) {
        if (v->type == JSON_OBJECT)
            json_name_bytes(w, item->name);
        write_value(w, a, item, expand);
    }
}

static void write_value(struct json_writer *w, struct arena *a, const struct json *v,
                        bytes (*expand)(struct arena *a, bytes text)) {
    if (v->type == JSON_STRING) {
        json_string(w, expand(a, v->text));
    } else if (v->type == JSON_ARRAY) {
        json_array_begin(w);
        write_members(w, a, v, expand);
        json_array_end(w);
    } else if (v->type == JSON_OBJECT) {
        json_object_begin(w);
        write_members(w, a, v, expand);
        json_object_end(w);
    } else {
        json_value(w, v);
    }
}

static void write_statement(struct json_writer *w, struct arena *a, const struct json *s) {
    json_object_begin(w);
    JSON_EACH (member, s) {
        for (size_t i = 0; i < COUNT_OF(element_names); i++) {
            if (!bytes_equal(member->name, bytes_from(element_names[i].brief)))
                continue;
            bool is_action = bytes_end_with(member->name, BYTES("A"));
            json_name(w, element_names[i].full);
            write_value(w, a, member, is_action ? action_in_full : in_full);
        }
    }
    json_object_end(w);
}

bytes fixture_text(struct arena *a, const char *notation) {
    const struct json *statements;
    char *json = arena_string(a, bytes_from(notation));
    for (char *c = json; *c; c++)
        *c = *c == '\'' ? '"' : *c == '`' ? '\'' : *c;
    if (json_parse(a, bytes_from(json), &statements) != OK)
        give_up("the notation is not JSON", notation);
    const struct json *version = json_member(statements->first, BYTES("V"));
    struct buf text = {0};
    struct json_writer w;
    json_start(&w, &text);
    json_object_begin(&w);
    json_name(&w, "Version");
    json_string(&w, version ? version->text : BYTES("2012-10-17"));
    json_name(&w, "Statement");
    json_array_begin(&w);
    JSON_EACH (s, statements)
        write_statement(&w, a, s);
    json_array_end(&w);
    json_object_end(&w);
    bytes copy = arena_copy(a, buf_bytes(&text));
    buf_done(&text);
    return copy;
}

struct policy_document *fixture_document(const char *name, const char *notation) {
    AUTO(arena) a = {0};
    struct policy_document *d;
    if (policy_document_parse(bytes_from(name), fixture_text(&a, notation), POLICY_LENGTH_MAX,
                              &d) != OK)
        give_up("the document is malformed", notation);
    return d;
}

struct policy_document *fixture_document_as(enum policy_form form, const char *name,
                                            const char *notation) {
    AUTO(arena) a = {0};
    struct policy_document *d;
    if (policy_document_parse_as(form, bytes_from(name), fixture_text(&a, notation),
                                 POLICY_LENGTH_MAX, &d) != OK)
        give_up("the document is malformed", notation);
    return d;
}

/* ---- contexts ---- */

enum { ITEMS_MAX = 16 };

/* The value of "name=" in a text of such, separated by ";"; no bytes when it is not there. */
static bytes setting(const char *text, const char *name) {
    bytes rest = bytes_from(text), part;
    while (bytes_split(&rest, ';', &part)) {
        part = bytes_trim(part);
        size_t equals = bytes_find(part, '=');
        if (bytes_equal(bytes_slice(part, 0, equals), bytes_from(name)))
            return bytes_skip(part, equals + 1);
    }
    return (bytes){0};
}

static void add_certificate_values(const char *text, const char *name,
                                   enum policy_certificate_name as,
                                   struct policy_certificate_value *values, size_t *count) {
    bytes rest = setting(text, name), value;
    while (bytes_split(&rest, '&', &value))
        if (*count < ITEMS_MAX)
            values[(*count)++] = (struct policy_certificate_value){POLICY_SUBJECT, as, value};
}

static bytes serial_of(struct arena *a, bytes text) {
    uint8_t *out = arena_alloc(a, text.len + 1);
    size_t n = 0;
    bytes part;
    while (bytes_split(&text, ':', &part))
        if (part.len == 2 && hex_decode(part, out + n) == OK)
            n++;
    return (bytes){out, n};
}

static const struct policy_certificate *certificate_of(struct arena *a, const char *text) {
    struct policy_certificate *c = ARENA_NEW(a, struct policy_certificate);
    struct policy_certificate_value *values =
        ARENA_ARRAY(a, struct policy_certificate_value, ITEMS_MAX);
    c->id = setting(text, "certid");
    c->serial = serial_of(a, setting(text, "serial"));
    add_certificate_values(text, "CN", POLICY_NAME_COMMON_NAME, values, &c->value_count);
    add_certificate_values(text, "O", POLICY_NAME_ORGANIZATION, values, &c->value_count);
    add_certificate_values(text, "dir", POLICY_NAME_ALT_DIRECTORY, values, &c->value_count);
    c->values = values;
    return c;
}

static const struct policy_thing *thing_of(struct arena *a, const char *text) {
    struct policy_thing *t = ARENA_NEW(a, struct policy_thing);
    struct policy_thing_attribute *attributes =
        ARENA_ARRAY(a, struct policy_thing_attribute, ITEMS_MAX);
    bytes rest = bytes_from(text), part;
    t->name = setting(text, "thing");
    t->type = setting(text, "type");
    t->attributes = attributes;
    while (bytes_split(&rest, ';', &part)) {
        part = bytes_trim(part);
        size_t equals = bytes_find(part, '=');
        if (bytes_start_with(part, BYTES("attr.")) && t->attribute_count < ITEMS_MAX)
            attributes[t->attribute_count++] = (struct policy_thing_attribute){
                bytes_slice(part, 5, equals - 5), bytes_skip(part, equals + 1)};
    }
    return t->name.ptr ? t : NULL;
}

const struct policy_context *fixture_context(struct arena *a, const char *text) {
    struct policy_context *c = ARENA_NEW(a, struct policy_context);
    bytes *attributes = ARENA_ARRAY(a, bytes, ITEMS_MAX), rest = setting(text, "ca"), part;
    while (bytes_split(&rest, '&', &part))
        if (part.len && c->connect_attribute_count < ITEMS_MAX)
            attributes[c->connect_attribute_count++] = part;
    c->connect_attributes = attributes;
    c->client_id = setting(text, "cid");
    c->source_ip = setting(text, "ip");
    c->domain_name = setting(text, "sni");
    c->last_will_topic = setting(text, "will");
    c->certificate = certificate_of(a, text);
    c->thing = thing_of(a, text);
    return c;
}

const struct policy_request *fixture_request(struct arena *a, const char *text) {
    static const char *const names[] = {"topic", "sock"}, *const keys[] = {
                                                              "iot:Topic",
                                                              "iot:IncludeSocketInformation"};
    struct policy_request *r = ARENA_NEW(a, struct policy_request);
    struct policy_request_value *values =
        ARENA_ARRAY(a, struct policy_request_value, COUNT_OF(names));
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        bytes *value = ARENA_NEW(a, bytes);
        *value = setting(text, names[i]);
        if (value->ptr)
            values[r->value_count++] = (struct policy_request_value){bytes_from(keys[i]), value, 1};
    }
    r->values = values;
    return r;
}

const struct policy_request *fixture_keys(struct arena *a, const char *text) {
    struct policy_request *r = ARENA_NEW(a, struct policy_request);
    struct policy_request_value *values = ARENA_ARRAY(a, struct policy_request_value, ITEMS_MAX);
    bytes rest = bytes_from(text), part, item;
    while (bytes_split(&rest, ';', &part) && r->value_count < ITEMS_MAX) {
        part = bytes_trim(part);
        size_t equals = bytes_find(part, '=');
        bytes *items = ARENA_ARRAY(a, bytes, ITEMS_MAX), list = bytes_skip(part, equals + 1);
        struct policy_request_value *v = &values[r->value_count];
        *v = (struct policy_request_value){bytes_slice(part, 0, equals), items, 0};
        while (v->value_count < ITEMS_MAX && bytes_split(&list, '&', &item))
            items[v->value_count++] = item;
        r->value_count += equals < part.len;
    }
    r->values = values;
    return r;
}
