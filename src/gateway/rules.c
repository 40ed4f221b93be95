#include "gateway/rules.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "gateway/rule_questions.h"
#include "gateway/rule_run.h"
#include "mqtt/property.h"
#include "rules/delivery.h"

enum { BATCH_MESSAGES_MAX = 256, BATCH_US_MAX = 20000 };

status rules_open(struct server *s) {
    s->rules = NEW(struct rules);
    s->rules->waits = rule_waits_new();
    return rule_sets_open(s, &s->rules->sets);
}

void rules_close(struct server *s) {
    if (!s->rules)
        return;
    rule_sets_free(s->rules->sets);
    rule_waits_free(s->rules->waits);
    mem_free(s->rules);
}

void rules_told(struct server *s, const struct change *changes, size_t count) {
    if (s->rules)
        rule_sets_told(s->rules->sets, changes, count);
}

uint64_t rules_generation(const struct server *s) {
    return rule_sets_generation(s->rules->sets);
}

bool rules_want(struct server *s, bytes account, bytes topic) {
    return rule_sets_want(s->rules->sets, account, topic);
}

/* ---- a message on its way through the rules ---- */

static void run_free(struct run *r) {
    message_unref(r->message);
    buf_done(&r->client_id);
    mem_free(r);
}

static void copy_text(char *out, size_t size, bytes text) {
    (void)snprintf(out, size, "%.*s", BYTES_ARG(text));
}

static void read_properties(struct arena *a, bytes raw, struct sql_message *out) {
    struct mqtt_property one;
    struct sql_list users = sql_list(a);
    out->payload_format = -1;
    while (mqtt_property_next(&raw, &one)) {
        if (one.id == MQTT_CONTENT_TYPE)
            out->content_type = one.value;
        else if (one.id == MQTT_RESPONSE_TOPIC)
            out->response_topic = one.value;
        else if (one.id == MQTT_CORRELATION_DATA)
            out->correlation_data = one.value;
        else if (one.id == MQTT_PAYLOAD_FORMAT_INDICATOR)
            out->payload_format = (int)one.number;
        else if (one.id == MQTT_USER_PROPERTY)
            sql_list_add(&users, one.name, sql_string(one.value));
    }
    out->user_properties = users.first;
}

static bytes or_none(const char *text) {
    return text[0] ? bytes_from(text) : (bytes){0};
}

static struct sql_message message_of(const struct run *r, struct arena *a) {
    struct publication m = message_view(r->message);
    struct sql_message out = {.topic = m.topic,
                              .payload = m.payload,
                              .client_id = r->from_mqtt ? buf_bytes(&r->client_id) : (bytes){0},
                              .principal = or_none(r->principal),
                              .source_ip = or_none(r->source_ip),
                              .account = bytes_from(r->account),
                              .trace_id = bytes_from(r->trace_id),
                              .now_ms = r->now_ms};
    bytes rule;
    (void)rule_topic_is_ingest(m.topic, &rule, &out.topic);
    read_properties(a, m.properties, &out);
    return out;
}

static void run_rule(struct run *r, struct rule *rule, const struct sql_message *m) {
    struct rule_questions questions;
    struct rule_host host = rule_run_host(r);
    rule_run_log(r, (struct logged_event){.event = LOGGED_RULE_START,
                                          .topic = m->topic,
                                          .rule_name = rule_name(rule)});
    rule_questions_lend(&questions, r->server, bytes_from(r->account));
    questions.run = r;
    questions.rule = rule_name(rule);
    host.outside = &questions.outside;
    (void)rule_run(rule, m, &host);
}

/* On a worker of its own, which has the rule to itself. */
static void run_waiting(struct rule_wait *w) {
    struct run *r = OWNER(w, struct run, wait);
    AUTO(arena) memory = {0};
    struct rule *rule = TAKE(r->rule); /* what it puts has transactions of its own */
    struct sql_message message = message_of(r, &memory);
    run_rule(r, rule, &message);
    rule_unref(rule);
    run_free(r);
}

static void log_throttled(const struct run *r, bytes rule) {
    rule_run_log(r, (struct logged_event){.event = LOGGED_RULE_THROTTLED,
                                          .failed = true,
                                          .rule_name = rule,
                                          .reason = "RuleExecutionThrottled",
                                          .details = "Too many messages wait for rules"});
}

/* A rule that may wait gets the message for itself. */
static void let_wait(const struct run *r, struct rule *rule) {
    AUTO(buf) key = {0};
    struct run *own = NEW(struct run);
    *own = *r;
    own->wait.run = run_waiting;
    own->message = message_ref(r->message);
    own->client_id = (struct buf){0};
    buf_append(&own->client_id, buf_bytes(&r->client_id));
    own->rule = rule_ref(rule);
    buf_printf(&key, "%s/%.*s", r->account, BYTES_ARG(rule_name(rule)));
    if (rule_waits_offer(r->server->rules->waits, r->server->workers[CREW_RULE_WAITS],
                         buf_bytes(&key), &own->wait) == OK)
        return;
    log_event(LOG_ERROR, "rule.dropped", "a message to %.*s did not reach rule %.*s: %s",
              BYTES_ARG(bytes_slice(message_view(r->message).topic, 0, 256)),
              BYTES_ARG(rule_name(rule)), failure_text());
    log_throttled(r, rule_name(rule));
    rule_unref(own->rule);
    run_free(own);
}

static void log_not_found(const struct run *r, bytes name) {
    char details[256];
    (void)snprintf(details, sizeof details, "Rule %.*s not found", BYTES_ARG(name));
    log_event(LOG_ERROR, "rule.not_found", "%s", details);
    rule_run_log(r, (struct logged_event){.event = LOGGED_RULE_NOT_FOUND,
                                          .failed = true,
                                          .rule_name = name,
                                          .reason = "RuleNotFound",
                                          .details = details});
}

