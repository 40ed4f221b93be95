#include "codec/json.h"
#include "provisioning/fixture.h"
#include "provisioning/jitp.h"
#include "support/testing.h"

static const char example[] = /* [AWS identity 6.4] */
    "{\"Parameters\": {\"AWS::IoT::Certificate::CommonName\": {\"Type\": \"String\"}, "
    "\"AWS::IoT::Certificate::Id\": {\"Type\": \"String\"}},\r\n"
    "\"Resources\": {\"thing\": {\"Type\": \"AWS::IoT::Thing\", \"Properties\": {\"ThingName\": "
    "{\"Ref\": \"AWS::IoT::Certificate::CommonName\"}, \"AttributePayload\": {\"line\": \"7\"}}, "
    "\"OverrideSettings\": {\"AttributePayload\": \"MERGE\"}}, "
    "\"certificate\": {\"Type\": \"AWS::IoT::Certificate\", \"Properties\": {\"CertificateId\": "
    "{\"Ref\": \"AWS::IoT::Certificate::Id\"}, \"Status\": \"ACTIVE\"}, \"OverrideSettings\": "
    "{\"Status\": \"DO_NOTHING\"}}, "
    "\"policy\": {\"Type\": \"AWS::IoT::Policy\", \"Properties\": {\"PolicyName\": \"Device\"}}}}";

static struct x509_name_value values[] = {{X509_NAME_COMMON_NAME, {(const uint8_t *)"lamp", 4}}};
static struct x509_names names = {.subject = {values, 1}};
static struct jitp_device device;
static struct certificate_record certificate;

static bytes config_of(const char *body) {
    AUTO(buf) json = {0};
    struct json_writer w;
    json_start(&w, &json);
    json_object_begin(&w);
    json_name(&w, "templateBody");
    json_text(&w, body);
    json_object_end(&w);
    return arena_copy(&f.arena, buf_bytes(&json));
}

static void connected_first(const char *body) {
    start();
    struct certificate_new c = fixture_certificate(&f, 7);
    c.status = CERTIFICATE_PENDING_ACTIVATION;
    c.by_service = true;
    CHECK_OK(certificate_register(&f.r, &c, NULL));
    device = (struct jitp_device){c.id, &names, config_of(body)};
    registry_fixture_commit(&f);
}

static status connect_at(int64_t now_ms) {
    struct registry outside = f.r;
    outside.txn = NULL;
    registry_fixture_commit(&f);
    store_rollback(TAKE(f.r.txn));
    status s = jitp_provision(f.store, &outside, &device,
                              &(struct provisioning_options){.now_ms = now_ms}, &done);
    CHECK_OK(store_begin_write(f.store, &f.r.txn));
    CHECK_OK(certificate_load(&f.r, device.certificate_id, &certificate));
    return s;
}

TEST(the_example_makes_the_thing_and_activates_the_certificate) { /* [AWS identity 6] */
    connected_first(example);
    CHECK_OK(policy_create(&f.r, BYTES("Device"), BYTES("{}"), NULL));
    CHECK_OK(connect_at(0));
    CHECK(certificate.status == CERTIFICATE_ACTIVE);
    CHECK_BYTES(done.thing_name, BYTES("lamp"));
    stop();
}

TEST(a_failure_is_kept_and_tried_again_after_a_growing_pause) { /* [AWS identity 6.2] */
    struct jitp_failure failure;
    connected_first(example);
    CHECK_FAILS(connect_at(10000), E_REGISTRATION, "Resources.policy: Policy Device not found");
    CHECK(certificate.status == CERTIFICATE_PENDING_ACTIVATION);
    CHECK_OK(jitp_failure_load(&f.r, device.certificate_id, &failure));
    CHECK_BYTES(failure.sentence, BYTES("Resources.policy: Policy Device not found"));
    CHECK_FAILS(connect_at(10999), E_THROTTLED,
                "Resources.policy: Policy Device not found (failed 1");
    CHECK_FAILS(connect_at(11000), E_REGISTRATION, "Policy Device not found");
    CHECK_FAILS(connect_at(12999), E_THROTTLED, "failed 2 times");
    struct thing_record thing;
    CHECK(thing_load(&f.r, BYTES("lamp"), &thing) == E_NOT_FOUND);
    CHECK_OK(policy_create(&f.r, BYTES("Device"), BYTES("{}"), NULL));
    CHECK_OK(connect_at(13000));
    CHECK(certificate.status == CERTIFICATE_ACTIVE);
    CHECK(jitp_failure_load(&f.r, device.certificate_id, &failure) == E_NOT_FOUND);
    stop();
}

