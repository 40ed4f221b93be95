#include "identity/x509.h"

#include <string.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include "identity/openssl.h"
#include "identity/pem.h"

void x509_certificate_done(struct x509_certificate *c) {
    X509_free(c->openssl);
    arena_done(&c->memory);
    *c = (struct x509_certificate){0};
}

static void write_id(const uint8_t fingerprint[32], char out_id[X509_ID_CHARACTERS + 1]) {
    hex_encode(bytes_of(fingerprint, 32), out_id);
    out_id[X509_ID_CHARACTERS] = 0;
}

void x509_id(bytes der, char out_id[X509_ID_CHARACTERS + 1]) {
    uint8_t fingerprint[SHA256_DIGEST_LENGTH];
    (void)SHA256(der.ptr, der.len, fingerprint);
    write_id(fingerprint, out_id);
}

/* ---- facts ---- */

enum { NAME_LINE_BYTES_MAX = 200 };

/* A peer chooses how long its names are; a sentence has room for a few lines only. */
static const char *short_line(bytes line, struct arena *memory) {
    size_t len = NAME_LINE_BYTES_MAX;
    if (line.len <= len)
        return arena_string(memory, line);
    while (len > 0 && (line.ptr[len] & 0xC0) == 0x80)
        len--;
    return arena_printf(memory, "%.*s...", (int)len, (const char *)line.ptr);
}

static const char *name_line(const X509_NAME *name, struct arena *memory) {
    BIO *text = BIO_new(BIO_s_mem());
    const char *line = "";
    char *raw = NULL;
    unsigned long flags = XN_FLAG_ONELINE & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
    if (text && X509_NAME_print_ex(text, name, 0, flags) > 0) {
        long len = BIO_get_mem_data(text, &raw);
        line = short_line(bytes_of(raw, (size_t)len), memory);
    }
    BIO_free(text);
    return line;
}

static status read_name(const X509_NAME *name, struct arena *memory, bytes *out_der,
                        struct x509_name_hash *out_hash, const char **out_line) {
    const unsigned char *der;
    size_t len;
    if (X509_NAME_get0_der(name, &der, &len) != 1)
        return openssl_failure(E_CERTIFICATE_INVALID, "a name in the certificate is unreadable");
    if (x509_name_hash(bytes_of(der, len), out_hash) != OK)
        return FAIL(E_CERTIFICATE_INVALID, "a name in the certificate is not well-formed");
    *out_der = bytes_of(der, len);
    *out_line = name_line(name, memory);
    return OK;
}

static status read_time(const ASN1_TIME *time, const char *which, int64_t *out_ms) {
    struct tm tm;
    if (ASN1_TIME_to_tm(time, &tm) != 1)
        return openssl_failure(E_CERTIFICATE_INVALID, "%s of the certificate is no time", which);
    *out_ms = (int64_t)timegm(&tm) * 1000;
    return OK;
}

static status read_serial(const X509 *x, struct arena *memory, const char **out_serial) {
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x), NULL);
    char *digits = number && BN_num_bits(number) <= X509_SERIAL_BITS_MAX ? BN_bn2dec(number) : NULL;
    BN_free(number);
    if (!digits) /* RFC 5280 4.1.2.2 allows 160 bits */
        return openssl_failure(E_CERTIFICATE_INVALID,
                               "the serial number of the certificate is longer than %d bits",
                               X509_SERIAL_BITS_MAX);
    *out_serial = arena_string(memory, bytes_from(digits));
    OPENSSL_free(digits);
    return OK;
}

static bytes octets(const ASN1_OCTET_STRING *s) {
    return s ? bytes_of(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s)) : (bytes){0};
}

static void read_extensions(struct x509_certificate *c, X509 *x) {
    c->subject_key_id = octets(X509_get0_subject_key_id(x));
    c->authority_key_id = octets(X509_get0_authority_key_id(x));
    c->is_ca = X509_get_extension_flags(x) & EXFLAG_CA;
}

/* ---- keys and signatures [AWS identity 1.3] ---- */

static const struct {
    int nid;
    const char *name;
} curves[] = {
    {NID_X9_62_prime256v1, "P-256"},
    {NID_secp384r1, "P-384"},
    {NID_secp521r1, "P-521"},
};

static void read_curve(const EVP_PKEY *key, struct x509_key *out) {
    char group[64] = "";
    size_t len;
    out->kind = X509_KEY_EC;
    out->name = "an elliptic curve without a name";
    if (EVP_PKEY_get_group_name(key, group, sizeof group, &len) != 1)
        return;
    int nid = OBJ_txt2nid(group);
    out->name = nid == NID_undef ? out->name : OBJ_nid2sn(nid);
    for (size_t i = 0; i < COUNT_OF(curves); i++)
        if (curves[i].nid == nid) {
            out->name = curves[i].name;
            out->is_accepted = true;
        }
}

