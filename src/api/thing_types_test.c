#include "api/fixture.h"
#include "base/clock.h"
#include "codec/json.h"
#include "support/testing.h"

#define LAMP                                                              \
    "{\"thingTypeProperties\":{\"thingTypeDescription\":\"gives light\"," \
    "\"searchableAttributes\":[\"room\",\"watt\"]},\"tags\":[{\"Key\":\"site\",\"Value\":\"7\"}]}"

TEST(a_thing_type_is_created_and_described) { /* [AWS control-plane 12] */
    struct fixture f = fixture_open();
    CHECK_INT(ask(&f, "POST", "/thing-types/lamp", LAMP), 200);
    CHECK_ANSWER(&f, "thingTypeName", "lamp");
    CHECK_ANSWER(&f, "thingTypeArn", FIXTURE_ARN("thingtype/lamp"));
    CHECK_INT(answered(&f, "thingTypeId").len, 36);
    CHECK_INT(ask(&f, "GET", "/thing-types/lamp", NULL), 200);
    CHECK_ANSWER(&f, "thingTypeProperties.thingTypeDescription", "gives light");
    CHECK_ANSWER(&f, "thingTypeProperties.searchableAttributes.1", "watt");
    CHECK_ANSWER(&f, "thingTypeMetadata.deprecated", "false");
    CHECK(answered(&f, "thingTypeMetadata.creationDate").len > 0);
    CHECK(!answered(&f, "thingTypeMetadata.deprecationDate").ptr);
    CHECK_INT(ask(&f, "POST", "/thing-types/lamp", LAMP), 200);
    (void)ask(&f, "POST", "/thing-types/lamp", "{}");
    CHECK_REFUSED(&f, 409, "ResourceAlreadyExistsException", "lamp");
    CHECK_ANSWER(&f, "resourceId", "lamp");
    CHECK_ANSWER(&f, "resourceArn", FIXTURE_ARN("thingtype/lamp"));
    (void)ask(&f, "GET", "/thing-types/none", NULL);
    CHECK_REFUSED(&f, 404, "ResourceNotFoundException", "The specified resource does not exist");
    fixture_done(&f);
}

#define PROPAGATING(list) \
    "{\"thingTypeProperties\":{\"mqtt5Configuration\":{\"propagatingAttributes\":[" list "]}}}"
#define FIRST "thingTypeProperties.mqtt5Configuration.propagatingAttributes.0."
#define SECOND "thingTypeProperties.mqtt5Configuration.propagatingAttributes.1."

TEST(a_thing_type_enriches_messages) { /* [AWS iot thing-types-propagating-attributes] */
    struct fixture f = fixture_open();
    static const char body[] =
        PROPAGATING("{\"userPropertyKey\":\"id\",\"connectionAttribute\":\"iot:ClientId\"},"
                    "{\"userPropertyKey\":\"room\",\"thingAttribute\":\"room\"}");
    CHECK_INT(ask(&f, "POST", "/thing-types/lamp", body), 200);
    CHECK_INT(ask(&f, "POST", "/thing-types/lamp", body), 200);
    (void)ask(&f, "POST", "/thing-types/lamp", NULL);
    CHECK_REFUSED(&f, 409, "ResourceAlreadyExistsException", "lamp");
    CHECK_INT(ask(&f, "GET", "/thing-types/lamp", NULL), 200);
    CHECK_ANSWER(&f, FIRST "userPropertyKey", "id");
    CHECK_ANSWER(&f, FIRST "connectionAttribute", "iot:ClientId");
    CHECK(!answered(&f, FIRST "thingAttribute").ptr);
    CHECK_ANSWER(&f, SECOND "thingAttribute", "room");
    CHECK_INT(ask(&f, "GET", "/thing-types", NULL), 200);
    CHECK_ANSWER(&f, "thingTypes.0." SECOND "userPropertyKey", "room");
    CHECK_INT(ask(&f, "PATCH", "/thing-types/lamp",
                  "{\"thingTypeProperties\":{\"thingTypeDescription\":\"shines\"}}"),
              200);
    CHECK_INT(ask(&f, "GET", "/thing-types/lamp", NULL), 200);
    CHECK_ANSWER(&f, SECOND "thingAttribute", "room"); /* as it was */
    (void)ask(&f, "PATCH", "/thing-types/lamp", PROPAGATING("{\"userPropertyKey\":\"k\"}"));
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "needs either");
    (void)ask(&f, "PATCH", "/thing-types/lamp",
              PROPAGATING("{\"userPropertyKey\":\"a b\",\"thingAttribute\":\"room\"}"));
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "userPropertyKey");
    CHECK_INT(ask(&f, "PATCH", "/thing-types/lamp", PROPAGATING("")), 200);
    CHECK_INT(ask(&f, "GET", "/thing-types/lamp", NULL), 200);
    CHECK(!answered_json(&f, "thingTypeProperties.mqtt5Configuration"));
    fixture_done(&f);
}

