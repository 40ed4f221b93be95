#include <string.h>

#include "api/fixture.h"
#include "codec/json.h"
#include "codec/percent.h"
#include "identity/material.h"
#include "support/testing.h"

static const char *body_of(struct fixture *f, const char *attributes) {
    return arena_printf(&f->arena, "{\"attributePayload\":{\"attributes\":%s}}", attributes);
}

TEST(a_thing_is_created_and_described) { /* [AWS control-plane 12] */
    struct fixture f = fixture_open();
    CHECK_INT(ask(&f, "POST", "/things/lamp", body_of(&f, "{\"colour\":\"red\"}")), 200);
    CHECK_ANSWER(&f, "thingName", "lamp");
    CHECK_ANSWER(&f, "thingArn", FIXTURE_ARN("thing/lamp"));
    CHECK_INT(answered(&f, "thingId").len, 36);
    CHECK_INT(ask(&f, "GET", "/things/lamp", NULL), 200);
    CHECK_ANSWER(&f, "defaultClientId", "lamp");
    CHECK_ANSWER(&f, "attributes.colour", "red");
    CHECK_ANSWER(&f, "version", "1");
    CHECK(!answered(&f, "thingTypeName").ptr);
    fixture_done(&f);
}

TEST(creating_it_again_is_fine_when_nothing_differs) { /* [AWS control-plane 7] */
    struct fixture f = fixture_open();
    CHECK_INT(ask(&f, "POST", "/things/lamp", body_of(&f, "{\"colour\":\"red\"}")), 200);
    bytes id = answered(&f, "thingId");
    CHECK_INT(ask(&f, "POST", "/things/lamp", body_of(&f, "{\"colour\":\"red\"}")), 200);
    CHECK_BYTES(answered(&f, "thingId"), id);
    (void)ask(&f, "POST", "/things/lamp", body_of(&f, "{\"colour\":\"blue\"}"));
    CHECK_REFUSED(&f, 409, "ResourceAlreadyExistsException", "lamp");
    CHECK_ANSWER(&f, "resourceId", "lamp");
    CHECK_ANSWER(&f, "resourceArn", FIXTURE_ARN("thing/lamp"));
    fixture_done(&f);
}

TEST(a_missing_thing_is_not_found) {
    struct fixture f = fixture_open();
    (void)ask(&f, "GET", "/things/lamp", NULL);
    CHECK_REFUSED(&f, 404, "ResourceNotFoundException", "The specified resource does not exist");
    CHECK_INT(ask(&f, "DELETE", "/things/lamp", NULL), 200); /* [AWS control-plane 7] */
    CHECK_TEXT(answer_body(&f), "{}");
    fixture_done(&f);
}

TEST(an_update_merges_or_replaces_and_raises_the_version) {
    struct fixture f = fixture_open();
    CHECK_INT(ask(&f, "POST", "/things/lamp", body_of(&f, "{\"a\":\"1\",\"b\":\"2\"}")), 200);
    CHECK_INT(
        ask(&f, "PATCH", "/things/lamp",
            "{\"attributePayload\":{\"attributes\":{\"a\":\"\",\"c\":\"3\"},\"merge\":true}}"),
        200);
    CHECK_INT(ask(&f, "GET", "/things/lamp", NULL), 200);
    CHECK(!answered(&f, "attributes.a").ptr);
    CHECK_ANSWER(&f, "attributes.b", "2");
    CHECK_ANSWER(&f, "attributes.c", "3");
    CHECK_ANSWER(&f, "version", "2");
    CHECK_INT(ask(&f, "PATCH", "/things/lamp", body_of(&f, "{\"d\":\"4\"}")), 200);
    CHECK_INT(ask(&f, "GET", "/things/lamp", NULL), 200);
    CHECK(!answered(&f, "attributes.b").ptr);
    CHECK_ANSWER(&f, "attributes.d", "4");
    (void)ask(&f, "PATCH", "/things/lamp", "{\"expectedVersion\":1}");
    CHECK_REFUSED(&f, 409, "VersionConflictException",
                  "The version for thing lamp does not match the expected version.");
    (void)ask(&f, "DELETE", "/things/lamp?expectedVersion=1", NULL);
    CHECK_REFUSED(&f, 409, "VersionConflictException", "lamp");
    CHECK_INT(ask(&f, "DELETE", "/things/lamp?expectedVersion=3", NULL), 200);
    fixture_done(&f);
}

