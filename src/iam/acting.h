/* Acting for roles: what the server does in the name of a role again and again, for every message
 * of a rule.
 *
 * What a role may is gathered once and used for IAM_ACTING_MS; a change of its policies acts within
 * that time. Any thread; asking blocks on the store when it must gather. */
#pragma once
#include "iam/evaluate.h"

enum { IAM_ACTING_MS = 1000, IAM_ACTING_ROLES_MAX = 256 };

struct iam_acting;

/* The store must outlive it; the region is copied. */
struct iam_acting *iam_acting_new(struct store *store, bytes region);
void iam_acting_free(struct iam_acting *acting); /* NULL does nothing */

/* Who acts, for whom, and what. */
struct iam_act {
    bytes account, role_arn;
    const char *service; /* which the role must trust: "iot.amazonaws.com" */
    const char *session; /* the name of its session, for sentences */
    bytes action, resource;
};

/* iam_acting_may: OK, or E_ACCESS_DENIED in AWS's words. A role that is not in IAM may all, as it
 * did before there was one (docs/design/choices.md): *out_unknown tells. Another failure is the
 * store's. */
NODISCARD
status iam_acting_may(struct iam_acting *acting, const struct iam_act *act, int64_t now_ms,
                      bool *out_unknown);

/* iam_acting_open gathers what the role of `act` may within a transaction that is open already, to
 * be asked more than once (iam_access_check; action and resource are not looked at) and done with
 * iam_access_done. E_ACCESS_DENIED when the role does not trust the service; access->missing when
 * the role is not in IAM. The caller outlives the access. */
NODISCARD
status iam_acting_open(const struct registry *r, const struct iam_act *act, int64_t now_ms,
                       struct iam_caller *caller, struct iam_access *access);
