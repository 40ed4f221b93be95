/* A certificate on its way into the registry, read in microseconds.
 *
 * x509_parse_der decodes the public key, which in OpenSSL 3.0 takes longer than all else of a
 * registration; a ledger has tens of thousands of certificates. So what is of the common form is
 * read here by walking the DER: EC keys on P-256, P-384 and P-521, RSA keys, signatures by ECDSA or
 * RSA with SHA-2. Whatever is not plainly that goes to x509_parse_der, which also has the sentences
 * for what is refused; so both ways accept the same certificates, and say the same of the others.
 */
#pragma once
#include "identity/x509.h"

struct x509_summary {
    char id[X509_ID_CHARACTERS + 1];
    int64_t not_before_ms, not_after_ms;
    bool is_ca;
    struct x509_names names; /* in the arena, or borrowed from the DER */
};

/* x509_summary_read reads a certificate and checks it as RegisterCertificateWithoutCA does [AWS
 * identity 1.3, 3.3]: key, signature algorithm, validity. E_CERTIFICATE_INVALID. Any thread. */
NODISCARD
status x509_summary_read(bytes der, int64_t now_ms, struct arena *memory,
                         struct x509_summary *out_summary);

/* x509_summary_is_plain is false when x509_summary_read has to ask OpenSSL. Then out_summary is
 * not written. Key, signature algorithm and form have been checked, validity has not. */
bool x509_summary_is_plain(bytes der, struct arena *memory, struct x509_summary *out_summary);
