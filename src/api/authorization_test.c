#include <string.h>

#include "api/fixture.h"
#include "codec/json.h"
#include "identity/material.h"
#include "support/testing.h"

/* A certificate with these names, as the registry knows it: its ARN. */
static const char *register_certificate(struct fixture *f, const char *subject) {
    bytes csr = material_csr(&(struct recipe){.subject = subject, .key = "P-256"}, &f->arena);
    CHECK_INT(
        ask(f, "POST", "/certificates?setAsActive=true",
            arena_printf(&f->arena, "{\"certificateSigningRequest\":%s}", json_quoted(f, csr))),
        200);
    return arena_string(&f->arena, answered(f, "certificateArn"));
}

/* One statement; ' stands for ". */
static void create_policy(struct fixture *f, const char *name, const char *statement) {
    char *text = arena_printf(&f->arena, "{'Version':'2012-10-17','Statement':[%s]}", statement);
    for (char *at = text; *at; at++)
        *at = *at == '\'' ? '"' : *at;
    const char *body =
        arena_printf(&f->arena, "{\"policyDocument\":%s}", json_quoted(f, bytes_from(text)));
    CHECK_INT(ask(f, "POST", arena_printf(&f->arena, "/policies/%s", name), body), 200);
}

static void attach(struct fixture *f, const char *policy, const char *target) {
    CHECK_INT(ask(f, "PUT", arena_printf(&f->arena, "/target-policies/%s", policy),
                  arena_printf(&f->arena, "{\"target\":\"%s\"}", target)),
              200);
}

static const char *short_arn(struct fixture *f, const char *resource) {
    return arena_printf(&f->arena, "\"arn:aws:iot:" FIXTURE_REGION ":" FIXTURE_ACCOUNT ":%s\"",
                        resource);
}

/* One authInfo of one resource; `more` are further members of the request. */
static int test_one(struct fixture *f, const char *principal, const char *client_id,
                    const char *action, const char *resource, const char *more) {
    const char *target = client_id
                             ? arena_printf(&f->arena, "/test-authorization?clientId=%s", client_id)
                             : "/test-authorization";
    return ask(f, "POST", target,
               arena_printf(&f->arena,
                            "{\"principal\":\"%s\",\"authInfos\":[{\"actionType\":\"%s\","
                            "\"resources\":[%s]}]%s}",
                            principal, action, short_arn(f, resource), more));
}

#define CHECK_DECISION(f, principal, client_id, action, resource, decision)                \
    do {                                                                                   \
        CHECK_INT(test_one((f), (principal), (client_id), (action), (resource), ""), 200); \
        CHECK_ANSWER((f), "authResults.0.authDecision", decision);                         \
    } while (0)

#define ALLOW(action, rest) \
    "{'Effect':'Allow','Action':'iot:" action "','Resource':'" FIXTURE_ARN(rest) "'}"
#define DENY(action, rest) \
    "{'Effect':'Deny','Action':'iot:" action "','Resource':'" FIXTURE_ARN(rest) "'}"

TEST(each_policy_is_named_under_what_it_says) { /* [AWS policy 8] */
    struct fixture f = fixture_open();
    const char *arn = register_certificate(&f, "CN=lamp");
    create_policy(&f, "allows", ALLOW("Publish", "topic/*"));
    create_policy(&f, "denies", DENY("Publish", "topic/secret/*"));
    create_policy(&f, "silent", ALLOW("Subscribe", "topicfilter/*"));
    attach(&f, "allows", arn);
    attach(&f, "denies", arn);
    attach(&f, "silent", arn);
    CHECK_DECISION(&f, arn, NULL, "PUBLISH", "topic/open", "ALLOWED");
    CHECK_ANSWER(&f, "authResults.0.authInfo.actionType", "PUBLISH");
    CHECK_ANSWER(&f, "authResults.0.authInfo.resources.0", FIXTURE_ARN("topic/open"));
    CHECK_ANSWER(&f, "authResults.0.allowed.policies.0.policyName", "allows");
    CHECK_ANSWER(&f, "authResults.0.allowed.policies.0.policyArn", FIXTURE_ARN("policy/allows"));
    CHECK_INT(answered_json(&f, "authResults.0.denied.implicitDeny.policies")->count, 2);
    CHECK_INT(answered_json(&f, "authResults.0.denied.explicitDeny.policies")->count, 0);
    CHECK_DECISION(&f, arn, NULL, "PUBLISH", "topic/secret/key", "EXPLICIT_DENY");
    CHECK_ANSWER(&f, "authResults.0.denied.explicitDeny.policies.0.policyName", "denies");
    CHECK_ANSWER(&f, "authResults.0.denied.implicitDeny.policies.0.policyName", "silent");
    CHECK_DECISION(&f, arn, NULL, "RECEIVE", "topic/open", "IMPLICIT_DENY");
    CHECK_INT(answered_json(&f, "authResults.0.denied.implicitDeny.policies")->count, 3);
    fixture_done(&f);
}

