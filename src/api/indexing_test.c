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
         "\"deviceDefenderIndexingMode\":\"VIOLATIONS\"}}",
         "Device Defender"},
        {"{\"thingIndexingConfiguration\":{\"thingIndexingMode\":\"REGISTRY\","
         "\"namedShadowIndexingMode\":\"ON\"}}",
         "named shadows"},
        {"{\"thingIndexingConfiguration\":{\"thingIndexingMode\":\"REGISTRY\","
         "\"filter\":{\"namedShadowNames\":[\"a\"]}}}",
         "named shadows"},
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

static void configure(struct fixture *f, const char *things, const char *groups) {
    CHECK_INT(ask(f, "POST", "/indexing/config",
                  arena_printf(&f->arena,
                               "{\"thingIndexingConfiguration\":{%s},"
                               "\"thingGroupIndexingConfiguration\":{%s}}",
                               things, groups)),
              200);
}

TEST(custom_fields_are_kept_and_managed_ones_are_not_custom) {
    struct fixture f = fixture_open();
    configure(&f,
              "\"thingIndexingMode\":\"REGISTRY\",\"customFields\":[{\"name\":\"attributes.floor\","
              "\"type\":\"Number\"}]",
              "\"thingGroupIndexingMode\":\"ON\"");
    configure(&f, "\"thingIndexingMode\":\"REGISTRY\"", "\"thingGroupIndexingMode\":\"ON\"");
    CHECK_INT(ask(&f, "GET", "/indexing/config", NULL), 200);
    CHECK_ANSWER(&f, "thingIndexingConfiguration.customFields.0.name", "attributes.floor");
    CHECK_ANSWER(&f, "thingIndexingConfiguration.customFields.0.type", "Number");
    CHECK_ANSWER(&f, "thingGroupIndexingConfiguration.managedFields.0.name", "thingGroupName");
    CHECK_INT(ask(&f, "GET", "/indices", NULL), 200);
    CHECK_ANSWER(&f, "indexNames.1", "AWS_ThingGroups");
    (void)ask(
        &f, "POST", "/indexing/config",
        "{\"thingIndexingConfiguration\":{\"thingIndexingMode\":\"REGISTRY\",\"customFields\":"
        "[{\"name\":\"thingName\",\"type\":\"String\"}]}}");
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "thingName is a managed field");
    fixture_done(&f);
}

static void create_thing(struct fixture *f, const char *name) {
    CHECK_INT(ask(f, "POST", arena_printf(&f->arena, "/things/%s", name), "{}"), 200);
}

TEST(a_search_tells_who_is_connected_once_that_is_indexed) { /* [AWS query-syntax] */
    struct fixture f = fixture_open();
    configure(&f, "\"thingIndexingMode\":\"REGISTRY\"", "\"thingGroupIndexingMode\":\"OFF\"");
    create_thing(&f, "lamp-here");
    create_thing(&f, "lamp-gone");
    create_thing(&f, "lamp-new");
    CHECK_INT(search_with(&f, "connectivity.connected:*", ""), 200);
    CHECK_INT(answered_json(&f, "things")->count, 0);
    (void)ask(&f, "POST", "/things/lamp-here/connectivity-data", "{}");
    CHECK_REFUSED(&f, 400, "IndexNotReadyException", "thingConnectivityIndexingMode STATUS");
    configure(&f, "\"thingIndexingMode\":\"REGISTRY\",\"thingConnectivityIndexingMode\":\"STATUS\"",
              "\"thingGroupIndexingMode\":\"OFF\"");
    CHECK_INT(ask(&f, "GET", "/indices/AWS_Things", NULL), 200);
    CHECK_ANSWER(&f, "schema", "REGISTRY_AND_CONNECTIVITY_STATUS");
    CHECK_INT(search_with(&f, "connectivity.connected:true", ""), 200);
    CHECK_INT(answered_json(&f, "things")->count, 1);
    CHECK_ANSWER(&f, "things.0.connectivity.connected", "true");
    CHECK_ANSWER(&f, "things.0.connectivity.timestamp", "1700000000123");
    CHECK_INT(search_with(&f, "connectivity.connected:false", ""), 200);
    CHECK_INT(answered_json(&f, "things")->count, 2);
    CHECK_INT(search_with(&f, "connectivity.disconnectReason:CONNECTION*", ""), 200);
    CHECK_ANSWER(&f, "things.0.thingName", "lamp-gone");
    CHECK_ANSWER(&f, "things.0.connectivity.disconnectReason", "CONNECTION_LOST");
    CHECK_INT(ask(&f, "POST", "/things/lamp-gone/connectivity-data", "{}"), 200);
    CHECK_ANSWER(&f, "connected", "false");
    CHECK_ANSWER(&f, "timestamp", "1600000000.456");
    CHECK_INT(ask(&f, "POST", "/things/lamp-none/connectivity-data", "{}"), 404);
    (void)ask(&f, "POST", "/indexing/config",
              "{\"thingIndexingConfiguration\":{\"thingIndexingMode\":\"OFF\","
              "\"thingConnectivityIndexingMode\":\"STATUS\"}}");
    CHECK_REFUSED(&f, 400, "InvalidRequestException", "thingIndexingMode must not be OFF");
    fixture_done(&f);
}

