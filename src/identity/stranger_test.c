#include "identity/stranger.h"

#include <string.h>

#include "base/clock.h"
#include "identity/material.h"
#include "identity/registration.h"
#include "registry/fixture.h"
#include "support/testing.h"

static struct registry_fixture f;
static struct stranger stranger;
static struct buf why;
static const char *const ca_true[] = {"basicConstraints", "critical,CA:TRUE",
                                      "subjectKeyIdentifier", "hash", NULL};
static const char *const with_key_ids[] = {"authorityKeyIdentifier", "keyid", NULL};

static void start(void) {
    struct store *s;
    CHECK_OK(store_open(&store_memory, "", &s));
    registry_fixture_init(&f, s);
    stranger = (struct stranger){.server_name = BYTES("x-ats.iot.us-east-1.kedge.test"),
                                 .server_name_known = true};
}

static void done(void) {
    buf_done(&why);
    registry_fixture_done(&f);
    store_close(f.store);
}

static struct recipe ca_recipe(void) {
    return (struct recipe){.subject = "CN=Acme CA/O=Acme", .key = "P-256", .more = ca_true};
}

static struct recipe leaf_recipe(void) {
    return (struct recipe){
        .subject = "CN=lamp", .key = "P-384", .issuer = "CN=Acme CA/O=Acme", .signer = "P-256"};
}

static bytes adopt_in(const struct registry *r, const struct recipe *recipe, bool active,
                      bool automatic) {
    struct registered out;
    struct ca_registration ca = {.pem = material_pem(recipe, &f.arena),
                                 .mode = CERTIFICATE_MODE_SNI_ONLY,
                                 .active = active,
                                 .auto_registration = automatic};
    CHECK_OK(register_ca_certificate(r, &ca, clock_wall_ms(), &out));
    return out.id;
}

static bytes adopt(const struct recipe *recipe) {
    return adopt_in(&f.r, recipe, true, true);
}

/* The verdict on the stranger, whose sentence has `part`; the CA's id if there is one. */
static bytes judged(enum identity_reason reason, const char *part) {
    struct stranger_verdict v;
    buf_clear(&why);
    CHECK_OK(stranger_judge(&f.r, &stranger, clock_wall_ms(), &v, &why));
    CHECK_TEXT(identity_reason_name(v.reason), identity_reason_name(reason));
    test_check_contains(buf_string(&why), part, __FILE__, __LINE__);
    CHECK(why.len < 1024 - 32);
    bytes id = v.ca.id;
    stranger_verdict_done(&v);
    return id;
}

static void present(const struct recipe *leaf) {
    stranger.der = material_der(leaf, &f.arena);
}

TEST(a_leaf_alone_is_registered_by_the_ca_of_its_issuer) { /* [AWS identity 5.1, 5.2] */
    start();
    struct recipe c = ca_recipe(), l = leaf_recipe();
    bytes ca = adopt(&c);
    present(&l);
    CHECK_BYTES(judged(IDENTITY_REGISTERED, ""), ca);
    CHECK_INT(why.len, 0);
    l.version = 1; /* as openssl x509 -req makes it */
    present(&l);
    CHECK_BYTES(judged(IDENTITY_REGISTERED, ""), ca);
    done();
}

TEST(an_intermediate_that_is_registered_itself_registers) { /* [AWS identity 2.3] */
    start();
    struct recipe c = ca_recipe(), l = leaf_recipe();
    c.issuer = "CN=Acme root";
    c.signer = "RSA-2048";
    bytes ca = adopt(&c);
    present(&l);
    CHECK_BYTES(judged(IDENTITY_REGISTERED, ""), ca);
    done();
}

TEST(an_unknown_issuer_is_named_with_its_key_and_the_nearest_registered_ones) {
    /* [AWS identity 12 rows 4, 13] */
    start();
    struct recipe l = leaf_recipe();
    l.more = with_key_ids;
    struct recipe c = ca_recipe();
    X509 *signer = material_certificate(&c);
    X509_free(signer);
    present(&l);
    CHECK_INT(judged(IDENTITY_ISSUER_UNKNOWN, "its issuer is \"CN = Acme CA, O = Acme\"").len, 0);
    test_check_contains(buf_string(&why), "No CA is registered there", __FILE__, __LINE__);
    test_check_contains(buf_string(&why), "aws iot register-ca-certificate", __FILE__, __LINE__);

    struct recipe far = {.subject = "CN=Bolt CA/O=Bolt", .key = "P-256#2", .more = ca_true},
                  near = {.subject = "CN=Acme CA two/O=Acme", .key = "P-256#3", .more = ca_true},
                  nearer = {
                      .subject = "CN=acme ca/O=Acme Lamps", .key = "P-256#4", .more = ca_true};
    adopt(&far);
    adopt(&near);
    bytes nearest = adopt(&nearer);
    judged(IDENTITY_ISSUER_UNKNOWN, "Nearest registered CA: \"CN = acme ca, O = Acme Lamps\"");
    test_check_contains(buf_string(&why), arena_string(&f.arena, nearest), __FILE__, __LINE__);
    test_check_contains(buf_string(&why), "then \"CN = Acme CA two, O = Acme\"", __FILE__,
                        __LINE__);
    CHECK(!strstr(buf_string(&why), "Bolt"));
    done();
}

