#include "rules/rule.h"

#include <stdatomic.h>
#include <stdio.h>

#include "codec/base64.h"
#include "mqtt/topic.h"
#include "rules/action.h"

const struct action_kind *const action_kinds[] = {
    &action_republish,   &action_lambda,          &action_http,
    &action_s3,          &action_kafka,           &action_dynamodb,
    &action_dynamodb_v2, &action_cloudwatch_logs, NULL};

struct action {
    const struct action_kind *kind;
    void *compiled;
};

struct rule {
    _Atomic uint32_t references;
    struct arena memory;
    bytes name;
    bool disabled, may_wait, reads_rows;
    struct sql_statement *statement;
    struct action actions[RULE_ACTIONS_MAX], error_action; /* kind NULL: none */
    size_t action_count;
};

/* ---- compiling ---- */

status action_may(const struct action_run *run, bytes role_arn, const char *action,
                  bytes resource) {
    const struct rule_host *host = run->host;
    return host->may ? host->may(host->context, role_arn, action, resource) : OK;
}

status action_require(const struct json *members, const char *name, bytes *out) {
    const struct json *value = json_member(members, bytes_from(name));
    if (!json_is_string(value))
        return FAIL(E_INVALID, "The action lacks its %s", name);
    *out = value->text;
    return OK;
}

static status refuse_kind(bytes name) {
    AUTO(buf) known = {0};
    for (size_t i = 0; action_kinds[i]; i++)
        buf_printf(&known, "%s%s", i ? ", " : "", action_kinds[i]->name);
    return FAIL(E_INVALID, "This server has no action %.*s yet; it has: %s",
                BYTES_ARG(bytes_slice(name, 0, 60)), buf_string(&known));
}

static status compile_action(const struct sql_statement *s, const struct json *action,
                             struct action *out) {
    const struct json *member = NULL;
    size_t count = 0;
    JSON_EACH (m, action) {
        member = m;
        count++;
    }
    if (count != 1) /* [AWS rules 6.1] */
        return FAIL(E_INVALID, "An action has exactly one member, and it is the kind of action");
    for (size_t i = 0; action_kinds[i]; i++)
        if (bytes_equal(member->name, bytes_from(action_kinds[i]->name))) {
            TRY(action_kinds[i]->compile(s, member, &out->compiled));
            out->kind = action_kinds[i];
            return OK;
        }
    return refuse_kind(member->name);
}

static status compile_statement(struct rule *r, const struct json *payload) {
    const struct json *sql = json_member(payload, BYTES("sql")),
                      *version = json_member(payload, BYTES("awsIotSqlVersion"));
    enum sql_version v = SQL_2015_10_08; /* when none is given [AWS rules 1.3] */
    if (!json_is_string(sql))
        return FAIL(E_INVALID, "The rule has no sql");
    if (json_is_string(version) && !sql_version_find(version->text, &v))
        return FAIL(E_INVALID, "There is no SQL version %.*s: 2015-10-08, 2016-03-23 or beta",
                    BYTES_ARG(bytes_slice(version->text, 0, 60)));
    TRY(sql_compile(sql->text, v, &r->statement));
    bytes filter = sql_topic_filter(r->statement);
    if (filter.ptr && topic_filter_check(filter) != OK)
        return FAIL(E_SQL_PARSE, "Unable to parse the SQL: FROM '%.*s': %s",
                    BYTES_ARG(bytes_slice(filter, 0, 256)), failure_text());
    return OK;
}

/* Functions that ask others are not for error actions [AWS rules 4], wherever in it they stand. */
static status refuse_questions(const struct sql_statement *s, const struct json *v) {
    struct sql_template *t;
    if (v->type == JSON_STRING) {
        if (sql_template_compile(s, v->text, &t) != OK)
            return OK; /* the action takes it for plain text */
        bool asks = sql_template_asks_others(t);
        sql_template_free(t);
        if (asks)
            return FAIL(E_SQL_PARSE, "Functions that ask others (aws_lambda, get_dynamodb, "
                                     "get_registry_data) cannot be used in an error action");
    }
    JSON_EACH (child, v)
        TRY(refuse_questions(s, child));
    return OK;
}

static status compile_error_action(struct rule *r, const struct json *error) {
    TRY(compile_action(r->statement, error, &r->error_action));
    return refuse_questions(r->statement, error);
}

/* Wherever the name stands: a rule that only speaks of it loses nothing but its order. */
static bool speaks_of(bytes text, bytes name) {
    for (; text.len >= name.len; text = bytes_skip(text, 1))
        if (bytes_equal_nocase(bytes_slice(text, 0, name.len), name))
            return true;
    return false;
}

