#include "api/fixture.h"
#include "codec/json.h"
#include "support/testing.h"

static void switch_on(struct fixture *f) {
    CHECK_INT(ask(f, "POST", "/indexing/config",
                  "{\"thingIndexingConfiguration\":{\"thingIndexingMode\":\"REGISTRY\"}}"),
              200);
}

static int search_with(struct fixture *f, const char *query, const char *more) {
    return ask(
        f, "POST", "/indices/search",
        arena_printf(&f->arena, "{\"queryString\":%s%s}", json_quoted(f, bytes_from(query)), more));
}

TEST(the_index_is_there_only_when_switched_on) {
    struct fixture f = fixture_open();
    CHECK_INT(ask(&f, "GET", "/indexing/config", NULL), 200);
    CHECK_ANSWER(&f, "thingIndexingConfiguration.thingIndexingMode", "OFF");
    CHECK_ANSWER(&f, "thingIndexingConfiguration.thingConnectivityIndexingMode", "OFF");
    CHECK_ANSWER(&f, "thingGroupIndexingConfiguration.thingGroupIndexingMode", "OFF");
    CHECK_INT(ask(&f, "GET", "/indices", NULL), 200);
    CHECK_INT(answered_json(&f, "indexNames")->count, 0);
    (void)search_with(&f, "*", "");
    CHECK_REFUSED(&f, 404, "ResourceNotFoundException", "Index 'AWS_Things' does not exist");
    switch_on(&f);
    CHECK_INT(ask(&f, "GET", "/indexing/config", NULL), 200);
    CHECK_ANSWER(&f, "thingIndexingConfiguration.thingIndexingMode", "REGISTRY");
    CHECK_ANSWER(&f, "thingIndexingConfiguration.managedFields.0.name", "thingName");
    CHECK_INT(ask(&f, "GET", "/indices", NULL), 200);
    CHECK_ANSWER(&f, "indexNames.0", "AWS_Things");
    CHECK_INT(ask(&f, "GET", "/indices/AWS_Things", NULL), 200);
    CHECK_ANSWER(&f, "indexStatus", "ACTIVE");
    CHECK_ANSWER(&f, "schema", "REGISTRY");
    (void)ask(&f, "GET", "/indices/AWS_ThingGroups", NULL);
    CHECK_REFUSED(&f, 404, "ResourceNotFoundException", "AWS_ThingGroups");
    CHECK_INT(ask(&f, "POST", "/indexing/config",
                  "{\"thingIndexingConfiguration\":{\"thingIndexingMode\":\"OFF\"}}"),
              200);
    CHECK_INT(search_with(&f, "*", ""), 404);
    fixture_done(&f);
}

TEST(what_is_not_indexed_yet_is_not_promised) {
    static const struct {
        const char *body, *what;
    } cases[] = {
        {"{\"thingIndexingConfiguration\":{\"thingIndexingMode\":\"REGISTRY_AND_SHADOW\"}}",
         "shadows"},
        {"{\"thingIndexingConfiguration\":{\"thingIndexingMode\":\"REGISTRY\","
         "\"thingConnectivityIndexingMode\":\"STATUS\"}}",
         "connectivity"},
        {"{\"thingIndexingConfiguration\":{\"thingIndexingMode\":\"REGISTRY\","
         "\"deviceDefenderIndexingMode\":\"VIOLATIONS\"}}",
         "Device Defender"},
        {"{\"thingIndexingConfiguration\":{\"thingIndexingMode\":\"REGISTRY\","
         "\"namedShadowIndexingMode\":\"ON\"}}",
         "named shadows"},
        {"{\"thingIndexingConfiguration\":{\"thingIndexingMode\":\"REGISTRY\","
         "\"customFields\":[{\"name\":\"attributes.a\",\"type\":\"Number\"}]}}",
         "custom fields"},
        {"{\"thingIndexingConfiguration\":{\"thingIndexingMode\":\"REGISTRY\","
         "\"filter\":{\"namedShadowNames\":[\"a\"]}}}",
         "named shadows"},
        {"{\"thingGroupIndexingConfiguration\":{\"thingGroupIndexingMode\":\"ON\"}}",
         "thing groups"},
    };
    struct fixture f = fixture_open();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        (void)ask(&f, "POST", "/indexing/config", cases[i].body);
        CHECK_REFUSED(&f, 501, "NotImplementedException", cases[i].what);
    }
    CHECK_INT(ask(&f, "POST", "/indexing/config",
                  "{\"thingGroupIndexingConfiguration\":{\"thingGroupIndexingMode\":\"OFF\"}}"),
              200);
    CHECK_INT(ask(&f, "GET", "/indices/AWS_Things", NULL), 404);
    fixture_done(&f);
}

