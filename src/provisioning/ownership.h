/* Certificate ownership tokens: whoever has one may have its certificate provisioned, once, within
 * an hour [AWS identity 8.2].
 *
 * A token is its expiry and 32 random bytes, in hexadecimal. The store has the SHA-256 of it beside
 * the certificate (registry/unclaimed.h): a token cannot be made up, changed or prolonged, is gone
 * once used, and survives a restart. Inside the caller's transaction; workers only. */
#pragma once
#include "registry/registry.h"

enum {
    OWNERSHIP_TOKEN_MS = 60 * 60 * 1000,
    OWNERSHIP_TOKEN_LEN = 2 * (8 + 32), /* characters */
};

/* ownership_issue makes the token of a certificate just registered PENDING_ACTIVATION. */
NODISCARD
status ownership_issue(const struct registry *r, bytes certificate_id, int64_t now_ms,
                       char out_token[OWNERSHIP_TOKEN_LEN + 1]);
/* ownership_find gives the certificate of a token, and ownership_spend ends the token. Both:
 * E_OWNERSHIP_TOKEN when there is none, it is not ours, used or expired. */
NODISCARD
status ownership_find(const struct registry *r, bytes token, int64_t now_ms,
                      bytes *out_certificate_id);
NODISCARD
status ownership_spend(const struct registry *r, bytes token, int64_t now_ms);
