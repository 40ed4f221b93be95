#include "api/fixture.h"
#include "codec/json.h"
#include "support/testing.h"

static void add_group(struct fixture *f, const char *name, const char *parent) {
    const char *body =
        parent ? arena_printf(&f->arena, "{\"parentGroupName\":\"%s\"}", parent) : NULL;
    CHECK_INT(ask(f, "POST", arena_printf(&f->arena, "/thing-groups/%s", name), body), 200);
}

static int count_of(struct fixture *f, const char *target, const char *member) {
    CHECK_INT(ask(f, "GET", target, NULL), 200);
    return (int)answered_json(f, member)->count;
}

TEST(a_group_describes_itself_and_its_place) { /* [AWS control-plane 12] */
    struct fixture f = fixture_open();
    static const char body[] =
        "{\"thingGroupProperties\":{\"thingGroupDescription\":\"first\","
        "\"attributePayload\":{\"attributes\":{\"city\":\"Jena\"}}},\"parentGroupName\":\"world\"}";
    add_group(&f, "world", NULL);
    CHECK_INT(ask(&f, "POST", "/thing-groups/plant", body), 200);
    CHECK_ANSWER(&f, "thingGroupArn", FIXTURE_ARN("thinggroup/plant"));
    bytes id = answered(&f, "thingGroupId");
    CHECK_INT(ask(&f, "POST", "/thing-groups/plant", body), 200);
    CHECK_BYTES(answered(&f, "thingGroupId"), id);
    add_group(&f, "hall", "plant");
    CHECK_INT(ask(&f, "GET", "/thing-groups/plant", NULL), 200);
    CHECK_ANSWER(&f, "version", "1");
    CHECK_ANSWER(&f, "thingGroupProperties.thingGroupDescription", "first");
    CHECK_ANSWER(&f, "thingGroupProperties.attributePayload.attributes.city", "Jena");
    CHECK_INT(ask(&f, "GET", "/thing-groups/hall", NULL), 200);
    CHECK_ANSWER(&f, "thingGroupMetadata.parentGroupName", "plant");
    CHECK_ANSWER(&f, "thingGroupMetadata.rootToParentThingGroups.0.groupName", "world");
    CHECK_ANSWER(&f, "thingGroupMetadata.rootToParentThingGroups.1.groupArn",
                 FIXTURE_ARN("thinggroup/plant"));
    CHECK_INT(ask(&f, "GET", "/thing-groups/world", NULL), 200);
    CHECK(!answered_json(&f, "thingGroupMetadata.rootToParentThingGroups"));
    (void)ask(&f, "POST", "/thing-groups/plant", "{}");
    CHECK_REFUSED(&f, 409, "ResourceAlreadyExistsException",
                  "Thing Group plant already exists in current account with different properties");
    (void)ask(&f, "GET", "/thing-groups/none", NULL);
    CHECK_REFUSED(&f, 404, "ResourceNotFoundException", "");
    fixture_done(&f);
}

TEST(a_group_is_updated_and_deleted_by_version) {
    struct fixture f = fixture_open();
    add_group(&f, "plant", NULL);
    add_group(&f, "hall", "plant");
    static const char merge[] =
        "{\"thingGroupProperties\":{\"attributePayload\":{\"attributes\":{\"%s\":\"1\"},"
        "\"merge\":%s}},\"expectedVersion\":%d}";
    CHECK_INT(
        ask(&f, "PATCH", "/thing-groups/plant", arena_printf(&f.arena, merge, "a", "true", 1)),
        200);
    CHECK_ANSWER(&f, "version", "2");
    (void)ask(&f, "PATCH", "/thing-groups/plant", arena_printf(&f.arena, merge, "b", "true", 1));
    CHECK_REFUSED(&f, 409, "VersionConflictException", "thing group plant");
    CHECK_INT(
        ask(&f, "PATCH", "/thing-groups/plant", arena_printf(&f.arena, merge, "b", "false", 2)),
        200);
    CHECK_INT(ask(&f, "GET", "/thing-groups/plant", NULL), 200);
    CHECK(!answered(&f, "thingGroupProperties.attributePayload.attributes.a").ptr);
    CHECK_ANSWER(&f, "thingGroupProperties.attributePayload.attributes.b", "1");
    (void)ask(&f, "DELETE", "/thing-groups/plant", NULL);
    CHECK_REFUSED(&f, 400, "InvalidRequestException",
                  " Cannot delete thing group : plant when there are still child groups attached");
    (void)ask(&f, "DELETE", "/thing-groups/hall?expectedVersion=7", NULL);
    CHECK_REFUSED(&f, 409, "VersionConflictException", "hall");
    CHECK_INT(ask(&f, "DELETE", "/thing-groups/hall?expectedVersion=1", NULL), 200);
    CHECK_INT(ask(&f, "DELETE", "/thing-groups/plant", NULL), 200);
    CHECK_INT(ask(&f, "DELETE", "/thing-groups/plant", NULL), 200); /* [AWS control-plane 7] */
    fixture_done(&f);
}

