/* Who may do what, asked as clients ask: users with narrow policies, boundaries, sessions. */
#include "api/fixture.h"
#include "base/clock.h"
#include "iam/policy.h"
#include "iam/role.h"
#include "iam/session.h"
#include "iam/user.h"
#include "support/testing.h"

#define DOCUMENT(statements) "{\"Version\":\"2012-10-17\",\"Statement\":[" statements "]}"
#define ALLOW(action, resource) \
    "{\"Effect\":\"Allow\",\"Action\":\"" action "\",\"Resource\":\"" resource "\"}"
#define DENY(action, resource) \
    "{\"Effect\":\"Deny\",\"Action\":\"" action "\",\"Resource\":\"" resource "\"}"
#define BOB "arn:aws:iam::" FIXTURE_ACCOUNT ":user/bob"
#define APP "arn:aws:iam::" FIXTURE_ACCOUNT ":role/app"
#define TRUST                                                                                    \
    DOCUMENT("{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",\"Principal\":{\"AWS\":\"" BOB \
             "\"}}")

/* A control plane with a user bob and a role app, who may nothing yet. */
struct world {
    struct fixture f;
    struct access_key bob;
    struct iam_credentials app;
};

static struct registry view(struct world *w) {
    return (struct registry){NULL, &w->f.arena, BYTES(FIXTURE_ACCOUNT), BYTES(FIXTURE_REGION)};
}

static void begin(struct world *w, struct registry *r) {
    *r = view(w);
    CHECK_OK(store_begin_write(w->f.store.store, &r->txn));
}

static void world_open(struct world *w) {
    *w = (struct world){.f = fixture_open()};
    struct registry r;
    struct iam_user bob;
    struct iam_role app;
    CHECK_OK(iam_sessions_prepare(w->f.store.store));
    begin(w, &r);
    CHECK_OK(
        iam_user_create(&r, &(struct iam_user){.name = BYTES("bob"), .path = BYTES("/")}, &bob));
    CHECK_OK(access_key_create(r.txn, r.account, BYTES("bob"), 0, &w->bob));
    CHECK_OK(iam_role_create(
        &r,
        &(struct iam_role){
            .name = BYTES("app"), .path = BYTES("/"), .trust = BYTES(TRUST), .max_session_s = 3600},
        &app));
    CHECK_OK(store_commit(r.txn));
    w->f.signing.access_key_id = w->bob.id;
    w->f.signing.secret = w->bob.secret;
}

static void world_done(struct world *w) {
    access_key_done(&w->bob);
    iam_credentials_done(&w->app);
    fixture_done(&w->f);
}

static void give(struct world *w, enum iam_kind kind, const char *document) {
    struct registry r;
    const struct iam_entity to = {kind, kind == IAM_KIND_USER ? BYTES("bob") : BYTES("app")};
    begin(w, &r);
    CHECK_OK(iam_inline_put(&r, &to, BYTES("own"), bytes_from(document)));
    CHECK_OK(store_commit(r.txn));
}

static void as_root(struct world *w) {
    w->f.signing.access_key_id = NULL;
    w->f.signing.secret = NULL;
}

#define DESCRIBE "/things/lamp"
#define REFUSED(what, resource, because) \
    "User: " BOB " is not authorized to perform: " what " on resource: " resource " " because

TEST(a_user_without_policies_may_nothing_and_learns_nothing) {
    struct world w;
    world_open(&w);
    CHECK_INT(ask(&w.f, "GET", DESCRIBE, NULL), 403);
    CHECK_REFUSED(&w.f, 403, "AccessDeniedException",
                  REFUSED("iot:DescribeThing", FIXTURE_ARN("thing/lamp"),
                          "because no identity-based policy allows the iot:DescribeThing action"));
    CHECK_INT(ask(&w.f, "GET", "/things", NULL), 403);
    CHECK_REFUSED(&w.f, 403, "AccessDeniedException",
                  REFUSED("iot:ListThings", "*",
                          "because no identity-based policy allows the iot:ListThings action"));
    world_done(&w);
}

