/* The vendor whose word a ledger is: a certificate given by whoever imports, with which the
 * ledger's signatures are verified. Immutable once opened; any thread may use it. */
#pragma once
#include "base/arena.h"

struct vendor;

/* vendor_open takes a PEM text of one or more certificates: manifests are signed with one of them
 * (the vendor changes its key every few years), certificates by one of them. E_CERTIFICATE_INVALID.
 */
NODISCARD
status vendor_open(bytes pem, struct vendor **out_vendor);
void vendor_free(struct vendor *v); /* NULL does nothing */

/* What a JWS says of its signer; no bytes when it says nothing. Both are decoded from base64url. */
struct vendor_hint {
    bytes key_id;     /* kid: the subject key identifier */
    bytes thumbprint; /* x5t#S256: SHA-256 of the certificate */
};
/* vendor_verify_jws verifies an ES256 signature (r and s, 32 bytes each) over `signed_text` [RFC
 * 7515 A.3] with the certificate the hint means. E_DENIED when none fits or the signature is not
 * its. */
NODISCARD
status vendor_verify_jws(const struct vendor *v, const struct vendor_hint *hint, bytes signed_text,
                         bytes signature);
/* vendor_verify_chain wants each certificate of a PEM chain signed by the next, and the last by the
 * vendor, or one of them to be the vendor's own. E_DENIED. */
NODISCARD
status vendor_verify_chain(const struct vendor *v, bytes pem_chain);
