/* Certificates and requests from anywhere: PEM, or DER that this program wraps. What is accepted
 * must mean the same when read again, and OpenSSL and our own walk must agree about it. */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "identity/csr.h"
#include "identity/pem.h"
#include "identity/x509_summary.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds) {
    if (!holds)
        abort();
}

/* The entries of a name, when no set has two: then order does not matter for the comparison. */
static bool is_plain(const X509_NAME *name) {
    int count = X509_NAME_entry_count(name);
    return count == 0 || X509_NAME_ENTRY_set(X509_NAME_get_entry(name, count - 1)) == count - 1;
}

/* Our folded hashes and OpenSSL's canonical comparison are one relation. */
static void compare_names(const struct x509_certificate *c) {
    const X509_NAME *subject = X509_get_subject_name(c->openssl);
    const X509_NAME *issuer = X509_get_issuer_name(c->openssl);
    if (is_plain(subject) && is_plain(issuer))
        must((X509_NAME_cmp(subject, issuer) == 0) ==
             x509_name_hash_equal(&c->subject_hash, &c->issuer_hash));
}

/* The first common name is what OpenSSL says it is. */
static void compare_common_name(const struct x509_certificate *c) {
    X509_NAME *subject = X509_get_subject_name(c->openssl);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    bytes ours = x509_names_find(&c->names.subject, X509_NAME_COMMON_NAME, 0);
    if (at < 0) {
        must(ours.ptr == NULL);
        return;
    }
    unsigned char *text = NULL;
    int len =
        ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    if (len >= 0 && ours.ptr && X509_NAME_get_index_by_NID(subject, NID_commonName, at) < 0)
        must(bytes_equal(ours, bytes_of(text, (size_t)len)));
    OPENSSL_free(text);
    ERR_clear_error();
}

static void check_certificate(const struct x509_certificate *c) {
    AUTO(buf) pem = {0};
    AUTO(x509_certificate) again = {0};
    must(c->version >= 1 && c->version <= 3 && strlen(c->subject) <= 203);
    must(bytes_are_utf8(bytes_from(c->subject)) && bytes_are_utf8(bytes_from(c->issuer)));
    must(c->names.subject.count <= X509_VALUES_MAX * X509_NAME_COUNT);
    compare_names(c);
    compare_common_name(c);
    pem_encode("CERTIFICATE", c->der, &pem);
    if (pem.len > X509_PEM_BYTES_MAX)
        return;
    must(x509_parse_pem(buf_bytes(&pem), X509_CA_CERTIFICATE, &again) == OK);
    must(strcmp(again.id, c->id) == 0 && bytes_equal(again.der, c->der));
}

static void try_checks(const struct x509_certificate *c) {
    status all[] = {x509_check_quality(c), x509_check_validity(c, 1700000000000), x509_check_ca(c),
                    x509_check_signed_by(c, c)};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        must(all[i] == OK || all[i] == E_CERTIFICATE_INVALID);
}

/* What the quick reading takes, the thorough one takes, and says the same of it. */
static void compare_readings(bytes der) {
    AUTO(arena) memory = {0};
    AUTO(x509_certificate) c = {0};
    struct x509_summary s;
    if (!x509_summary_is_plain(der, &memory, &s))
        return;
    must(x509_parse_der(der, &c) == OK && x509_check_quality(&c) == OK);
    must(strcmp(c.id, s.id) == 0 && c.is_ca == s.is_ca);
    must(c.not_before_ms == s.not_before_ms && c.not_after_ms == s.not_after_ms);
}

static void try_certificate(bytes text) {
    AUTO(x509_certificate) c = {0};
    status s = x509_parse_pem(text, X509_DEVICE_CERTIFICATE, &c);
    must(s == OK || s == E_CERTIFICATE_INVALID);
    must(s == OK || strlen(failure_text()) > 0);
    if (s != OK)
        return;
    check_certificate(&c);
    compare_readings(c.der);
    try_checks(&c);
}

static void try_csr(bytes text) {
    X509_REQ *csr = NULL;
    status s = csr_parse(text, &csr);
    must(s == OK || s == E_INVALID);
    X509_REQ_free(csr);
}

static void try_der(bytes der) {
    AUTO(arena) memory = {0};
    AUTO(buf) certificate = {0};
    AUTO(buf) csr = {0};
    struct x509_names names;
    status s = x509_names_read(der, &memory, &names);
    must(s == OK || s == E_MALFORMED);
    compare_readings(der);
    pem_encode("CERTIFICATE", der, &certificate);
    pem_encode("CERTIFICATE REQUEST", der, &csr);
    try_certificate(buf_bytes(&certificate));
    try_csr(buf_bytes(&csr));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bytes input = bytes_of(data, size);
    try_certificate(input);
    try_csr(input);
    try_der(input);
    return 0;
}
