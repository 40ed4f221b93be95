#include "policy/document.h"

#include <string.h>

#include "policy/fixture.h"
#include "policy/internal.h"
#include "support/testing.h"

/* Texts here have ' for ". */
static bytes quoted(struct arena *a, const char *text) {
    char *copy = arena_string(a, bytes_from(text));
    for (char *c = copy; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    return bytes_from(copy);
}

static status parse(const char *text, struct policy_document **out) {
    AUTO(arena) a = {0};
    return policy_document_parse(BYTES("p"), quoted(&a, text), POLICY_LENGTH_MAX, out);
}

#define ONE(members) "{'Version':'2012-10-17','Statement':{" members "}}"
#define ALLOW "'Effect':'Allow',"
#define PUBLISH "'Action':'iot:Publish',"
#define ANY "'Resource':'*'"

static const char *const well_formed[] = {
    /* [AWS policy 1.1] */
    ONE(ALLOW PUBLISH ANY),
    "{'Statement':{" ALLOW PUBLISH ANY "}}",
    "{'Version':'2008-10-17','Statement':[{" ALLOW PUBLISH ANY "}]}",
    "{'Version':'2012-10-17','Id':'x','Statement':[{" ALLOW PUBLISH ANY "},{" ALLOW PUBLISH ANY
    "}]}",
    ONE("'Sid':'one'," ALLOW "'NotAction':['iot:Publish','s3:Get*']," ANY),
    ONE(ALLOW PUBLISH "'NotResource':['arn:aws:iot:us-east-1:1:topic/a','*']"),
    ONE(ALLOW PUBLISH ANY ",'Condition':{}"),
    ONE(ALLOW PUBLISH ANY ",'Condition':{'StringEquals':{}}"),
    ONE(ALLOW PUBLISH ANY ",'Condition':{'StringEquals':{'iot:ClientId':[]}}"),
    ONE(ALLOW PUBLISH ANY ",'Condition':{'StringEquals':{'iot:ClientId':'a','IOT:clientid':'b'}}"),
    ONE(ALLOW "'Action':['greengrass:Discover','Publish']," ANY),
    ONE(ALLOW PUBLISH "'Resource':['arn:aws:iot:*','arn:aws:s3:::bucket','arn:']"),
    ONE(ALLOW PUBLISH "'Resource':'arn:aws:iot:us-east-1:1:/$aws/events/*'"), /* [AWS policy 12] */
};

TEST(takes_what_the_grammar_allows) {
    for (size_t i = 0; i < COUNT_OF(well_formed); i++) {
        struct policy_document *d = NULL;
        CHECK_OK(parse(well_formed[i], &d));
        CHECK(policy_document_statement_count(d) >= 1);
        policy_document_unref(d);
    }
}

#define AWS "Policy document is Malformed"
#define SYNTAX AWS ": Invalid policy syntax."

static const struct {
    const char *text, *sentence;
} malformed[] = {
    {"", SYNTAX " it is empty"},
    {" \n", SYNTAX " it is empty"},
    {"policy.json", AWS ": it is not JSON but begins \"policy.json\""},
    {"./policy.json", "put file:// before it"},
    {"{'Version'", SYNTAX},
    {"[]", SYNTAX " it must be a JSON object"},
    {"'{}'", SYNTAX " it must be a JSON object"},
    {"{}", "Statement is missing"},
    {"{'Statement':[]}", "Statement is missing"},
    {"{'Statement':['x']}", "Statement 1: it must be an object"},
    {"{'Version':'2012-10-18','Statement':[]}", "Version must be"},
    {"{'Version':20121017,'Statement':[]}", "Version must be"},
    {"{'statement':[]}", "unknown element \"statement\"; names are case-sensitive"},
    {ONE(ALLOW PUBLISH ANY ",'Principal':'*'"), "applies to whom it is attached"},
    {ONE(ALLOW PUBLISH ANY ",'NotPrincipal':'*'"), "applies to whom it is attached"},
    {ONE(ALLOW PUBLISH ANY ",'resource':'*'"), "unknown element \"resource\""},
    {ONE(ALLOW ALLOW PUBLISH ANY), "Effect is there twice"},
    {ONE(PUBLISH ANY), "Statement 1: Effect is missing"},
    {ONE("'Effect':'allow'," PUBLISH ANY), "Effect is \"allow\""},
    {ONE("'Effect':true," PUBLISH ANY), "Effect is missing"},
    {ONE("'Sid':1," ALLOW PUBLISH ANY), "Sid must be a string"},
    {ONE(ALLOW ANY), "Action is missing"},
    {ONE(ALLOW PUBLISH "'NotAction':'iot:Connect'," ANY), "exclude each other"},
    {ONE(ALLOW "'Action':[]," ANY), "Action is empty"},
    {ONE(ALLOW "'Action':[1]," ANY), "Action must be a string or an array of strings"},
    {ONE(ALLOW "'NotAction':{}," ANY), "NotAction must be a string or an array of strings"},
    {ONE(ALLOW "'Action':'iot:Publish'"), "Resource is missing"},
    {ONE(ALLOW PUBLISH ANY ",'NotResource':'*'"), "exclude each other"},
    {ONE(ALLOW PUBLISH "'Resource':[]"), "Resource is empty"},
    {ONE(ALLOW PUBLISH "'Resource':['topic/a','*','x']"),
     AWS ": The following resources are invalid : topic/a, x (statement 1;"},
    {ONE(ALLOW PUBLISH "'Resource':''"), "The following resources are invalid"},
    {ONE(ALLOW PUBLISH "'Resource':'[\\'arn:aws:iot:us-east-1:1:client/x\\']'"), AWS},
    {ONE(ALLOW PUBLISH ANY ",'Condition':[]"), "Condition must be an object"},
    {ONE(ALLOW PUBLISH ANY ",'Condition':{'StringEquals':'a'}"), "with an object of"},
    {ONE(ALLOW PUBLISH ANY ",'Condition':{'Bool':{'a':true},'Bool':{'b':true}}"),
     "must be there once"},
    {ONE(ALLOW PUBLISH ANY ",'Condition':{'Bool':{'a':true,'a':false}}"), "is there twice"},
    {ONE(ALLOW PUBLISH ANY ",'Condition':{'Equals':{'a':true}}"),
     SYNTAX " Statement 1: \"Equals\" is not a condition operator"},
    {"{'Statement':[{" ALLOW PUBLISH ANY "},{" ALLOW "'Action':'a:b'}]}",
     "Statement 2: Resource is missing"},
    /* the samples of the guide that are not policies [AWS policy 12] */
    {"{'Version':'2012-10-17','Statement':[{" ALLOW PUBLISH ANY ",}]}", SYNTAX},
};

TEST(refuses_the_rest_with_the_words_of_aws_and_the_place) {
    for (size_t i = 0; i < COUNT_OF(malformed); i++) {
        struct policy_document *d = NULL;
        CHECK_FAILS(parse(malformed[i].text, &d), E_POLICY_MALFORMED, malformed[i].sentence);
        CHECK(strncmp(failure_text(), AWS, sizeof AWS - 1) == 0);
        CHECK(!d);
    }
}

static void parse_prefix(bytes prefix) {
    struct policy_document *d = NULL;
    CHECK(policy_document_parse(BYTES("p"), prefix, POLICY_LENGTH_MAX, &d) == E_POLICY_MALFORMED);
}

TEST(refuses_each_truncation) {
    AUTO(arena) a = {0};
    test_each_truncation(quoted(&a, ONE("'Sid':'s'," ALLOW PUBLISH
                                        "'Resource':'arn:aws:iot:a:b:topic/${iot:ClientId}',"
                                        "'Condition':{'StringLike':{'iot:Topic':['\\u00e9*',1]}}")),
                         parse_prefix);
}

TEST(length_counts_characters_that_are_not_white_space) { /* [AWS policy 1.2] */
    CHECK_INT(policy_document_length(BYTES(" a\t\r\nb ")), 2);
    CHECK_INT(policy_document_length(BYTES("\xC3\xA9\xF0\x9F\x98\x80")), 2);
    CHECK_INT(policy_document_length((bytes){0}), 0);
}

TEST(a_document_of_2048_characters_is_taken_and_one_more_is_not) { /* [AWS policy 1.2] */
    struct policy_document *d = NULL;
    AUTO(arena) a = {0};
    AUTO(buf) text = {0};
    bytes head = quoted(&a, "{'Statement':{" ALLOW PUBLISH ANY ",'Sid':'"),
          tail = quoted(&a, "'}}");
    buf_append(&text, head);
    while (policy_document_length(buf_bytes(&text)) < POLICY_LENGTH_MAX - tail.len)
        buf_text(&text, "\xC3\xA9 ");
    buf_append(&text, tail);
    CHECK_OK(policy_document_parse(BYTES("p"), buf_bytes(&text), POLICY_LENGTH_MAX, &d));
    policy_document_unref(d);
    buf_drop_front(&text, 1);
    AUTO(buf) longer = {0};
    buf_text(&longer, "{\"Id\":1,");
    buf_append(&longer, buf_bytes(&text));
    CHECK_FAILS(policy_document_parse(BYTES("p"), buf_bytes(&longer), POLICY_LENGTH_MAX, &d),
                E_POLICY_MALFORMED, "it has 2055 characters without white space; 2048 is most");
}

TEST(no_setting_takes_a_document_beyond_the_models_maximum) { /* [AWS policy 1.2] */
    struct policy_document *d = NULL;
    static uint8_t blanks[POLICY_BYTES_MAX + 1];
    memset(blanks, ' ', sizeof blanks);
    CHECK_FAILS(policy_document_parse(BYTES("p"), (bytes){blanks, sizeof blanks}, SIZE_MAX, &d),
                E_POLICY_MALFORMED, "404600 is most");
}

TEST(a_document_is_utf8) {
    struct policy_document *d = NULL;
    CHECK_FAILS(policy_document_parse(BYTES("p"), BYTES("{\"\xFF\":1}"), POLICY_LENGTH_MAX, &d),
                E_POLICY_MALFORMED, "not UTF-8");
}

TEST(a_parsed_document_tells_its_name_statements_and_sids) {
    struct policy_document *d =
        fixture_document("PubSub", "[{'E':'Allow','A':'Publish','R':'*','S':'First'},"
                                   "{'E':'Deny','NA':'iot:Con*','R':'*'}]");
    CHECK_BYTES(policy_document_name(d), BYTES("PubSub"));
    CHECK_INT(policy_document_statement_count(d), 2);
    CHECK_BYTES(policy_document_sid(d, 0), BYTES("First"));
    CHECK(!policy_document_sid(d, 1).ptr);
    CHECK_INT(d->statements[0].actions, POLICY_ACTION_BIT(POLICY_PUBLISH));
    CHECK_INT(d->statements[1].actions, POLICY_ACTIONS_ALL & ~POLICY_ACTION_BIT(POLICY_CONNECT));
    CHECK(policy_document_ref(d) == d);
    policy_document_unref(d);
    policy_document_unref(d);
    policy_document_unref(NULL);
}

static const struct {
    const char *notation;
    bool is_static;
} statics[] = {
    {"[{'E':'Allow','A':'*','R':'*'}]", true},
    {"[{'E':'Allow','A':'*','NR':['T:a*','F:?']}]", true},
    {"[{'E':'Allow','A':'*','R':'T:${*}'}]", true},
    {"[{'E':'Allow','A':'SendDirectMessage','R':'*','C':{'StringLike':{'iot:Topic':'a'}}}]", true},
    {"[{'V':'2008-10-17','E':'Allow','A':'*','R':'T:${iot:ClientId}'}]", true},
    {"[{'E':'Allow','A':'*','R':'T:${iot:ClientId}'}]", false},
    {"[{'E':'Allow','A':'*','R':'*'},{'E':'Deny','A':'*','NR':'T:${iot:ClientId, `a`}'}]", false},
    {"[{'E':'Allow','A':'*','R':'*','C':{'Null':{'iot:ClientId':true}}}]", false},
    {"[{'E':'Allow','A':'*','R':'*','C':{'StringLike':{'iot:Topic':'${iot:ClientId}'}}}]", false},
};

TEST(a_document_knows_whether_it_depends_on_the_connection) {
    struct policy_document *both[2];
    for (size_t i = 0; i < COUNT_OF(statics); i++) {
        both[0] = fixture_document("a", statics[0].notation);
        both[1] = fixture_document("b", statics[i].notation);
        CHECK_INT(policy_documents_are_static(both, 2), statics[i].is_static);
        policy_document_unref(both[0]);
        policy_document_unref(both[1]);
    }
    CHECK(policy_documents_are_static(NULL, 0));
}

TEST_MAIN("policy/document")
