#include "identity/x509.h"

#include <string.h>
#include <time.h>

#include "identity/material.h"
#include "support/testing.h"

static struct arena memory;
static const char *const ca_true[] = {"basicConstraints", "critical,CA:TRUE", NULL};
static const char *const with_ids[] = {"subjectKeyIdentifier", "hash", "basicConstraints",
                                       "CA:TRUE", NULL};

static int64_t now_ms(void) {
    return (int64_t)time(NULL) * 1000;
}

static struct x509_certificate parsed(const struct recipe *r) {
    struct x509_certificate c;
    CHECK_OK(x509_parse_pem(material_pem(r, &memory), X509_DEVICE_CERTIFICATE, &c));
    return c;
}

static struct recipe leaf(void) {
    return (struct recipe){
        .subject = "CN=lamp", .key = "P-256", .issuer = "CN=Acme CA/O=Acme", .signer = "RSA-2048"};
}

static struct recipe ca(void) {
    return (struct recipe){.subject = "CN=Acme CA/O=Acme", .key = "RSA-2048", .more = ca_true};
}

TEST(facts_are_those_of_the_certificate) {
    const char *more[] = {"subjectKeyIdentifier",
                          "01:02:03",
                          "authorityKeyIdentifier",
                          "DER:30:05:80:03:01:02:03",
                          "basicConstraints",
                          "CA:FALSE",
                          NULL};
    struct recipe r = leaf();
    r.more = more;
    r.serial = "921285cbb7a5e086";
    r.from_s = -100;
    r.until_s = 100;
    struct x509_certificate c = parsed(&r);
    CHECK_INT(c.version, 3);
    CHECK_TEXT(c.serial, "10525622389124227206"); /* [AWS policy 5.1] */
    CHECK_TEXT(c.subject, "CN = lamp");
    CHECK_TEXT(c.issuer, "CN = Acme CA, O = Acme");
    CHECK_BYTES(c.subject_key_id, BYTES("\1\2\3"));
    CHECK_BYTES(c.authority_key_id, BYTES("\1\2\3"));
    CHECK_BYTES(c.subject_der, BYTES("\x30\x0f\x31\x0d\x30\x0b\x06\x03\x55\x04\x03\x0c\x04lamp"));
    CHECK(!c.is_ca && c.signature_is_accepted && c.key.is_accepted);
    CHECK_TEXT(c.key.name, "P-256");
    CHECK_INT(c.key.kind, X509_KEY_EC);
    CHECK_TEXT(c.signature_algorithm, "sha256WithRSAEncryption");
    CHECK(c.not_after_ms - c.not_before_ms == 200000);
    CHECK(c.not_before_ms <= now_ms() - 99000 && c.not_before_ms > now_ms() - 130000);
    CHECK_BYTES(x509_names_find(&c.names.subject, X509_NAME_COMMON_NAME, 0), BYTES("lamp"));
    x509_certificate_done(&c);
    x509_certificate_done(&c); /* twice is fine */
    arena_done(&memory);
}

TEST(the_id_is_the_sha256_of_the_der) { /* [AWS identity 1.2] */
    bytes der = material_der(&(struct recipe){.subject = "CN=a", .key = "P-256"}, &memory);
    struct x509_certificate c;
    char id[X509_ID_CHARACTERS + 1];
    uint8_t hash[32];
    char hex[64];
    CHECK_OK(x509_parse_der(der, &c));
    CHECK(EVP_Digest(der.ptr, der.len, hash, NULL, EVP_sha256(), NULL) == 1);
    hex_encode(bytes_of(hash, 32), hex);
    x509_id(der, id);
    CHECK_BYTES(bytes_from(c.id), bytes_of(hex, 64));
    CHECK_TEXT(id, c.id);
    CHECK_BYTES(c.der, der);
    x509_certificate_done(&c);
    arena_done(&memory);
}

