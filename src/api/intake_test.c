/* What certificates are taken in, row by row: kinds of certificates [AWS identity 1.3], and CA
 * certificates by mode, account, subject and key [AWS identity 2.1, 2.4, 2.7]. */
#include "api/fixture.h"
#include "base/log.h"
#include "codec/json.h"
#include "identity/material.h"
#include "support/testing.h"

#define OTHER "222222222222"

static struct fixture f;
static const char *const ca_true[] = {"basicConstraints", "CA:TRUE", NULL};

/* ---- kinds of certificates ---- */

static const char *const for_servers[] = {"extendedKeyUsage", "serverAuth", NULL};
static const char *const for_signing[] = {"keyUsage", "critical,keyCertSign", NULL};
enum { HOUR_S = 3600 };

static const struct recipe accepted[] = {
    {.key = "RSA-2048"},
    {.key = "RSA-3072"},
    {.key = "RSA-2048", .digest = "SHA384"},
    {.key = "RSA-2048", .digest = "SHA512"},
    {.key = "RSA-2048", .pss = true},
    {.key = "RSA-2048", .digest = "SHA384", .pss = true},
    {.key = "RSA-2048", .digest = "SHA512", .pss = true},
    {.key = "P-256"},
    {.key = "P-384", .digest = "SHA384"},
    {.key = "P-521", .digest = "SHA512"},
    {.key = "P-256", .version = 1},
    {.key = "P-256", .more = for_servers},
    {.key = "P-256", .more = for_signing},
    {.key = "P-256", .more = ca_true},
    {.key = "P-256", .from_s = 23 * HOUR_S, .until_s = 48 * HOUR_S},
};

static const struct {
    struct recipe recipe;
    const char *message;
} refused[] = {
    {{.key = "RSA-1024"}, "The key in the certificate is not valid"},
    {{.key = "P-224"}, "The key in the certificate is not valid"},
    {{.key = "secp256k1"}, "The key in the certificate is not valid"},
    {{.key = "ED25519"}, "The key in the certificate is not valid"},
    {{.key = "RSA-2048", .digest = "MD5"}, "is signed with md5WithRSAEncryption"},
    {{.key = "RSA-2048", .digest = "SHA1"}, "is signed with sha1WithRSAEncryption"},
    {{.key = "RSA-2048", .digest = "SHA1", .pss = true}, "is signed with"},
    {{.key = "P-256", .digest = "SHA1"}, "is signed with ecdsa-with-SHA1"},
    {{.key = "P-256", .until_s = -1}, "has expired"},
    {{.key = "P-256", .from_s = 25 * HOUR_S, .until_s = 48 * HOUR_S}, "is not yet valid"},
};

/* Serial numbers tell rows apart that differ in nothing else. */
static int register_alone(struct recipe r, size_t row) {
    r.subject = "CN=lamp";
    r.serial = arena_printf(&f.arena, "%zX", row + 1);
    return ask(&f, "POST", "/certificate/register-no-ca",
               arena_printf(&f.arena, "{\"certificatePem\":%s}",
                            json_quoted(&f, material_pem(&r, &f.arena))));
}

TEST(every_kind_in_the_list_is_registered) { /* [AWS identity 1.3] */
    f = fixture_open();
    log_set_level(LOG_OFF); /* one begins later, which is warned of */
    for (size_t i = 0; i < COUNT_OF(accepted); i++)
        if (register_alone(accepted[i], i) != 200)
            CHECK_TEXT(answer_body(&f), arena_printf(&f.arena, "row %zu is accepted", i));
    fixture_done(&f);
}

TEST(what_is_not_in_the_list_is_refused_with_its_reason) { /* [AWS identity 1.3, 1.7] */
    f = fixture_open();
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        (void)register_alone(refused[i].recipe, i);
        CHECK_REFUSED(&f, 400, "CertificateValidationException", refused[i].message);
    }
    fixture_done(&f);
}

TEST(a_text_of_65536_characters_is_the_longest) { /* [AWS identity 1.3] */
    static const size_t lengths[] = {65536, 65537};
    f = fixture_open();
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        bytes pem = material_pem(&(struct recipe){.subject = "CN=a", .key = "P-256"}, &f.arena);
        AUTO(buf) padded = {0};
        buf_append(&padded, pem);
        while (padded.len < lengths[i])
            buf_append_byte(&padded, '\n');
        (void)ask(
            &f, "POST", "/certificate/register-no-ca",
            arena_printf(&f.arena, "{\"certificatePem\":%s}", json_quoted(&f, buf_bytes(&padded))));
        CHECK_INT(f.response.status, i == 0 ? 200 : 400);
    }
    CHECK_REFUSED(&f, 400, "InvalidRequestException",
                  "Member must have length less than or equal to 65536");
    fixture_done(&f);
}

/* ---- CA certificates ---- */

static struct signing signing_of(const char *account, struct access_key *key) {
    struct account new;
    struct txn *t;
    struct signing s = f.signing;
    CHECK_OK(store_begin_write(f.store.store, &t));
    CHECK_OK(account_create(t, bytes_from(account), &new));
    CHECK_OK(access_key_load_first(t, bytes_from(account), key));
    CHECK_OK(store_commit(t));
    s.access_key_id = key->id;
    s.secret = key->secret;
    return s;
}