TEST(several_resources_must_all_be_allowed) { /* [AWS policy 8] */
    struct fixture f = fixture_open();
    const char *arn = register_certificate(&f, "CN=lamp");
    create_policy(&f, "a", ALLOW("Publish", "topic/a") "," DENY("Publish", "topic/x"));
    attach(&f, "a", arn);
    static const struct {
        const char *first, *second, *decision;
    } cases[] = {
        {"topic/a", "topic/a", "ALLOWED"},
        {"topic/a", "topic/b", "IMPLICIT_DENY"},
        {"topic/b", "topic/x", "EXPLICIT_DENY"},
        {"topic/x", "topic/a", "EXPLICIT_DENY"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CHECK_INT(
            ask(&f, "POST", "/test-authorization",
                arena_printf(&f.arena,
                             "{\"principal\":\"%s\",\"authInfos\":[{\"actionType\":"
                             "\"PUBLISH\",\"resources\":[%s,%s]}]}",
                             arn, short_arn(&f, cases[i].first), short_arn(&f, cases[i].second))),
            200);
        CHECK_ANSWER(&f, "authResults.0.authDecision", cases[i].decision);
    }
    fixture_done(&f);
}

TEST(policies_are_added_and_skipped_without_touching_the_registry) { /* [AWS policy 8] */
    struct fixture f = fixture_open();
    const char *arn = register_certificate(&f, "CN=lamp");
    create_policy(&f, "attached", ALLOW("Connect", "client/lamp"));
    create_policy(&f, "other", DENY("Connect", "client/*"));
    attach(&f, "attached", arn);
    CHECK_DECISION(&f, arn, "lamp", "CONNECT", "client/lamp", "ALLOWED");
    CHECK_INT(test_one(&f, arn, "lamp", "CONNECT", "client/lamp",
                       ",\"policyNamesToAdd\":[\"other\",\"attached\"]"),
              200);
    CHECK_ANSWER(&f, "authResults.0.authDecision", "EXPLICIT_DENY");
    CHECK_INT(answered_json(&f, "authResults.0.allowed.policies")->count, 1);
    CHECK_INT(test_one(&f, arn, "lamp", "CONNECT", "client/lamp",
                       ",\"policyNamesToSkip\":[\"attached\",\"never-made\"]"),
              200);
    CHECK_ANSWER(&f, "authResults.0.authDecision", "IMPLICIT_DENY");
    (void)test_one(&f, arn, "lamp", "CONNECT", "client/lamp",
                   ",\"policyNamesToAdd\":[\"never-made\"]");
    CHECK_REFUSED(&f, 404, "ResourceNotFoundException", "Policy not found");
    CHECK_DECISION(&f, arn, "lamp", "CONNECT", "client/lamp", "ALLOWED");
    fixture_done(&f);
}

TEST(variables_of_the_certificate_come_from_what_is_registered) { /* [AWS policy 5.3] */
    struct fixture f = fixture_open();
    const char *arn = register_certificate(&f, "CN=lamp/O=Acme");
    create_policy(&f, "named",
                  ALLOW("Publish", "topic/${iot:Certificate.Subject.CommonName}/*") "," ALLOW(
                      "Publish", "topic/id/${iot:CertificateId}"));
    attach(&f, "named", arn);
    CHECK_DECISION(&f, arn, NULL, "PUBLISH", "topic/lamp/on", "ALLOWED");
    CHECK_DECISION(&f, arn, NULL, "PUBLISH", "topic/fan/on", "IMPLICIT_DENY");
    CHECK_DECISION(&f, arn, NULL, "PUBLISH",
                   arena_printf(&f.arena, "topic/id/%s", strrchr(arn, '/') + 1), "ALLOWED");
    fixture_done(&f);
}

TEST(variables_of_the_thing_follow_the_client_identifier) { /* [AWS policy 5.2, 8] */
    struct fixture f = fixture_open();
    const char *arn = register_certificate(&f, "CN=any");
    create_policy(&f, "own",
                  ALLOW("Publish", "topic/${iot:Connection.Thing.ThingName}") "," ALLOW(
                      "Publish", "topic/site/${iot:Connection.Thing.Attributes[site]}"));
    attach(&f, "own", arn);
    CHECK_INT(ask(&f, "POST", "/things/lamp",
                  "{\"attributePayload\":{\"attributes\":{\"site\":\"roof\"}}}"),
              200);
    CHECK_DECISION(&f, arn, "lamp", "PUBLISH", "topic/lamp", "IMPLICIT_DENY");
    CHECK_INT(answered_json(&f, "authResults.0.missingContextValues")->count, 2);
    CHECK_ANSWER(&f, "authResults.0.missingContextValues.0", "iot:Connection.Thing.ThingName");
    CHECK_INT(ask_as(&f, "x-amzn-principal", arn, "PUT", "/things/lamp/principals", NULL), 200);
    CHECK_DECISION(&f, arn, "lamp", "PUBLISH", "topic/lamp", "ALLOWED");
    CHECK_INT(answered_json(&f, "authResults.0.missingContextValues")->count, 0);
    CHECK_DECISION(&f, arn, "lamp", "PUBLISH", "topic/site/roof", "ALLOWED");
    CHECK_DECISION(&f, arn, "fan", "PUBLISH", "topic/lamp", "IMPLICIT_DENY");
    CHECK_DECISION(&f, arn, NULL, "PUBLISH", "topic/lamp", "IMPLICIT_DENY");
    fixture_done(&f);
}

TEST(what_cannot_be_tested_is_said) {
    struct fixture f = fixture_open();
    const char *arn = register_certificate(&f, "CN=lamp");
    (void)test_one(&f, arn, NULL, "SUBSCRIBE", "topic/a", "");
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "topicfilter/");
    (void)test_one(&f, FIXTURE_ARN("cert/00"), NULL, "PUBLISH", "topic/a", "");
    CHECK_REFUSED(&f, 404, "ResourceNotFoundException", "");
    (void)test_one(&f, "lamp", NULL, "PUBLISH", "topic/a", "");
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "is not a resource name");
    (void)test_one(&f, "", NULL, "PUBLISH", "topic/a", "");
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "A principal is needed");
    (void)test_one(&f, arn, NULL, "PUBLISH", "topic/a", ",\"cognitoIdentityPoolId\":\"r:p\"");
    CHECK_REFUSED(&f, 501, "NotImplementedException", "Cognito");
    (void)ask(&f, "POST", "/test-authorization",
              arena_printf(&f.arena, "{\"principal\":\"%s\",\"authInfos\":[]}", arn));
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "authInfos");
    (void)ask(&f, "POST", "/test-authorization",
              arena_printf(&f.arena, "{\"principal\":\"%s\",\"authInfos\":[{\"resources\":[%s]}]}",
                           arn, short_arn(&f, "topic/a")));
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "actionType");
    (void)ask(&f, "POST", "/test-authorization",
              arena_printf(&f.arena,
                           "{\"principal\":\"%s\",\"authInfos\":[{\"actionType\":\"PUBLISH\","
                           "\"resources\":[]}]}",
                           arn));
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "names no resource");
    fixture_done(&f);
}

