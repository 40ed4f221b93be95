/* Certificates made for devices over MQTT that no device has claimed yet [AWS identity 8.2]: each
 * under the digest of the ownership token that claims it, so that who reads the store cannot use
 * the token, and by the time at which that ends. */
#pragma once
#include "registry/registry.h"

struct unclaimed {
    int64_t expires_ms;
    bytes digest; /* of the token */
    bytes certificate_id;
};
NODISCARD
status unclaimed_save(const struct registry *r, const struct unclaimed *u);
/* unclaimed_load finds by expires_ms and digest: E_NOT_FOUND for a token that was never given, was
 * used, or whose certificate has been swept away. Expiry is for the caller to judge. */
NODISCARD
status unclaimed_load(const struct registry *r, int64_t expires_ms, bytes digest,
                      struct unclaimed *out_unclaimed);
NODISCARD
status unclaimed_remove(const struct registry *r, const struct unclaimed *u);
/* unclaimed_sweep forgets up to `most` (1–1000) that have expired at `now_ms`, oldest first, and
 * deletes their certificates unless these were activated, or attached to something, meanwhile.
 * *out_count says how many were forgotten. */
NODISCARD
status unclaimed_sweep(const struct registry *r, int64_t now_ms, size_t most, size_t *out_count);
