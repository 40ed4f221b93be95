#include "tls/certificate.h"

#include <arpa/inet.h>
#include <assert.h>
#include <openssl/ec.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

enum {
    DAY_S = 24 * 60 * 60,
    BEFORE_S = DAY_S, /* begins in the past: clocks of devices are slow */
    LEAF_S = 397 * DAY_S - BEFORE_S,
    ROOT_DAYS = 20 * 365 + 5,
    SERIAL_BYTES = 16,
    RSA_BITS = 2048,
    COMMON_NAME_MAX = 64, /* ub-common-name [RFC 5280 A.1] */
    DNS_NAME_MAX = 253,
};

/* What fails only for want of memory. */
static void must(bool done) {
    assert(done);
}

/* ---- keys ---- */

EVP_PKEY *key_new(enum tls_leaf kind) {
    EVP_PKEY *key = kind == LEAF_EC ? EVP_EC_gen("P-256") : EVP_RSA_gen(RSA_BITS);
    must(key != NULL);
    return key;
}

bool key_kind(const EVP_PKEY *key, enum tls_leaf *out_kind) {
    int type = EVP_PKEY_get_base_id(key);
    *out_kind = type == EVP_PKEY_RSA ? LEAF_RSA : LEAF_EC;
    return type == EVP_PKEY_RSA || type == EVP_PKEY_EC;
}

/* ---- names ---- */

static bool is_label_byte(uint8_t b) {
    return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9') || b == '-' ||
           b == '_';
}

static bool is_dns_name(bytes name) {
    bytes label, rest = name;
    if (name.len == 0 || name.len > DNS_NAME_MAX)
        return false;
    if (bytes_start_with(rest, BYTES("*.")))
        rest = bytes_skip(rest, 2);
    while (bytes_split(&rest, '.', &label)) {
        if (label.len == 0 || label.len > 63)
            return false;
        for (size_t i = 0; i < label.len; i++)
            if (!is_label_byte(label.ptr[i]))
                return false;
    }
    return true;
}

/* The bytes of a numeric address; 0 when it is none. */
static int address_bytes(bytes name, uint8_t out[16]) {
    char text[INET6_ADDRSTRLEN + 1] = {0};
    if (name.len == 0 || name.len >= sizeof text)
        return 0;
    memcpy(text, name.ptr, name.len);
    if (inet_pton(AF_INET, text, out) == 1)
        return 4;
    return inet_pton(AF_INET6, text, out) == 1 ? 16 : 0;
}

static status add_name(GENERAL_NAMES *all, bytes name) {
    uint8_t address[16];
    int len = address_bytes(name, address);
    if (!len && !is_dns_name(name))
        return FAIL(E_INVALID,
                    "'%.*s' is no name for a server certificate: it is neither a DNS name nor a "
                    "numeric address",
                    (int)(name.len < 100 ? name.len : 100), (const char *)name.ptr);
    GENERAL_NAME *g = GENERAL_NAME_new();
    ASN1_STRING *value = len ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
    must(g && value);
    must(len ? ASN1_STRING_set(value, address, len)
             : ASN1_STRING_set(value, name.ptr, (int)name.len));
    GENERAL_NAME_set0_value(g, len ? GEN_IPADD : GEN_DNS, value);
    must(sk_GENERAL_NAME_push(all, g) > 0);
    return OK;
}

static int by_bytes(const void *a, const void *b) {
    return bytes_compare(*(const bytes *)a, *(const bytes *)b);
}

/* The subject alternative names in one order, each once, so that equal sets are equal bytes. */
static status alternative_names(const struct server_names *names, GENERAL_NAMES **out_all) {
    GENERAL_NAMES *all = GENERAL_NAMES_new();
    bytes *sorted = NEW_ARRAY(bytes, names->count);
    status s = OK;
    must(all != NULL);
    for (size_t i = 0; i < names->count; i++)
        sorted[i] = names->names[i];
    qsort(sorted, names->count, sizeof *sorted, by_bytes);
    for (size_t i = 0; i < names->count && s == OK; i++)
        if (i == 0 || !bytes_equal(sorted[i], sorted[i - 1]))
            s = add_name(all, sorted[i]);
    mem_free(sorted);
    if (s == OK)
        *out_all = all;
    else
        GENERAL_NAMES_free(all);
    return s;
}

