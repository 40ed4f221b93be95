#include "base/clock.h"
#include "identity/material.h"
#include "provisioning/fixture.h"
#include "provisioning/register_thing.h"
#include "registry/billing_group.h"
#include "registry/thing_group.h"
#include "registry/thing_type.h"
#include "support/testing.h"

#define PARAMETERS \
    "\"Parameters\": {\"Name\": {\"Type\": \"String\"}, \"Csr\": {\"Type\": \"String\"}}, "
#define NAME "\"ThingName\": {\"Ref\": \"Name\"}"
#define WITH(name) ((const char *const[]){"Name=" name, NULL})

static const struct tags none;

static void thing_group(const char *name) {
    struct thing_group_new g = {.name = bytes_from(name)};
    CHECK_OK(thing_group_create(&f.r, &g, &none, NULL));
}

static struct thing_record thing(const char *name) {
    struct thing_record t;
    CHECK_OK(thing_load(&f.r, bytes_from(name), &t));
    return t;
}

/* "a=1 b=2 " */
static const char *attributes(const char *name) {
    AUTO(buf) text = {0};
    struct thing_record t = thing(name);
    for (size_t i = 0; i < t.attribute_count; i++)
        buf_printf(&text, "%.*s=%.*s ", BYTES_ARG(t.attributes[i].name),
                   BYTES_ARG(t.attributes[i].value));
    return arena_string(&f.arena, buf_bytes(&text));
}

static const char *groups(const char *name) {
    AUTO(buf) text = {0};
    struct name_list l;
    CHECK_OK(thing_list_groups(&f.r, bytes_from(name), &(struct page){0}, &l));
    for (size_t i = 0; i < l.count; i++)
        buf_printf(&text, "%.*s ", BYTES_ARG(l.items[i]));
    return arena_string(&f.arena, buf_bytes(&text));
}

static const char *csr(void) {
    bytes pem = material_csr(&(struct recipe){.subject = "CN=lamp", .key = "P-256"}, &f.arena);
    return arena_printf(&f.arena, "Csr=%.*s", BYTES_ARG(pem));
}

static const char everything[] =
    "{" PARAMETERS "\"Resources\": {"
    "\"it\": {\"Type\": \"AWS::IoT::Thing\", \"Properties\": {" NAME
    ", \"AttributePayload\": {\"line\": \"7\"}, \"ThingTypeName\": \"Lamp\", "
    "\"ThingGroups\": [\"pilot\"], \"BillingGroup\": \"north\"}},"
    "\"cert\": {\"Type\": \"AWS::IoT::Certificate\", \"Properties\": "
    "{\"CertificateSigningRequest\": {\"Ref\": \"Csr\"}}},"
    "\"named\": {\"Type\": \"AWS::IoT::Policy\", \"Properties\": {\"PolicyName\": \"Known\"}},"
    "\"written\": {\"Type\": \"AWS::IoT::Policy\", \"Properties\": {\"PolicyDocument\": "
    "{\"Version\": \"2012-10-17\", \"Statement\": {\"Effect\": \"Allow\", \"Action\": "
    "\"iot:Connect\", \"Resource\": \"*\"}}}}}}";

static void make_what_must_exist(void) {
    CHECK_OK(
        thing_type_create(&f.r, &(struct thing_type_record){.name = BYTES("Lamp")}, &none, NULL));
    thing_group("pilot");
    CHECK_OK(billing_group_create(&f.r, &(struct billing_group_record){.name = BYTES("north")},
                                  &none, NULL));
    CHECK_OK(policy_create(&f.r, BYTES("Known"), BYTES("{}"), NULL));
}

static status provision_everything(const char *name) {
    const char *parameters[] = {arena_printf(&f.arena, "Name=%s", name), csr(), NULL};
    return provision(everything, parameters);
}

TEST(a_template_makes_thing_certificate_and_policies) { /* [AWS identity 7.6, 9.1] */
    struct policy_list policies;
    struct thing_principal_list principals;
    struct certificate_record certificate;
    start();
    make_what_must_exist();
    CHECK_OK(provision_everything("lamp"));
    CHECK_BYTES(done.thing_name, BYTES("lamp"));
    CHECK_TEXT(attributes("lamp"), "line=7 ");
    CHECK_TEXT(groups("lamp"), "pilot ");
    CHECK_BYTES(thing("lamp").type_name, BYTES("Lamp"));
    CHECK_BYTES(thing("lamp").billing_group_name, BYTES("north"));
    CHECK_OK(certificate_load(&f.r, done.certificate_id, &certificate));
    CHECK(certificate.status == CERTIFICATE_ACTIVE);
    CHECK_BYTES(certificate.pem, done.certificate_pem);
    CHECK_OK(policy_list_attached(&f.r, done.certificate_arn, &(struct page){0}, &policies));
    CHECK_INT(policies.count, 2);
    CHECK_OK(thing_list_principals(&f.r, BYTES("lamp"), NULL, &(struct page){0}, &principals));
    CHECK_BYTES(principals.items[0].name, done.certificate_arn);
    CHECK_INT(done.resource_count, 4);
    CHECK_BYTES(arn_of("it"), BYTES("arn:aws:iot:us-east-1:111111111111:thing/lamp"));
    CHECK_BYTES(arn_of("cert"), done.certificate_arn);
    CHECK_BYTES(arn_of("named"), BYTES("arn:aws:iot:us-east-1:111111111111:policy/Known"));
    stop();
}

