#include "iam/session.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "iam/documents.h"
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
enum { NOW_MS = 5000 };

/* An account, which sessions belong to, and the server's key. */
static void prepare(struct registry_fixture *f) {
    struct account account;
    CHECK_OK(account_create(f->r.txn, f->r.account, &account));
    registry_fixture_commit(f);
    store_rollback(f->r.txn);
    CHECK_OK(iam_sessions_prepare(f->store));
    CHECK_OK(store_begin_write(f->store, &f->r.txn));
}

static struct iam_role make_role(struct registry_fixture *f, const char *name) {
    struct iam_role role = {
        .name = bytes_from(name), .path = BYTES("/"), .trust = BYTES(TRUST), .max_session_s = 3600};
    CHECK_OK(iam_role_create(&f->r, &role, &role));
    return role;
}

static status open_session(struct registry_fixture *f, const struct iam_credentials *c,
                           int64_t now_ms, struct iam_caller *out) {
    char secret[ACCESS_KEY_SECRET_LEN + 1];
    status s = iam_session_open(&f->r, c->token, bytes_from(c->access_key_id), now_ms, out, secret);
    if (s == OK)
        CHECK_TEXT(secret, c->secret);
    return s;
}

static void round_trip(struct registry_fixture *f) {
    struct iam_credentials c;
    struct iam_caller caller;
    prepare(f);
    struct iam_role role = make_role(f, "r");
    CHECK_OK(iam_session_issue_role(&f->r, BYTES("arn:aws:iam::111111111111:role/r"), BYTES("a b"),
                                    900, NOW_MS, &c));
    CHECK(strncmp(c.access_key_id, "ASIA", 4) == 0 && strlen(c.secret) == 40);
    CHECK_INT(c.expires_ms, NOW_MS + 900 * 1000);
    CHECK_OK(open_session(f, &c, NOW_MS + 1, &caller));
    CHECK_INT(caller.kind, IAM_ROLE_SESSION);
    CHECK_BYTES(caller.arn, BYTES("arn:aws:sts::111111111111:assumed-role/r/a-b"));
    CHECK_BYTES(bytes_slice(caller.user_id, 0, 21), role.id);
    CHECK_INT(caller.issued_ms, NOW_MS);
    CHECK_FAILS(open_session(f, &c, c.expires_ms, &caller), E_TOKEN_EXPIRED,
                "The security token included in the request is expired");
    CHECK_OK(open_session(f, &c, c.expires_ms - 1, &caller));
}
TEST(a_session_opens_as_whom_it_was_issued_until_its_time_is_up) {
    registry_fixture_each(round_trip);
}

/* Each byte counts, and each length. */
static void tampering(struct registry_fixture *f) {
    struct iam_credentials c, other;
    struct iam_caller caller;
    prepare(f);
    bytes role = BYTES("arn:aws:iam::111111111111:role/r");
    CHECK_OK(iam_session_issue_role(&f->r, role, BYTES("s"), 900, NOW_MS, &c));
    CHECK_OK(iam_session_issue_role(&f->r, role, BYTES("s"), 900, NOW_MS, &other));
    bytes token = c.token;
    for (size_t i = 0; i < token.len; i++) {
        uint8_t *changed = (uint8_t *)arena_string(&f->arena, token);
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        c.token = bytes_of(changed, token.len);
        CHECK(open_session(f, &c, NOW_MS, &caller) == E_TOKEN_INVALID);
        c.token = bytes_slice(token, 0, i);
        CHECK(open_session(f, &c, NOW_MS, &caller) == E_TOKEN_INVALID);
    }
    c.token = other.token; /* of another key id */
    CHECK_FAILS(open_session(f, &c, NOW_MS, &caller), E_TOKEN_INVALID,
                "The security token included in the request is invalid.");
}
TEST(a_token_that_was_touched_is_none) {
    registry_fixture_each(tampering);
}