TEST(groups_have_an_index_of_their_own_and_things_are_found_by_theirs) {
    struct fixture f = fixture_open();
    configure(&f, "\"thingIndexingMode\":\"REGISTRY\"", "\"thingGroupIndexingMode\":\"ON\"");
    CHECK_INT(
        ask(&f, "POST", "/thing-groups/plant",
            "{\"thingGroupProperties\":{\"thingGroupDescription\":\"all\",\"attributePayload\":"
            "{\"attributes\":{\"floor\":\"3\"}}}}"),
        200);
    CHECK_INT(ask(&f, "POST", "/thing-groups/hall", "{\"parentGroupName\":\"plant\"}"), 200);
    create_thing(&f, "lamp");
    CHECK_INT(ask(&f, "PUT", "/thing-groups/addThingToThingGroup",
                  "{\"thingGroupName\":\"hall\",\"thingName\":\"lamp\"}"),
              200);
    CHECK_INT(search_with(&f, "thingGroupNames:hall", ""), 200);
    CHECK_ANSWER(&f, "things.0.thingGroupNames.0", "hall");
    CHECK_INT(search_with(&f, "parentGroupNames:plant", ",\"indexName\":\"AWS_ThingGroups\""), 200);
    CHECK_INT(answered_json(&f, "thingGroups")->count, 1);
    CHECK_ANSWER(&f, "thingGroups.0.thingGroupName", "hall");
    CHECK_ANSWER(&f, "thingGroups.0.parentGroupNames.0", "plant");
    CHECK_INT(search_with(&f, "attributes.floor>2 all", ",\"indexName\":\"AWS_ThingGroups\""), 200);
    CHECK_ANSWER(&f, "thingGroups.0.thingGroupDescription", "all");
    CHECK_ANSWER(&f, "thingGroups.0.attributes.floor", "3");
    (void)search_with(&f, "thingName:a", ",\"indexName\":\"AWS_ThingGroups\"");
    CHECK_REFUSED(&f, 400, "InvalidQueryException", "There are thingGroupName, thingGroupId");
    fixture_done(&f);
}

static int figure_with(struct fixture *f, const char *operation, const char *query,
                       const char *more) {
    return ask(f, "POST", arena_printf(&f->arena, "/indices/%s", operation),
               arena_printf(&f->arena, "{\"queryString\":\"%s\"%s}", query, more));
}

TEST(figures_over_what_a_query_finds) { /* [AWS index-aggregate] */
    struct fixture f = fixture_open();
    const char *floor = ",\"aggregationField\":\"attributes.floor\"";
    switch_on(&f);
    create_things(&f, 10); /* floors 0 to 9 */
    create_thing(&f, "bare");
    CHECK_INT(figure_with(&f, "statistics", "*", ""), 200);
    CHECK_ANSWER(&f, "statistics.count", "11");
    CHECK_INT(figure_with(&f, "statistics", "attributes.floor>5", floor), 200);
    CHECK_ANSWER(&f, "statistics.count", "4");
    CHECK_ANSWER(&f, "statistics.sum", "30");
    CHECK_ANSWER(&f, "statistics.average", "7.5");
    CHECK_ANSWER(&f, "statistics.minimum", "6");
    CHECK_ANSWER(&f, "statistics.maximum", "9");
    CHECK_ANSWER(&f, "statistics.variance", "1.25");
    CHECK_ANSWER(&f, "statistics.sumOfSquares", "230");
    CHECK_INT(figure_with(&f, "cardinality", "*", floor), 200);
    CHECK_ANSWER(&f, "cardinality", "10");
    CHECK_INT(figure_with(&f, "percentiles", "*",
                          ",\"aggregationField\":\"attributes.floor\",\"percents\":[10,50,100]"),
              200);
    CHECK_ANSWER(&f, "percentiles.0.value", "0");
    CHECK_ANSWER(&f, "percentiles.1.percent", "50");
    CHECK_ANSWER(&f, "percentiles.1.value", "4");
    CHECK_ANSWER(&f, "percentiles.2.value", "9");
    CHECK_INT(figure_with(&f, "percentiles", "thingName:bare", floor), 200);
    CHECK_INT(answered_json(&f, "percentiles")->count, 0);
    (void)figure_with(&f, "statistics", "*", ",\"aggregationField\":\"shadow.reported.a\"");
    CHECK_REFUSED(&f, 400, "InvalidAggregationException", "shadow.reported.a is not indexed");
    fixture_done(&f);
}

TEST(buckets_come_by_how_full_they_are) { /* [AWS index-aggregate] */
    struct fixture f = fixture_open();
    switch_on(&f);
    CHECK_INT(ask(&f, "POST", "/thing-types/bulb", "{}"), 200);
    CHECK_INT(ask(&f, "POST", "/thing-types/fan", "{}"), 200);
    for (int i = 0; i < 5; i++)
        CHECK_INT(ask(&f, "POST", arena_printf(&f.arena, "/things/t%d", i),
                      i < 3 ? "{\"thingTypeName\":\"fan\"}" : "{\"thingTypeName\":\"bulb\"}"),
                  200);
    CHECK_INT(figure_with(&f, "buckets", "*",
                          ",\"aggregationField\":\"registry.thingTypeName\","
                          "\"bucketsAggregationType\":{\"termsAggregation\":{\"maxBuckets\":1}}"),
              200);
    CHECK_ANSWER(&f, "totalCount", "5");
    CHECK_INT(answered_json(&f, "buckets")->count, 1);
    CHECK_ANSWER(&f, "buckets.0.keyValue", "fan");
    CHECK_ANSWER(&f, "buckets.0.count", "3");
    fixture_done(&f);
}

TEST_MAIN("api/indexing")
