#include "provisioning/fleet.h"

#include <string.h>

#include "account/account.h"
#include "base/clock.h"
#include "identity/material.h"
#include "provisioning/fixture.h"
#include "registry/certificate_provider.h"
#include "registry/provisioning_claim.h"
#include "registry/provisioning_template.h"
#include "support/testing.h"

#define ACCOUNT "111111111111"
#define HOOK "arn:aws:lambda:us-east-1:" ACCOUNT ":function:hook"
#define ROLE BYTES("arn:aws:iam::" ACCOUNT ":role/provision")
#define HOUR_MS (60 * 60 * 1000)
enum { NOW_MS = 1600000000 };

static const char lamp[] =
    "{\"Parameters\":{\"Serial\":{\"Type\":\"String\"},\"Site\":{\"Type\":\"String\","
    "\"Default\":\"lab\"}},\"Resources\":{"
    "\"thing\":{\"Type\":\"AWS::IoT::Thing\",\"Properties\":{\"ThingName\":{\"Ref\":\"Serial\"},"
    "\"AttributePayload\":{\"site\":{\"Ref\":\"Site\"}}}},"
    "\"certificate\":{\"Type\":\"AWS::IoT::Certificate\",\"Properties\":{\"CertificateId\":"
    "{\"Ref\":\"AWS::IoT::Certificate::Id\"}}}},"
    "\"DeviceConfiguration\":{\"site\":{\"Ref\":\"Site\"}}}";

/* ---- a function that stands in ---- */

struct stand_in {
    struct functions functions;
    status result;
    bytes answer; /* JSON; or, for a provider, a certificate for the CSR that it was sent */
    unsigned calls;
    struct buf event, function;
};

static status stand_in(struct functions *functions, const struct function_request *request,
                       struct arena *a, bytes *out_result) {
    struct stand_in *s = OWNER(functions, struct stand_in, functions);
    s->calls++;
    buf_clear(&s->event);
    buf_append(&s->event, request->event);
    buf_clear(&s->function);
    buf_append(&s->function, request->function);
    CHECK_INT(request->timeout_ms, 5000);
    CHECK_BYTES(request->account, BYTES(ACCOUNT));
    if (s->result != OK)
        return FAIL(s->result, "the stand-in failed");
    *out_result = arena_copy(a, s->answer);
    return OK;
}
static const struct function_ops stand_in_ops = {stand_in};

/* ---- an account with a template ---- */

static struct store *store;
static struct arena memory;
static struct registry r;
static struct stand_in function;
static struct issuer *issuer;
static struct fleet fleet;
static struct fleet_certificate made;
static struct fleet_provisioned provisioned;
static const struct tags no_tags = {NULL, 0};
static const struct fleet_caller claim = {
    .account = BYTES(ACCOUNT), .client_id = BYTES("fresh"), .certificate_id = BYTES("c1a1")};

static void begin(void) {
    CHECK_OK(store_begin_write(store, &r.txn));
}

static void commit(void) {
    CHECK_OK(store_commit(TAKE(r.txn)));
}

static void put_template(bool enabled, const char *hook) {
    struct provisioning_template t = {.name = BYTES("lamps"),
                                      .role_arn = ROLE,
                                      .body = bytes_from(lamp),
                                      .enabled = enabled,
                                      .hook_arn = bytes_from(hook)};
    begin();
    CHECK_OK(provisioning_template_create(&r, &t, &no_tags));
    commit();
}

static void set_up(void) {
    struct account account;
    clock_simulate(NOW_MS);
    CHECK_OK(store_open(&store_memory, "", &store));
    CHECK_OK(account_ensure_default(store, BYTES(ACCOUNT), &account));
    issuer = fixture_issuer();
    r = (struct registry){
        .arena = &memory, .account = BYTES(ACCOUNT), .region = BYTES("us-east-1")};
    function = (struct stand_in){.functions = {&stand_in_ops},
                                 .answer = BYTES("{\"allowProvisioning\":true}")};
    fleet = (struct fleet){.source = {store, issuer, &function.functions, BYTES("us-east-1")}};
}

static void tear_down(void) {
    fleet_certificate_done(&made);
    made = (struct fleet_certificate){0};
    buf_done(&function.event);
    buf_done(&function.function);
    arena_done(&memory);
    store_close(store);
    clock_simulate(-1);
}

static void make(void) {
    struct recipe lamp_recipe = {.subject = "CN=lamp", .key = "P-256"};
    fleet_certificate_done(&made);
    CHECK_OK(fleet_certify(&fleet, &claim, material_csr(&lamp_recipe, &memory), clock_wall_ms(),
                           &memory, &made));
}

