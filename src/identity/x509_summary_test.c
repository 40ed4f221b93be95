#include "identity/x509_summary.h"

#include <string.h>
#include <time.h>

#include "identity/material.h"
#include "support/testing.h"

static struct arena memory;
static const char *const ca_true[] = {"basicConstraints", "critical,CA:TRUE", NULL};
static const char *const many[] = {
    "subjectKeyIdentifier",      "hash",           "basicConstraints", "CA:FALSE", "keyUsage",
    "critical,digitalSignature", "subjectAltName", "DNS:lamp.example", NULL};

static int64_t now_ms(void) {
    return (int64_t)time(NULL) * 1000;
}

static void check_agreement(const struct recipe *r, bool plain) {
    AUTO(x509_certificate) c = {0};
    struct x509_summary s, again;
    bytes der = material_der(r, &memory);
    CHECK_INT(x509_summary_is_plain(der, &memory, &s), plain);
    CHECK_OK(x509_parse_der(der, &c));
    CHECK_OK(x509_summary_read(der, now_ms(), &memory, &again));
    CHECK_TEXT(again.id, c.id);
    CHECK_INT(again.not_before_ms, c.not_before_ms);
    CHECK_INT(again.not_after_ms, c.not_after_ms);
    CHECK_INT(again.is_ca, c.is_ca);
    CHECK_BYTES(x509_names_find(&again.names.subject, X509_NAME_COMMON_NAME, 0),
                x509_names_find(&c.names.subject, X509_NAME_COMMON_NAME, 0));
    if (plain)
        CHECK_TEXT(s.id, c.id);
}

TEST(certificates_of_the_common_forms_need_no_openssl) {
    static const char *const keys[] = {"P-256", "P-384", "P-521", "RSA-2048"};
    static const char *const digests[] = {"SHA256", "SHA384", "SHA512"};
    for (size_t k = 0; k < COUNT_OF(keys); k++)
        for (size_t d = 0; d < COUNT_OF(digests); d++)
            for (size_t signer = 0; signer < COUNT_OF(keys); signer++)
                check_agreement(&(struct recipe){.subject = "CN=lamp/O=Acme",
                                                 .key = keys[k],
                                                 .issuer = "CN=Vendor",
                                                 .signer = keys[signer],
                                                 .digest = digests[d],
                                                 .more = many},
                                true);
    check_agreement(&(struct recipe){.subject = "CN=lamp", .key = "P-256", .version = 1}, true);
    check_agreement(&(struct recipe){.subject = "CN=CA", .key = "P-256", .more = ca_true}, true);
    check_agreement(&(struct recipe){.subject = "CN=lamp", .key = "P-256", .until_s = 2000000000},
                    true); /* a time with four digits of the year */
}

TEST(others_are_left_to_openssl_and_accepted_all_the_same) {
    check_agreement(&(struct recipe){.subject = "CN=lamp", .key = "RSA-2048", .pss = true}, false);
    check_agreement(
        &(struct recipe){.subject = "CN=lamp/O=Acme", .key = "P-256", .multi_valued_rdn = true},
        false);
}

TEST(what_the_registry_refuses_is_refused_in_the_same_words) {
    struct x509_summary s;
    struct recipe r = {.subject = "CN=lamp", .key = "RSA-1024"};
    CHECK_FAILS(x509_summary_read(material_der(&r, &memory), now_ms(), &memory, &s),
                E_CERTIFICATE_INVALID, "RSA with 1024 bits");
    r = (struct recipe){.subject = "CN=lamp", .key = "ED25519"};
    CHECK_FAILS(x509_summary_read(material_der(&r, &memory), now_ms(), &memory, &s),
                E_CERTIFICATE_INVALID, "The key in the certificate is not valid");
    r = (struct recipe){.subject = "CN=lamp", .key = "P-256", .digest = "SHA1"};
    CHECK_FAILS(x509_summary_read(material_der(&r, &memory), now_ms(), &memory, &s),
                E_CERTIFICATE_INVALID, "is signed with");
    r = (struct recipe){.subject = "CN=lamp", .key = "P-256", .until_s = -100, .from_s = -200};
    CHECK_FAILS(x509_summary_read(material_der(&r, &memory), now_ms(), &memory, &s),
                E_CERTIFICATE_INVALID, "has expired");
    r = (struct recipe){.subject = "CN=lamp", .key = "P-256", .from_s = 200000, .until_s = 300000};
    CHECK_FAILS(x509_summary_read(material_der(&r, &memory), now_ms(), &memory, &s),
                E_CERTIFICATE_INVALID, "not yet valid");
    r = (struct recipe){.subject = "CN=lamp", .key = "P-256", .from_s = 3600, .until_s = 7200};
    CHECK_OK(x509_summary_read(material_der(&r, &memory), now_ms(), &memory, &s));
}

TEST(a_point_that_is_not_on_its_curve_is_no_key) {
    struct x509_summary s;
    struct recipe r = {.subject = "CN=lamp", .key = "P-256"};
    bytes der = arena_copy(&memory, material_der(&r, &memory));
    size_t at = bytes_search(der, BYTES("\x03\x42\x00\x04"));
    ((uint8_t *)der.ptr)[at + 20] ^= 1;
    CHECK(!x509_summary_is_plain(der, &memory, &s));
    CHECK_FAILS(x509_summary_read(der, now_ms(), &memory, &s), E_CERTIFICATE_INVALID, "key");
}

static void read_prefix(bytes prefix) {
    AUTO(arena) a = {0};
    struct x509_summary s;
    CHECK(!x509_summary_is_plain(prefix, &a, &s));
    CHECK_INT(x509_summary_read(prefix, now_ms(), &a, &s), E_CERTIFICATE_INVALID);
}

TEST(no_truncation_passes_for_a_certificate) {
    struct recipe r = {.subject = "CN=lamp", .key = "P-256", .more = many};
    test_each_truncation(material_der(&r, &memory), read_prefix);
}

TEST_MAIN("identity/x509_summary")
