#include "api/xml.h"

#include "api/generated/iam.h"

#include "support/testing.h"

TEST(text_is_escaped) {
    AUTO(buf) out = {0};
    xml_element(&out, "A", BYTES("a<b>&\"c\x01"));
    CHECK_BYTES(buf_bytes(&out), BYTES("<A>a&#60;b&#62;&#38;&#34;c\xef\xbf\xbd</A>"));
}

TEST(an_element_may_be_empty) {
    AUTO(buf) out = {0};
    xml_element(&out, "A", BYTES(""));
    CHECK_BYTES(buf_bytes(&out), BYTES("<A></A>"));
}

TEST(an_output_is_written_as_query_services_write_it) { /* [AWS control-plane 9] */
    AUTO(arena) a = {0};
    AUTO(buf) out = {0};
    struct record *r = record_new(&a, &model_iam, model_iam.operations[IAM_LIST_ROLES].output);
    struct record *role = add_record(put_list(r, M_ROLES));
    put_text(role, M_ROLE_NAME, BYTES("a&b"));
    put_text(role, M_ASSUME_ROLE_POLICY_DOCUMENT, BYTES("{\"a\": 1}"));
    put_time(role, M_CREATE_DATE, 1767323045678);
    put_number(role, M_MAX_SESSION_DURATION, 3600);
    put_flag(r, M_IS_TRUNCATED, false);
    xml_output(r, &out);
    CHECK_TEXT(buf_string(&out),
               "<Roles><member><RoleName>a&#38;b</RoleName>"
               "<CreateDate>2026-01-02T03:04:05Z</CreateDate>"
               "<AssumeRolePolicyDocument>%7B%22a%22%3A%201%7D</AssumeRolePolicyDocument>"
               "<MaxSessionDuration>3600</MaxSessionDuration></member></Roles>"
               "<IsTruncated>false</IsTruncated>");
    buf_clear(&out);
    xml_output(NULL, &out);
    CHECK_INT(out.len, 0);
}

TEST_MAIN("api/xml")