TEST(one_document_makes_one_policy_for_all_devices) { /* [AWS identity 7.2] */
    struct policy_list policies;
    start();
    make_what_must_exist();
    CHECK_OK(provision_everything("lamp"));
    bytes first = arena_copy(&f.arena, arn_of("written"));
    bytes name = bytes_skip(first, first.len - 40);
    for (size_t i = 0; i < name.len; i++)
        CHECK((name.ptr[i] >= '0' && name.ptr[i] <= '9') ||
              (name.ptr[i] >= 'A' && name.ptr[i] <= 'F'));
    CHECK_OK(provision_everything("lamp2"));
    CHECK_BYTES(arn_of("written"), first);
    CHECK_OK(policy_list(&f.r, &(struct page){0}, &policies));
    CHECK_INT(policies.count, 2);
    stop();
}

/* Each row leaves one thing out of what must exist [AWS identity 6.2, 7.2]. */
TEST(what_a_template_names_must_exist_and_the_failure_leaves_nothing) {
    static const struct {
        const char *body, *sentence;
    } rows[] = {
        {"\"t\": {\"Type\": \"AWS::IoT::Thing\", \"Properties\": {" NAME
         ", \"ThingTypeName\": \"None\"}}",
         "Resources.t: Thing type None not found"},
        {"\"t\": {\"Type\": \"AWS::IoT::Thing\", \"Properties\": {" NAME
         ", \"ThingGroups\": [\"None\"]}}",
         "Resources.t: Thing group None not found"},
        {"\"t\": {\"Type\": \"AWS::IoT::Thing\", \"Properties\": {" NAME
         ", \"BillingGroup\": \"None\"}}",
         "Resources.t: Billing group None not found"},
        {"\"t\": {\"Type\": \"AWS::IoT::Thing\", \"Properties\": {" NAME "}}, "
         "\"p\": {\"Type\": \"AWS::IoT::Policy\", \"Properties\": {\"PolicyName\": \"None\"}}",
         "Resources.p: Policy None not found"},
        {"\"t\": {\"Type\": \"AWS::IoT::Thing\", \"Properties\": {" NAME "}}, "
         "\"p\": {\"Type\": \"AWS::IoT::Policy\", \"Properties\": {\"PolicyDocument\": \"{}\"}}",
         "Resources.p: "},
        {"\"t\": {\"Type\": \"AWS::IoT::Thing\", \"Properties\": {\"ThingName\": \"a b\"}}",
         "Resources.t: 1 validation error detected: Value 'a b' at 'thingName'"},
        {"\"t\": {\"Type\": \"AWS::IoT::Thing\", \"Properties\": {" NAME ", \"AttributePayload\": "
         "{\"a\": \"1\", \"b\": \"1\", \"c\": \"1\", \"d\": \"1\"}}}",
         "Resources.t: Thing lamp would have 4 attributes"},
        {"\"t\": {\"Type\": \"AWS::IoT::Thing\", \"Properties\": {" NAME "}}, "
         "\"c\": {\"Type\": \"AWS::IoT::Certificate\", \"Properties\": {\"CertificateId\": "
         "\"ab\"}}",
         "Resources.c: The certificate ab is not registered"},
        {"\"c\": {\"Type\": \"AWS::IoT::Certificate\", \"Properties\": {\"CertificatePem\": "
         "\"x\"}}",
         "Resources.c: "},
        {"\"c\": {\"Type\": \"AWS::IoT::Certificate\", \"Properties\": "
         "{\"CertificateSigningRequest\": \"x\"}}",
         "Resources.c: "},
    };
    start();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct thing_list things;
        const char *body =
            arena_printf(&f.arena, "{" PARAMETERS "\"Resources\": {%s}}", rows[i].body);
        CHECK_FAILS(provision(body, WITH("lamp")), E_REGISTRATION, rows[i].sentence);
        CHECK_OK(thing_list(&f.r, NULL, &(struct page){0}, &things));
        CHECK_INT(things.count, 0);
    }
    stop();
}

/* ---- OverrideSettings [AWS identity 7.3] ---- */

