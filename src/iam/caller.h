/* Callers: who asks, once a signature has proven it.
 *
 * Root keys, keys of users and temporary credentials all end here; whoever decides what they may
 * (evaluate.h) and whoever answers who they are (sts:GetCallerIdentity) look at nothing else. A
 * caller lives in the arena it was made in; its texts end nowhere near a zero. */
#pragma once
#include "account/account.h"
#include "registry/registry.h"

enum iam_caller_kind {
    IAM_ROOT, /* of the account: may do all in it */
    IAM_USER,
    IAM_ROLE_SESSION /* a role that somebody assumed, for a while */
};

struct iam_caller {
    enum iam_caller_kind kind;
    bytes account;
    /* arn:aws:iam::A:root, arn:aws:iam::A:user/PATH/NAME, arn:aws:sts::A:assumed-role/ROLE/SESSION
     */
    bytes arn;
    bytes user_id;      /* A, AIDA…, AROA…:SESSION [AWS control-plane 9] */
    bytes name;         /* of the user or the role; none of root */
    bytes role_arn;     /* of a role session: arn:aws:iam::A:role/PATH/NAME */
    bytes session_name; /* of a role session */
    /* What narrows a session: a document, and a record list of ARNs of managed policies. */
    bytes session_policy, session_policy_arns;
    bytes access_key_id;
    int64_t expires_ms; /* of temporary credentials; 0: lasting ones */
    int64_t issued_ms;
    /* Of credentials that a device got for its certificate (keys credentials-iot:…). */
    bytes thing_name, thing_type_name, certificate_id;
};

/* iam_caller_root is an account's root user; iam_caller_user a user of it. E_TOKEN_INVALID when the
 * user is not there (any more). */
struct iam_caller iam_caller_root(struct arena *a, bytes account);
NODISCARD
status iam_caller_user(const struct registry *r, bytes name, struct iam_caller *out_caller);
/* iam_caller_role is a session of a role as IAM would make it, for what this server does in its
 * name: rules, templates. The role need not exist (documents.h tells). E_INVALID for what is not
 * the ARN of a role. */
NODISCARD
status iam_caller_role(const struct registry *r, bytes role_arn, bytes session_name,
                       struct iam_caller *out_caller);
