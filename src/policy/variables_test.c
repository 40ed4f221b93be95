#include "policy/variables.h"

#include <stdio.h>
#include <string.h>

#include "policy/fixture.h"
#include "support/testing.h"

/* Values joined by "|"; "-" for undefined. */
static void check_value(const char *context, const char *key, const char *expected) {
    AUTO(arena) a = {0};
    AUTO(buf) joined = {0};
    struct policy_key k = policy_key_parse(bytes_from(key));
    struct policy_values v =
        policy_context_find(fixture_context(&a, context), &fixture_scope, &k, &a);
    if (!v.defined)
        buf_text(&joined, "-");
    for (size_t i = 0; i < v.count; i++) {
        buf_text(&joined, i ? "|" : "");
        buf_append(&joined, v.items[i]);
    }
    if (!bytes_equal(buf_bytes(&joined), bytes_from(expected)))
        print_error("%s with %s\n", key, context);
    CHECK_BYTES(buf_bytes(&joined), bytes_from(expected));
}

static const struct {
    const char *context, *key, *value;
} rows[] = {
    /* [AWS policy 5.1] what each key is, and when */
    {"cid=lamp", "iot:ClientId", "lamp"},
    {"cid=lamp", "IOT:CLIENTID", "lamp"},
    {"http", "iot:ClientId", "-"},
    {"cid=a; ip=192.0.2.1", "aws:SourceIp", "192.0.2.1"},
    {"http; ip=192.0.2.1", "aws:SourceIp", "192.0.2.1"},
    {"cid=a; sni=h", "iot:DomainName", "h"},
    {"cid=a", "iot:DomainName", "-"},
    {"cid=a; certid=abc", "iot:CertificateId", "abc"},
    {"cid=a", "iot:Nope", "-"},
    {"cid=a; thing=a", "iot:Thing.ThingName", "-"},
    {"cid=a; ca=LastWill&PersistentConnect", "iot:ConnectAttributes", "LastWill|PersistentConnect"},
    {"cid=a", "iot:ConnectAttributes", ""},
    {"http", "iot:ConnectAttributes", "-"},
    {"cid=a; will=x/y", "iot:LastWillTopic", "arn:aws:iot:us-east-1:123456789012:topic/x/y"},
    {"cid=a", "iot:LastWillTopic", "-"},
    /* [AWS policy 5.2] the thing resolves or nothing of it is known; an exclusive thing has another
     * name than the client */
    {"cid=a; thing=a", "iot:Connection.Thing.ThingName", "a"},
    {"cid=b; thing=a", "iot:Connection.Thing.ThingName", "a"},
    {"cid=a", "iot:Connection.Thing.ThingName", "-"},
    {"cid=a; thing=a", "iot:Connection.Thing.IsAttached", "true"},
    {"cid=a", "iot:Connection.Thing.IsAttached", "false"},
    {"http", "iot:Connection.Thing.IsAttached", "-"},
    {"cid=a; thing=a; type=T", "iot:Connection.Thing.ThingTypeName", "T"},
    {"cid=a; thing=a", "iot:Connection.Thing.ThingTypeName", "-"},
    {"cid=a; thing=a; attr.k=v", "iot:connection.thing.attributes[k]", "v"},
    {"cid=a; thing=a; attr.k=v", "iot:Connection.Thing.Attributes[K]", "-"},
    {"cid=a; thing=a; attr.k=", "iot:Connection.Thing.Attributes[k]", ""},
    {"cid=a; attr.k=v", "iot:Connection.Thing.Attributes[k]", "-"},
    {"cid=a; thing=a; attr.k=v", "iot:Connection.Thing.Attributes[k", "-"},
    /* [AWS policy 5.3] bare is the first, .1 the second; five at most; .List all of them */
    {"cid=a; CN=x&y&z", "iot:Certificate.Subject.CommonName", "x"},
    {"cid=a; CN=x&y&z", "iot:Certificate.Subject.CommonName.1", "y"},
    {"cid=a; CN=x&y&z", "iot:Certificate.Subject.CommonName.2", "z"},
    {"cid=a; CN=x&y&z", "iot:Certificate.Subject.CommonName.3", "-"},
    {"cid=a; CN=x&y&z", "iot:Certificate.Subject.CommonName.0", "-"},
    {"cid=a; CN=x&y&z", "iot:Certificate.Subject.CommonName.x", "-"},
    {"cid=a; CN=x&y&z", "iot:Certificate.Issuer.CommonName", "-"},
    {"cid=a; CN=x&y&z", "iot:Certificate.Subject.CommonName.List", "x|y|z"},
    {"cid=a; CN=x&y&z", "iot:certificate.subject.commonname.list", "x|y|z"},
    {"cid=a; CN=1&2&3&4&5&6", "iot:Certificate.Subject.CommonName.List", "1|2|3|4|5"},
    {"cid=a; CN=1&2&3&4&5&6", "iot:Certificate.Subject.CommonName.5", "-"},
    {"cid=a", "iot:Certificate.Subject.CommonName.List", "-"},
    /* special characters have a backslash; a directory name is finished text */
    {"cid=a; O=Acme, Inc.", "iot:Certificate.Subject.Organization", "Acme\\, Inc."},
    {"cid=a; O=\"\\+=<>", "iot:Certificate.Subject.Organization", "\\\"\\\\\\+\\=\\<\\>"},
    {"cid=a; dir=cn=x,o=y", "iot:Certificate.Subject.AlternativeName.DirectoryName", "cn=x,o=y"},
    /* serial numbers are decimal */
    {"cid=a; serial=92:12:85:cb:b7:a5:e0:86", "iot:Certificate.SerialNumber",
     "10525622389124227206"},
    {"cid=a; serial=00", "iot:Certificate.SerialNumber", "0"},
    {"cid=a; serial=01:00", "iot:Certificate.SerialNumber", "256"},
    {"cid=a", "iot:Certificate.SerialNumber", "-"},
    {"cid=a; CN=x&y; O=z; serial=01", "iot:Certificate.AvailableKeys",
     "iot:Certificate.SerialNumber|iot:Certificate.Subject.CommonName|"
     "iot:Certificate.Subject.Organization"},
    {"cid=a", "iot:Certificate.AvailableKeys", "-"},
};

