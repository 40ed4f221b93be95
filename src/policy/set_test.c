#include "policy/set.h"

#include <stdio.h>
#include <string.h>

#include "policy/fixture.h"
#include "support/testing.h"

static struct policy_set *bind_one(const char *notation, const char *context) {
    AUTO(arena) a = {0};
    struct policy_document *d = fixture_document("P", notation);
    struct policy_set *s = policy_set_bind(&d, 1, &fixture_scope, fixture_context(&a, context));
    policy_document_unref(d); /* the set holds its own reference */
    return s;
}

static enum policy_verdict verdict(const struct policy_set *s, enum policy_action action,
                                   const char *name) {
    return policy_check(s, action, bytes_from(name), NULL).verdict;
}

TEST(a_set_without_documents_denies_everything) { /* [AWS policy 4] */
    struct policy_set *s = policy_set_bind(NULL, 0, &fixture_scope, NULL);
    for (unsigned i = 0; i < POLICY_ACTION_COUNT; i++) {
        struct policy_decision d = policy_check(s, (enum policy_action)i, BYTES("a"), NULL);
        CHECK_INT(d.verdict, POLICY_IMPLICIT_DENY);
        CHECK_INT(d.statement, POLICY_NO_STATEMENT);
        CHECK(!policy_set_allows_all(s, (enum policy_action)i));
    }
    CHECK(policy_set_ref(s) == s);
    policy_set_unref(s);
    policy_set_unref(s);
    policy_set_unref(NULL);
}

TEST(a_zero_decision_denies) {
    struct policy_decision d = {0};
    CHECK_INT(d.verdict, POLICY_IMPLICIT_DENY);
}

TEST(a_decision_names_the_statement_that_made_it) {
    struct policy_document *d[2] = {
        fixture_document(
            "A", "[{'E':'Allow','A':'Connect','R':'*'},{'E':'Allow','A':'Publish','R':'T:a/*'}]"),
        fixture_document("B", "[{'E':'Deny','A':'Publish','R':'T:a/b'}]")};
    struct policy_set *s = policy_set_bind(d, 2, &fixture_scope, NULL);
    struct policy_decision got = policy_check(s, POLICY_PUBLISH, BYTES("a/c"), NULL);
    CHECK(got.verdict == POLICY_ALLOWED && got.document == 0 && got.statement == 1);
    got = policy_check(s, POLICY_PUBLISH, BYTES("a/b"), NULL);
    CHECK(got.verdict == POLICY_EXPLICIT_DENY && got.document == 1 && got.statement == 0);
    CHECK_INT(policy_check_document(s, 0, POLICY_PUBLISH, BYTES("a/b"), NULL).verdict,
              POLICY_ALLOWED);
    CHECK_INT(policy_check_document(s, 1, POLICY_PUBLISH, BYTES("a/c"), NULL).verdict,
              POLICY_IMPLICIT_DENY);
    CHECK_INT(policy_set_document_count(s), 2);
    CHECK_BYTES(policy_document_name(policy_set_document(s, 1)), BYTES("B"));
    policy_set_unref(s);
    policy_document_unref(d[0]);
    policy_document_unref(d[1]);
}

TEST(allowing_everything_without_a_deny_is_known_beforehand) { /* [AWS policy 10] */
    static const struct {
        const char *notation;
        bool receive, publish;
    } rows[] = {
        {"[{'E':'Allow','A':'*','R':'*'}]", true, true},
        {"[{'E':'Allow','A':['Receive','Publish'],'R':'T:*'}]", true, true},
        {"[{'E':'Allow','A':'Receive','R':'arn:aws:iot:us-east-1:123456789012:*'}]", true, false},
        {"[{'E':'Allow','A':'Receive','NR':'F:a'}]", true, false},
        {"[{'E':'Allow','A':'Receive','R':'T:a*'}]", false, false},
        {"[{'E':'Allow','A':'*','R':'*'},{'E':'Deny','A':'Publish','R':'T:a'}]", true, false},
        {"[{'E':'Allow','A':'*','R':'*','C':{'StringEquals':{'iot:ClientId':'c'}}}]", true, true},
        {"[{'E':'Allow','A':'*','R':'*','C':{'StringEquals':{'iot:ClientId':'d'}}}]", false, false},
        {"[{'E':'Allow','A':'*','R':'*','C':{'StringEquals':{'iot:Topic':'d'}}}]", false, false},
        {"[{'E':'Allow','A':'*','R':'*'},{'E':'Deny','A':'Publish','R':'*','C':{'StringEquals':"
         "{'iot:ClientId':'d'}}}]",
         true, true},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct policy_set *s = bind_one(rows[i].notation, "cid=c");
        CHECK_INT(policy_set_allows_all(s, POLICY_RECEIVE), rows[i].receive);
        CHECK_INT(policy_set_allows_all(s, POLICY_PUBLISH), rows[i].publish);
        policy_set_unref(s);
    }
}

