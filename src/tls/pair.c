#include "tls/pair.h"

#include <assert.h>
#include <ctype.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdatomic.h>
#include <string.h>

#include "tls/certificate.h"
#include "tls/pem.h"

/* ---- taking one in ---- */

static status parse_own(bytes pem, X509 **out_certificate) {
    STACK_OF(X509) *all = pem.len > PAIR_CERTIFICATE_BYTES_MAX ? NULL : pem_certificates(pem);
    if (!all)
        return FAIL(E_CERTIFICATE_INVALID,
                    "The certificate is not a certificate in PEM form (%s): with the AWS CLI "
                    "name its file as fileb://FILE",
                    openssl_text());
    int count = sk_X509_num(all);
    *out_certificate = sk_X509_shift(all);
    sk_X509_pop_free(all, X509_free);
    if (count == 1)
        return OK;
    X509_free(TAKE(*out_certificate));
    return FAIL(E_CERTIFICATE_INVALID,
                "The certificate holds %d certificates: the server's own goes there alone, its "
                "issuers go into the certificate chain",
                count);
}

static status parse_key(bytes pem, EVP_PKEY **out_key) {
    if (pem.len > PAIR_KEY_BYTES_MAX)
        return FAIL(E_CERTIFICATE_INVALID, "The private key has more than %d bytes",
                    PAIR_KEY_BYTES_MAX);
    if (pem_is_encrypted(pem))
        return FAIL(E_CERTIFICATE_INVALID,
                    "The private key is protected by a password: store it without one (openssl "
                    "pkey -in … -out …)");
    *out_key = pem_key(pem);
    if (!*out_key)
        return FAIL(E_CERTIFICATE_INVALID, "The private key is not a private key in PEM form (%s)",
                    openssl_text());
    return OK;
}

/* Each issuer must have signed the one before it. */
static status parse_chain(bytes pem, X509 *first, STACK_OF(X509) * *out_issuers) {
    STACK_OF(X509) * all;
    X509 *below = first;
    if (bytes_trim(pem).len == 0)
        return OK;
    all = pem.len > PAIR_CHAIN_TEXT_MAX ? NULL : pem_certificates(pem);
    if (!all)
        return FAIL(E_CERTIFICATE_INVALID,
                    "The certificate chain is not one of certificates in PEM form (%s)",
                    openssl_text());
    for (int i = 0; i < sk_X509_num(all); i++) {
        X509 *issuer = sk_X509_value(all, i);
        EVP_PKEY *key = X509_get0_pubkey(issuer);
        bool signed_by =
            X509_check_issued(issuer, below) == X509_V_OK && key && X509_verify(below, key) == 1;
        ERR_clear_error();
        if (!signed_by) {
            sk_X509_pop_free(all, X509_free);
            return FAIL(E_CERTIFICATE_INVALID,
                        "Certificate %d of the chain did not sign the one before it: the chain "
                        "begins with the issuer of the server's certificate and goes on upwards",
                        i + 1);
        }
        below = issuer;
    }
    *out_issuers = all;
    return OK;
}

static status check_time(X509 *x, int64_t now_ms) {
    time_t now = (time_t)(now_ms / 1000);
    if (X509_cmp_time(X509_get0_notAfter(x), &now) <= 0)
        return FAIL(E_CERTIFICATE_INVALID, "The certificate has expired: import a renewed one");
    if (X509_cmp_time(X509_get0_notBefore(x), &now) > 0)
        return FAIL(E_CERTIFICATE_INVALID, "The certificate is not valid yet: see its notBefore");
    return OK;
}

