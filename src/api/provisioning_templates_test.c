#include "api/fixture.h"
#include "codec/json.h"
#include "identity/material.h"
#include "support/testing.h"

#define ROLE "arn:aws:iam::" FIXTURE_ACCOUNT ":role/provision"
#define HOOK "arn:aws:lambda:" FIXTURE_REGION ":" FIXTURE_ACCOUNT ":function:hook"
#define CERTIFICATE                                        \
    "\"certificate\":{\"Type\":\"AWS::IoT::Certificate\"," \
    "\"Properties\":{\"CertificateId\":{\"Ref\":\"AWS::IoT::Certificate::Id\"}}}"
#define POLICY "\"policy\":{\"Type\":\"AWS::IoT::Policy\",\"Properties\":{\"PolicyName\":\"p\"}}"
static const char body[] = "{\"Parameters\":{\"AWS::IoT::Certificate::Id\":{\"Type\":\"String\"}},"
                           "\"Resources\":{" CERTIFICATE "," POLICY "}}";

/* Creates the template `name`; `more` are members beside those every template needs. */
static int create(struct fixture *f, const char *name, const char *more) {
    const char *request =
        arena_printf(&f->arena,
                     "{\"templateName\":\"%s\",\"templateBody\":%s,\"provisioningRoleArn\":"
                     "\"" ROLE "\"%s}",
                     name, json_quoted(f, bytes_from(body)), more);
    return ask(f, "POST", "/provisioning-templates", request);
}

static const char *with_body(struct fixture *f, const char *more) {
    return arena_printf(&f->arena, "{\"templateBody\":%s%s}", json_quoted(f, bytes_from(body)),
                        more);
}

TEST(a_template_is_created_described_changed_and_deleted) { /* [AWS identity 8.6] */
    struct fixture f = fixture_open();
    CHECK_INT(create(&f, "lamps", ",\"description\":\"all lamps\""), 200);
    CHECK_ANSWER(&f, "templateArn", FIXTURE_ARN("provisioningtemplate/lamps"));
    CHECK_ANSWER(&f, "templateName", "lamps");
    CHECK_ANSWER(&f, "defaultVersionId", "1");
    CHECK_INT(ask(&f, "GET", "/provisioning-templates/lamps", NULL), 200);
    CHECK_ANSWER(&f, "templateBody", body);
    CHECK_ANSWER(&f, "provisioningRoleArn", ROLE);
    CHECK_ANSWER(&f, "type", "FLEET_PROVISIONING");
    CHECK_ANSWER(&f, "enabled", "false"); /* absent means no */
    CHECK_ANSWER(&f, "description", "all lamps");
    CHECK(!answered_json(&f, "preProvisioningHook"));
    CHECK_INT(ask(&f, "PATCH", "/provisioning-templates/lamps",
                  "{\"enabled\":true,\"preProvisioningHook\":{\"targetArn\":\"" HOOK "\"}}"),
              200);
    CHECK_INT(ask(&f, "GET", "/provisioning-templates", NULL), 200);
    CHECK_ANSWER(&f, "templates.0.templateName", "lamps");
    CHECK_ANSWER(&f, "templates.0.enabled", "true");
    CHECK(!answered_json(&f, "templates.0.templateBody"));
    CHECK_INT(ask(&f, "GET", "/provisioning-templates/lamps", NULL), 200);
    CHECK_ANSWER(&f, "preProvisioningHook.targetArn", HOOK);
    CHECK_ANSWER(&f, "preProvisioningHook.payloadVersion", "2020-04-01");
    CHECK_INT(ask(&f, "DELETE", "/provisioning-templates/lamps", NULL), 200);
    (void)ask(&f, "GET", "/provisioning-templates/lamps", NULL);
    CHECK_REFUSED(&f, 404, "ResourceNotFoundException", "lamps");
    fixture_done(&f);
}

TEST(a_template_that_cannot_be_is_refused) {
    struct fixture f = fixture_open();
    CHECK_INT(create(&f, "lamps", ""), 200);
    (void)create(&f, "lamps", "");
    CHECK_REFUSED(&f, 409, "ResourceAlreadyExistsException",
                  "Template with name lamps already exists");
    CHECK_ANSWER(&f, "resourceArn", FIXTURE_ARN("provisioningtemplate/lamps"));
    (void)create(&f, "jitp",
                 ",\"type\":\"JITP\",\"preProvisioningHook\":{\"targetArn\":\"" HOOK "\"}");
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "no pre-provisioning hook");
    (void)create(&f, "hooked",
                 ",\"preProvisioningHook\":{\"payloadVersion\":\"2021-01-01\",\"targetArn\":"
                 "\"" HOOK "\"}");
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "is 2020-04-01, not 2021-01-01");
    (void)ask(&f, "POST", "/provisioning-templates/lamps/versions",
              "{\"templateBody\":\"{\\\"Resources\\\":{\\\"a\\\":7}}\"}");
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "Resources.a");
    fixture_done(&f);
}