void x509_key_read(const struct evp_pkey_st *key, struct x509_key *out_key) {
    struct x509_key k = {.name = "a key that cannot be decoded"};
    int type = key ? EVP_PKEY_get_base_id(key) : EVP_PKEY_NONE;
    if (key) {
        k.bits = (unsigned)EVP_PKEY_get_bits(key);
        k.name = type == EVP_PKEY_NONE ? EVP_PKEY_get0_type_name(key) : OBJ_nid2sn(type);
    }
    if (type == EVP_PKEY_RSA || type == EVP_PKEY_RSA_PSS) {
        k.kind = X509_KEY_RSA;
        k.name = "RSA";
        k.is_accepted = k.bits >= X509_RSA_BITS_MIN && k.bits <= X509_RSA_BITS_MAX;
    }
    if (type == EVP_PKEY_EC)
        read_curve(key, &k);
    *out_key = k;
    ERR_clear_error();
}

status x509_key_check(const struct x509_key *key, status code, const char *noun) {
    if (key->is_accepted)
        return OK;
    if (key->kind == X509_KEY_RSA)
        return FAIL(code, "The key in the %s is not valid: RSA with %u bits; %d to %d are accepted",
                    noun, key->bits, X509_RSA_BITS_MIN, X509_RSA_BITS_MAX);
    return FAIL(code,
                "The key in the %s is not valid: %s; RSA with at least %d bits and the "
                "elliptic curves P-256, P-384 and P-521 are accepted",
                noun, key->name, X509_RSA_BITS_MIN);
}

static bool is_accepted_signature(const X509 *x) {
    int digest, key, bits;
    uint32_t flags;
    if (X509_get_signature_info((X509 *)x, &digest, &key, &bits, &flags) != 1)
        return false;
    if (key == NID_dsa)
        return digest == NID_sha256;
    if (key != NID_rsaEncryption && key != NID_rsassaPss && key != NID_X9_62_id_ecPublicKey)
        return false;
    return digest == NID_sha256 || digest == NID_sha384 || digest == NID_sha512;
}

static void read_key_and_signature(struct x509_certificate *c, X509 *x) {
    int nid = X509_get_signature_nid(x);
    x509_key_read(X509_get0_pubkey(x), &c->key);
    c->signature_algorithm = nid == NID_undef ? "an unknown algorithm" : OBJ_nid2ln(nid);
    c->signature_is_accepted = is_accepted_signature(x);
}

/* ---- intake ---- */

/* The id is a hash of bytes; so there must be one encoding only. */
static bool encodes_to(X509 *x, bytes der) {
    unsigned char *again = NULL;
    int len = i2d_X509(x, &again);
    bool same = len > 0 && bytes_equal(bytes_of(again, (size_t)len), der);
    OPENSSL_free(again);
    return same;
}

static status decode(bytes der, X509 **out_x) {
    const unsigned char *at = der.ptr;
    X509 *x = d2i_X509(NULL, &at, (long)der.len);
    if (!x)
        return openssl_failure(E_CERTIFICATE_INVALID, "the certificate is not well-formed X.509");
    if (at != der.ptr + der.len || !encodes_to(x, der)) {
        X509_free(x);
        return openssl_failure(E_CERTIFICATE_INVALID, "the certificate is not encoded in DER");
    }
    *out_x = x;
    return OK;
}

static status read_facts(struct x509_certificate *c) {
    X509 *x = c->openssl;
    x509_id(c->der, c->id);
    c->version = (int)X509_get_version(x) + 1;
    if (c->version < 1 || c->version > 3)
        return FAIL(E_CERTIFICATE_INVALID, "the certificate has version %d", c->version);
    TRY(read_name(X509_get_subject_name(x), &c->memory, &c->subject_der, &c->subject_hash,
                  &c->subject));
    TRY(read_name(X509_get_issuer_name(x), &c->memory, &c->issuer_der, &c->issuer_hash,
                  &c->issuer));
    TRY(read_serial(x, &c->memory, &c->serial));
    TRY(read_time(X509_get0_notBefore(x), "notBefore", &c->not_before_ms));
    TRY(read_time(X509_get0_notAfter(x), "notAfter", &c->not_after_ms));
    read_extensions(c, x);
    read_key_and_signature(c, x);
    if (x509_names_read(c->der, &c->memory, &c->names) != OK)
        return FAIL(E_CERTIFICATE_INVALID, "the certificate is not encoded in DER: %s",
                    failure_text());
    return OK;
}

status x509_parse_der(bytes der, struct x509_certificate *out_certificate) {
    AUTO(x509_certificate) c = {0};
    if (der.len > X509_PEM_BYTES_MAX)
        return FAIL(E_CERTIFICATE_INVALID, "the certificate has %zu bytes", der.len);
    TRY(decode(der, &c.openssl));
    c.der = arena_copy(&c.memory, der);
    status s = read_facts(&c);
    ERR_clear_error();
    TRY(s);
    *out_certificate = c;
    c = (struct x509_certificate){0};
    return OK;
}

status x509_parse_pem(bytes pem, enum x509_role role, struct x509_certificate *out_certificate) {
    AUTO(buf) der = {0};
    TRY(pem_decode(pem, role, &der));
    if (x509_parse_der(buf_bytes(&der), out_certificate) != OK)
        return FAIL(E_CERTIFICATE_INVALID, "%s: %s", pem_member(role), failure_text());
    return OK;
}
