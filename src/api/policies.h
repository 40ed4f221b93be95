/* What the two files about policies share. For this folder. */
#pragma once
#include "api/call.h"
#include "registry/policy.h"

/* put_policies puts a page of policies, names and ARNs, into the answer. */
void put_policies(struct call *c, const struct policy_list *list);
