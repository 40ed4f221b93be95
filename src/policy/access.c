#include "policy/access.h"

#include "policy/internal.h"

/* A question on its way through the statements. */
struct access {
    const struct policy_question *question;
    uint8_t action[POLICY_ACTION_BYTES_MAX]; /* small letters */
    bytes parts[5], rest;                    /* of the resource's ARN */
    bool is_whole;                           /* it has six parts */
    struct policy_binding binding;
};

static const struct policy_request nothing_known;

static bool access_begin(struct access *x, const struct policy_question *q, struct arena *a) {
    if (q->action.len > sizeof x->action)
        return false;
    *x = (struct access){.question = q, .is_whole = true};
    policy_lower(q->action, x->action);
    x->rest = q->resource;
    for (size_t i = 0; i < COUNT_OF(x->parts); i++)
        x->is_whole &= bytes_split(&x->rest, ':', &x->parts[i]);
    x->is_whole &= x->rest.ptr != NULL;
    x->binding.arena = a;
    x->binding.request = q->known ? q->known : &nothing_known;
    return true;
}

static bool action_applies(const struct access *x, const struct policy_statement *s) {
    bytes action = bytes_of(x->action, x->question->action.len);
    for (size_t i = 0; i < s->action_count; i++)
        if (policy_glob_matches(s->action_patterns[i], action))
            return !s->is_not_action;
    return s->is_not_action;
}

enum fit { NO_FIT, FITS, UNDEFINED };

static enum fit fit_of(struct access *x, const struct policy_resource *r) {
    bytes rest;
    if (r->is_any)
        return FITS;
    if (!policy_template_bind(&r->rest, &x->binding, &rest))
        return UNDEFINED;
    if (!x->is_whole)
        return NO_FIT;
    for (size_t i = 0; i < COUNT_OF(x->parts); i++)
        if (!policy_glob_matches(r->parts[i], x->parts[i]))
            return NO_FIT;
    return policy_glob_matches(rest, x->rest) ? FITS : NO_FIT;
}

/* A variable without a value fits nothing, and makes a NotResource fit nothing either
 * [AWS policy 5.4]. A trust policy has no resource: it is its role's. */
static bool resource_applies(struct access *x, const struct policy_statement *s) {
    bool is_undefined = false;
    if (s->resource_count == 0)
        return true;
    for (size_t i = 0; i < s->resource_count; i++) {
        enum fit f = fit_of(x, &s->resources[i]);
        if (f == FITS)
            return !s->is_not_resource;
        is_undefined |= f == UNDEFINED;
    }
    return s->is_not_resource && !is_undefined;
}

static bool clause_applies(struct access *x, const struct policy_clause *c) {
    struct policy_values values = policy_request_find(x->binding.request, c->key.text);
    return policy_clause_holds(c, policy_clause_bind(c, &x->binding), &values);
}

static bool conditions_apply(struct access *x, const struct policy_statement *s) {
    for (size_t i = 0; i < s->clause_count; i++)
        if (!clause_applies(x, &s->clauses[i]))
            return false;
    return true;
}

/* To an Allow counts who is named as far as is asked for; to a Deny everybody it is about. */
static bool principal_applies(const struct access *x, const struct policy_statement *s) {
    const struct policy_asker *asker = x->question->asker;
    if (!asker)
        return true;
    enum policy_reach r = policy_principals_reach(s->principals, s->principal_count, asker);
    if (s->is_not_principal)
        return r == POLICY_NOT_ABOUT;
    return r != POLICY_NOT_ABOUT && (!s->is_allow || r >= x->question->reach);
}

static bool statement_applies(struct access *x, const struct policy_statement *s) {
    return action_applies(x, s) && principal_applies(x, s) && resource_applies(x, s) &&
           conditions_apply(x, s);
}

struct policy_decision policy_access_check(struct policy_document *const *documents, size_t count,
                                           const struct policy_question *q, struct arena *a) {
    struct policy_decision d = {POLICY_IMPLICIT_DENY, 0, POLICY_NO_STATEMENT};
    struct access x;
    if (!access_begin(&x, q, a))
        return d;
    for (size_t i = 0; i < count; i++)
        for (size_t n = 0; n < documents[i]->statement_count; n++) {
            const struct policy_statement *s = &documents[i]->statements[n];
            if ((s->is_allow && d.verdict == POLICY_ALLOWED) || !statement_applies(&x, s))
                continue;
            d = (struct policy_decision){s->is_allow ? POLICY_ALLOWED : POLICY_EXPLICIT_DENY,
                                         (uint16_t)i, (uint16_t)n};
            if (!s->is_allow)
                return d;
        }
    return d;
}

