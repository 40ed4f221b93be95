#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api/fixture.h"
#include "codec/json.h"
#include "codec/percent.h"
#include "identity/material.h"
#include "support/testing.h"

static const struct recipe ca = {.subject = "CN=My CA",
                                 .key = "P-256",
                                 .more =
                                     (const char *const[]){"basicConstraints", "CA:TRUE", NULL}};
static const struct recipe lamp = {
    .subject = "CN=lamp", .key = "P-256#2", .issuer = "CN=My CA", .signer = "P-256", .version = 1};

static const char *pem_body(struct fixture *f, const char *member, const struct recipe *r) {
    return arena_printf(&f->arena, "{\"%s\":%s}", member,
                        json_quoted(f, material_pem(r, &f->arena)));
}

/* Registers the CA as walkthrough A does and activates it; gives its id. */
static const char *register_ca(struct fixture *f) {
    CHECK_INT(ask(f, "GET", "/registrationcode", NULL), 200);
    bytes code = answered(f, "registrationCode");
    CHECK_INT(code.len, 64);
    const struct recipe proof = {.subject = arena_printf(&f->arena, "CN=%.*s", BYTES_ARG(code)),
                                 .key = "P-256#3",
                                 .issuer = "CN=My CA",
                                 .signer = "P-256",
                                 .version = 1};
    const char *body =
        arena_printf(&f->arena, "{\"caCertificate\":%s,\"verificationCertificate\":%s}",
                     json_quoted(f, material_pem(&ca, &f->arena)),
                     json_quoted(f, material_pem(&proof, &f->arena)));
    CHECK_INT(ask(f, "POST", "/cacertificate", body), 200);
    const char *id = arena_string(&f->arena, answered(f, "certificateId"));
    CHECK_ANSWER(f, "certificateArn", arena_printf(&f->arena, FIXTURE_ARN("cacert/%s"), id));
    return id;
}

static int update_ca(struct fixture *f, const char *id, const char *query, const char *body) {
    return ask(f, "PUT", arena_printf(&f->arena, "/cacertificate/%s%s", id, query), body);
}

TEST(a_ca_is_registered_inactive_and_described) { /* walkthrough A, [AWS identity 2.4, 2.5] */
    struct fixture f = fixture_open();
    const char *id = register_ca(&f);
    CHECK_INT(ask(&f, "GET", arena_printf(&f.arena, "/cacertificate/%s", id), NULL), 200);
    CHECK_ANSWER(&f, "certificateDescription.certificateId", id);
    CHECK_ANSWER(&f, "certificateDescription.status", "INACTIVE");
    CHECK_ANSWER(&f, "certificateDescription.ownedBy", FIXTURE_ACCOUNT);
    CHECK_ANSWER(&f, "certificateDescription.autoRegistrationStatus", "DISABLE");
    CHECK_ANSWER(&f, "certificateDescription.customerVersion", "1");
    CHECK_ANSWER(&f, "certificateDescription.certificateMode", "DEFAULT");
    CHECK(answered_json(&f, "certificateDescription.validity.notAfter")->type == JSON_NUMBER);
    CHECK(!answered_json(&f, "registrationConfig"));
    CHECK_INT(update_ca(&f, id, "?newStatus=ACTIVE&newAutoRegistrationStatus=ENABLE", "{}"), 200);
    CHECK_INT(ask(&f, "GET", arena_printf(&f.arena, "/cacertificate/%s", id), NULL), 200);
    CHECK_ANSWER(&f, "certificateDescription.status", "ACTIVE");
    CHECK_ANSWER(&f, "certificateDescription.autoRegistrationStatus", "ENABLE");
    CHECK_INT(ask(&f, "GET", "/cacertificates", NULL), 200);
    CHECK_ANSWER(&f, "certificates.0.certificateId", id);
    CHECK_ANSWER(&f, "certificates.0.status", "ACTIVE");
    fixture_done(&f);
}