static status again(const char *properties, const char *settings) {
    return provision(
        arena_printf(&f.arena,
                     "{\"Resources\": {\"t\": {\"Type\": \"AWS::IoT::Thing\", \"Properties\": "
                     "{\"ThingName\": \"lamp\", %s}, \"OverrideSettings\": {%s}}}}",
                     properties, settings),
        NULL);
}

TEST(override_settings_decide_about_a_thing_that_exists) {
    static const struct {
        const char *properties, *settings;
        status s;
        const char *attributes, *type, *groups; /* afterwards */
    } rows[] = {
#define ATTRIBUTES "\"AttributePayload\": {\"b\": \"2\"}"
#define SAME_ATTRIBUTES "\"AttributePayload\": {\"a\": \"1\"}"
#define TYPE "\"ThingTypeName\": \"Bulb\""
#define GROUPS "\"ThingGroups\": [\"g2\"]"
        {ATTRIBUTES, "", E_UPDATE_CONFLICT, "a=1 ", "Lamp", "g1 "},
        {ATTRIBUTES, "\"AttributePayload\": \"FAIL\"", E_UPDATE_CONFLICT, "a=1 ", "Lamp", "g1 "},
        {ATTRIBUTES, "\"AttributePayload\": \"DO_NOTHING\"", OK, "a=1 ", "Lamp", "g1 "},
        {ATTRIBUTES, "\"AttributePayload\": \"REPLACE\"", OK, "b=2 ", "Lamp", "g1 "},
        {ATTRIBUTES, "\"ATTRIBUTE_PAYLOAD\": \"MERGE\"", OK, "a=1 b=2 ", "Lamp", "g1 "},
        {SAME_ATTRIBUTES, "", OK, "a=1 ", "Lamp", "g1 "},
        {SAME_ATTRIBUTES, "\"AttributePayload\": \"FAIL\"", E_UPDATE_CONFLICT, "a=1 ", "Lamp",
         "g1 "},
        {TYPE, "", E_UPDATE_CONFLICT, "a=1 ", "Lamp", "g1 "},
        {TYPE, "\"ThingTypeName\": \"DO_NOTHING\"", OK, "a=1 ", "Lamp", "g1 "},
        {TYPE, "\"THING_TYPE_NAME\": \"REPLACE\"", OK, "a=1 ", "Bulb", "g1 "},
        {"\"ThingTypeName\": \"Lamp\"", "", OK, "a=1 ", "Lamp", "g1 "},
        {GROUPS, "", E_UPDATE_CONFLICT, "a=1 ", "Lamp", "g1 "},
        {GROUPS, "\"ThingGroups\": \"DO_NOTHING\"", OK, "a=1 ", "Lamp", "g1 "},
        {GROUPS, "\"ThingGroups\": \"REPLACE\"", OK, "a=1 ", "Lamp", "g2 "},
        {GROUPS, "\"THING_GROUPS\": \"MERGE\"", OK, "a=1 ", "Lamp", "g1 g2 "},
        {GROUPS, "\"ThingGroups\": \"FAIL\"", E_UPDATE_CONFLICT, "a=1 ", "Lamp", "g1 "},
        {"\"ThingGroups\": [\"g1\"]", "", OK, "a=1 ", "Lamp", "g1 "},
        {"\"BillingGroup\": \"north\"", "", OK, "a=1 ", "Lamp", "g1 "},
        {"\"BillingGroup\": \"south\"", "", E_UPDATE_CONFLICT, "a=1 ", "Lamp", "g1 "},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        start();
        make_what_must_exist();
        CHECK_OK(thing_type_create(&f.r, &(struct thing_type_record){.name = BYTES("Bulb")}, &none,
                                   NULL));
        thing_group("g1");
        thing_group("g2");
        CHECK_OK(again("\"AttributePayload\": {\"a\": \"1\"}, \"ThingTypeName\": \"Lamp\", "
                       "\"ThingGroups\": [\"g1\"], \"BillingGroup\": \"north\"",
                       ""));
        status s = again(rows[i].properties, rows[i].settings);
        CHECK_INT(s, rows[i].s);
        if (s != OK)
            test_check_contains(failure_text(), "Resources.t: ResourceConflictsException", __FILE__,
                                __LINE__);
        CHECK_TEXT(attributes("lamp"), rows[i].attributes);
        CHECK_BYTES(thing("lamp").type_name, bytes_from(rows[i].type));
        CHECK_TEXT(groups("lamp"), rows[i].groups);
        stop();
    }
}