TEST(a_template_has_versions_of_which_one_counts) {
    struct fixture f = fixture_open();
    CHECK_INT(create(&f, "lamps", ""), 200);
    CHECK_INT(ask(&f, "POST", "/provisioning-templates/lamps/versions?setAsDefault=true",
                  with_body(&f, "")),
              200);
    CHECK_ANSWER(&f, "versionId", "2");
    CHECK_ANSWER(&f, "isDefaultVersion", "true");
    CHECK_INT(ask(&f, "GET", "/provisioning-templates/lamps/versions", NULL), 200);
    CHECK_ANSWER(&f, "versions.0.isDefaultVersion", "false");
    CHECK_ANSWER(&f, "versions.1.versionId", "2");
    (void)ask(&f, "DELETE", "/provisioning-templates/lamps/versions/2", NULL);
    CHECK_REFUSED(&f, 409, "DeleteConflictException", "is the default version");
    CHECK_INT(ask(&f, "DELETE", "/provisioning-templates/lamps/versions/1", NULL), 200);
    (void)ask(&f, "GET", "/provisioning-templates/lamps/versions/1", NULL);
    CHECK_REFUSED(&f, 404, "ResourceNotFoundException", "has no version 1");
    CHECK_INT(ask(&f, "GET", "/provisioning-templates/lamps/versions/2", NULL), 200);
    CHECK_ANSWER(&f, "templateBody", body);
    fixture_done(&f);
}

TEST(a_claim_has_a_key_of_its_own_and_is_no_certificate_of_the_account) { /* [AWS identity 8.3] */
    struct fixture f = fixture_open();
    (void)ask(&f, "POST", "/provisioning-templates/lamps/provisioning-claim", "{}");
    CHECK_REFUSED(&f, 404, "ResourceNotFoundException", "lamps");
    CHECK_INT(create(&f, "lamps", ""), 200);
    CHECK_INT(ask(&f, "POST", "/provisioning-templates/lamps/provisioning-claim", "{}"), 200);
    CHECK(f.response.is_secret);
    CHECK_INT(answered(&f, "certificateId").len, 64);
    CHECK(bytes_start_with(answered(&f, "keyPair.PrivateKey"), BYTES("-----BEGIN RSA PRIVATE")));
    CHECK(answered_json(&f, "expiration") != NULL);
    CHECK_INT(ask(&f, "GET", "/certificates", NULL), 200);
    CHECK_INT(answered_json(&f, "certificates")->count, 0);
    CHECK_INT(create(&f, "jitp", ",\"type\":\"JITP\""), 200);
    (void)ask(&f, "POST", "/provisioning-templates/jitp/provisioning-claim", "{}");
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "of type JITP");
    fixture_done(&f);
}

#define PROVIDER                                                           \
    "{\"lambdaFunctionArn\":\"" HOOK "\",\"accountDefaultForOperations\":" \
    "[\"CreateCertificateFromCsr\"]}"

TEST(a_certificate_provider_is_created_described_changed_and_deleted) { /* [AWS identity 11.1] */
    struct fixture f = fixture_open();
    CHECK_INT(ask(&f, "POST", "/certificate-providers/ours", PROVIDER), 200);
    CHECK_ANSWER(&f, "certificateProviderArn", FIXTURE_ARN("certificateprovider/ours"));
    (void)ask(&f, "POST", "/certificate-providers/theirs", PROVIDER);
    CHECK_REFUSED(&f, 410, "LimitExceededException", "has the certificate provider ours already");
    CHECK_INT(ask(&f, "GET", "/certificate-providers/ours", NULL), 200);
    CHECK_ANSWER(&f, "lambdaFunctionArn", HOOK);
    CHECK_ANSWER(&f, "accountDefaultForOperations.0", "CreateCertificateFromCsr");
    CHECK_INT(
        ask(&f, "PUT", "/certificate-providers/ours", "{\"lambdaFunctionArn\":\"" HOOK "2\"}"),
        200);
    CHECK_INT(ask(&f, "GET", "/certificate-providers", NULL), 200);
    CHECK_ANSWER(&f, "certificateProviders.0.certificateProviderName", "ours");
    CHECK_INT(ask(&f, "DELETE", "/certificate-providers/ours", NULL), 200);
    CHECK_INT(ask(&f, "GET", "/certificate-providers", NULL), 200);
    CHECK_INT(answered_json(&f, "certificateProviders")->count, 0);
    fixture_done(&f);
}

TEST(a_provider_whose_function_is_not_there_refuses_by_name) {
    struct fixture f = fixture_open();
    struct recipe recipe = {.subject = "CN=lamp", .key = "P-256"};
    const char *request = arena_printf(&f.arena, "{\"certificateSigningRequest\":%s}",
                                       json_quoted(&f, material_csr(&recipe, &f.arena)));
    CHECK_INT(ask(&f, "POST", "/certificate-providers/ours", PROVIDER), 200);
    (void)ask(&f, "POST", "/certificates", request);
    CHECK_REFUSED(&f, 400, "InvalidRequestException",
                  "The certificate provider ours gave no certificate: Function not found: " HOOK);
    CHECK_INT(ask(&f, "POST", "/keys-and-certificate", NULL), 200); /* is not concerned */
    CHECK_INT(ask(&f, "DELETE", "/certificate-providers/ours", NULL), 200);
    CHECK_INT(ask(&f, "POST", "/certificates", request), 200);
    fixture_done(&f);
}

TEST_MAIN("provisioning_templates")