TEST(a_type_allows_things_more_attributes) { /* [AWS identity 10.1] */
    struct fixture f = fixture_open();
    static const char body[] = "{\"attributePayload\":{\"attributes\":{\"a\":\"1\",\"b\":\"2\","
                               "\"c\":\"3\",\"d\":\"4\"}}%s}";
    (void)ask(&f, "POST", "/things/t", arena_printf(&f.arena, body, ""));
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "without a thing type it may have 3");
    const char *typed = arena_printf(&f.arena, body, ",\"thingTypeName\":\"lamp\"");
    (void)ask(&f, "POST", "/things/t", typed);
    CHECK_REFUSED(&f, 404, "ResourceNotFoundException", "Thing type lamp not found");
    CHECK_INT(ask(&f, "POST", "/thing-types/lamp", NULL), 200);
    CHECK_INT(ask(&f, "POST", "/things/t", typed), 200);
    (void)ask(&f, "PATCH", "/things/t", "{\"removeThingType\":true}");
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "without a thing type it may have 3");
    CHECK_INT(ask(&f, "GET", "/things?thingTypeName=lamp", NULL), 200);
    CHECK_ANSWER(&f, "things.0.thingTypeName", "lamp");
    CHECK_INT(ask(&f, "GET", "/things?thingTypeName=pump", NULL), 200);
    CHECK_INT(answered_json(&f, "things")->count, 0);
    fixture_done(&f);
}

TEST(a_type_is_changed_deprecated_and_deleted) {
    struct fixture f = fixture_open();
    CHECK_INT(ask(&f, "POST", "/thing-types/lamp", LAMP), 200);
    CHECK_INT(ask(&f, "PATCH", "/thing-types/lamp",
                  "{\"thingTypeProperties\":{\"searchableAttributes\":[\"lumen\"]}}"),
              200);
    CHECK_INT(ask(&f, "POST", "/thing-types/lamp/deprecate", NULL), 200);
    CHECK_INT(ask(&f, "GET", "/thing-types/lamp", NULL), 200);
    CHECK_ANSWER(&f, "thingTypeMetadata.deprecated", "true");
    CHECK(answered(&f, "thingTypeMetadata.deprecationDate").len > 0);
    CHECK_ANSWER(&f, "thingTypeProperties.searchableAttributes.0", "lumen");
    CHECK_ANSWER(&f, "thingTypeProperties.thingTypeDescription", "gives light");
    (void)ask(&f, "POST", "/things/t", "{\"thingTypeName\":\"lamp\"}");
    CHECK_REFUSED(&f, 400, "InvalidRequestException",
                  "Can not create new thing with depreated thing type:lamp");
    CHECK_INT(ask(&f, "POST", "/things/t", NULL), 200);
    (void)ask(&f, "PATCH", "/things/t", "{\"thingTypeName\":\"lamp\"}");
    CHECK_REFUSED(&f, 400, "InvalidRequestException",
                  "Can not update a thing to use deprecated thing type: lamp");
    (void)ask(&f, "DELETE", "/thing-types/lamp", NULL);
    CHECK_REFUSED(&f, 400, "InvalidRequestException",
                  "Please wait for 5 minutes after deprecation and then retry");
    CHECK_INT(ask(&f, "POST", "/thing-types/lamp/deprecate", "{\"undoDeprecate\":true}"), 200);
    CHECK_INT(ask(&f, "PATCH", "/things/t", "{\"thingTypeName\":\"lamp\"}"), 200);
    (void)ask(&f, "DELETE", "/thing-types/none", NULL);
    CHECK_REFUSED(&f, 404, "ResourceNotFoundException", "");
    fixture_done(&f);
}

TEST(types_are_listed_page_by_page) { /* [AWS control-plane 5] */
    struct fixture f = fixture_open();
    for (int i = 0; i < 3; i++)
        CHECK_INT(ask(&f, "POST", arena_printf(&f.arena, "/thing-types/t%d", i), NULL), 200);
    CHECK_INT(ask(&f, "GET", "/thing-types?maxResults=2", NULL), 200);
    CHECK_INT(answered_json(&f, "thingTypes")->count, 2);
    CHECK(answered(&f, "nextToken").len > 0);
    CHECK_INT(ask(&f, "GET", "/thing-types?thingTypeName=t1", NULL), 200);
    CHECK_INT(answered_json(&f, "thingTypes")->count, 1);
    CHECK_ANSWER(&f, "thingTypes.0.thingTypeArn", FIXTURE_ARN("thingtype/t1"));
    CHECK(!answered(&f, "nextToken").ptr);
    fixture_done(&f);
}

TEST_MAIN("api/thing_types")
