#include "identity/csr.h"

#include <openssl/x509.h>

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
