#include "rules/delivery.h"

#include <stdio.h>
#include <string.h>

#include "logs/logs.h"
#include "mqtt/property.h"
#include "support/testing.h"

#define ROLE "\"roleArn\":\"arn:aws:iam::123456789012:role/r\""
#define REPUBLISH(topic) "{\"republish\":{" ROLE ",\"topic\":\"" topic "\"}}"

struct seen {
    char published[400], failed[400], properties[300];
    bool refuse; /* what is published to "full" */
};

static status publish(void *context, const struct rule_publication *p) {
    struct seen *s = context;
    size_t used = strlen(s->published);
    if (bytes_equal(p->topic, BYTES("full")))
        return FAIL(E_UNAVAILABLE, "too much waits");
    (void)snprintf(s->published + used, sizeof s->published - used, "%.*s %u %.*s;",
                   BYTES_ARG(p->topic), p->qos, BYTES_ARG(p->payload));
    hex_encode(bytes_slice(p->properties, 0, sizeof s->properties / 2 - 1), s->properties);
    return OK;
}

static void failed(void *context, const struct rule *r, const char *action, const char *sentence,
                   bool error_action) {
    struct seen *s = context;
    size_t used = strlen(s->failed);
    (void)snprintf(s->failed + used, sizeof s->failed - used, "%.*s %s%s: %s;",
                   BYTES_ARG(rule_name(r)), error_action ? "error " : "", action, sentence);
}

/* A function that only rule R may call. */
static status invoke(void *context, const struct rule *r, bytes function, bytes event) {
    struct seen *s = context;
    size_t used = strlen(s->published);
    if (!bytes_equal(function, BYTES("arn:f-7")) || !bytes_equal(rule_name(r), BYTES("R")))
        return FAIL(E_DENIED, "%.*s lets nobody in", BYTES_ARG(function));
    (void)snprintf(s->published + used, sizeof s->published - used, "%.*s(%.*s);",
                   BYTES_ARG(function), BYTES_ARG(event));
    return OK;
}

static status append(void *context, bytes role, bytes group, bytes stream,
                     const struct log_entry *entries, size_t count) {
    struct seen *s = context;
    CHECK_BYTES(role, BYTES("arn:aws:iam::123456789012:role/r"));
    if (bytes_equal(group, BYTES("gone")))
        return FAIL(E_NOT_FOUND, "The specified log group does not exist.");
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(s->published);
        (void)snprintf(s->published + used, sizeof s->published - used, "%.*s/%.*s %.*s;",
                       BYTES_ARG(group), BYTES_ARG(stream), BYTES_ARG(entries[i].message));
    }
    return OK;
}

static bool run(const char *payload, const char *message, struct seen *out) {
    struct rule *r;
    struct rule_host host = {
        .context = out, .publish = publish, .failed = failed, .invoke = invoke, .log = append};
    struct sql_message m = {.topic = BYTES("d/7/t"),
                            .payload = bytes_from(message),
                            .client_id = BYTES("dev1"),
                            .trace_id = BYTES("trace"),
                            .now_ms = 1767323045000};
    *out = (struct seen){0};
    CHECK_OK(rule_compile(BYTES("R"), bytes_from(payload), &r));
    bool ran = rule_run(r, &m, &host);
    rule_unref(r);
    return ran;
}

TEST(a_rule_republishes_what_it_selects) {
    struct seen s;
    CHECK(run(
        "{\"sql\":\"SELECT t, topic(2) AS id FROM 'd/+/t' WHERE t > 30\",\"actions\":[" REPUBLISH(
            "alarm/${topic(2)}") "]}",
        "{\"t\":31,\"x\":1}", &s));
    CHECK_TEXT(s.published, "alarm/7 0 {\"t\":31,\"id\":\"7\"};");
    CHECK(!run("{\"sql\":\"SELECT * FROM 'd/+/t' WHERE t > 30\",\"actions\":[" REPUBLISH("a") "]}",
               "{\"t\":30}", &s));
    CHECK_TEXT(s.published, "");
}

