/* The registration code: 64 lower-case hex digits that the verification certificate of a CA carries
 * as its common name. The same until it is deleted [AWS identity 2.2]. */
#pragma once
#include "registry/registry.h"

/* registration_code_load gives the present code; E_NOT_FOUND when there is none. */
NODISCARD
status registration_code_load(const struct registry *r, bytes *out_code);
/* registration_code_ensure gives the present code or makes one (write transaction). */
NODISCARD
status registration_code_ensure(const struct registry *r, bytes *out_code);
NODISCARD
status registration_code_delete(const struct registry *r); /* E_NOT_FOUND */