/* Whether a template calls get_dynamodb(), wherever in the actions it stands. */
static bool templates_read_rows(const struct sql_statement *s, const struct json *v) {
    struct sql_template *t;
    bool reads = false;
    if (json_is_string(v) && sql_template_compile(s, v->text, &t) == OK) {
        reads = sql_template_reads_rows(t);
        sql_template_free(t);
    }
    JSON_EACH (child, v)
        reads = reads || templates_read_rows(s, child);
    return reads;
}

static status compile_all(struct rule *r, bytes text) {
    const struct json *payload;
    TRY(json_parse(&r->memory, text, &payload));
    bool speaks_of_rows = speaks_of(text, BYTES("get_dynamodb"));
    r->may_wait = speaks_of_rows || speaks_of(text, BYTES("aws_lambda"));
    const struct json *disabled = json_member(payload, BYTES("ruleDisabled")),
                      *error = json_member(payload, BYTES("errorAction"));
    r->disabled = disabled && disabled->type == JSON_TRUE;
    TRY(compile_statement(r, payload));
    JSON_EACH (action, json_member(payload, BYTES("actions"))) {
        if (r->action_count == RULE_ACTIONS_MAX)
            return FAIL(E_INVALID, "A rule has at most %d actions", RULE_ACTIONS_MAX);
        TRY(compile_action(r->statement, action, &r->actions[r->action_count]));
        r->action_count++;
    }
    r->reads_rows = speaks_of_rows &&
                    (sql_reads_rows(r->statement) ||
                     templates_read_rows(r->statement, json_member(payload, BYTES("actions"))));
    return error ? compile_error_action(r, error) : OK;
}

status rule_compile(bytes name, bytes payload, struct rule **out) {
    struct rule *r = NEW(struct rule);
    atomic_init(&r->references, 1);
    r->name = arena_copy(&r->memory, name);
    status s = compile_all(r, arena_copy(&r->memory, payload));
    if (s != OK) {
        rule_unref(r);
        return s;
    }
    *out = r;
    return OK;
}

struct rule *rule_ref(struct rule *r) {
    atomic_fetch_add(&r->references, 1);
    return r;
}

static void action_release(struct action *a) {
    if (a->kind)
        a->kind->release(a->compiled);
}

void rule_unref(struct rule *r) {
    if (!r || atomic_fetch_sub(&r->references, 1) > 1)
        return;
    for (size_t i = 0; i < RULE_ACTIONS_MAX; i++)
        action_release(&r->actions[i]);
    action_release(&r->error_action);
    sql_statement_free(r->statement);
    arena_done(&r->memory);
    mem_free(r);
}

bytes rule_name(const struct rule *r) {
    return r->name;
}

bytes rule_topic_filter(const struct rule *r) {
    return sql_topic_filter(r->statement);
}

bool rule_may_wait(const struct rule *r) {
    return r->may_wait;
}

bool rule_reads_rows(const struct rule *r) {
    return r->reads_rows;
}

bool rule_is_disabled(const struct rule *r) {
    return r->disabled;
}

bool rule_has_action(const struct rule *r, const char *kind) {
    for (size_t i = 0; i <= r->action_count; i++) {
        const struct action *a = i < r->action_count ? &r->actions[i] : &r->error_action;
        if (a->kind && bytes_equal(bytes_from(a->kind->name), bytes_from(kind)))
            return true;
    }
    return false;
}

bytes rule_destination(const struct rule *r, size_t i) {
    for (size_t at = 0; at <= r->action_count; at++) {
        const struct action *a = at < r->action_count ? &r->actions[at] : &r->error_action;
        bytes url =
            a->kind && a->kind->destination ? a->kind->destination(a->compiled) : (bytes){0};
        if (url.len > 0 && i-- == 0)
            return url;
    }
    return (bytes){0};
}

/* `#` matches the level above it too; a wildcard first sees no topic that begins with `$`
 * [AWS rules 1.2]. */
bool rule_matches(const struct rule *r, bytes topic) {
    bytes filter = rule_topic_filter(r);
    return !r->disabled && filter.len > 0 && topic_filter_matches(filter, topic, true);
}

/* ---- running ---- */

status action_fill(const struct sql_template *t, struct sql_evaluation *e, const char *what,
                   struct buf *out) {
    if (!sql_template_fill(t, e, out))
        return FAIL(E_INVALID, "a part of the %s is Undefined", what);
    return OK;
}