TEST(a_user_may_what_his_policy_says_and_no_more) {
    struct world w;
    world_open(&w);
    give(&w, IAM_KIND_USER,
         DOCUMENT(
             ALLOW("iot:*Thing", "arn:aws:iot:*:*:thing/lamp*") "," DENY("iot:DeleteThing", "*")));
    CHECK_INT(ask(&w.f, "POST", DESCRIBE, "{}"), 200);
    CHECK_INT(ask(&w.f, "GET", DESCRIBE, NULL), 200);
    CHECK_INT(ask(&w.f, "POST", "/things/pump", "{}"), 403);
    CHECK_INT(ask(&w.f, "DELETE", DESCRIBE, NULL), 403);
    CHECK_REFUSED(&w.f, 403, "AccessDeniedException",
                  REFUSED("iot:DeleteThing", FIXTURE_ARN("thing/lamp"),
                          "with an explicit deny in an identity-based policy"));
    as_root(&w);
    CHECK_INT(ask(&w.f, "DELETE", DESCRIBE, NULL), 200);
    world_done(&w);
}

TEST(handing_a_role_to_a_service_takes_its_own_permission) {
    struct world w;
    world_open(&w);
    const char *body = "{\"roleArn\":\"" APP "\"}";
    give(&w, IAM_KIND_USER, DOCUMENT(ALLOW("iot:*", "*")));
    CHECK_INT(ask(&w.f, "POST", "/role-aliases/door", body), 403);
    CHECK_REFUSED(&w.f, 403, "AccessDeniedException",
                  REFUSED("iam:PassRole", APP,
                          "because no identity-based policy allows the iam:PassRole action"));
    give(&w, IAM_KIND_USER,
         DOCUMENT(
             ALLOW("iot:*", "*") ",{\"Effect\":\"Allow\",\"Action\":\"iam:PassRole\","
                                 "\"Resource\":\"" APP "\",\"Condition\":{\"StringEquals\":{"
                                 "\"iam:PassedToService\":\"credentials.iot.amazonaws.com\"}}}"));
    CHECK_INT(ask(&w.f, "POST", "/role-aliases/door", body), 200);
    world_done(&w);
}

TEST(conditions_see_the_tags_of_a_request) {
    struct world w;
    world_open(&w);
    give(&w, IAM_KIND_USER,
         DOCUMENT("{\"Effect\":\"Allow\",\"Action\":\"iot:CreateThingGroup\",\"Resource\":\"*\","
                  "\"Condition\":{\"StringEquals\":{\"aws:RequestTag/team\":\"red\"},"
                  "\"ForAllValues:StringEquals\":{\"aws:TagKeys\":[\"team\"]}}}"));
    CHECK_INT(ask(&w.f, "POST", "/thing-groups/a", "{}"), 403);
    CHECK_INT(
        ask(&w.f, "POST", "/thing-groups/a", "{\"tags\":[{\"Key\":\"team\",\"Value\":\"blue\"}]}"),
        403);
    CHECK_INT(
        ask(&w.f, "POST", "/thing-groups/a", "{\"tags\":[{\"Key\":\"team\",\"Value\":\"red\"}]}"),
        200);
    world_done(&w);
}

TEST(conditions_see_the_tags_of_what_is_asked_for) {
    struct world w;
    world_open(&w);
    as_root(&w);
    CHECK_INT(
        ask(&w.f, "POST", "/thing-groups/red", "{\"tags\":[{\"Key\":\"team\",\"Value\":\"red\"}]}"),
        200);
    CHECK_INT(ask(&w.f, "POST", "/thing-groups/blue", "{}"), 200);
    w.f.signing.access_key_id = w.bob.id;
    w.f.signing.secret = w.bob.secret;
    give(&w, IAM_KIND_USER,
         DOCUMENT("{\"Effect\":\"Allow\",\"Action\":\"iot:*\",\"Resource\":\"*\","
                  "\"Condition\":{\"StringEquals\":{\"aws:ResourceTag/team\":\"red\"}}}"));
    CHECK_INT(ask(&w.f, "GET", "/thing-groups/red", NULL), 200);
    CHECK_INT(ask(&w.f, "GET", "/thing-groups/blue", NULL), 403);
    CHECK_INT(ask(&w.f, "GET", "/thing-groups/nothing", NULL), 403);
    world_done(&w);
}

