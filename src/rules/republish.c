/* republish: the result as a message of its own [AWS rules 6.2]. */
#include <stdlib.h>
#include <string.h>

#include "codec/base64.h"
#include "mqtt/property.h"
#include "mqtt/topic.h"
#include "rules/action.h"

enum { USER_PROPERTIES_MAX = 100, EXPIRY_TEXT_MAX = 20 };

/* The headers that take templates, with the property each becomes. */
enum header { FORMAT, CONTENT_TYPE, RESPONSE_TOPIC, CORRELATION, EXPIRY, HEADER_COUNT };
static const char *const header_names[HEADER_COUNT] = {
    [FORMAT] = "payloadFormatIndicator", [CONTENT_TYPE] = "contentType",
    [RESPONSE_TOPIC] = "responseTopic",  [CORRELATION] = "correlationData",
    [EXPIRY] = "messageExpiry",
};

struct user_property {
    bytes key;
    struct sql_template *value;
};

struct republish {
    struct arena memory;
    struct sql_template *topic;
    bytes role;
    struct sql_template *headers[HEADER_COUNT]; /* NULL: not given */
    struct user_property *properties;
    size_t property_count;
    uint8_t qos;
};

static void release(void *compiled) {
    struct republish *r = compiled;
    if (!r)
        return;
    sql_template_free(r->topic);
    for (int i = 0; i < HEADER_COUNT; i++)
        sql_template_free(r->headers[i]);
    for (size_t i = 0; i < r->property_count; i++)
        sql_template_free(r->properties[i].value);
    arena_done(&r->memory);
    mem_free(r);
}

/* ---- reading ---- */

static status compile_properties(const struct sql_statement *s, const struct json *list,
                                 struct republish *r) {
    if (!list || list->type != JSON_ARRAY || list->count == 0)
        return OK;
    if (list->count > USER_PROPERTIES_MAX)
        return FAIL(E_INVALID, "A republish action has at most %d user properties",
                    USER_PROPERTIES_MAX);
    r->properties = ARENA_ARRAY(&r->memory, struct user_property, list->count);
    JSON_EACH (item, list) {
        struct user_property *p = &r->properties[r->property_count];
        bytes key, value;
        TRY(action_require(item, "key", &key));
        TRY(action_require(item, "value", &value));
        p->key = arena_copy(&r->memory, key);
        TRY(sql_template_compile(s, value, &p->value));
        r->property_count++;
    }
    return OK;
}

static status compile_headers(const struct sql_statement *s, const struct json *headers,
                              struct republish *r) {
    for (int i = 0; i < HEADER_COUNT; i++) {
        const struct json *value = json_member(headers, bytes_from(header_names[i]));
        if (json_is_string(value))
            TRY(sql_template_compile(s, value->text, &r->headers[i]));
    }
    return compile_properties(s, json_member(headers, BYTES("userProperties")), r);
}

/* `$$aws/…` stands for `$aws/…`, which would else begin a template. */
static bytes topic_of(bytes text) {
    return bytes_start_with(text, BYTES("$$")) && !bytes_start_with(text, BYTES("$${"))
               ? bytes_skip(text, 1)
               : text;
}

static status read_qos(const struct json *value, uint8_t *out) {
    int64_t qos = 0;
    if (value && (json_to_i64(value, &qos) != OK || qos < 0 || qos > 1))
        return FAIL(E_INVALID, "The qos of a republish action is 0 or 1");
    *out = (uint8_t)qos;
    return OK;
}

static status fill_republish(const struct sql_statement *s, const struct json *members,
                             struct republish *r) {
    bytes topic, role;
    TRY(action_require(members, "topic", &topic));
    TRY(action_require(members, "roleArn", &role));
    r->role = arena_copy(&r->memory, role);
    TRY(read_qos(json_member(members, BYTES("qos")), &r->qos));
    TRY(sql_template_compile(s, topic_of(topic), &r->topic));
    return compile_headers(s, json_member(members, BYTES("headers")), r);
}

