#include "identity/material.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

static void must(bool done) {
    if (done)
        return;
    (void)fprintf(stderr, "test material cannot be made\n");
    abort();
}

/* ---- keys ---- */

static struct {
    char name[32];
    EVP_PKEY *key;
} keys[32];

static void free_keys(void) {
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        EVP_PKEY_free(keys[i].key);
}

static EVP_PKEY *make_key(const char *name) {
    char kind[32];
    (void)snprintf(kind, sizeof kind, "%.*s", (int)strcspn(name, "#"), name);
    if (strncmp(kind, "RSA-", 4) == 0)
        return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)atoi(kind + 4));
    if (strcmp(kind, "ED25519") == 0)
        return EVP_PKEY_Q_keygen(NULL, NULL, kind);
    return EVP_PKEY_Q_keygen(NULL, NULL, "EC", kind);
}

EVP_PKEY *material_key(const char *name) {
    size_t i = 0;
    while (i < COUNT_OF(keys) && keys[i].key && strcmp(keys[i].name, name) != 0)
        i++;
    must(i < COUNT_OF(keys));
    if (keys[i].key)
        return keys[i].key;
    if (i == 0)
        (void)atexit(free_keys);
    (void)snprintf(keys[i].name, sizeof keys[i].name, "%s", name);
    keys[i].key = make_key(name);
    must(keys[i].key);
    return keys[i].key;
}

/* ---- certificates ---- */

static X509_NAME *make_name(const char *text, bool one_set) {
    X509_NAME *name = X509_NAME_new();
    char copy[8192], *rest = copy;
    (void)snprintf(copy, sizeof copy, "%s", text ? text : "");
    for (char *part; *copy && (part = strsep(&rest, "/"));) {
        char *value = strchr(part, '=');
        must(value);
        *value++ = 0;
        must(X509_NAME_add_entry_by_txt(name, part, MBSTRING_UTF8, (const unsigned char *)value, -1,
                                        -1, one_set && X509_NAME_entry_count(name) ? -1 : 0));
    }
    return name;
}

static void add_extensions(X509 *x, const char *const *more) {
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
    for (size_t i = 0; more && more[i]; i += 2) {
        X509_EXTENSION *e = X509V3_EXT_conf(NULL, &ctx, more[i], more[i + 1]);
        must(e && X509_add_ext(x, e, -1));
        X509_EXTENSION_free(e);
    }
}

static void sign(X509 *x, const struct recipe *r) {
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key_ctx = NULL;
    EVP_PKEY *key = material_key(r->signer ? r->signer : r->key);
    bool no_digest = EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519;
    const EVP_MD *md = no_digest ? NULL : EVP_get_digestbyname(r->digest ? r->digest : "SHA256");
    must(EVP_DigestSignInit(ctx, &key_ctx, md, NULL, key));
    if (r->pss)
        must(EVP_PKEY_CTX_set_rsa_padding(key_ctx, RSA_PKCS1_PSS_PADDING));
    must(X509_sign_ctx(x, ctx));
    EVP_MD_CTX_free(ctx);
}

X509 *material_certificate(const struct recipe *r) {
    X509 *x = X509_new();
    X509_NAME *subject = make_name(r->subject, r->multi_valued_rdn);
    X509_NAME *issuer = make_name(r->issuer ? r->issuer : r->subject, r->multi_valued_rdn);
    BIGNUM *serial = NULL;
    must(BN_hex2bn(&serial, r->serial ? r->serial : "1234") &&
         BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(x)));
    must(X509_set_version(x, r->version ? r->version - 1 : 2));
    must(X509_set_subject_name(x, subject) && X509_set_issuer_name(x, issuer));
    must(X509_set_pubkey(x, material_key(r->key)));
    must(X509_gmtime_adj(X509_getm_notBefore(x), r->from_s ? r->from_s : -3600) != NULL);
    must(X509_gmtime_adj(X509_getm_notAfter(x), r->until_s ? r->until_s : 86400) != NULL);
    add_extensions(x, r->more);
    sign(x, r);
    X509_NAME_free(subject);
    X509_NAME_free(issuer);
    BN_free(serial);
    return x;
}

/* ---- texts ---- */

static bytes take_text(BIO *bio, struct arena *a) {
    char *text;
    long len = BIO_get_mem_data(bio, &text);
    must(len > 0);
    bytes copy = arena_copy(a, bytes_of(text, (size_t)len));
    BIO_free(bio);
    return copy;
}

bytes material_x509_pem(X509 *x, struct arena *a) {
    BIO *bio = BIO_new(BIO_s_mem());
    must(PEM_write_bio_X509(bio, x));
    return take_text(bio, a);
}

bytes material_x509_der(X509 *x, struct arena *a) {
    BIO *bio = BIO_new(BIO_s_mem());
    must(i2d_X509_bio(bio, x));
    return take_text(bio, a);
}

