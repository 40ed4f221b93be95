#include "api/acm.h"

#include <string.h>

#include "api/fixture.h"
#include "codec/base64.h"
#include "identity/material.h"
#include "support/testing.h"

#define HOUR_S 3600L

static const char *const for_host[] = {"subjectAltName", "DNS:iot.example.com", "extendedKeyUsage",
                                       "serverAuth", NULL};

static struct recipe host_certificate(void) {
    return (struct recipe){.subject = "CN=iot.example.com", .key = "P-256", .more = for_host};
}

static int ask_acm(struct fixture *f, const char *operation, const char *body) {
    f->signing.service = "acm";
    return ask_as(f, "x-amz-target", arena_printf(&f->arena, "CertificateManager.%s", operation),
                  "POST", "/", body);
}

static const char *base64(struct fixture *f, bytes data) {
    AUTO(buf) text = {0};
    base64_encode(data, &text);
    return arena_string(&f->arena, buf_bytes(&text));
}

static int import(struct fixture *f, const struct recipe *r, const char *key, const char *more) {
    const char *body = arena_printf(&f->arena, "{\"Certificate\":\"%s\",\"PrivateKey\":\"%s\"%s}",
                                    base64(f, material_pem(r, &f->arena)),
                                    base64(f, material_key_pem(key, &f->arena)), more);
    return ask_acm(f, "ImportCertificate", body);
}

TEST(a_certificate_is_imported_described_listed_and_deleted) { /* [AWS identity 11.4] */
    struct fixture f = fixture_open();
    struct recipe r = host_certificate();
    CHECK_INT(import(&f, &r, "P-256", ""), 200);
    bytes arn = answered(&f, "CertificateArn");
    const char *named = arena_printf(&f.arena, "{\"CertificateArn\":\"%.*s\"}", BYTES_ARG(arn));
    CHECK(bytes_start_with(
        arn, BYTES("arn:aws:acm:" FIXTURE_REGION ":" FIXTURE_ACCOUNT ":certificate/")));
    CHECK_INT(ask_acm(&f, "DescribeCertificate", named), 200);
    CHECK_ANSWER(&f, "Certificate.DomainName", "iot.example.com");
    CHECK_ANSWER(&f, "Certificate.Status", "ISSUED");
    CHECK_ANSWER(&f, "Certificate.Type", "IMPORTED");
    CHECK_ANSWER(&f, "Certificate.KeyAlgorithm", "EC_prime256v1");
    CHECK_INT(ask_acm(&f, "GetCertificate", named), 200);
    CHECK(!strstr(answer_body(&f), "PRIVATE"));
    CHECK_INT(ask_acm(&f, "ListCertificates", "{}"), 200);
    CHECK_BYTES(answered(&f, "CertificateSummaryList.0.CertificateArn"), arn);
    CHECK_INT(ask_acm(&f, "DeleteCertificate", named), 200);
    CHECK_INT(ask_acm(&f, "DescribeCertificate", named), 400);
    CHECK_ANSWER(&f, "__type", "ResourceNotFoundException");
    fixture_done(&f);
}

TEST(what_cannot_be_shown_is_not_imported) {
    struct fixture f = fixture_open();
    struct recipe r = host_certificate();
    CHECK_INT(import(&f, &r, "P-384", ""), 400);
    CHECK_ANSWER(&f, "__type", "ValidationException");
    r.from_s = -2 * HOUR_S;
    r.until_s = -HOUR_S;
    CHECK_INT(import(&f, &r, "P-256", ""), 400);
    CHECK(strstr(answer_body(&f), "expired"));
    CHECK_INT(
        ask_acm(&f, "ImportCertificate", "{\"Certificate\":\"AAAA\",\"PrivateKey\":\"AAAA\"}"),
        400);
    CHECK_INT(ask_acm(&f, "ListCertificates", "{}"), 200);
    CHECK(answered(&f, "CertificateSummaryList.0.CertificateArn").len == 0);
    fixture_done(&f);
}

TEST(a_certificate_is_replaced_under_its_arn) {
    struct fixture f = fixture_open();
    struct recipe r = host_certificate();
    CHECK_INT(import(&f, &r, "P-256", ""), 200);
    bytes arn = answered(&f, "CertificateArn");
    const char *again = arena_printf(&f.arena, ",\"CertificateArn\":\"%.*s\"", BYTES_ARG(arn));
    r.serial = "77";
    CHECK_INT(import(&f, &r, "P-256", again), 200);
    CHECK_BYTES(answered(&f, "CertificateArn"), arn);
    CHECK_INT(ask_acm(&f, "DescribeCertificate",
                      arena_printf(&f.arena, "{\"CertificateArn\":\"%.*s\"}", BYTES_ARG(arn))),
              200);
    CHECK_ANSWER(&f, "Certificate.Serial", "77");
    CHECK_INT(import(&f, &r, "P-256",
                     ",\"CertificateArn\":\"arn:aws:acm:" FIXTURE_REGION ":" FIXTURE_ACCOUNT
                     ":certificate/11111111-2222-4333-8444-555555555555\""),
              400);
    CHECK_ANSWER(&f, "__type", "ResourceNotFoundException");
    fixture_done(&f);
}

TEST(operations_that_are_not_there_say_so) {
    struct fixture f = fixture_open();
    CHECK_INT(ask_acm(&f, "RequestCertificate", "{\"DomainName\":\"iot.example.com\"}"), 501);
    CHECK(strstr(answer_body(&f), "acm:RequestCertificate"));
    fixture_done(&f);
}

TEST_MAIN("api/acm")
