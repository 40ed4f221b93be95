#include "provisioning/first_connect.h"

#include <string.h>

#include "base/clock.h"
#include "codec/json.h"
#include "identity/material.h"
#include "identity/registration.h"
#include "registry/fixture.h"
#include "support/testing.h"

#define ACCOUNT "111111111111"

static struct registry_fixture f;
static struct first_connect connect;
static struct first_connect_answer answer;
static struct arena told;
static struct announcement last;
static size_t told_count;
static const char *const ca_true[] = {"basicConstraints", "critical,CA:TRUE", NULL};

static void hear(void *context, const struct announcement *announcements, size_t count) {
    for (size_t i = 0; i < count; i++)
        last = (struct announcement){arena_copy(&told, announcements[i].account),
                                     arena_copy(&told, announcements[i].topic),
                                     arena_copy(&told, announcements[i].payload)};
    told_count += count;
}

static void start(void) {
    struct store *s;
    CHECK_OK(store_open(&store_memory, "", &s));
    store_on_announcement(s, hear, NULL);
    registry_fixture_init(&f, s);
    told_count = 0;
    connect = (struct first_connect){
        .store = s,
        .region = BYTES("us-east-1"),
        .account = BYTES(ACCOUNT),
        .stranger = {.server_name = BYTES("localhost"), .server_name_known = true}};
}

static void done(void) {
    first_connect_answer_done(&answer);
    arena_done(&told);
    registry_fixture_done(&f);
    store_close(f.store);
}

static struct recipe ca_recipe(void) {
    return (struct recipe){.subject = "CN=Acme CA", .key = "P-256", .more = ca_true};
}

static bytes leaf_der(void) {
    struct recipe r = {
        .subject = "CN=lamp", .key = "P-384", .issuer = "CN=Acme CA", .signer = "P-256"};
    return material_der(&r, &f.arena);
}

static bytes adopt_in(const struct registry *r, bytes pem) {
    struct registered out;
    struct ca_registration ca = {
        .pem = pem, .mode = CERTIFICATE_MODE_SNI_ONLY, .active = true, .auto_registration = true};
    CHECK_OK(register_ca_certificate(r, &ca, clock_wall_ms(), &out));
    return out.id;
}

static bytes adopt(void) {
    struct recipe c = ca_recipe();
    bytes id = adopt_in(&f.r, material_pem(&c, &f.arena));
    registry_fixture_commit(&f);
    return id;
}

/* Devices connect between transactions of the operator. */
static void knock(int64_t now_ms) {
    registry_fixture_commit(&f);
    store_rollback(TAKE(f.r.txn));
    first_connect_answer_done(&answer);
    CHECK_OK(first_connect(&connect, now_ms, &answer));
    CHECK_OK(store_begin_write(f.store, &f.r.txn));
}

static const struct json *member(const char *name) {
    const struct json *root;
    CHECK_OK(json_parse(&f.arena, last.payload, &root));
    return json_member(root, bytes_from(name));
}

TEST(the_event_is_as_aws_sends_it_first_with_null_then_with_text) { /* [AWS identity 5.3, 5.4] */
    struct certificate_record c;
    char id[65];
    start();
    bytes ca = adopt();
    connect.stranger.der = leaf_der();
    x509_id(connect.stranger.der, id);
    clock_simulate(clock_wall_ms());
    int64_t now = clock_wall_ms();
    knock(now);
    CHECK_TEXT(answer.event, "connect.registered");
    CHECK_INT(told_count, 1);
    CHECK_BYTES(last.account, BYTES(ACCOUNT));
    CHECK_BYTES(last.topic,
                bytes_from(arena_printf(&f.arena, "$aws/events/certificates/registered/%.*s",
                                        BYTES_ARG(ca))));
    CHECK_BYTES(last.payload,
                bytes_from(arena_printf(
                    &f.arena,
                    "{\"certificateId\":\"%s\",\"caCertificateId\":\"%.*s\",\"timestamp\":%lld,"
                    "\"certificateStatus\":\"PENDING_ACTIVATION\",\"awsAccountId\":\"" ACCOUNT
                    "\",\"certificateRegistrationTimestamp\":null}",
                    id, BYTES_ARG(ca), (long long)now)));
    CHECK_OK(certificate_load(&f.r, bytes_from(id), &c));
    CHECK_INT(c.status, CERTIFICATE_PENDING_ACTIVATION);
    CHECK_INT(c.mode, CERTIFICATE_MODE_SNI_ONLY);
    CHECK_INT(c.customer_version, 1);
    CHECK_BYTES(c.ca_certificate_id, ca);
    CHECK(bytes_start_with(c.pem, BYTES("-----BEGIN CERTIFICATE-----\n")) &&
          bytes_end_with(c.pem, BYTES("-----END CERTIFICATE-----\n")));

    knock(now + 5000);
    CHECK_INT(told_count, 2);
    CHECK_TEXT(answer.event, "connect.refused");
    test_check_contains(buf_string(&answer.sentence), "The event went again", __FILE__, __LINE__);
    CHECK_BYTES(member("certificateRegistrationTimestamp")->text,
                bytes_from(arena_printf(&f.arena, "%lld", (long long)c.created_ms)));
    CHECK(json_is_string(member("certificateRegistrationTimestamp")));
    CHECK(!json_is_string(member("timestamp")));
    clock_simulate(-1);
    done();
}

