/* Resources of a template: their types, properties and OverrideSettings [AWS identity 7.2, 7.3].
 * For this folder. */
#pragma once
#include "template/internal.h"

/* resources_check wants types and properties that exist, in the right shapes. */
NODISCARD
status resources_check(const struct template *t, const struct place *at);
/* resources_evaluate makes the plan's resources; the template was checked. */
NODISCARD
status resources_evaluate(struct evaluation *e, const struct place *at, struct plan *out_plan);