TEST(a_ca_may_be_registered_for_sni_only_with_a_template) { /* walkthrough B */
    static const char template[] =
        "{\"Parameters\":{\"AWS::IoT::Certificate::Id\":{\"Type\":\"String\"}},\"Resources\":{"
        "\"c\":{\"Type\":\"AWS::IoT::Certificate\",\"Properties\":{\"CertificateId\":"
        "{\"Ref\":\"AWS::IoT::Certificate::Id\"}}},"
        "\"p\":{\"Type\":\"AWS::IoT::Policy\",\"Properties\":{\"PolicyName\":\"Device\"}}}}";
    struct fixture f = fixture_open();
    const char *body = arena_printf(
        &f.arena,
        "{\"caCertificate\":%s,\"certificateMode\":\"SNI_ONLY\",\"registrationConfig\":"
        "{\"templateBody\":%s,\"roleArn\":\"arn:aws:iam::123456789012:role/r\"},"
        "\"tags\":[{\"Key\":\"k\",\"Value\":\"v\"}]}",
        json_quoted(&f, material_pem(&ca, &f.arena)), json_quoted(&f, bytes_from(template)));
    CHECK_INT(ask(&f, "POST", "/cacertificate?setAsActive=true&allowAutoRegistration=true", body),
              200);
    const char *id = arena_string(&f.arena, answered(&f, "certificateId"));
    CHECK_INT(ask(&f, "GET", arena_printf(&f.arena, "/cacertificate/%s", id), NULL), 200);
    CHECK_ANSWER(&f, "certificateDescription.certificateMode", "SNI_ONLY");
    CHECK_ANSWER(&f, "certificateDescription.status", "ACTIVE");
    CHECK_ANSWER(&f, "registrationConfig.templateBody", template);
    CHECK_ANSWER(&f, "registrationConfig.roleArn", "arn:aws:iam::123456789012:role/r");
    CHECK_INT(update_ca(&f, id, "", "{\"removeAutoRegistration\":true}"), 200);
    CHECK_INT(ask(&f, "GET", arena_printf(&f.arena, "/cacertificate/%s", id), NULL), 200);
    CHECK_ANSWER(&f, "certificateDescription.autoRegistrationStatus", "DISABLE");
    CHECK(!answered_json(&f, "registrationConfig"));
    (void)ask(&f, "POST", "/cacertificate", body);
    CHECK_REFUSED(&f, 409, "ResourceAlreadyExistsException", "");
    CHECK_ANSWER(&f, "resourceId", id);
    (void)ask(&f, "DELETE", arena_printf(&f.arena, "/cacertificate/%s", id), NULL);
    CHECK_REFUSED(&f, 406, "CertificateStateException", "");
    CHECK_INT(update_ca(&f, id, "?newStatus=INACTIVE", NULL), 200);
    CHECK_INT(ask(&f, "DELETE", arena_printf(&f.arena, "/cacertificate/%s", id), NULL), 200);
    (void)ask(&f, "GET", arena_printf(&f.arena, "/cacertificate/%s", id), NULL);
    CHECK_REFUSED(&f, 404, "ResourceNotFoundException", "");
    fixture_done(&f);
}

