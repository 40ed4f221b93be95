#include "api/fixture.h"
#include "codec/json.h"
#include "identity/material.h"
#include "support/testing.h"

static struct fixture f;

#define TEMPLATE                                                                                  \
    "{\"Parameters\": {\"Name\": {\"Type\": \"String\"}, \"Csr\": {\"Type\": \"String\"}}, "      \
    "\"Resources\": {\"thing\": {\"Type\": \"AWS::IoT::Thing\", \"Properties\": {\"ThingName\": " \
    "{\"Ref\": \"Name\"}}}, \"certificate\": {\"Type\": \"AWS::IoT::Certificate\", "              \
    "\"Properties\": {\"CertificateSigningRequest\": {\"Ref\": \"Csr\"}}}}}"

static int register_thing(const char *template, const char *parameters) {
    return ask(&f, "POST", "/things",
               arena_printf(&f.arena, "{\"templateBody\": %s, \"parameters\": {%s}}",
                            json_quoted(&f, bytes_from(template)), parameters));
}

static const char *csr(void) {
    return json_quoted(
        &f, material_csr(&(struct recipe){.subject = "CN=lamp", .key = "P-256"}, &f.arena));
}

TEST(register_thing_answers_the_certificate_and_the_arns_by_logical_id) { /* [AWS identity 9.1] */
    f = fixture_open();
    const char *request = csr();
    CHECK_INT(register_thing(TEMPLATE,
                             arena_printf(&f.arena, "\"Name\": \"lamp\", \"Csr\": %s", request)),
              200);
    CHECK_ANSWER(&f, "resourceArns.thing", FIXTURE_ARN("thing/lamp"));
    CHECK(bytes_start_with(answered(&f, "resourceArns.certificate"), BYTES(FIXTURE_ARN("cert/"))));
    CHECK(bytes_start_with(answered(&f, "certificatePem"), BYTES("-----BEGIN CERTIFICATE-----")));
    CHECK_INT(ask(&f, "GET", "/things/lamp/principals", NULL), 200);
    CHECK(bytes_start_with(answered(&f, "principals.0"), BYTES(FIXTURE_ARN("cert/"))));
    fixture_done(&f);
}

TEST(register_thing_refuses_in_its_own_words) { /* [AWS identity 0.2, 9.1] */
    f = fixture_open();
    register_thing("{", "");
    CHECK_REFUSED(&f, 400, "InvalidRequestException",
                  "Invalid registration template. Template format error: JSON not well-formed with "
                  "location of [");
    register_thing(TEMPLATE, "\"Name\": \"lamp\"");
    CHECK_REFUSED(&f, 400, "InvalidRequestException",
                  "Cannot resolve reference value: {Ref=Csr}: the parameter was given no value and "
                  "has no Default (at "
                  "Resources.certificate.Properties.CertificateSigningRequest.Ref)");
    register_thing(TEMPLATE, "\"Name\": \"lamp\", \"Csr\": \"x\"");
    CHECK_REFUSED(&f, 400, "ResourceRegistrationFailureException", "Resources.certificate: ");
    const char *request = csr();
    register_thing(TEMPLATE, arena_printf(&f.arena, "\"Name\": \"a b\", \"Csr\": %s", request));
    CHECK_REFUSED(&f, 400, "ResourceRegistrationFailureException", "Resources.thing: ");
    CHECK_INT(ask(&f, "GET", "/certificates", NULL), 200);
    CHECK_INT(answered_json(&f, "certificates")->count, 0); /* all or nothing */
    CHECK_INT(
        ask(&f, "POST", "/things/lamp", "{\"attributePayload\": {\"attributes\": {\"a\": \"1\"}}}"),
        200);
    register_thing("{\"Resources\": {\"thing\": {\"Type\": \"AWS::IoT::Thing\", \"Properties\": "
                   "{\"ThingName\": \"lamp\", \"AttributePayload\": {\"a\": \"2\"}}}}}",
                   "");
    CHECK_REFUSED(&f, 409, "ConflictingResourceUpdateException", "Resources.thing: ");
    fixture_done(&f);
}

/* ---- registrationConfig of a CA [AWS identity 2.4, 2.6] ---- */

#define JITP                                                                            \
    "{\"Resources\": {\"c\": {\"Type\": \"AWS::IoT::Certificate\", \"Properties\": "    \
    "{\"CertificateId\": {\"Ref\": \"%s\"}}}, \"p\": {\"Type\": \"AWS::IoT::Policy\", " \
    "\"Properties\": {\"PolicyName\": \"Device\"}}}, \"Parameters\": "                  \
    "{\"AWS::IoT::Certificate::Id\": {\"Type\": \"String\"}}}"
#define ROLE "arn:aws:iam::123456789012:role/JITPRole"

static const char *config(const char *ref) {
    const char *body = arena_printf(&f.arena, JITP, ref);
    return arena_printf(&f.arena,
                        "\"registrationConfig\": {\"templateBody\": %s, \"roleArn\": \"" ROLE "\"}",
                        json_quoted(&f, bytes_from(body)));
}

static const char *register_ca(const char *registration_config) {
    static const char *const ca_true[] = {"basicConstraints", "critical,CA:TRUE", NULL};
    bytes pem = material_pem(
        &(struct recipe){.subject = "CN=Acme", .key = "P-256", .more = ca_true}, &f.arena);
    ask(&f, "POST", "/cacertificate?setAsActive=true&allowAutoRegistration=true",
        arena_printf(&f.arena, "{\"caCertificate\": %s, \"certificateMode\": \"SNI_ONLY\", %s}",
                     json_quoted(&f, pem), registration_config));
    return arena_printf(&f.arena, "/cacertificate/%.*s", BYTES_ARG(answered(&f, "certificateId")));
}

TEST(a_registration_config_is_checked_kept_replaced_and_removed) {
    f = fixture_open();
    register_ca(config("AWS::IoT::Certificate::Country"));
    CHECK_REFUSED(&f, 400, "InvalidRequestException",
                  "Invalid registration template. Cannot resolve reference value: "
                  "{Ref=AWS::IoT::Certificate::Country} (at "
                  "Resources.c.Properties.CertificateId.Ref)");
    register_ca("\"registrationConfig\": {\"templateName\": \"none\"}");
    CHECK_REFUSED(&f, 404, "ResourceNotFoundException", "none");
    const char *ca = register_ca(config("AWS::IoT::Certificate::Id"));
    CHECK_INT(f.response.status, 200);
    CHECK_INT(ask(&f, "GET", ca, NULL), 200);
    CHECK_ANSWER(&f, "registrationConfig.roleArn", ROLE);
    bytes body = bytes_from(arena_printf(&f.arena, JITP, "AWS::IoT::Certificate::Id"));
    CHECK_BYTES(answered(&f, "registrationConfig.templateBody"), body);
    ask(&f, "PUT", ca, arena_printf(&f.arena, "{%s}", config("Other")));
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "{Ref=Other}");
    CHECK_INT(ask(&f, "PUT", ca, "{\"removeAutoRegistration\": true}"), 200);
    CHECK_INT(ask(&f, "GET", ca, NULL), 200);
    CHECK(!answered_json(&f, "registrationConfig"));
    CHECK_ANSWER(&f, "certificateDescription.autoRegistrationStatus", "DISABLE");
    fixture_done(&f);
}

TEST_MAIN("api/register_thing")
