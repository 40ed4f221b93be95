#include "iam/check.h"

#include <string.h>

#include "account/account.h"
#include "iam/policy.h"
#include "iam/role.h"
#include "iam/user.h"
#include "registry/fixture.h"
#include "support/testing.h"

#define TRUST                                                                         \
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":" \
    "{\"Service\":\"lambda.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}]}"
#define ALLOW                                                                                \
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"iot:*\"," \
    "\"Resource\":\"*\"}]}"

static char told[4096];

static void tell(void *context, const char *sentence) {
    UNUSED(context);
    (void)strncat(told, sentence, sizeof told - strlen(told) - 1);
}

static uint64_t problems(struct registry_fixture *f) {
    struct registry_check check = {.problem = tell};
    told[0] = 0;
    CHECK_OK(iam_check(f->r.txn, &check));
    return check.problems;
}

static void fill(struct registry_fixture *f) {
    const struct iam_entity entity = {IAM_KIND_ROLE, BYTES("r")};
    struct iam_role role = {
        .name = BYTES("r"), .path = BYTES("/"), .trust = BYTES(TRUST), .max_session_s = 3600};
    struct iam_user user = {.name = BYTES("u"), .path = BYTES("/")};
    struct iam_group group = {.name = BYTES("g"), .path = BYTES("/")};
    struct iam_policy policy = {.name = BYTES("p"), .path = BYTES("/x/")};
    struct access_key key;
    CHECK_OK(iam_role_create(&f->r, &role, &role));
    CHECK_OK(iam_user_create(&f->r, &user, &user));
    CHECK_OK(iam_group_create(&f->r, &group, &group));
    CHECK_OK(iam_group_add(&f->r, BYTES("g"), BYTES("u")));
    CHECK_OK(iam_policy_create(&f->r, &policy, BYTES(ALLOW), &policy));
    CHECK_OK(iam_attach(&f->r, &entity, policy.arn));
    CHECK_OK(iam_inline_put(&f->r, &entity, BYTES("i"), BYTES(ALLOW)));
    CHECK_OK(access_key_create(f->r.txn, f->r.account, BYTES("u"), 5, &key));
    access_key_done(&key);
}

static void finds(struct registry_fixture *f) {
    static const struct {
        enum table table;
        const char *says;
    } losses[] = {
        {TABLE_IAM_ROLES, "whom it belongs to is not there"},
        {TABLE_IAM_USERS, "the user is not there"},
        {TABLE_IAM_GROUPS, "the group is not there"},
        {TABLE_IAM_POLICIES, "the policy is not there"},
        {TABLE_IAM_POLICY_VERSIONS, "its default version is not there"},
        {TABLE_IAM_ATTACHED_TO, "the policy's side is not there"},
        {TABLE_IAM_ATTACHMENTS, "the other side is not there"},
        {TABLE_IAM_GROUPS_OF_USER, "the user's side is not there"},
        {TABLE_IAM_GROUP_MEMBERS, "the group's side is not there"},
        {TABLE_ACCESS_KEYS, "the key is not there"},
    };
    fill(f);
    registry_fixture_commit(f);
    CHECK_INT(problems(f), 0);
    for (size_t i = 0; i < COUNT_OF(losses); i++) {
        struct scan scan = {.limit = 1};
        struct row *rows;
        size_t count;
        CHECK_OK(store_scan(f->r.txn, losses[i].table, &scan, &f->arena, &rows, &count));
        CHECK_INT(count, 1);
        CHECK_OK(store_remove(f->r.txn, losses[i].table, rows[0].key));
        CHECK(problems(f) > 0);
        test_check_contains(told, losses[i].says, __FILE__, __LINE__);
        registry_fixture_undo(f);
    }
}
TEST(what_is_not_whole_is_told) {
    registry_fixture_each(finds);
}

TEST_MAIN("iam/check")