/* Registers the CA in this mode for whoever signs; gives the HTTP status. */
static int register_ca_pem(const struct recipe *ca, bytes ca_pem, bool as_default) {
    const char *pem = json_quoted(&f, ca_pem);
    if (!as_default)
        return ask(
            &f, "POST", "/cacertificate?setAsActive=true",
            arena_printf(&f.arena, "{\"caCertificate\":%s,\"certificateMode\":\"SNI_ONLY\"}", pem));
    CHECK_INT(ask(&f, "GET", "/registrationcode", NULL), 200);
    bytes code = answered(&f, "registrationCode");
    const struct recipe proof = {.subject = arena_printf(&f.arena, "CN=%.*s", BYTES_ARG(code)),
                                 .key = "P-256#2",
                                 .issuer = ca->subject,
                                 .signer = ca->key};
    return ask(&f, "POST", "/cacertificate?setAsActive=true",
               arena_printf(&f.arena, "{\"caCertificate\":%s,\"verificationCertificate\":%s}", pem,
                            json_quoted(&f, material_pem(&proof, &f.arena))));
}

static int register_ca(const struct recipe *ca) {
    return register_ca_pem(ca, material_pem(ca, &f.arena), false);
}

TEST(two_accounts_hold_one_ca_unless_the_first_has_it_as_default) { /* [AWS identity 2.1, 2.4] */
    static const struct {
        bool first_is_default, second_is_default;
        int http;
    } rows[] = {{false, false, 200}, {false, true, 200}, {true, false, 409}, {true, true, 409}};
    struct access_key key;
    f = fixture_open();
    struct signing first = f.signing, second = signing_of(OTHER, &key);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct recipe ca = {
            .subject = arena_printf(&f.arena, "CN=%zu", i), .key = "P-256", .more = ca_true};
        bytes pem = material_pem(&ca, &f.arena);
        f.signing = first;
        CHECK_INT(register_ca_pem(&ca, pem, rows[i].first_is_default), 200);
        f.signing = second;
        CHECK_INT(register_ca_pem(&ca, pem, rows[i].second_is_default), rows[i].http);
    }
    access_key_done(&key);
    fixture_done(&f);
}

TEST(an_unfit_ca_is_refused_with_its_reason) { /* [AWS identity 1.7, 2.4] */
    static const struct {
        struct recipe recipe;
        const char *message;
    } rows[] = {
        {{.key = "P-256"}, "does not have the basicConstraints extension as true"},
        {{.key = "P-256", .version = 1}, "does not have the basicConstraints extension as true"},
        {{.key = "RSA-1024", .more = ca_true}, "The key in the certificate is not valid"},
        {{.key = "RSA-2048", .digest = "SHA1", .more = ca_true}, "is signed with sha1"},
        {{.key = "P-256", .until_s = -1, .more = ca_true}, "has expired"},
    };
    f = fixture_open();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct recipe r = rows[i].recipe;
        r.subject = "CN=ca";
        (void)register_ca(&r);
        CHECK_REFUSED(&f, 400, "CertificateValidationException", rows[i].message);
    }
    fixture_done(&f);
}

static struct recipe renewed_ca(size_t number) {
    return (struct recipe){.subject = "CN=renewed",
                           .key = "P-256",
                           .serial = arena_printf(&f.arena, "%zX", number + 1),
                           .more = ca_true};
}

TEST(the_eleventh_ca_of_one_subject_is_one_too_many) { /* [AWS identity 0.3, 2.4] */
    f = fixture_open();
    for (size_t i = 0; i < 11; i++) {
        const struct recipe ca = renewed_ca(i);
        CHECK_INT(register_ca(&ca), i < 10 ? 200 : 410);
    }
    CHECK_REFUSED(&f, 410, "LimitExceededException", "10 CA certificates with this subject");
    fixture_done(&f);
}

static int register_leaf(const char *serial, bytes ca_pem) {
    const struct recipe leaf = {.subject = "CN=lamp",
                                .key = "P-256#2",
                                .issuer = "CN=renewed",
                                .signer = "P-256",
                                .serial = serial};
    const char *pem = json_quoted(&f, material_pem(&leaf, &f.arena));
    if (!ca_pem.len)
        return ask(&f, "POST", "/certificate/register",
                   arena_printf(&f.arena, "{\"certificatePem\":%s}", pem));
    return ask(&f, "POST", "/certificate/register",
               arena_printf(&f.arena, "{\"certificatePem\":%s,\"caCertificatePem\":%s}", pem,
                            json_quoted(&f, ca_pem)));
}

TEST(of_two_cas_with_one_subject_and_key_the_caller_says_which) { /* [AWS identity 2.7] */
    f = fixture_open();
    const struct recipe first = renewed_ca(0), second = renewed_ca(1);
    bytes second_pem = {0};
    CHECK_INT(register_ca(&first), 200);
    CHECK_INT(register_leaf("1", second_pem), 200);
    CHECK_INT(register_ca(&second), 200);
    const char *second_id = arena_string(&f.arena, answered(&f, "certificateId"));
    (void)register_leaf("2", second_pem);
    CHECK_REFUSED(&f, 409, "CertificateConflictException", "--ca-certificate-pem");
    const char *path = arena_printf(&f.arena, "/cacertificate/%s", second_id);
    CHECK_INT(ask(&f, "GET", path, NULL), 200);
    second_pem = answered(&f, "certificateDescription.certificatePem");
    CHECK_INT(register_leaf("2", second_pem), 200);
    bytes id = answered(&f, "certificateId");
    CHECK_INT(ask(&f, "GET", arena_printf(&f.arena, "/certificates/%.*s", BYTES_ARG(id)), NULL),
              200);
    CHECK_ANSWER(&f, "certificateDescription.caCertificateId", second_id);
    CHECK_INT(ask(&f, "PUT", arena_printf(&f.arena, "%s?newStatus=INACTIVE", path), "{}"), 200);
    (void)register_leaf("3", second_pem);
    CHECK_REFUSED(&f, 406, "CertificateStateException", "is INACTIVE");
    fixture_done(&f);
}

TEST_MAIN("api/intake")