TEST(things_are_listed_page_by_page) { /* [AWS control-plane 5] */
    struct fixture f = fixture_open();
    for (int i = 0; i < 5; i++)
        CHECK_INT(ask(&f, "POST", arena_printf(&f.arena, "/things/lamp%d", i), NULL), 200);
    size_t seen = 0;
    const char *target = "/things?maxResults=2";
    for (int page = 0; page < 3; page++) {
        CHECK_INT(ask(&f, "GET", target, NULL), 200);
        const struct json *things = answered_json(&f, "things");
        JSON_EACH (thing, things) {
            CHECK_BYTES(json_member(thing, BYTES("thingName"))->text,
                        bytes_from(arena_printf(&f.arena, "lamp%zu", seen++)));
        }
        bytes next = answered(&f, "nextToken");
        CHECK((next.ptr == NULL) == (page == 2));
        AUTO(buf) encoded = {0};
        percent_encode(next, &encoded);
        target = arena_printf(&f.arena, "/things?maxResults=2&nextToken=%s", buf_string(&encoded));
    }
    CHECK_INT(seen, 5);
    (void)ask(&f, "GET", "/things?nextToken=Zm9yZWlnbg==", NULL);
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "");
    (void)ask(&f, "GET", "/things?maxResults=251", NULL);
    CHECK_REFUSED(&f, 400, "InvalidRequestException",
                  "Member must have value less than or equal to 250");
    fixture_done(&f);
}

static const char *certificate_arn_of(struct fixture *f) {
    CHECK_INT(ask(f, "POST", "/certificates",
                  arena_printf(&f->arena, "{\"certificateSigningRequest\":%s}",
                               json_quoted(f, material_csr(&(struct recipe){.subject = "CN=lamp",
                                                                            .key = "P-256"},
                                                           &f->arena)))),
              200);
    return arena_string(&f->arena, answered(f, "certificateArn"));
}

TEST(a_certificate_is_attached_to_a_thing) { /* [AWS identity 10.2] */
    struct fixture f = fixture_open();
    const char *arn = certificate_arn_of(&f);
    CHECK_INT(ask(&f, "POST", "/things/lamp", NULL), 200);
    for (int i = 0; i < 2; i++) /* attaching twice is fine */
        CHECK_INT(ask_as(&f, "x-amzn-principal", arn, "PUT", "/things/lamp/principals", NULL), 200);
    CHECK_INT(ask(&f, "GET", "/things/lamp/principals", NULL), 200);
    CHECK_ANSWER(&f, "principals.0", arn);
    CHECK(!answered(&f, "principals.1").ptr);
    CHECK_INT(ask_as(&f, "x-amzn-principal", arn, "GET", "/principals/things", NULL), 200);
    CHECK_ANSWER(&f, "things.0", "lamp");
    CHECK_INT(ask(&f, "GET", "/things/lamp/principals-v2", NULL), 200);
    CHECK_ANSWER(&f, "thingPrincipalObjects.0.principal", arn);
    CHECK_ANSWER(&f, "thingPrincipalObjects.0.thingPrincipalType", "NON_EXCLUSIVE_THING");
    CHECK_INT(ask_as(&f, "x-amzn-principal", arn, "GET",
                     "/principals/things-v2?thingPrincipalType=EXCLUSIVE_THING", NULL),
              200);
    CHECK(answered_json(&f, "principalThingObjects")->count == 0);
    (void)ask(&f, "DELETE", "/things/lamp", NULL);
    CHECK_REFUSED(&f, 400, "InvalidRequestException",
                  "Cannot delete. Thing lamp is still attached to one or more principals");
    CHECK_INT(ask_as(&f, "x-amzn-principal", arn, "DELETE", "/things/lamp/principals", NULL), 200);
    CHECK_INT(ask(&f, "DELETE", "/things/lamp", NULL), 200);
    fixture_done(&f);
}

