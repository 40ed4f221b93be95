#include "api/decode.h"

#include <string.h>

#include "api/generated/iot.h"
#include "support/testing.h"

static struct arena arena;

static struct http_request request_of(const char *method, const char *path, const char *query,
                                      const char *body) {
    return (struct http_request){
        .method = bytes_from(method),
        .path = bytes_from(path),
        .query = bytes_from(query),
        .body = bytes_from(body),
    };
}

static status decoded(const struct http_request *r, struct record **out_input) {
    struct route route;
    enum model_method method;
    CHECK(model_method_find(r->method, &method));
    CHECK(route_find(&model_iot, method, r->path, &route));
    return decode_input(&arena, &model_iot, &route, r, out_input);
}

TEST(members_come_from_path_query_and_body) { /* [AWS control-plane 2] */
    struct http_request r = request_of("POST", "/policies/my%2Bpolicy/version", "setAsDefault=true",
                                       "{\"policyDocument\":\"{}\"}");
    struct record *in;
    CHECK_OK(decoded(&r, &in));
    CHECK_BYTES(get_text(in, M_POLICY_NAME), BYTES("my+policy"));
    CHECK_BYTES(get_text(in, M_POLICY_DOCUMENT), BYTES("{}"));
    CHECK(get_flag(in, M_SET_AS_DEFAULT));
    arena_done(&arena);
}

TEST(members_come_from_headers) {
    struct http_header headers[] = {{BYTES("X-Amzn-Iot-Principal"), BYTES("arn:aws:iot")}};
    struct http_request r = request_of("PUT", "/principal-policies/p", NULL, "");
    r.headers = headers;
    r.header_count = 1;
    struct record *in;
    CHECK_OK(decoded(&r, &in));
    CHECK_BYTES(get_text(in, M_PRINCIPAL), BYTES("arn:aws:iot"));
    arena_done(&arena);
}

TEST(a_payload_member_is_the_whole_body) { /* [AWS control-plane 2] */
    struct http_request r = request_of("POST", "/rules/r", NULL,
                                       "{\"sql\":\"SELECT *\",\"actions\":[{\"lambda\":"
                                       "{\"functionArn\":\"f\"}}]}");
    struct record *in;
    CHECK_OK(decoded(&r, &in));
    const struct record *rule = get_record(in, M_TOPIC_RULE_PAYLOAD);
    CHECK_BYTES(get_text(rule, M_SQL), BYTES("SELECT *"));
    const struct record *action = get_list(rule, M_ACTIONS)->first->record;
    CHECK_BYTES(get_text(get_record(action, M_LAMBDA), M_FUNCTION_ARN), BYTES("f"));
    arena_done(&arena);
}

TEST(maps_lists_numbers_and_nulls) {
    struct http_request r = request_of(
        "PATCH", "/things/lamp", NULL,
        "{\"expectedVersion\":3,\"thingTypeName\":null,\"unknown\":[1],\"attributePayload\":"
        "{\"attributes\":{\"colour\":\"red\",\"gone\":null},\"merge\":true}}");
    struct record *in;
    CHECK_OK(decoded(&r, &in));
    CHECK_INT(get_number(in, M_EXPECTED_VERSION, 0), 3);
    CHECK(!has(in, M_THING_TYPE_NAME));
    const struct record *payload = get_record(in, M_ATTRIBUTE_PAYLOAD);
    CHECK(get_flag(payload, M_MERGE));
    CHECK_INT(get_list(payload, M_ATTRIBUTES)->count, 1);
    arena_done(&arena);
}

TEST(an_empty_body_an_empty_object_and_none_mean_the_same) {
    static const char *const bodies[] = {"", " \n", "{}", NULL};
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        struct http_request r = request_of("POST", "/things/lamp", NULL, bodies[i]);
        struct record *in;
        CHECK_OK(decoded(&r, &in));
        CHECK(!has(in, M_ATTRIBUTE_PAYLOAD));
    }
    arena_done(&arena);
}

TEST(a_body_is_not_read_where_none_is_expected) {
    struct http_request r = request_of("GET", "/things/lamp", NULL, "<html>");
    struct record *in;
    CHECK_OK(decoded(&r, &in));
    arena_done(&arena);
}

