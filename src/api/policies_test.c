#include <string.h>

#include "api/fixture.h"
#include "codec/json.h"
#include "codec/percent.h"
#include "identity/material.h"
#include "support/testing.h"

/* As walkthrough A has it: strings, not arrays. */
#define DOCUMENT                                                                         \
    "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \"Action\": " \
    "\"iot:*\", "                                                                        \
    "\"Resource\": \"*\"}]}"

static int create(struct fixture *f, const char *target, const char *document) {
    const char *quoted = json_quoted(f, bytes_from(document));
    return ask(f, "POST", target, arena_printf(&f->arena, "{\"policyDocument\":%s}", quoted));
}

TEST(a_policy_is_kept_byte_for_byte) { /* [AWS control-plane 13] */
    struct fixture f = fixture_open();
    CHECK_INT(create(&f, "/policies/PubSub", DOCUMENT), 200);
    CHECK_ANSWER(&f, "policyName", "PubSub");
    CHECK_ANSWER(&f, "policyArn", FIXTURE_ARN("policy/PubSub"));
    CHECK_ANSWER(&f, "policyDocument", DOCUMENT);
    CHECK_ANSWER(&f, "policyVersionId", "1");
    CHECK_INT(ask(&f, "GET", "/policies/PubSub", NULL), 200);
    CHECK_ANSWER(&f, "policyDocument", DOCUMENT);
    CHECK_ANSWER(&f, "defaultVersionId", "1");
    CHECK(answered_json(&f, "creationDate")->type == JSON_NUMBER);
    CHECK_INT(answered(&f, "generationId").len, 36);
    fixture_done(&f);
}

TEST(a_name_that_exists_is_refused) { /* [AWS control-plane 6.2] */
    struct fixture f = fixture_open();
    CHECK_INT(create(&f, "/policies/p", DOCUMENT), 200);
    (void)create(&f, "/policies/p", DOCUMENT);
    CHECK_REFUSED(&f, 409, "ResourceAlreadyExistsException",
                  "Policy cannot be created - name already exists (name=p)");
    CHECK_ANSWER(&f, "resourceId", "p");
    fixture_done(&f);
}

TEST(a_document_that_is_none_is_malformed) {
    struct fixture f = fixture_open();
    (void)create(&f, "/policies/p", "file://iot-policy.json");
    CHECK_REFUSED(&f, 400, "MalformedPolicyException", "Policy document is Malformed");
    (void)ask(&f, "GET", "/policies/p", NULL);
    CHECK_REFUSED(&f, 404, "ResourceNotFoundException", "Policy not found");
    (void)create(&f, "/policies/a%20b", DOCUMENT);
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "[\\w+=,.@-]+");
    fixture_done(&f);
}

TEST(versions_come_and_go) { /* [AWS identity 10.3] */
    struct fixture f = fixture_open();
    CHECK_INT(create(&f, "/policies/p", DOCUMENT), 200);
    CHECK_INT(create(&f, "/policies/p/version?setAsDefault=true", DOCUMENT), 200);
    CHECK_ANSWER(&f, "policyVersionId", "2");
    CHECK_ANSWER(&f, "isDefaultVersion", "true");
    for (int i = 3; i <= 5; i++)
        CHECK_INT(create(&f, "/policies/p/version", DOCUMENT), 200);
    (void)create(&f, "/policies/p/version", DOCUMENT);
    CHECK_REFUSED(&f, 409, "VersionsLimitExceededException",
                  "The policy p already has the maximum number of versions (5)");
    CHECK_INT(ask(&f, "GET", "/policies/p/version", NULL), 200);
    CHECK_INT(answered_json(&f, "policyVersions")->count, 5);
    CHECK(answered_json(&f, "policyVersions.0.createDate")->type == JSON_NUMBER);
    CHECK_INT(ask(&f, "PATCH", "/policies/p/version/4", NULL), 200);
    CHECK_INT(ask(&f, "GET", "/policies/p/version/4", NULL), 200);
    CHECK_ANSWER(&f, "isDefaultVersion", "true");
    (void)ask(&f, "DELETE", "/policies/p/version/4", NULL);
    CHECK_REFUSED(&f, 400, "InvalidRequestException",
                  "Cannot delete the default version of a policy");
    CHECK_INT(ask(&f, "DELETE", "/policies/p/version/1", NULL), 200);
    (void)ask(&f, "GET", "/policies/p/version/1", NULL);
    CHECK_REFUSED(&f, 404, "ResourceNotFoundException", "");
    (void)ask(&f, "DELETE", "/policies/p", NULL);
    CHECK_REFUSED(&f, 409, "DeleteConflictException", "");
    fixture_done(&f);
}