TEST(groups_are_listed_as_a_tree_or_as_children) {
    struct fixture f = fixture_open();
    add_group(&f, "a", NULL);
    add_group(&f, "a1", "a");
    add_group(&f, "a11", "a1");
    add_group(&f, "b", NULL);
    CHECK_INT(count_of(&f, "/thing-groups", "thingGroups"), 4); /* recursive when absent */
    CHECK_INT(count_of(&f, "/thing-groups?recursive=false", "thingGroups"), 2);
    CHECK_INT(count_of(&f, "/thing-groups?parentGroup=a", "thingGroups"), 2);
    CHECK_INT(count_of(&f, "/thing-groups?parentGroup=a&recursive=false", "thingGroups"), 1);
    CHECK_ANSWER(&f, "thingGroups.0.groupArn", FIXTURE_ARN("thinggroup/a1"));
    CHECK_INT(count_of(&f, "/thing-groups?parentGroup=a&namePrefixFilter=a11", "thingGroups"), 1);
    CHECK_INT(count_of(&f, "/thing-groups?maxResults=3", "thingGroups"), 3);
    CHECK(answered(&f, "nextToken").len > 0);
    (void)ask(&f, "GET", "/thing-groups?parentGroup=none", NULL);
    CHECK_REFUSED(&f, 404, "ResourceNotFoundException", "");
    fixture_done(&f);
}

#define ADD "/thing-groups/addThingToThingGroup"

TEST(things_are_put_into_groups_by_name_or_arn) {
    struct fixture f = fixture_open();
    add_group(&f, "a", NULL);
    add_group(&f, "a1", "a");
    add_group(&f, "b", NULL);
    CHECK_INT(ask(&f, "POST", "/things/t", NULL), 200);
    for (int i = 0; i < 2; i++) /* adding twice is fine */
        CHECK_INT(ask(&f, "PUT", ADD, "{\"thingGroupName\":\"a1\",\"thingName\":\"t\"}"), 200);
    CHECK_INT(ask(&f, "PUT", ADD,
                  "{\"thingGroupArn\":\"" FIXTURE_ARN("thinggroup/b") "\","
                                                                      "\"thingArn\":\"" FIXTURE_ARN(
                                                                          "thing/t") "\"}"),
              200);
    CHECK_INT(count_of(&f, "/things/t/thing-groups", "thingGroups"), 2);
    CHECK_ANSWER(&f, "thingGroups.0.groupArn", FIXTURE_ARN("thinggroup/a1"));
    CHECK_INT(count_of(&f, "/thing-groups/a/things", "things"), 0);
    CHECK_INT(count_of(&f, "/thing-groups/a/things?recursive=true", "things"), 1);
    CHECK_ANSWER(&f, "things.0", "t");
    (void)ask(&f, "PUT", ADD, "{\"thingGroupName\":\"a\",\"thingName\":\"t\"}");
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "same hierarchy");
    (void)ask(&f, "PUT", ADD, "{\"thingName\":\"t\"}");
    CHECK_REFUSED(&f, 400, "InvalidRequestException",
                  " Both thingGroupArn and thingGroupName are empty. Need to specify at least one "
                  "of them");
    (void)ask(&f, "PUT", ADD, "{\"thingGroupName\":\"a\"}");
    CHECK_REFUSED(&f, 400, "InvalidRequestException",
                  "Both thingArn and thingName are empty. Need to specify at least one of them");
    CHECK_INT(ask(&f, "PUT", "/thing-groups/updateThingGroupsForThing",
                  "{\"thingName\":\"t\",\"thingGroupsToAdd\":[\"a\"],"
                  "\"thingGroupsToRemove\":[\"a1\",\"b\"]}"),
              200);
    CHECK_INT(count_of(&f, "/things/t/thing-groups", "thingGroups"), 1);
    (void)ask(&f, "PUT", "/thing-groups/updateThingGroupsForThing",
              "{\"thingName\":\"t\",\"thingGroupsToAdd\":[\"b\",\"none\"]}");
    CHECK_REFUSED(&f, 404, "ResourceNotFoundException", "");
    CHECK_INT(count_of(&f, "/things/t/thing-groups", "thingGroups"), 1); /* all or nothing */
    CHECK_INT(ask(&f, "PUT", "/thing-groups/removeThingFromThingGroup",
                  "{\"thingGroupName\":\"a\",\"thingName\":\"t\"}"),
              200);
    CHECK_INT(count_of(&f, "/thing-groups/a/things?recursive=true", "things"), 0);
    fixture_done(&f);
}

