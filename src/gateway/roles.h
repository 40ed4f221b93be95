/* Roles that the server acts under although IAM does not have them: rules and templates go on as
 * they did before there was an IAM, and the log says so once a role. */
#pragma once
#include "base/bytes.h"

/* role_is_unknown logs "role.unknown" the first time it hears of the role; any thread. */
void role_is_unknown(const char *account, bytes role_arn);
