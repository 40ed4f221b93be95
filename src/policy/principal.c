#include "policy/principal.h"

#define SHOWN(text) BYTES_ARG(bytes_slice((text), 0, 120))

enum { ACCOUNT_DIGITS = 12 };

static const struct {
    const char *name;
    enum policy_principal_kind kind;
} kinds[] = {
    {"AWS", POLICY_PRINCIPAL_ARN},
    {"Service", POLICY_PRINCIPAL_SERVICE},
    {"Federated", POLICY_PRINCIPAL_OTHER},
    {"CanonicalUser", POLICY_PRINCIPAL_OTHER},
};

static bool is_account(bytes text) {
    size_t digits = 0;
    while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9')
        digits++;
    return text.len == ACCOUNT_DIGITS && digits == text.len;
}

/* The account in arn:aws:iam::123456789012:root. */
static bool root_account(bytes arn, bytes *out_account) {
    bytes rest = arn, part = {0};
    for (int i = 0; i < 5; i++)
        (void)bytes_split(&rest, ':', &part);
    *out_account = part;
    return is_account(part) && bytes_equal(rest, BYTES("root"));
}

/* What stands under "AWS": everybody, an account, or somebody. */
static status parse_aws(bytes text, struct policy_principal *out) {
    if (bytes_equal(text, BYTES("*")))
        *out = (struct policy_principal){POLICY_PRINCIPAL_EVERYBODY, text};
    else if (is_account(text))
        *out = (struct policy_principal){POLICY_PRINCIPAL_ACCOUNT, text};
    else if (root_account(text, &out->text))
        out->kind = POLICY_PRINCIPAL_ACCOUNT;
    else if (bytes_start_with(text, BYTES("arn:")) && bytes_find(text, '*') == text.len)
        *out = (struct policy_principal){POLICY_PRINCIPAL_ARN, text};
    else
        return FAIL(E_POLICY_MALFORMED, "\"AWS\":\"%.*s\"", SHOWN(text));
    return OK;
}

static status parse_one(struct arena *a, enum policy_principal_kind kind, const struct json *value,
                        struct policy_principal *out) {
    if (!json_is_string(value) || value->text.len == 0)
        return FAIL(E_POLICY_MALFORMED, "a principal must be a string");
    bytes text = arena_copy(a, value->text);
    if (kind == POLICY_PRINCIPAL_ARN)
        return parse_aws(text, out);
    *out = (struct policy_principal){kind, text};
    return OK;
}

static size_t count_all(const struct json *value) {
    size_t n = 0;
    JSON_EACH (member, value)
        n += member->type == JSON_ARRAY ? member->count : 1;
    return n;
}

static status parse_member(struct arena *a, const struct json *member, struct policy_principal *out,
                           size_t *count) {
    bool many = member->type == JSON_ARRAY;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (!bytes_equal(member->name, bytes_from(kinds[i].name)))
            continue;
        for (const struct json *v = many ? member->first : member; v; v = many ? v->next : NULL)
            TRY(parse_one(a, kinds[i].kind, v, &out[(*count)++]));
        return OK;
    }
    return FAIL(E_POLICY_MALFORMED, "\"%.*s\" is not AWS, Service, Federated or CanonicalUser",
                SHOWN(member->name));
}

status policy_principals_parse(struct arena *a, const struct json *value,
                               const struct policy_principal **out_principals, size_t *out_count) {
    size_t n = 0;
    if (json_is_string(value) && bytes_equal(value->text, BYTES("*"))) {
        struct policy_principal *all = ARENA_NEW(a, struct policy_principal);
        *all = (struct policy_principal){POLICY_PRINCIPAL_EVERYBODY, BYTES("*")};
        *out_principals = all;
        *out_count = 1;
        return OK;
    }
    if (value->type != JSON_OBJECT || value->count == 0)
        return FAIL(E_POLICY_MALFORMED,
                    "write {\"AWS\": \"arn:aws:iam::ACCOUNT:role/NAME\"} or {\"Service\": "
                    "\"iot.amazonaws.com\"}");
    struct policy_principal *list = ARENA_ARRAY(a, struct policy_principal, count_all(value));
    JSON_EACH (member, value)
        TRY(parse_member(a, member, list, &n));
    *out_principals = list;
    *out_count = n;
    return OK;
}

static bool equal(bytes a, bytes b) {
    return a.len > 0 && bytes_equal(a, b);
}

static enum policy_reach reach_of(const struct policy_principal *p,
                                  const struct policy_asker *asker) {
    switch (p->kind) {
    case POLICY_PRINCIPAL_EVERYBODY:
        return POLICY_ABOUT_ASKER;
    case POLICY_PRINCIPAL_ACCOUNT:
        return equal(asker->account, p->text) ? POLICY_ABOUT_ACCOUNT : POLICY_NOT_ABOUT;
    case POLICY_PRINCIPAL_ARN:
        return equal(asker->arn, p->text) || equal(asker->role_arn, p->text) ? POLICY_ABOUT_ASKER
                                                                             : POLICY_NOT_ABOUT;
    case POLICY_PRINCIPAL_SERVICE:
        return equal(asker->service, p->text) ? POLICY_ABOUT_ASKER : POLICY_NOT_ABOUT;
    case POLICY_PRINCIPAL_OTHER:
        break;
    }
    return POLICY_NOT_ABOUT;
}

enum policy_reach policy_principals_reach(const struct policy_principal *principals, size_t count,
                                          const struct policy_asker *asker) {
    enum policy_reach best = POLICY_NOT_ABOUT;
    for (size_t i = 0; i < count; i++) {
        enum policy_reach r = reach_of(&principals[i], asker);
        best = r > best ? r : best;
    }
    return best;
}
