/* What is legal in a policy but hardly meant [AWS policy 11]: one sentence each. */
#include <stdarg.h>
#include <stdio.h>

#include "policy/internal.h"

struct linter {
    const struct policy_document *document;
    const struct policy_statement *statement;
    size_t number; /* of the statement, from 1 */
    struct buf *out;
    size_t count;
};

#define SHOWN(text) BYTES_ARG(bytes_slice((text), 0, 120))

static void warn(struct linter *l, const char *format, ...) PRINTF(2, 3);
static void warn(struct linter *l, const char *format, ...) {
    char what[700];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(what, sizeof what, format, args);
    va_end(args);
    if (l->number)
        buf_printf(l->out, "Statement %zu: %s.\n", l->number, what);
    else
        buf_printf(l->out, "%s.\n", what);
    l->count++;
}

/* ---- actions ---- */

static void lint_actions(struct linter *l) {
    for (size_t i = 0; i < l->statement->action_count; i++) {
        bytes name = l->statement->action_names[i];
        if (policy_action_mask(name) != 0)
            continue;
        if (bytes_find(name, ':') == name.len)
            warn(l, "the action \"%.*s\" names no service; write \"iot:%.*s\"", SHOWN(name),
                 SHOWN(name));
        else
            warn(l, "the action \"%.*s\" is none that devices use, so naming it has no effect",
                 SHOWN(name));
    }
}

/* ---- variables ---- */

static void lint_variable(struct linter *l, const struct policy_variable *v, const char *what) {
    if (bytes_equal_nocase(v->key.text, BYTES("iot:Thing.ThingName")))
        warn(l, "%.*s is not a variable; write ${iot:Connection.Thing.ThingName}",
             SHOWN(v->written));
    else if (!policy_key_is_of_connection(&v->key))
        warn(l, "%.*s is not a variable that is known; a %s with it matches nothing",
             SHOWN(v->written), what);
    else if (!policy_key_is_variable(&v->key))
        warn(l,
             "%.*s has several values or belongs in conditions; as a variable it matches nothing",
             SHOWN(v->written));
    else if (!l->statement->is_allow && !v->fallback.ptr)
        warn(l,
             "where %.*s has no value this Deny denies nothing; give it a default as in ${%.*s, "
             "'none'}, or deny by a pattern without it",
             SHOWN(v->written), SHOWN(v->key.text));
}

static void lint_template(struct linter *l, const struct policy_template *t, const char *what) {
    if (t->broken)
        warn(l, "a \"${\" has no variable and its } behind it and is taken as text");
    for (size_t i = 0; i < t->count; i++)
        if (t->pieces[i].variable)
            lint_variable(l, t->pieces[i].variable, what);
}

/* ---- resources ---- */

/* The types of resource a pattern can be of, as bits; a variable counts as any text. */
static uint32_t types_of(const struct policy_resource *r) {
    uint32_t types = 0;
    struct buf text = {0};
    for (size_t i = 0; i < r->rest.count; i++) {
        buf_append(&text, r->rest.pieces[i].text);
        if (r->rest.pieces[i].variable)
            buf_append_byte(&text, POLICY_ANY_RUN);
    }
    for (unsigned type = 0; type < POLICY_RESOURCE_TYPE_COUNT; type++) {
        bytes rests[POLICY_REMAINDERS_MAX];
        bool fits = type != POLICY_NO_RESOURCE &&
                    policy_glob_after(buf_bytes(&text), policy_resource_prefix(type), rests) > 0;
        if (r->is_any || fits)
            types |= 1u << type;
    }
    buf_done(&text);
    return types;
}

static uint32_t types_of_actions(uint32_t actions) {
    uint32_t types = 0;
    for (unsigned type = 0; type < POLICY_RESOURCE_TYPE_COUNT; type++)
        if (actions & policy_actions_on(type))
            types |= 1u << type;
    return types;
}

static bool holds_mqtt_wildcard(bytes rest) {
    return bytes_find(rest, '#') < rest.len || bytes_find(rest, '+') < rest.len;
}

static bool scope_is_possible(struct linter *l, const struct policy_resource *r) {
    static const char *const partitions[] = {"aws", "aws-cn", "aws-us-gov"};
    bool known = false;
    for (size_t i = 0; i < COUNT_OF(partitions); i++)
        known |= policy_glob_matches(r->parts[1], bytes_from(partitions[i]));
    known &= policy_glob_matches(r->parts[2], BYTES("iot"));
    if (!known)
        warn(l, "\"%.*s\" is no resource of AWS IoT and matches nothing", SHOWN(r->written));
    else if (r->parts[3].len == 0 || r->parts[4].len == 0)
        warn(l, "\"%.*s\" leaves out region or account and matches nothing", SHOWN(r->written));
    return known && r->parts[3].len && r->parts[4].len;
}

