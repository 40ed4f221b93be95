#include "gateway/rules.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "base/random.h"
#include "function/asynchronous.h"
#include "gateway/roles.h"
#include "gateway/rule_questions.h"
#include "gateway/rule_waits.h"
#include "gateway/server.h"
#include "logs/book.h"
#include "mqtt/property.h"
#include "registry/function.h"
#include "registry/topic_rule.h"
#include "registry/topic_rule_destination.h"
#include "rules/delivery.h"
#include "rules/rule.h"

#define BASIC_INGEST "$aws/rules/" /* …<rule>/<topic> [AWS rules 6.6] */

/* The rules of one account. */
struct rule_set {
    struct map_node node; /* by account */
    char account[ACCOUNT_ID_LEN + 1];
    struct rule **rules;
    size_t count, capacity;
};

/* What the worker has put into the outbox and not yet committed: the items of many messages share
 * a transaction, which ends when no message waits. The worker's alone. */
struct pending;
struct batch {
    struct txn *txn; /* NULL: nothing was put */
    bool broken;     /* the store failed on it: nothing of it is kept */
    uint64_t begun_us;
    size_t messages;
    struct pending *pending; /* last first */
    struct run *runs;        /* done, but for the commit */
    struct arena memory;
};

struct rules {
    struct rule_waits *waits;
    struct batch batch;
    _Atomic int64_t waiting; /* messages for the worker */
    pthread_mutex_t lock;    /* held for a look, never across a call that waits */
    struct map sets;
    _Atomic uint64_t generation;
    _Atomic size_t enabled; /* rules in all accounts */
};

/* ---- which rules there are ---- */

static struct rule_set *set_of(struct rules *rules, bytes account, bool make) {
    struct map_node *n = map_find(&rules->sets, account);
    if (n || !make)
        return n ? OWNER(n, struct rule_set, node) : NULL;
    struct rule_set *set = NEW(struct rule_set);
    memcpy(set->account, account.ptr, account.len < ACCOUNT_ID_LEN ? account.len : ACCOUNT_ID_LEN);
    set->node.key = bytes_from(set->account);
    map_add(&rules->sets, &set->node);
    return set;
}

static void set_remove(struct rule_set *set, bytes name) {
    for (size_t i = 0; i < set->count; i++)
        if (bytes_equal(rule_name(set->rules[i]), name)) {
            rule_unref(set->rules[i]);
            set->rules[i] = set->rules[--set->count];
            return;
        }
}

static void set_add(struct rule_set *set, struct rule *take) {
    if (set->count == set->capacity) {
        set->capacity = set->capacity ? 2 * set->capacity : 8;
        set->rules = mem_resize(set->rules, set->capacity * sizeof(struct rule *));
    }
    set->rules[set->count++] = take;
}

/* Puts one rule in place of the one of its name; NULL: it is gone. */
static void put_rule(struct rules *rules, bytes account, bytes name, struct rule *take) {
    (void)pthread_mutex_lock(&rules->lock);
    struct rule_set *set = set_of(rules, account, take != NULL);
    if (set) {
        size_t before = set->count;
        set_remove(set, name);
        if (take)
            set_add(set, take);
        atomic_fetch_add(&rules->enabled, set->count - before);
    }
    atomic_fetch_add(&rules->generation, 1);
    (void)pthread_mutex_unlock(&rules->lock);
}

/* A disabled rule is kept out; one that no longer compiles is told of. */
static void take_in(struct server *s, bytes account, const struct topic_rule *stored) {
    struct rule *rule = NULL;
    if (!stored->disabled && rule_compile(stored->name, stored->payload, &rule) != OK)
        log_event(LOG_ERROR, "rule.broken", "rule %.*s of account %.*s does not run: %s",
                  BYTES_ARG(stored->name), BYTES_ARG(account), failure_text());
    put_rule(s->rules, account, stored->name, rule);
}

static void reread(struct server *s, bytes account, bytes name) {
    AUTO(arena) memory = {0};
    struct topic_rule stored;
    struct txn *t;
    if (store_begin_read(s->store, &t) != OK) {
        log_event(LOG_ERROR, "rule.not_read", "%s", failure_text());
        return;
    }
    struct registry r = {t, &memory, account, bytes_from(s->settings->region)};
    status found = topic_rule_load(&r, name, &stored);
    store_rollback(t);
    if (found == OK)
        take_in(s, account, &stored);
    else
        put_rule(s->rules, account, name, NULL);
}

void rules_told(struct server *s, const struct change *changes, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (changes[i].kind == CHANGE_TOPIC_RULE && s->rules)
            reread(s, changes[i].account, changes[i].key);
}

static status read_account(struct server *s, struct txn *t, bytes account) {
    struct page page = {.limit = 100};
    for (;;) {
        AUTO(arena) memory = {0};
        struct registry r = {t, &memory, account, bytes_from(s->settings->region)};
        struct topic_rule_list list;
        TRY(topic_rule_list(&r, &page, NULL, NULL, &list));
        for (size_t i = 0; i < list.count; i++)
            take_in(s, account, &list.items[i]);
        if (list.next.len == 0)
            return OK;
        char token[512];
        (void)snprintf(token, sizeof token, "%.*s", BYTES_ARG(list.next));
        page.token = bytes_from(token);
    }
}