/* Patterns whose wildcards stand before or in the type [AWS policy 3.2]. */
TEST(wildcards_may_cover_the_type_of_a_resource) {
    static const struct {
        const char *rest;
        bool topic, filter, client;
    } rows[] = {
        {"*", true, true, true},
        {"topic*", true, true, false},
        {"t*", true, true, false},
        {"*/a", true, true, true},
        {"*/b", false, false, false},
        {"topic?a", true, false, false},
        {"topic/a", true, false, false},
        {"topicfilter/*", false, true, false},
        {"*topic/a", true, false, false},
        {"????"
         "?/a",
         true, false, false},
        {"a", false, false, false},
        {"", false, false, false},
        {"/a", false, false, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(arena) a = {0};
        struct policy_set *s = bind_one(
            arena_printf(&a, "[{'E':'Allow','A':'*','R':'arn:aws:iot:us-east-1:123456789012:%s'}]",
                         rows[i].rest),
            "cid=c");
        CHECK_INT(verdict(s, POLICY_PUBLISH, "a") == POLICY_ALLOWED, rows[i].topic);
        CHECK_INT(verdict(s, POLICY_SUBSCRIBE, "a") == POLICY_ALLOWED, rows[i].filter);
        CHECK_INT(verdict(s, POLICY_CONNECT, "a") == POLICY_ALLOWED, rows[i].client);
        CHECK_INT(verdict(s, POLICY_LIST_RETAINED_MESSAGES, "") == POLICY_ALLOWED, false);
        policy_set_unref(s);
    }
}

TEST(resources_of_other_places_do_not_match) { /* [AWS policy 3.2] */
    static const struct {
        const char *resource;
        bool matches;
    } rows[] = {
        {"arn:aws:iot:us-east-1:123456789012:topic/a", true},
        {"arn:*:iot:*:*:topic/a", true},
        {"arn:aws:iot:us-*-1:1????????012:topic/a", true},
        {"arn:aws:iot:us-east-1:210987654321:topic/a", false},
        {"arn:aws-cn:iot:us-east-1:123456789012:topic/a", false},
        {"arn:aws:sqs:us-east-1:123456789012:topic/a", false},
        {"arn:aws:iot:::topic/a", false},
        {"arn:aws:iot:*", false},
        {"arn:aws:iot:*:topic/a", false},
        {"arn:*", false},
        {"**", true},
        {"arn:aws:iot:${iot:ClientId}:123456789012:topic/a", false}, /* no variables there */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(arena) a = {0};
        struct policy_set *s =
            bind_one(arena_printf(&a, "[{'E':'Allow','A':'Publish','R':'%s'}]", rows[i].resource),
                     "cid=us-east-1");
        if ((verdict(s, POLICY_PUBLISH, "a") == POLICY_ALLOWED) != rows[i].matches)
            print_error("%s\n", rows[i].resource);
        CHECK_INT(verdict(s, POLICY_PUBLISH, "a") == POLICY_ALLOWED, rows[i].matches);
        policy_set_unref(s);
    }
}

TEST(another_partition_has_arns_of_its_own) { /* [AWS policy 3.2] */
    struct policy_scope china = fixture_scope;
    struct policy_document *d = fixture_document(
        "P", "[{'E':'Allow','A':'Publish','R':'arn:aws-cn:iot:us-east-1:123456789012:topic/a'}]");
    china.partition = BYTES("aws-cn");
    struct policy_set *s = policy_set_bind(&d, 1, &china, NULL);
    CHECK_INT(verdict(s, POLICY_PUBLISH, "a"), POLICY_ALLOWED);
    policy_set_unref(s);
    policy_document_unref(d);
}

TEST(not_resource_with_an_undefined_variable_applies_to_nothing) { /* [AWS policy 5.4] */
    const char *both =
        "[{'E':'Allow','A':'Publish','R':'T:*'},"
        "{'E':'Deny','A':'Publish','NR':['T:${iot:Connection.Thing.ThingName}/*','T:x']}]";
    struct policy_set *s = bind_one(both, "cid=t; thing=t");
    CHECK_INT(verdict(s, POLICY_PUBLISH, "t/1"), POLICY_ALLOWED);
    CHECK_INT(verdict(s, POLICY_PUBLISH, "x"), POLICY_ALLOWED);
    CHECK_INT(verdict(s, POLICY_PUBLISH, "u/1"), POLICY_EXPLICIT_DENY);
    policy_set_unref(s);
    s = bind_one(both, "cid=t");
    CHECK_INT(verdict(s, POLICY_PUBLISH, "u/1"), POLICY_ALLOWED);
    policy_set_unref(s);
}

TEST(a_certificate_value_with_wildcards_leaves_not_resource_to_match_nothing) { /* [AWS policy 5.3]
                                                                                 */
    struct policy_set *s =
        bind_one("[{'E':'Allow','A':'Publish','R':'T:*'},"
                 "{'E':'Deny','A':'Publish','NR':'T:${iot:Certificate.Subject.CommonName}/*'}]",
                 "cid=c; CN=*");
    CHECK_INT(verdict(s, POLICY_PUBLISH, "a/b"), POLICY_EXPLICIT_DENY);
    policy_set_unref(s);
}

TEST(connect_attributes_are_known_to_connect_only) { /* [AWS policy 5.1] */
    struct policy_set *s = bind_one(
        "[{'E':'Allow','A':['Connect','Publish'],'R':'*','C':{'ForAnyValue:StringEquals':"
        "{'iot:ConnectAttributes':'LastWill'}}},"
        "{'E':'Allow','A':['Connect','Subscribe'],'R':'*','C':{'ForAllValues:StringEquals':"
        "{'iot:ConnectAttributes':'Other'}}},"
        "{'E':'Allow','A':'Receive','R':'*','C':{'ArnLike':{'iot:LastWillTopic':'*'}}}]",
        "cid=c; ca=LastWill; will=w");
    CHECK_INT(verdict(s, POLICY_CONNECT, "c"), POLICY_ALLOWED);
    CHECK_INT(policy_check(s, POLICY_CONNECT, BYTES("c"), NULL).statement, 0);
    CHECK_INT(verdict(s, POLICY_PUBLISH, "t"), POLICY_IMPLICIT_DENY);
    CHECK_INT(verdict(s, POLICY_SUBSCRIBE, "t"), POLICY_ALLOWED);
    CHECK_INT(verdict(s, POLICY_RECEIVE, "t"), POLICY_IMPLICIT_DENY);
    policy_set_unref(s);
}

TEST(all_conditions_of_a_statement_must_hold) { /* [AWS policy 6] */
    const char *two = "[{'E':'Allow','A':'SendDirectMessage','R':'*','C':{'StringLike':"
                      "{'iot:Topic':['cmd/${iot:ClientId}/*','all'],'iot:ClientId':'a*'},"
                      "'Bool':{'iot:IncludeSocketInformation':true}}}]";
    static const struct {
        const char *context, *request;
        bool allowed;
    } rows[] = {
        {"cid=a1", "topic=cmd/a1/x; sock=true", true},
        {"cid=a1", "topic=all; sock=true", true},
        {"cid=a1", "topic=cmd/a2/x; sock=true", false},
        {"cid=a1", "topic=all; sock=false", false},
        {"cid=a1", "topic=all", false},
        {"cid=b1", "topic=all; sock=true", false},
        {"cid=a*", "topic=cmd/a1/x; sock=true", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(arena) a = {0};
        struct policy_set *s = bind_one(two, rows[i].context);
        struct policy_decision d = policy_check(s, POLICY_SEND_DIRECT_MESSAGE, BYTES("x"),
                                                fixture_request(&a, rows[i].request));
        CHECK_INT(d.verdict == POLICY_ALLOWED, rows[i].allowed);
        policy_set_unref(s);
    }
}

TEST(many_exact_resources_are_found_by_their_hash) {
    AUTO(buf) text = {0};
    char name[40];
    buf_text(&text, "[{'E':'Allow','A':['Publish','Receive'],'R':['T:${iot:ClientId}'");
    for (int i = 0; i < 30; i++)
        buf_printf(&text, ",'T:n/%d'", i);
    buf_text(&text, "]},{'E':'Deny','A':'Receive','R':'T:n/7'},{'E':'Allow','A':'Publish','R':"
                    "['T:p/*','T:*/end']}]");
    struct policy_set *s = bind_one(buf_string(&text), "cid=n/30");
    for (int i = 0; i <= 30; i++) {
        (void)snprintf(name, sizeof name, "n/%d", i);
        CHECK_INT(verdict(s, POLICY_PUBLISH, name), POLICY_ALLOWED);
        CHECK_INT(verdict(s, POLICY_RECEIVE, name), i == 7 ? POLICY_EXPLICIT_DENY : POLICY_ALLOWED);
        CHECK_INT(verdict(s, POLICY_RETAIN_PUBLISH, name), POLICY_IMPLICIT_DENY);
    }
    CHECK_INT(verdict(s, POLICY_PUBLISH, "n/31"), POLICY_IMPLICIT_DENY);
    CHECK_INT(verdict(s, POLICY_PUBLISH, "p/31"), POLICY_ALLOWED);
    CHECK_INT(verdict(s, POLICY_PUBLISH, "x/end"), POLICY_ALLOWED);
    CHECK_INT(verdict(s, POLICY_PUBLISH, ""), POLICY_IMPLICIT_DENY);
    policy_set_unref(s);
}

TEST(a_set_owns_what_it_needs_of_the_context) {
    AUTO(arena) a = {0};
    struct policy_document *d =
        fixture_document("P", "[{'E':'Allow','A':'Publish','R':'T:${iot:ClientId}/*'},"
                              "{'E':'Deny','A':'Publish','NR':'T:${iot:ClientId}/?'}]");
    char *client = arena_string(&a, BYTES("lamp"));
    struct policy_context c = {.client_id = bytes_from(client)};
    struct policy_set *s = policy_set_bind(&d, 1, &fixture_scope, &c);
    memset(client, 'x', 4);
    policy_document_unref(d);
    CHECK_INT(verdict(s, POLICY_PUBLISH, "lamp/1"), POLICY_ALLOWED);
    CHECK_INT(verdict(s, POLICY_PUBLISH, "lamp/12"), POLICY_EXPLICIT_DENY);
    CHECK_INT(verdict(s, POLICY_PUBLISH, "xxxx/1"), POLICY_EXPLICIT_DENY);
    CHECK(policy_set_bytes(s) < 600);
    policy_set_unref(s);
}

/* ---- what is missing ---- */

TEST(missing_variables_are_listed_for_the_actions_that_want_them) { /* [AWS policy 8] */
    struct policy_set *s =
        bind_one("[{'E':'Allow','A':'Publish','R':['T:${iot:Connection.Thing.ThingName}/a',"
                 "'T:${IOT:connection.thing.thingname}/${iot:Certificate.Subject.CommonName}']},"
                 "{'E':'Allow','A':'Connect','R':'C:${iot:ClientId}','C':{'StringEquals':"
                 "{'iot:DomainName':'a'},'StringNotEquals':{'aws:SourceIp':'a'}}}]",
                 "cid=c");
    size_t at = 0;
    CHECK_BYTES(policy_set_missing_next(s, POLICY_PUBLISH, &at),
                BYTES("iot:Connection.Thing.ThingName"));
    CHECK_BYTES(policy_set_missing_next(s, POLICY_PUBLISH, &at),
                BYTES("iot:Certificate.Subject.CommonName"));
    CHECK(!policy_set_missing_next(s, POLICY_PUBLISH, &at).ptr);
    at = 0;
    CHECK_BYTES(policy_set_missing_next(s, POLICY_CONNECT, &at), BYTES("iot:DomainName"));
    CHECK(!policy_set_missing_next(s, POLICY_CONNECT, &at).ptr);
    at = 0;
    CHECK(!policy_set_missing_next(s, POLICY_RECEIVE, &at).ptr);
    policy_set_unref(s);
}

/* ---- shared subscriptions and gates ---- */

TEST(a_shared_delivery_is_allowed_by_either_name_and_denied_by_either) { /* [AWS policy 3.4] */
    static const struct {
        const char *notation;
        enum policy_verdict expected;
    } rows[] = {
        {"[{'E':'Allow','A':'Receive','R':'T:jobs/1'}]", POLICY_ALLOWED},
        {"[{'E':'Allow','A':'Receive','R':'T:$share/workers/jobs/*'}]", POLICY_ALLOWED},
        {"[{'E':'Allow','A':'Receive','R':'T:$share/others/jobs/*'}]", POLICY_IMPLICIT_DENY},
        {"[{'E':'Allow','A':'Receive','R':'T:*'},{'E':'Deny','A':'Receive','R':'T:jobs/1'}]",
         POLICY_EXPLICIT_DENY},
        {"[{'E':'Allow','A':'Receive','R':'T:*'},{'E':'Deny','A':'Receive','R':'T:$share/*'}]",
         POLICY_EXPLICIT_DENY},
        {"[{'E':'Allow','A':'Publish','R':'*'}]", POLICY_IMPLICIT_DENY},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct policy_set *s = bind_one(rows[i].notation, "cid=c");
        CHECK_INT(policy_check_shared_receive(s, BYTES("workers"), BYTES("jobs/1")).verdict,
                  rows[i].expected);
        policy_set_unref(s);
    }
}

TEST(a_shared_delivery_may_have_a_very_long_topic) {
    static uint8_t topic[65535];
    memset(topic, 'a', sizeof topic);
    struct policy_set *s = bind_one("[{'E':'Allow','A':'Receive','R':'T:$share/g/a*'}]", "cid=c");
    CHECK_INT(policy_check_shared_receive(s, BYTES("g"), (bytes){topic, sizeof topic}).verdict,
              POLICY_ALLOWED);
    policy_set_unref(s);
}

TEST(the_worst_of_two_decisions_denies) {
    const struct policy_decision allowed = {POLICY_ALLOWED, 0, 0},
                                 denied = {POLICY_EXPLICIT_DENY, 1, 1},
                                 undecided = {POLICY_IMPLICIT_DENY, 2, 2};
    CHECK_INT(policy_decision_worst(allowed, allowed).verdict, POLICY_ALLOWED);
    CHECK_INT(policy_decision_worst(allowed, undecided).verdict, POLICY_IMPLICIT_DENY);
    CHECK_INT(policy_decision_worst(undecided, allowed).verdict, POLICY_IMPLICIT_DENY);
    CHECK_INT(policy_decision_worst(undecided, denied).verdict, POLICY_EXPLICIT_DENY);
    CHECK_INT(policy_decision_worst(denied, undecided).verdict, POLICY_EXPLICIT_DENY);
    CHECK_INT(policy_decision_worst(denied, allowed).document, 1);
}

TEST(a_cognito_identity_passes_two_gates_for_some_actions) { /* [AWS policy 7] */
    struct policy_set *all = bind_one("[{'E':'Allow','A':'*','R':'*'}]", "cid=c");
    struct policy_set *none = policy_set_bind(NULL, 0, &fixture_scope, NULL);
    static const enum policy_action both[] = {POLICY_CONNECT,
                                              POLICY_PUBLISH,
                                              POLICY_SUBSCRIBE,
                                              POLICY_RECEIVE,
                                              POLICY_GET_THING_SHADOW,
                                              POLICY_UPDATE_THING_SHADOW,
                                              POLICY_DELETE_THING_SHADOW};
    for (unsigned i = 0; i < POLICY_ACTION_COUNT; i++) {
        bool gated = false;
        for (size_t k = 0; k < COUNT_OF(both); k++)
            gated |= both[k] == i;
        enum policy_action action = (enum policy_action)i;
        CHECK_INT(policy_check_gates(all, none, action, BYTES("a"), NULL).verdict,
                  gated ? POLICY_IMPLICIT_DENY : POLICY_ALLOWED);
        CHECK_INT(policy_check_gates(all, all, action, BYTES("a"), NULL).verdict, POLICY_ALLOWED);
        CHECK_INT(policy_check_gates(none, all, action, BYTES("a"), NULL).verdict,
                  POLICY_IMPLICIT_DENY);
    }
    policy_set_unref(all);
    policy_set_unref(none);
}

/* ---- names out of ARNs ---- */

TEST(the_name_is_taken_out_of_an_arn_of_the_actions_type) {
    bytes name;
    CHECK_OK(policy_resource_name(&fixture_scope, POLICY_PUBLISH,
                                  BYTES("arn:aws:iot:us-east-1:123456789012:topic/a:b/c"), &name));
    CHECK_BYTES(name, BYTES("a:b/c"));
    CHECK_OK(
        policy_resource_name(&fixture_scope, POLICY_LIST_RETAINED_MESSAGES, BYTES("*"), &name));
    static const char *const wrong[] = {"",
                                        "*",
                                        "topic/a",
                                        "arn:aws:iot:us-east-1:123456789012:topic",
                                        "arn:aws:iot:us-east-1:123456789012:topicfilter/a",
                                        "arn:aws:iot:us-east-1:210987654321:topic/a"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        CHECK_FAILS(
            policy_resource_name(&fixture_scope, POLICY_PUBLISH, bytes_from(wrong[i]), &name),
            E_INVALID, "write arn:aws:iot:us-east-1:123456789012:topic/NAME");
    CHECK_FAILS(
        policy_resource_name(&fixture_scope, POLICY_LIST_RETAINED_MESSAGES, BYTES("a"), &name),
        E_INVALID, "is *");
}

TEST_MAIN("policy/set")