static void assume(struct world *w, const char *session_policy) {
    struct registry r;
    struct iam_caller app;
    begin(w, &r);
    CHECK_OK(iam_caller_role(&r, BYTES(APP), BYTES("s1"), &app));
    app.session_policy = bytes_from(session_policy);
    CHECK_OK(iam_session_issue(&r, &app, 3600, clock_wall_ms(), &w->app));
    CHECK_OK(store_commit(r.txn));
    w->f.signing.access_key_id = w->app.access_key_id;
    w->f.signing.secret = w->app.secret;
    w->f.signing.token = arena_string(&w->f.arena, w->app.token);
}

TEST(a_session_may_what_role_and_session_policy_both_allow) {
    struct world w;
    world_open(&w);
    give(&w, IAM_KIND_ROLE, DOCUMENT(ALLOW("iot:*", "*")));
    assume(&w, NULL);
    CHECK_INT(ask(&w.f, "GET", "/things", NULL), 200);
    assume(&w, DOCUMENT(ALLOW("iot:DescribeThing", "*")));
    CHECK_INT(ask(&w.f, "GET", "/things", NULL), 403);
    CHECK_REFUSED(&w.f, 403, "AccessDeniedException",
                  "User: arn:aws:sts::" FIXTURE_ACCOUNT ":assumed-role/app/s1 is not authorized to "
                  "perform: iot:ListThings on resource: * because no session policy allows the "
                  "iot:ListThings action");
    CHECK_INT(ask(&w.f, "GET", DESCRIBE, NULL), 404);
    assume(&w, DOCUMENT(ALLOW("*", "*") "," DENY("iot:ListThings", "*")));
    CHECK_INT(ask(&w.f, "GET", "/things", NULL), 403);
    CHECK_REFUSED(&w.f, 403, "AccessDeniedException", "with an explicit deny in a session policy");
    world_done(&w);
}

TEST(a_boundary_allows_nothing_by_itself_and_bounds_what_is_allowed) {
    struct world w;
    world_open(&w);
    struct registry r;
    struct iam_policy policy;
    struct iam_user bob;
    begin(&w, &r);
    CHECK_OK(iam_policy_create(&r, &(struct iam_policy){.name = BYTES("edge"), .path = BYTES("/")},
                               BYTES(DOCUMENT(ALLOW("iot:Describe*", "*"))), &policy));
    CHECK_OK(iam_user_load(&r, BYTES("bob"), &bob));
    bob.boundary = policy.arn;
    CHECK_OK(iam_user_save(&r, &bob));
    CHECK_OK(store_commit(r.txn));
    CHECK_INT(ask(&w.f, "GET", DESCRIBE, NULL), 403);
    give(&w, IAM_KIND_USER, DOCUMENT(ALLOW("iot:*", "*")));
    CHECK_INT(ask(&w.f, "GET", DESCRIBE, NULL), 404);
    CHECK_INT(ask(&w.f, "GET", "/things", NULL), 403);
    CHECK_REFUSED(&w.f, 403, "AccessDeniedException",
                  REFUSED("iot:ListThings", "*",
                          "because no permissions boundary allows the iot:ListThings action"));
    world_done(&w);
}

TEST(a_session_of_a_role_that_is_gone_may_nothing_and_is_told) {
    struct world w;
    world_open(&w);
    struct registry r;
    give(&w, IAM_KIND_ROLE, DOCUMENT(ALLOW("iot:*", "*")));
    assume(&w, NULL);
    begin(&w, &r);
    CHECK_OK(
        iam_inline_delete(&r, &(struct iam_entity){IAM_KIND_ROLE, BYTES("app")}, BYTES("own")));
    CHECK_OK(iam_role_delete(&r, BYTES("app")));
    CHECK_OK(store_commit(r.txn));
    CHECK_INT(ask(&w.f, "GET", "/things", NULL), 403);
    CHECK_REFUSED(&w.f, 403, "AccessDeniedException",
                  APP ", or its permissions boundary, does not");
    world_done(&w);
}

TEST_MAIN("api/authorize")
