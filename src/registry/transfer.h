/* Certificates on their way from one account to another [AWS identity 3.4].
 *
 *     source  INACTIVE ── offer ──▶ PENDING_TRANSFER ── cancel ──▶ INACTIVE, where it was
 *     target                        │ ── reject ──▶ INACTIVE, where it was
 *                                   └── accept ──▶ INACTIVE or ACTIVE, in the target's account
 *
 * While it is pending the certificate stays the source's and may neither connect nor change; the
 * target sees it in its listings and describes it. The id does not change, nor do creation date,
 * generation id and CA. A second decision about one offer is E_TRANSFER_COMPLETED, whoever took the
 * first. `r` is the account that asks; the other one is found in the same transaction. */
#pragma once
#include "registry/certificate.h"

struct transfer_offer {
    bytes target;  /* 12 digits; that the account exists is for the caller to know */
    bytes message; /* for the target to read; none is fine */
};
/* certificate_transfer_offer wants it INACTIVE, without policies and things. *out_arn is the ARN it
 * will have in the target. E_NOT_FOUND, E_CERTIFICATE_STATE, E_TRANSFER_CONFLICT (something is
 * attached, or the target has it already), E_INVALID (to itself). */
NODISCARD
status certificate_transfer_offer(const struct registry *r, bytes id,
                                  const struct transfer_offer *offer, bytes *out_arn);
/* The target's decisions, and the source's: E_NOT_FOUND, E_TRANSFER_COMPLETED, and E_INVALID when
 * the certificate is the caller's and nobody offered it. */
NODISCARD
status certificate_transfer_accept(const struct registry *r, bytes id, bool set_active);
NODISCARD
status certificate_transfer_reject(const struct registry *r, bytes id, bytes reason);
NODISCARD
status certificate_transfer_cancel(const struct registry *r, bytes id);

/* What the account has offered and nobody has decided about, by the certificates' creation, newest
 * first unless page->ascending. */
NODISCARD
status certificate_list_outgoing(const struct registry *r, const struct page *page,
                                 struct certificate_list *out_list);