status rules_open(struct server *s) {
    AUTO(arena) memory = {0};
    struct account *accounts;
    struct txn *t;
    size_t count;
    s->rules = NEW(struct rules);
    s->rules->waits = rule_waits_new();
    (void)pthread_mutex_init(&s->rules->lock, NULL);
    TRY(store_begin_read(s->store, &t));
    status result = account_list(t, &memory, &accounts, &count);
    for (size_t i = 0; i < count && result == OK; i++)
        result = read_account(s, t, bytes_from(accounts[i].id));
    store_rollback(t);
    return result;
}

void rules_close(struct server *s) {
    struct map_node *n;
    if (!s->rules)
        return;
    for (size_t at = 0; (n = map_next(&s->rules->sets, &at));) {
        struct rule_set *set = OWNER(n, struct rule_set, node);
        for (size_t i = 0; i < set->count; i++)
            rule_unref(set->rules[i]);
        mem_free(set->rules);
        mem_free(set);
    }
    map_done(&s->rules->sets);
    rule_waits_free(s->rules->waits);
    (void)pthread_mutex_destroy(&s->rules->lock);
    mem_free(s->rules);
}

/* ---- which rules a message concerns ---- */

/* Under Basic Ingest the rule is named by the topic, and only what follows is the topic. */
static bool is_ingest(bytes topic, bytes *out_rule, bytes *out_topic) {
    bytes rest = bytes_skip(topic, sizeof BASIC_INGEST - 1);
    if (!bytes_start_with(topic, BYTES(BASIC_INGEST)))
        return false;
    size_t slash = bytes_find(rest, '/');
    *out_rule = bytes_slice(rest, 0, slash);
    *out_topic = bytes_skip(rest, slash + 1);
    return true;
}

static bool concerns(const struct rule *r, bytes topic) {
    bytes name, rest;
    return is_ingest(topic, &name, &rest) ? bytes_equal(rule_name(r), name)
                                          : rule_matches(r, topic);
}

uint64_t rules_generation(const struct server *s) {
    return atomic_load_explicit(&s->rules->generation, memory_order_relaxed);
}

bool rules_want(struct server *s, bytes account, bytes topic) {
    bool wanted = bytes_start_with(topic, BYTES(BASIC_INGEST));
    if (wanted || atomic_load_explicit(&s->rules->enabled, memory_order_relaxed) == 0)
        return wanted;
    (void)pthread_mutex_lock(&s->rules->lock);
    const struct rule_set *set = set_of(s->rules, account, false);
    for (size_t i = 0; set && i < set->count && !wanted; i++)
        wanted = concerns(set->rules[i], topic);
    (void)pthread_mutex_unlock(&s->rules->lock);
    return wanted;
}

/* ---- a message on its way through the rules ---- */

struct run {
    struct job job;
    struct rule_wait wait;
    struct run *next; /* of the batch */
    struct server *server;
    struct rule *rule; /* the one at work; NULL when it runs for the outbox, on another thread */
    struct message *message;
    char account[ACCOUNT_ID_LEN + 1], principal[65], source_ip[46], trace_id[37];
    struct buf client_id;
    bool from_mqtt;
    unsigned hops;
    logged_set logged;
    int64_t now_ms;
};

static void run_free(struct run *r) {
    message_unref(r->message);
    buf_done(&r->client_id);
    mem_free(r);
}

static void copy_text(char *out, size_t size, bytes text) {
    (void)snprintf(out, size, "%.*s", BYTES_ARG(text));
}

/* What an action publishes, on its way back to a loop. */
struct delivery {
    struct task task;
    struct server *server;
    struct message *message;
    char account[ACCOUNT_ID_LEN + 1];
    unsigned hops;
};

static void deliver(struct task *t) {
    struct delivery *d = OWNER(t, struct delivery, task);
    struct plane *p = d->server->planes[0];
    if (!atomic_load(&d->server->stopping)) {
        struct publication m = message_view(d->message);
        struct rule_source from = {.account = bytes_from(d->account), .hops = d->hops};
        (void)broker_publish(broker_space(p->broker, from.account), &m, NULL);
        if (rules_want(d->server, from.account, m.topic))
            rules_offer(p, &from, &m);
    }
    message_unref(d->message);
    mem_free(d);
}

static status publish(void *context, const struct rule_publication *p) {
    const struct run *r = context;
    struct publication m = {
        .topic = p->topic, .payload = p->payload, .properties = p->properties, .qos = p->qos};
    if (r->hops >= RULE_HOPS_MAX)
        return FAIL(E_UNAVAILABLE, "the message went through %d rules: they go round in a circle",
                    RULE_HOPS_MAX);
    struct delivery *d = NEW(struct delivery);
    d->task.run = deliver;
    d->server = r->server;
    d->message = message_new(&m);
    d->hops = r->hops + 1;
    memcpy(d->account, r->account, sizeof d->account);
    loop_post(r->server->planes[0]->loop, &d->task);
    return OK;
}

