/* Principal of a document: whom a statement of a resource's or a role's policy is about.
 *
 *     "*"    {"AWS": ["123456789012", "arn:aws:iam::123456789012:role/r"]}
 *     {"Service": "iot.amazonaws.com"}
 *
 * Principals are names, not patterns; only a whole "*" means everybody. */
#pragma once
#include "codec/json.h"

enum policy_principal_kind {
    POLICY_PRINCIPAL_EVERYBODY,
    POLICY_PRINCIPAL_ACCOUNT, /* 123456789012 or its root's ARN: leaves it to that account's IAM */
    POLICY_PRINCIPAL_ARN,     /* a user, a role, or one session */
    POLICY_PRINCIPAL_SERVICE,
    POLICY_PRINCIPAL_OTHER, /* Federated, CanonicalUser: nobody here */
};

struct policy_principal {
    enum policy_principal_kind kind;
    bytes text;
};

/* Who asks. What it is not has no bytes. */
struct policy_asker {
    bytes arn;      /* of the user, the root, or the session of a role */
    bytes role_arn; /* of a session: the role itself */
    bytes account;
    bytes service; /* "iot.amazonaws.com", when a service asks by itself */
};

/* How far a statement is about who asks: an account named as a whole only lets its own policies
 * decide. */
enum policy_reach { POLICY_NOT_ABOUT, POLICY_ABOUT_ACCOUNT, POLICY_ABOUT_ASKER };

/* policy_principals_parse reads the value of Principal or NotPrincipal; E_POLICY_MALFORMED. */
NODISCARD
status policy_principals_parse(struct arena *a, const struct json *value,
                               const struct policy_principal **out_principals, size_t *out_count);

/* policy_principals_reach gives the farthest of these principals. */
enum policy_reach policy_principals_reach(const struct policy_principal *principals, size_t count,
                                          const struct policy_asker *asker);
