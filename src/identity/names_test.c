#include "identity/names.h"

#include <string.h>

#include "identity/material.h"
#include "support/testing.h"

static struct arena memory;

static struct x509_names names_of(const struct recipe *r) {
    struct x509_names names;
    CHECK_OK(x509_names_read(material_der(r, &memory), &memory, &names));
    return names;
}

static struct x509_names names_with(const char *extension, const char *value) {
    const char *more[] = {extension, value, NULL};
    return names_of(&(struct recipe){.subject = "CN=lamp", .key = "P-256", .more = more});
}

#define CHECK_NAME(values, name, index, expected) \
    CHECK_BYTES(x509_names_find(&(values), X509_NAME_##name, (index)), BYTES(expected))

TEST(reads_every_attribute_that_policies_know) { /* [AWS policy 5.1] */
    struct x509_names n = names_of(&(struct recipe){
        .subject = "C=JP/ST=Hokkaido/L=Sapporo/O=Acme, Inc./OU=Lamps/CN=lamp-1/serialNumber=S7/"
                   "title=T/SN=Sato/GN=Hanako/initials=H.S./pseudonym=P/generationQualifier=II/"
                   "dnQualifier=Q",
        .issuer = "CN=Acme CA/O=Acme",
        .signer = "P-256#2",
        .key = "P-256"});
    CHECK_INT(n.subject.count, 13); /* no locality */
    CHECK_NAME(n.subject, COUNTRY, 0, "JP");
    CHECK_NAME(n.subject, STATE, 0, "Hokkaido");
    CHECK_NAME(n.subject, ORGANIZATION, 0, "Acme, Inc.");
    CHECK_NAME(n.subject, ORGANIZATIONAL_UNIT, 0, "Lamps");
    CHECK_NAME(n.subject, COMMON_NAME, 0, "lamp-1");
    CHECK_NAME(n.subject, SERIAL_NUMBER, 0, "S7");
    CHECK_NAME(n.subject, TITLE, 0, "T");
    CHECK_NAME(n.subject, SURNAME, 0, "Sato");
    CHECK_NAME(n.subject, GIVEN_NAME, 0, "Hanako");
    CHECK_NAME(n.subject, INITIALS, 0, "H.S.");
    CHECK_NAME(n.subject, PSEUDONYM, 0, "P");
    CHECK_NAME(n.subject, GENERATION_QUALIFIER, 0, "II");
    CHECK_NAME(n.subject, DN_QUALIFIER, 0, "Q");
    CHECK_INT(n.issuer.count, 2);
    CHECK_NAME(n.issuer, COMMON_NAME, 0, "Acme CA");
    arena_done(&memory);
}

TEST(of_one_attribute_the_first_five_values_are_seen) { /* [AWS policy 5.3] */
    struct x509_names n = names_of(
        &(struct recipe){.subject = "OU=a/OU=b/OU=c/OU=d/OU=e/OU=f/CN=lamp", .key = "P-256"});
    CHECK_INT(n.subject.count, X509_VALUES_MAX + 1);
    CHECK_NAME(n.subject, ORGANIZATIONAL_UNIT, 0, "a");
    CHECK_NAME(n.subject, ORGANIZATIONAL_UNIT, 4, "e");
    CHECK(x509_names_find(&n.subject, X509_NAME_ORGANIZATIONAL_UNIT, 5).ptr == NULL);
    CHECK_NAME(n.subject, COMMON_NAME, 0, "lamp");
    arena_done(&memory);
}

TEST(alternative_names_are_read_as_text) { /* [AWS policy 5.1] */
    struct x509_names n =
        names_with("subjectAltName", "email:a@b.example,DNS:lamp.example,DNS:l2.example,"
                                     "URI:urn:lamp:1,IP:192.0.2.1,IP:2001:db8::1,RID:1.2.3");
    CHECK_INT(n.subject.count, 7); /* with the common name */
    CHECK_NAME(n.subject, ALT_EMAIL, 0, "a@b.example");
    CHECK_NAME(n.subject, ALT_DNS, 0, "lamp.example");
    CHECK_NAME(n.subject, ALT_DNS, 1, "l2.example");
    CHECK_NAME(n.subject, ALT_URI, 0, "urn:lamp:1");
    CHECK_NAME(n.subject, ALT_IP, 0, "192.0.2.1");
    CHECK_NAME(n.subject, ALT_IP, 1, "2001:db8::1");
    CHECK_INT(n.issuer.count, 1);
    n = names_with("issuerAltName", "DNS:ca.example");
    CHECK_NAME(n.issuer, ALT_DNS, 0, "ca.example");
    CHECK_INT(n.subject.count, 1);
    arena_done(&memory);
}

/* SEQUENCE { [4] { Name } }: C=JP, O=Acme, CN=a,b + unknown attribute 1.2.3. */
TEST(a_directory_name_is_text_with_the_most_specific_part_first) {
    struct x509_names n =
        names_with("subjectAltName",
                   "DER:30:37:a4:35:30:33:31:0b:30:09:06:03:55:04:06:13:02:4a:50:31:0d:30:0b:"
                   "06:03:55:04:0a:0c:04:41:63:6d:65:31:15:30:0a:06:03:55:04:03:0c:03:61:2c:"
                   "62:30:07:06:02:2a:03:0c:01:78");
    CHECK_NAME(n.subject, ALT_DIRECTORY, 0, "cn=a\\,b+oid.2a03=x,o=Acme,c=JP");
    arena_done(&memory);
}

TEST(an_alternative_name_that_cannot_be_read_is_passed_over) {
    struct x509_names n = names_with("subjectAltName", "DER:30:08:87:03:01:02:03:82:01:78");
    CHECK_INT(n.subject.count, 2); /* an address of three bytes, then DNS x */
    CHECK_NAME(n.subject, ALT_DNS, 0, "x");
    n = names_with("subjectAltName", "DER:30:05:82:09:78:78:78");
    CHECK_INT(n.subject.count, 1);
    arena_done(&memory);
}

TEST(the_serial_number_is_a_magnitude) { /* [AWS policy 5.1] */
    struct x509_names n =
        names_of(&(struct recipe){.subject = "CN=a", .key = "P-256", .serial = "921285cbb7a5e086"});
    CHECK_BYTES(n.serial, BYTES("\x92\x12\x85\xcb\xb7\xa5\xe0\x86"));
    n = names_of(&(struct recipe){.subject = "CN=a", .key = "P-256", .serial = "0"});
    CHECK_BYTES(n.serial, BYTES("\0"));
    arena_done(&memory);
}

TEST(version_1_has_no_alternative_names_and_is_fine) {
    struct x509_names n =
        names_of(&(struct recipe){.subject = "CN=old", .key = "P-256", .version = 1});
    CHECK_INT(n.subject.count, 1);
    CHECK_NAME(n.subject, COMMON_NAME, 0, "old");
    arena_done(&memory);
}

TEST(each_name_has_the_spelling_of_policies) {
    CHECK_TEXT(x509_name_text(X509_NAME_DN_QUALIFIER), "DistinguishedNameQualifier");
    CHECK_TEXT(x509_name_text(X509_NAME_ALT_IP), "AlternativeName.IPAddress");
    for (int i = 0; i < X509_NAME_COUNT; i++)
        CHECK(strlen(x509_name_text((enum x509_name)i)) > 0);
}

/* ---- comparing names ---- */

/* SEQUENCE { SET { SEQUENCE { commonName, value } } } */
static struct x509_name_hash hash_of(uint8_t tag, bytes value) {
    AUTO(buf) der = {0};
    struct x509_name_hash hash;
    uint8_t len = (uint8_t)value.len;
    const uint8_t head[] = {0x30, len + 11, 0x31, len + 9, 0x30, len + 7, 0x06,
                            3,    0x55,     4,    3,       tag,  len};
    buf_append(&der, bytes_of(head, sizeof head));
    buf_append(&der, value);
    CHECK_OK(x509_name_hash(buf_bytes(&der), &hash));
    return hash;
}

static bool same(uint8_t tag_a, bytes a, uint8_t tag_b, bytes b) {
    struct x509_name_hash x = hash_of(tag_a, a), y = hash_of(tag_b, b);
    return x509_name_hash_equal(&x, &y);
}

TEST(names_are_equal_whatever_their_case_space_and_string_type) { /* [RFC 5280 7.1] */
    CHECK(same(0x0C, BYTES("Acme CA"), 0x13, BYTES("  acme \t ca ")));
    CHECK(same(0x0C, BYTES("Caf\xc3\xa9"), 0x14, BYTES("caf\xe9")));
    CHECK(same(0x0C, BYTES("caf\xc3\xa9"), 0x1E, BYTES("\0c\0a\0f\0\xe9")));
    CHECK(same(0x0C, BYTES("\xf0\x9f\x92\xa1"), 0x1C, BYTES("\0\x01\xf4\xa1")));
    CHECK(!same(0x0C, BYTES("Acme CA"), 0x0C, BYTES("AcmeCA")));
    CHECK(!same(0x0C, BYTES("a"), 0x04, BYTES("a"))); /* OCTET STRING is no text */
    CHECK(!same(0x04, BYTES("A"), 0x04, BYTES("a")));
}

TEST(what_is_no_text_is_never_a_value) {
    struct x509_name_hash hash;
    CHECK(!same(0x0C, BYTES("\xff"), 0x0C, BYTES("\xfe"))); /* ill-formed UTF-8 */
    CHECK(!same(0x1E, BYTES("abc"), 0x1E, BYTES("abd")));   /* half a character */
    CHECK(!same(0x1C, BYTES("\0\0\xd8\0"), 0x1C, BYTES("\0\0\xd8\x01")));
    CHECK_FAILS(x509_name_hash(BYTES("\x30\x02\x31\x01"), &hash), E_MALFORMED, "");
}

static void read_prefix(bytes prefix) {
    AUTO(arena) scratch = {0};
    struct x509_names names;
    CHECK(x509_names_read(prefix, &scratch, &names) == E_MALFORMED);
}

TEST(meets_each_truncation) {
    const char *more[] = {"basicConstraints", "critical,CA:TRUE", "subjectAltName",
                          "DNS:a,IP:192.0.2.1,URI:x", NULL};
    struct recipe r = {.subject = "CN=lamp/O=Acme", .key = "P-256", .more = more};
    test_each_truncation(material_der(&r, &memory), read_prefix);
    arena_done(&memory);
}

TEST(refuses_der_that_is_not_der) {
    static const bytes bad[] = {
        BYTES(""),
        BYTES("\x30"),
        BYTES("\x30\x80\0\0"),               /* indefinite */
        BYTES("\x30\x81\x02\x30\0"),         /* length not in its shortest form */
        BYTES("\x30\x82\0\x80"),             /* the same */
        BYTES("\x30\x85\0\0\0\0\x02\x30\0"), /* five bytes of length */
        BYTES("\x3f\x81\0\0"),               /* a tag of several bytes */
        BYTES("\x30\x04\x30\x02\x02\x00"),   /* a serial number and no more */
        BYTES("\x31\x00"),
    };
    struct x509_names names;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        CHECK(x509_names_read(bad[i], &memory, &names) == E_MALFORMED);
    arena_done(&memory);
}

TEST_MAIN("identity/names")
