/* Certificate revocation lists as CAs sign them [RFC 5280 5].
 *
 * A list may have a million entries; OpenSSL's form of it takes several hundred bytes for each. So
 * we walk the DER ourselves, entry by entry, with nothing kept, and let OpenSSL verify the
 * signature over the bytes. Everything borrows from `der`. Workers only. */
#pragma once
#include "identity/x509.h"
#include "registry/crl.h"

enum { CRL_BYTES_MAX = 128 << 20 }; /* a million entries are 54 MB of DER, 72 of PEM */

struct crl {
    bytes issuer_der;
    struct x509_name_hash issuer_hash;
    bytes authority_key_id;                 /* no bytes when absent */
    bytes number;                           /* big-endian, no leading zero; no bytes when absent */
    int64_t this_update_ms, next_update_ms; /* 0: none */
    size_t entry_count;
    /* private */
    bytes entries, tbs, algorithm, signature;
};

/* crl_decode appends the DER of a file in PEM ("X509 CRL") or DER. E_CERTIFICATE_INVALID for what
 * is neither, or beyond CRL_BYTES_MAX. */
NODISCARD
status crl_decode(bytes file, struct buf *out_der);
/* crl_parse walks all of it. E_CERTIFICATE_INVALID for what is not well-formed, and for lists that
 * would have to be understood differently: deltas, indirect ones, those of some reasons or of CA or
 * attribute certificates only, unknown critical extensions. */
NODISCARD
status crl_parse(bytes der, struct crl *out_crl);
/* crl_entries fills `out` with the entries, crl->entry_count at most, as they come; *out_count is
 * less when some are taken back (removeFromCRL). */
void crl_entries(const struct crl *crl, struct crl_entry *out, size_t *out_count);

/* crl_check_signed_by wants the CA's name, key identifier and signature. E_CERTIFICATE_INVALID. */
NODISCARD
status crl_check_signed_by(const struct crl *crl, const struct x509_certificate *ca);
/* crl_check_time refuses a list that is not yet valid (more than 24 h ahead) or whose successor is
 * overdue. E_CERTIFICATE_INVALID. */
NODISCARD
status crl_check_time(const struct crl *crl, int64_t now_ms);
