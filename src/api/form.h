/* Input of the query protocol [AWS control-plane 9]: parameters whose names are paths,
 *
 *     RoleName=r & Tags.member.1.Key=team & Tags.member.1.Value=lamps
 *
 * to a record of the operation's input. */
#pragma once
#include "api/record.h"
#include "http/query.h"

/* form_decode: parameters that the model does not know are ignored. E_INVALID for a value of
 * another type than the model's, and for text that is not UTF-8. Constraints are not looked at. */
NODISCARD
status form_decode(struct arena *a, const struct model *m, uint16_t shape,
                   const struct http_query *form, struct record **out_input);