static size_t documents_of(struct registry_fixture *f, const struct iam_caller *caller,
                           bool *missing) {
    struct iam_documents documents;
    CHECK_OK(iam_policies_of(&f->r, caller, &documents));
    *missing = documents.missing;
    return documents.count;
}

static void of_role(struct registry_fixture *f) {
    const struct iam_entity role = {IAM_KIND_ROLE, BYTES("r")};
    struct iam_caller caller, narrow;
    bool missing;
    (void)make_role(f, "r");
    CHECK_OK(
        iam_caller_role(&f->r, BYTES("arn:aws:iam::111111111111:role/r"), BYTES("s"), &caller));
    CHECK_INT(documents_of(f, &caller, &missing), 0);
    CHECK(!missing);
    CHECK_OK(iam_inline_put(&f->r, &role, BYTES("p"), BYTES(ALLOW)));
    CHECK_OK(iam_attach(&f->r, &role, BYTES("arn:aws:iam::aws:policy/AWSIoTFullAccess")));
    CHECK_INT(documents_of(f, &caller, &missing), 2);
    narrow = caller;
    narrow.session_policy = BYTES(ALLOW);
    CHECK_INT(documents_of(f, &narrow, &missing), 3);
    CHECK_OK(iam_inline_delete(&f->r, &role, BYTES("p")));
    CHECK_OK(iam_detach(&f->r, &role, BYTES("arn:aws:iam::aws:policy/AWSIoTFullAccess")));
    CHECK_OK(iam_role_delete(&f->r, BYTES("r")));
    CHECK_INT(documents_of(f, &caller, &missing), 0);
    CHECK(missing);
    (void)make_role(f, "r"); /* another one of the same name */
    CHECK_OK(iam_inline_put(&f->r, &role, BYTES("p"), BYTES(ALLOW)));
    CHECK_INT(documents_of(f, &caller, &missing), 0);
    CHECK(missing);
}
TEST(a_session_has_its_roles_policies_and_none_of_a_later_role) {
    registry_fixture_each(of_role);
}

static void of_user(struct registry_fixture *f) {
    const struct iam_entity group = {IAM_KIND_GROUP, BYTES("g")};
    struct iam_group g = {.name = BYTES("g"), .path = BYTES("/")};
    struct iam_user u = {.name = BYTES("u"), .path = BYTES("/")};
    struct iam_caller caller;
    struct iam_documents documents;
    bool missing;
    CHECK_OK(iam_user_create(&f->r, &u, &u));
    CHECK_OK(iam_group_create(&f->r, &g, &g));
    CHECK_OK(iam_inline_put(&f->r, &group, BYTES("p"), BYTES(ALLOW)));
    CHECK_OK(iam_caller_user(&f->r, BYTES("u"), &caller));
    CHECK_INT(documents_of(f, &caller, &missing), 0);
    CHECK_OK(iam_group_add(&f->r, BYTES("g"), BYTES("u")));
    CHECK_INT(documents_of(f, &caller, &missing), 1);
    u.boundary = BYTES("arn:aws:iam::aws:policy/ReadOnlyAccess");
    CHECK_OK(iam_user_save(&f->r, &u));
    CHECK_OK(iam_policies_of(&f->r, &caller, &documents));
    CHECK(documents.count == 2 && documents.items[1].part == IAM_BOUNDARY);
    CHECK_FAILS(iam_user_delete(&f->r, BYTES("u")), E_DELETE_CONFLICT, "from group");
    CHECK_OK(iam_group_remove(&f->r, BYTES("g"), BYTES("u")));
    CHECK_OK(iam_user_delete(&f->r, BYTES("u")));
    CHECK(iam_caller_user(&f->r, BYTES("u"), &caller) == E_TOKEN_INVALID);
}
TEST(a_user_has_the_policies_of_its_groups_and_its_boundary) {
    registry_fixture_each(of_user);
}

TEST_MAIN("iam/session")