bytes material_pem(const struct recipe *r, struct arena *a) {
    X509 *x = material_certificate(r);
    bytes pem = material_x509_pem(x, a);
    X509_free(x);
    return pem;
}

bytes material_der(const struct recipe *r, struct arena *a) {
    X509 *x = material_certificate(r);
    bytes der = material_x509_der(x, a);
    X509_free(x);
    return der;
}

/* ---- CRLs ---- */

static void add_revoked(X509_CRL *crl, const struct crl_recipe *r, size_t i) {
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_INTEGER *serial = ASN1_INTEGER_new();
    ASN1_TIME *when = X509_gmtime_adj(NULL, -3600);
    must(ASN1_INTEGER_set_uint64(serial, r->first + i * r->step));
    must(X509_REVOKED_set_serialNumber(entry, serial));
    must(X509_REVOKED_set_revocationDate(entry, when));
    if (r->reason) {
        ASN1_ENUMERATED *reason = ASN1_ENUMERATED_new();
        must(ASN1_ENUMERATED_set(reason, r->reason));
        must(X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, reason, 0, 0));
        ASN1_ENUMERATED_free(reason);
    }
    must(X509_CRL_add0_revoked(crl, entry));
    ASN1_TIME_free(when);
    ASN1_INTEGER_free(serial);
}

static void add_number(X509_CRL *crl, int nid, long number) {
    ASN1_INTEGER *value = ASN1_INTEGER_new();
    must(ASN1_INTEGER_set(value, number));
    must(X509_CRL_add1_ext_i2d(crl, nid, value, nid == NID_delta_crl, 0));
    ASN1_INTEGER_free(value);
}

static void sign_crl(X509_CRL *crl, const struct crl_recipe *r) {
    const EVP_MD *digest = EVP_get_digestbyname(r->digest ? r->digest : "SHA256");
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key;
    must(EVP_DigestSignInit(context, &key, digest, NULL, material_key(r->signer)) == 1);
    if (r->pss)
        must(EVP_PKEY_CTX_set_rsa_padding(key, RSA_PKCS1_PSS_PADDING) == 1);
    must(X509_CRL_sign_ctx(crl, context) > 0);
    EVP_MD_CTX_free(context);
}

bytes material_crl_der(const struct crl_recipe *r, struct arena *a) {
    X509_CRL *crl = X509_CRL_new();
    X509_NAME *issuer = make_name(r->issuer, false);
    ASN1_TIME *from = X509_gmtime_adj(NULL, r->from_s ? r->from_s : -3600);
    ASN1_TIME *until = X509_gmtime_adj(NULL, r->until_s ? r->until_s : 86400);
    must(X509_CRL_set_version(crl, 1) && X509_CRL_set_issuer_name(crl, issuer));
    must(X509_CRL_set1_lastUpdate(crl, from));
    must(r->without_next || X509_CRL_set1_nextUpdate(crl, until));
    for (size_t i = 0; i < r->count; i++)
        add_revoked(crl, r, i);
    if (r->number)
        add_number(crl, NID_crl_number, r->number);
    if (r->is_delta)
        add_number(crl, NID_delta_crl, r->number);
    sign_crl(crl, r);
    BIO *bio = BIO_new(BIO_s_mem());
    must(i2d_X509_CRL_bio(bio, crl));
    ASN1_TIME_free(from);
    ASN1_TIME_free(until);
    X509_NAME_free(issuer);
    X509_CRL_free(crl);
    return take_text(bio, a);
}

bytes material_crl_pem(bytes der, struct arena *a) {
    BIO *bio = BIO_new(BIO_s_mem());
    must(PEM_write_bio(bio, PEM_STRING_X509_CRL, "", der.ptr, (long)der.len) > 0);
    return take_text(bio, a);
}

bytes material_key_pem(const char *name, struct arena *a) {
    BIO *bio = BIO_new(BIO_s_mem());
    must(PEM_write_bio_PrivateKey(bio, material_key(name), NULL, NULL, 0, NULL, NULL));
    return take_text(bio, a);
}

bytes material_csr(const struct recipe *r, struct arena *a) {
    X509_REQ *req = X509_REQ_new();
    X509_NAME *subject = make_name(r->subject, r->multi_valued_rdn);
    EVP_PKEY *signer = material_key(r->signer ? r->signer : r->key);
    bool no_digest = EVP_PKEY_get_base_id(signer) == EVP_PKEY_ED25519;
    must(X509_REQ_set_version(req, 0) && X509_REQ_set_subject_name(req, subject));
    must(X509_REQ_set_pubkey(req, material_key(r->key)));
    must(X509_REQ_sign(req, signer, no_digest ? NULL : EVP_sha256()));
    BIO *bio = BIO_new(BIO_s_mem());
    must(PEM_write_bio_X509_REQ(bio, req));
    X509_NAME_free(subject);
    X509_REQ_free(req);
    return take_text(bio, a);
}
