/* Why a decision fell as it did, in one sentence with a remedy. Slow and thorough: nothing here
 * runs unless somebody is to read the answer. */
#include "policy/internal.h"

/* What is asked; `full` is the name with its type before it, "topic/a/b". */
struct inquiry {
    const struct policy_set *set;
    enum policy_action action;
    bytes full;
    const struct policy_request *request;
};

/* Why an Allow statement did not apply: the further down, the nearer it came. */
enum reason {
    REASON_NONE,
    REASON_TYPE,      /* a resource of another type */
    REASON_SCOPE,     /* another region or account */
    REASON_NAME,      /* another name */
    REASON_EXCEPTED,  /* NotResource names it */
    REASON_VARIABLE,  /* a variable has no value */
    REASON_CONDITION, /* the condition does not hold */
};

struct nearest {
    enum reason reason;
    size_t measure; /* how much of the name fits */
    const struct policy_bound_statement *bound;
    const struct policy_resource *resource;
    const struct policy_variable *variable;
    const struct policy_clause *clause;
};

static const struct policy_statement *statement_of(const struct policy_set *s,
                                                   const struct policy_bound_statement *b) {
    return &s->documents[b->document]->statements[b->statement];
}

static bytes shown(bytes text) {
    enum { SHOWN_BYTES_MAX = 300 };
    return bytes_slice(text, 0, SHOWN_BYTES_MAX);
}

/* ---- finding the nearest ---- */

/* The pattern as it would be if every variable had a fitting value. */
static void loosen(const struct policy_template *t, struct buf *out) {
    for (size_t i = 0; i < t->count; i++) {
        buf_append(out, t->pieces[i].text);
        if (t->pieces[i].variable)
            buf_append_byte(out, POLICY_ANY_RUN);
    }
}

static bool is_missing(const struct policy_set *s, bytes name) {
    for (uint32_t i = 0; i < s->missing_count; i++)
        if (bytes_equal_nocase(s->missing[i].name, name))
            return true;
    return false;
}

static const struct policy_variable *missing_variable(const struct policy_set *s,
                                                      const struct policy_template *t) {
    for (size_t i = 0; i < t->count; i++) {
        const struct policy_variable *v = t->pieces[i].variable;
        if (v && !v->fallback.ptr && is_missing(s, v->key.text))
            return v;
    }
    return NULL;
}

static size_t common_length(bytes a, bytes b) {
    size_t n = 0;
    while (n < a.len && n < b.len && a.ptr[n] == b.ptr[n])
        n++;
    return n;
}

/* The first clause that keeps the statement from applying. */
static const struct policy_clause *false_clause(const struct inquiry *q,
                                                const struct policy_bound_statement *b) {
    const struct policy_statement *s = statement_of(q->set, b);
    uint16_t at = q->action == POLICY_CONNECT ? b->false_connect_clause : b->false_clause;
    if (at != POLICY_NO_CLAUSE)
        return &s->clauses[at];
    for (uint32_t i = 0; i < b->clause_count; i++) {
        const struct policy_bound_clause *c = &q->set->clauses[b->clause_from + i];
        struct policy_values values = policy_request_find(q->request, c->clause->key.text);
        if (!policy_clause_holds(c->clause, c->texts, &values))
            return c->clause;
    }
    return NULL;
}

/* How a resource of the right scope fares. */
static void judge_pattern(const struct inquiry *q, struct nearest *n) {
    bytes prefix = policy_resource_prefix(policy_action_resource(q->action));
    struct buf loose = {0};
    loosen(&n->resource->rest, &loose);
    n->measure = common_length(buf_bytes(&loose), q->full);
    if (n->resource->is_any || policy_glob_matches(buf_bytes(&loose), q->full)) {
        n->clause = false_clause(q, n->bound);
        n->variable = missing_variable(q->set, &n->resource->rest);
        n->reason = n->clause ? REASON_CONDITION : n->variable ? REASON_VARIABLE : REASON_NAME;
    } else {
        n->reason = n->measure >= prefix.len && prefix.len ? REASON_NAME : REASON_TYPE;
    }
    buf_done(&loose);
}