static void run_rules(struct run *r) {
    AUTO(arena) memory = {0};
    struct publication m = message_view(r->message);
    struct rule **rules;
    bytes name, topic;
    size_t count =
        rule_sets_take(r->server->rules->sets, bytes_from(r->account), m.topic, &memory, &rules);
    if (rule_topic_is_ingest(m.topic, &name, &topic) && count == 0)
        log_not_found(r, name);
    struct sql_message message = message_of(r, &memory);
    for (size_t i = 0; i < count; i++) {
        r->rule = rules[i];
        rule_run_log(r, (struct logged_event){.event = LOGGED_RULE_MATCH,
                                              .topic = message.topic,
                                              .rule_name = rule_name(rules[i])});
        if (rule_may_wait(rules[i]))
            let_wait(r, rules[i]);
        else
            run_rule(r, rules[i], &message);
        rule_unref(rules[i]);
    }
}

/* ---- the batch ---- */

static void tell_lost(struct pending *p, const char *sentence) {
    AUTO(arena) memory = {0};
    struct rule_failure failure = {p->failed, p->resource, sentence};
    struct run *r = p->run;
    r->rule = NULL; /* what the error action puts is for itself */
    struct rule_host host = rule_run_host(r);
    struct sql_message message = message_of(r, &memory);
    rule_run_failed(r, p->rule, p->action, sentence, false);
    rule_fail(p->rule, &message, &host, &failure);
}

static void commit_batch(struct server *s) {
    struct batch b = s->rules->batch;
    char sentence[300] = "what other rules left to be delivered at the same time could not be kept";
    s->rules->batch = (struct batch){.txn = NULL};
    status result = b.txn ? store_commit(b.txn) : E_UNAVAILABLE;
    if (b.txn && result != OK)
        (void)snprintf(sentence, sizeof sentence, "%s", failure_text());
    for (struct pending *p = b.pending; p; p = p->next) {
        if (result != OK)
            tell_lost(p, sentence);
        rule_unref(p->rule);
    }
    for (struct run *r; (r = b.runs);) {
        b.runs = r->next;
        run_free(r);
    }
    arena_done(&b.memory);
}

/* While messages wait the transaction stays open for what they put: a message more costs no commit
 * of its own. */
static void run(struct job *j) {
    struct run *r = OWNER(j, struct run, job);
    struct server *s = r->server;
    struct batch *b = &s->rules->batch;
    run_rules(r);
    r->next = b->runs;
    b->runs = r;
    b->messages++;
    bool last = atomic_fetch_sub(&s->rules->waiting, 1) <= 1;
    if (last || !b->txn || b->messages >= BATCH_MESSAGES_MAX ||
        clock_monotonic_us() - b->begun_us > BATCH_US_MAX)
        commit_batch(s);
}

/* What is logged of a client was worked out by its loop. */
static logged_set wants_of(struct server *s, const struct rule_source *from) {
    struct logged_subject who = {
        .account = from->account, .principal = from->principal, .source_ip = from->source_ip};
    return from->client_id.ptr ? from->logged : event_log_wants(s, &who);
}

void rules_offer(struct plane *p, const struct rule_source *from, const struct publication *m) {
    struct run *r = NEW(struct run);
    r->job.run = run;
    r->server = p->server;
    r->message = message_new(m);
    copy_text(r->account, sizeof r->account, from->account);
    copy_text(r->principal, sizeof r->principal, from->principal);
    copy_text(r->source_ip, sizeof r->source_ip, from->source_ip);
    random_uuid(r->trace_id);
    r->from_mqtt = from->client_id.ptr != NULL;
    buf_append(&r->client_id, from->client_id);
    r->hops = from->hops;
    r->logged = wants_of(p->server, from);
    r->now_ms = clock_wall_ms();
    if (workers_post(p->server->workers[CREW_RULES], NULL, &r->job) == OK) {
        atomic_fetch_add(&p->server->rules->waiting, 1);
        return;
    }
    log_event(LOG_ERROR, "rule.dropped", "a message to %.*s reached no rule: too many wait",
              BYTES_ARG(bytes_slice(m->topic, 0, 256)));
    log_throttled(r, (bytes){0});
    run_free(r);
}

/* ---- what an action could not deliver ---- */

static void log_undelivered(bytes account, const struct rule_delivery *d, const char *sentence) {
    struct log_line l;
    if (!log_begin(&l, LOG_ERROR, "rule.action_failed"))
        return;
    log_bytes(&l, "accountId", account);
    log_bytes(&l, "ruleName", d->rule);
    log_bytes(&l, "ruleAction", d->action);
    log_bytes(&l, "topicName", d->topic);
    log_text(&l, "reason", sentence);
    log_end(&l);
}

void rules_undelivered(void *server, bytes account, const struct rule_delivery *d,
                       const char *sentence) {
    struct run r = {.server = server, .hops = (unsigned)d->hops};
    struct rule *rule =
        d->has_message ? rule_sets_find(r.server->rules->sets, account, d->rule) : NULL;
    log_undelivered(account, d, sentence);
    if (!rule)
        return;
    copy_text(r.account, sizeof r.account, account);
    struct publication topic = {.topic = d->topic};
    r.message = message_new(&topic); /* for its name, should the error action fail too */
    struct rule_host host = rule_run_host(&r);
    struct sql_message message = delivery_message(d, account);
    struct rule_failure failure = {d->failed, d->resource, sentence};
    rule_fail(rule, &message, &host, &failure);
    message_unref(r.message);
    rule_unref(rule);
}