TEST(an_exclusive_attachment_is_told_by_the_v2_listings_and_is_the_only_one) { /* [AWS
                                                                                  identity 10.2] */
    struct fixture f = fixture_open();
    const char *arn = certificate_arn_of(&f);
    CHECK_INT(ask(&f, "POST", "/things/door", NULL), 200);
    CHECK_INT(ask(&f, "POST", "/things/lamp", NULL), 200);
    CHECK_INT(ask_as(&f, "x-amzn-principal", arn, "PUT",
                     "/things/door/principals?thingPrincipalType=EXCLUSIVE_THING", NULL),
              200);
    CHECK_INT(ask(&f, "GET", "/things/door/principals-v2", NULL), 200);
    CHECK_ANSWER(&f, "thingPrincipalObjects.0.principal", arn);
    CHECK_ANSWER(&f, "thingPrincipalObjects.0.thingPrincipalType", "EXCLUSIVE_THING");
    CHECK_INT(ask_as(&f, "x-amzn-principal", arn, "GET", "/principals/things-v2", NULL), 200);
    CHECK_ANSWER(&f, "principalThingObjects.0.thingName", "door");
    CHECK_ANSWER(&f, "principalThingObjects.0.thingPrincipalType", "EXCLUSIVE_THING");
    CHECK_INT(ask_as(&f, "x-amzn-principal", arn, "GET", "/principals/things", NULL), 200);
    CHECK_ANSWER(&f, "things.0", "door");
    (void)ask_as(&f, "x-amzn-principal", arn, "PUT", "/things/lamp/principals", NULL);
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "");
    (void)ask_as(&f, "x-amzn-principal", arn, "PUT",
                 "/things/lamp/principals?thingPrincipalType=SOLE", NULL);
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "thingPrincipalType");
    fixture_done(&f);
}

TEST(v2_listings_come_page_by_page) { /* [AWS control-plane 5] */
    struct fixture f = fixture_open();
    const char *arn = certificate_arn_of(&f), *target = "/principals/things-v2?maxResults=2";
    for (int i = 0; i < 3; i++) {
        const char *thing = arena_printf(&f.arena, "/things/lamp%d", i);
        CHECK_INT(ask(&f, "POST", thing, NULL), 200);
        CHECK_INT(ask_as(&f, "x-amzn-principal", arn, "PUT",
                         arena_printf(&f.arena, "%s/principals", thing), NULL),
                  200);
    }
    CHECK_INT(ask_as(&f, "x-amzn-principal", arn, "GET", target, NULL), 200);
    CHECK_INT(answered_json(&f, "principalThingObjects")->count, 2);
    AUTO(buf) next = {0};
    percent_encode(answered(&f, "nextToken"), &next);
    target = arena_printf(&f.arena, "%s&nextToken=%s", target, buf_string(&next));
    CHECK_INT(ask_as(&f, "x-amzn-principal", arn, "GET", target, NULL), 200);
    CHECK_ANSWER(&f, "principalThingObjects.0.thingName", "lamp2");
    CHECK(!answered(&f, "nextToken").ptr);
    fixture_done(&f);
}

TEST(what_is_missing_is_named_when_attaching) {
    struct fixture f = fixture_open();
    const char *arn = certificate_arn_of(&f);
    (void)ask_as(&f, "x-amzn-principal", arn, "PUT", "/things/lamp/principals", NULL);
    CHECK_REFUSED(&f, 404, "ResourceNotFoundException", "The specified resource does not exist");
    (void)ask(&f, "PUT", "/things/lamp/principals", NULL);
    CHECK_REFUSED(
        &f, 400, "InvalidRequestException",
        "Value null at 'principal' failed to satisfy constraint: Member must not be null");
    (void)ask(&f, "GET", "/things/lamp/principals", NULL);
    CHECK_REFUSED(&f, 404, "ResourceNotFoundException",
                  "Failed to list principals for thing lamp because the thing does not exist in "
                  "your account");
    fixture_done(&f);
}

TEST_MAIN("api/things")
