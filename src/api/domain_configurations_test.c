#include <string.h>

#include "api/fixture.h"
#include "identity/material.h"
#include "registry/server_certificate.h"
#include "support/testing.h"

#define PATH "/domainConfigurations/"
#define ID "11111111-2222-4333-8444-555555555555"
#define CERTIFICATE_ARN                               \
    "arn:aws:acm:" FIXTURE_REGION ":" FIXTURE_ACCOUNT \
    ":certificate/11111111-2222-4333-8444-555555555555"
#define OWN \
    "{\"domainName\":\"IoT.example.com.\",\"serverCertificateArns\":[\"" CERTIFICATE_ARN "\"]}"

/* Puts a certificate for the name where ImportCertificate would. */
static void keep_certificate(struct fixture *f, const char *name, const char *usage) {
    const char *const more[] = {"subjectAltName", arena_printf(&f->arena, "DNS:%s", name),
                                usage ? "extendedKeyUsage" : NULL, usage, NULL};
    struct recipe r = {.subject = "CN=somebody", .key = "P-256", .more = more};
    struct registry registry = {NULL, &f->arena, BYTES(FIXTURE_ACCOUNT), BYTES(FIXTURE_REGION)};
    struct server_certificate c = {.id = BYTES(ID), .certificate = material_pem(&r, &f->arena)};
    CHECK_OK(store_begin_write(f->store.store, &registry.txn));
    CHECK_OK(server_certificate_save(&registry, &c, material_key_pem("P-256", &f->arena)));
    CHECK_OK(store_commit(registry.txn));
}

TEST(the_three_of_an_account_are_there_from_the_start) { /* [AWS identity 11.4] */
    struct fixture f = fixture_open();
    CHECK_INT(ask(&f, "GET", "/domainConfigurations", NULL), 200);
    CHECK_ANSWER(&f, "domainConfigurations.0.domainConfigurationName", "iot:CredentialProvider");
    CHECK_ANSWER(&f, "domainConfigurations.1.domainConfigurationName", "iot:Data-ATS");
    CHECK_ANSWER(&f, "domainConfigurations.2.serviceType", "JOBS");
    CHECK_INT(ask(&f, "GET", PATH "iot:Data-ATS", NULL), 200);
    CHECK_ANSWER(&f, "domainName", "localhost");
    CHECK_ANSWER(&f, "domainType", "ENDPOINT");
    CHECK_ANSWER(&f, "domainConfigurationStatus", "ENABLED");
    CHECK_ANSWER(&f, "tlsConfig.securityPolicy", "IoTSecurityPolicy_TLS13_1_2_2022_10");
    CHECK_ANSWER(&f, "authenticationType", "DEFAULT");
    CHECK_INT(ask(&f, "DELETE", PATH "iot:Data-ATS", NULL), 400);
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "domainConfigurationName");
    fixture_done(&f);
}

TEST(a_domain_of_ones_own_is_made_described_and_deleted) {
    struct fixture f = fixture_open();
    keep_certificate(&f, "*.example.com", "serverAuth");
    CHECK_INT(ask(&f, "POST", PATH "mine", OWN), 200);
    CHECK(bytes_start_with(answered(&f, "domainConfigurationArn"),
                           BYTES(FIXTURE_ARN("domainconfiguration/mine/"))));
    CHECK_INT(ask(&f, "POST", PATH "mine", OWN), 409);
    CHECK_REFUSED(&f, 409, "ResourceAlreadyExistsException",
                  "Domain configuration with given name already exists.");
    CHECK_INT(ask(&f, "GET", PATH "mine", NULL), 200);
    CHECK_ANSWER(&f, "domainName", "iot.example.com");
    CHECK_ANSWER(&f, "domainType", "CUSTOMER_MANAGED");
    CHECK_ANSWER(&f, "serverCertificates.0.serverCertificateArn", CERTIFICATE_ARN);
    CHECK_ANSWER(&f, "serverCertificates.0.serverCertificateStatus", "VALID");
    keep_certificate(&f, "other.example.org", "serverAuth");
    CHECK_INT(ask(&f, "GET", PATH "mine", NULL), 200);
    CHECK_ANSWER(&f, "serverCertificates.0.serverCertificateStatus", "INVALID");
    CHECK_INT(ask(&f, "DELETE", PATH "mine", NULL), 400);
    CHECK_INT(ask(&f, "PUT", PATH "mine", "{\"domainConfigurationStatus\":\"DISABLED\"}"), 200);
    CHECK_INT(ask(&f, "DELETE", PATH "mine", NULL), 200);
    CHECK_INT(ask(&f, "GET", PATH "mine", NULL), 404);
    fixture_done(&f);
}

