#include "registry/fixture.h"
#include "registry/thing_query.h"
#include "registry/thing_query_naive.h"
#include "support/testing.h"

#include <string.h>

static struct thing_attribute lamp_attributes[] = {
    {BYTES("floor"), BYTES("75")}, {BYTES("a/b"), BYTES("x,y")}, {BYTES("serial"), BYTES("abCe")}};
static const struct query_document lamp = {
    .values = {{QUERY_THING_NAME, BYTES("Lamp-7")},
               {QUERY_THING_ID, BYTES("12ab")},
               {QUERY_THING_TYPE, BYTES("bulb")},
               {QUERY_THING_GROUPS, BYTES("hall")},
               {QUERY_THING_GROUPS, BYTES("Rollout-2")},
               {QUERY_BILLING_GROUP, BYTES("customer1")},
               {QUERY_VERSION, BYTES("12")},
               {QUERY_CONNECTED, BYTES("false")},
               {QUERY_CONNECTIVITY_TIME, BYTES("1700000000123")},
               {QUERY_DISCONNECT_REASON, BYTES("CONNECTION_LOST")}},
    .value_count = 10,
    .attributes = lamp_attributes,
    .attribute_count = 3};
static const struct query_document bare = {
    .values = {{QUERY_THING_NAME, BYTES("lamp:1")}, {QUERY_THING_ID, BYTES("34cd")}},
    .value_count = 2};

static bool matches(const char *query, const struct query_document *d) {
    struct arena a = {0};
    const struct thing_query *q;
    CHECK_OK(thing_query_parse(&a, QUERY_INDEX_THINGS, bytes_from(query), &q));
    bool is_match = thing_query_matches(q, d);
    CHECK(thing_query_naive(bytes_from(query), d) == is_match);
    arena_done(&a);
    return is_match;
}

/* Each of these finds the lamp, or does not. */
static const struct {
    const char *query;
    bool finds;
} cases[] = {
    {"*", true},
    {"thingName:Lamp-7", true},
    {"thingName:lamp-7", true}, /* values in any case … */
    {"thingname\\:lamp-7", false},
    {"thingName:lamp", false},
    {"thingName:lamp*", true},
    {"thingName:*-7", true},
    {"thingName:*amp*", true},
    {"thingName:lamp-?", true},
    {"thingName:lamp?", false},
    {"thingName:l*-*7", true},
    {"thingName:\"Lamp-7\"", true},
    {"thingName:\"lamp*\"", false}, /* no wildcards in quotes */
    {"thingName:lamp\\*", false},
    {"thingId:12AB", true},
    {"thingTypeName:bulb", true},
    {"thingTypeName:(bulb OR fan)", true},
    {"thingTypeName:(b* AND -bulb)", false},
    {"attributes.floor:75", true},
    {"attributes.floor:7", false},
    {"attributes.Floor:75", false}, /* … but names of fields are told apart */
    {"attributes.floor:*", true},
    {"attributes.roof:*", false},
    {"attributes.a\\/b:\"x,y\"", true},
    {"attributes.floor:[75 TO 80]", true},
    {"attributes.floor:{75 TO 80]", false},
    {"attributes.floor:[7 TO 8]", false},
    {"attributes.floor:[70 TO 75}", false},
    {"attributes.floor:[-1e3 TO *]", true},
    {"attributes.floor:[* TO 74.9]", false},
    {"attributes.floor:[* TO *]", true},
    {"attributes.roof:[* TO *]", false},
    {"attributes.floor:[\"7\" TO \"8\"]", true}, /* texts by alphabet */
    {"attributes.serial:[\"abcd\" TO \"abcf\"]", true},
    {"attributes.serial:[abcd TO abce}", false},
    {"attributes.serial:[1 TO 2]", false},
    {"attributes.floor<76", true},
    {"attributes.floor<75", false},
    {"attributes.floor<=75", true},
    {"attributes.floor>=75.0", true},
    {"attributes.floor>75", false},
    {"attributes.serial>abcd", true},
    {"bulb", true},
    {"75", true},
    {"LAMP*", true},
    {"fan", false},
    {"bulb 75", true},
    {"bulb fan", false},
    {"bulb AND fan", false},
    {"bulb OR fan", true},
    {"NOT fan", true},
    {"-bulb", false},
    {"bulb -fan", true},
    {"bulb NOT fan", true},
    {"NOT NOT bulb", true},
    {"- - -bulb", false},
    {"bulb OR fan AND fan", true}, /* AND binds more */
    {"(bulb OR fan) AND fan", false},
    {"fan AND fan OR bulb", true},
    {"thingName:(lamp* -*8)", true},
    {"thingName:(bulb OR thingTypeName:bulb)", true},
    {"attributes.floor:75 AND attributes.floor<80 NOT attributes.floor>77", true},
    {"  bulb\t\n", true},
    {"android", false},
    {"thingGroupNames:hall", true},
    {"thingGroupNames:(hall AND rollout-*)", true},
    {"registry.thingGroupNames:plant", false},
    {"registry.thingTypeName:bulb", true},
    {"billingGroupName:customer1", true},
    {"hall customer1", true},
    {"registry.version>11", true},
    {"registry.version:[1 TO 9]", false},
    {"connectivity.connected:false", true},
    {"connectivity.connected:true", false},
    {"connectivity.timestamp>1700000000000", true},
    {"connectivity.disconnectReason:CONNECTION_LOST", true},
    {"CONNECTION_LOST", false}, /* words without a field are of the registry */
    {"false", false},
    {"12", false},
};

TEST(queries_find_what_they_say) { /* [AWS query-syntax] */
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (matches(cases[i].query, &lamp) != cases[i].finds)
            CHECK_TEXT(cases[i].query, cases[i].finds ? "should find it" : "should not");
}