TEST(only_what_is_pending_is_told_again) { /* [AWS identity 5.3] */
    static const struct {
        enum certificate_status status;
        const char *part;
    } cases[] = {{CERTIFICATE_INACTIVE, "INACTIVE: "},
                 {CERTIFICATE_ACTIVE, "activated this moment"},
                 {CERTIFICATE_REVOKED, "REVOKED: "}};
    char id[65];
    start();
    adopt();
    connect.stranger.der = leaf_der();
    x509_id(connect.stranger.der, id);
    knock(clock_wall_ms());
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CHECK_OK(certificate_update_status(&f.r, bytes_from(id), cases[i].status));
        knock(clock_wall_ms());
        CHECK_INT(told_count, 1);
        test_check_contains(buf_string(&answer.sentence), cases[i].part, __FILE__, __LINE__);
    }
    done();
}

TEST(what_is_pending_without_a_ca_or_has_expired_sends_no_event) { /* [AWS identity 5.3, 8] */
    char id[65];
    start();
    connect.stranger.der = leaf_der();
    x509_id(connect.stranger.der, id);
    struct certificate_new c = {.id = bytes_from(id),
                                .pem = BYTES("pem"),
                                .status = CERTIFICATE_PENDING_ACTIVATION,
                                .by_service = true,
                                .not_after_ms = clock_wall_ms() + 1000};
    CHECK_OK(certificate_register(&f.r, &c, NULL));
    knock(clock_wall_ms());
    CHECK_INT(told_count, 0);
    done();
    start();
    adopt();
    connect.stranger.der = leaf_der();
    knock(clock_wall_ms());
    knock(clock_wall_ms() + 100LL * 24 * 3600 * 1000);
    CHECK_INT(told_count, 1);
    done();
}

TEST(a_refusal_writes_nothing_and_says_why) {
    start();
    connect.stranger.der = leaf_der();
    knock(clock_wall_ms());
    CHECK_TEXT(answer.event, "connect.refused");
    test_check_contains(buf_string(&answer.sentence), "ISSUER_UNKNOWN: Certificate", __FILE__,
                        __LINE__);
    CHECK_INT(told_count, 0);
    done();
}

TEST(each_account_has_a_record_and_an_event_of_its_own) { /* [AWS identity 5.6] */
    struct certificate_record c;
    char id[65];
    start();
    struct recipe recipe = ca_recipe();
    bytes pem = material_pem(&recipe, &f.arena);
    struct registry other = fixture_other_account(&f);
    adopt_in(&f.r, pem);
    adopt_in(&other, pem);
    connect.stranger.der = leaf_der();
    x509_id(connect.stranger.der, id);
    knock(clock_wall_ms());
    CHECK_BYTES(last.account, BYTES(ACCOUNT));
    other.txn = f.r.txn;
    CHECK_INT(certificate_load(&other, bytes_from(id), &c), E_NOT_FOUND);
    connect.account = other.account;
    knock(clock_wall_ms());
    CHECK_BYTES(last.account, other.account);
    other.txn = f.r.txn;
    CHECK_OK(certificate_load(&other, bytes_from(id), &c));
    CHECK_INT(told_count, 2);
    done();
}