static void create_things(struct fixture *f, int count) {
    for (int i = 0; i < count; i++)
        CHECK_INT(
            ask(f, "POST", arena_printf(&f->arena, "/things/lamp-%02d", i),
                arena_printf(&f->arena,
                             "{\"attributePayload\":{\"attributes\":{\"floor\":\"%d\"}}}", i)),
            200);
}

TEST(things_are_found_by_a_query) { /* [AWS query-syntax] */
    struct fixture f = fixture_open();
    switch_on(&f);
    create_things(&f, 12);
    CHECK_INT(search_with(&f, "attributes.floor:[3 TO 5] OR thingName:LAMP-11", ""), 200);
    CHECK_INT(answered_json(&f, "things")->count, 4);
    CHECK_ANSWER(&f, "things.0.thingName", "lamp-03");
    CHECK_INT(answered(&f, "things.0.thingId").len, 36);
    CHECK_ANSWER(&f, "things.3.attributes.floor", "11");
    CHECK(!answered_json(&f, "things.0.thingTypeName") && !answered_json(&f, "nextToken"));
    CHECK_INT(search_with(&f, "attributes.floor>11", ",\"indexName\":\"AWS_Things\""), 200);
    CHECK_INT(answered_json(&f, "things")->count, 0);
    fixture_done(&f);
}

TEST(results_come_page_by_page) {
    struct fixture f = fixture_open();
    const char *more = ",\"maxResults\":2";
    switch_on(&f);
    create_things(&f, 9);
    for (int page = 0; page < 3; page++) { /* 1, 3, 5 … */
        CHECK_INT(search_with(&f, "attributes.floor:(1 OR 3 OR 5 OR 7 OR 8)", more), 200);
        CHECK_INT(answered_json(&f, "things")->count, page == 2 ? 1 : 2);
        CHECK_ANSWER(&f, "things.0.attributes.floor", page == 0 ? "1" : page == 1 ? "5" : "8");
        bytes next = answered(&f, "nextToken");
        CHECK((next.ptr != NULL) == (page < 2));
        if (next.ptr)
            more =
                arena_printf(&f.arena, ",\"maxResults\":2,\"nextToken\":\"%.*s\"", BYTES_ARG(next));
    }
    (void)search_with(&f, "*", ",\"nextToken\":\"Zm9yZWlnbg==\"");
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "none that this listing gave");
    CHECK_INT(search_with(&f, "*", ",\"maxResults\":500"), 200);
    fixture_done(&f);
}

TEST(what_is_no_query_is_refused) {
    struct fixture f = fixture_open();
    switch_on(&f);
    (void)search_with(&f, "thingName:(a", "");
    CHECK_REFUSED(&f, 400, "InvalidQueryException", "a parenthesis is not closed");
    (void)search_with(&f, "shadow.reported.on:true", "");
    CHECK_REFUSED(&f, 400, "InvalidQueryException", "shadow.reported.on is not indexed");
    (void)search_with(&f, "*", ",\"queryVersion\":\"1.0\"");
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "2017-09-30");
    (void)search_with(&f, "*", ",\"indexName\":\"AWS_ThingGroups\"");
    CHECK_REFUSED(&f, 404, "ResourceNotFoundException", "AWS_ThingGroups");
    fixture_done(&f);
}

TEST_MAIN("api/indexing")
