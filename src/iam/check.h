/* Are the records of IAM in order? As registry/check.h for the registry: every attachment is there
 * from both sides, keys and memberships belong to somebody, every policy has its default version.
 */
#pragma once
#include "registry/check.h"

/* iam_check walks what `t` sees and adds to the counts. Problems are told, not returned. */
NODISCARD
status iam_check(struct txn *t, struct registry_check *check);
