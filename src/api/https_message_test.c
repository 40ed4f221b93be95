#include "api/https_message.h"

#include "mqtt/property.h"
#include "support/testing.h"

struct sent {
    const char *path, *query, *header, *value;
    bytes body;
};

static status read_request(struct arena *a, const struct sent *s, struct publication *out) {
    struct http_header header = {bytes_from(s->header ? s->header : "Host"),
                                 bytes_from(s->value ? s->value : "localhost")};
    struct http_request r = {.method = BYTES("POST"),
                             .path = bytes_from(s->path),
                             .query = s->query ? bytes_from(s->query) : (bytes){0},
                             .headers = &header,
                             .header_count = 1,
                             .body = s->body};
    return https_message_read(a, &r, true, out);
}

TEST(a_topic_may_come_with_its_slashes_encoded_or_not) { /* [AWS device-gateway 12] */
    static const struct {
        const char *path, *topic;
    } rows[] = {{"/topics/a", "a"},       {"/topics/a/b", "a/b"},
                {"/topics/a%2Fb", "a/b"}, {"/topics/a%2fb/c", "a/b/c"},
                {"/topics//a", "/a"},     {"/topics/%C3%A4%20b", "ä b"},
                {"/topics/a/%2f", "a//"}, {"/topics/100%25", "100%"},
                {"/topics/a/", "a/"},     {"/topics/$aws/rules/r/a", "$aws/rules/r/a"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(arena) a = {0};
        struct publication m;
        CHECK_OK(read_request(&a, &(struct sent){.path = rows[i].path, .body = BYTES("x")}, &m));
        CHECK_BYTES(m.topic, bytes_from(rows[i].topic));
        CHECK_BYTES(m.payload, BYTES("x"));
        CHECK(m.qos == 0 && !m.retain && m.properties.len == 0);
    }
}

TEST(what_is_no_topic_for_clients_is_refused) {
    static const struct {
        const char *path;
        status s;
    } rows[] = {{"/topics/", E_INVALID},
                {"/topics/a%2", E_INVALID},
                {"/topics/a%23", E_INVALID}, /* # */
                {"/topics/+", E_INVALID},
                {"/topics/a%00", E_INVALID},
                {"/topics/%ff", E_INVALID},
                {"/topics/1/2/3/4/5/6/7/8/9", E_INVALID}, /* eight slashes */
                {"/topics/%24aws/events/thing/a/created", E_FORBIDDEN},
                {"/topics/$SYS", E_FORBIDDEN},
                {"/topics/$aws/things/lamp/shadow/update", E_NOT_IMPLEMENTED}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(arena) a = {0};
        struct publication m;
        CHECK_INT(read_request(&a, &(struct sent){.path = rows[i].path}, &m), rows[i].s);
    }
}

TEST(parameters_and_headers_become_properties) { /* [AWS device-gateway 12] */
    static const struct {
        struct sent sent;
        bytes properties;
    } rows[] = {
        {{.query = "contentType=text%2Fplain"}, BYTES("\x03\0\x0atext/plain")},
        {{.query = "responseTopic=a%2Fb"}, BYTES("\x08\0\3a/b")},
        {{.query = "messageExpiry=258"}, BYTES("\2\0\0\1\2")},
        {{.query = "messageExpiry=4294967295"}, BYTES("\2\xff\xff\xff\xff")},
        {{.header = "X-Amz-Mqtt5-Payload-Format-Indicator", .value = "UTF8_DATA"}, BYTES("\1\1")},
        {{.header = "x-amz-mqtt5-payload-format-indicator", .value = "UNSPECIFIED_BYTES"},
         BYTES("\1\0")},
        {{.header = "x-amz-mqtt5-correlation-data", .value = "AAE="}, BYTES("\x09\0\2\0\1")},
        {{.header = "x-amz-mqtt5-user-properties", .value = "W3siayI6InYifSx7ImsiOiJ3In1d"},
         BYTES("\x26\0\1k\0\1v\x26\0\1k\0\1w")}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(arena) a = {0};
        struct sent sent = rows[i].sent;
        struct publication m;
        struct mqtt_properties decoded;
        AUTO(buf) raw = {0};
        sent.path = "/topics/a";
        CHECK_OK(read_request(&a, &sent, &m));
        CHECK_BYTES(m.properties, rows[i].properties);
        mqtt_properties_encode(&(struct mqtt_properties){.raw = m.properties}, &raw);
        struct reader in = {buf_bytes(&raw)};
        CHECK_OK(mqtt_properties_decode(&in, MQTT_PUBLISH, &decoded)); /* as a client would */
    }
}

TEST(quality_of_service_and_retain_are_read) {
    AUTO(arena) a = {0};
    struct publication m;
    CHECK_OK(
        read_request(&a, &(struct sent){.path = "/topics/a", .query = "qos=1&retain=true"}, &m));
    CHECK(m.qos == 1 && m.retain);
    CHECK_OK(
        read_request(&a, &(struct sent){.path = "/topics/a", .query = "retain=false&qos=0"}, &m));
    CHECK(m.qos == 0 && !m.retain);
}

TEST(parameters_and_headers_that_cannot_be_meant_are_refused) {
    static const struct sent rows[] = {
        {.query = "qos=2"},
        {.query = "qos="},
        {.query = "retain=yes"},
        {.query = "messageExpiry="},
        {.query = "messageExpiry=-1"},
        {.query = "messageExpiry=4294967296"},
        {.query = "messageExpiry=99999999999999999999999"},
        {.query = "contentType=%ff"},
        {.query = "contentType=a%00"},
        {.query = "responseTopic=%23"},
        {.query = "responseTopic="},
        {.query = "%"},
        {.header = "x-amz-mqtt5-payload-format-indicator", .value = "TEXT"},
        {.header = "x-amz-mqtt5-payload-format-indicator",
         .value = "UTF8_DATA",
         .body = BYTES("\xff")},
        {.header = "x-amz-mqtt5-correlation-data", .value = "A"},
        {.header = "x-amz-mqtt5-user-properties", .value = "e30="},         /* {} */
        {.header = "x-amz-mqtt5-user-properties", .value = "W3t9XQ=="},     /* [{}] */
        {.header = "x-amz-mqtt5-user-properties", .value = "W3siYSI6MX1d"}, /* [{"a":1}] */
        {.header = "x-amz-mqtt5-user-properties", .value = "W3siYSI6ImIiLCJjIjoiZCJ9XQ=="},
        {.header = "x-amz-mqtt5-user-properties", .value = "W1siYSJdXQ=="}, /* [["a"]] */
        {.header = "x-amz-mqtt5-user-properties", .value = "bm8="},         /* no */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(arena) a = {0};
        struct sent sent = rows[i];
        struct publication m;
        sent.path = "/topics/a";
        CHECK_INT(read_request(&a, &sent, &m), E_INVALID);
    }
}

TEST(only_posts_to_topics_are_messages) {
    static const struct {
        const char *method, *path;
        status s;
    } rows[] = {{"POST", "/topics/a", OK},
                {"GET", "/topics/a", E_METHOD},
                {"PUT", "/topics/a", E_METHOD},
                {"GET", "/", E_NOT_IMPLEMENTED},
                {"POST", "/topics", E_NOT_IMPLEMENTED},
                {"GET", "/things/a/shadow", E_NOT_IMPLEMENTED}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct http_request r = {.method = bytes_from(rows[i].method),
                                 .path = bytes_from(rows[i].path)};
        CHECK_INT(https_message_check_target(&r), rows[i].s);
    }
}

TEST_MAIN("https_message")