TEST(what_is_no_ca_registration_says_why) { /* walkthrough C and issue 2 §7 */
    struct fixture f = fixture_open();
    (void)ask(&f, "POST", "/cacertificate",
              "{\"caCertificate\":\"rootCA.pem\","
              "\"certificateMode\":\"SNI_ONLY\"}");
    CHECK_REFUSED(&f, 400, "CertificateValidationException", "file://");
    const char *body =
        arena_printf(&f.arena, "{\"caCertificate\":%s,\"verificationCertificate\":%s}",
                     json_quoted(&f, material_pem(&ca, &f.arena)),
                     json_quoted(&f, material_pem(&lamp, &f.arena)));
    CHECK_INT(ask(&f, "GET", "/registrationcode", NULL), 200);
    (void)ask(&f, "POST", "/cacertificate", body);
    CHECK_REFUSED(&f, 400, "RegistrationCodeValidationException", "lamp");
    (void)ask(&f, "POST", "/cacertificate", pem_body(&f, "caCertificate", &ca));
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "verificationCertificate");
    (void)ask(&f, "POST", "/cacertificate", "{}");
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "Value null at 'caCertificate'");
    body = arena_printf(&f.arena,
                        "{\"caCertificate\":%s,\"certificateMode\":\"SNI_ONLY\","
                        "\"registrationConfig\":{\"templateName\":\"t\"}}",
                        json_quoted(&f, material_pem(&ca, &f.arena)));
    (void)ask(&f, "POST", "/cacertificate", body);
    CHECK_REFUSED(&f, 404, "ResourceNotFoundException", "template not found: t");
    fixture_done(&f);
}

TEST(the_registration_code_stays_until_deleted) { /* [AWS identity 2.2] */
    struct fixture f = fixture_open();
    (void)ask(&f, "DELETE", "/registrationcode", NULL);
    CHECK_REFUSED(&f, 404, "ResourceNotFoundException", "");
    CHECK_INT(ask(&f, "GET", "/registrationcode", NULL), 200);
    bytes code = answered(&f, "registrationCode");
    CHECK_INT(ask(&f, "GET", "/registrationcode", NULL), 200);
    CHECK_BYTES(answered(&f, "registrationCode"), code);
    CHECK_INT(ask(&f, "DELETE", "/registrationcode", NULL), 200);
    CHECK_INT(ask(&f, "GET", "/registrationcode", NULL), 200);
    CHECK(!bytes_equal(answered(&f, "registrationCode"), code));
    fixture_done(&f);
}

TEST(a_device_certificate_is_registered_under_its_ca) { /* walkthrough A */
    struct fixture f = fixture_open();
    const char *body = arena_printf(&f.arena, "{\"certificatePem\":%s,\"caCertificatePem\":%s}",
                                    json_quoted(&f, material_pem(&lamp, &f.arena)),
                                    json_quoted(&f, material_pem(&ca, &f.arena)));
    (void)ask(&f, "POST", "/certificate/register?setAsActive=true", body);
    CHECK_REFUSED(&f, 406, "CertificateStateException",
                  "No CA certificate exists for the given certificate");
    const char *ca_id = register_ca(&f);
    CHECK_INT(update_ca(&f, ca_id, "?newStatus=ACTIVE", "{}"), 200);
    /* the test's CA is made anew each time: give the one that was registered */
    CHECK_INT(ask(&f, "POST", "/certificate/register?setAsActive=true",
                  pem_body(&f, "certificatePem", &lamp)),
              200);
    const char *id = arena_string(&f.arena, answered(&f, "certificateId"));
    CHECK_INT(ask(&f, "GET", arena_printf(&f.arena, "/certificates/%s", id), NULL), 200);
    CHECK_ANSWER(&f, "certificateDescription.caCertificateId", ca_id);
    CHECK_ANSWER(&f, "certificateDescription.status", "ACTIVE");
    CHECK_ANSWER(&f, "certificateDescription.certificateMode", "DEFAULT");
    CHECK(answered_json(&f, "certificateDescription.transferData")->type == JSON_OBJECT);
    CHECK_INT(ask(&f, "GET", arena_printf(&f.arena, "/certificates-by-ca/%s", ca_id), NULL), 200);
    CHECK_ANSWER(&f, "certificates.0.certificateId", id);
    CHECK_INT(ask(&f, "GET", "/certificates", NULL), 200);
    CHECK_ANSWER(&f, "certificates.0.certificateMode", "DEFAULT");
    fixture_done(&f);
}

