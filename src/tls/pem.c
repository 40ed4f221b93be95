#include "tls/pem.h"

#include <openssl/err.h>
#include <openssl/pem.h>

static int no_password(char *out, int size, int writing, void *user) {
    UNUSED(out), UNUSED(size), UNUSED(writing), UNUSED(user);
    return -1; /* nobody is there to ask */
}

EVP_PKEY *pem_key(bytes pem) {
    BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;
    BIO_free(bio);
    return key;
}

bool pem_is_encrypted(bytes pem) {
    return bytes_search(pem, BYTES("ENCRYPTED")) < pem.len;
}

STACK_OF(X509) * pem_certificates(bytes pem) {
    STACK_OF(X509) *all = sk_X509_new_null();
    BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    for (X509 *x; bio && all && (x = PEM_read_bio_X509(bio, NULL, no_password, NULL));)
        (void)sk_X509_push(all, x);
    BIO_free(bio);
    bool complete = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    if (complete && sk_X509_num(all) > 0) {
        ERR_clear_error();
        return all;
    }
    sk_X509_pop_free(all, X509_free);
    return NULL;
}