static status provision_with(const char *parameters) {
    struct fleet_provisioning p = {.template_name = BYTES("lamps"),
                                   .token = bytes_from(made.token)};
    if (parameters)
        CHECK_OK(json_parse(&memory, bytes_from(parameters), &p.parameters));
    return fleet_provision(&fleet, &claim, &p, clock_wall_ms(), &memory, &provisioned);
}

static enum certificate_status status_now(void) {
    struct certificate_record c;
    begin();
    status s = certificate_load(&r, bytes_from(made.issued.certificate.id), &c);
    commit();
    return s == OK ? c.status : CERTIFICATE_STATUS_COUNT; /* gone */
}

/* ---- with a token ---- */

TEST(a_token_makes_one_device) { /* [AWS identity 8.2] */
    set_up();
    put_template(true, NULL);
    make();
    CHECK(status_now() == CERTIFICATE_PENDING_ACTIVATION);
    CHECK_INT(strlen(made.token), OWNERSHIP_TOKEN_LEN);
    CHECK_OK(provision_with("{\"Serial\":\"s1\",\"Site\":\"plant\"}"));
    CHECK_BYTES(provisioned.thing_name, BYTES("s1"));
    CHECK_INT(provisioned.device_configuration_count, 1);
    CHECK_BYTES(provisioned.device_configuration[0].value, BYTES("plant"));
    CHECK_BYTES(provisioned.certificate_id, bytes_from(made.issued.certificate.id));
    CHECK(status_now() == CERTIFICATE_ACTIVE);
    CHECK_FAILS(provision_with("{\"Serial\":\"s2\"}"), E_OWNERSHIP_TOKEN, "was used already");
    tear_down();
}

TEST(a_key_pair_is_made_for_who_brings_none) {
    set_up();
    CHECK_OK(fleet_make_certificate(&fleet, &claim, NOW_MS, &memory, &made));
    CHECK(bytes_start_with(buf_bytes(&made.issued.private_key_pem),
                           BYTES("-----BEGIN RSA PRIVATE KEY-----")));
    CHECK(status_now() == CERTIFICATE_PENDING_ACTIVATION);
    CHECK_INT(function.calls, 0);
    tear_down();
}

TEST(a_token_is_good_for_an_hour_and_then_its_certificate_goes) {
    set_up();
    put_template(true, NULL);
    make();
    CHECK_OK(fleet_sweep(store, r.region, NOW_MS + HOUR_MS - 1));
    CHECK(status_now() == CERTIFICATE_PENDING_ACTIVATION);
    clock_simulate(NOW_MS + HOUR_MS);
    CHECK_FAILS(provision_with("{\"Serial\":\"s1\"}"), E_OWNERSHIP_TOKEN, "has expired");
    CHECK_OK(fleet_sweep(store, r.region, NOW_MS + HOUR_MS));
    CHECK(status_now() == CERTIFICATE_STATUS_COUNT);
    CHECK_FAILS(provision_with("{\"Serial\":\"s1\"}"), E_OWNERSHIP_TOKEN, "its hour is over");
    tear_down();
}

TEST(a_token_cannot_be_changed_nor_made_up) { /* [AWS identity 8.4] */
    set_up();
    put_template(true, NULL);
    make();
    for (size_t i = 0; i < OWNERSHIP_TOKEN_LEN; i++) {
        char kept = made.token[i];
        made.token[i] = kept == '0' ? '1' : '0';
        CHECK(provision_with("{\"Serial\":\"s1\"}") == E_OWNERSHIP_TOKEN);
        made.token[i] = kept;
    }
    made.token[OWNERSHIP_TOKEN_LEN - 1] = 0;
    CHECK_FAILS(provision_with("{\"Serial\":\"s1\"}"), E_OWNERSHIP_TOKEN, "none that was given");
    made.token[0] = 0;
    CHECK_FAILS(provision_with("{\"Serial\":\"s1\"}"), E_OWNERSHIP_TOKEN,
                "Certificate ownership token cannot be empty.");
    tear_down();
}

TEST(a_token_whose_certificate_was_deleted_says_so) {
    set_up();
    put_template(true, NULL);
    make();
    begin();
    CHECK_OK(certificate_delete(&r, bytes_from(made.issued.certificate.id), false));
    commit();
    CHECK_FAILS(provision_with("{\"Serial\":\"s1\"}"), E_OWNERSHIP_TOKEN, "was deleted");
    tear_down();
}

