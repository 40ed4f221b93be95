/* Who may invoke a function: statements of its resource policy, one policy for the function and one
 * for each version and alias that has one [AWS rules 7].
 *
 * Statements are kept in the few forms that AddPermission makes: one principal, an account and an
 * ARN that the call must come from. They only allow; what none allows is refused. */
#pragma once
#include "registry/function.h"

enum { FUNCTION_POLICY_BYTES_MAX = 20480 }; /* [AWS Lambda quotas: resource-based policy, 20 KB] */

struct function_permission {
    bytes id;                         /* of the statement */
    bytes action;                     /* "lambda:InvokeFunction" */
    bytes principal;                  /* "*", a service, an account of 12 digits, an ARN */
    bytes source_arn;                 /* with * and ?; none: any */
    bytes source_account;             /* none: any */
    bytes organization;               /* aws:PrincipalOrgID; kept and shown, never true here */
    bytes event_token, url_auth_type; /* kept and shown; likewise never true here */
};

/* function_permission_add keeps a statement and gives it as JSON text; *out_revision is the
 * policy's new one. `qualifier` none: of the function. E_NOT_FOUND without the function, version or
 * alias; E_EXISTS for an id that is taken; E_INVALID; E_LIMIT; E_VERSION_CONFLICT when `revision`
 * is given and another. */
NODISCARD
status function_permission_add(const struct registry *r, bytes name, bytes qualifier,
                               const struct function_permission *permission, bytes revision,
                               bytes *out_statement);
NODISCARD
status function_permission_remove(const struct registry *r, bytes name, bytes qualifier, bytes id,
                                  bytes revision);
/* function_policy_text is the whole policy as JSON. E_NOT_FOUND without one. */
NODISCARD
status function_policy_text(const struct registry *r, bytes name, bytes qualifier,
                            bytes *out_policy, bytes *out_revision);

/* Who is at the door. */
struct function_caller {
    bytes principal;      /* "iot.amazonaws.com" */
    bytes source_arn;     /* of the rule, template, provider or authorizer that calls */
    bytes source_account; /* whose it is */
};
/* function_policy_allows: E_DENIED, with the command that would allow it, when no statement of the
 * policy for `qualifier` lets the service in. */
NODISCARD
status function_policy_allows(const struct registry *r, bytes name, bytes qualifier,
                              const struct function_caller *caller);

/* How a function stands among the owners of tags (tags.h). */
bytes function_tags(const struct registry *r, bytes name);