TEST(a_doubled_dollar_names_a_reserved_topic) { /* [AWS rules 11.3 T4] */
    struct seen s;
    CHECK(run("{\"sql\":\"SELECT *\",\"actions\":[" REPUBLISH(
                  "$$aws/things/${topic(2)}/shadow/update") "]}",
              "{}", &s));
    CHECK_TEXT(s.published, "$aws/things/7/shadow/update 0 {};");
}

TEST(headers_become_properties) {
    struct seen s;
    CHECK(
        run("{\"sql\":\"SELECT *\",\"actions\":[{\"republish\":{" ROLE
            ",\"topic\":\"t\",\"qos\":1,\"headers\":{\"payloadFormatIndicator\":\"UTF8_DATA\","
            "\"contentType\":\"text/${t}\",\"responseTopic\":\"r\",\"correlationData\":\"YQ==\","
            "\"messageExpiry\":\"60\",\"userProperties\":[{\"key\":\"k\",\"value\":\"${t}\"}]}}}]}",
            "{\"t\":\"x\"}", &s));
    CHECK_TEXT(s.published, "t 1 {\"t\":\"x\"};");
    CHECK_TEXT(s.properties, "0101"
                             "030006746578742f78"
                             "08000172"
                             "09000161"
                             "020000003c"
                             "2600016b000178");
}

TEST(each_action_fails_by_itself_and_the_error_action_hears_of_all) { /* [AWS rules 6.5] */
    struct seen s;
    CHECK(run("{\"sql\":\"SELECT t\",\"actions\":[" REPUBLISH("full") "," REPUBLISH(
                  "ok") "," REPUBLISH("x/${missing}") "],\"errorAction\":" REPUBLISH("errors") "}",
              "{\"t\":1}", &s));
    CHECK_TEXT(
        s.published,
        "ok 0 {\"t\":1};errors 0 {\"ruleName\":\"R\",\"topic\":\"d/7/t\",\"cloudwatchTraceId\":"
        "\"trace\",\"clientId\":\"dev1\",\"base64OriginalPayload\":\"eyJ0IjoxfQ==\",\"failures\":"
        "[{\"failedAction\":\"RepublishAction\",\"failedResource\":\"full\",\"errorMessage\":"
        "\"too much waits\"},{\"failedAction\":\"RepublishAction\",\"failedResource\":\"x/\","
        "\"errorMessage\":\"a part of the topic is Undefined\"}]};");
    CHECK_TEXT(s.failed,
               "R republish: too much waits;R republish: a part of the topic is Undefined;");
}

TEST(an_error_action_that_fails_is_only_told) {
    struct seen s;
    CHECK(run("{\"sql\":\"SELECT t\",\"actions\":[" REPUBLISH(
                  "full") "],\"errorAction\":" REPUBLISH("bad/#") "}",
              "{}", &s));
    CHECK_TEXT(s.published, "");
    CHECK(strstr(s.failed, ";R error republish: "));
}

static void function_failed(void *context, const struct rule *r, const char *sentences) {
    struct seen *s = context;
    (void)snprintf(s->failed, sizeof s->failed, "%.*s: %s", BYTES_ARG(rule_name(r)), sentences);
}

static status ask_nobody(void *context, bytes operation, bytes thing, bytes role, struct arena *a,
                         bytes *out) {
    UNUSED(context), UNUSED(role), UNUSED(a), UNUSED(out);
    return FAIL(E_NOT_FOUND, "%.*s of %.*s: not there", BYTES_ARG(operation), BYTES_ARG(thing));
}

TEST(a_function_without_an_answer_is_undefined_and_told) {
    struct seen s = {0};
    struct sql_outside outside = {.registry_data = ask_nobody};
    struct rule_host host = {.context = &s,
                             .publish = publish,
                             .failed = failed,
                             .function_failed = function_failed,
                             .outside = &outside};
    struct sql_message m = {.topic = BYTES("d/7/t"), .payload = BYTES("{}")};
    struct rule *r;
    CHECK_OK(rule_compile(BYTES("R"),
                          BYTES("{\"sql\":\"SELECT get_registry_data('DescribeThing', topic(2), "
                                "'r') AS t\",\"actions\":[" REPUBLISH("out") "]}"),
                          &r));
    CHECK(rule_run(r, &m, &host));
    CHECK_TEXT(s.published, "out 0 {};");
    CHECK_TEXT(s.failed, "R: get_registry_data: DescribeThing of 7: not there\n");
    rule_unref(r);
}

