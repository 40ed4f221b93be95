/* Topic rules [AWS rules 6.1]. */
#include "api/decode.h"
#include "api/destinations.h"
#include "api/encode.h"
#include "api/handlers.h"
#include "http/query.h"
#include "mqtt/topic.h"
#include "registry/tags.h"
#include "registry/topic_rule.h"
#include "rules/rule.h"

static bytes payload_text(const struct call *c) {
    AUTO(buf) text = {0};
    encode_output(get_record(c->in, M_TOPIC_RULE_PAYLOAD), &text);
    return arena_copy(c->arena, buf_bytes(&text));
}

static status check_tables(const struct call *c, const struct rule *rule) {
    bool wants_tables = rule_has_action(rule, "dynamoDB") || rule_has_action(rule, "dynamoDBv2") ||
                        rule_reads_rows(rule);
    if (c->config->has_tables || !wants_tables)
        return OK;
    return FAIL(E_INVALID,
                "This server has no database for %s: kedge serve --tables names one, in "
                "SQLite or PostgreSQL",
                rule_reads_rows(rule) ? "get_dynamodb()" : "dynamoDB and dynamoDBv2 actions");
}

/* Which URLs the rule would send to: may it, and are they near? */
status check_rule_destinations(struct call *c) {
    struct rule *rule;
    status s = OK;
    bytes url;
    TRY(rule_compile(get_text(c->in, M_RULE_NAME), payload_text(c), &rule));
    s = check_tables(c, rule);
    for (size_t i = 0; s == OK && (url = rule_destination(rule, i)).len > 0; i++)
        s = destination_want(c, url);
    rule_unref(rule);
    return s;
}

/* The payload as text, and what the registry keeps of it; refused when it would not run. */
static status rule_in(const struct call *c, struct topic_rule *out) {
    const struct record *payload = get_record(c->in, M_TOPIC_RULE_PAYLOAD);
    struct rule *compiled;
    *out = (struct topic_rule){.name = get_text(c->in, M_RULE_NAME),
                               .payload = payload_text(c),
                               .disabled = get_flag(payload, M_RULE_DISABLED)};
    TRY(rule_compile(out->name, out->payload, &compiled));
    out->filter = arena_copy(c->arena, rule_topic_filter(compiled));
    rule_unref(compiled);
    return OK;
}

/* Tags travel in a header, as in a query: key=value&key=value. */
static status put_header_tags(const struct call *c, bytes arn) {
    bytes text = get_text(c->in, M_TAGS), resource;
    struct http_query form;
    struct tags tags = {0};
    if (text.len == 0)
        return OK;
    TRY(http_query_parse(c->arena, text, &form));
    tags.items = ARENA_ARRAY(c->arena, struct tag, form.count);
    for (size_t i = 0; i < form.count; i++)
        tags.items[tags.count++] = (struct tag){form.parameters[i].name, form.parameters[i].value};
    TRY(tags_resource_require(&c->registry, arn, &resource));
    return tags_set(&c->registry, resource, &tags);
}

status create_topic_rule(struct call *c) {
    struct topic_rule rule;
    TRY(rule_in(c, &rule));
    c->resource_id = rule.name;
    c->resource_arn = topic_rule_arn(&c->registry, rule.name);
    TRY(topic_rule_create(&c->registry, &rule));
    TRY(destinations_ensure(c));
    return put_header_tags(c, c->resource_arn);
}

status replace_topic_rule(struct call *c) {
    struct topic_rule rule;
    TRY(rule_in(c, &rule));
    TRY(topic_rule_replace(&c->registry, &rule));
    return destinations_ensure(c);
}

status get_topic_rule(struct call *c) {
    struct topic_rule rule;
    TRY(topic_rule_load(&c->registry, get_text(c->in, M_RULE_NAME), &rule));
    put_text(c->out, M_RULE_ARN, topic_rule_arn(&c->registry, rule.name));
    struct record *out = put_record(c->out, M_RULE);
    TRY(decode_structure_text(rule.payload, out));
    put_text(out, M_RULE_NAME, rule.name);
    put_time(out, M_CREATED_AT, rule.created_ms);
    put_flag(out, M_RULE_DISABLED, rule.disabled);
    if (!has(out, M_AWS_IOT_SQL_VERSION)) /* what it is when none is given [AWS rules 1.3] */
        put_string(out, M_AWS_IOT_SQL_VERSION, sql_version_name(SQL_2015_10_08));
    return OK;
}

/* `topic` asks for the rules that a message there would reach; a filter for those that have it. */
static bool is_wanted(const struct topic_rule *rule, void *context) {
    const struct call *c = context;
    bytes topic = get_text(c->in, M_TOPIC);
    if (has(c->in, M_RULE_DISABLED) && get_flag(c->in, M_RULE_DISABLED) != (rule->disabled != 0))
        return false;
    if (topic.len == 0 || bytes_equal(topic, rule->filter))
        return true;
    return topic_name_check(topic) == OK && rule->filter.len > 0 &&
           topic_filter_matches(rule->filter, topic, true);
}

status list_topic_rules(struct call *c) {
    struct page page = call_page(c);
    struct topic_rule_list list;
    TRY(topic_rule_list(&c->registry, &page, is_wanted, c, &list));
    struct items *rules = put_list(c->out, M_RULES);
    for (size_t i = 0; i < list.count; i++) {
        struct record *item = add_record(rules);
        put_text(item, M_RULE_ARN, topic_rule_arn(&c->registry, list.items[i].name));
        put_text(item, M_RULE_NAME, list.items[i].name);
        put_text(item, M_TOPIC_PATTERN, list.items[i].filter);
        put_time(item, M_CREATED_AT, list.items[i].created_ms);
        put_flag(item, M_RULE_DISABLED, list.items[i].disabled);
    }
    call_put_next(c, list.next);
    return OK;
}

static status set_disabled(const struct call *c, bool disabled) {
    struct topic_rule rule;
    TRY(topic_rule_load(&c->registry, get_text(c->in, M_RULE_NAME), &rule));
    rule.disabled = disabled;
    return topic_rule_replace(&c->registry, &rule);
}

status enable_topic_rule(struct call *c) {
    return set_disabled(c, false);
}

status disable_topic_rule(struct call *c) {
    return set_disabled(c, true);
}

status delete_topic_rule(struct call *c) {
    return topic_rule_delete(&c->registry, get_text(c->in, M_RULE_NAME));
}
