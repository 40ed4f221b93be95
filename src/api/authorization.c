/* What may it do? The policies that apply to a device, and what they decide [AWS policy 8]. */
#include "api/handlers.h"
#include "api/subject.h"
#include "identity/x509.h"
#include "policy/set.h"
#include "registry/principal.h"

/* One principal may have ten of its own and those of its thing's groups; a request may add some. */
enum { POLICIES_MAX = PRINCIPAL_POLICIES_MAX + 64 };

/* ---- which policies ---- */

struct policies {
    struct policy_facts items[POLICIES_MAX];
    size_t count;
};

static bool has_policy(const struct policies *p, bytes name) {
    for (size_t i = 0; i < p->count; i++)
        if (bytes_equal(p->items[i].name, name))
            return true;
    return false;
}

/* A policy that applies for several reasons counts once. */
static status add_policy(struct policies *p, const struct policy_facts *policy) {
    if (has_policy(p, policy->name))
        return OK;
    if (p->count == POLICIES_MAX)
        return FAIL(E_LIMIT, "More than %d policies would apply: add fewer", POLICIES_MAX);
    p->items[p->count++] = *policy;
    return OK;
}

static bool is_listed(const struct items *names, bytes name) {
    VALUES_EACH(v, names) {
        if (bytes_equal(v->text, name))
            return true;
    }
    return false;
}

/* Those of the principal as if some were not attached to it, and others were. */
static status choose_policies(const struct call *c, const struct principal_facts *facts,
                              struct policies *out) {
    const struct items *skip = get_list(c->in, M_POLICY_NAMES_TO_SKIP);
    for (size_t i = 0; i < facts->policy_count; i++)
        if (!is_listed(skip, facts->policies[i].name))
            TRY(add_policy(out, &facts->policies[i]));
    VALUES_EACH(v, get_list(c->in, M_POLICY_NAMES_TO_ADD)) {
        struct policy_facts policy;
        TRY(registry_policy_load(&c->registry, v->text, &policy));
        TRY(add_policy(out, &policy));
    }
    return OK;
}

static status load_principal(const struct call *c, bytes client_id,
                             struct principal_facts *out_facts) {
    bytes principal = get_text(c->in, M_PRINCIPAL), id;
    if (has(c->in, M_COGNITO_IDENTITY_POOL_ID))
        return FAIL(E_NOT_IMPLEMENTED,
                    "Cognito identities are not supported yet: use a certificate ARN");
    if (principal.len == 0)
        return FAIL(E_INVALID, "A principal is needed: give the ARN of a certificate");
    TRY(principal_require(&c->registry, principal, &id));
    return registry_principal_load(&c->registry, id, client_id, out_facts);
}

/* Those of the groups that a thing is in and of the groups above: what a connection has by being
 * this thing, whatever its certificate. */
static status group_policies(const struct call *c, bytes thing_name, struct policies *out) {
    const struct page all = {.limit = PAGE_LIMIT_MAX};
    struct name_list groups;
    TRY(thing_list_groups(&c->registry, thing_name, &all, &groups));
    for (size_t i = 0; i < groups.count; i++) {
        struct policy_list list;
        bytes arn = thing_group_arn(&c->registry, groups.items[i]);
        TRY(policy_list_inherited(&c->registry, arn, &all, &list));
        for (size_t k = 0; k < list.count; k++) {
            struct policy_facts policy;
            TRY(registry_policy_load(&c->registry, list.items[k].name, &policy));
            TRY(add_policy(out, &policy));
        }
    }
    return OK;
}

/* By principal, by principal and thing, or by thing alone. */
static status effective_policies(const struct call *c, struct policies *out) {
    bytes thing_name = get_text(c->in, M_THING_NAME);
    struct principal_facts facts;
    struct thing_record thing;
    if (thing_name.len > 0)
        TRY(thing_load(&c->registry, thing_name, &thing));
    if (thing_name.len > 0 && !has(c->in, M_PRINCIPAL) && !has(c->in, M_COGNITO_IDENTITY_POOL_ID))
        return group_policies(c, thing_name, out);
    TRY(load_principal(c, thing_name, &facts));
    for (size_t i = 0; i < facts.policy_count; i++)
        TRY(add_policy(out, &facts.policies[i]));
    return OK;
}