TEST(query_values_are_typed) {
    struct record *in;
    struct http_request r = request_of("GET", "/policies", "pageSize=10&isAscendingOrder=True", "");
    CHECK_OK(decoded(&r, &in));
    CHECK_INT(get_number(in, M_PAGE_SIZE, 0), 10);
    CHECK(get_flag(in, M_ASCENDING_ORDER));
    r.query = BYTES("pageSize=ten");
    CHECK_FAILS(decoded(&r, &in), E_INVALID, "Value 'ten' at 'pageSize' is not an integer");
    r.query = BYTES("pageSize=4294967297");
    CHECK_FAILS(decoded(&r, &in), E_INVALID, "'4294967297'");
    r.query = BYTES("isAscendingOrder=yes");
    CHECK_FAILS(decoded(&r, &in), E_INVALID, "is not a boolean");
    r.query = BYTES("marker=%f");
    CHECK_FAILS(decoded(&r, &in), E_INVALID, "");
    r.query = BYTES("marker=%ff");
    CHECK_FAILS(decoded(&r, &in), E_INVALID, "UTF-8");
    arena_done(&arena);
}

TEST(times_in_queries_are_iso_8601) { /* [AWS control-plane 2] */
    struct record *in;
    struct http_request r = request_of("GET", "/audit/tasks",
                                       "startTime=2026-01-02T03%3A04%3A05Z&endTime=1767323046", "");
    CHECK_OK(decoded(&r, &in));
    CHECK_INT(get_number(in, M_START_TIME, 0), INT64_C(1767323045000));
    CHECK_INT(get_number(in, M_END_TIME, 0), INT64_C(1767323046000));
    arena_done(&arena);
}

static void refused(const char *body, const char *part) {
    struct record *in;
    struct http_request r = request_of("PATCH", "/things/lamp", NULL, body);
    CHECK_FAILS(decoded(&r, &in), E_SERIALIZATION, part);
    arena_done(&arena);
}

TEST(a_body_of_another_form_is_a_serialization_error) {
    refused("rootCA.pem", "The request body is not JSON");
    refused("[]", "Start of list found where not expected");
    refused("{\"thingTypeName\":5}", "NUMBER_VALUE can not be converted to a string at "
                                     "'thingTypeName'");
    refused("{\"removeThingType\":\"true\"}", "STRING_VALUE can not be converted to a boolean");
    refused("{\"expectedVersion\":1.5}", "NUMBER_VALUE 1.5 is not a long");
    refused("{\"expectedVersion\":\"1\"}", "STRING_VALUE can not be converted to a long");
    refused("{\"attributePayload\":[]}", "there should be a structure at 'attributePayload'");
    refused("{\"attributePayload\":{\"attributes\":\"a=b\"}}", "a map at 'attributes'");
    refused("{\"attributePayload\":{\"attributes\":{\"a\":1}}}", "a string at 'attributes'");
}

TEST(every_operation_decodes_an_empty_request) {
    for (size_t i = 0; i < model_iot.operation_count; i++) {
        const struct model_operation *o = &model_iot.operations[i];
        struct route route = {.operation = o};
        struct http_request r = request_of("GET", "/", NULL, "{}");
        struct record *in;
        if (o->input != MODEL_NO_SHAPE)
            CHECK_OK(decode_input(&arena, &model_iot, &route, &r, &in));
    }
    arena_done(&arena);
}

static void decode_body(bytes body) {
    struct http_request r = request_of("PATCH", "/things/lamp", NULL, "");
    struct record *in = NULL;
    r.body = body;
    if (decoded(&r, &in) == OK)
        CHECK(in != NULL);
    arena_reset(&arena);
}

TEST(a_body_may_end_anywhere) {
    test_each_truncation(BYTES("{\"attributePayload\":{\"attributes\":{\"a\":\"\\u00e9\"}},"
                               "\"expectedVersion\":12}"),
                         decode_body);
    arena_done(&arena);
}

TEST_MAIN("api/decode")
