/* The checks that decide about a registration; facts are read in x509.c. */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/clock.h"
#include "identity/openssl.h"

status x509_check_quality(const struct x509_certificate *c) {
    TRY(x509_key_check(&c->key, E_CERTIFICATE_INVALID, "certificate"));
    if (!c->signature_is_accepted)
        return FAIL(E_CERTIFICATE_INVALID,
                    "The certificate %s is signed with %s; accepted are SHA-256, SHA-384 and "
                    "SHA-512 with RSA, RSASSA-PSS or ECDSA, and DSA with SHA-256: sign it anew, "
                    "with openssl's option -sha256",
                    c->subject, c->signature_algorithm);
    return OK;
}

enum { AHEAD_MAX_MS = 24 * 60 * 60 * 1000 }; /* [AWS identity 1.3] */

status x509_check_validity(const struct x509_certificate *c, int64_t now_ms) {
    char limit[25], now[25];
    clock_format(now_ms, now);
    if (c->not_after_ms < now_ms) {
        clock_format(c->not_after_ms, limit);
        return FAIL(E_CERTIFICATE_INVALID,
                    "The certificate %s has expired: it was valid until %s, now is %s; sign it "
                    "anew",
                    c->subject, limit, now);
    }
    if (c->not_before_ms > now_ms + AHEAD_MAX_MS) {
        clock_format(c->not_before_ms, limit);
        return FAIL(E_CERTIFICATE_INVALID,
                    "The certificate %s is not yet valid: it begins at %s, now is %s; 24 hours "
                    "ahead are accepted, so check the clock of the machine that signed it",
                    c->subject, limit, now);
    }
    return OK;
}

status x509_check_ca(const struct x509_certificate *c) {
    if (c->is_ca)
        return OK;
    return FAIL(E_CERTIFICATE_INVALID,
                "The CA certificate %s %sdoes not have the basicConstraints extension as true. "
                "Make it anew with it: echo basicConstraints=critical,CA:TRUE > ca.ext; openssl "
                "x509 -in rootCA.pem -signkey rootCA.key -days 3650 -sha256 -extfile ca.ext -out "
                "newCA.pem",
                c->subject, c->version < 3 ? "is of version 1 and " : "");
}

bool x509_names_match(const struct x509_certificate *leaf, const struct x509_certificate *ca) {
    if (!x509_name_hash_equal(&leaf->issuer_hash, &ca->subject_hash))
        return false;
    return leaf->authority_key_id.len == 0 || ca->subject_key_id.len == 0 ||
           bytes_equal(leaf->authority_key_id, ca->subject_key_id);
}

status x509_check_signed_by(const struct x509_certificate *leaf,
                            const struct x509_certificate *ca) {
    if (!x509_name_hash_equal(&leaf->issuer_hash, &ca->subject_hash))
        return FAIL(E_CERTIFICATE_INVALID,
                    "The certificate %s was not signed by the CA: its issuer is %s, the CA's "
                    "subject is %s",
                    leaf->subject, leaf->issuer, ca->subject);
    if (!x509_names_match(leaf, ca))
        return FAIL(E_CERTIFICATE_INVALID,
                    "The certificate %s was not signed by the CA %s: its authority key identifier "
                    "is not the CA's subject key identifier; another key of that name signed it",
                    leaf->subject, ca->subject);
    int verdict = X509_verify(leaf->openssl, X509_get0_pubkey(ca->openssl));
    ERR_clear_error();
    if (verdict != 1)
        return FAIL(E_CERTIFICATE_INVALID,
                    "The certificate %s was not signed by the CA %s: the names agree but the "
                    "signature is by another key",
                    leaf->subject, ca->subject);
    return OK;
}

bool x509_same_key(const struct x509_certificate *a, const struct x509_certificate *b) {
    EVP_PKEY *left = X509_get0_pubkey(a->openssl), *right = X509_get0_pubkey(b->openssl);
    bool same = left && right && EVP_PKEY_eq(left, right) == 1;
    ERR_clear_error();
    return same;
}