TEST(policies_are_listed_in_either_order) { /* [AWS control-plane 5] */
    struct fixture f = fixture_open();
    for (int i = 0; i < 3; i++)
        CHECK_INT(create(&f, arena_printf(&f.arena, "/policies/p%d", i), DOCUMENT), 200);
    CHECK_INT(ask(&f, "GET", "/policies?pageSize=2&isAscendingOrder=true", NULL), 200);
    CHECK_ANSWER(&f, "policies.0.policyName", "p0");
    CHECK_ANSWER(&f, "policies.0.policyArn", FIXTURE_ARN("policy/p0"));
    AUTO(buf) marker = {0};
    percent_encode(answered(&f, "nextMarker"), &marker);
    CHECK_INT(ask(&f, "GET",
                  arena_printf(&f.arena, "/policies?pageSize=2&isAscendingOrder=true&marker=%s",
                               buf_string(&marker)),
                  NULL),
              200);
    CHECK_ANSWER(&f, "policies.0.policyName", "p2");
    CHECK(!answered(&f, "nextMarker").ptr);
    fixture_done(&f);
}

static const char *certificate_arn_of(struct fixture *f) {
    const struct recipe recipe = {.subject = "CN=lamp", .key = "P-256"};
    CHECK_INT(ask(f, "POST", "/certificates",
                  arena_printf(&f->arena, "{\"certificateSigningRequest\":%s}",
                               json_quoted(f, material_csr(&recipe, &f->arena)))),
              200);
    return arena_string(&f->arena, answered(f, "certificateArn"));
}

static const char *encoded(struct fixture *f, const char *text) {
    AUTO(buf) out = {0};
    percent_encode(bytes_from(text), &out);
    return arena_string(&f->arena, buf_bytes(&out));
}

TEST(both_ways_of_attaching_share_one_store) { /* [AWS identity 10.3] */
    struct fixture f = fixture_open();
    const char *arn = certificate_arn_of(&f);
    CHECK_INT(create(&f, "/policies/p", DOCUMENT), 200);
    CHECK_INT(create(&f, "/policies/q", DOCUMENT), 200);
    CHECK_INT(ask_as(&f, "x-amzn-iot-principal", arn, "PUT", "/principal-policies/p", NULL), 200);
    const char *target = arena_printf(&f.arena, "{\"target\":\"%s\"}", arn);
    for (int i = 0; i < 2; i++)
        CHECK_INT(ask(&f, "PUT", "/target-policies/q", target), 200);
    CHECK_INT(ask(&f, "POST",
                  arena_printf(&f.arena, "/attached-policies/%s?recursive=true", encoded(&f, arn)),
                  NULL),
              200);
    CHECK_ANSWER(&f, "policies.0.policyName", "p");
    CHECK_ANSWER(&f, "policies.1.policyName", "q");
    CHECK_ANSWER(&f, "policies.1.policyArn", FIXTURE_ARN("policy/q"));
    CHECK_INT(ask_as(&f, "x-amzn-iot-principal", arn, "GET", "/principal-policies", NULL), 200);
    CHECK_INT(answered_json(&f, "policies")->count, 2);
    CHECK_INT(ask(&f, "POST", "/policy-targets/p", NULL), 200);
    CHECK_ANSWER(&f, "targets.0", arn);
    CHECK_INT(ask_as(&f, "x-amzn-iot-policy", "p", "GET", "/policy-principals", NULL), 200);
    CHECK_ANSWER(&f, "principals.0", arn);
    (void)ask(&f, "DELETE", "/policies/p", NULL);
    CHECK_REFUSED(&f, 409, "DeleteConflictException",
                  "The policy cannot be deleted as the policy is attached to one or more "
                  "principals (name=p)");
    CHECK_INT(ask(&f, "POST", "/target-policies/p", target), 200); /* detach */
    CHECK_INT(ask_as(&f, "x-amzn-iot-principal", arn, "DELETE", "/principal-policies/q", NULL),
              200);
    CHECK_INT(ask(&f, "DELETE", "/policies/p", NULL), 200);
    fixture_done(&f);
}

TEST(the_eleventh_policy_is_one_too_many) {
    struct fixture f = fixture_open();
    const char *arn = certificate_arn_of(&f);
    const char *target = arena_printf(&f.arena, "{\"target\":\"%s\"}", arn);
    for (int i = 0; i <= 10; i++) {
        CHECK_INT(create(&f, arena_printf(&f.arena, "/policies/p%d", i), DOCUMENT), 200);
        CHECK_INT(ask(&f, "PUT", arena_printf(&f.arena, "/target-policies/p%d", i), target),
                  i < 10 ? 200 : 410);
    }
    CHECK_REFUSED(&f, 410, "LimitExceededException", "");
    fixture_done(&f);
}

TEST(what_is_missing_is_not_found) {
    struct fixture f = fixture_open();
    const char *arn = certificate_arn_of(&f);
    const char *target = arena_printf(&f.arena, "{\"target\":\"%s\"}", arn);
    (void)ask(&f, "PUT", "/target-policies/p", target);
    CHECK_REFUSED(&f, 404, "ResourceNotFoundException", "Policy not found");
    CHECK_INT(create(&f, "/policies/p", DOCUMENT), 200);
    (void)ask(&f, "PUT", "/target-policies/p", "{\"target\":\"lamp\"}");
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "");
    fixture_done(&f);
}

TEST_MAIN("api/policies")