TEST(what_is_self_signed_is_told_so) {
    start();
    struct recipe l = {.subject = "CN=mine", .key = "P-384"};
    present(&l);
    judged(IDENTITY_ISSUER_UNKNOWN, "it is self-signed, as \"CN = mine\"");
    done();
}

TEST(a_ca_of_that_name_with_another_key_is_a_signature_mismatch) { /* [AWS identity 12 row 13] */
    start();
    struct recipe c = ca_recipe(), l = leaf_recipe();
    c.key = "P-256#2";
    bytes ca = adopt(&c);
    present(&l);
    CHECK_INT(judged(IDENTITY_SIGNATURE_MISMATCH, "the signature is by another key").len, 0);
    test_check_contains(buf_string(&why), arena_string(&f.arena, ca), __FILE__, __LINE__);
    test_check_contains(buf_string(&why), "presented is absent", __FILE__, __LINE__);
    c = ca_recipe(); /* the right one comes, and is found beside it */
    ca = adopt(&c);
    CHECK_BYTES(judged(IDENTITY_REGISTERED, ""), ca);
    done();
}

TEST(the_state_of_the_ca_decides) { /* [AWS identity 2.6, 5.1] */
    static const bool yes = true;
    start();
    struct recipe c = ca_recipe(), l = leaf_recipe();
    present(&l);
    bytes ca = adopt_in(&f.r, &c, false, false);
    CHECK_BYTES(judged(IDENTITY_ISSUER_INACTIVE, "--new-status ACTIVE"), ca);
    CHECK_OK(ca_update(&f.r, ca, &(struct ca_changes){.active = &yes}));
    judged(IDENTITY_AUTO_REGISTRATION_OFF, "--new-auto-registration-status ENABLE");
    CHECK_OK(ca_update(&f.r, ca, &(struct ca_changes){.auto_registration = &yes}));
    judged(IDENTITY_REGISTERED, "");
    done();
}

TEST(an_expired_ca_registers_nothing) { /* [AWS identity 2.6] */
    start();
    struct recipe c = ca_recipe(), l = leaf_recipe();
    c.until_s = 600;
    l.until_s = 7200;
    bytes ca = adopt(&c);
    present(&l);
    struct stranger_verdict v;
    CHECK_OK(stranger_judge(&f.r, &stranger, clock_wall_ms() + 3600000, &v, &why));
    CHECK_TEXT(identity_reason_name(v.reason), "CA_EXPIRED");
    CHECK_BYTES(v.ca.id, ca);
    test_check_contains(buf_string(&why), "expired at 20", __FILE__, __LINE__);
    stranger_verdict_done(&v);
    c.until_s = 7200; /* the same CA renewed, with the same key: it counts */
    bytes renewed = adopt(&c);
    CHECK_OK(stranger_judge(&f.r, &stranger, clock_wall_ms() + 3600000, &v, &why));
    CHECK_INT(v.reason, IDENTITY_REGISTERED);
    CHECK_BYTES(v.ca.id, renewed);
    stranger_verdict_done(&v);
    done();
}

TEST(what_may_not_be_registered_is_refused_with_the_reason) { /* [AWS identity 1.3, 5.3] */
    static const struct {
        const char *key, *digest;
        long from_s, until_s;
        enum identity_reason reason;
        const char *part;
    } cases[] = {
        {"RSA-1024", NULL, 0, 0, IDENTITY_CERTIFICATE_REFUSED, "2048"},
        {"P-224", NULL, 0, 0, IDENTITY_CERTIFICATE_REFUSED, "secp224r1"},
        {"P-256", "SHA1", 0, 0, IDENTITY_CERTIFICATE_REFUSED, "-sha256"},
        {"P-256", NULL, -7200, -3600, IDENTITY_EXPIRED, "has expired"},
        {"P-256", NULL, 2 * 86400, 3 * 86400, IDENTITY_NOT_YET_VALID, "not yet valid"},
        {"P-256", NULL, 3600, 86400, IDENTITY_REGISTERED, ""}, /* up to a day ahead */
    };
    start();
    struct recipe c = ca_recipe();
    adopt(&c);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct recipe l = leaf_recipe();
        l.key = cases[i].key;
        l.digest = cases[i].digest;
        l.from_s = cases[i].from_s;
        l.until_s = cases[i].until_s;
        present(&l);
        judged(cases[i].reason, cases[i].part);
    }
    done();
}

