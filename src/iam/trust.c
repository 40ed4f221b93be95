#include "iam/trust.h"

#include "iam/role.h"
#include "policy/access.h"

/* A trust policy and what it is asked, with the keys that are known of who would assume. */
struct trust {
    struct policy_document *document;
    struct policy_request_value keys[5];
    bytes values[5];
    struct policy_request known;
    struct policy_asker asker;
    struct policy_question question;
};

static void know(struct trust *t, const char *key, bytes value) {
    size_t at = t->known.value_count;
    if (!value.len)
        return;
    t->values[at] = value;
    t->keys[at] = (struct policy_request_value){bytes_from(key), &t->values[at], 1};
    t->known.value_count++;
}

static void know_caller(struct trust *t, const struct iam_caller *c) {
    t->asker = (struct policy_asker){.arn = c->arn, .role_arn = c->role_arn, .account = c->account};
    know(t, "aws:PrincipalArn", c->role_arn.len ? c->role_arn : c->arn);
    know(t, "aws:PrincipalAccount", c->account);
    if (c->kind == IAM_USER)
        know(t, "aws:username", c->name);
}

static void trust_ask(struct trust *t, const struct registry *r, bytes role_arn,
                      const struct iam_principal *who) {
    t->known.values = t->keys;
    if (who->kind == IAM_PRINCIPAL_SERVICE) {
        t->asker.service = who->service;
        know(t, "aws:SourceAccount", r->account);
    } else {
        know_caller(t, who->caller);
    }
    know(t, "sts:ExternalId", who->external_id);
    t->question = (struct policy_question){.action = BYTES("sts:AssumeRole"),
                                           .resource = role_arn,
                                           .known = &t->known,
                                           .asker = &t->asker};
}

static enum policy_verdict trust_reaches(struct trust *t, enum policy_reach reach,
                                         struct arena *a) {
    t->question.reach = reach;
    return policy_access_check(&t->document, 1, &t->question, a).verdict;
}

static status refuse(const struct iam_role *role, const struct iam_principal *who) {
    bytes name = who->kind == IAM_PRINCIPAL_SERVICE ? who->service : who->caller->arn;
    return FAIL(E_ACCESS_DENIED,
                "The role %.*s does not trust %.*s: its trust policy would have to "
                "allow it sts:AssumeRole",
                BYTES_ARG(role->name), BYTES_ARG(name));
}

status iam_may_assume(const struct registry *r, bytes role_arn, const struct iam_principal *who,
                      bool *out_by_account) {
    struct trust t = {0};
    struct iam_role role;
    TRY(iam_role_load_arn(r, role_arn, &role));
    TRY(policy_document_keep(POLICY_FORM_TRUST, BYTES("trust policy"), role.trust, &t.document));
    trust_ask(&t, r, role_arn, who);
    bool by_name = trust_reaches(&t, POLICY_ABOUT_ASKER, r->arena) == POLICY_ALLOWED;
    bool at_all = by_name || trust_reaches(&t, POLICY_ABOUT_ACCOUNT, r->arena) == POLICY_ALLOWED;
    policy_document_unref(t.document);
    if (!at_all)
        return refuse(&role, who);
    if (out_by_account)
        *out_by_account = !by_name;
    return OK;
}

status iam_service_may_assume(const struct registry *r, bytes role_arn, const char *service) {
    const struct iam_principal who = {.kind = IAM_PRINCIPAL_SERVICE,
                                      .service = bytes_from(service)};
    return iam_may_assume(r, role_arn, &who, NULL);
}
