/* Authorisation of a call: the row of its operation (permission.h) asked of the caller's policies
 * (iam/evaluate.h). For this folder. */
#pragma once
#include "api/exchange.h"
#include "api/permission.h"

/* permission_of is the row of an operation of the exchange's service; NULL when it has no table. */
const struct permission *permission_of(const struct exchange *x, const struct model_operation *o);

/* exchange_authorize: OK, or E_ACCESS_DENIED in AWS's words; why it is so goes to the log. Costs
 * the root user nothing. `in` is the input, NULL when the operation takes none. */
NODISCARD
status exchange_authorize(struct exchange *x, const struct model_operation *o,
                          const struct record *in);
