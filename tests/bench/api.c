/* What a control-plane request costs: CPU time of api_answer, signature included, on SQLite.
 *
 *     bench_api [REQUESTS]
 */
#include <stdio.h>
#include <stdlib.h>

#include "api/fixture.h"
#include "base/clock.h"
#include "base/log.h"
#include "iam/policy.h"
#include "iam/user.h"
#include "report.h"
#include "support/testing.h"

static struct http_request signed_request(struct fixture *f, struct arena *a, const char *method,
                                          const char *target, const char *body) {
    struct http_request r = {
        .method = bytes_from(method), .body = bytes_from(body), .version_minor = 1};
    struct signing with = f->signing;
    with.now_ms = clock_wall_ms();
    sign_request(&with, target, &r, a);
    return r;
}

static void measure(struct fixture *f, const char *name, const char *method, const char *target,
                    const char *body, unsigned count) {
    struct arena a = {0}, work = {0};
    struct http_request r = signed_request(f, &a, method, target, body);
    double start = report_cpu_us();
    for (unsigned i = 0; i < count; i++) {
        struct api_response response;
        api_answer(f->api, &r, &work, &response);
        if (response.status != 200)
            (void)fprintf(stderr, "%s: %d %s\n", name, response.status, buf_string(&response.body));
        api_response_done(&response);
        arena_reset(&work);
    }
    report((report_cpu_us() - start) / count, "µs CPU", "%s", name);
    arena_done(&work);
    arena_done(&a);
}

#define ALLOW                                                                      \
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":" \
    "[\"iot:Get*\",\"iot:Describe*\"],\"Resource\":\"arn:aws:iot:*:*:thing/*\"}]}"

/* From here on requests are bob's, who has a policy of his own, a managed one, and one by a group.
 */
static void become_user(struct fixture *f) {
    struct registry r = {NULL, &f->arena, BYTES(FIXTURE_ACCOUNT), BYTES(FIXTURE_REGION)};
    const struct iam_entity bob = {IAM_KIND_USER, BYTES("bob")},
                            all = {IAM_KIND_GROUP, BYTES("all")};
    struct iam_user user;
    struct iam_group group;
    struct iam_policy policy;
    CHECK_OK(store_begin_write(f->store.store, &r.txn));
    CHECK_OK(iam_user_create(&r, &(struct iam_user){.name = bob.name, .path = BYTES("/")}, &user));
    CHECK_OK(
        iam_group_create(&r, &(struct iam_group){.name = all.name, .path = BYTES("/")}, &group));
    CHECK_OK(iam_group_add(&r, all.name, bob.name));
    CHECK_OK(iam_policy_create(&r,
                               &(struct iam_policy){.name = BYTES("readers"), .path = BYTES("/")},
                               BYTES(ALLOW), &policy));
    CHECK_OK(iam_attach(&r, &bob, policy.arn));
    CHECK_OK(iam_inline_put(&r, &bob, BYTES("own"), BYTES(ALLOW)));
    CHECK_OK(iam_inline_put(&r, &all, BYTES("common"), BYTES(ALLOW)));
    access_key_done(&f->key);
    CHECK_OK(access_key_create(r.txn, r.account, bob.name, 0, &f->key));
    CHECK_OK(store_commit(r.txn));
}

int main(int argc, char **argv) {
    unsigned count = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 20000;
    struct fixture f = fixture_open_on(&store_sqlite);
    log_set_level(LOG_WARN);
    f.signing.access_key_id = f.key.id;
    f.signing.secret = f.key.secret;
    measure(&f, "CreateThing", "POST", "/things/lamp",
            "{\"attributePayload\":{\"attributes\":{\"colour\":\"red\"}}}", 1);
    measure(&f, "DescribeThing", "GET", "/things/lamp", NULL, count);
    measure(&f, "DescribeEndpoint", "GET", "/endpoint?endpointType=iot%3AData-ATS", NULL, count);
    measure(&f, "CreateThing, repeated", "POST", "/things/lamp",
            "{\"attributePayload\":{\"attributes\":{\"colour\":\"red\"}}}", count / 10);
    become_user(&f);
    measure(&f, "DescribeThing, as a user with three policies", "GET", "/things/lamp", NULL, count);
    fixture_done(&f);
    return 0;
}
