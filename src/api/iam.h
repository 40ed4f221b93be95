/* IAM and STS [AWS control-plane 9]: users, groups, roles, policies, temporary credentials. The
 * objects are in iam/; here is how they look on the wire. For this folder. */
#pragma once
#include "api/call.h"
#include "api/exchange.h"
#include "api/generated/iam.h"
#include "api/generated/sts.h"
#include "iam/name.h"

extern const struct handler handlers_iam[IAM_OPERATIONS], handlers_sts[STS_OPERATIONS];
extern const struct error_name errors_iam[];
