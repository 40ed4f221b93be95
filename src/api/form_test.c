#include "api/form.h"

#include "api/generated/iam.h"
#include "support/testing.h"

static status decode(struct arena *a, const char *text, enum iam_operation operation,
                     struct record **out) {
    struct http_query form;
    CHECK_OK(http_form_parse(a, bytes_from(text), &form));
    return form_decode(a, &model_iam, model_iam.operations[operation].input, &form, out);
}

TEST(parameters_are_paths_to_members) { /* [AWS control-plane 9] */
    AUTO(arena) a = {0};
    struct record *in;
    CHECK_OK(decode(&a,
                    "Action=CreateRole&RoleName=r&MaxSessionDuration=3600&Unknown=1&"
                    "Tags.member.1.Key=a&Tags.member.1.Value=1+2&Tags.member.2.Key=b&"
                    "Tags.member.2.Value=",
                    IAM_CREATE_ROLE, &in));
    CHECK_BYTES(get_text(in, M_ROLE_NAME), BYTES("r"));
    CHECK_INT(get_number(in, M_MAX_SESSION_DURATION, 0), 3600);
    CHECK(!has(in, M_PATH));
    const struct items *tags = get_list(in, M_TAGS);
    CHECK_INT(tags->count, 2);
    CHECK_BYTES(get_text(tags->first->record, M_VALUE), BYTES("1 2"));
    CHECK_BYTES(get_text(tags->first->next->record, M_KEY), BYTES("b"));
    CHECK(has(tags->first->next->record, M_VALUE));
}

TEST(elements_stand_without_a_gap_and_a_list_may_be_empty) {
    AUTO(arena) a = {0};
    struct record *in;
    CHECK_OK(decode(&a, "TagKeys.member.1=a&TagKeys.member.3=c", IAM_UNTAG_ROLE, &in));
    CHECK_INT(get_list(in, M_TAG_KEYS)->count, 1);
    CHECK_OK(decode(&a, "TagKeys=", IAM_UNTAG_ROLE, &in));
    CHECK_INT(get_list(in, M_TAG_KEYS)->count, 0);
    CHECK_OK(decode(&a, "TagKeysX.member.1=a", IAM_UNTAG_ROLE, &in));
    CHECK(!has(in, M_TAG_KEYS));
}

TEST(a_value_of_another_type_is_refused) {
    AUTO(arena) a = {0};
    struct record *in;
    CHECK_FAILS(decode(&a, "MaxItems=many", IAM_LIST_ROLES, &in), E_INVALID, "'MaxItems'");
    CHECK_FAILS(decode(&a, "MaxItems=", IAM_LIST_ROLES, &in), E_INVALID, "'MaxItems'");
    CHECK_FAILS(decode(&a, "MaxItems=1e3", IAM_LIST_ROLES, &in), E_INVALID, "'MaxItems'");
    CHECK_OK(decode(&a, "MaxItems=-1", IAM_LIST_ROLES, &in));
    CHECK_FAILS(decode(&a, "SetAsDefault=maybe", IAM_CREATE_POLICY_VERSION, &in), E_INVALID,
                "'SetAsDefault'");
    CHECK_FAILS(decode(&a, "RoleName=%ff", IAM_GET_ROLE, &in), E_INVALID, "not UTF-8");
    CHECK_FAILS(decode(&a, "Tags.member.1.Key=%ff", IAM_TAG_ROLE, &in), E_INVALID,
                "Tags.member.1.Key");
}

TEST_MAIN("api/form")