/* Failures of one run, as the error action gets them. */
struct failures {
    struct buf text;
    struct json_writer writer;
    size_t count;
};

static void add_failure(struct failures *f, const struct rule_failure *failure) {
    struct json_writer *w = &f->writer;
    if (f->count++ == 0) {
        json_start(w, &f->text);
        json_array_begin(w);
    }
    json_object_begin(w);
    json_name(w, "failedAction");
    json_string(w, failure->action);
    json_name(w, "failedResource");
    json_string(w, failure->resource);
    json_name(w, "errorMessage");
    json_text(w, failure->sentence);
    json_object_end(w);
}

/* What the actions of one run are given. */
struct result {
    bytes payload;
    bool is_json;
};

/* Those who log want to know what went well, too. */
static void tell_executed(const struct rule *r, const struct action *a,
                          const struct action_run *run) {
    if (run->host->executed)
        run->host->executed(run->host->context, r, a->kind->name, buf_bytes(&run->resource));
}

static void run_action(const struct rule *r, const struct action *a, struct sql_evaluation *e,
                       const struct result *result, const struct rule_host *host,
                       struct failures *failures) {
    bool is_error_action = a == &r->error_action;
    struct action_run run = {.host = host,
                             .rule = r,
                             .kind = a->kind,
                             .evaluation = e,
                             .payload = result->payload,
                             .is_json = result->is_json,
                             .keeps_message = r->error_action.kind && !is_error_action};
    if (a->kind->run(a->compiled, &run) != OK) {
        struct rule_failure failure = {bytes_from(a->kind->failed), buf_bytes(&run.resource),
                                       failure_text()};
        host->failed(host->context, r, a->kind->name, failure_text(), is_error_action);
        if (failures)
            add_failure(failures, &failure);
    } else {
        tell_executed(r, a, &run);
    }
    buf_done(&run.resource);
}

static void run_error_action(const struct rule *r, struct sql_evaluation *e,
                             struct failures *failures, const struct rule_host *host) {
    AUTO(buf) document = {0};
    AUTO(buf) original = {0};
    struct json_writer w;
    if (failures->count == 0 || !r->error_action.kind)
        return;
    json_array_end(&failures->writer);
    base64_encode(e->message->payload, &original);
    json_start(&w, &document);
    json_object_begin(&w);
    json_name(&w, "ruleName");
    json_string(&w, r->name);
    json_name(&w, "topic");
    json_string(&w, e->message->topic);
    json_name(&w, "cloudwatchTraceId");
    json_string(&w, e->message->trace_id);
    json_name(&w, "clientId");
    json_string(&w, e->message->client_id.ptr ? e->message->client_id : BYTES("N/A"));
    json_name(&w, "base64OriginalPayload");
    json_string(&w, buf_bytes(&original));
    json_name(&w, "failures");
    json_raw(&w, buf_bytes(&failures->text));
    json_object_end(&w);
    struct result result = {buf_bytes(&document), true};
    run_action(r, &r->error_action, e, &result, host, NULL);
}

void rule_fail(const struct rule *r, const struct sql_message *m, const struct rule_host *host,
               const struct rule_failure *failure) {
    AUTO(arena) memory = {0};
    struct failures failures = {.count = 0};
    struct sql_evaluation e = sql_begin(r->statement, m, &memory);
    e.outside = host->outside;
    add_failure(&failures, failure);
    run_error_action(r, &e, &failures, host);
    buf_done(&failures.text);
}

static bool run_all(const struct rule *r, struct sql_evaluation *e, const struct rule_host *host) {
    AUTO(buf) payload = {0};
    struct failures failures = {.count = 0};
    struct result result;
    if (!sql_where(e))
        return false;
    sql_select(e, &payload, &result.is_json);
    result.payload = buf_bytes(&payload);
    for (size_t i = 0; i < r->action_count; i++)
        run_action(r, &r->actions[i], e, &result, host, &failures);
    run_error_action(r, e, &failures, host);
    buf_done(&failures.text);
    return true;
}

bool rule_run(const struct rule *r, const struct sql_message *m, const struct rule_host *host) {
    AUTO(arena) memory = {0};
    AUTO(buf) functions = {0};
    struct sql_evaluation e = sql_begin(r->statement, m, &memory);
    e.outside = host->outside;
    e.failures = &functions;
    bool runs = run_all(r, &e, host);
    if (functions.len > 0 && host->function_failed)
        host->function_failed(host->context, r, buf_string(&functions));
    return runs;
}
