/* Who may assume a role: its trust policy asked. */
#pragma once
#include "iam/caller.h"

enum iam_principal_kind {
    IAM_PRINCIPAL_SERVICE, /* "lambda.amazonaws.com" */
    IAM_PRINCIPAL_CALLER
};
struct iam_principal {
    enum iam_principal_kind kind;
    bytes service;
    const struct iam_caller *caller;
    bytes external_id; /* of AssumeRole; none */
};
#define IAM_SERVICE_LAMBDA "lambda.amazonaws.com"
#define IAM_SERVICE_IOT "iot.amazonaws.com"
#define IAM_SERVICE_CREDENTIALS "credentials.iot.amazonaws.com"

/* iam_may_assume: OK when the role is there and trusts the principal. E_NOT_FOUND when the account
 * has no such role; E_ACCESS_DENIED, with which service or caller it does not trust. A role trusts
 * a user or role of its own account named by ARN at once; one named by the account as a whole
 * needs sts:AssumeRole by its own policies, too, which *out_by_account tells (may be NULL). */
NODISCARD
status iam_may_assume(const struct registry *r, bytes role_arn, const struct iam_principal *who,
                      bool *out_by_account);
/* iam_service_may_assume is that for a service of this server. */
NODISCARD
status iam_service_may_assume(const struct registry *r, bytes role_arn, const char *service);
