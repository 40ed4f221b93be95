/* May they? A caller's policies, asked about one action on one resource [AWS control-plane 3.2].
 *
 *     identity policies allow  AND  the boundary, if there is one, allows
 *                              AND  one of the session's policies, if it has any, allows
 *                              AND  none of them denies
 *
 * The root user of an account may do all in it. What a caller may is gathered once and can then be
 * asked about as often as need be, in one transaction of one thread:
 *
 *     AUTO(iam_access) access = {0};
 *     TRY(iam_access_open(&access, &registry, caller, &circumstances));
 *     TRY(iam_access_check(&access, &(struct iam_ask){BYTES("iot:CreateThing"), arn}));
 *
 * Documents are those of policy/access.h, parsed once for the process. Blocks as the store does. */
#pragma once
#include "iam/documents.h"
#include "policy/access.h"

/* How a request came; what is not known has no bytes. */
struct iam_circumstances {
    bytes source_ip;
    bool is_secure; /* over TLS */
    int64_t now_ms;
};

enum { IAM_KEYS_MAX = 80, IAM_PARTS = 3 };

/* Fields are private but for `missing`. */
struct iam_access {
    const struct registry *registry;
    const struct iam_caller *caller;
    struct policy_document **documents[IAM_PARTS]; /* by enum iam_part */
    size_t count[IAM_PARTS];
    struct policy_request_value *keys;
    size_t key_count;
    bool missing;            /* the role or user is not in IAM: its policies allow nothing */
    bool asks_resource_tags; /* a document speaks of aws:ResourceTag */
};

/* iam_access_open gathers all that counts for the caller. `circumstances` are copied; registry and
 * caller must outlive the access. E_INTERNAL for a stored document that cannot be read. */
NODISCARD
status iam_access_open(struct iam_access *access, const struct registry *r,
                       const struct iam_caller *caller,
                       const struct iam_circumstances *circumstances);
void iam_access_done(struct iam_access *access);

struct iam_ask {
    bytes action;   /* "iot:CreateThing" */
    bytes resource; /* an ARN, or "*" */
    /* Condition keys of this action: iam:PassedToService, aws:RequestTag/…; may be none. */
    const struct policy_request_value *keys;
    size_t key_count;
    /* The policies of the resource itself, which may allow somebody by themselves; may be none. */
    struct policy_document *const *resource_policies;
    size_t resource_policy_count;
    bool is_granted; /* that the resource's policy allows him by name is known already */
};

/* iam_access_check: OK, or E_ACCESS_DENIED in AWS's words: which kind of policy stands in the way.
 */
NODISCARD
status iam_access_check(const struct iam_access *access, const struct iam_ask *ask);
/* iam_access_explain appends why it is so, for people: the statement that decided or came nearest.
 */
void iam_access_explain(const struct iam_access *access, const struct iam_ask *ask,
                        struct buf *out);

/* iam_authorize is open, check and done in one. */
NODISCARD
status iam_authorize(const struct registry *r, const struct iam_caller *caller,
                     const struct iam_circumstances *circumstances, const struct iam_ask *ask);
