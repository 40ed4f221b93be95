/* PEM as people paste it: the armour around certificates and signing requests [RFC 7468], with an
 * answer for each of the usual slips. For this folder. */
#pragma once
#include "identity/x509.h"

/* pem_decode appends the DER of the first block to `out_der`, which is checked for being whole but
 * not decoded. Every block must be of the kind that `role` wants; text may stand before a block,
 * white space alone behind the last. CR, LF and CR LF end lines. E_CERTIFICATE_INVALID, or
 * E_INVALID for a signing request; the sentence starts with the member of the API and repeats
 * nothing of the text but a file name. */
NODISCARD
status pem_decode(bytes text, enum x509_role role, struct buf *out_der);
/* pem_encode appends a block with lines of 64 characters. */
void pem_encode(const char *label, bytes der, struct buf *out);

/* pem_member is what the API calls a text in this role: "caCertificate". */
const char *pem_member(enum x509_role role);
/* pem_failure is the status that a text in this role is refused with. */
status pem_failure(enum x509_role role);
