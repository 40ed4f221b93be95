/* What the actions of a rule reach: the broker, the outbox, functions, logs. */
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "function/asynchronous.h"
#include "gateway/publisher.h"
#include "gateway/roles.h"
#include "gateway/rule_run.h"
#include "gateway/rules.h"
#include "logs/book.h"
#include "registry/function.h"
#include "registry/topic_rule.h"
#include "registry/topic_rule_destination.h"
#include "rules/delivery.h"

static status publish(void *context, const struct rule_publication *p) {
    const struct run *r = context;
    struct publication m = {
        .topic = p->topic, .payload = p->payload, .properties = p->properties, .qos = p->qos};
    struct rule_source from = {.account = bytes_from(r->account), .hops = r->hops + 1};
    if (r->hops >= RULE_HOPS_MAX)
        return FAIL(E_UNAVAILABLE, "the message went through %d rules: they go round in a circle",
                    RULE_HOPS_MAX);
    publish_later(r->server, &from, &m);
    return OK;
}

/* ---- what actions leave to the outbox ---- */

/* The transaction to put into: the batch's on the worker, else one of its own. */
static status begin_put(const struct run *r, struct txn **out) {
    struct batch *b = &r->server->rules->batch;
    if (!r->rule)
        return store_begin_write(r->server->store, out);
    if (b->broken)
        return FAIL(E_UNAVAILABLE, "what rules left to be delivered could not be kept");
    if (!b->txn) {
        TRY(store_begin_write(r->server->store, &b->txn));
        b->begun_us = clock_monotonic_us();
    }
    *out = b->txn;
    return OK;
}

static void note_pending(struct run *r, const char *action, bytes failed, bytes resource) {
    struct batch *b = &r->server->rules->batch;
    struct pending *p = ARENA_NEW(&b->memory, struct pending);
    *p = (struct pending){b->pending,
                          r,
                          rule_ref(r->rule),
                          arena_string(&b->memory, bytes_from(action)),
                          arena_copy(&b->memory, failed),
                          arena_copy(&b->memory, resource)};
    b->pending = p;
}

/* A put that was refused leaves the batch as it was; one that the store failed on takes all of it
 * along, which each of its rules is told. */
static status end_put(const struct run *r, struct txn *t, status s) {
    if (!r->rule && s == OK)
        return store_commit(t);
    if (!r->rule) {
        store_rollback(t);
    } else if (s == E_UNAVAILABLE || s == E_INTERNAL) {
        store_rollback(TAKE(r->server->rules->batch.txn));
        r->server->rules->batch.broken = true;
    }
    return s;
}

static status put_checked(const struct run *r, struct txn *t, const struct outbox_item *item,
                          bytes destination_url) {
    AUTO(arena) memory = {0};
    struct registry registry = {t, &memory, bytes_from(r->account),
                                bytes_from(r->server->settings->region)};
    if (destination_url.len > 0)
        TRY(topic_rule_destination_require(&registry, destination_url));
    return outbox_put(r->server->outbox, t, item, NULL);
}

static status put(void *context, const struct outbox_item *item, bytes destination_url) {
    struct run *r = context;
    struct rule_delivery d = {.rule = {0}};
    struct txn *t;
    if (!r->server->outbox)
        return FAIL(E_UNAVAILABLE, "this server delivers nothing");
    TRY(begin_put(r, &t));
    TRY(end_put(r, t, put_checked(r, t, item, destination_url)));
    if (r->rule && delivery_decode(item->payload, &d) == OK)
        note_pending(r, item->kind, d.failed, d.resource);
    return OK;
}

static status enqueue(const struct run *r, struct txn *t, const struct rule *rule, bytes function,
                      bytes event) {
    AUTO(arena) memory = {0};
    struct registry registry = {t, &memory, bytes_from(r->account),
                                bytes_from(r->server->settings->region)};
    struct function_name name;
    char request_id[37];
    TRY(function_name_require(&registry, function, (bytes){0}, &name));
    const struct invocation i = {.account = registry.account,
                                 .name = name.name,
                                 .qualifier = name.qualifier,
                                 .event = event,
                                 .principal = "iot.amazonaws.com",
                                 .source_arn = topic_rule_arn(&registry, rule_name(rule))};
    return function_enqueue(r->server->function_later, t, &i, request_id);
}