static const char template_body[] = /* %s: the thing's name */
    "{\"Parameters\": {\"AWS::IoT::Certificate::Id\": {\"Type\": \"String\"}}, \"Resources\": {"
    "\"c\": {\"Type\": \"AWS::IoT::Certificate\", \"Properties\": {\"Status\": \"ACTIVE\", "
    "\"CertificateId\": {\"Ref\": \"AWS::IoT::Certificate::Id\"}}}, "
    "\"p\": {\"Type\": \"AWS::IoT::Policy\", \"Properties\": {\"PolicyName\": \"Device\"}}, "
    "\"t\": {\"Type\": \"AWS::IoT::Thing\", \"Properties\": {\"ThingName\": \"%s\"}}}}";

/* An adopted CA gets this registrationConfig. */
static void set_template(bytes ca, const char *thing) {
    AUTO(buf) json = {0};
    struct json_writer w;
    const char *before = strstr(template_body, "%s");
    const char *body = arena_printf(&f.arena, "%.*s%s%s", (int)(before - template_body),
                                    template_body, thing, before + 2);
    json_start(&w, &json);
    json_object_begin(&w);
    json_name(&w, "templateBody");
    json_text(&w, body);
    json_object_end(&w);
    CHECK_OK(ca_update(&f.r, ca, &(struct ca_changes){.registration_config = buf_bytes(&json)}));
}

TEST(a_ca_with_a_template_provisions_after_the_registration) { /* [AWS identity 6] */
    struct certificate_record c;
    char id[65];
    start();
    bytes ca = adopt();
    CHECK_OK(policy_create(&f.r, BYTES("Device"), BYTES("{}"), NULL));
    set_template(ca, "lamp no 7"); /* no name for a thing */
    connect.stranger.der = leaf_der();
    x509_id(connect.stranger.der, id);
    int64_t now = clock_wall_ms();
    knock(now);
    CHECK_TEXT(answer.event, "provisioning.failed");
    test_check_contains(buf_string(&answer.sentence), "Resources.t", __FILE__, __LINE__);
    CHECK_INT(told_count, 1); /* the event comes all the same */
    CHECK_OK(certificate_load(&f.r, bytes_from(id), &c));
    CHECK_INT(c.status, CERTIFICATE_PENDING_ACTIVATION);
    set_template(ca, "lamp-7");
    knock(now + 60000);
    CHECK_TEXT(answer.event, "connect.provisioned");
    test_check_contains(buf_string(&answer.sentence), "as the thing lamp-7", __FILE__, __LINE__);
    CHECK_INT(told_count, 2);
    CHECK_OK(certificate_load(&f.r, bytes_from(id), &c));
    CHECK_INT(c.status, CERTIFICATE_ACTIVE);
    done();
}

TEST(without_a_server_name_a_default_ca_in_the_chain_tells_the_account) { /* [AWS identity 5.2] */
    struct certificate_record c;
    char id[65];
    AUTO(x509_certificate) x = {0};
    start();
    struct recipe recipe = ca_recipe();
    bytes pem = material_pem(&recipe, &f.arena);
    CHECK_OK(x509_parse_pem(pem, X509_CA_CERTIFICATE, &x));
    struct ca_record ca = {.id = bytes_from(x.id),
                           .pem = pem,
                           .active = true,
                           .auto_registration = true,
                           .mode = CERTIFICATE_MODE_DEFAULT,
                           .subject = bytes_of(x.subject_hash.sha256, 32),
                           .not_after_ms = x.not_after_ms};
    struct registry other = fixture_other_account(&f);
    CHECK_OK(ca_register(&other, &ca, NULL));
    connect.stranger.der = leaf_der();
    connect.stranger.server_name = (bytes){0};
    x509_id(connect.stranger.der, id);
    knock(clock_wall_ms()); /* the leaf alone: the default account is asked */
    test_check_contains(buf_string(&answer.sentence), "so the default account was asked", __FILE__,
                        __LINE__);
    bytes chain[] = {x.der};
    connect.stranger.chain = chain;
    connect.stranger.chain_count = 1;
    knock(clock_wall_ms());
    CHECK_TEXT(answer.event, "connect.registered");
    CHECK_BYTES(bytes_from(answer.account), other.account);
    other.txn = f.r.txn;
    CHECK_OK(certificate_load(&other, bytes_from(id), &c));
    CHECK_INT(c.mode, CERTIFICATE_MODE_DEFAULT);
    done();
}

TEST_MAIN("provisioning/first_connect")
