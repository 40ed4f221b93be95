#include "api/https_message.h"

#include "codec/base64.h"
#include "codec/json.h"
#include "codec/percent.h"
#include "http/query.h"
#include "mqtt/property.h"
#include "mqtt/topic.h"

static const bytes topics = BYTES("/topics/");

/* What a sentence quotes of a peer's text. */
#define QUOTE(b) BYTES_ARG(bytes_slice((b), 0, 128))

status https_message_check_target(const struct http_request *r) {
    if (!bytes_start_with(r->path, topics))
        return FAIL(E_NOT_IMPLEMENTED,
                    "this listener serves POST /topics/TOPIC and MQTT (ALPN x-amzn-mqtt-ca or "
                    "mqtt); MQTT over WebSocket, shadows and retained messages by HTTPS are not "
                    "there yet, and the control plane is on the --api listener");
    if (!bytes_equal(r->method, BYTES("POST")))
        return FAIL(E_METHOD, "%.*s is not for topics: POST /topics/TOPIC publishes",
                    QUOTE(r->method));
    return OK;
}

/* ---- the topic ---- */

static status check_reserved(bytes topic) {
    if (!(topic_name_rights(topic) & TOPIC_PUBLISH)) /* [AWS device-gateway 8] */
        return FAIL(E_FORBIDDEN, "clients may not publish to the reserved topic %.*s",
                    QUOTE(topic));
    if (topic_is_reserved(topic) && !bytes_start_with(topic, BYTES("$aws/rules/")))
        return FAIL(E_NOT_IMPLEMENTED,
                    "the service behind the reserved topic %.*s answers MQTT clients only; by "
                    "HTTPS it is not there yet",
                    QUOTE(topic));
    return OK;
}

static status check_topic(bytes topic, bool aws_topics) {
    TRY(topic_name_check(topic));
    return aws_topics ? topic_name_check_aws(topic) : OK;
}

static status read_topic(struct arena *a, const struct http_request *r, bool aws_topics,
                         bytes *out_topic) {
    bytes topic;
    TRY(percent_decode(a, bytes_skip(r->path, topics.len), &topic));
    if (check_topic(topic, aws_topics) != OK)
        return E_INVALID; /* whatever the status, with the same sentence */
    TRY(check_reserved(topic));
    *out_topic = topic;
    return OK;
}

/* ---- parameters ---- */

/* Reads one of `count` words; the first stands for none. */
static status read_choice(bytes text, const char *name, const char *const *words, unsigned count,
                          unsigned *out_choice) {
    *out_choice = 0;
    for (unsigned i = 0; text.ptr && i < count; i++) {
        if (bytes_equal(text, bytes_from(words[i]))) {
            *out_choice = i;
            return OK;
        }
    }
    if (!text.ptr)
        return OK;
    return FAIL(E_INVALID, "%s is %s or %s, not '%.*s'", name, words[0], words[1], QUOTE(text));
}