static bool same_names(GENERAL_NAMES *a, GENERAL_NAMES *b) {
    uint8_t *one = NULL, *other = NULL;
    int one_len = i2d_GENERAL_NAMES(a, &one), other_len = i2d_GENERAL_NAMES(b, &other);
    bool same = one_len == other_len && one_len > 0 && memcmp(one, other, (size_t)one_len) == 0;
    OPENSSL_free(one);
    OPENSSL_free(other);
    return same;
}

bool leaf_names_are(const X509 *certificate, const struct server_names *names) {
    GENERAL_NAMES *has = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    GENERAL_NAMES *wanted = NULL;
    bool same = has && alternative_names(names, &wanted) == OK && same_names(has, wanted);
    GENERAL_NAMES_free(has);
    GENERAL_NAMES_free(wanted);
    return same;
}

/* ---- certificates ---- */

static void set_serial(X509 *x) {
    uint8_t serial[SERIAL_BYTES];
    must(RAND_bytes(serial, sizeof serial) == 1);
    serial[0] = (serial[0] & 0x7F) | 0x40; /* positive, always 16 bytes */
    BIGNUM *n = BN_bin2bn(serial, sizeof serial, NULL);
    must(n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)));
    BN_free(n);
}

static void set_times(X509 *x, long ends_in_s) {
    time_t now = (time_t)(clock_wall_ms() / 1000);
    must(X509_time_adj_ex(X509_getm_notBefore(x), 0, -BEFORE_S, &now) != NULL);
    must(X509_time_adj_ex(X509_getm_notAfter(x), (int)(ends_in_s / DAY_S), ends_in_s % DAY_S,
                          &now) != NULL);
}

static void set_subject(X509 *x, bytes common_name) {
    X509_NAME *subject = X509_get_subject_name(x);
    if (common_name.len > COMMON_NAME_MAX) /* the alternative names are what counts */
        common_name = BYTES("Kedge server");
    must(X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_ASC, (const uint8_t *)"Kedge", -1, -1,
                                    0));
    must(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, common_name.ptr,
                                    (int)common_name.len, -1, 0));
}

static void add_extension(X509 *x, X509 *issuer, int nid, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, x, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    must(e && X509_add_ext(x, e, -1));
    X509_EXTENSION_free(e);
}

static X509 *certificate_new(EVP_PKEY *key, bytes common_name, long ends_in_s) {
    X509 *x = X509_new();
    must(x && X509_set_version(x, X509_VERSION_3) && X509_set_pubkey(x, key));
    set_serial(x);
    set_times(x, ends_in_s);
    set_subject(x, common_name);
    return x;
}

X509 *root_new(EVP_PKEY *key, const char *common_name) {
    X509 *x = certificate_new(key, bytes_from(common_name), (long)ROOT_DAYS * DAY_S);
    must(X509_set_issuer_name(x, X509_get_subject_name(x)));
    add_extension(x, x, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
    add_extension(x, x, NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(x, x, NID_subject_key_identifier, "hash");
    must(X509_sign(x, key, EVP_sha256()) > 0);
    return x;
}

status leaf_new(const struct signer *by, EVP_PKEY *key, const struct server_names *names,
                X509 **out_certificate) {
    GENERAL_NAMES *all;
    enum tls_leaf kind;
    assert(names->count > 0);
    TRY(alternative_names(names, &all));
    X509 *x = certificate_new(key, names->names[0], LEAF_S);
    must(X509_set_issuer_name(x, X509_get_subject_name(by->certificate)));
    add_extension(x, by->certificate, NID_basic_constraints, "critical,CA:FALSE");
    bool rsa = key_kind(key, &kind) && kind == LEAF_RSA; /* also for suites without ECDHE */
    add_extension(x, by->certificate, NID_key_usage,
                  rsa ? "critical,digitalSignature,keyEncipherment" : "critical,digitalSignature");
    add_extension(x, by->certificate, NID_ext_key_usage, "serverAuth");
    add_extension(x, by->certificate, NID_subject_key_identifier, "hash");
    add_extension(x, by->certificate, NID_authority_key_identifier, "keyid:always");
    must(X509_add1_ext_i2d(x, NID_subject_alt_name, all, 0, 0) == 1);
    GENERAL_NAMES_free(all);
    must(X509_sign(x, by->key, EVP_sha256()) > 0);
    *out_certificate = x;
    return OK;
}

int64_t certificate_ends_ms(const X509 *certificate) {
    struct tm t;
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &t) != 1)
        return 0; /* unreadable: over */
    return (int64_t)timegm(&t) * 1000;
}