TEST(what_fails_leaves_nothing_behind_and_the_token_unspent) {
    struct thing_record thing;
    set_up();
    put_template(true, NULL);
    make();
    CHECK_FAILS(provision_with(NULL), E_INVALID, "Serial");
    CHECK_FAILS(provision_with("{\"Serial\":\"two words\"}"), E_REGISTRATION, "thingName");
    CHECK_FAILS(provision_with("{\"Serial\":\"s1\",\"Site\":\"with space\"}"), E_REGISTRATION,
                "Resources.thing");
    begin();
    CHECK(thing_load(&r, BYTES("s1"), &thing) == E_NOT_FOUND);
    commit();
    CHECK(status_now() == CERTIFICATE_PENDING_ACTIVATION);
    CHECK_OK(provision_with("{\"Serial\":\"s1\"}"));
    tear_down();
}

/* ---- templates ---- */

TEST(only_enabled_fleet_templates_provision) {
    struct provisioning_template jitp = {.name = BYTES("jitp"),
                                         .role_arn = ROLE,
                                         .body = bytes_from(lamp),
                                         .enabled = true,
                                         .type = PROVISIONING_TEMPLATE_JITP};
    struct fleet_provisioning p = {.template_name = BYTES("jitp")};
    set_up();
    make();
    p.token = bytes_from(made.token);
    CHECK_FAILS(provision_with("{\"Serial\":\"s1\"}"), E_NOT_FOUND, "lamps");
    put_template(false, NULL);
    CHECK_FAILS(provision_with("{\"Serial\":\"s1\"}"), E_ACCESS_DENIED, "is disabled");
    begin();
    CHECK_OK(provisioning_template_create(&r, &jitp, &no_tags));
    commit();
    CHECK_FAILS(fleet_provision(&fleet, &claim, &p, NOW_MS, &memory, &provisioned), E_INVALID,
                "of type JITP");
    tear_down();
}

/* ---- claims ---- */

TEST(a_claim_of_a_trusted_user_ends_for_who_is_connected_too) { /* [AWS identity 8.3] */
    set_up();
    begin();
    CHECK_OK(provisioning_claim_create(&r, claim.certificate_id, BYTES("lamps"), NULL));
    commit();
    clock_simulate(NOW_MS + 2 * PROVISIONING_CLAIM_MS);
    make();
    clock_simulate(NOW_MS + 2 * PROVISIONING_CLAIM_MS + 1);
    CHECK_FAILS(fleet_make_certificate(&fleet, &claim, clock_wall_ms(), &memory, &made),
                E_ACCESS_DENIED, "claim has ended");
    CHECK_FAILS(provision_with("{}"), E_ACCESS_DENIED, "claim has ended");
    tear_down();
}

/* ---- hooks ---- */

static bytes event_member(const char *name) {
    const struct json *event;
    CHECK_OK(json_parse(&memory, arena_copy(&memory, buf_bytes(&function.event)), &event));
    const struct json *v = json_member(event, bytes_from(name));
    return v ? v->text : (bytes){0};
}

TEST(a_hook_is_told_all_and_may_change_parameters) { /* [AWS identity 8.5] */
    set_up();
    put_template(true, HOOK);
    function.answer = BYTES("{\"allowProvisioning\":true,\"parameterOverrides\":"
                            "{\"Site\":\"Seattle\",\"AWS::IoT::Certificate::Id\":\"stolen\"}}");
    make();
    CHECK_OK(provision_with("{\"Serial\":\"s1\",\"Site\":\"plant\"}"));
    CHECK_INT(function.calls, 1);
    CHECK_BYTES(buf_bytes(&function.function), BYTES(HOOK));
    CHECK_BYTES(event_member("claimCertificateId"), claim.certificate_id);
    CHECK_BYTES(event_member("certificateId"), bytes_from(made.issued.certificate.id));
    CHECK_BYTES(event_member("certificatePem"), buf_bytes(&made.issued.pem));
    CHECK_BYTES(event_member("templateArn"),
                BYTES("arn:aws:iot:us-east-1:" ACCOUNT ":provisioningtemplate/lamps"));
    CHECK_BYTES(event_member("clientId"), BYTES("fresh"));
    bytes event = buf_bytes(&function.event);
    CHECK(bytes_search(event, BYTES("\"parameters\":{\"Serial\":\"s1\",\"Site\":\"plant\"}")) <
          event.len);
    CHECK_BYTES(provisioned.device_configuration[0].value, BYTES("Seattle"));
    CHECK(status_now() == CERTIFICATE_ACTIVE);
    tear_down();
}

