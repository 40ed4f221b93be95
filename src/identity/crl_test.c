#include "base/clock.h"
#include "identity/crl.h"
#include "identity/material.h"
#include "support/testing.h"

#include <stdlib.h>

static const struct recipe ca_recipe = {
    .subject = "CN=My CA",
    .key = "P-256",
    .more = (const char *const[]){"basicConstraints", "CA:TRUE", NULL}};
static const struct crl_recipe ordinary = {.issuer = "CN=My CA",
                                           .signer = "P-256",
                                           .number = 7,
                                           .count = 3,
                                           .first = 0x1230,
                                           .step = 4,
                                           .reason = 1};

static struct x509_certificate parse_ca(const struct recipe *r) {
    AUTO(arena) a = {0};
    struct x509_certificate ca = {0};
    CHECK_OK(x509_parse_pem(material_pem(r, &a), X509_CA_CERTIFICATE, &ca));
    return ca;
}

TEST(a_crl_is_read_with_its_entries) { /* [RFC 5280 5.1] */
    AUTO(arena) a = {0};
    struct crl crl;
    struct crl_entry entries[3];
    size_t count;
    CHECK_OK(crl_parse(material_crl_der(&ordinary, &a), &crl));
    CHECK_INT(crl.entry_count, 3);
    CHECK_BYTES(crl.number, BYTES("\x07"));
    CHECK(llabs(crl.this_update_ms - (clock_wall_ms() - 3600000)) < 60000);
    CHECK(llabs(crl.next_update_ms - (clock_wall_ms() + 86400000)) < 60000);
    crl_entries(&crl, entries, &count);
    CHECK_INT(count, 3);
    CHECK_BYTES(entries[1].serial, BYTES("\x12\x34"));
    CHECK(entries[1].reason == 1);
    CHECK(llabs(entries[1].revoked_ms - (clock_wall_ms() - 3600000)) < 60000);
}

TEST(a_crl_may_be_empty_and_may_name_no_number_and_no_successor) {
    AUTO(arena) a = {0};
    struct crl crl;
    struct crl_recipe r = {.issuer = "CN=My CA", .signer = "P-256", .without_next = true};
    CHECK_OK(crl_parse(material_crl_der(&r, &a), &crl));
    CHECK(crl.entry_count == 0 && crl.number.len == 0 && crl.next_update_ms == 0);
    CHECK_OK(crl_check_time(&crl, clock_wall_ms()));
}

TEST(what_was_taken_back_is_not_an_entry) { /* [RFC 5280 5.3.1] */
    AUTO(arena) a = {0};
    struct crl crl;
    struct crl_recipe r = ordinary;
    struct crl_entry entries[3];
    size_t count;
    r.reason = 8;
    CHECK_OK(crl_parse(material_crl_der(&r, &a), &crl));
    crl_entries(&crl, entries, &count);
    CHECK_INT(count, 0);
}

TEST(a_delta_is_not_taken) {
    AUTO(arena) a = {0};
    struct crl crl;
    struct crl_recipe r = ordinary;
    r.is_delta = true;
    CHECK_FAILS(crl_parse(material_crl_der(&r, &a), &crl), E_CERTIFICATE_INVALID, "delta CRL");
}

static void parse_cut(bytes der) {
    struct crl crl;
    CHECK(crl_parse(der, &crl) == E_CERTIFICATE_INVALID);
}
TEST(a_crl_cut_anywhere_is_refused) {
    AUTO(arena) a = {0};
    test_each_truncation(material_crl_der(&ordinary, &a), parse_cut);
}

TEST(the_signature_is_by_the_ca) {
    static const struct {
        const char *key, *digest;
        bool pss;
    } rows[] = {{"P-256", "SHA256", false},
                {"P-384", "SHA384", false},
                {"RSA-2048", "SHA256", false},
                {"RSA-2048", "SHA512", true}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(arena) a = {0};
        struct recipe ca_like = ca_recipe;
        struct crl_recipe r = ordinary;
        struct crl crl;
        ca_like.key = r.signer = rows[i].key;
        r.digest = rows[i].digest;
        r.pss = rows[i].pss;
        AUTO(x509_certificate) ca = parse_ca(&ca_like);
        bytes der = material_crl_der(&r, &a);
        CHECK_OK(crl_parse(der, &crl));
        CHECK_OK(crl_check_signed_by(&crl, &ca));
        uint8_t *changed = (uint8_t *)arena_string(&a, der);
        changed[(size_t)(crl.entries.ptr - der.ptr) + 5] ^= 1; /* a serial */
        CHECK_OK(crl_parse(bytes_of(changed, der.len), &crl));
        CHECK_FAILS(crl_check_signed_by(&crl, &ca), E_CERTIFICATE_INVALID, "not by the key of CA");
    }
}

TEST(a_crl_of_another_ca_is_refused) {
    AUTO(arena) a = {0};
    struct crl crl;
    struct crl_recipe r = ordinary;
    AUTO(x509_certificate) ca = parse_ca(&ca_recipe);
    r.signer = "P-256#2";
    CHECK_OK(crl_parse(material_crl_der(&r, &a), &crl));
    CHECK_FAILS(crl_check_signed_by(&crl, &ca), E_CERTIFICATE_INVALID, "not by the key");
    r.issuer = "CN=Your CA";
    CHECK_OK(crl_parse(material_crl_der(&r, &a), &crl));
    CHECK_FAILS(crl_check_signed_by(&crl, &ca), E_CERTIFICATE_INVALID, "of another CA");
}

TEST(a_crl_out_of_its_time_is_refused) {
    AUTO(arena) a = {0};
    struct crl crl;
    int64_t now_ms = clock_wall_ms();
    CHECK_OK(crl_parse(material_crl_der(&ordinary, &a), &crl));
    CHECK_OK(crl_check_time(&crl, now_ms));
    CHECK_FAILS(crl_check_time(&crl, now_ms + 2 * 86400000), E_CERTIFICATE_INVALID, "out of date");
    CHECK_FAILS(crl_check_time(&crl, now_ms - 2 * 86400000), E_CERTIFICATE_INVALID, "clocks");
}

TEST(a_file_is_pem_or_der) {
    AUTO(arena) a = {0};
    AUTO(buf) out = {0};
    bytes der = material_crl_der(&ordinary, &a);
    CHECK_OK(crl_decode(der, &out));
    CHECK_BYTES(buf_bytes(&out), der);
    buf_clear(&out);
    CHECK_OK(crl_decode(material_crl_pem(der, &a), &out));
    CHECK_BYTES(buf_bytes(&out), der);
    CHECK_FAILS(crl_decode(material_pem(&ca_recipe, &a), &out), E_CERTIFICATE_INVALID,
                "has a CERTIFICATE where");
    CHECK_FAILS(crl_decode(BYTES("hello"), &out), E_CERTIFICATE_INVALID, "is no CRL");
    CHECK_FAILS(crl_decode((bytes){0}, &out), E_CERTIFICATE_INVALID, "is no CRL");
}

TEST_MAIN("identity/crl")