status get_effective_policies(struct call *c) {
    struct policies effective = {.count = 0};
    TRY(effective_policies(c, &effective));
    struct items *policies = put_list(c->out, M_EFFECTIVE_POLICIES);
    for (size_t i = 0; i < effective.count; i++) {
        struct record *policy = add_record(policies);
        put_text(policy, M_POLICY_NAME, effective.items[i].name);
        put_text(policy, M_POLICY_ARN, policy_arn(&c->registry, effective.items[i].name));
        put_text(policy, M_POLICY_DOCUMENT, effective.items[i].document);
    }
    return OK;
}

/* ---- binding them ---- */

/* The certificate's names come from what is registered, as at CONNECT they come from what is
 * presented: the same bytes. */
static status fill_certificate(const struct call *c, bytes id, struct policy_certificate *out) {
    struct certificate_record registered;
    struct x509_certificate x509;
    TRY(certificate_load(&c->registry, id, &registered));
    TRY(x509_parse_pem(registered.pem, X509_DEVICE_CERTIFICATE, &x509));
    *out = subject_certificate(c->arena, id, arena_copy(c->arena, x509.der));
    x509_certificate_done(&x509);
    return OK;
}

static struct policy_scope scope_of(const struct call *c) {
    return (struct policy_scope){.region = c->registry.region, .account = c->registry.account};
}

/* The connection there would be: of this client identifier, by this certificate; plain and clean,
 * without a will, from an address and to a name that nobody knows. */
static status bind_documents(const struct call *c, const struct principal_facts *facts,
                             struct policy_document *const *documents, size_t count,
                             struct policy_set **out_set) {
    struct policy_scope scope = scope_of(c);
    struct policy_certificate certificate;
    struct policy_thing thing;
    struct policy_context context = {.client_id = get_text(c->in, M_CLIENT_ID)};
    TRY(fill_certificate(c, facts->certificate.id, &certificate));
    context.certificate = &certificate;
    if (facts->has_thing) {
        thing = subject_thing(c->arena, &facts->thing);
        context.thing = &thing;
    }
    *out_set = policy_set_bind(documents, count, &scope, &context);
    return OK;
}

static status bind_policies(const struct call *c, const struct principal_facts *facts,
                            const struct policies *policies, struct policy_set **out_set) {
    struct policy_document *documents[POLICIES_MAX];
    size_t count = 0;
    status s = OK;
    while (s == OK && count < policies->count) {
        const struct policy_facts *p = &policies->items[count];
        s = policy_document_parse(p->name, p->document, POLICY_BYTES_MAX, &documents[count]);
        count += s == OK;
    }
    if (s == OK)
        s = bind_documents(c, facts, documents, count, out_set);
    while (count > 0)
        policy_document_unref(documents[--count]);
    return s;
}

/* ---- asking them ---- */

static const struct {
    const char *type;
    enum policy_action action;
} action_types[] = {
    {"PUBLISH", POLICY_PUBLISH},
    {"SUBSCRIBE", POLICY_SUBSCRIBE},
    {"RECEIVE", POLICY_RECEIVE},
    {"CONNECT", POLICY_CONNECT},
};

static const char *const decisions[] = {
    [POLICY_IMPLICIT_DENY] = "IMPLICIT_DENY",
    [POLICY_EXPLICIT_DENY] = "EXPLICIT_DENY",
    [POLICY_ALLOWED] = "ALLOWED",
};

/* One authInfo. */
struct question {
    const struct call *c;
    const struct policy_set *set;
    enum policy_action action;
    bytes *names; /* of its resources */
    size_t name_count;
};

static status read_action(const struct record *info, enum policy_action *out_action) {
    for (size_t i = 0; i < COUNT_OF(action_types); i++)
        if (bytes_equal(get_text(info, M_ACTION_TYPE), bytes_from(action_types[i].type)))
            return *out_action = action_types[i].action, OK;
    return FAIL(E_INVALID, "An authInfo has no actionType: PUBLISH, SUBSCRIBE, RECEIVE or CONNECT");
}

