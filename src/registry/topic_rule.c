/* Topic rules:
 *
 *     TOPIC_RULES  account, name */
#include "registry/topic_rule.h"
#include "base/clock.h"
#include "registry/internal.h"
#include "registry/tags.h"

static const struct field fields[] = {
    FIELD(1, struct topic_rule, payload),
    FIELD(2, struct topic_rule, filter),
    FIELD(3, struct topic_rule, created_ms),
    FIELD(4, struct topic_rule, disabled),
};

bytes topic_rule_arn(const struct registry *r, bytes name) {
    return arn_format(r->arena, r->region, r->account, ARN_RULE, name);
}

static status save(const struct registry *r, const struct topic_rule *rule) {
    store_note(r->txn, CHANGE_TOPIC_RULE, r->account, rule->name);
    return object_save(r, TABLE_TOPIC_RULES, key_of(r, rule->name), fields, COUNT_OF(fields), rule);
}

static status check_room(const struct registry *r) {
    struct scan scan = {.prefix = r->account, .limit = TOPIC_RULES_MAX};
    struct row *rows;
    size_t count;
    TRY(store_scan(r->txn, TABLE_TOPIC_RULES, &scan, r->arena, &rows, &count));
    if (count == TOPIC_RULES_MAX)
        return FAIL(E_LIMIT, "The account has %d topic rules already, which is the most",
                    TOPIC_RULES_MAX);
    return OK;
}

status topic_rule_create(const struct registry *r, const struct topic_rule *rule) {
    struct topic_rule new = *rule;
    bool exists;
    TRY(object_has(r, TABLE_TOPIC_RULES, key_of(r, rule->name), &exists));
    if (exists)
        return FAIL(E_EXISTS, "Rule with given ruleName already exists: %.*s",
                    BYTES_ARG(rule->name));
    TRY(check_room(r));
    new.created_ms = clock_wall_ms();
    return save(r, &new);
}

status topic_rule_load(const struct registry *r, bytes name, struct topic_rule *out_rule) {
    struct topic_rule rule = {.name = arena_copy(r->arena, name)};
    status s = object_load(r, TABLE_TOPIC_RULES, key_of(r, name), fields, COUNT_OF(fields), &rule);
    if (s == E_NOT_FOUND) /* [AWS rules 6.1] */
        return FAIL(E_DENIED, "Access to topic rule '%.*s' was denied",
                    BYTES_ARG(bytes_slice(name, 0, 128)));
    TRY(s);
    *out_rule = rule;
    return OK;
}

status topic_rule_replace(const struct registry *r, const struct topic_rule *rule) {
    struct topic_rule old, new = *rule;
    TRY(topic_rule_load(r, rule->name, &old));
    new.created_ms = old.created_ms;
    return save(r, &new);
}

status topic_rule_delete(const struct registry *r, bytes name) {
    struct topic_rule rule;
    TRY(topic_rule_load(r, name, &rule));
    TRY(tags_remove_all(r, resource_of(r, ARN_RULE, name)));
    store_note(r->txn, CHANGE_TOPIC_RULE, r->account, name);
    return store_remove(r->txn, TABLE_TOPIC_RULES, key_of(r, name));
}

status topic_rule_list(const struct registry *r, const struct page *page,
                       bool (*wanted)(const struct topic_rule *rule, void *context), void *context,
                       struct topic_rule_list *out_list) {
    struct topic_rule_list l = {0};
    struct cursor c;
    struct row row;
    bool taken = true;
    TRY(cursor_start(r, TABLE_TOPIC_RULES, r->account, false, page, &c));
    l.items = ARENA_ARRAY(r->arena, struct topic_rule, c.limit);
    while (l.count < c.limit) {
        struct topic_rule *rule = &l.items[l.count];
        TRY(cursor_next(&c, &row, &taken));
        if (!taken)
            break;
        *rule = (struct topic_rule){.name = bytes_skip(row.key, r->account.len)};
        TRY(record_decode(fields, COUNT_OF(fields), row.value, rule));
        l.count += !wanted || wanted(rule, context);
    }
    TRY(cursor_token(&c, &l.next));
    *out_list = l;
    return OK;
}
