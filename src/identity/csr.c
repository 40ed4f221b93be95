#include "identity/csr.h"

#include <openssl/x509.h>

#include "identity/issuer.h"
#include "identity/openssl.h"
#include "identity/pem.h"

static status check(X509_REQ *csr) {
    EVP_PKEY *key = X509_REQ_get0_pubkey(csr);
    struct x509_key facts;
    x509_key_read(key, &facts);
    TRY(x509_key_check(&facts, E_INVALID, "certificate signing request"));
    if (X509_REQ_verify(csr, key) != 1)
        return openssl_failure(E_INVALID,
                               "certificateSigningRequest is not signed by the key it is for: make "
                               "it anew with openssl req -new -key KEY");
    return OK;
}

status csr_parse(bytes pem, X509_REQ **out_csr) {
    AUTO(buf) der = {0};
    TRY(pem_decode(pem, X509_CSR, &der));
    const unsigned char *at = der.ptr;
    X509_REQ *csr = d2i_X509_REQ(NULL, &at, (long)der.len);
    if (!csr)
        return openssl_failure(E_INVALID,
                               "certificateSigningRequest is not a well-formed PKCS #10 request");
    status s = check(csr);
    if (s != OK) {
        X509_REQ_free(csr);
        return s;
    }
    *out_csr = csr;
    return OK;
}

status csr_check(bytes csr_pem) {
    X509_REQ *csr;
    TRY(csr_parse(csr_pem, &csr));
    X509_REQ_free(csr);
    return OK;
}

static status compare(X509_REQ *csr, const struct x509_certificate *c) {
    if (EVP_PKEY_eq(X509_REQ_get0_pubkey(csr), X509_get0_pubkey(c->openssl)) != 1)
        return FAIL(E_INVALID, "the certificate is for another key than the CSR");
    if (X509_NAME_cmp(X509_REQ_get_subject_name(csr), X509_get_subject_name(c->openssl)) != 0)
        return FAIL(E_INVALID, "the certificate has another subject (%s) than the CSR", c->subject);
    return OK;
}

static status check_provided(bytes csr_pem, const struct x509_certificate *c, int64_t now_ms) {
    X509_REQ *csr;
    TRY(x509_check_quality(c));
    TRY(x509_check_validity(c, now_ms));
    TRY(csr_parse(csr_pem, &csr));
    status s = compare(csr, c);
    X509_REQ_free(csr);
    return s;
}

status issued_take_provided(bytes csr_pem, bytes certificate_pem, int64_t now_ms,
                            struct issued *out_issued) {
    struct issued issued = {0};
    TRY(x509_parse_pem(certificate_pem, X509_DEVICE_CERTIFICATE, &issued.certificate));
    status s = check_provided(csr_pem, &issued.certificate, now_ms);
    if (s != OK) {
        issued_done(&issued);
        return s;
    }
    buf_append(&issued.pem, certificate_pem);
    *out_issued = issued;
    return OK;
}