static status read_resources(struct question *q, const struct record *info) {
    const struct items *resources = get_list(info, M_RESOURCES);
    struct policy_scope scope = scope_of(q->c);
    if (resources->count == 0)
        return FAIL(E_INVALID, "An authInfo names no resource");
    q->names = ARENA_ARRAY(q->c->arena, bytes, resources->count);
    VALUES_EACH(v, resources) {
        TRY(policy_resource_name(&scope, q->action, v->text, &q->names[q->name_count++]));
    }
    return OK;
}

/* All resources must be allowed; what denies one denies all. */
static enum policy_verdict decide(const struct question *q) {
    struct policy_decision worst = {.verdict = POLICY_ALLOWED};
    for (size_t i = 0; i < q->name_count; i++)
        worst = policy_decision_worst(worst, policy_check(q->set, q->action, q->names[i], NULL));
    return worst.verdict;
}

/* What one policy says for itself: that it denies one resource, else that it allows one, else that
 * it holds no statement on any. */
static enum policy_verdict decide_document(const struct question *q, size_t document) {
    enum policy_verdict verdict = POLICY_IMPLICIT_DENY;
    for (size_t i = 0; i < q->name_count; i++) {
        enum policy_verdict one =
            policy_check_document(q->set, document, q->action, q->names[i], NULL).verdict;
        if (one == POLICY_EXPLICIT_DENY)
            return one;
        if (one == POLICY_ALLOWED)
            verdict = one;
    }
    return verdict;
}

static void put_policies_that(const struct question *q, struct record *out,
                              enum policy_verdict verdict) {
    struct items *policies = put_list(out, M_POLICIES);
    for (size_t i = 0; i < policy_set_document_count(q->set); i++) {
        if (decide_document(q, i) != verdict)
            continue;
        bytes name = arena_copy(q->c->arena, policy_document_name(policy_set_document(q->set, i)));
        struct record *policy = add_record(policies);
        put_text(policy, M_POLICY_NAME, name);
        put_text(policy, M_POLICY_ARN, policy_arn(&q->c->registry, name));
    }
}

static void put_missing(const struct question *q, struct record *out) {
    struct items *missing = put_list(out, M_MISSING_CONTEXT_VALUES);
    size_t position = 0;
    bytes name;
    while ((name = policy_set_missing_next(q->set, q->action, &position)).ptr)
        add_text(missing, arena_copy(q->c->arena, name));
}

static void put_info(struct record *out, const struct record *info) {
    struct record *echo = put_record(out, M_AUTH_INFO);
    put_text(echo, M_ACTION_TYPE, get_text(info, M_ACTION_TYPE));
    struct items *resources = put_list(echo, M_RESOURCES);
    VALUES_EACH(v, get_list(info, M_RESOURCES)) {
        add_text(resources, v->text);
    }
}

static status put_result(const struct call *c, const struct policy_set *set,
                         const struct record *info, struct record *out) {
    struct question q = {.c = c, .set = set};
    TRY(read_action(info, &q.action));
    TRY(read_resources(&q, info));
    put_info(out, info);
    put_policies_that(&q, put_record(out, M_ALLOWED), POLICY_ALLOWED);
    struct record *denied = put_record(out, M_DENIED);
    put_policies_that(&q, put_record(denied, M_IMPLICIT_DENY), POLICY_IMPLICIT_DENY);
    put_policies_that(&q, put_record(denied, M_EXPLICIT_DENY), POLICY_EXPLICIT_DENY);
    put_string(out, M_AUTH_DECISION, decisions[decide(&q)]);
    put_missing(&q, out);
    return OK;
}

status test_authorization(struct call *c) {
    struct principal_facts facts;
    struct policies policies = {.count = 0};
    struct policy_set *set = NULL;
    TRY(load_principal(c, get_text(c->in, M_CLIENT_ID), &facts));
    TRY(choose_policies(c, &facts, &policies));
    TRY(bind_policies(c, &facts, &policies, &set));
    struct items *results = put_list(c->out, M_AUTH_RESULTS);
    status s = OK;
    VALUES_EACH(v, get_list(c->in, M_AUTH_INFOS)) {
        if (s == OK)
            s = put_result(c, set, v->record, add_record(results));
    }
    policy_set_unref(set);
    return s;
}