TEST(the_id_known_from_sha256sum_stays) {
    char id[X509_ID_CHARACTERS + 1];
    x509_id(BYTES("abc"), id);
    CHECK_TEXT(id, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(version_1_leaves_are_accepted) { /* [AWS identity 1.3], openssl x509 -req */
    struct recipe r = leaf();
    r.version = 1;
    struct x509_certificate c = parsed(&r);
    CHECK_INT(c.version, 1);
    CHECK_OK(x509_check_quality(&c));
    CHECK_OK(x509_check_validity(&c, now_ms()));
    x509_certificate_done(&c);
    arena_done(&memory);
}

static status quality_of(const char *key, const char *digest, bool pss) {
    struct x509_certificate c =
        parsed(&(struct recipe){.subject = "CN=a", .key = key, .digest = digest, .pss = pss});
    status s = x509_check_quality(&c);
    x509_certificate_done(&c);
    return s;
}

TEST(accepted_keys_and_signatures) { /* [AWS identity 1.3] */
    CHECK_OK(quality_of("RSA-2048", "SHA256", false));
    CHECK_OK(quality_of("RSA-2048", "SHA384", false));
    CHECK_OK(quality_of("RSA-2048", "SHA512", false));
    CHECK_OK(quality_of("RSA-2048", "SHA256", true));
    CHECK_OK(quality_of("RSA-2048", "SHA512", true));
    CHECK_OK(quality_of("P-256", "SHA256", false));
    CHECK_OK(quality_of("P-384", "SHA384", false));
    CHECK_OK(quality_of("P-521", "SHA512", false));
    arena_done(&memory);
}

TEST(refused_keys_and_signatures) { /* [AWS identity 1.3, 1.7] */
    CHECK_FAILS(quality_of("RSA-1024", "SHA256", false), E_CERTIFICATE_INVALID,
                "The key in the certificate is not valid: RSA with 1024 bits");
    CHECK_FAILS(quality_of("RSA-2040", "SHA256", false), E_CERTIFICATE_INVALID, "2040 bits");
    CHECK_FAILS(quality_of("secp256k1", "SHA256", false), E_CERTIFICATE_INVALID,
                "The key in the certificate is not valid: secp256k1");
    CHECK_FAILS(quality_of("P-224", "SHA256", false), E_CERTIFICATE_INVALID, "is not valid");
    CHECK_FAILS(quality_of("ED25519", NULL, false), E_CERTIFICATE_INVALID,
                "The key in the certificate is not valid: ED25519");
    CHECK_FAILS(quality_of("RSA-2048", "SHA1", false), E_CERTIFICATE_INVALID,
                "is signed with sha1WithRSAEncryption");
    CHECK_FAILS(quality_of("RSA-2048", "MD5", false), E_CERTIFICATE_INVALID, "md5");
    CHECK_FAILS(quality_of("RSA-2048", "SHA224", false), E_CERTIFICATE_INVALID, "sha224");
    CHECK_FAILS(quality_of("P-256", "SHA1", false), E_CERTIFICATE_INVALID, "ecdsa-with-SHA1");
    CHECK_FAILS(quality_of("RSA-2048", "SHA1", true), E_CERTIFICATE_INVALID, "signed with");
    arena_done(&memory);
}

static status validity_of(long from_s, long until_s) {
    struct x509_certificate c = parsed(
        &(struct recipe){.subject = "CN=a", .key = "P-256", .from_s = from_s, .until_s = until_s});
    status s = x509_check_validity(&c, now_ms());
    x509_certificate_done(&c);
    return s;
}

TEST(the_validity_window) { /* [AWS identity 1.3] */
    CHECK_OK(validity_of(-10, 10));
    CHECK_OK(validity_of(23 * 3600, 48 * 3600)); /* up to 24 hours ahead */
    CHECK_FAILS(validity_of(25 * 3600, 48 * 3600), E_CERTIFICATE_INVALID, "is not yet valid");
    CHECK_FAILS(validity_of(-100, -10), E_CERTIFICATE_INVALID, "CN = a has expired: it was valid");
    CHECK_OK(validity_of(-10, 7000L * 366 * 86400)); /* GeneralizedTime, far beyond 2049 */
    arena_done(&memory);
}

static status ca_check_of(long version, const char *const *more) {
    struct x509_certificate c = parsed(
        &(struct recipe){.subject = "CN=a", .key = "P-256", .version = version, .more = more});
    status s = x509_check_ca(&c);
    x509_certificate_done(&c);
    return s;
}

TEST(a_ca_needs_basic_constraints) { /* [AWS identity 1.7, 2.4, 12 row 9] */
    static const char *const ca_false[] = {"basicConstraints", "CA:FALSE", NULL};
    static const char *const no_sign[] = {"basicConstraints", "CA:TRUE", "keyUsage",
                                          "digitalSignature", NULL};
    CHECK_OK(ca_check_of(3, ca_true));
    CHECK_OK(ca_check_of(3, no_sign)); /* nobody says that keyUsage counts */
    CHECK_FAILS(ca_check_of(3, ca_false), E_CERTIFICATE_INVALID,
                "does not have the basicConstraints extension as true");
    CHECK_FAILS(ca_check_of(3, NULL), E_CERTIFICATE_INVALID,
                "openssl x509 -in rootCA.pem -signkey rootCA.key");
    CHECK_FAILS(ca_check_of(1, NULL), E_CERTIFICATE_INVALID,
                "is of version 1 and does not have the basicConstraints extension as true");
    arena_done(&memory);
}

static status signed_by(const struct recipe *l, const struct recipe *c) {
    struct x509_certificate child = parsed(l), parent = parsed(c);
    status s = x509_check_signed_by(&child, &parent);
    x509_certificate_done(&child);
    x509_certificate_done(&parent);
    return s;
}

TEST(a_signature_is_recognised) { /* [AWS identity 2.3, 2.7] */
    struct recipe l = leaf(), c = ca();
    CHECK_OK(signed_by(&l, &c));
    l.version = 1;
    CHECK_OK(signed_by(&l, &c));
    l.pss = true;
    CHECK_OK(signed_by(&l, &c));
    CHECK_OK(signed_by(&c, &c));
    struct recipe ec_leaf = {
        .subject = "CN=l", .key = "RSA-2048", .issuer = "CN=c", .signer = "P-384"};
    struct recipe ec_ca = {.subject = "CN=c", .key = "P-384", .more = ca_true};
    CHECK_OK(signed_by(&ec_leaf, &ec_ca));
    arena_done(&memory);
}

TEST(another_signature_is_told_by_name_key_identifier_or_key) {
    struct recipe l = leaf(), c = ca();
    c.subject = "CN=Other";
    CHECK_FAILS(signed_by(&l, &c), E_CERTIFICATE_INVALID,
                "its issuer is CN = Acme CA, O = Acme, the CA's subject is CN = Other");
    c = ca();
    c.key = "RSA-2048#2";
    CHECK_FAILS(signed_by(&l, &c), E_CERTIFICATE_INVALID,
                "the names agree but the signature is by another key");
    c.key = "P-256#2"; /* another kind of key */
    CHECK_FAILS(signed_by(&l, &c), E_CERTIFICATE_INVALID, "by another key");
    static const char *const aki[] = {"subjectKeyIdentifier", "01:02", "authorityKeyIdentifier",
                                      "DER:30:05:80:03:01:02:03", NULL};
    l.more = aki;
    c = ca();
    c.more = with_ids;
    CHECK_FAILS(signed_by(&l, &c), E_CERTIFICATE_INVALID,
                "its authority key identifier is not the CA's subject key identifier");
    arena_done(&memory);
}

TEST(one_public_key_in_two_certificates_is_recognised) {
    struct recipe one = ca(), two = ca();
    two.serial = "5555";
    struct x509_certificate a = parsed(&one), b = parsed(&two);
    CHECK(strcmp(a.id, b.id) != 0 && x509_same_key(&a, &b));
    x509_certificate_done(&b);
    two.key = "RSA-2048#2";
    b = parsed(&two);
    CHECK(!x509_same_key(&a, &b));
    x509_certificate_done(&a);
    x509_certificate_done(&b);
    arena_done(&memory);
}

TEST(equal_names_hash_alike_for_openssl_and_for_us) {
    struct recipe one = {.subject = "CN=Acme  ca/O=acme", .key = "P-256"};
    struct recipe two = {.subject = "CN=acme CA/O=ACME ", .key = "P-256"};
    struct x509_certificate a = parsed(&one), b = parsed(&two);
    CHECK(X509_NAME_cmp(X509_get_subject_name(a.openssl), X509_get_subject_name(b.openssl)) == 0);
    CHECK(x509_name_hash_equal(&a.subject_hash, &b.subject_hash));
    CHECK(x509_name_hash_equal(&a.subject_hash, &a.issuer_hash));
    x509_certificate_done(&a);
    x509_certificate_done(&b);
    arena_done(&memory);
}

TEST(long_and_odd_names_are_cut_for_people_only) {
    char subject[2048] = "CN=";
    for (size_t i = 0; i < 20; i++)
        strcat(subject, i ? "/OU=\xc3\xa9\xc3\xa9\xc3\xa9\n\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9" : "x");
    struct x509_certificate c = parsed(&(struct recipe){.subject = subject, .key = "P-256"});
    CHECK(strlen(c.subject) <= 203 && bytes_are_utf8(bytes_from(c.subject)));
    CHECK(strstr(c.subject, "...") && !strchr(c.subject, '\n'));
    x509_certificate_done(&c);
    c = parsed(&(struct recipe){.subject = NULL, .key = "P-256"});
    CHECK_TEXT(c.subject, "");
    x509_certificate_done(&c);
    arena_done(&memory);
}

TEST(what_is_not_one_certificate_is_refused) {
    struct x509_certificate c;
    bytes der = material_der(&(struct recipe){.subject = "CN=a", .key = "P-256"}, &memory);
    AUTO(buf) longer = {0};
    buf_append(&longer, der);
    buf_append_byte(&longer, 0);
    CHECK_FAILS(x509_parse_der(buf_bytes(&longer), &c), E_CERTIFICATE_INVALID, "not encoded");
    CHECK_FAILS(x509_parse_der(BYTES("\x30\x03\x02\x01\x01"), &c), E_CERTIFICATE_INVALID,
                "the certificate is not well-formed X.509 (");
    CHECK_FAILS(x509_parse_pem(BYTES("-----BEGIN CERTIFICATE-----\nMAMCAQE=\n"
                                     "-----END CERTIFICATE-----\n"),
                               X509_DEVICE_CERTIFICATE, &c),
                E_CERTIFICATE_INVALID, "certificatePem: the certificate is not well-formed X.509");
    arena_done(&memory);
}

TEST(a_serial_number_without_end_is_refused) {
    char serial[2 * 80 + 1];
    struct x509_certificate c;
    memset(serial, '7', sizeof serial - 1);
    serial[sizeof serial - 1] = 0;
    struct recipe r = {.subject = "CN=a", .key = "P-256", .serial = serial};
    CHECK_FAILS(x509_parse_der(material_der(&r, &memory), &c), E_CERTIFICATE_INVALID,
                "the serial number of the certificate is longer than 512 bits");
    arena_done(&memory);
}

static void parse_prefix(bytes prefix) {
    struct x509_certificate c;
    CHECK(x509_parse_der(prefix, &c) == E_CERTIFICATE_INVALID);
}

TEST(no_truncation_passes) {
    struct recipe r = leaf();
    r.more = with_ids;
    test_each_truncation(material_der(&r, &memory), parse_prefix);
    arena_done(&memory);
}

TEST_MAIN("identity/x509")