TEST(the_issuer_of_a_registered_ca_is_told_from_a_registered_issuer) { /* [AWS identity 2.3] */
    start();
    struct recipe root = {.subject = "CN=Acme root", .key = "RSA-2048", .more = ca_true};
    struct recipe between = ca_recipe(), l = leaf_recipe();
    between.issuer = "CN=Acme root";
    between.signer = "RSA-2048";
    bytes root_id = adopt(&root);
    bytes chain[] = {material_der(&between, &f.arena), material_der(&root, &f.arena)};
    present(&l);
    judged(IDENTITY_ISSUER_UNKNOWN, "Nearest registered CA: \"CN = Acme root\"");
    stranger.chain = chain;
    stranger.chain_count = COUNT_OF(chain);
    judged(IDENTITY_ISSUER_UNKNOWN, "register that intermediate itself");
    test_check_contains(buf_string(&why), arena_string(&f.arena, root_id), __FILE__, __LINE__);
    done();
}

TEST(the_ca_of_another_account_does_not_count) { /* [AWS identity 4.2] */
    start();
    struct recipe c = ca_recipe(), l = leaf_recipe();
    struct registry other = fixture_other_account(&f);
    adopt_in(&other, &c, true, true);
    present(&l);
    judged(IDENTITY_ISSUER_UNKNOWN, "is not registered in account 111111111111");
    struct registered out;
    struct certificate_registration leaf = {.pem = material_pem(&l, &f.arena)};
    CHECK_OK(register_certificate(&other, &leaf, clock_wall_ms(), &out));
    present(&l); /* another certificate; that very one: */
    AUTO(x509_certificate) same = {0};
    CHECK_OK(x509_parse_pem(leaf.pem, X509_DEVICE_CERTIFICATE, &same));
    stranger.der = same.der;
    judged(IDENTITY_ISSUER_UNKNOWN, "Another account of this server has it");
    done();
}

TEST(one_in_default_mode_elsewhere_is_registered_nowhere_else) { /* [AWS identity 1.3] */
    start();
    struct recipe c = ca_recipe(), l = leaf_recipe();
    adopt(&c);
    present(&l);
    struct registry other = fixture_other_account(&f);
    char id[65];
    x509_id(stranger.der, id);
    struct certificate_new taken = {.id = bytes_from(id), .pem = BYTES("pem")};
    CHECK_OK(certificate_register(&other, &taken, NULL));
    judged(IDENTITY_UNKNOWN_CERTIFICATE, "another account holds it in DEFAULT mode");
    done();
}

TEST(without_a_server_name_only_a_default_ca_registers) { /* [AWS identity 4.2, 12 row 8] */
    start();
    struct recipe c = ca_recipe(), l = leaf_recipe();
    present(&l);
    stranger.server_name = (bytes){0};
    judged(IDENTITY_ISSUER_UNKNOWN, "no server name (SNI), so the default account was asked");
    adopt(&c);
    judged(IDENTITY_SNI_REQUIRED, "its CA is registered in SNI_ONLY mode");
    done();
    start();
    stranger.server_name = (bytes){0};
    AUTO(x509_certificate) x = {0};
    bytes pem = material_pem(&c, &f.arena);
    CHECK_OK(x509_parse_pem(pem, X509_CA_CERTIFICATE, &x));
    struct ca_record ca = {.id = bytes_from(x.id),
                           .pem = pem,
                           .active = true,
                           .auto_registration = true,
                           .mode = CERTIFICATE_MODE_DEFAULT,
                           .subject = bytes_of(x.subject_hash.sha256, 32),
                           .not_after_ms = x.not_after_ms};
    CHECK_OK(ca_register(&f.r, &ca, NULL));
    present(&l);
    judged(IDENTITY_REGISTERED, "");
    done();
}

TEST(a_server_name_that_is_none_of_ours_is_named_harmlessly) { /* [AWS identity 12 row 8] */
    start();
    struct recipe l = leaf_recipe();
    present(&l);
    stranger.server_name = BYTES("evil\n.example");
    stranger.server_name_known = false;
    judged(IDENTITY_ISSUER_UNKNOWN, "The server name evil?.example is no endpoint here");
    done();
}

TEST(bytes_that_are_no_certificate_are_no_more_than_unknown) {
    start();
    stranger.der = BYTES("no certificate");
    judged(IDENTITY_UNKNOWN_CERTIFICATE, "is not registered in account 111111111111 and cannot be");
    done();
}

TEST_MAIN("identity/stranger")
