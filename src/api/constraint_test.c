#include "api/constraint.h"

#include <stdio.h>
#include <string.h>

#include "api/generated/iot.h"
#include "support/testing.h"

static struct arena arena;

static struct record *new_input(enum iot_operation operation) {
    return record_new(&arena, &model_iot, model_iot.operations[operation].input);
}

static const char *checked(const struct record *r) {
    static char text[10000];
    struct patterns *p = patterns_new(&model_iot);
    bytes sentence = constraints_check(p, r);
    CHECK(sentence.len < sizeof text);
    (void)snprintf(text, sizeof text, "%.*s", BYTES_ARG(sentence));
    patterns_free(p);
    arena_done(&arena);
    return text;
}

TEST(a_good_input_passes) {
    struct record *r = new_input(IOT_CREATE_THING);
    put_text(r, M_THING_NAME, BYTES("lamp"));
    struct items *l = put_list(put_record(r, M_ATTRIBUTE_PAYLOAD), M_ATTRIBUTES);
    add_entry(l, BYTES("colour"), BYTES("red"));
    CHECK_TEXT(checked(r), "");
}

TEST(a_missing_member_is_null) {
    CHECK_TEXT(checked(new_input(IOT_CREATE_THING)),
               "1 validation error detected: Value null at 'thingName' failed to satisfy "
               "constraint: Member must not be null");
}

TEST(a_pattern_is_named) { /* [AWS control-plane 6.2] */
    struct record *r = new_input(IOT_GET_TOPIC_RULE);
    put_text(r, M_RULE_NAME, BYTES("a-b"));
    CHECK_TEXT(checked(r),
               "1 validation error detected: Value 'a-b' at 'ruleName' failed to satisfy "
               "constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9_]+$");
}

TEST(lengths_count_characters) {
    struct record *r = new_input(IOT_DESCRIBE_CERTIFICATE);
    put_text(r, M_CERTIFICATE_ID,
             BYTES("\xc3\xa9"
                   "0"));
    CHECK_TEXT(checked(r),
               "2 validation errors detected: Value '\xc3\xa9"
               "0' at 'certificateId' failed to satisfy constraint: Member must have length "
               "greater than or equal to 64; Value '\xc3\xa9"
               "0' at 'certificateId' failed to satisfy constraint: Member must satisfy regular "
               "expression pattern: (0x)?[a-fA-F0-9]+");
}

TEST(numbers_have_bounds) {
    struct record *r = new_input(IOT_LIST_POLICIES);
    put_number(r, M_PAGE_SIZE, 251);
    CHECK_TEXT(checked(r), "1 validation error detected: Value '251' at 'pageSize' failed to "
                           "satisfy constraint: Member must have value less than or equal to 250");
    r = new_input(IOT_LIST_POLICIES);
    put_number(r, M_PAGE_SIZE, 0);
    CHECK_TEXT(checked(r), "1 validation error detected: Value '0' at 'pageSize' failed to satisfy "
                           "constraint: Member must have value greater than or equal to 1");
}

TEST(an_enum_lists_its_values) {
    struct record *r = new_input(IOT_UPDATE_CA_CERTIFICATE);
    put_text(r, M_CERTIFICATE_ID,
             BYTES("0123456789abcdef0123456789abcdef"
                   "0123456789abcdef0123456789abcdef"));
    put_text(r, M_NEW_STATUS, BYTES("ON"));
    CHECK_TEXT(checked(r),
               "1 validation error detected: Value 'ON' at 'newStatus' failed to satisfy "
               "constraint: Member must satisfy enum value set: [ACTIVE, INACTIVE]");
}

TEST(maps_and_lists_name_the_constraints_of_their_items) {
    struct record *r = new_input(IOT_CREATE_THING);
    put_text(r, M_THING_NAME, BYTES("lamp"));
    struct items *l = put_list(put_record(r, M_ATTRIBUTE_PAYLOAD), M_ATTRIBUTES);
    add_entry(l, BYTES("a b"), BYTES("1"));
    add_entry(l, BYTES("c"), BYTES("x y"));
    CHECK_TEXT(
        checked(r),
        "2 validation errors detected: Value '{a b=1, c=x y}' at 'attributePayload.attributes' "
        "failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length "
        "less than or equal to 128, Member must satisfy regular expression pattern: "
        "[a-zA-Z0-9_.,@/:#-]+]; Value '{a b=1, c=x y}' at 'attributePayload.attributes' failed to "
        "satisfy constraint: Map value must satisfy constraint: [Member must have length less than "
        "or equal to 800, Member must satisfy regular expression pattern: "
        "[a-zA-Z0-9_.,@/:#=\\[\\]-]*]");
}

TEST(elements_are_counted_from_one) {
    struct record *r = new_input(IOT_TAG_RESOURCE);
    put_text(r, M_RESOURCE_ARN, BYTES("arn"));
    struct items *tags = put_list(r, M_TAGS);
    put_text(add_record(tags), M_KEY, BYTES("k"));
    (void)add_record(tags);
    CHECK_TEXT(checked(r), "1 validation error detected: Value null at 'tags.2.member.key' failed "
                           "to satisfy constraint: Member must not be null");
}

TEST(long_values_are_cut_in_the_sentence) {
    struct record *r = new_input(IOT_DESCRIBE_THING);
    char name[2000];
    memset(name, 'x', sizeof name);
    put_text(r, M_THING_NAME, bytes_of(name, sizeof name));
    CHECK(strstr(checked(r), "xxx...' at 'thingName'"));
}

TEST(a_thousand_errors_stay_a_short_sentence) {
    struct record *r = new_input(IOT_TAG_RESOURCE);
    put_text(r, M_RESOURCE_ARN, BYTES("arn"));
    struct items *tags = put_list(r, M_TAGS);
    for (int i = 0; i < 1000; i++)
        (void)add_record(tags);
    const char *text = checked(r);
    CHECK(strstr(text, "1000 validation errors detected"));
    CHECK(strlen(text) < 9000);
}

TEST_MAIN("api/constraint")
