#include "ledger/vendor.h"

#include <string.h>

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "identity/x509.h"
#include "ledger/pem_text.h"

enum { SIGNERS_MAX = 16, CHAIN_MAX = 8 };

struct vendor {
    struct x509_certificate signers[SIGNERS_MAX];
    size_t count;
};

static status add_signers(struct vendor *v, bytes pem) {
    bytes rest = pem, block;
    while (pem_text_take(&rest, &block)) {
        if (v->count == SIGNERS_MAX)
            return FAIL(E_CERTIFICATE_INVALID, "there are more than %d certificates in it",
                        SIGNERS_MAX);
        TRY(x509_parse_pem(block, X509_CA_CERTIFICATE, &v->signers[v->count]));
        v->count++;
    }
    if (v->count == 0)
        return FAIL(E_CERTIFICATE_INVALID, "there is no certificate (PEM) in it");
    return OK;
}

status vendor_open(bytes pem, struct vendor **out_vendor) {
    struct vendor *v = NEW(struct vendor);
    status s = add_signers(v, pem);
    if (s != OK) {
        vendor_free(v);
        return s;
    }
    *out_vendor = v;
    return OK;
}

void vendor_free(struct vendor *v) {
    if (!v)
        return;
    for (size_t i = 0; i < v->count; i++)
        x509_certificate_done(&v->signers[i]);
    mem_free(v);
}

/* ---- JWS ---- */

enum { ES256_HALF = 32, SHA256_BYTES = 32 };

/* r and s as the DER that OpenSSL wants [RFC 7518 3.4]. */
static int signature_der(bytes signature, unsigned char **out) {
    ECDSA_SIG *both = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature.ptr, ES256_HALF, NULL);
    BIGNUM *s = BN_bin2bn(signature.ptr + ES256_HALF, ES256_HALF, NULL);
    int len = -1;
    if (both && r && s && ECDSA_SIG_set0(both, r, s) == 1)
        len = i2d_ECDSA_SIG(both, out); /* owns r and s now */
    else {
        BN_free(r);
        BN_free(s);
    }
    ECDSA_SIG_free(both);
    return len;
}

static bool has_signed(const struct x509_certificate *c, bytes text, bytes signature) {
    unsigned char *der = NULL;
    int len = signature_der(signature, &der);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool fine = len > 0 && context &&
                EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL,
                                     X509_get0_pubkey(c->openssl)) == 1 &&
                EVP_DigestVerify(context, der, (size_t)len, text.ptr, text.len) == 1;
    EVP_MD_CTX_free(context);
    OPENSSL_free(der);
    ERR_clear_error();
    return fine;
}

static bool is_meant(const struct x509_certificate *c, const struct vendor_hint *hint) {
    uint8_t thumbprint[SHA256_BYTES];
    if (hint->thumbprint.len > 0)
        return hex_decode(bytes_from(c->id), thumbprint) == OK &&
               bytes_equal(bytes_of(thumbprint, sizeof thumbprint), hint->thumbprint);
    return hint->key_id.len == 0 || bytes_equal(c->subject_key_id, hint->key_id);
}

status vendor_verify_jws(const struct vendor *v, const struct vendor_hint *hint, bytes signed_text,
                         bytes signature) {
    bool meant = false;
    if (signature.len != 2 * (size_t)ES256_HALF)
        return FAIL(E_DENIED, "its signature has %zu bytes; ES256 has %d", signature.len,
                    2 * ES256_HALF);
    for (size_t i = 0; i < v->count; i++) {
        const struct x509_certificate *c = &v->signers[i];
        if (!is_meant(c, hint))
            continue;
        meant = true;
        if (c->key.kind == X509_KEY_EC && c->key.bits == 256 &&
            has_signed(c, signed_text, signature))
            return OK;
    }
    if (!meant)
        return FAIL(E_DENIED, "it names another signing certificate than those of --vendor-cert");
    return FAIL(E_DENIED,
                "its signature is not that of the vendor's key: it was changed, or is not genuine");
}

/* ---- chains ---- */

struct chain {
    struct x509_certificate items[CHAIN_MAX];
    size_t count;
};

static void chain_done(struct chain *c) {
    for (size_t i = 0; i < c->count; i++)
        x509_certificate_done(&c->items[i]);
}

static status read_chain(bytes pem, struct chain *c) {
    bytes rest = pem, block;
    while (pem_text_take(&rest, &block)) {
        if (c->count == CHAIN_MAX)
            return FAIL(E_DENIED, "its chain has more than %d certificates", CHAIN_MAX);
        TRY(x509_parse_pem(block, X509_DEVICE_CERTIFICATE, &c->items[c->count]));
        c->count++;
    }
    return OK;
}

static bool is_vendors(const struct vendor *v, const struct x509_certificate *c) {
    for (size_t i = 0; i < v->count; i++)
        if (strcmp(v->signers[i].id, c->id) == 0 || x509_check_signed_by(c, &v->signers[i]) == OK)
            return true;
    return false;
}

static status follow(const struct vendor *v, const struct chain *c) {
    for (size_t i = 0; i < c->count; i++) {
        if (is_vendors(v, &c->items[i]))
            return OK;
        if (i + 1 < c->count)
            TRY(x509_check_signed_by(&c->items[i], &c->items[i + 1]));
    }
    return FAIL(E_DENIED, "no certificate of --vendor-cert has signed it; its issuer is %s",
                c->count ? c->items[c->count - 1].issuer : "unknown");
}

status vendor_verify_chain(const struct vendor *v, bytes pem_chain) {
    AUTO(chain) c = {.count = 0};
    TRY(read_chain(pem_chain, &c));
    return follow(v, &c);
}