static status check_leaf(const struct server_leaf *leaf, int64_t now_ms) {
    enum tls_leaf kind;
    bool fits = X509_check_private_key(leaf->certificate, leaf->key) == 1;
    ERR_clear_error();
    if (!key_kind(leaf->key, &kind))
        return FAIL(E_CERTIFICATE_INVALID, "The private key is neither an EC nor an RSA key");
    if (!fits)
        return FAIL(E_CERTIFICATE_INVALID, "The private key is not that of the certificate");
    TRY(check_time(leaf->certificate, now_ms));
    if (!server_leaf_is_usable(leaf))
        return FAIL(E_CERTIFICATE_INVALID, "The certificate cannot be used for TLS: %s",
                    openssl_text());
    return OK;
}

static status parse_leaf(bytes certificate, bytes chain, bytes key, int64_t now_ms,
                         struct server_leaf *leaf) {
    TRY(parse_own(certificate, &leaf->certificate));
    TRY(parse_key(key, &leaf->key));
    TRY(parse_chain(chain, leaf->certificate, &leaf->issuers));
    return check_leaf(leaf, now_ms);
}

status server_pair_parse(bytes certificate, bytes chain, bytes key, int64_t now_ms,
                         struct server_pair **out_pair) {
    struct server_pair *p = NEW(struct server_pair);
    atomic_init(&p->references, 1);
    status s = parse_leaf(certificate, chain, key, now_ms, &p->leaf);
    if (s == OK)
        *out_pair = p;
    else
        server_pair_unref(p);
    return s;
}

struct server_pair *server_pair_ref(struct server_pair *p) {
    atomic_fetch_add_explicit(&p->references, 1, memory_order_relaxed);
    return p;
}

void server_pair_unref(struct server_pair *p) {
    if (!p || atomic_fetch_sub_explicit(&p->references, 1, memory_order_acq_rel) != 1)
        return;
    server_leaf_done(&p->leaf);
    mem_free(p);
}

/* ---- for a domain ---- */

static size_t der_len(const X509 *x) {
    int len = i2d_X509(x, NULL);
    return len > 0 ? (size_t)len : 0;
}

static status check_length(const struct server_leaf *leaf) {
    int issuers = leaf->issuers ? sk_X509_num(leaf->issuers) : 0;
    size_t len = der_len(leaf->certificate);
    for (int i = 0; i < issuers; i++)
        len += der_len(sk_X509_value(leaf->issuers, i));
    if (issuers + 1 > PAIR_CHAIN_MAX || len > PAIR_CHAIN_BYTES_MAX)
        return FAIL(E_CERTIFICATE_INVALID,
                    "The chain has %d certificates of %zu bytes together; devices are shown at "
                    "most %d of %d bytes",
                    issuers + 1, len, PAIR_CHAIN_MAX, PAIR_CHAIN_BYTES_MAX);
    return OK;
}