static bool is_in_scope(const struct inquiry *q, const struct policy_resource *r) {
    struct policy_scope scope = {0};
    bytes rest = q->set->arn_prefix, skipped;
    (void)bytes_split(&rest, ':', &skipped);
    (void)bytes_split(&rest, ':', &scope.partition);
    (void)bytes_split(&rest, ':', &skipped);
    (void)bytes_split(&rest, ':', &scope.region);
    (void)bytes_split(&rest, ':', &scope.account);
    return policy_resource_is_of(r, &scope);
}

static void consider(struct nearest *best, const struct nearest *n) {
    if (n->reason > best->reason || (n->reason == best->reason && n->measure > best->measure))
        *best = *n;
}

static void consider_except(const struct inquiry *q, const struct policy_bound_statement *b,
                            struct nearest *best) {
    const struct policy_statement *s = statement_of(q->set, b);
    struct nearest n = {.reason = REASON_EXCEPTED, .bound = b, .resource = &s->resources[0]};
    n.clause = false_clause(q, b);
    for (size_t i = 0; i < s->resource_count && !n.variable; i++)
        n.variable = missing_variable(q->set, &s->resources[i].rest);
    if (n.clause)
        n.reason = REASON_CONDITION;
    else if (n.variable)
        n.reason = REASON_VARIABLE;
    consider(best, &n);
}

static void consider_statement(const struct inquiry *q, const struct policy_bound_statement *b,
                               struct nearest *best) {
    const struct policy_statement *s = statement_of(q->set, b);
    if (!s->is_allow || !(s->actions & POLICY_ACTION_BIT(q->action)))
        return;
    if (s->is_not_resource) {
        consider_except(q, b, best);
        return;
    }
    for (size_t i = 0; i < s->resource_count; i++) {
        struct nearest n = {.reason = REASON_SCOPE, .bound = b, .resource = &s->resources[i]};
        if (is_in_scope(q, n.resource))
            judge_pattern(q, &n);
        consider(best, &n);
    }
}

/* ---- words ---- */

static void say_statement(const struct policy_set *s, size_t document, size_t statement,
                          struct buf *out) {
    const struct policy_document *d = s->documents[document];
    bytes sid = d->statements[statement].sid;
    buf_printf(out, "policy \"%.*s\" statement %zu", BYTES_ARG(d->name), statement + 1);
    if (sid.len)
        buf_printf(out, " (%.*s)", BYTES_ARG(shown(sid)));
}

/* What stands behind the fifth colon of a resource as written, "topic/a" and the like. */
static bytes written_rest(const struct policy_resource *r) {
    bytes rest = r->written, part;
    for (int i = 0; i < 5 && !r->is_any; i++)
        (void)bytes_split(&rest, ':', &part);
    return rest.ptr ? rest : r->written;
}

static void say_remedy(const struct inquiry *q, struct buf *out) {
    if (policy_action_resource(q->action) == POLICY_NO_RESOURCE)
        buf_text(out, "\"*\"");
    else
        buf_printf(out, "\"%.*s%.*s\"", BYTES_ARG(q->set->arn_prefix), BYTES_ARG(shown(q->full)));
}

