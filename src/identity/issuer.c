#include "identity/issuer.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/clock.h"
#include "base/random.h"
#include "identity/csr.h"
#include "identity/issuer_files.h"
#include "identity/key_pool.h"
#include "identity/openssl.h"
#include "identity/pem.h"

struct issuer {
    EVP_PKEY *key;
    X509 *certificate;
};

/* One attribute whose text contains what other CAs put into several: the shape AWS has, in our name
 * [AWS identity 3.1]. */
static const char issuer_text[] = "Kedge O=Kedge L=Local ST=Local C=ZZ";
static const char device_text[] = "AWS IoT Certificate";
static const char end_of_validity[] = "491231235959Z";
enum { SERIAL_BYTES = 20, BACKDATED_S = 120 };

struct extension {
    int nid;
    const char *value;
};
static const struct extension of_the_issuer[] = {
    {NID_subject_key_identifier, "hash"},
    {NID_basic_constraints, "critical,CA:TRUE"},
    {NID_key_usage, "critical,keyCertSign,cRLSign"},
    {NID_undef, NULL},
};
static const struct extension of_devices[] = {
    {NID_authority_key_identifier, "keyid:always"},
    {NID_subject_key_identifier, "hash"},
    {NID_basic_constraints, "critical,CA:FALSE"},
    {NID_key_usage, "critical,digitalSignature"},
    {NID_undef, NULL},
};

/* ---- building certificates ---- */

/* Positive and exactly twenty octets: the two top bits are 01. */
static bool set_serial(X509 *x) {
    uint8_t octets[SERIAL_BYTES];
    random_fill(octets, sizeof octets);
    octets[0] = (uint8_t)((octets[0] & 0x3F) | 0x40);
    BIGNUM *number = BN_bin2bn(octets, sizeof octets, NULL);
    bool set = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x));
    BN_free(number);
    return set;
}

static bool set_validity(X509 *x, int64_t now_ms) {
    return ASN1_TIME_set(X509_getm_notBefore(x), (time_t)(now_ms / 1000 - BACKDATED_S)) &&
           ASN1_TIME_set_string(X509_getm_notAfter(x), end_of_validity);
}

static bool add_extensions(X509 *x, X509 *issuer, const struct extension *extensions) {
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
    for (; extensions->value; extensions++) {
        X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, extensions->nid, extensions->value);
        bool added = e && X509_add_ext(x, e, -1);
        X509_EXTENSION_free(e);
        if (!added)
            return false;
    }
    return true;
}

/* What there is to put into a certificate; `issuer` NULL: signed by itself. */
struct wanted {
    const X509_NAME *subject;
    EVP_PKEY *key;
    const struct extension *extensions;
    int64_t now_ms;
};

static status sign(X509 *issuer, EVP_PKEY *signer, const struct wanted *w, X509 **out_x) {
    X509 *x = X509_new(), *parent = issuer ? issuer : x;
    bool made = x && X509_set_version(x, 2) && set_serial(x) && set_validity(x, w->now_ms) &&
                X509_set_subject_name(x, w->subject) &&
                X509_set_issuer_name(x, issuer ? X509_get_subject_name(issuer) : w->subject) &&
                X509_set_pubkey(x, w->key) && add_extensions(x, parent, w->extensions) &&
                X509_sign(x, signer, EVP_sha256()) > 0;
    if (!made) {
        X509_free(x);
        return openssl_failure(E_INTERNAL, "a certificate cannot be made");
    }
    *out_x = x;
    return OK;
}

static status make_name(const char *attribute, const char *text, X509_NAME **out_name) {
    X509_NAME *name = X509_NAME_new();
    if (!name || !X509_NAME_add_entry_by_txt(name, attribute, V_ASN1_UTF8STRING,
                                             (const unsigned char *)text, -1, -1, 0)) {
        X509_NAME_free(name);
        return openssl_failure(E_INTERNAL, "a name cannot be made");
    }
    *out_name = name;
    return OK;
}

/* ---- the CA itself ---- */

static status make_certificate(struct issuer *i) {
    X509_NAME *name = NULL;
    TRY(make_name("OU", issuer_text, &name));
    struct wanted w = {name, i->key, of_the_issuer, clock_wall_ms()};
    status s = sign(NULL, i->key, &w, &i->certificate);
    X509_NAME_free(name);
    return s;
}

/* The key is saved first, so a certificate without a key is never our doing; a key without a
 * certificate is where a first start was cut off. */
static status make_what_is_missing(struct issuer *i, const char *data_dir) {
    if (i->certificate && !i->key)
        return FAIL(E_INTERNAL,
                    "%s/ca/device-issuer.key is missing beside device-issuer.pem: put it back, or "
                    "remove the certificate too for a new CA",
                    data_dir);
    if (!i->key) {
        TRY(key_pool_take(NULL, &i->key));
        TRY(issuer_key_save(data_dir, i->key));
    }
    if (!i->certificate) {
        TRY(make_certificate(i));
        TRY(issuer_certificate_save(data_dir, i->certificate));
    }
    return OK;
}

