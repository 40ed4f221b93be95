/* The issuing CA of the service: certificates for devices that bring a CSR or nothing at all
 * [AWS identity 3.1]. Its key lives in DIR/ca/device-issuer.{pem,key}, made on first start,
 * readable by the owner alone. It is not a registered CA: what it signs has no caCertificateId.
 *
 * One per server; used by any worker at a time (it never changes after issuer_open). Signing takes
 * about a millisecond: not for loop threads. */
#pragma once
#include "identity/x509.h"

struct issuer;
struct key_pool; /* identity/key_pool.h */

/* issuer_open loads the CA from `data_dir`, or makes it. E_INTERNAL names the file that is
 * unreadable or does not fit its key. */
NODISCARD
status issuer_open(const char *data_dir, struct issuer **out_issuer);
void issuer_close(struct issuer *i);

/* What was issued. The key texts are empty for a CSR; issued_done wipes them. */
struct issued {
    struct x509_certificate certificate;
    struct buf pem;
    struct buf public_key_pem;  /* BEGIN PUBLIC KEY */
    struct buf private_key_pem; /* BEGIN RSA PRIVATE KEY (PKCS #1); kept nowhere else */
};
void issued_done(struct issued *i);

/* issuer_issue_csr signs the subject and key of a PEM certificate signing request; the extensions
 * it asks for are ignored. E_INVALID, with what is wrong: not PEM, self-signature, key too weak,
 * longer than 4,096 characters (CreateCertificateFromCsr declares no other error). */
NODISCARD
status issuer_issue_csr(const struct issuer *i, bytes csr_pem, int64_t now_ms,
                        struct issued *out_issued);
/* issuer_issue_keys makes a certificate for a fresh RSA-2048 key pair, subject CN=AWS IoT
 * Certificate. Takes a spare key from `pool` (NULL: makes one). */
NODISCARD
status issuer_issue_keys(const struct issuer *i, struct key_pool *pool, int64_t now_ms,
                         struct issued *out_issued);
/* csr_check: what issuer_issue_csr demands of a CSR, without issuing. E_INVALID. */
NODISCARD
status csr_check(bytes csr_pem);
/* issued_take_provided is for certificates that somebody else has issued for a CSR: a certificate
 * provider's function. E_INVALID unless it is of the CSR's subject and key [AWS identity 11.1];
 * E_CERTIFICATE_INVALID when it is none, or of a kind or age that cannot be registered. */
NODISCARD
status issued_take_provided(bytes csr_pem, bytes certificate_pem, int64_t now_ms,
                            struct issued *out_issued);