TEST(effective_policies_come_with_their_documents) { /* [AWS policy 8] */
    struct fixture f = fixture_open();
    const char *arn = register_certificate(&f, "CN=lamp");
    const char *body = arena_printf(&f.arena, "{\"principal\":\"%s\"}", arn);
    create_policy(&f, "one", ALLOW("Connect", "client/*"));
    attach(&f, "one", arn);
    CHECK_INT(ask(&f, "POST", "/effective-policies", body), 200);
    CHECK_ANSWER(&f, "effectivePolicies.0.policyName", "one");
    CHECK_ANSWER(&f, "effectivePolicies.0.policyArn", FIXTURE_ARN("policy/one"));
    CHECK(bytes_start_with(answered(&f, "effectivePolicies.0.policyDocument"),
                           BYTES("{\"Version\":")));
    CHECK_INT(answered_json(&f, "effectivePolicies")->count, 1);
    (void)ask(&f, "POST", "/effective-policies?thingName=lamp", body);
    CHECK_REFUSED(&f, 404, "ResourceNotFoundException", "");
    CHECK_INT(ask(&f, "POST", "/things/lamp", NULL), 200);
    CHECK_INT(ask(&f, "POST", "/effective-policies?thingName=lamp", body), 200);
    CHECK_INT(answered_json(&f, "effectivePolicies")->count, 1);
    (void)ask(&f, "POST", "/effective-policies", "{}");
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "A principal is needed");
    fixture_done(&f);
}

TEST_MAIN("api/authorization")