static void lint_resource(struct linter *l, const struct policy_resource *r) {
    const struct policy_statement *s = l->statement;
    if (r->is_any)
        return;
    if (r->is_short) {
        warn(l,
             "\"%.*s\" has fewer than the six parts of an ARN and matches nothing; write "
             "arn:aws:iot:REGION:ACCOUNT:topic/NAME",
             SHOWN(r->written));
        return;
    }
    if (!scope_is_possible(l, r))
        return;
    lint_template(l, &r->rest, "Resource");
    uint32_t types = types_of(r);
    uint32_t wanted = types_of_actions(s->actions & ~policy_actions_on(POLICY_NO_RESOURCE));
    bytes first = r->rest.pieces[0].text;
    if (types == 0)
        warn(l,
             "\"%.*s\" does not begin with topic/, topicfilter/, client/, thing/ or rolealias/ "
             "behind the account and matches nothing",
             SHOWN(r->written));
    else if (wanted && !s->is_not_resource && !(types & wanted))
        warn(l,
             "\"%.*s\" is of a type that none of the actions is checked on; iot:Connect wants "
             "client/, iot:Subscribe topicfilter/, iot:Publish and iot:Receive topic/",
             SHOWN(r->written));
    if (bytes_start_with(first, BYTES("topic/")) && holds_mqtt_wildcard(first))
        warn(l,
             "in \"%.*s\" + and # are ordinary characters; the wildcards of policies are * and "
             "?",
             SHOWN(r->written));
}

static void lint_resources(struct linter *l) {
    const struct policy_statement *s = l->statement;
    bool any = false;
    for (size_t i = 0; i < s->resource_count; i++) {
        lint_resource(l, &s->resources[i]);
        any |= s->resources[i].is_any;
    }
    uint32_t listed = s->is_not_action ? 0 : s->actions & policy_actions_on(POLICY_NO_RESOURCE);
    if (listed && !any && !s->is_not_resource)
        warn(l, "iot:ListRetainedMessages is granted on Resource \"*\" only");
}

/* ---- conditions ---- */

static bool is_text_operator(const struct policy_clause *c) {
    return policy_clause_has_texts(c) || c->operator_->family == POLICY_NULL;
}

static bool has_null_guard(const struct policy_statement *s, bytes key) {
    for (size_t i = 0; i < s->clause_count; i++)
        if (s->clauses[i].operator_->family == POLICY_NULL &&
            bytes_equal_nocase(s->clauses[i].key.text, key))
            return true;
    return false;
}

static bool is_request_key(bytes key) {
    return bytes_equal_nocase(key, BYTES("iot:Topic")) ||
           bytes_equal_nocase(key, BYTES("iot:IncludeSocketInformation"));
}

static void lint_clause(struct linter *l, const struct policy_clause *c) {
    const struct policy_statement *s = l->statement;
    bool is_list = policy_key_is_list(&c->key);
    if (!policy_key_is_of_connection(&c->key) && !is_request_key(c->key.text))
        warn(l, "the condition key %.*s is not one that is known for devices", SHOWN(c->key.text));
    if (is_list && c->quantifier == POLICY_PLAIN && c->operator_->family != POLICY_NULL)
        warn(l, "%.*s has several values; say ForAllValues: or ForAnyValue: before %.*s",
             SHOWN(c->key.text), SHOWN(c->written));
    if (s->is_allow && c->quantifier == POLICY_FOR_ALL_VALUES &&
        c->key.kind != POLICY_KEY_CONNECT_ATTRIBUTES && !has_null_guard(s, c->key.text))
        warn(l, "%.*s is also true when there is no %.*s; add \"Null\": {\"%.*s\": \"false\"}",
             SHOWN(c->written), SHOWN(c->key.text), SHOWN(c->key.text));
    if (policy_key_is_of_certificate(&c->key) && !is_text_operator(c))
        warn(l, "%.*s can be compared by string operators and Null only", SHOWN(c->key.text));
    for (size_t i = 0; i < c->count && policy_clause_has_texts(c); i++)
        lint_template(l, &c->operands[i].text, "value");
}

/* ---- the whole document ---- */

static uint32_t actions_of(const struct policy_document *d, bool is_allow) {
    uint32_t actions = 0;
    for (size_t i = 0; i < d->statement_count; i++)
        if (d->statements[i].is_allow == is_allow)
            actions |= d->statements[i].actions;
    return actions;
}

static bool mentions_variables(const struct policy_document *d) {
    for (size_t i = 0; i < d->statement_count; i++)
        for (size_t r = 0; r < d->statements[i].resource_count; r++) {
            bytes written = d->statements[i].resources[r].written;
            if (bytes_search(written, BYTES("${")) < written.len)
                return true;
        }
    return false;
}

static void lint_whole(struct linter *l) {
    const struct policy_document *d = l->document;
    bool has_variables = bytes_equal(d->version, BYTES("2012-10-17"));
    uint32_t allowed = actions_of(d, true), denied = actions_of(d, false);
    uint32_t subscribe = POLICY_ACTION_BIT(POLICY_SUBSCRIBE),
             receive = POLICY_ACTION_BIT(POLICY_RECEIVE);
    if (!has_variables && mentions_variables(d))
        warn(l, "Without \"Version\": \"2012-10-17\" a variable is plain text");
    else if (!d->version.ptr)
        warn(l, "There is no Version; write \"Version\": \"2012-10-17\"");
    if ((allowed & subscribe) && !(allowed & receive))
        warn(l, "iot:Subscribe is allowed but not iot:Receive, without which nothing is delivered");
    if ((denied & subscribe) && !(denied & receive) && (allowed & receive))
        warn(l, "Denying iot:Subscribe on a filter does not keep its messages from wider filters "
                "such as #; limit iot:Receive too");
}

size_t policy_document_lint(const struct policy_document *d, struct buf *out) {
    struct linter l = {.document = d, .out = out};
    lint_whole(&l);
    for (size_t i = 0; i < d->statement_count; i++) {
        l.statement = &d->statements[i];
        l.number = i + 1;
        lint_actions(&l);
        lint_resources(&l);
        for (size_t c = 0; c < l.statement->clause_count; c++)
            lint_clause(&l, &l.statement->clauses[c]);
    }
    return l.count;
}
