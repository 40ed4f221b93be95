#include "registry/arn.h"
#include "support/testing.h"

TEST(an_arn_comes_apart_and_together_again) { /* [AWS identity 0] */
    static const struct {
        const char *text;
        enum arn_type type;
        const char *name;
    } rows[] = {
        {"arn:aws:iot:us-east-1:123456789012:cert/0123abc", ARN_CERTIFICATE, "0123abc"},
        {"arn:aws:iot:us-east-1:123456789012:cacert/0123abc", ARN_CA_CERTIFICATE, "0123abc"},
        {"arn:aws:iot:us-east-1:123456789012:policy/a+b=c,.@-d", ARN_POLICY, "a+b=c,.@-d"},
        {"arn:aws:iot:us-east-1:123456789012:thing/a:b_c", ARN_THING, "a:b_c"},
        {"arn:aws:iot:us-east-1:123456789012:thinggroup/g", ARN_THING_GROUP, "g"},
        {"arn:aws:iot:us-east-1:123456789012:thingtype/t", ARN_THING_TYPE, "t"},
        {"arn:aws:iot:us-east-1:123456789012:billinggroup/b", ARN_BILLING_GROUP, "b"},
        {"arn:aws:iot:us-east-1:123456789012:provisioningtemplate/p", ARN_PROVISIONING_TEMPLATE,
         "p"},
        {"arn:aws:iot:us-east-1:123456789012:rolealias/r", ARN_ROLE_ALIAS, "r"},
        {"arn:aws:iot:us-east-1:123456789012:authorizer/a", ARN_AUTHORIZER, "a"},
        {"arn:aws:iot:us-east-1:123456789012:certificateprovider/c", ARN_CERTIFICATE_PROVIDER, "c"},
        {"arn:aws:iot:us-east-1:123456789012:domainconfiguration/d/x1", ARN_DOMAIN_CONFIGURATION,
         "d/x1"},
        {"arn:aws:iot:us-east-1:123456789012:rule/r_1", ARN_RULE, "r_1"},
        {"arn:aws:iot:us-east-1:123456789012:ruledestination/http/5e87", ARN_RULE_DESTINATION,
         "http/5e87"},
        {"arn:aws:iot:us-east-1:123456789012:client/c", ARN_CLIENT, "c"},
        {"arn:aws:iot:us-east-1:123456789012:topic/a/b:c", ARN_TOPIC, "a/b:c"},
        {"arn:aws:iot:us-east-1:123456789012:topicfilter/a/#", ARN_TOPIC_FILTER, "a/#"},
    };
    AUTO(arena) a = {0};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arn arn;
        CHECK_OK(arn_parse(bytes_from(rows[i].text), &arn));
        CHECK_INT(arn.type, rows[i].type);
        CHECK_BYTES(arn.name, bytes_from(rows[i].name));
        CHECK_BYTES(arn.region, BYTES("us-east-1"));
        CHECK_BYTES(arn.account, BYTES("123456789012"));
        CHECK(bytes_end_with(bytes_from(rows[i].text), arn.resource));
        CHECK_BYTES(arn_format(&a, arn.region, arn.account, arn.type, arn.name),
                    bytes_from(rows[i].text));
    }
    CHECK_INT(COUNT_OF(rows), ARN_TYPE_COUNT);
}

TEST(what_is_no_arn_of_ours_is_refused) {
    static const char *const rows[] = {
        "",
        "cert/0123",
        "arn:aws:iot:",
        "arn:aws:iot:us-east-1",
        "arn:aws:iot:us-east-1:123456789012",
        "arn:aws:iot:us-east-1:123456789012:",
        "arn:aws:iot:us-east-1:123456789012:cert",
        "arn:aws:iot:us-east-1:123456789012:cert/",
        "arn:aws:iot:us-east-1:123456789012:certificate/x",
        "arn:aws:iot::123456789012:cert/x",
        "arn:aws:iot:us-east-1::cert/x",
        "arn:aws:iam::123456789012:role/x",
    };
    struct arn arn;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        CHECK_FAILS(arn_parse(bytes_from(rows[i]), &arn), E_INVALID, "is not a resource name");
}

static void parse(bytes prefix) {
    struct arn arn;
    if (arn_parse(prefix, &arn) == OK)
        CHECK(arn.name.len > 0);
}

TEST(an_arn_cut_anywhere_is_read_safely) {
    test_each_truncation(BYTES("arn:aws:iot:us-east-1:123456789012:cert/0123abc"), parse);
}

TEST_MAIN("registry/arn")
