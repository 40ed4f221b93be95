/* Roles that the server acts under although IAM does not have them: rules and templates go on as
 * they did before there was an IAM, and the log says so once a role. */
#pragma once
#include "base/bytes.h"

struct server;

/* role_may asks, in the name of rules, whether a role of the account may do `action` on `resource`:
 * an ARN, or what stands behind the account in one of the action's service. OK for a role that is
 * not in IAM; E_ACCESS_DENIED in AWS's words. Workers only. */
NODISCARD
status role_may(struct server *s, bytes account, bytes role_arn, const char *action,
                bytes resource);

/* role_is_unknown logs "role.unknown" the first time it hears of the role; any thread. */
void role_is_unknown(const char *account, bytes role_arn);
