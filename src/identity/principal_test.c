#include "identity/principal.h"

#include <string.h>

#include "support/testing.h"

#define ID "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

enum { NOW = 1000000 };

static struct certificate_record record;
static struct identity_facts facts;
static struct buf why;

static void start(void) {
    record = (struct certificate_record){.id = BYTES(ID),
                                         .status = CERTIFICATE_ACTIVE,
                                         .not_before_ms = NOW - 1000,
                                         .not_after_ms = NOW + 1000};
    facts = (struct identity_facts){.has_certificate = true,
                                    .server_name = BYTES("x-ats.iot.eu-west-1.kedge.test"),
                                    .server_name_known = true,
                                    .account = BYTES("123456789012"),
                                    .certificate_id = BYTES(ID),
                                    .certificate = &record};
}

static void check(enum identity_reason reason, const char *part) {
    buf_clear(&why);
    CHECK_TEXT(identity_reason_name(identity_decide(&facts, NOW, &why)),
               identity_reason_name(reason));
    test_check_contains(buf_string(&why), part, __FILE__, __LINE__);
    CHECK(!strpbrk(buf_string(&why), "{}"));
    CHECK_INT(identity_decide(&facts, NOW, NULL), reason);
    buf_done(&why);
}

TEST(an_active_certificate_within_its_time_is_admitted) { /* [AWS identity 1.4, 4.6] */
    start();
    check(IDENTITY_ADMITTED, "");
    CHECK_INT(why.len, 0);
    facts.server_name = (bytes){0}; /* DEFAULT mode does not need one */
    check(IDENTITY_ADMITTED, "");
}

TEST(the_ends_of_the_validity_belong_to_it) { /* [RFC 5280 4.1.2.5] */
    start();
    record.not_before_ms = record.not_after_ms = NOW;
    check(IDENTITY_ADMITTED, "");
    record.not_before_ms = record.not_after_ms = NOW - 1;
    check(IDENTITY_EXPIRED, "expired at 1970-01-01T00:16:39.999Z");
    record.not_before_ms = record.not_after_ms = NOW + 1;
    check(IDENTITY_NOT_YET_VALID, "not valid before 1970-01-01T00:16:40.001Z, now is");
}

TEST(each_status_but_active_is_refused_with_its_remedy) { /* [AWS identity 1.4] */
    static const struct {
        enum certificate_status status;
        enum identity_reason reason;
        const char *part;
    } cases[] = {
        {CERTIFICATE_INACTIVE, IDENTITY_INACTIVE,
         "is INACTIVE: aws iot update-certificate --certificate-id " ID " --new-status ACTIVE"},
        {CERTIFICATE_REGISTER_INACTIVE, IDENTITY_INACTIVE, "is REGISTER_INACTIVE: aws iot"},
        {CERTIFICATE_REVOKED, IDENTITY_REVOKED, "which is final"},
        {CERTIFICATE_PENDING_ACTIVATION, IDENTITY_PENDING_ACTIVATION,
         "aws iot update-certificate --certificate-id " ID " --new-status ACTIVE"},
        {CERTIFICATE_PENDING_TRANSFER, IDENTITY_PENDING_TRANSFER,
         "aws iot cancel-certificate-transfer --certificate-id " ID},
    };
    start();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        record.status = cases[i].status;
        check(cases[i].reason, cases[i].part);
    }
}

TEST(what_its_ca_has_revoked_is_refused_by_list_number_and_date) {
    struct crl_finding finding = {
        .listed = true,
        .crl = {.ca_certificate_id = BYTES("ca00"), .number = BYTES("\7")},
        .entry = {.revoked_ms = 1657989449000, .reason = 1}};
    start();
    facts.crl = &finding;
    check(IDENTITY_REVOKED_BY_CA,
          "2022-07-16T16:37:29.000Z (key compromise), says the CRL number 7 "
          "of CA ca00");
    finding.listed = false;
    CHECK_INT(identity_decide(&facts, NOW, NULL), IDENTITY_ADMITTED);
}

TEST(a_certificate_that_is_not_registered_is_told_how_to_register) { /* [AWS identity 12] */
    start();
    facts.certificate = NULL;
    check(IDENTITY_UNKNOWN_CERTIFICATE,
          "Certificate " ID " is not registered in account 123456789012: aws iot "
          "register-certificate --set-as-active");
}

TEST(sni_only_needs_a_server_name) { /* [AWS identity 4.2] */
    start();
    record.mode = CERTIFICATE_MODE_SNI_ONLY;
    check(IDENTITY_ADMITTED, "");
    facts.server_name = (bytes){0};
    check(IDENTITY_SNI_REQUIRED, "in SNI_ONLY mode, and the client sent no server name");
    record.status = CERTIFICATE_INACTIVE; /* the account is not even known */
    check(IDENTITY_SNI_REQUIRED, "aws iot describe-endpoint --endpoint-type iot:Data-ATS");
}

TEST(a_foreign_server_name_is_named_harmlessly) {
    start();
    facts.server_name = BYTES("evil\n{id}\x80.example");
    facts.server_name_known = false;
    buf_clear(&why);
    CHECK_INT(identity_decide(&facts, NOW, &why), IDENTITY_SNI_UNKNOWN);
    test_check_contains(buf_string(&why), "asked for server name evil?{id}?.example", __FILE__,
                        __LINE__);
    buf_done(&why);
}

TEST(no_certificate_is_the_first_thing_said) {
    facts = (struct identity_facts){.server_name_known = true};
    check(IDENTITY_NO_CERTIFICATE, "The client sent no certificate");
}

TEST(reasons_have_the_names_of_the_log) { /* [AWS identity 12 row 13] */
    CHECK_TEXT(identity_reason_name(IDENTITY_ADMITTED), "ADMITTED");
    CHECK_TEXT(identity_reason_name(IDENTITY_NOT_YET_VALID), "NOT_YET_VALID");
    for (int i = 0; i < IDENTITY_REASON_COUNT; i++)
        CHECK(identity_reason_name((enum identity_reason)i) != NULL);
}

TEST_MAIN("identity/principal")
