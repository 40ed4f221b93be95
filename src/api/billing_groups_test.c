#include "api/fixture.h"
#include "codec/json.h"
#include "support/testing.h"

#define DESCRIBED(text) "{\"billingGroupProperties\":{\"billingGroupDescription\":\"" text "\"}}"

TEST(a_billing_group_is_created_changed_and_deleted) { /* [AWS control-plane 7] */
    struct fixture f = fixture_open();
    CHECK_INT(ask(&f, "POST", "/billing-groups/g", DESCRIBED("one")), 200);
    CHECK_ANSWER(&f, "billingGroupArn", FIXTURE_ARN("billinggroup/g"));
    CHECK_INT(ask(&f, "POST", "/billing-groups/g", DESCRIBED("one")), 200);
    (void)ask(&f, "POST", "/billing-groups/g", DESCRIBED("two"));
    CHECK_REFUSED(&f, 409, "ResourceAlreadyExistsException", "g already exists");
    CHECK_ANSWER(&f, "resourceArn", FIXTURE_ARN("billinggroup/g"));
    CHECK_INT(ask(&f, "PATCH", "/billing-groups/g",
                  "{\"billingGroupProperties\":{\"billingGroupDescription\":\"two\"},"
                  "\"expectedVersion\":1}"),
              200);
    CHECK_ANSWER(&f, "version", "2");
    CHECK_INT(ask(&f, "GET", "/billing-groups/g", NULL), 200);
    CHECK_ANSWER(&f, "billingGroupProperties.billingGroupDescription", "two");
    CHECK(answered(&f, "billingGroupMetadata.creationDate").len > 0);
    CHECK_INT(ask(&f, "GET", "/billing-groups?namePrefixFilter=g", NULL), 200);
    CHECK_ANSWER(&f, "billingGroups.0.groupName", "g");
    CHECK_ANSWER(&f, "billingGroups.0.groupArn", FIXTURE_ARN("billinggroup/g"));
    (void)ask(&f, "DELETE", "/billing-groups/g?expectedVersion=1", NULL);
    CHECK_REFUSED(&f, 409, "VersionConflictException", "billing group g");
    CHECK_INT(ask(&f, "DELETE", "/billing-groups/g?expectedVersion=2", NULL), 200);
    CHECK_INT(ask(&f, "DELETE", "/billing-groups/g", NULL), 200);
    (void)ask(&f, "GET", "/billing-groups/g", NULL);
    CHECK_REFUSED(&f, 404, "ResourceNotFoundException", "The specified resource does not exist");
    fixture_done(&f);
}

TEST(things_come_and_go_by_name_or_arn) {
    struct fixture f = fixture_open();
    CHECK_INT(ask(&f, "POST", "/billing-groups/g", NULL), 200);
    CHECK_INT(ask(&f, "POST", "/things/t1", "{\"billingGroupName\":\"g\"}"), 200);
    CHECK_INT(ask(&f, "POST", "/things/t2", NULL), 200);
    CHECK_INT(ask(&f, "PUT", "/billing-groups/addThingToBillingGroup",
                  "{\"billingGroupArn\":\"" FIXTURE_ARN(
                      "billinggroup/g") "\","
                                        "\"thingArn\":\"" FIXTURE_ARN("thing/t2") "\"}"),
              200);
    CHECK_INT(ask(&f, "GET", "/billing-groups/g/things", NULL), 200);
    CHECK_ANSWER(&f, "things.1", "t2");
    CHECK_INT(ask(&f, "GET", "/things/t2", NULL), 200);
    CHECK_ANSWER(&f, "billingGroupName", "g");
    CHECK_INT(ask(&f, "PUT", "/billing-groups/removeThingFromBillingGroup",
                  "{\"billingGroupName\":\"g\",\"thingName\":\"t1\"}"),
              200);
    CHECK_INT(ask(&f, "GET", "/billing-groups/g/things", NULL), 200);
    CHECK_INT(answered_json(&f, "things")->count, 1);
    (void)ask(&f, "PUT", "/billing-groups/addThingToBillingGroup", "{\"thingName\":\"t1\"}");
    CHECK_REFUSED(&f, 400, "InvalidRequestException",
                  "Both billingGroupArn and billingGroupName are empty");
    (void)ask(&f, "PUT", "/billing-groups/addThingToBillingGroup",
              "{\"billingGroupName\":\"g\",\"thingName\":\"t1\","
              "\"thingArn\":\"" FIXTURE_ARN("thing/t2") "\"}");
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "does not name t1");
    (void)ask(&f, "PUT", "/billing-groups/addThingToBillingGroup",
              "{\"billingGroupName\":\"g\",\"thingArn\":\"" FIXTURE_ARN("policy/t2") "\"}");
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "is not the ARN of a thing");
    fixture_done(&f);
}

TEST_MAIN("api/billing_groups")