status server_pair_serves(const struct server_pair *p, bytes domain_name, int64_t now_ms) {
    X509 *x = p->leaf.certificate;
    bool for_servers = (X509_get_extension_flags(x) & EXFLAG_XKUSAGE) &&
                       (X509_get_extended_key_usage(x) & XKU_SSL_SERVER);
    bool for_name = X509_check_host(x, (const char *)domain_name.ptr, domain_name.len,
                                    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1;
    ERR_clear_error();
    TRY(check_time(x, now_ms));
    if (!for_name)
        return FAIL(E_CERTIFICATE_INVALID,
                    "The certificate is not for the name %.*s: it must stand in its "
                    "subjectAltName, itself or by a wildcard",
                    BYTES_ARG(domain_name));
    if (!for_servers)
        return FAIL(E_CERTIFICATE_INVALID,
                    "The certificate is not for servers: it needs the extended key usage "
                    "serverAuth (openssl req -addext extendedKeyUsage=serverAuth)");
    return check_length(&p->leaf);
}

/* ---- what it says ---- */

static bytes text_of(struct arena *a, BIO *bio) {
    char *text = NULL;
    long len = BIO_get_mem_data(bio, &text);
    bytes copy = arena_copy(a, bytes_of(text, (size_t)len));
    (void)BIO_reset(bio);
    return copy;
}

static bytes name_text(struct arena *a, BIO *bio, const X509_NAME *name) {
    (void)X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
    return text_of(a, bio);
}

static bytes serial_text(struct arena *a, const X509 *x) {
    const ASN1_INTEGER *serial = X509_get0_serialNumber(x);
    AUTO(buf) text = {0};
    for (int i = 0; i < serial->length; i++)
        buf_printf(&text, "%s%02x", i ? ":" : "", serial->data[i]);
    return arena_copy(a, buf_bytes(&text));
}

static void read_names(const X509 *x, struct arena *a, struct server_certificate_facts *f) {
    GENERAL_NAMES *all = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
    int count = all ? sk_GENERAL_NAME_num(all) : 0;
    f->names = ARENA_ARRAY(a, bytes, (size_t)count + 1);
    for (int i = 0; i < count; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(all, i);
        if (name->type == GEN_DNS)
            f->names[f->name_count++] =
                arena_copy(a, bytes_of(name->d.dNSName->data, (size_t)name->d.dNSName->length));
    }
    GENERAL_NAMES_free(all);
}

static bytes common_name(const X509 *x, struct arena *a) {
    X509_NAME *subject = X509_get_subject_name(x);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    const ASN1_STRING *s =
        at < 0 ? NULL : X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
    return s ? arena_copy(a, bytes_of(s->data, (size_t)s->length)) : (bytes){0};
}

static int64_t wall_ms(const ASN1_TIME *time) {
    struct tm tm;
    return ASN1_TIME_to_tm(time, &tm) == 1 ? (int64_t)timegm(&tm) * 1000 : 0;
}

/* As ACM writes them: RSA_2048, EC_prime256v1. */
static bytes key_algorithm(const X509 *x, struct arena *a) {
    const EVP_PKEY *key = X509_get0_pubkey(x);
    char group[64] = "";
    size_t len;
    if (key && EVP_PKEY_is_a(key, "RSA"))
        return bytes_from(arena_printf(a, "RSA_%d", EVP_PKEY_get_bits(key)));
    if (key && EVP_PKEY_get_group_name(key, group, sizeof group, &len) == 1)
        return bytes_from(arena_printf(a, "EC_%s", group));
    ERR_clear_error();
    return (bytes){0};
}

/* SHA256WITHRSA, SHA256WITHECDSA */
static bytes signature_algorithm(const X509 *x, struct arena *a) {
    int digest = NID_undef, key = NID_undef;
    if (OBJ_find_sigid_algs(X509_get_signature_nid(x), &digest, &key) != 1 || digest == NID_undef)
        return (bytes){0};
    char *text =
        arena_printf(a, "%sWITH%s", OBJ_nid2sn(digest), key == NID_rsaEncryption ? "RSA" : "ECDSA");
    for (char *c = text; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return bytes_from(text);
}

status server_certificate_read(bytes certificate, struct arena *a,
                               struct server_certificate_facts *out_facts) {
    struct server_certificate_facts f = {0};
    X509 *x = NULL;
    TRY(parse_own(certificate, &x));
    BIO *bio = BIO_new(BIO_s_mem());
    assert(bio);
    f.subject = name_text(a, bio, X509_get_subject_name(x));
    f.issuer = name_text(a, bio, X509_get_issuer_name(x));
    f.serial = serial_text(a, x);
    read_names(x, a, &f);
    f.common_name = common_name(x, a);
    if (f.common_name.len == 0 && f.name_count > 0)
        f.common_name = f.names[0];
    f.not_before_ms = wall_ms(X509_get0_notBefore(x));
    f.not_after_ms = wall_ms(X509_get0_notAfter(x));
    f.key_algorithm = key_algorithm(x, a);
    f.signature_algorithm = signature_algorithm(x, a);
    BIO_free(bio);
    X509_free(x);
    *out_facts = f;
    return OK;
}