/* What is written to standard error while the lamp, which begins from_s from now, is registered. */
static const char *said_while_registering(struct fixture *f, long from_s) {
    const struct recipe r = {.subject = "CN=lamp", .key = "P-256", .from_s = from_s};
    const char *body = pem_body(f, "certificatePem", &r);
    FILE *kept = tmpfile();
    int terminal = dup(STDERR_FILENO);
    CHECK(kept && terminal >= 0 && dup2(fileno(kept), STDERR_FILENO) == STDERR_FILENO);
    int http = ask(f, "POST", "/certificate/register-no-ca", body);
    CHECK(dup2(terminal, STDERR_FILENO) == STDERR_FILENO && close(terminal) == 0);
    CHECK_INT(http, 200);
    char *text = arena_alloc(&f->arena, 4096);
    rewind(kept);
    text[fread(text, 1, 4095, kept)] = 0;
    (void)fclose(kept);
    return text;
}

TEST(a_certificate_that_begins_soon_is_registered_with_a_warning) { /* [AWS identity 1.3] */
    struct fixture f = fixture_open();
    CHECK(!strstr(said_while_registering(&f, -60), "certificate.not_yet_valid"));
    const char *said = said_while_registering(&f, 3600);
    CHECK(strstr(said, "\"certificate.not_yet_valid\"") && strstr(said, "\"notBefore\""));
    test_check_contains(said, arena_string(&f.arena, answered(&f, "certificateId")), __FILE__,
                        __LINE__);
    fixture_done(&f);
}

TEST(a_certificate_without_ca_is_registered_once) { /* walkthrough E */
    struct fixture f = fixture_open();
    const char *pem = json_quoted(&f, material_pem(&lamp, &f.arena));
    const char *body = arena_printf(&f.arena, "{\"certificatePem\":%s,\"status\":\"ACTIVE\"}", pem);
    CHECK_INT(ask(&f, "POST", "/certificate/register-no-ca", body), 200);
    const char *id = arena_string(&f.arena, answered(&f, "certificateId"));
    (void)ask(&f, "POST", "/certificate/register-no-ca", body);
    CHECK_REFUSED(&f, 409, "ResourceAlreadyExistsException",
                  "The certificate is already provisioned or registered");
    CHECK_ANSWER(&f, "resourceId", id);
    CHECK_ANSWER(&f, "resourceArn", arena_printf(&f.arena, FIXTURE_ARN("cert/%s"), id));
    body = arena_printf(&f.arena, "{\"certificatePem\":%s,\"status\":\"PENDING_ACTIVATION\"}", pem);
    (void)ask(&f, "POST", "/certificate/register-no-ca", body);
    CHECK_REFUSED(&f, 406, "CertificateStateException",
                  "Not allowed to register certificate with PENDING_ACTIVATION status");
    body = arena_printf(&f.arena, "{\"certificatePem\":%s,\"status\":\"ON\"}", pem);
    (void)ask(&f, "POST", "/certificate/register-no-ca", body);
    CHECK_REFUSED(&f, 400, "InvalidRequestException",
                  "Member must satisfy enum value set: [ACTIVE");
    fixture_done(&f);
}

TEST(keys_are_handed_out_once) { /* walkthrough A 13 */
    struct fixture f = fixture_open();
    CHECK_INT(ask(&f, "POST", "/keys-and-certificate?setAsActive=true", NULL), 200);
    CHECK(f.response.is_secret);
    CHECK(bytes_start_with(answered(&f, "certificatePem"), BYTES("-----BEGIN CERTIFICATE-----\n")));
    CHECK(
        bytes_start_with(answered(&f, "keyPair.PublicKey"), BYTES("-----BEGIN PUBLIC KEY-----\n")));
    CHECK(bytes_start_with(answered(&f, "keyPair.PrivateKey"),
                           BYTES("-----BEGIN RSA PRIVATE KEY-----\n")));
    bytes id = answered(&f, "certificateId");
    CHECK_INT(ask(&f, "GET", arena_printf(&f.arena, "/certificates/%.*s", BYTES_ARG(id)), NULL),
              200);
    CHECK_ANSWER(&f, "certificateDescription.status", "ACTIVE");
    CHECK(!strstr(answer_body(&f), "PRIVATE"));
    CHECK(!f.response.is_secret);
    fixture_done(&f);
}