static status read_seconds(bytes text, uint32_t *out_seconds) {
    uint64_t seconds = 0;
    for (size_t i = 0; i < text.len && seconds <= UINT32_MAX; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            seconds = UINT64_MAX;
        else
            seconds = seconds * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    if (text.len == 0 || seconds > UINT32_MAX)
        return FAIL(E_INVALID, "messageExpiry is a number of seconds up to 4294967295, not '%.*s'",
                    QUOTE(text));
    *out_seconds = (uint32_t)seconds;
    return OK;
}

static status check_text(bytes text, const char *name) {
    if (!bytes_are_utf8(text) || bytes_find(text, 0) < text.len)
        return FAIL(E_INVALID, "%s is no text in UTF-8, or has a character U+0000", name);
    return OK;
}

static status read_parameters(const struct http_query *q, bool aws_topics, struct buf *raw,
                              struct publication *m) {
    static const char *const numbers[] = {"0", "1"}, *const booleans[] = {"false", "true"};
    unsigned qos, retain;
    uint32_t expiry_s;
    bytes type = http_query_find(q, "contentType"), reply = http_query_find(q, "responseTopic"),
          expiry = http_query_find(q, "messageExpiry");
    TRY(read_choice(http_query_find(q, "qos"), "qos", numbers, COUNT_OF(numbers), &qos));
    TRY(read_choice(http_query_find(q, "retain"), "retain", booleans, COUNT_OF(booleans), &retain));
    m->qos = (uint8_t)qos;
    m->retain = retain;
    if (expiry.ptr) {
        TRY(read_seconds(expiry, &expiry_s));
        mqtt_property_append_number(raw, MQTT_MESSAGE_EXPIRY_INTERVAL, expiry_s);
    }
    if (type.ptr) {
        TRY(check_text(type, "contentType"));
        mqtt_property_append_bytes(raw, MQTT_CONTENT_TYPE, type);
    }
    if (reply.ptr) {
        if (check_topic(reply, aws_topics) != OK)
            return E_INVALID;
        mqtt_property_append_bytes(raw, MQTT_RESPONSE_TOPIC, reply);
    }
    return OK;
}

/* ---- headers ---- */

static status add_user_property(const struct json *object, struct buf *raw) {
    const struct json *pair = object->type == JSON_OBJECT ? object->first : NULL;
    if (!pair || pair->next || !json_is_string(pair))
        return FAIL(E_INVALID, "x-amz-mqtt5-user-properties is base64 of a list of objects with "
                               "one name and text each: [{\"name\":\"value\"}]");
    TRY(check_text(pair->name, "the name of a user property"));
    TRY(check_text(pair->text, "the value of a user property"));
    mqtt_property_append_user(raw, pair->name, pair->text);
    return OK;
}

static status read_user_properties(struct arena *a, bytes header, struct buf *raw) {
    bytes text;
    const struct json *list;
    TRY(base64_decode(a, header, &text));
    TRY(json_parse(a, text, &list));
    if (json_is_string(list)) /* what SDKs make of a text: the list as JSON in a JSON string */
        TRY(json_parse(a, list->text, &list));
    if (list->type != JSON_ARRAY)
        return FAIL(E_INVALID, "x-amz-mqtt5-user-properties is base64 of a JSON list");
    for (const struct json *one = list->first; one; one = one->next)
        TRY(add_user_property(one, raw));
    return OK;
}

static status read_headers(struct arena *a, const struct http_request *r, struct buf *raw) {
    static const char *const formats[] = {"UNSPECIFIED_BYTES", "UTF8_DATA"};
    static const char format_name[] = "x-amz-mqtt5-payload-format-indicator";
    bytes users = http_header_find(r, "x-amz-mqtt5-user-properties"),
          correlation = http_header_find(r, "x-amz-mqtt5-correlation-data"),
          format = http_header_find(r, format_name), data;
    unsigned is_text;
    TRY(read_choice(format, format_name, formats, COUNT_OF(formats), &is_text));
    if (format.ptr)
        mqtt_property_append_number(raw, MQTT_PAYLOAD_FORMAT_INDICATOR, is_text);
    if (is_text && !bytes_are_utf8(r->body)) /* [MQTT5-3.3.2.3.2] */
        return FAIL(E_INVALID, "the payload is no UTF-8, as its format indicator says it is");
    if (correlation.ptr) {
        TRY(base64_decode(a, correlation, &data));
        mqtt_property_append_bytes(raw, MQTT_CORRELATION_DATA, data);
    }
    return users.ptr ? read_user_properties(a, users, raw) : OK;
}

/* ---- all of it ---- */

status https_message_read(struct arena *a, const struct http_request *r, bool aws_topics,
                          struct publication *out_message) {
    AUTO(buf) raw = {0};
    struct publication m = {.payload = r->body};
    struct http_query q;
    TRY(read_topic(a, r, aws_topics, &m.topic));
    TRY(http_query_parse(a, r->query, &q));
    TRY(read_parameters(&q, aws_topics, &raw, &m));
    TRY(read_headers(a, r, &raw));
    m.properties = arena_copy(a, buf_bytes(&raw));
    *out_message = m;
    return OK;
}
