/* Who holds a certificate or a CA: the same one may be in several accounts, and in DEFAULT mode in
 * only one [AWS identity 1.3, 2.4, 4.2]. */
#pragma once
#include "registry/registry.h"

struct ownership {
    /* The account that holds it in DEFAULT mode, which a client without server name means; "" when
     * there is none. */
    char default_account[13];
    bool elsewhere; /* an account other than the registry's holds it, in any mode */
};
/* certificate_ownership and ca_ownership look through all accounts; `id` has 64 hex digits. What
 * nobody holds is no failure. */
NODISCARD
status certificate_ownership(const struct registry *r, bytes id, struct ownership *out_ownership);
NODISCARD
status ca_ownership(const struct registry *r, bytes id, struct ownership *out_ownership);