TEST(a_thing_without_type_and_attributes_has_only_its_name_and_id) {
    CHECK(matches("thingName:\"lamp:1\"", &bare));
    CHECK(matches("thingName:lamp\\:1", &bare));
    CHECK(matches("*", &bare));
    CHECK(!matches("thingTypeName:*", &bare));
    CHECK(matches("NOT thingTypeName:*", &bare));
    CHECK(!matches("attributes.a<\"z\"", &bare));
}

TEST(what_is_no_query_is_refused_with_its_place) {
    static const struct {
        const char *query, *says;
    } wrongs[] = {
        {"", "is missing at the end"},
        {"   ", "is missing at the end"},
        {"thingName:", "at character 11: a word or value is missing"},
        {"a AND", "is missing at the end"},
        {"AND a", "at character 1: a term is missing before the operator"},
        {"a OR AND b", "before the operator"},
        {"NOT", "is missing at the end"},
        {"(a", "a parenthesis is not closed"},
        {"a)", "closed that was not opened"},
        {"()", "a word or value is expected"},
        {"thingName:\"a", "a quotation mark is not closed"},
        {"thingName:\"a\\", "a quotation mark is not closed"},
        {"a\\", "nothing follows the backslash"},
        {"thingName:a:b", "at character 12: a word or value is expected here"},
        {"attributes.a:[1 2]", "[from TO to]"},
        {"attributes.a:[1 TO 2", "closed by ] or }"},
        {"attributes.a:[1* TO 2]", "not a pattern"},
        {"attributes.a<*", "not with *"},
        {"attributes.a<", "missing at the end"},
        {"colour:red", "The field colour is not indexed"},
        {"attributes.:red", "is not indexed"},
        {"shadow.reported.a:1", "is not indexed"},
        {"thingGroupName:hall", "is not indexed"}, /* of the other index */
        {"connectivity.version:1", "is not indexed"},
        {"thing*:a", "neither quotes nor wildcards"},
        {"\"thingName\":a", "neither quotes nor wildcards"},
        {"a@b", "at character 2: this character has no meaning here"},
        {"a^2", "no meaning here"},
        {"a~", "no meaning here"},
        {"a && b", "no meaning here"},
        {"a$", "names of shadows"},
        {"a\x01", "control character at 2"},
        {"*a *b", "Only one term"},
        {"a b c d e f g h i j k l m", "more than 12 terms"},
    };
    struct arena a = {0};
    const struct thing_query *q;
    for (size_t i = 0; i < COUNT_OF(wrongs); i++)
        CHECK_FAILS(thing_query_parse(&a, QUERY_INDEX_THINGS, bytes_from(wrongs[i].query), &q),
                    E_QUERY_INVALID, wrongs[i].says);
    arena_done(&a);
}

TEST(long_and_deep_queries_are_bounded) {
    struct arena a = {0};
    const struct thing_query *q;
    char text[THING_QUERY_CHARACTERS_MAX + 2];
    memset(text, 'a', sizeof text);
    CHECK_OK(
        thing_query_parse(&a, QUERY_INDEX_THINGS, bytes_of(text, THING_QUERY_CHARACTERS_MAX), &q));
    CHECK_FAILS(thing_query_parse(&a, QUERY_INDEX_THINGS,
                                  bytes_of(text, THING_QUERY_CHARACTERS_MAX + 1), &q),
                E_QUERY_INVALID, "longer than 1000");
    text[0] = '*';
    CHECK_OK(
        thing_query_parse(&a, QUERY_INDEX_THINGS, bytes_of(text, THING_QUERY_LEADING_MAX), &q));
    CHECK_FAILS(
        thing_query_parse(&a, QUERY_INDEX_THINGS, bytes_of(text, THING_QUERY_LEADING_MAX + 1), &q),
        E_QUERY_INVALID, "100 characters at most");
    memset(text, '(', sizeof text);
    CHECK_FAILS(
        thing_query_parse(&a, QUERY_INDEX_THINGS, bytes_of(text, THING_QUERY_CHARACTERS_MAX), &q),
        E_QUERY_INVALID, "too many parentheses");
    arena_done(&a);
}

/* Every beginning of a query is one or is refused: in a block of its size, for the sanitizer. */
static void check_beginning(bytes text) {
    struct arena a = {0};
    const struct thing_query *q;
    if (thing_query_parse(&a, QUERY_INDEX_THINGS, text, &q) == OK)
        CHECK(thing_query_matches(q, &lamp) == thing_query_naive(text, &lamp));
    arena_done(&a);
}
TEST(each_beginning_of_a_query_is_understood_or_refused) {
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        test_each_truncation(bytes_from(cases[i].query), check_beginning);
}

static void lists(struct registry_fixture *f) {
    struct arena a = {0};
    struct thing_list list;
    struct thing_filter filter = {0};
    static const char *const names[] = {"a1", "a2", "b1", "b2", "b3"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        CHECK_OK(thing_create(&f->r, &(struct thing_record){.name = bytes_from(names[i])}, NULL));
    CHECK_OK(thing_query_parse(&a, QUERY_INDEX_THINGS, BYTES("thingName:b*"), &filter.query));
    CHECK_OK(thing_list(&f->r, &filter, &(struct page){.limit = 2}, &list));
    CHECK(list.count == 2 && list.next.len > 0);
    CHECK_BYTES(list.items[1].name, BYTES("b2"));
    CHECK_OK(thing_list(&f->r, &filter, &(struct page){.limit = 2, .token = list.next}, &list));
    CHECK(list.count == 1 && list.next.len == 0);
    arena_done(&a);
}
TEST(a_listing_of_things_takes_a_query) {
    registry_fixture_each(lists);
}

TEST_MAIN("registry/thing_query")
