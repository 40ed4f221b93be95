/* What the server may in the name of roles, and how soon a change counts. */
#include "iam/acting.h"

#include "iam/policy.h"
#include "iam/role.h"
#include "iam/trust.h"
#include "store/fixture.h"
#include "support/testing.h"

#define ACCOUNT "123456789012"
#define ROLE "arn:aws:iam::" ACCOUNT ":role/rules"
#define TRUST(service)                                                                  \
    "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"sts:" \
    "AssumeRole\",\"Principal\":{\"Service\":\"" service "\"}}}"
#define ALLOW(action)                                                                      \
    "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"" action \
    "\",\"Resource\":\"*\"}}"

struct world {
    struct store_fixture store;
    struct arena arena;
    struct iam_acting *acting;
    bool unknown;
};

static void world_open(struct world *w) {
    *w = (struct world){.store = store_fixture_open(&store_memory)};
    w->acting = iam_acting_new(w->store.store, BYTES("us-east-1"));
}

static void world_done(struct world *w) {
    iam_acting_free(w->acting);
    arena_done(&w->arena);
    store_fixture_done(&w->store);
}

static struct registry begin(struct world *w) {
    struct registry r = {NULL, &w->arena, BYTES(ACCOUNT), BYTES("us-east-1")};
    CHECK_OK(store_begin_write(w->store.store, &r.txn));
    return r;
}

static void make_role(struct world *w, const char *trust) {
    struct registry r = begin(w);
    const struct iam_role role = {.name = BYTES("rules"),
                                  .path = BYTES("/"),
                                  .trust = bytes_from(trust),
                                  .max_session_s = 3600};
    struct iam_role made;
    CHECK_OK(iam_role_create(&r, &role, &made));
    CHECK_OK(store_commit(r.txn));
}

static void allow(struct world *w, const char *document) {
    struct registry r = begin(w);
    const struct iam_entity role = {IAM_KIND_ROLE, BYTES("rules")};
    CHECK_OK(iam_inline_put(&r, &role, BYTES("p"), bytes_from(document)));
    CHECK_OK(store_commit(r.txn));
}

static status may(struct world *w, int64_t now_ms) {
    const struct iam_act act = {.account = BYTES(ACCOUNT),
                                .role_arn = BYTES(ROLE),
                                .service = IAM_SERVICE_IOT,
                                .session = "rule",
                                .action = BYTES("iot:Publish"),
                                .resource = BYTES("arn:aws:iot:us-east-1:" ACCOUNT ":topic/a")};
    return iam_acting_may(w->acting, &act, now_ms, &w->unknown);
}

TEST(a_role_that_is_not_there_may_all) {
    struct world w;
    world_open(&w);
    CHECK_OK(may(&w, 1000));
    CHECK(w.unknown);
    world_done(&w);
}

TEST(a_role_may_what_its_policies_say_from_a_second_after_they_do) {
    struct world w;
    world_open(&w);
    make_role(&w, TRUST("iot.amazonaws.com"));
    CHECK_FAILS(may(&w, 1000), E_ACCESS_DENIED,
                "User: arn:aws:sts::" ACCOUNT ":assumed-role/rules/rule is not authorized to "
                "perform: iot:Publish on resource: arn:aws:iot:us-east-1:" ACCOUNT
                ":topic/a because");
    CHECK(!w.unknown);
    allow(&w, ALLOW("iot:*"));
    CHECK(may(&w, 1000 + IAM_ACTING_MS - 1) == E_ACCESS_DENIED);
    CHECK_OK(may(&w, 1000 + IAM_ACTING_MS));
    allow(&w, ALLOW("s3:*"));
    CHECK_OK(may(&w, 1000 + IAM_ACTING_MS + 1));
    CHECK(may(&w, 1000 + 2 * IAM_ACTING_MS) == E_ACCESS_DENIED);
    world_done(&w);
}

TEST(a_clock_that_goes_back_does_not_keep_what_was_gathered) {
    struct world w;
    world_open(&w);
    CHECK_OK(may(&w, 1000000));
    make_role(&w, TRUST("iot.amazonaws.com"));
    CHECK(may(&w, 5000) == E_ACCESS_DENIED);
    world_done(&w);
}

TEST(a_role_that_does_not_trust_the_service_may_nothing) {
    struct world w;
    world_open(&w);
    make_role(&w, TRUST("lambda.amazonaws.com"));
    allow(&w, ALLOW("*"));
    CHECK_FAILS(may(&w, 1000), E_ACCESS_DENIED, "does not trust iot.amazonaws.com");
    world_done(&w);
}

TEST_MAIN("iam/acting")