#define POLICY                                                                      \
    "{\"policyDocument\":\"{\\\"Version\\\":\\\"2012-10-17\\\",\\\"Statement\\\":{" \
    "\\\"Effect\\\":\\\"Allow\\\",\\\"Action\\\":\\\"iot:*\\\",\\\"Resource\\\":\\\"*\\\"}}\"}"
#define POLICIES_OF(group)                                                       \
    "/attached-policies/arn%3Aaws%3Aiot%3A" FIXTURE_REGION "%3A" FIXTURE_ACCOUNT \
    "%3Athinggroup%2F" group

static int attach(struct fixture *f, const char *policy, const char *group) {
    return ask(f, "PUT", arena_printf(&f->arena, "/target-policies/%s", policy),
               arena_printf(&f->arena, "{\"target\":\"" FIXTURE_ARN("thinggroup/%s") "\"}", group));
}

TEST(policies_are_attached_to_groups_and_inherited) { /* [AWS policy 7] */
    struct fixture f = fixture_open();
    add_group(&f, "a", NULL);
    add_group(&f, "a1", "a");
    for (int i = 0; i < 3; i++)
        CHECK_INT(ask(&f, "POST", arena_printf(&f.arena, "/policies/p%d", i), POLICY), 200);
    CHECK_INT(attach(&f, "p0", "a"), 200);
    CHECK_INT(attach(&f, "p1", "a1"), 200);
    CHECK_INT(attach(&f, "p2", "a1"), 200);
    (void)attach(&f, "p0", "a1");
    CHECK_REFUSED(&f, 410, "LimitExceededException", "2 policies");
    CHECK_INT(ask(&f, "POST", POLICIES_OF("a1"), NULL), 200);
    CHECK_INT(answered_json(&f, "policies")->count, 2);
    CHECK_INT(ask(&f, "POST", POLICIES_OF("a1") "?recursive=true&pageSize=2", NULL), 200);
    CHECK_INT(answered_json(&f, "policies")->count, 2);
    CHECK_ANSWER(&f, "policies.0.policyName", "p0");
    CHECK(answered(&f, "nextMarker").len > 0);
    CHECK_INT(ask(&f, "POST", "/policy-targets/p0", NULL), 200);
    CHECK_ANSWER(&f, "targets.0", FIXTURE_ARN("thinggroup/a"));
    (void)attach(&f, "p0", "none");
    CHECK_REFUSED(&f, 404, "ResourceNotFoundException", "");
    fixture_done(&f);
}