/* ---- what actions leave to the outbox ---- */

enum { BATCH_MESSAGES_MAX = 256, BATCH_US_MAX = 20000 };

/* What is to be told should the commit fail; in the batch's memory. */
struct pending {
    struct pending *next;
    struct run *run;
    struct rule *rule; /* a reference */
    const char *action;
    bytes failed, resource;
};

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

/* `e` without what all lines of a message share. */
static void log_of_rule(const struct run *r, struct logged_event e) {
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
    log_of_rule(context, (struct logged_event){.event = LOGGED_RULE_EXECUTION,
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

static void failed(void *context, const struct rule *rule, const char *action, const char *sentence,
                   bool error_action) {
    const struct run *r = context;
    struct log_line l;
    log_of_rule(r, (struct logged_event){.event = LOGGED_RULE_EXECUTION,
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
    log_of_rule(r, (struct logged_event){.event = LOGGED_FUNCTION_EXECUTION,
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

/* The rules concerned, each with a reference: they may be replaced meanwhile. */
static size_t take_rules(struct server *s, bytes account, bytes topic, struct arena *a,
                         struct rule ***out) {
    size_t count = 0;
    (void)pthread_mutex_lock(&s->rules->lock);
    const struct rule_set *set = set_of(s->rules, account, false);
    *out = ARENA_ARRAY(a, struct rule *, set ? set->count : 0);
    for (size_t i = 0; set && i < set->count; i++)
        if (concerns(set->rules[i], topic))
            (*out)[count++] = rule_ref(set->rules[i]);
    (void)pthread_mutex_unlock(&s->rules->lock);
    return count;
}

static status may(void *context, bytes role_arn, const char *action, bytes resource) {
    const struct run *r = context;
    return role_may(r->server, bytes_from(r->account), role_arn, action, resource);
}

static struct rule_host host_of(struct run *r) {
    return (struct rule_host){.context = r,
                              .publish = publish,
                              .failed = failed,
                              .function_failed = function_failed,
                              .put = put,
                              .invoke = invoke,
                              .may = may,
                              .executed = executed,
                              .log = append_to_log,
                              .hops = r->hops};
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
    (void)is_ingest(m.topic, &rule, &out.topic);
    read_properties(a, m.properties, &out);
    return out;
}

static void run_rule(struct run *r, struct rule *rule, const struct sql_message *m) {
    struct rule_questions questions;
    struct rule_host host = host_of(r);
    rule_questions_lend(&questions, r->server, bytes_from(r->account));
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
    rule_unref(own->rule);
    run_free(own);
}

static void log_not_found(const struct run *r, bytes name) {
    char details[256];
    (void)snprintf(details, sizeof details, "Rule %.*s not found", BYTES_ARG(name));
    log_event(LOG_ERROR, "rule.not_found", "%s", details);
    log_of_rule(r, (struct logged_event){.event = LOGGED_RULE_NOT_FOUND,
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
    size_t count = take_rules(r->server, bytes_from(r->account), m.topic, &memory, &rules);
    if (is_ingest(m.topic, &name, &topic) && count == 0)
        log_not_found(r, name);
    struct sql_message message = message_of(r, &memory);
    for (size_t i = 0; i < count; i++) {
        r->rule = rules[i];
        log_of_rule(r, (struct logged_event){.event = LOGGED_RULE_MATCH,
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
    struct rule_host host = host_of(r);
    struct sql_message message = message_of(r, &memory);
    failed(r, p->rule, p->action, sentence, false);
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
    run_free(r);
}

/* ---- what an action could not deliver ---- */

static struct rule *take_rule(struct server *s, bytes account, bytes name) {
    struct rule *found = NULL;
    (void)pthread_mutex_lock(&s->rules->lock);
    const struct rule_set *set = set_of(s->rules, account, false);
    for (size_t i = 0; set && i < set->count && !found; i++)
        if (bytes_equal(rule_name(set->rules[i]), name))
            found = rule_ref(set->rules[i]);
    (void)pthread_mutex_unlock(&s->rules->lock);
    return found;
}

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
    struct rule *rule = d->has_message ? take_rule(server, account, d->rule) : NULL;
    log_undelivered(account, d, sentence);
    if (!rule)
        return;
    copy_text(r.account, sizeof r.account, account);
    struct publication topic = {.topic = d->topic};
    r.message = message_new(&topic); /* for its name, should the error action fail too */
    struct rule_host host = host_of(&r);
    struct sql_message message = delivery_message(d, account);
    struct rule_failure failure = {d->failed, d->resource, sentence};
    rule_fail(rule, &message, &host, &failure);
    message_unref(r.message);
    rule_unref(rule);
}
