#include "iam/trust.h"

#include "codec/json.h"
#include "iam/role.h"

/* How far a statement's Principal reaches. */
enum reach { NOT_ABOUT, ABOUT_ACCOUNT, ABOUT_CALLER };

static enum reach reach_of_aws(bytes text, const struct iam_principal *who) {
    const struct iam_caller *c = who->caller;
    if (who->kind != IAM_PRINCIPAL_CALLER)
        return NOT_ABOUT;
    if (bytes_equal(text, BYTES("*")) || bytes_equal(text, c->arn) ||
        (c->role_arn.len && bytes_equal(text, c->role_arn)))
        return ABOUT_CALLER;
    bytes account = bytes_slice(text, bytes_start_with(text, BYTES("arn:aws:iam::")) ? 13 : 0, 12);
    bool whole = text.len == 12 || bytes_end_with(text, BYTES(":root"));
    return whole && bytes_equal(account, c->account) ? ABOUT_ACCOUNT : NOT_ABOUT;
}

static enum reach reach_of(const struct json *member, bytes text, const struct iam_principal *who) {
    if (bytes_equal(member->name, BYTES("AWS")))
        return reach_of_aws(text, who);
    bool service = bytes_equal(member->name, BYTES("Service")) &&
                   who->kind == IAM_PRINCIPAL_SERVICE && bytes_equal(text, who->service);
    return service ? ABOUT_CALLER : NOT_ABOUT;
}

static enum reach reach_of_all(const struct json *principal, const struct iam_principal *who) {
    enum reach best = NOT_ABOUT;
    if (json_is_string(principal))
        return bytes_equal(principal->text, BYTES("*")) ? ABOUT_CALLER : NOT_ABOUT;
    JSON_EACH (member, principal) {
        bool many = member->type == JSON_ARRAY;
        for (const struct json *v = many ? member->first : member; v; v = many ? v->next : NULL) {
            enum reach one = json_is_string(v) ? reach_of(member, v->text, who) : NOT_ABOUT;
            best = one > best ? one : best;
        }
    }
    return best;
}

static status refuse(const struct iam_role *role, const struct iam_principal *who) {
    bytes name = who->kind == IAM_PRINCIPAL_SERVICE ? who->service : who->caller->arn;
    return FAIL(E_ACCESS_DENIED,
                "The role %.*s does not trust %.*s: its trust policy would have to "
                "allow it sts:AssumeRole",
                BYTES_ARG(role->name), BYTES_ARG(name));
}

static enum reach trust_of(const struct json *statements, const struct iam_principal *who) {
    enum reach best = NOT_ABOUT;
    bool many = statements && statements->type == JSON_ARRAY;
    for (const struct json *s = many ? statements->first : statements; s;
         s = many ? s->next : NULL) {
        const struct json *effect = json_member(s, BYTES("Effect"));
        enum reach one = reach_of_all(json_member(s, BYTES("Principal")), who);
        if (one == NOT_ABOUT || json_member(s, BYTES("Condition")) || !json_is_string(effect))
            continue;
        if (bytes_equal(effect->text, BYTES("Deny")))
            return NOT_ABOUT;
        best = one > best ? one : best;
    }
    return best;
}

status iam_may_assume(const struct registry *r, bytes role_arn, const struct iam_principal *who,
                      bool *out_by_account) {
    const struct json *root;
    struct iam_role role;
    TRY(iam_role_load_arn(r, role_arn, &role));
    TRY(json_parse(r->arena, role.trust, &root));
    enum reach reach = trust_of(json_member(root, BYTES("Statement")), who);
    if (reach == NOT_ABOUT)
        return refuse(&role, who);
    if (out_by_account)
        *out_by_account = reach == ABOUT_ACCOUNT;
    return OK;
}

status iam_service_may_assume(const struct registry *r, bytes role_arn, const char *service) {
    const struct iam_principal who = {.kind = IAM_PRINCIPAL_SERVICE,
                                      .service = bytes_from(service)};
    return iam_may_assume(r, role_arn, &who, NULL);
}