TEST(topics_fit_as_the_rules_engine_has_it) { /* [AWS rules 1.2, 11.1 rows 13-15, 72] */
    static const struct {
        const char *filter, *topic;
        bool fits;
    } rows[] = {
        {"topic/#", "topic/subtopic-3/details", true},
        {"topic/#", "topic-2/subtopic-x", false},
        {"topic/+", "topic/subtopic-3/details", false},
        {"topic/#", "topic", true},
        {"#", "$aws/events/x", false},
        {"$aws/events/#", "$aws/events/x", true},
        {"+/a", "$x/a", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(buf) payload = {0};
        struct rule *r;
        buf_printf(&payload, "{\"sql\":\"SELECT * FROM '%s'\",\"actions\":[]}", rows[i].filter);
        CHECK_OK(rule_compile(BYTES("R"), buf_bytes(&payload), &r));
        CHECK_INT(rule_matches(r, bytes_from(rows[i].topic)), rows[i].fits);
        rule_unref(r);
    }
}

TEST(a_disabled_rule_or_one_without_from_matches_nothing) {
    struct rule *r;
    CHECK_OK(rule_compile(
        BYTES("R"), BYTES("{\"sql\":\"SELECT * FROM 'a'\",\"actions\":[],\"ruleDisabled\":true}"),
        &r));
    CHECK(rule_is_disabled(r) && !rule_matches(r, BYTES("a")));
    rule_unref(r);
    CHECK_OK(rule_compile(BYTES("R"), BYTES("{\"sql\":\"SELECT *\",\"actions\":[]}"), &r));
    CHECK(!rule_matches(r, BYTES("a")));
    rule_unref(r);
}

TEST(what_cannot_run_is_refused_when_it_is_made) {
    static const struct {
        const char *payload;
        status status;
        const char *part;
    } rows[] = {
        {"{\"actions\":[]}", E_INVALID, "The rule has no sql"},
        {"{\"sql\":\"SELECT\",\"actions\":[]}", E_SQL_PARSE, "ends too early"},
        {"{\"sql\":\"SELECT * FROM 'a/#/b'\",\"actions\":[]}", E_SQL_PARSE, "FROM 'a/#/b'"},
        {"{\"sql\":\"SELECT *\",\"awsIotSqlVersion\":\"2020-01-01\",\"actions\":[]}", E_INVALID,
         "There is no SQL version 2020-01-01"},
        {"{\"sql\":\"SELECT *\",\"actions\":[{\"sns\":{}}]}", E_INVALID,
         "This server has no action sns yet; it has: republish, lambda, http, s3, "
         "kafka, dynamoDB"},
        {"{\"sql\":\"SELECT *\",\"actions\":[{}]}", E_INVALID, "exactly one member"},
        {"{\"sql\":\"SELECT *\",\"actions\":[{\"republish\":{" ROLE "}}]}", E_INVALID,
         "The action lacks its topic"},
        {"{\"sql\":\"SELECT *\",\"actions\":[{\"republish\":{\"topic\":\"a\"}}]}", E_INVALID,
         "The action lacks its roleArn"},
        {"{\"sql\":\"SELECT *\",\"actions\":[{\"republish\":{" ROLE
         ",\"topic\":\"a\",\"qos\":2}}]}",
         E_INVALID, "0 or 1"},
        {"{\"sql\":\"SELECT *\",\"actions\":[" REPUBLISH("${1 +}") "]}", E_SQL_PARSE, "too early"},
        {"{\"sql\":\"SELECT *\",\"actions\":[],\"errorAction\":{\"sqs\":{}}}", E_INVALID,
         "no action sqs"},
        {"{\"sql\":\"SELECT *\",\"actions\":[],\"errorAction\":" REPUBLISH(
             "a/${aws_lambda('f', 1)}") "}",
         E_SQL_PARSE, "cannot be used in an error action"},
        {"{\"sql\":\"SELECT *\",\"actions\":[],\"errorAction\":" REPUBLISH(
             "a/${get_dynamodb('t', 'k', 1, 'r').x}") "}",
         E_SQL_PARSE, "cannot be used in an error action"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct rule *r = NULL;
        CHECK_FAILS(rule_compile(BYTES("R"), bytes_from(rows[i].payload), &r), rows[i].status,
                    rows[i].part);
    }
}

TEST(a_rule_tells_whether_it_waits_and_whether_it_reads_rows) {
    static const struct {
        const char *sql, *topic;
        bool waits, reads;
    } rows[] = {{"SELECT * FROM 'a'", "a", false, false},
                {"SELECT AWS_Lambda('f', 1) FROM 'a'", "a", true, false},
                {"SELECT Get_DynamoDB('t', 'k', 1, 'r') FROM 'a'", "a", true, true},
                {"SELECT * FROM 'a'", "a/${get_dynamodb('t', 'k', 1, 'r').x}", true, true},
                {"SELECT 'get_dynamodb' AS a FROM 'a'", "get_dynamodb/${topic()}", true, false}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(buf) payload = {0};
        struct rule *r;
        buf_printf(&payload, "{\"sql\":\"%s\",\"actions\":[" REPUBLISH("%s") "]}", rows[i].sql,
                   rows[i].topic);
        CHECK_OK(rule_compile(BYTES("R"), buf_bytes(&payload), &r));
        CHECK_INT(rule_may_wait(r), rows[i].waits);
        CHECK_INT(rule_reads_rows(r), rows[i].reads);
        rule_unref(r);
    }
}

/* ---- what goes out later ---- */

struct kept {
    char kind[20], lane[100], destination[100];
    struct buf payload;
    unsigned batch_max;
    bool refuse;
    char failed[300];
};

static status keep(void *context, const struct outbox_item *item, bytes destination_url) {
    struct kept *k = context;
    if (k->refuse)
        return FAIL(E_DENIED, "No destination allows it");
    (void)snprintf(k->kind, sizeof k->kind, "%s", item->kind);
    (void)snprintf(k->lane, sizeof k->lane, "%.*s", BYTES_ARG(item->lane));
    (void)snprintf(k->destination, sizeof k->destination, "%.*s", BYTES_ARG(destination_url));
    k->batch_max = item->batch_max;
    buf_append(&k->payload, item->payload);
    return OK;
}

static void note_failure(void *context, const struct rule *r, const char *action,
                         const char *sentence, bool error_action) {
    struct kept *k = context;
    UNUSED(r), UNUSED(error_action);
    (void)snprintf(k->failed, sizeof k->failed, "%s: %s", action, sentence);
}

static void run_later(const char *payload, const char *message, struct kept *out) {
    struct rule *r;
    struct rule_host host = {.context = out, .failed = note_failure, .put = keep, .hops = 3};
    struct sql_message m = {.topic = BYTES("d/7/t"),
                            .payload = bytes_from(message),
                            .client_id = BYTES("dev1"),
                            .account = BYTES("123456789012"),
                            .trace_id = BYTES("trace"),
                            .now_ms = 1767323045000};
    CHECK_OK(rule_compile(BYTES("R"), bytes_from(payload), &r));
    CHECK(rule_run(r, &m, &host));
    rule_unref(r);
}

TEST(what_goes_to_a_webhook_is_kept_with_all_that_its_delivery_needs) {
    struct kept k = {.kind = ""};
    struct rule_delivery d;
    run_later(
        "{\"sql\":\"SELECT t\",\"actions\":[{\"http\":{\"url\":\"https://A.example/${topic(2)}\","
        "\"confirmationUrl\":\"https://A.example/\"}}],\"errorAction\":" REPUBLISH("e") "}",
        "{\"t\":1,\"x\":2}", &k);
    CHECK_TEXT(k.failed, "");
    CHECK_TEXT(k.kind, "http");
    CHECK_TEXT(k.lane, "https://a.example:443");
    CHECK_TEXT(k.destination, "https://A.example/7");
    CHECK_OK(delivery_decode(buf_bytes(&k.payload), &d));
    CHECK_BYTES(d.rule, BYTES("R"));
    CHECK_BYTES(d.failed, BYTES("HttpAction"));
    CHECK_BYTES(d.resource, BYTES("https://A.example/7"));
    CHECK(d.has_message && d.hops == 3);
    struct sql_message m = delivery_message(&d, BYTES("123456789012"));
    CHECK_BYTES(m.payload, BYTES("{\"t\":1,\"x\":2}"));
    CHECK_BYTES(m.client_id, BYTES("dev1"));
    buf_done(&k.payload);
}

static void decode_prefix(bytes prefix) {
    struct rule_delivery d;
    (void)!delivery_decode(prefix, &d);
}
TEST(a_delivery_cut_short_is_damaged) {
    struct kept k = {.kind = ""};
    run_later("{\"sql\":\"SELECT t\",\"actions\":[{\"http\":{\"url\":\"https://a/\"}}]}",
              "{\"t\":1}", &k);
    test_each_truncation(buf_bytes(&k.payload), decode_prefix);
    buf_done(&k.payload);
}

TEST(without_an_error_action_the_message_is_not_kept) {
    struct kept k = {.kind = ""};
    struct rule_delivery d;
    run_later(
        "{\"sql\":\"SELECT t\",\"actions\":[{\"http\":{\"url\":\"https://a/\",\"enableBatching\":"
        "true}}]}",
        "{\"t\":1}", &k);
    CHECK_OK(delivery_decode(buf_bytes(&k.payload), &d));
    CHECK(!d.has_message && d.payload.len == 0);
    CHECK_INT(k.batch_max, 10);
    buf_done(&k.payload);
}

TEST(a_header_of_more_than_one_line_fails_the_action) {
    struct kept k = {.kind = ""};
    run_later("{\"sql\":\"SELECT "
              "t\",\"actions\":[{\"http\":{\"url\":\"https://a/\",\"headers\":[{\"key\":"
              "\"x\",\"value\":\"${t}\"}]}}]}",
              "{\"t\":\"a\\r\\nHost: b\"}", &k);
    CHECK_TEXT(k.kind, "");
    CHECK(strstr(k.failed, "the value of the header x has control characters"));
}

TEST(without_a_destination_nothing_is_kept) {
    struct kept k = {.refuse = true};
    run_later("{\"sql\":\"SELECT t\",\"actions\":[{\"http\":{\"url\":\"https://a/\"}}]}", "{}", &k);
    CHECK_TEXT(k.failed, "http: No destination allows it");
}

TEST(destinations_are_wanted_for_plain_urls) { /* [AWS rules 6.4] */
    struct rule *r;
    CHECK_OK(rule_compile(
        BYTES("R"),
        BYTES("{\"sql\":\"SELECT *\",\"actions\":[{\"http\":{\"url\":\"https://a/\"}},{\"http\":{"
              "\"url\":\"https://b/${t}\",\"confirmationUrl\":\"https://b/\"}},{\"http\":{\"url\":"
              "\"https://c/${t}\",\"confirmationUrl\":\"https://c/"
              "${x}\"}}],\"errorAction\":{\"http\":{"
              "\"url\":\"https://d/\"}}}"),
        &r));
    CHECK_BYTES(rule_destination(r, 0), BYTES("https://a/"));
    CHECK_BYTES(rule_destination(r, 1), BYTES("https://b/"));
    CHECK_BYTES(rule_destination(r, 2), BYTES("https://d/"));
    CHECK_INT(rule_destination(r, 3).len, 0);
    rule_unref(r);
}

TEST(a_failure_that_shows_later_runs_the_error_action) {
    struct seen s = {0};
    struct rule *r;
    struct rule_host host = {.context = &s, .publish = publish, .failed = failed};
    struct sql_message m = {
        .topic = BYTES("d/7/t"), .payload = BYTES("{}"), .trace_id = BYTES("t")};
    struct rule_failure failure = {BYTES("HttpAction"), BYTES("https://a/"), "nobody there"};
    CHECK_OK(rule_compile(BYTES("R"),
                          BYTES("{\"sql\":\"SELECT *\",\"actions\":[],\"errorAction\":" REPUBLISH(
                              "e/${topic(2)}") "}"),
                          &r));
    rule_fail(r, &m, &host, &failure);
    rule_unref(r);
    CHECK(strstr(s.published, "e/7 0 {\"ruleName\":\"R\""));
    CHECK(strstr(s.published, "\"failures\":[{\"failedAction\":\"HttpAction\",\"failedResource\":"
                              "\"https://a/\",\"errorMessage\":\"nobody there\"}]}"));
}

#define LAMBDA(arn) "{\"lambda\":{\"functionArn\":\"" arn "\"}}"

TEST(a_function_gets_the_result_as_its_event) { /* [AWS rules 6.2] */
    struct seen s;
    CHECK(run("{\"sql\":\"SELECT t\",\"actions\":[" LAMBDA("arn:f-${topic(2)}") "]}",
              "{\"t\":31,\"x\":1}", &s));
    CHECK_TEXT(s.published, "arn:f-7({\"t\":31});");
    CHECK_TEXT(s.failed, "");
}

TEST(a_function_that_lets_the_rule_not_in_is_for_the_error_action) {
    struct seen s;
    CHECK(run("{\"sql\":\"SELECT *\",\"actions\":[" LAMBDA("arn:g") "],\"errorAction\":" REPUBLISH(
                  "e") "}",
              "{}", &s));
    CHECK_TEXT(s.failed, "R lambda: arn:g lets nobody in;");
    test_check_contains(s.published,
                        "\"failedAction\":\"LambdaAction\",\"failedResource\":\"arn:g\"", __FILE__,
                        __LINE__);
}

TEST(functions_take_json_and_nothing_else) { /* [AWS rules 5] */
    struct seen s;
    CHECK(run("{\"sql\":\"SELECT *\",\"actions\":[" LAMBDA("arn:f-7") "]}", "no json", &s));
    CHECK_TEXT(s.published, "");
    test_check_contains(s.failed, "the message is not JSON", __FILE__, __LINE__);
    CHECK(run("{\"sql\":\"SELECT VALUE none\",\"actions\":[" LAMBDA("arn:f-7") "]}", "{}", &s));
    test_check_contains(s.failed, "the result of the statement is Undefined", __FILE__, __LINE__);
    CHECK(run("{\"sql\":\"SELECT encode(*, 'base64') AS data\",\"awsIotSqlVersion\":\"2016-03-23\","
              "\"actions\":[" LAMBDA("arn:f-7") "]}",
              "no json", &s));
    CHECK_TEXT(s.published, "arn:f-7({\"data\":\"bm8ganNvbg==\"});");
}

#define LOG(group, more) "{\"cloudwatchLogs\":{" ROLE ",\"logGroupName\":\"" group "\"" more "}}"

TEST(cloudwatch_logs_keeps_the_result_or_the_records_of_a_batch) { /* [AWS rules 6.2] */
    struct seen s;
    CHECK(run(
        "{\"sql\":\"SELECT * FROM 'd/+/t'\",\"awsIotSqlVersion\":\"2016-03-23\",\"actions\":[" LOG(
            "line/${topic(2)}", "") "]}",
        "{\"a\":1}", &s));
    CHECK_TEXT(s.published, "line/7/R {\"a\":1};");
    CHECK(run("{\"sql\":\"SELECT VALUE r FROM "
              "'d/+/t'\",\"awsIotSqlVersion\":\"2016-03-23\",\"actions\":[" LOG(
                  "g", ",\"batchMode\":true") "]}",
              "{\"r\":[{\"timestamp\":1,\"message\":\"a\"},{\"timestamp\":2,\"message\":\"b\"}]}",
              &s));
    CHECK_TEXT(s.published, "g/R a;g/R b;");
    CHECK(
        run("{\"sql\":\"SELECT * FROM 'd/+/t'\",\"actions\":[" LOG("g", ",\"batchMode\":true") "]}",
            "{\"message\":\"a\"}", &s));
    CHECK(strstr(s.failed, "needs a timestamp"));
    CHECK(run("{\"sql\":\"SELECT * FROM 'd/+/t'\",\"actions\":[" LOG("gone", "") "]}", "{}", &s));
    CHECK(strstr(s.failed, "R cloudwatchLogs: The specified log group does not exist."));
}

TEST_MAIN("rules/rule")
