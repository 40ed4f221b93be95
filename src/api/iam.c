/* IAM's table of operations, and what they share. */
#include "api/iam.h"

const struct handler handlers_iam[IAM_OPERATIONS] = {0};

/* What IAM and STS call a failure, where that differs from IoT. */
const struct error_name errors_iam[] = {
    {E_NOT_FOUND, "NoSuchEntity", 404},
    {E_EXISTS, "EntityAlreadyExists", 409},
    {E_DELETE_CONFLICT, "DeleteConflict", 409},
    {E_LIMIT, "LimitExceeded", 409},
    {E_UNKNOWN_OPERATION, "InvalidAction", 400},
    {E_POLICY_MALFORMED, "MalformedPolicyDocument", 400},
    {OK, NULL, 0},
};