/* Why a key has no value, by the first row that fits. */
static const struct {
    enum policy_key_kind from, to;
    const char *why;
} absences[] = {
    {POLICY_KEY_OTHER, POLICY_KEY_OTHER,
     "nothing of that name is known here; look at its spelling in the policy"},
    {POLICY_KEY_CLIENT_ID, POLICY_KEY_CLIENT_ID, "a request over HTTPS has no client identifier"},
    {POLICY_KEY_SOURCE_IP, POLICY_KEY_SOURCE_IP, "the address of the client is not known"},
    {POLICY_KEY_DOMAIN_NAME, POLICY_KEY_DOMAIN_NAME,
     "the client sent no server name; let it use SNI"},
    {POLICY_KEY_THING_NAME, POLICY_KEY_THING_NAME,
     "no thing named like the client identifier has this certificate attached; attach it, or "
     "connect with the thing's name as client identifier"},
    {POLICY_KEY_THING_TYPE, POLICY_KEY_THING_ATTRIBUTE,
     "the thing has none, or no thing named like the client identifier has this certificate "
     "attached"},
    {POLICY_KEY_THING_ATTACHED, POLICY_KEY_THING_ATTACHED, "it exists for MQTT connections only"},
    {POLICY_KEY_CERTIFICATE_ID, POLICY_KEY_CERTIFICATE_KEYS,
     "the client's certificate does not have it"},
    {POLICY_KEY_CONNECT_ATTRIBUTES, POLICY_KEY_CONNECT_ATTRIBUTES,
     "it is known to iot:Connect only"},
    {POLICY_KEY_LAST_WILL_TOPIC, POLICY_KEY_LAST_WILL_TOPIC,
     "it is known to iot:Connect only, for a connection with a will"},
};

static const char *why_absent(enum policy_key_kind kind) {
    for (size_t i = 0; i < COUNT_OF(absences); i++)
        if (kind >= absences[i].from && kind <= absences[i].to)
            return absences[i].why;
    return "it is not known here";
}

/* What the variables made of the pattern for this connection. */
static void say_bound(const struct inquiry *q, const struct nearest *n, struct buf *out) {
    enum policy_resource_type type = policy_action_resource(q->action);
    const struct policy_entry_list *l = policy_set_list(q->set, POLICY_ALLOW_LISTS, type);
    struct buf loose = {0}, bound = {0};
    if (policy_template_is_constant(&n->resource->rest))
        return;
    loosen(&n->resource->rest, &loose);
    for (uint32_t i = 0; l && i < l->count; i++) {
        const struct policy_entry *e = &l->entries[i];
        if (&q->set->statements[e->statement] != n->bound || !e->is_owned)
            continue;
        buf_clear(&bound);
        buf_append(&bound, policy_resource_prefix(type));
        policy_pattern_show((bytes){e->text, e->len}, &bound);
        if (e->kind == POLICY_ENTRY_PREFIX)
            buf_append_byte(&bound, '*');
        if (!policy_glob_matches(buf_bytes(&loose), buf_bytes(&bound)))
            continue;
        if (bytes_equal(buf_bytes(&bound), written_rest(n->resource)))
            buf_text(out,
                     " (as it stands: the value of the variable has one of * $ + ? # or is too "
                     "long to be put in its place)");
        else
            buf_printf(out, " (here %.*s)", BYTES_ARG(shown(buf_bytes(&bound))));
        break;
    }
    buf_done(&loose);
    buf_done(&bound);
}

static void say_operands(const struct policy_clause *c, struct buf *out) {
    enum { OPERANDS_SHOWN_MAX = 5 };
    buf_printf(out, " only if %.*s %.*s (", BYTES_ARG(shown(c->written)),
               BYTES_ARG(shown(c->key.text)));
    for (size_t i = 0; i < c->count && i < OPERANDS_SHOWN_MAX; i++)
        buf_printf(out, "%s\"%.*s\"", i ? ", " : "", BYTES_ARG(shown(c->operands[i].written)));
    buf_text(out, c->count > OPERANDS_SHOWN_MAX ? ", …)" : ")");
}

static const struct policy_variable *missing_operand(const struct policy_set *s,
                                                     const struct policy_clause *c) {
    const struct policy_variable *v = NULL;
    for (size_t i = 0; i < c->count && !v && policy_clause_has_texts(c); i++)
        v = missing_variable(s, &c->operands[i].text);
    return v;
}

static void say_condition(const struct inquiry *q, const struct policy_clause *c, struct buf *out) {
    const struct policy_variable *v = missing_operand(q->set, c);
    const struct policy_key *absent = v ? &v->key : NULL;
    if (policy_key_is_of_connection(&c->key)
            ? is_missing(q->set, c->key.text)
            : !policy_request_find(q->request, c->key.text).defined)
        absent = &c->key;
    say_operands(c, out);
    if (absent)
        buf_printf(out, ", and %.*s has no value: %s", BYTES_ARG(shown(absent->text)),
                   why_absent(absent->kind));
    else
        buf_text(out, ", which is not so; change that condition or what it asks for");
}