static status invoke(void *context, const struct rule *rule, bytes function, bytes event) {
    struct run *r = context;
    struct txn *t;
    if (!r->server->function_later)
        return FAIL(E_UNAVAILABLE, "this server runs no functions");
    TRY(begin_put(r, &t));
    TRY(end_put(r, t, enqueue(r, t, rule, function, event)));
    if (r->rule)
        note_pending(r, "lambda", BYTES("LambdaAction"), function);
    return OK;
}

/* ---- what the log of the service says of rules ---- */

void rule_run_log(const struct run *r, struct logged_event e) {
    if (!(e.failed ? is_failure_logged(r->logged, e.event) : is_logged(r->logged, e.event)))
        return;
    struct logged_subject who = {.account = bytes_from(r->account),
                                 .client_id =
                                     r->from_mqtt ? buf_bytes(&r->client_id) : BYTES("N/A"),
                                 .principal = bytes_from(r->principal)};
    e.trace_id = r->trace_id;
    if (e.topic.len == 0)
        e.topic = message_view(r->message).topic;
    event_log_write(r->server, &who, &e);
}

static void executed(void *context, const struct rule *rule, const char *action, bytes resource) {
    rule_run_log(context, (struct logged_event){.event = LOGGED_RULE_EXECUTION,
                                                .rule_name = rule_name(rule),
                                                .rule_action = action,
                                                .resource = resource});
}

/* A group must be there, as on AWS: lines that nobody looks for would be lost in silence. */
static status check_group(const struct run *r, bytes name) {
    AUTO(arena) memory = {0};
    struct log_book b = {NULL, &memory, bytes_from(r->account)};
    struct log_group group;
    TRY(logs_begin_read(r->server->logs, &b.txn));
    status s = log_group_load(&b, name, &group);
    store_rollback(b.txn);
    return s;
}

static status append_to_log(void *context, bytes role_arn, bytes group, bytes stream,
                            const struct log_entry *entries, size_t count) {
    struct run *r = context;
    AUTO(buf) arn = {0};
    if (!r->server->logs)
        return FAIL(E_UNAVAILABLE, "this server keeps no logs");
    TRY(check_group(r, group));
    buf_printf(&arn, "arn:aws:logs:%s:%s:log-group:%.*s:log-stream:%.*s",
               r->server->settings->region, r->account, BYTES_ARG(group), BYTES_ARG(stream));
    TRY(role_may(r->server, bytes_from(r->account), role_arn, "logs:PutLogEvents",
                 buf_bytes(&arn)));
    logs_append(r->server->logs, bytes_from(r->account), group, stream, entries, count);
    return OK;
}

void rule_run_failed(void *run, const struct rule *rule, const char *action, const char *sentence,
                     bool error_action) {
    const struct run *r = run;
    struct log_line l;
    rule_run_log(r, (struct logged_event){.event = LOGGED_RULE_EXECUTION,
                                          .failed = true,
                                          .rule_name = rule_name(rule),
                                          .rule_action = action,
                                          .reason = "RuleExecutionFailed",
                                          .details = sentence});
    if (!log_begin(&l, LOG_ERROR, error_action ? "rule.error_action_failed" : "rule.action_failed"))
        return;
    log_text(&l, "accountId", r->account);
    log_bytes(&l, "ruleName", rule_name(rule));
    log_text(&l, "ruleAction", action);
    log_bytes(&l, "topicName", message_view(r->message).topic);
    log_text(&l, "reason", sentence);
    log_end(&l);
}

static void function_failed(void *context, const struct rule *rule, const char *sentences) {
    const struct run *r = context;
    struct log_line l;
    rule_run_log(r, (struct logged_event){.event = LOGGED_FUNCTION_EXECUTION,
                                          .failed = true,
                                          .rule_name = rule_name(rule),
                                          .details = sentences});
    if (!log_begin(&l, LOG_ERROR, "rule.function_failed"))
        return;
    log_text(&l, "accountId", r->account);
    log_bytes(&l, "ruleName", rule_name(rule));
    log_bytes(&l, "topicName", message_view(r->message).topic);
    log_bytes(&l, "reason", bytes_trim(bytes_from(sentences)));
    log_end(&l);
}

static status may(void *context, bytes role_arn, const char *action, bytes resource) {
    const struct run *r = context;
    return role_may(r->server, bytes_from(r->account), role_arn, action, resource);
}

struct rule_host rule_run_host(struct run *r) {
    return (struct rule_host){.context = r,
                              .publish = publish,
                              .failed = rule_run_failed,
                              .function_failed = function_failed,
                              .put = put,
                              .invoke = invoke,
                              .may = may,
                              .executed = executed,
                              .log = append_to_log,
                              .hops = r->hops};
}