TEST(a_csr_gives_a_new_certificate_each_time) { /* walkthrough D, [AWS control-plane 7] */
    struct fixture f = fixture_open();
    const struct recipe device = {.subject = "C=JP/O=MyCompany/CN=AWS IoT Certificate",
                                  .key = "P-256"};
    const char *body = arena_printf(&f.arena, "{\"certificateSigningRequest\":%s}",
                                    json_quoted(&f, material_csr(&device, &f.arena)));
    CHECK_INT(ask(&f, "POST", "/certificates", body), 200);
    bytes first = answered(&f, "certificateId");
    CHECK(!answered_json(&f, "keyPair"));
    CHECK_INT(ask(&f, "POST", "/certificates?setAsActive=true", body), 200);
    CHECK(!bytes_equal(answered(&f, "certificateId"), first));
    CHECK_INT(ask(&f, "GET", arena_printf(&f.arena, "/certificates/%.*s", BYTES_ARG(first)), NULL),
              200);
    CHECK_ANSWER(&f, "certificateDescription.status", "INACTIVE");
    CHECK(!answered(&f, "certificateDescription.caCertificateId").ptr);
    (void)ask(&f, "POST", "/certificates", "{\"certificateSigningRequest\":\"device.csr\"}");
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "file://");
    fixture_done(&f);
}

TEST(a_certificate_is_switched_off_before_it_goes) { /* [AWS identity 1.6] */
    struct fixture f = fixture_open();
    CHECK_INT(ask(&f, "POST", "/certificate/register-no-ca", pem_body(&f, "certificatePem", &lamp)),
              200);
    bytes id = answered(&f, "certificateId");
    const char *path = arena_printf(&f.arena, "/certificates/%.*s", BYTES_ARG(id));
    CHECK_INT(ask(&f, "PUT", arena_printf(&f.arena, "%s?newStatus=ACTIVE", path), NULL), 200);
    (void)ask(&f, "DELETE", path, NULL);
    CHECK_REFUSED(&f, 406, "CertificateStateException",
                  arena_printf(&f.arena,
                               "Certificate must be deactivated (not ACTIVE) before "
                               "deletion. Id: %.*s",
                               BYTES_ARG(id)));
    CHECK_INT(ask(&f, "PUT", arena_printf(&f.arena, "%s?newStatus=INACTIVE", path), NULL), 200);
    CHECK_INT(ask(&f, "GET", path, NULL), 200);
    CHECK_ANSWER(&f, "certificateDescription.customerVersion", "3");
    CHECK_INT(ask(&f, "DELETE", path, NULL), 200);
    (void)ask(&f, "DELETE", path, NULL);
    CHECK_REFUSED(&f, 404, "ResourceNotFoundException", "");
    (void)ask(&f, "PUT", arena_printf(&f.arena, "%s?newStatus=PENDING_TRANSFER", path), NULL);
    CHECK_INT(f.response.status, 404);
    fixture_done(&f);
}

TEST(endpoints_are_named_by_type) { /* [AWS identity 4.3] */
    struct fixture f = fixture_open();
    CHECK_INT(ask(&f, "GET", "/endpoint?endpointType=iot%3AData-ATS", NULL), 200);
    CHECK_TEXT(answer_body(&f), "{\"endpointAddress\":\"localhost\"}");
    CHECK_INT(ask(&f, "GET", "/endpoint", NULL), 200);
    CHECK(bytes_end_with(answered(&f, "endpointAddress"),
                         BYTES(".iot." FIXTURE_REGION ".kedge.test")));
    (void)ask(&f, "GET", "/endpoint?endpointType=iot%3AMars", NULL);
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "Endpoint type iot:Mars not recognized.");
    fixture_done(&f);
}

TEST_MAIN("api/certificates")
