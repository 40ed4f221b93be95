#include "gateway/rule_sets.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/map.h"
#include "gateway/server.h"
#include "registry/topic_rule.h"

#define BASIC_INGEST "$aws/rules/" /* …<rule>/<topic> [AWS rules 6.6] */

/* The rules of one account. */
struct rule_set {
    struct map_node node; /* by account */
    char account[ACCOUNT_ID_LEN + 1];
    struct rule **rules;
    size_t count, capacity;
};

struct rule_sets {
    struct server *server;
    pthread_mutex_t lock;
    struct map sets;
    _Atomic uint64_t generation;
    _Atomic size_t enabled; /* rules in all accounts */
};

/* ---- which rules there are ---- */

static struct rule_set *set_of(struct rule_sets *sets, bytes account, bool make) {
    struct map_node *n = map_find(&sets->sets, account);
    if (n || !make)
        return n ? OWNER(n, struct rule_set, node) : NULL;
    struct rule_set *set = NEW(struct rule_set);
    memcpy(set->account, account.ptr, account.len < ACCOUNT_ID_LEN ? account.len : ACCOUNT_ID_LEN);
    set->node.key = bytes_from(set->account);
    map_add(&sets->sets, &set->node);
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
static void put_rule(struct rule_sets *sets, bytes account, bytes name, struct rule *take) {
    (void)pthread_mutex_lock(&sets->lock);
    struct rule_set *set = set_of(sets, account, take != NULL);
    if (set) {
        size_t before = set->count;
        set_remove(set, name);
        if (take)
            set_add(set, take);
        atomic_fetch_add(&sets->enabled, set->count - before);
    }
    atomic_fetch_add(&sets->generation, 1);
    (void)pthread_mutex_unlock(&sets->lock);
}

/* A disabled rule is kept out; one that no longer compiles is told of. */
static void take_in(struct rule_sets *sets, bytes account, const struct topic_rule *stored) {
    struct rule *rule = NULL;
    if (!stored->disabled && rule_compile(stored->name, stored->payload, &rule) != OK)
        log_event(LOG_ERROR, "rule.broken", "rule %.*s of account %.*s does not run: %s",
                  BYTES_ARG(stored->name), BYTES_ARG(account), failure_text());
    put_rule(sets, account, stored->name, rule);
}

static void reread(struct rule_sets *sets, bytes account, bytes name) {
    struct server *s = sets->server;
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
        take_in(sets, account, &stored);
    else
        put_rule(sets, account, name, NULL);
}

void rule_sets_told(struct rule_sets *sets, const struct change *changes, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (changes[i].kind == CHANGE_TOPIC_RULE)
            reread(sets, changes[i].account, changes[i].key);
}

static status read_account(struct rule_sets *sets, struct txn *t, bytes account) {
    struct page page = {.limit = 100};
    for (;;) {
        AUTO(arena) memory = {0};
        struct registry r = {t, &memory, account, bytes_from(sets->server->settings->region)};
        struct topic_rule_list list;
        TRY(topic_rule_list(&r, &page, NULL, NULL, &list));
        for (size_t i = 0; i < list.count; i++)
            take_in(sets, account, &list.items[i]);
        if (list.next.len == 0)
            return OK;
        char token[512];
        (void)snprintf(token, sizeof token, "%.*s", BYTES_ARG(list.next));
        page.token = bytes_from(token);
    }
}

status rule_sets_open(struct server *s, struct rule_sets **out_sets) {
    AUTO(arena) memory = {0};
    struct rule_sets *sets = NEW(struct rule_sets);
    struct account *accounts;
    struct txn *t;
    size_t count;
    sets->server = s;
    (void)pthread_mutex_init(&sets->lock, NULL);
    *out_sets = sets;
    TRY(store_begin_read(s->store, &t));
    status result = account_list(t, &memory, &accounts, &count);
    for (size_t i = 0; i < count && result == OK; i++)
        result = read_account(sets, t, bytes_from(accounts[i].id));
    store_rollback(t);
    return result;
}

void rule_sets_free(struct rule_sets *sets) {
    struct map_node *n;
    if (!sets)
        return;
    for (size_t at = 0; (n = map_next(&sets->sets, &at));) {
        struct rule_set *set = OWNER(n, struct rule_set, node);
        for (size_t i = 0; i < set->count; i++)
            rule_unref(set->rules[i]);
        mem_free(set->rules);
        mem_free(set);
    }
    map_done(&sets->sets);
    (void)pthread_mutex_destroy(&sets->lock);
    mem_free(sets);
}

uint64_t rule_sets_generation(const struct rule_sets *sets) {
    return atomic_load_explicit(&sets->generation, memory_order_relaxed);
}

/* ---- which rules a message concerns ---- */

bool rule_topic_is_ingest(bytes topic, bytes *out_rule, bytes *out_topic) {
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
    return rule_topic_is_ingest(topic, &name, &rest) ? bytes_equal(rule_name(r), name)
                                                     : rule_matches(r, topic);
}

bool rule_sets_want(struct rule_sets *sets, bytes account, bytes topic) {
    bool wanted = bytes_start_with(topic, BYTES(BASIC_INGEST));
    if (wanted || atomic_load_explicit(&sets->enabled, memory_order_relaxed) == 0)
        return wanted;
    (void)pthread_mutex_lock(&sets->lock);
    const struct rule_set *set = set_of(sets, account, false);
    for (size_t i = 0; set && i < set->count && !wanted; i++)
        wanted = concerns(set->rules[i], topic);
    (void)pthread_mutex_unlock(&sets->lock);
    return wanted;
}

size_t rule_sets_take(struct rule_sets *sets, bytes account, bytes topic, struct arena *a,
                      struct rule ***out_rules) {
    size_t count = 0;
    (void)pthread_mutex_lock(&sets->lock);
    const struct rule_set *set = set_of(sets, account, false);
    struct rule **rules = ARENA_ARRAY(a, struct rule *, set ? set->count : 0);
    for (size_t i = 0; set && i < set->count; i++)
        if (concerns(set->rules[i], topic))
            rules[count++] = rule_ref(set->rules[i]);
    (void)pthread_mutex_unlock(&sets->lock);
    *out_rules = rules;
    return count;
}

struct rule *rule_sets_find(struct rule_sets *sets, bytes account, bytes name) {
    struct rule *found = NULL;
    (void)pthread_mutex_lock(&sets->lock);
    const struct rule_set *set = set_of(sets, account, false);
    for (size_t i = 0; set && i < set->count && !found; i++)
        if (bytes_equal(rule_name(set->rules[i]), name))
            found = rule_ref(set->rules[i]);
    (void)pthread_mutex_unlock(&sets->lock);
    return found;
}
