/* cloudwatchLogs: a line in a log group, or with batchMode the lines that the payload lists
 * [AWS rules 6.2]. */
#include "base/clock.h"
#include "codec/json.h"
#include "logs/logs.h"
#include "rules/action.h"

enum { BATCH_MAX = 10000 /* as PutLogEvents takes */ };

struct cloudwatch_logs {
    struct buf role;
    struct sql_template *group;
    bool batch;
};

static void release(void *compiled) {
    struct cloudwatch_logs *l = compiled;
    if (!l)
        return;
    sql_template_free(l->group);
    buf_done(&l->role);
    mem_free(l);
}

static status fill(const struct sql_statement *s, const struct json *members,
                   struct cloudwatch_logs *l) {
    const struct json *batch = json_member(members, BYTES("batchMode"));
    bytes group, role;
    TRY(action_require(members, "logGroupName", &group));
    TRY(action_require(members, "roleArn", &role));
    if (group.len == 0 || group.len > LOG_NAME_BYTES_MAX)
        return FAIL(E_INVALID, "The logGroupName of a cloudwatchLogs action has 1 to %d bytes",
                    LOG_NAME_BYTES_MAX);
    buf_append(&l->role, role);
    l->batch = batch && batch->type == JSON_TRUE;
    return sql_template_compile(s, group, &l->group);
}

static status compile(const struct sql_statement *s, const struct json *members, void **out) {
    struct cloudwatch_logs *l = NEW(struct cloudwatch_logs);
    status result = fill(s, members, l);
    if (result != OK) {
        release(l);
        return result;
    }
    *out = l;
    return OK;
}

static status read_entry(const struct json *item, struct log_entry *out) {
    const struct json *message = json_member(item, BYTES("message")),
                      *timestamp = json_member(item, BYTES("timestamp"));
    if (!json_is_string(message) || !timestamp || json_to_i64(timestamp, &out->timestamp_ms) != OK)
        return FAIL(E_INVALID, "each record of a batch needs a timestamp, in milliseconds, and a "
                               "message");
    out->message = message->text;
    return OK;
}

/* A list of records; one record alone is a list of one. */
static status read_batch(struct action_run *run, struct log_entry **out, size_t *out_count) {
    struct arena *a = run->evaluation->arena;
    const struct json *list;
    size_t count = 0;
    if (json_parse(a, run->payload, &list) != OK ||
        (list->type != JSON_ARRAY && list->type != JSON_OBJECT))
        return FAIL(E_INVALID, "in batch mode the result must be a list of records");
    if (list->type == JSON_ARRAY && list->count > BATCH_MAX)
        return FAIL(E_INVALID, "a batch has at most %d records", BATCH_MAX);
    *out = ARENA_ARRAY(a, struct log_entry, list->type == JSON_ARRAY ? list->count + 1 : 1);
    if (list->type == JSON_OBJECT) {
        *out_count = 1;
        return read_entry(list, *out);
    }
    JSON_EACH (item, list)
        TRY(read_entry(item, &(*out)[count++]));
    *out_count = count;
    return OK;
}

static status run(const void *compiled, struct action_run *run) {
    const struct cloudwatch_logs *l = compiled;
    struct log_entry one = {clock_wall_ms(), run->payload}, *entries = &one;
    size_t count = 1;
    TRY(action_fill(l->group, run->evaluation, "logGroupName", &run->resource));
    if (l->batch)
        TRY(read_batch(run, &entries, &count));
    if (!run->host->log)
        return FAIL(E_UNAVAILABLE, "this server keeps no logs");
    return run->host->log(run->host->context, buf_bytes(&l->role), buf_bytes(&run->resource),
                          rule_name(run->rule), entries, count);
}

const struct action_kind action_cloudwatch_logs = {.name = "cloudwatchLogs",
                                                   .failed = "CloudwatchLogsAction",
                                                   .compile = compile,
                                                   .release = release,
                                                   .run = run};
