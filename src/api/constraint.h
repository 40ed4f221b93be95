/* Constraints: what the model demands of values, checked by the server only, in AWS's words
 * [AWS control-plane 6.1]. */
#pragma once
#include "api/pattern.h"
#include "api/record.h"

/* constraints_check walks a decoded input. Returns no bytes when all holds, else the sentence for
 * the peer: "1 validation error detected: Value '…' at '…' failed to satisfy constraint: …". */
bytes constraints_check(struct patterns *p, const struct record *input);