static void say_nearest(const struct inquiry *q, const struct nearest *n, struct buf *out) {
    const char *action = policy_action_name(q->action);
    bytes rest = shown(written_rest(n->resource)), full = shown(q->full);
    say_statement(q->set, n->bound->document, n->bound->statement, out);
    switch (n->reason) {
    case REASON_CONDITION:
        buf_printf(out, " allows %s on %.*s", action, BYTES_ARG(full));
        say_condition(q, n->clause, out);
        break;
    case REASON_VARIABLE:
        buf_printf(out, " allows %s on %.*s, but %.*s has no value: %s", action, BYTES_ARG(rest),
                   BYTES_ARG(n->variable->key.text), why_absent(n->variable->key.kind));
        break;
    case REASON_EXCEPTED:
        buf_printf(out, " allows %s on all but %.*s, and so not on %.*s; change its NotResource",
                   action, BYTES_ARG(rest), BYTES_ARG(full));
        break;
    case REASON_NAME:
        buf_printf(out, " allows %s only on %.*s", action, BYTES_ARG(rest));
        say_bound(q, n, out);
        buf_printf(out, ", not on %.*s; add ", BYTES_ARG(full));
        say_remedy(q, out);
        buf_text(out, " to its Resource");
        break;
    case REASON_SCOPE:
        buf_printf(out,
                   " allows %s on %.*s, which is no resource of this region and account; write ",
                   action, BYTES_ARG(shown(n->resource->written)));
        say_remedy(q, out);
        break;
    case REASON_TYPE:
    case REASON_NONE:
        buf_printf(out, " allows %s on %.*s, but the action is checked on another resource; write ",
                   action, BYTES_ARG(rest));
        say_remedy(q, out);
        break;
    }
}

static void say_nothing_near(const struct inquiry *q, struct buf *out) {
    const char *action = policy_action_name(q->action);
    if (q->set->document_count == 0)
        buf_printf(out, "no policy is attached; attach one that allows %s on ", action);
    else if (q->set->document_count == 1)
        buf_printf(out, "policy \"%.*s\" has no statement that allows %s; allow it on ",
                   BYTES_ARG(q->set->documents[0]->name), action);
    else
        buf_printf(out, "none of the %u policies has a statement that allows %s; allow it on ",
                   q->set->document_count, action);
    say_remedy(q, out);
}

static void explain_implicit(const struct inquiry *q, struct buf *out) {
    struct nearest best = {0};
    for (uint32_t i = 0; i < q->set->statement_count; i++)
        consider_statement(q, &q->set->statements[i], &best);
    if (best.reason == REASON_NONE)
        say_nothing_near(q, out);
    else
        say_nearest(q, &best, out);
}

void policy_decision_explain(const struct policy_set *s, struct policy_decision d,
                             enum policy_action action, bytes name,
                             const struct policy_request *request, struct buf *out) {
    struct buf full = {0};
    enum policy_resource_type type = policy_action_resource(action);
    buf_append(&full, policy_resource_prefix(type));
    buf_append(&full, type == POLICY_NO_RESOURCE ? BYTES("*") : name);
    struct inquiry q = {s, action, buf_bytes(&full), request};
    if (d.verdict == POLICY_IMPLICIT_DENY) {
        explain_implicit(&q, out);
    } else {
        say_statement(s, d.document, d.statement, out);
        buf_printf(out,
                   d.verdict == POLICY_ALLOWED ? " allows %s on %.*s"
                                               : " denies %s on %.*s; a Deny wins over every "
                                                 "Allow, so narrow or remove that statement",
                   policy_action_name(action), BYTES_ARG(shown(q.full)));
    }
    buf_done(&full);
}