static status open_into(struct issuer *i, const char *data_dir) {
    TRY(issuer_key_load(data_dir, &i->key));
    TRY(issuer_certificate_load(data_dir, &i->certificate));
    TRY(make_what_is_missing(i, data_dir));
    if (X509_check_private_key(i->certificate, i->key) != 1)
        return openssl_failure(E_INTERNAL,
                               "%s/ca/device-issuer.pem is not the certificate of "
                               "device-issuer.key beside it",
                               data_dir);
    (void)X509_get_extension_flags(i->certificate); /* decoded now, so that workers only read */
    return OK;
}

status issuer_open(const char *data_dir, struct issuer **out_issuer) {
    struct issuer *i = NEW(struct issuer);
    status s = open_into(i, data_dir);
    if (s != OK) {
        issuer_close(i);
        return s;
    }
    *out_issuer = i;
    return OK;
}

void issuer_close(struct issuer *i) {
    if (!i)
        return;
    X509_free(i->certificate);
    EVP_PKEY_free(i->key);
    mem_free(i);
}

/* ---- issuing ---- */

void issued_done(struct issued *i) {
    if (i->private_key_pem.ptr)
        mem_wipe(i->private_key_pem.ptr, i->private_key_pem.capacity);
    buf_done(&i->private_key_pem);
    buf_done(&i->public_key_pem);
    buf_done(&i->pem);
    x509_certificate_done(&i->certificate);
}

static status parse_issued(X509 *x, struct issued *out) {
    unsigned char *der = NULL;
    int len = i2d_X509(x, &der);
    if (len <= 0)
        return openssl_failure(E_INTERNAL, "a certificate cannot be encoded");
    bytes encoded = bytes_of(der, (size_t)len);
    status s = x509_parse_der(encoded, &out->certificate);
    if (s == OK)
        pem_encode("CERTIFICATE", encoded, &out->pem);
    OPENSSL_free(der);
    return s;
}

static status issue(const struct issuer *i, const X509_NAME *subject, EVP_PKEY *key, int64_t now_ms,
                    struct issued *out) {
    struct wanted w = {subject, key, of_devices, now_ms};
    X509 *x;
    TRY(sign(i->certificate, i->key, &w, &x));
    status s = parse_issued(x, out);
    X509_free(x);
    return s;
}

/* ---- for a certificate signing request ---- */

status issuer_issue_csr(const struct issuer *i, bytes csr_pem, int64_t now_ms,
                        struct issued *out_issued) {
    AUTO(issued) fresh = {0};
    X509_REQ *csr;
    TRY(csr_parse(csr_pem, &csr));
    status s = issue(i, X509_REQ_get_subject_name(csr), X509_REQ_get0_pubkey(csr), now_ms, &fresh);
    X509_REQ_free(csr);
    if (s == E_CERTIFICATE_INVALID)
        return FAIL(E_INVALID, "certificateSigningRequest makes no certificate: %s",
                    failure_text());
    TRY(s);
    *out_issued = fresh;
    fresh = (struct issued){0};
    return OK;
}

/* ---- with a fresh key pair ---- */

/* In one piece: a buffer that grows would leave parts of the key behind. */
static status copy_text(bool encoded, BIO *bio, struct buf *out) {
    char *text = NULL;
    long len = encoded ? BIO_get_mem_data(bio, &text) : 0;
    if (len <= 0)
        return openssl_failure(E_INTERNAL, "a key cannot be encoded");
    (void)buf_reserve(out, (size_t)len + 1);
    buf_append(out, bytes_of(text, (size_t)len));
    return OK;
}

static status write_keys(EVP_PKEY *key, struct issued *out) {
    BIO *public_key = BIO_new(BIO_s_mem());
    BIO *private_key = BIO_new(BIO_s_secmem()); /* wiped when freed */
    bool encoded =
        public_key && private_key && PEM_write_bio_PUBKEY(public_key, key) == 1 &&
        PEM_write_bio_PrivateKey_traditional(private_key, key, NULL, NULL, 0, NULL, NULL) == 1;
    status s = copy_text(encoded, public_key, &out->public_key_pem);
    if (s == OK)
        s = copy_text(encoded, private_key, &out->private_key_pem);
    BIO_free(public_key);
    BIO_free(private_key);
    return s;
}

static status issue_for_key(const struct issuer *i, EVP_PKEY *key, int64_t now_ms,
                            struct issued *out) {
    X509_NAME *subject = NULL;
    TRY(make_name("CN", device_text, &subject));
    status s = issue(i, subject, key, now_ms, out);
    X509_NAME_free(subject);
    TRY(s);
    return write_keys(key, out);
}

status issuer_issue_keys(const struct issuer *i, struct key_pool *pool, int64_t now_ms,
                         struct issued *out_issued) {
    AUTO(issued) fresh = {0};
    EVP_PKEY *key;
    TRY(key_pool_take(pool, &key));
    status s = issue_for_key(i, key, now_ms, &fresh);
    EVP_PKEY_free(key); /* OpenSSL wipes it */
    TRY(s);
    *out_issued = fresh;
    fresh = (struct issued){0};
    return OK;
}