static status compile(const struct sql_statement *s, const struct json *members, void **out) {
    struct republish *r = NEW(struct republish);
    status result = fill_republish(s, members, r);
    if (result != OK) {
        release(r);
        return result;
    }
    *out = r;
    return OK;
}

/* ---- running ---- */

static status put_number(struct buf *raw, enum mqtt_property_id id, bytes text, uint64_t most) {
    uint64_t number;
    if (bytes_to_u64(text, most, &number) != OK)
        return FAIL(E_INVALID, "the message expiry '%.*s' is no number of seconds",
                    BYTES_ARG(bytes_slice(text, 0, EXPIRY_TEXT_MAX)));
    mqtt_property_append_number(raw, id, (uint32_t)number);
    return OK;
}

static status put_correlation(struct action_run *run, bytes text, struct buf *raw) {
    bytes data;
    if (base64_decode(run->evaluation->arena, text, &data) != OK)
        return FAIL(E_INVALID, "the correlation data is not base64");
    mqtt_property_append_bytes(raw, MQTT_CORRELATION_DATA, data);
    return OK;
}

static status put_header(struct action_run *run, enum header which, bytes text, struct buf *raw) {
    if (text.len > UINT16_MAX)
        return FAIL(E_INVALID, "the header %s is longer than 65,535 bytes", header_names[which]);
    switch (which) {
    case FORMAT:
        mqtt_property_append_number(raw, MQTT_PAYLOAD_FORMAT_INDICATOR,
                                    bytes_equal(text, BYTES("UTF8_DATA")));
        return OK;
    case CONTENT_TYPE:
        mqtt_property_append_bytes(raw, MQTT_CONTENT_TYPE, text);
        return OK;
    case RESPONSE_TOPIC:
        TRY(topic_name_check(text));
        mqtt_property_append_bytes(raw, MQTT_RESPONSE_TOPIC, text);
        return OK;
    case CORRELATION:
        return put_correlation(run, text, raw);
    case EXPIRY:
        return put_number(raw, MQTT_MESSAGE_EXPIRY_INTERVAL, text, UINT32_MAX);
    case HEADER_COUNT:
        break;
    }
    return OK;
}

static status put_headers(const struct republish *r, struct action_run *run, struct buf *raw) {
    for (int i = 0; i < HEADER_COUNT; i++) {
        AUTO(buf) text = {0};
        if (!r->headers[i])
            continue;
        TRY(action_fill(r->headers[i], run->evaluation, header_names[i], &text));
        TRY(put_header(run, (enum header)i, buf_bytes(&text), raw));
    }
    for (size_t i = 0; i < r->property_count; i++) {
        AUTO(buf) text = {0};
        (void)sql_template_fill(r->properties[i].value, run->evaluation, &text);
        if (text.len > UINT16_MAX || r->properties[i].key.len > UINT16_MAX)
            return FAIL(E_INVALID, "a user property is longer than 65,535 bytes");
        mqtt_property_append_user(raw, r->properties[i].key, buf_bytes(&text));
    }
    return OK;
}

static status may_publish(const struct republish *r, const struct action_run *run, bytes topic) {
    AUTO(buf) resource = {0};
    buf_text(&resource, "topic/");
    buf_append(&resource, topic);
    return action_may(run, r->role, "iot:Publish", buf_bytes(&resource));
}

static status run(const void *compiled, struct action_run *run) {
    const struct republish *r = compiled;
    AUTO(buf) properties = {0};
    TRY(action_fill(r->topic, run->evaluation, "topic", &run->resource));
    bytes topic = buf_bytes(&run->resource);
    TRY(topic_name_check(topic));
    TRY(put_headers(r, run, &properties));
    TRY(may_publish(r, run, topic));
    struct rule_publication p = {topic, run->payload, buf_bytes(&properties), r->qos};
    return run->host->publish(run->host->context, &p);
}

const struct action_kind action_republish = {.name = "republish",
                                             .failed = "RepublishAction",
                                             .compile = compile,
                                             .release = release,
                                             .run = run};