/* ---- why ---- */

/* How near an Allow came to the question. */
enum nearness { NOT_NEAR, NEAR_ACTION, NEAR_RESOURCE };

struct nearest {
    enum nearness nearness;
    const struct policy_document *document;
    const struct policy_statement *statement;
    const struct policy_clause *clause; /* the first that does not hold */
};

static bytes shown(bytes text) {
    enum { SHOWN_BYTES_MAX = 300 };
    return bytes_slice(text, 0, SHOWN_BYTES_MAX);
}

static void consider(struct access *x, const struct policy_document *d,
                     const struct policy_statement *s, struct nearest *best) {
    struct nearest n = {NEAR_ACTION, d, s, NULL};
    if (!s->is_allow || !action_applies(x, s))
        return;
    if (resource_applies(x, s))
        n.nearness = NEAR_RESOURCE;
    for (size_t i = 0; i < s->clause_count && n.nearness == NEAR_RESOURCE && !n.clause; i++)
        if (!clause_applies(x, &s->clauses[i]))
            n.clause = &s->clauses[i];
    if (n.nearness > best->nearness)
        *best = n;
}

static void say_statement(const struct policy_document *d, const struct policy_statement *s,
                          struct buf *out) {
    buf_printf(out, "policy \"%.*s\" statement %zu", BYTES_ARG(shown(d->name)),
               (size_t)(s - d->statements) + 1);
    if (s->sid.len)
        buf_printf(out, " (%.*s)", BYTES_ARG(shown(s->sid)));
}

static void say_condition(const struct policy_clause *c, const struct policy_request *known,
                          struct buf *out) {
    struct policy_values have = policy_request_find(known, c->key.text);
    buf_printf(out, " only if %.*s %.*s (", BYTES_ARG(shown(c->written)),
               BYTES_ARG(shown(c->key.text)));
    for (size_t i = 0; i < c->count && i < 5; i++)
        buf_printf(out, "%s\"%.*s\"", i ? ", " : "", BYTES_ARG(shown(c->operands[i].written)));
    if (have.defined && have.count > 0)
        buf_printf(out, "), and here it is \"%.*s\"", BYTES_ARG(shown(have.items[0])));
    else
        buf_text(out, "), and that key has no value for this request");
}

static void say_nearest(const struct access *x, const struct nearest *n, struct buf *out) {
    const struct policy_question *q = x->question;
    say_statement(n->document, n->statement, out);
    buf_printf(out, " allows %.*s", BYTES_ARG(shown(q->action)));
    if (n->clause) {
        say_condition(n->clause, x->binding.request, out);
        return;
    }
    if (n->nearness == NEAR_RESOURCE) {
        buf_text(out, " to another principal");
        return;
    }
    buf_printf(out, n->statement->is_not_resource ? " on all but %.*s" : " only on %.*s",
               BYTES_ARG(shown(n->statement->resources[0].written)));
    if (n->statement->resource_count > 1)
        buf_printf(out, " and %zu others", n->statement->resource_count - 1);
    buf_printf(out, ", not on %.*s; add it to its Resource", BYTES_ARG(shown(q->resource)));
}

static void explain_implicit(struct access *x, struct policy_document *const *documents,
                             size_t count, struct buf *out) {
    struct nearest best = {0};
    for (size_t i = 0; i < count; i++)
        for (size_t n = 0; n < documents[i]->statement_count; n++)
            consider(x, documents[i], &documents[i]->statements[n], &best);
    if (best.nearness != NOT_NEAR)
        say_nearest(x, &best, out);
    else if (count == 0)
        buf_printf(out, "no policy is attached; attach one that allows %.*s",
                   BYTES_ARG(shown(x->question->action)));
    else
        buf_printf(out, "none of its %zu policies has a statement that allows %.*s", count,
                   BYTES_ARG(shown(x->question->action)));
}

void policy_access_explain(struct policy_document *const *documents, size_t count,
                           struct policy_decision d, const struct policy_question *q,
                           struct buf *out) {
    AUTO(arena) a = {0};
    struct access x;
    if (!access_begin(&x, q, &a)) {
        buf_text(out, "no action has so long a name");
    } else if (d.verdict == POLICY_IMPLICIT_DENY) {
        explain_implicit(&x, documents, count, out);
    } else {
        const struct policy_document *by = documents[d.document];
        say_statement(by, &by->statements[d.statement], out);
        buf_printf(out, d.verdict == POLICY_ALLOWED ? " allows it"
                                                    : " denies it; a Deny wins over every Allow");
    }
}