TEST(a_domain_without_a_fitting_certificate_is_refused) {
    static const struct {
        const char *name, *usage, *body;
        int status;
        const char *part;
    } rows[] = {
        {"example.org", "serverAuth", OWN, 400, "not for the name iot.example.com"},
        {"iot.example.com", "clientAuth", OWN, 400, "serverAuth"},
        {"iot.example.com", NULL, OWN, 400, "serverAuth"},
        {"iot.example.com", "serverAuth", "{\"domainName\":\"iot.example.com\"}", 400,
         "needs a server certificate"},
        {"iot.example.com", "serverAuth",
         "{\"domainName\":\"localhost\",\"serverCertificateArns\":[\"" CERTIFICATE_ARN "\"]}", 400,
         "full host name"},
        {"iot.example.com", "serverAuth",
         "{\"domainName\":\"10.0.0.1\",\"serverCertificateArns\":[\"" CERTIFICATE_ARN "\"]}", 400,
         "full host name"},
        {"iot.example.com", "serverAuth", "{\"serverCertificateArns\":[\"" CERTIFICATE_ARN "\"]}",
         400, "needs a domainName"},
        {"iot.example.com", "serverAuth", "{\"serviceType\":\"JOBS\"}", 400, "DATA only"},
        {"iot.example.com", "serverAuth", "{\"tlsConfig\":{\"securityPolicy\":\"TLS\"}}", 400,
         "no security policy"},
        {"iot.example.com", "serverAuth",
         "{\"authenticationType\":\"AWS_SIGV4\",\"applicationProtocol\":\"SECURE_MQTT\"}", 400,
         "does not go with"},
        {"iot.example.com", "serverAuth",
         "{\"authorizerConfig\":{\"defaultAuthorizerName\":\"nobody\"}}", 400,
         "no authorizer nobody"},
        {"iot.example.com", "serverAuth",
         "{\"serverCertificateConfig\":{\"enableOCSPCheck\":true}}", 501, "OCSP"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct fixture f = fixture_open();
        keep_certificate(&f, rows[i].name, rows[i].usage);
        CHECK_INT(ask(&f, "POST", PATH "mine", rows[i].body), rows[i].status);
        CHECK(strstr(answer_body(&f), rows[i].part));
        fixture_done(&f);
    }
}

TEST(a_configuration_without_a_name_gets_one_of_ours) {
    struct fixture f = fixture_open();
    CHECK_INT(ask(&f, "POST", PATH "managed", "{\"serviceType\":\"DATA\"}"), 200);
    CHECK_INT(ask(&f, "GET", PATH "managed", NULL), 200);
    CHECK_ANSWER(&f, "domainType", "AWS_MANAGED");
    CHECK(bytes_end_with(answered(&f, "domainName"),
                         BYTES("-ats.iot." FIXTURE_REGION ".kedge.test")));
    CHECK_INT(ask(&f, "PUT", PATH "managed", "{\"domainConfigurationStatus\":\"DISABLED\"}"), 200);
    CHECK_INT(ask(&f, "DELETE", PATH "managed", NULL), 400);
    CHECK(strstr(answer_body(&f), "7 days"));
    fixture_done(&f);
}

TEST(what_a_configuration_says_can_be_changed) {
    struct fixture f = fixture_open();
    CHECK_INT(ask(&f, "PUT", PATH "iot:Data-ATS",
                  "{\"tlsConfig\":{\"securityPolicy\":\"IoTSecurityPolicy_TLS13_1_3_2022_10\"},"
                  "\"authenticationType\":\"AWS_X509\",\"applicationProtocol\":\"SECURE_MQTT\"}"),
              200);
    CHECK_INT(ask(&f, "GET", PATH "iot:Data-ATS", NULL), 200);
    CHECK_ANSWER(&f, "tlsConfig.securityPolicy", "IoTSecurityPolicy_TLS13_1_3_2022_10");
    CHECK_ANSWER(&f, "authenticationType", "AWS_X509");
    CHECK_ANSWER(&f, "applicationProtocol", "SECURE_MQTT");
    CHECK_INT(ask(&f, "PUT", PATH "nobody", "{}"), 404);
    fixture_done(&f);
}

TEST(tags_come_with_a_new_configuration) {
    struct fixture f = fixture_open();
    CHECK_INT(ask(&f, "POST", PATH "managed", "{\"tags\":[{\"Key\":\"a\",\"Value\":\"b\"}]}"), 200);
    bytes arn = answered(&f, "domainConfigurationArn");
    CHECK_INT(
        ask(&f, "GET", arena_printf(&f.arena, "/tags?resourceArn=%.*s", BYTES_ARG(arn)), NULL),
        200);
    CHECK_ANSWER(&f, "tags.0.Value", "b");
    fixture_done(&f);
}

TEST_MAIN("api/domain_configurations")