TEST(anything_but_a_yes_from_the_hook_is_a_no) { /* [AWS identity 8.5] */
    static const struct {
        const char *answer, *why;
    } answers[] = {
        {"{\"allowProvisioning\":false}", "did not allow"},
        {"{\"allowProvisioning\":\"true\"}", "did not allow"},
        {"{}", "has no allowProvisioning"},
        {"null", "has no allowProvisioning"},
        {"<html>", "refused"},
        {"", "refused"},
        {"{\"allowProvisioning\":true,\"parameterOverrides\":{\"Site\":7}}",
         "parameterOverrides.Site is not a string"},
        {"{\"allowProvisioning\":true,\"parameterOverrides\":[]}", "not an object"},
    };
    static const status failures[] = {E_NOT_FOUND, E_DENIED, E_UNAVAILABLE, E_INVALID};
    set_up();
    put_template(true, HOOK);
    make();
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        function.answer = bytes_from(answers[i].answer);
        CHECK_FAILS(provision_with("{\"Serial\":\"s1\"}"), E_ACCESS_DENIED, answers[i].why);
    }
    for (size_t i = 0; i < COUNT_OF(failures); i++) {
        function.result = failures[i];
        CHECK_FAILS(provision_with("{\"Serial\":\"s1\"}"), E_ACCESS_DENIED,
                    "The pre-provisioning hook " HOOK " refused: the stand-in failed");
    }
    fleet.source.functions = NULL;
    CHECK_FAILS(provision_with("{\"Serial\":\"s1\"}"), E_ACCESS_DENIED, "Function not found");
    CHECK(status_now() == CERTIFICATE_PENDING_ACTIVATION);
    tear_down();
}

/* ---- certificate providers ---- */

static struct recipe wanted(void) {
    return (struct recipe){.subject = "CN=lamp", .key = "P-256"};
}

/* The stand-in answers with a certificate by this recipe. */
static void provide(struct recipe recipe) {
    AUTO(buf) text = {0};
    struct json_writer w;
    json_start(&w, &text);
    json_object_begin(&w);
    json_name(&w, "certificatePem");
    json_string(&w, material_pem(&recipe, &memory));
    json_object_end(&w);
    function.answer = arena_copy(&memory, buf_bytes(&text));
}

static status certify(void) {
    struct recipe request = wanted();
    fleet_certificate_done(&made);
    made = (struct fleet_certificate){0};
    return fleet_certify(&fleet, &claim, material_csr(&request, &memory), clock_wall_ms(), &memory,
                         &made);
}

static void add_provider(void) {
    struct certificate_provider p = {.name = BYTES("ours"), .function_arn = BYTES(HOOK)};
    begin();
    CHECK_OK(certificate_provider_create(&r, &p, &no_tags));
    commit();
}

TEST(a_provider_issues_in_place_of_the_service) { /* [AWS identity 11.1] */
    struct recipe recipe = wanted();
    set_up();
    clock_simulate(-1); /* certificates of the tests are of today */
    add_provider();
    recipe.issuer = "CN=Our CA";
    recipe.signer = "P-384";
    provide(recipe);
    CHECK_OK(certify());
    CHECK_BYTES(bytes_from(made.issued.certificate.issuer), BYTES("CN = Our CA"));
    CHECK_BYTES(event_member("principalId"), claim.certificate_id);
    CHECK_BYTES(event_member("clientId"), BYTES("fresh"));
    CHECK(bytes_start_with(event_member("certificateSigningRequest"), BYTES("-----BEGIN")));
    CHECK(status_now() == CERTIFICATE_PENDING_ACTIVATION);
    tear_down();
}

TEST(what_a_provider_gives_must_be_what_was_asked_for) {
    struct recipe recipe = wanted();
    set_up();
    clock_simulate(-1);
    add_provider();
    recipe.key = "P-256#2";
    provide(recipe);
    CHECK_FAILS(certify(), E_INVALID,
                "The certificate provider ours gave no certificate: the "
                "certificate is for another key");
    recipe = wanted();
    recipe.subject = "CN=fan";
    provide(recipe);
    CHECK_FAILS(certify(), E_INVALID, "another subject (CN = fan)");
    recipe = wanted();
    recipe.from_s = -7200;
    recipe.until_s = -3600;
    provide(recipe);
    CHECK_FAILS(certify(), E_INVALID, "expired");
    function.answer = BYTES("{}");
    CHECK_FAILS(certify(), E_INVALID, "without a certificatePem");
    function.answer = BYTES("{\"certificatePem\":\"no\"}");
    CHECK_FAILS(certify(), E_INVALID, "ours");
    function.result = E_UNAVAILABLE;
    CHECK_FAILS(certify(), E_INVALID, "the stand-in failed");
    function.calls = 0;
    CHECK(fleet_certify(&fleet, &claim, BYTES("no CSR"), clock_wall_ms(), &memory, &made) ==
          E_INVALID);
    CHECK_INT(function.calls, 0);
    tear_down();
}

TEST_MAIN("fleet")
