/* Claims by a trusted user: certificates with which a device may do nothing but provision itself by
 * one template, and that only for minutes [AWS identity 8.3]. They are no certificates of the
 * registry: not listed, not described, nothing is attached to them. */
#pragma once
#include "registry/principal.h"

enum {
    PROVISIONING_CLAIM_MS = 5 * 60 * 1000, /* to connect; and from then on, to be done */
};

struct provisioning_claim {
    bytes certificate_id;
    bytes template_name;
    int64_t created_ms, expires_ms;
};
/* Times are set here. out_claim may be NULL. */
NODISCARD
status provisioning_claim_create(const struct registry *r, bytes certificate_id,
                                 bytes template_name, struct provisioning_claim *out_claim);
NODISCARD
status provisioning_claim_load(const struct registry *r, bytes certificate_id,
                               struct provisioning_claim *out_claim); /* E_NOT_FOUND */
/* provisioning_claim_facts gives a claim as registry_principal_load gives a certificate: ACTIVE
 * until it expires, with the one policy that every claim has. */
NODISCARD
status provisioning_claim_facts(const struct registry *r, bytes certificate_id,
                                struct principal_facts *out_facts); /* E_NOT_FOUND */
/* provisioning_claim_sweep forgets, among up to 1,000 claims, those that nobody can use any more.
 */
NODISCARD
status provisioning_claim_sweep(const struct registry *r, int64_t now_ms);
