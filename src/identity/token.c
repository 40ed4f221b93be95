#include "identity/token.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "codec/base64.h"
#include "store/record.h"

static EVP_PKEY *decode(bytes pem) {
    BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    EVP_PKEY *key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    ERR_clear_error();
    return key;
}

status token_key_check(bytes pem) {
    EVP_PKEY *key = decode(pem);
    bool is_rsa = key && EVP_PKEY_is_a(key, "RSA");
    int bits = key ? EVP_PKEY_get_bits(key) : 0;
    EVP_PKEY_free(key);
    if (!key)
        return FAIL(E_INVALID, "A token signing key is a public key in PEM form, which begins with "
                               "-----BEGIN PUBLIC KEY-----: openssl pkey -in KEY -pubout");
    if (!is_rsa || bits < TOKEN_KEY_BITS_MIN)
        return FAIL(E_INVALID, "A token signing key is an RSA key of at least %d bits",
                    TOKEN_KEY_BITS_MIN);
    return OK;
}

static bool verifies(bytes pem, bytes token, bytes signature) {
    EVP_PKEY *key = decode(pem);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = key && context &&
                EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
                EVP_DigestVerify(context, signature.ptr, signature.len, token.ptr, token.len) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return good;
}

status token_verify(bytes keys, bytes token, bytes signature) {
    AUTO(arena) a = {0};
    bytes decoded, name, pem;
    if (token.len == 0 || signature.len == 0)
        return FAIL(E_DENIED, "the token or its signature is missing");
    if (token.len > TOKEN_BYTES_MAX || signature.len > TOKEN_SIGNATURE_BYTES_MAX)
        return FAIL(E_DENIED, "the token has more than %d bytes, or its signature more than %d",
                    TOKEN_BYTES_MAX, TOKEN_SIGNATURE_BYTES_MAX);
    if (base64_decode(&a, signature, &decoded) != OK)
        return FAIL(E_DENIED, "the token's signature is not base64");
    while (record_list_next(&keys, &name) && record_list_next(&keys, &pem))
        if (verifies(pem, token, decoded))
            return OK;
    return FAIL(E_DENIED, "the token's signature fits none of the authorizer's keys: it is base64 "
                          "of SHA-256 with RSA (PKCS #1 v1.5) over the token's text");
}
