#include "gateway/rule_questions.h"

#include "api/api.h"
#include "codec/percent.h"
#include "function/function.h"
#include "gateway/roles.h"
#include "gateway/rule_run.h"
#include "http/request.h"
#include "registry/secret.h"
#include "registry/topic_rule.h"
#include "rules/bucket.h"
#include "rules/tables.h"

/* The operations of get_registry_data, and what stands behind the thing's name in their paths. */
static const struct {
    const char *name, *suffix;
} operations[] = {{"DescribeThing", ""}, {"ListThingGroupsForThing", "/thing-groups"}};

static status registry_data(void *context, bytes operation, bytes thing, bytes role,
                            struct arena *a, bytes *out) {
    const struct rule_questions *q = context;
    AUTO(buf) path = {0};
    AUTO(buf) resource = {0}, action = {0};
    buf_text(&path, "/things/");
    percent_encode(thing, &path);
    for (size_t i = 0; i < COUNT_OF(operations); i++) {
        if (!bytes_equal(operation, bytes_from(operations[i].name)))
            continue;
        buf_text(&path, operations[i].suffix);
        buf_printf(&action, "iot:%s", operations[i].name);
        buf_printf(&resource, "thing/%.*s", BYTES_ARG(thing));
        TRY(role_may(q->server, q->account, role, buf_string(&action), buf_bytes(&resource)));
        struct http_request request = {
            .method = BYTES("GET"), .target = buf_bytes(&path), .path = buf_bytes(&path)};
        return api_ask(q->server->api, q->account, &request, a, out);
    }
    return FAIL(E_INVALID, "the registry has no %.*s: DescribeThing or ListThingGroupsForThing",
                BYTES_ARG(bytes_slice(operation, 0, 60)));
}

/* [AWS rules 4 aws_lambda]: two seconds, and the function's policy must let this rule in. */
enum { FUNCTION_MS_MAX = 2000 };

static status invoke(void *context, bytes function, bytes event, struct arena *a, bytes *out) {
    const struct rule_questions *q = context;
    const struct registry r = {NULL, a, q->account, bytes_from(q->server->settings->region)};
    const struct function_request request = {.account = q->account,
                                             .function = function,
                                             .event = event,
                                             .principal = "iot.amazonaws.com",
                                             .source_arn = topic_rule_arn(&r, q->rule),
                                             .timeout_ms = FUNCTION_MS_MAX};
    TRY(function_invoke(q->server->functions, &request, a, out));
    if (q->run)
        rule_run_log(q->run, (struct logged_event){.event = LOGGED_FUNCTION_EXECUTION,
                                                   .rule_name = q->rule,
                                                   .resource = function,
                                                   .rule_action = "lambda"});
    return OK;
}

/* The value, and the ARN that the role must be allowed. */
static status look_up(const struct registry *r, bytes id, bool is_binary, bytes *out_arn,
                      bytes *out_value) {
    struct secret s;
    TRY(secret_load(r, id, &s));
    if (s.version_id.len && s.is_binary != is_binary)
        return FAIL(E_INVALID, "the secret is %s", s.is_binary ? "binary" : "a text");
    *out_arn = secret_arn(r, &s);
    return secret_value(r, &s, out_value);
}

/* [AWS rules 4 get_secret]; it lies here, so nothing is gained by keeping it for a while. */
static status secret(void *context, bytes id, bool is_binary, bytes role, struct arena *a,
                     bytes *out) {
    const struct rule_questions *q = context;
    struct registry r = {NULL, a, q->account, bytes_from(q->server->settings->region)};
    bytes arn = {0}, value = {0};
    TRY(store_begin_read(q->server->store, &r.txn));
    status s = look_up(&r, id, is_binary, &arn, &value);
    store_rollback(r.txn);
    TRY(s);
    s = role_may(q->server, q->account, role, "secretsmanager:GetSecretValue", arn);
    if (s == OK)
        *out = value;
    else
        mem_wipe((void *)value.ptr, value.len);
    return s;
}

/* Descriptors of messages; a small file is read as fast as it is looked for. */
enum { OBJECT_BYTES_MAX = 1 << 20 };

static status object(void *context, bytes bucket, bytes key, struct arena *a, bytes *out) {
    const struct rule_questions *q = context;
    return bucket_read(q->server->buckets_folder, bucket, key, OBJECT_BYTES_MAX, a, out);
}

static status row(void *context, bytes table, const struct sql_key *keys, size_t count, bytes role,
                  struct arena *a, bytes *out) {
    const struct rule_questions *q = context;
    struct cell *cells = ARENA_ARRAY(a, struct cell, count);
    AUTO(buf) resource = {0};
    if (!q->server->outward.tables)
        return FAIL(E_UNAVAILABLE,
                    "this server has no database for tables: kedge serve --tables names one");
    buf_printf(&resource, "table/%.*s", BYTES_ARG(table));
    TRY(role_may(q->server, q->account, role, "dynamodb:GetItem", buf_bytes(&resource)));
    for (size_t i = 0; i < count; i++)
        cells[i] = (struct cell){keys[i].column, keys[i].is_number ? CELL_NUMBER : CELL_TEXT,
                                 keys[i].value};
    return tables_read(q->server->outward.tables, table, cells, count, a, out);
}

void rule_questions_lend(struct rule_questions *q, struct server *s, bytes account) {
    *q = (struct rule_questions){.server = s, .account = account};
    q->outside = (struct sql_outside){.context = q,
                                      .invoke = invoke,
                                      .object = object,
                                      .registry_data = registry_data,
                                      .secret = secret,
                                      .row = row};
}