TEST(a_dynamic_group_holds_what_its_query_finds) { /* [AWS iot dynamic-thing-groups] */
    struct fixture f = fixture_open();
    const char *make = "{\"queryString\":\"attributes.floor>3\",\"thingGroupProperties\":"
                       "{\"thingGroupDescription\":\"high\"}}";
    (void)ask(&f, "POST", "/dynamic-thing-groups/high", make);
    CHECK_REFUSED(&f, 404, "ResourceNotFoundException", "Index 'AWS_Things' does not exist");
    CHECK_INT(ask(&f, "POST", "/indexing/config",
                  "{\"thingIndexingConfiguration\":{\"thingIndexingMode\":\"REGISTRY\"}}"),
              200);
    CHECK_INT(ask(&f, "POST", "/dynamic-thing-groups/high", make), 200);
    CHECK_ANSWER(&f, "queryString", "attributes.floor>3");
    CHECK_ANSWER(&f, "indexName", "AWS_Things");
    CHECK_INT(ask(&f, "POST", "/dynamic-thing-groups/high", make), 200); /* the same again */
    (void)ask(&f, "POST", "/dynamic-thing-groups/high", "{\"queryString\":\"*\"}");
    CHECK_REFUSED(&f, 409, "ResourceAlreadyExistsException", "different properties");
    (void)ask(&f, "POST", "/dynamic-thing-groups/low", "{\"queryString\":\"attributes.floor:\"}");
    CHECK_REFUSED(&f, 400, "InvalidQueryException", "is missing");
    (void)ask(&f, "POST", "/thing-groups/child", "{\"parentGroupName\":\"high\"}");
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "is dynamic and cannot have child groups");
    CHECK_INT(
        ask(&f, "POST", "/things/a", "{\"attributePayload\":{\"attributes\":{\"floor\":\"7\"}}}"),
        200);
    CHECK_INT(ask(&f, "GET", "/thing-groups/high/things", NULL), 200);
    CHECK_ANSWER(&f, "things.0", "a");
    CHECK_INT(ask(&f, "GET", "/things/a/thing-groups", NULL), 200);
    CHECK_ANSWER(&f, "thingGroups.0.groupName", "high");
    CHECK_INT(ask(&f, "GET", "/thing-groups/high", NULL), 200);
    CHECK_ANSWER(&f, "status", "ACTIVE");
    CHECK_ANSWER(&f, "queryVersion", "2017-09-30");
    CHECK_ANSWER(&f, "thingGroupProperties.thingGroupDescription", "high");
    fixture_done(&f);
}

TEST(static_and_dynamic_groups_have_operations_of_their_own) {
    struct fixture f = fixture_open();
    CHECK_INT(ask(&f, "POST", "/indexing/config",
                  "{\"thingIndexingConfiguration\":{\"thingIndexingMode\":\"REGISTRY\"}}"),
              200);
    CHECK_INT(ask(&f, "POST", "/thing-groups/plant", "{}"), 200);
    CHECK_INT(ask(&f, "POST", "/dynamic-thing-groups/high", "{\"queryString\":\"*\"}"), 200);
    CHECK_INT(ask(&f, "POST", "/things/a", "{}"), 200);
    (void)ask(&f, "PUT", "/thing-groups/addThingToThingGroup",
              "{\"thingGroupName\":\"high\",\"thingName\":\"a\"}");
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "its query decides");
    (void)ask(&f, "PATCH", "/thing-groups/high", "{\"thingGroupProperties\":{}}");
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "is dynamic");
    (void)ask(&f, "PATCH", "/dynamic-thing-groups/plant", "{\"thingGroupProperties\":{}}");
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "is static");
    (void)ask(&f, "DELETE", "/dynamic-thing-groups/plant", NULL);
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "is static");
    (void)ask(&f, "DELETE", "/thing-groups/high", NULL);
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "is dynamic");
    CHECK_INT(ask(&f, "PATCH", "/dynamic-thing-groups/high",
                  "{\"thingGroupProperties\":{},\"queryString\":\"thingName:b\"}"),
              200);
    CHECK_ANSWER(&f, "version", "2");
    CHECK_INT(ask(&f, "GET", "/thing-groups/high/things", NULL), 200);
    CHECK_INT(answered_json(&f, "things")->count, 0);
    CHECK_INT(ask(&f, "DELETE", "/dynamic-thing-groups/high", NULL), 200);
    CHECK_INT(ask(&f, "GET", "/thing-groups/high", NULL), 404);
    fixture_done(&f);
}

TEST_MAIN("api/thing_groups")