TEST(a_certificate_that_is_active_by_now_is_left_alone) {
    connected_first(example);
    CHECK_OK(certificate_update_status(&f.r, device.certificate_id, CERTIFICATE_ACTIVE));
    CHECK_OK(connect_at(0));
    CHECK_INT(done.resource_count, 0);
    stop();
}

TEST(a_declared_attribute_that_the_subject_lacks_is_named) { /* [AWS identity 6.1] */
    connected_first("{\"Parameters\": {\"AWS::IoT::Certificate::Country\": {\"Type\": \"String\", "
                    "\"Default\": \"JP\"}, \"AWS::IoT::Certificate::Id\": {\"Type\": \"String\"}}, "
                    "\"Resources\": {\"c\": {\"Type\": \"AWS::IoT::Certificate\", \"Properties\": "
                    "{\"CertificateId\": {\"Ref\": \"AWS::IoT::Certificate::Id\"}}}, \"p\": "
                    "{\"Type\": \"AWS::IoT::Policy\", \"Properties\": {\"PolicyName\": \"a\"}}}}");
    CHECK_FAILS(connect_at(0), E_INVALID, "(at Parameters.AWS::IoT::Certificate::Country)");
    stop();
}

TEST(a_template_cannot_activate_another_certificate) {
    connected_first("{\"Resources\": {\"c\": {\"Type\": \"AWS::IoT::Certificate\", \"Properties\": "
                    "{\"CertificateId\": \"0000\"}}, \"p\": {\"Type\": \"AWS::IoT::Policy\", "
                    "\"Properties\": {\"PolicyName\": \"a\"}}}}");
    CHECK_FAILS(connect_at(0), E_INVALID, "Resources.c: CertificateId must be");
    stop();
}

TEST(a_registration_config_is_checked_when_it_is_stored) { /* [AWS identity 2.4] */
    static const char role[] = "arn:aws:iam::123456789012:role/JITP";
    static const struct {
        const char *body, *role, *name;
        status s;
        const char *sentence;
    } rows[] = {
        {example, role, NULL, OK, ""},
        {NULL, NULL, "none", E_NOT_FOUND, "none"},
        {example, role, "none", E_INVALID, "templateName"},
        {NULL, NULL, NULL, E_INVALID, "needs a templateBody or a templateName"},
        {example, NULL, NULL, E_INVALID, "needs a roleArn"},
        {example, "arn:aws:iam::1:user/x/x/x/x/x", NULL, E_INVALID, "is not the ARN of a role"},
        {"{", role, NULL, E_INVALID,
         "Invalid registration template. Template format error: JSON not well-formed with location "
         "of ["},
        {"{\"Resources\": {}}", role, NULL, E_INVALID,
         "Invalid registration template. Neither policyName nor policyDocument is present in the "
         "Template."},
    };
    start();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct registration_config config = {bytes_from(rows[i].body), bytes_from(rows[i].role),
                                             bytes_from(rows[i].name)};
        status s = registration_config_check(&f.r, &config);
        CHECK_INT(s, rows[i].s);
        if (s != OK)
            test_check_contains(failure_text(), rows[i].sentence, __FILE__, __LINE__);
    }
    stop();
}

TEST_MAIN("provisioning/jitp")
