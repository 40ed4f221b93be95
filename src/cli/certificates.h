/* What `kedge why` says of a certificate as it is now. For this folder. */
#pragma once
#include "store/store.h"

/* print_certificate_now prints status and expiry for each account that has it, or was offered it;
 * *out_count says how many. Prints nothing for what is no certificate id. */
NODISCARD
status print_certificate_now(struct store *store, bytes id, size_t *out_count);
