#include "identity/token.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "codec/base64.h"
#include "store/record.h"
#include "support/testing.h"

static bytes public_pem(struct arena *a, EVP_PKEY *key) {
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    CHECK(PEM_write_bio_PUBKEY(bio, key) == 1);
    long len = BIO_get_mem_data(bio, &text);
    bytes pem = arena_copy(a, bytes_of(text, (size_t)len));
    BIO_free(bio);
    return pem;
}

static bytes sign(struct arena *a, EVP_PKEY *key, bytes token) {
    AUTO(buf) text = {0};
    uint8_t signature[512];
    size_t len = sizeof signature;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    CHECK(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1);
    CHECK(EVP_DigestSign(context, signature, &len, token.ptr, token.len) == 1);
    EVP_MD_CTX_free(context);
    base64_encode(bytes_of(signature, len), &text);
    return arena_copy(a, buf_bytes(&text));
}

TEST(a_token_is_good_when_any_of_the_keys_signed_it) { /* [AWS device-gateway 11] */
    AUTO(arena) a = {0};
    AUTO(buf) keys = {0};
    EVP_PKEY *first = EVP_RSA_gen(2048), *second = EVP_RSA_gen(2048), *other = EVP_RSA_gen(2048);
    bytes token = BYTES("who=lamp");
    record_list_add(&keys, BYTES("first"));
    record_list_add(&keys, public_pem(&a, first));
    record_list_add(&keys, BYTES("second"));
    record_list_add(&keys, public_pem(&a, second));
    CHECK_OK(token_verify(buf_bytes(&keys), token, sign(&a, first, token)));
    CHECK_OK(token_verify(buf_bytes(&keys), token, sign(&a, second, token)));
    bytes good = sign(&a, second, token);
    CHECK_FAILS(token_verify(buf_bytes(&keys), token, sign(&a, other, token)), E_DENIED,
                "fits none of the authorizer's keys");
    CHECK(token_verify(buf_bytes(&keys), BYTES("who=lamq"), good) == E_DENIED);
    CHECK_FAILS(token_verify(buf_bytes(&keys), token, (bytes){0}), E_DENIED, "missing");
    CHECK_FAILS(token_verify(buf_bytes(&keys), token, BYTES("=")), E_DENIED, "base64");
    CHECK(token_verify((bytes){0}, token, good) == E_DENIED);
    for (size_t len = 0; len < good.len; len++)
        CHECK(token_verify(buf_bytes(&keys), token, bytes_slice(good, 0, len)) == E_DENIED);
    EVP_PKEY_free(first);
    EVP_PKEY_free(second);
    EVP_PKEY_free(other);
}

TEST(only_long_rsa_keys_verify_tokens) { /* [AWS identity 11.2] */
    AUTO(arena) a = {0};
    EVP_PKEY *good = EVP_RSA_gen(2048), *brief = EVP_RSA_gen(1024), *ec = EVP_EC_gen("P-256");
    CHECK_OK(token_key_check(public_pem(&a, good)));
    CHECK_FAILS(token_key_check(public_pem(&a, brief)), E_INVALID, "2048");
    CHECK_FAILS(token_key_check(public_pem(&a, ec)), E_INVALID, "RSA");
    CHECK_FAILS(token_key_check(BYTES("key.pem")), E_INVALID, "BEGIN PUBLIC KEY");
    EVP_PKEY_free(good);
    EVP_PKEY_free(brief);
    EVP_PKEY_free(ec);
}

TEST(a_token_of_any_size_is_bounded) {
    AUTO(buf) large = {0};
    for (size_t i = 0; i <= TOKEN_BYTES_MAX; i++)
        buf_append_byte(&large, 'a');
    CHECK_FAILS(token_verify((bytes){0}, buf_bytes(&large), BYTES("AAAA")), E_DENIED, "6144");
}

TEST_MAIN("identity/token")