TEST(override_settings_decide_about_the_status_of_a_certificate) {
    static const struct {
        enum certificate_status before;
        const char *wanted, *setting;
        status s;
        enum certificate_status after;
    } rows[] = {
        {CERTIFICATE_INACTIVE, "ACTIVE", "", E_UPDATE_CONFLICT, CERTIFICATE_INACTIVE},
        {CERTIFICATE_INACTIVE, "ACTIVE", "\"Status\": \"FAIL\"", E_UPDATE_CONFLICT,
         CERTIFICATE_INACTIVE},
        {CERTIFICATE_INACTIVE, "Active", "\"Status\": \"REPLACE\"", OK, CERTIFICATE_ACTIVE},
        {CERTIFICATE_INACTIVE, "ACTIVE", "\"Status\": \"DO_NOTHING\"", OK, CERTIFICATE_INACTIVE},
        {CERTIFICATE_INACTIVE, "INACTIVE", "", OK, CERTIFICATE_INACTIVE},
        {CERTIFICATE_PENDING_ACTIVATION, "ACTIVE", "", OK, CERTIFICATE_ACTIVE},
        {CERTIFICATE_PENDING_ACTIVATION, "ACTIVE", "\"Status\": \"DO_NOTHING\"", OK,
         CERTIFICATE_ACTIVE},
        {CERTIFICATE_REVOKED, "ACTIVE", "\"Status\": \"REPLACE\"", E_REGISTRATION,
         CERTIFICATE_REVOKED},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct certificate_record after;
        start();
        struct certificate_new c = fixture_certificate(&f, 7);
        c.status = rows[i].before;
        c.by_service = true;
        CHECK_OK(certificate_register(&f.r, &c, NULL));
        CHECK_INT(
            provision(arena_printf(&f.arena,
                                   "{\"Resources\": {\"c\": {\"Type\": \"AWS::IoT::Certificate\", "
                                   "\"Properties\": {\"CertificateId\": \"%.*s\", \"Status\": "
                                   "\"%s\"}, \"OverrideSettings\": {%s}}}}",
                                   BYTES_ARG(c.id), rows[i].wanted, rows[i].setting),
                      NULL),
            rows[i].s);
        CHECK_OK(certificate_load(&f.r, c.id, &after));
        CHECK_INT(after.status, rows[i].after);
        stop();
    }
}

TEST(a_certificate_of_a_registered_ca_is_taken_once_and_found_again) { /* [AWS identity 7.2] */
    static const char *const ca_true[] = {"basicConstraints", "critical,CA:TRUE", NULL};
    static const char body[] =
        "{\"Parameters\": {\"Pem\": {\"Type\": \"String\"}}, \"Resources\": {\"c\": {\"Type\": "
        "\"AWS::IoT::Certificate\", \"Properties\": {\"CertificatePem\": {\"Ref\": \"Pem\"}}}}}";
    struct registered ca;
    start();
    bytes ca_pem = material_pem(
        &(struct recipe){.subject = "CN=Acme CA", .key = "P-256", .more = ca_true}, &f.arena);
    bytes pem = material_pem(
        &(struct recipe){
            .subject = "CN=lamp", .key = "P-256#2", .issuer = "CN=Acme CA", .signer = "P-256"},
        &f.arena);
    const char *parameters[] = {arena_printf(&f.arena, "Pem=%.*s", BYTES_ARG(pem)), NULL};
    CHECK_FAILS(provision(body, parameters), E_REGISTRATION,
                "Resources.c: No CA certificate exists for the given certificate");
    CHECK_OK(register_ca_certificate(
        &f.r,
        &(struct ca_registration){.pem = ca_pem, .mode = CERTIFICATE_MODE_SNI_ONLY, .active = true},
        clock_wall_ms(), &ca));
    CHECK_OK(provision(body, parameters));
    bytes first = arena_copy(&f.arena, done.certificate_arn);
    CHECK_BYTES(done.certificate_pem, pem);
    CHECK_OK(provision(body, parameters));
    CHECK_BYTES(done.certificate_arn, first);
    stop();
}

TEST(an_exclusive_thing_is_attached_as_one) { /* [AWS identity 10.2] */
    struct thing_principal_list principals;
    start();
    const char *parameters[] = {"Name=lamp", csr(), NULL};
    CHECK_OK(
        provision("{" PARAMETERS "\"Resources\": {"
                  "\"t\": {\"Type\": \"AWS::IoT::Thing\", \"Properties\": {" NAME "}},"
                  "\"c\": {\"Type\": \"AWS::IoT::Certificate\", \"Properties\": "
                  "{\"CertificateSigningRequest\": {\"Ref\": \"Csr\"}, \"ThingPrincipalType\": "
                  "\"EXCLUSIVE_THING\"}}}}",
                  parameters));
    CHECK_OK(thing_list_principals(&f.r, BYTES("lamp"), NULL, &(struct page){0}, &principals));
    CHECK(principals.items[0].type == THING_PRINCIPAL_EXCLUSIVE);
    stop();
}

TEST_MAIN("provisioning/register_thing")