TEST(keys_have_the_documented_values) {
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        check_value(rows[i].context, rows[i].key, rows[i].value);
}

TEST(every_name_of_a_certificate_is_a_key_on_both_sides) {
    static const char *const names[] = {
#define NAME_TEXT(name, text) text,
        POLICY_CERTIFICATE_NAMES(NAME_TEXT)
#undef NAME_TEXT
    };
    CHECK_INT(COUNT_OF(names), 18);
    for (unsigned i = 0; i < COUNT_OF(names); i++) {
        char text[100];
        (void)snprintf(text, sizeof text, "iot:Certificate.Issuer.%s", names[i]);
        struct policy_key key = policy_key_parse(bytes_from(text));
        CHECK_INT(key.kind, POLICY_KEY_CERTIFICATE_VALUE);
        CHECK_INT(key.name, i);
        CHECK_INT(key.side, POLICY_ISSUER);
        (void)snprintf(text, sizeof text, "iot:Certificate.Subject.%s.4", names[i]);
        key = policy_key_parse(bytes_from(text));
        CHECK_INT(key.side, POLICY_SUBJECT);
        CHECK_INT(key.index, 4);
    }
}

TEST(without_certificate_nothing_of_it_is_known) {
    AUTO(arena) a = {0};
    struct policy_context c = {.client_id = BYTES("a")};
    struct policy_key key = policy_key_parse(BYTES("iot:CertificateId"));
    CHECK(!policy_context_find(&c, &fixture_scope, &key, &a).defined);
    key = policy_key_parse(BYTES("iot:Certificate.AvailableKeys"));
    CHECK(!policy_context_find(&c, &fixture_scope, &key, &a).defined);
}

TEST(a_serial_number_beyond_all_measure_is_not_shown) {
    AUTO(arena) a = {0};
    uint8_t serial[65] = {1};
    struct policy_certificate cert = {.serial = {serial, sizeof serial}};
    struct policy_context c = {.certificate = &cert};
    struct policy_key key = policy_key_parse(BYTES("iot:Certificate.SerialNumber"));
    CHECK(!policy_context_find(&c, &fixture_scope, &key, &a).defined);
    cert.serial.len = 64;
    CHECK_INT(policy_context_find(&c, &fixture_scope, &key, &a).items[0].len, 152);
}

TEST(a_will_in_another_partition_has_an_arn_there) {
    AUTO(arena) a = {0};
    struct policy_scope china = fixture_scope;
    struct policy_key key = policy_key_parse(BYTES("iot:LastWillTopic"));
    china.partition = BYTES("aws-cn");
    struct policy_values v =
        policy_context_find(fixture_context(&a, "cid=a; will=b"), &china, &key, &a);
    CHECK_BYTES(v.items[0], BYTES("arn:aws-cn:iot:us-east-1:123456789012:topic/b"));
}

TEST(only_values_of_certificates_are_kept_out_of_patterns) { /* [AWS policy 5.3] */
    static const char *const wild[] = {"a*", "a$", "a+", "a?", "a#"};
    struct policy_key cn = policy_key_parse(BYTES("iot:Certificate.Subject.CommonName"));
    struct policy_key client = policy_key_parse(BYTES("iot:ClientId"));
    for (size_t i = 0; i < COUNT_OF(wild); i++) {
        CHECK(!policy_value_is_substitutable(&cn, bytes_from(wild[i])));
        CHECK(policy_value_is_substitutable(&client, bytes_from(wild[i])));
    }
    CHECK(policy_value_is_substitutable(&cn, BYTES("a\\, b")));
    CHECK(!policy_value_is_substitutable(&client, BYTES("\xFF")));
}

TEST(a_value_of_1024_characters_is_substituted_and_one_more_is_not) { /* [AWS policy 5.3] */
    uint8_t text[2050];
    struct policy_key cn = policy_key_parse(BYTES("iot:Certificate.Subject.CommonName"));
    for (size_t i = 0; i < sizeof text; i += 2)
        memcpy(text + i, "\xC3\xA9", 2);
    CHECK(policy_value_is_substitutable(&cn, (bytes){text, 2048}));
    CHECK(!policy_value_is_substitutable(&cn, (bytes){text, 2050}));
}

TEST(what_a_request_knows_is_found_in_any_case) {
    AUTO(arena) a = {0};
    const struct policy_request *r = fixture_request(&a, "topic=cmd/x");
    CHECK_BYTES(policy_request_find(r, BYTES("IOT:topic")).items[0], BYTES("cmd/x"));
    CHECK(!policy_request_find(r, BYTES("iot:Other")).defined);
    CHECK(!policy_request_find(NULL, BYTES("iot:Topic")).defined);
}

TEST_MAIN("policy/variables")
