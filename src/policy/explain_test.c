#include "policy/fixture.h"
#include "support/testing.h"

#define ARN "arn:aws:iot:us-east-1:123456789012:"

static const struct {
    const char *notation, *context;
    enum policy_action action;
    const char *name, *sentence; /* all of it, or with "…" at the end how it begins */
} rows[] = {
    {"[{'E':'Allow','A':'Publish','R':'T:*','S':'All'}]", "cid=c", POLICY_PUBLISH, "a",
     "policy \"P\" statement 1 (All) allows iot:Publish on topic/a"},
    {"[{'E':'Allow','A':'*','R':'*'},{'E':'Deny','A':'Publish','R':'T:a'}]", "cid=c",
     POLICY_PUBLISH, "a",
     "policy \"P\" statement 2 denies iot:Publish on topic/a; a Deny wins over every Allow, so "
     "narrow "
     "or remove that statement"},
    {"[{'E':'Allow','A':'Connect','R':'*'},{'E':'Allow','A':'Publish','R':['T:z',"
     "'T:dev/${iot:ClientId}/*']}]",
     "cid=lamp7", POLICY_PUBLISH, "dev/lamp8/x",
     "policy \"P\" statement 2 allows iot:Publish only on topic/dev/${iot:ClientId}/* (here "
     "topic/dev/lamp7/*), not on topic/dev/lamp8/x; add \"" ARN
     "topic/dev/lamp8/x\" to its Resource"},
    {"[{'E':'Allow','A':'Publish','R':'T:a/${iot:Certificate.Subject.CommonName}'}]",
     "cid=c; CN=x*", POLICY_PUBLISH, "a/x",
     "policy \"P\" statement 1 allows iot:Publish only on "
     "topic/a/${iot:Certificate.Subject.CommonName} "
     "(as it stands: the value of the variable has one of * $ + ? #…"},
    {"[{'E':'Allow','A':'Publish','R':'T:${iot:Connection.Thing.ThingName}/*'}]", "cid=c",
     POLICY_PUBLISH, "c/x",
     "policy \"P\" statement 1 allows iot:Publish on topic/${iot:Connection.Thing.ThingName}/*, "
     "but "
     "iot:Connection.Thing.ThingName has no value: no thing named like the client identifier has "
     "this certificate attached; attach it, or connect with the thing's name as client identifier"},
    {"[{'E':'Allow','A':'Publish','R':'T:${iot:ClientId}'}]", "http", POLICY_PUBLISH, "c",
     "policy \"P\" statement 1 allows iot:Publish on topic/${iot:ClientId}, but iot:ClientId has "
     "no "
     "value: a request over HTTPS has no client identifier"},
    {"[{'E':'Allow','A':'Publish','R':'T:${iot:Thing.ThingName}'}]", "cid=c; thing=c",
     POLICY_PUBLISH, "c",
     "policy \"P\" statement 1 allows iot:Publish on topic/${iot:Thing.ThingName}, but "
     "iot:Thing.ThingName has no value: nothing of that name is known here; look at its spelling "
     "in "
     "the policy"},
    {"[{'E':'Allow','A':'Connect','R':'*','C':{'StringLike':{'iot:ClientId':['dev-*','x']}}}]",
     "cid=c", POLICY_CONNECT, "c",
     "policy \"P\" statement 1 allows iot:Connect on client/c only if StringLike iot:ClientId "
     "(\"dev-*\", \"x\"), which is not so; change that condition or what it asks for"},
    {"[{'E':'Allow','A':'Connect','R':'*','C':{'StringEquals':{'iot:DomainName':'h'}}}]", "cid=c",
     POLICY_CONNECT, "c",
     "policy \"P\" statement 1 allows iot:Connect on client/c only if StringEquals iot:DomainName "
     "(\"h\"), and iot:DomainName has no value: the client sent no server name; let it use SNI"},
    {"[{'E':'Allow','A':'Connect','R':'*','C':{'StringEquals':{'iot:ClientId':"
     "'${iot:Certificate.Subject.CommonName}'}}}]",
     "cid=c", POLICY_CONNECT, "c",
     "policy \"P\" statement 1 allows iot:Connect on client/c only if StringEquals iot:ClientId "
     "(\"${iot:Certificate.Subject.CommonName}\"), and iot:Certificate.Subject.CommonName has no "
     "value: the client's certificate does not have it"},
    {"[{'E':'Allow','A':'SendDirectMessage','R':'*','C':{'StringLike':{'iot:Topic':'cmd/*'}}}]",
     "cid=c", POLICY_SEND_DIRECT_MESSAGE, "d",
     "policy \"P\" statement 1 allows iot:SendDirectMessage on client/d only if StringLike "
     "iot:Topic "
     "(\"cmd/*\"), and iot:Topic has no value: …"},
    {"[{'E':'Allow','A':'Publish','NR':'T:a/*'}]", "cid=c", POLICY_PUBLISH, "a/b",
     "policy \"P\" statement 1 allows iot:Publish on all but topic/a/*, and so not on topic/a/b; "
     "change its NotResource"},
    {"[{'E':'Allow','A':'Publish','R':'arn:aws:iot:eu-west-1:123456789012:topic/a'}]", "cid=c",
     POLICY_PUBLISH, "a",
     "policy \"P\" statement 1 allows iot:Publish on arn:aws:iot:eu-west-1:123456789012:topic/a, "
     "which "
     "is no resource of this region and account; write \"" ARN "topic/a\""},
    {"[{'E':'Allow','A':'Subscribe','R':'T:a'}]", "cid=c", POLICY_SUBSCRIBE, "a",
     "policy \"P\" statement 1 allows iot:Subscribe on topic/a, but the action is checked on "
     "another "
     "resource; write \"" ARN "topicfilter/a\""},
    {"[{'E':'Allow','A':'ListRetainedMessages','R':'T:a'}]", "cid=c", POLICY_LIST_RETAINED_MESSAGES,
     "",
     "policy \"P\" statement 1 allows iot:ListRetainedMessages on topic/a, but the action is "
     "checked "
     "on another resource; write \"*\""},
    {"[{'E':'Allow','A':'Connect','R':'*'}]", "cid=c", POLICY_PUBLISH, "a",
     "policy \"P\" has no statement that allows iot:Publish; allow it on \"" ARN "topic/a\""},
    {NULL, "cid=c", POLICY_CONNECT, "c",
     "no policy is attached; attach one that allows iot:Connect on \"" ARN "client/c\""},
};

static void explain(const char *notation, const char *context, enum policy_action action,
                    const char *name, struct buf *out) {
    AUTO(arena) a = {0};
    struct policy_document *d = notation ? fixture_document("P", notation) : NULL;
    struct policy_set *s =
        policy_set_bind(&d, notation ? 1 : 0, &fixture_scope, fixture_context(&a, context));
    policy_decision_explain(s, policy_check(s, action, bytes_from(name), NULL), action,
                            bytes_from(name), NULL, out);
    policy_set_unref(s);
    policy_document_unref(d);
}

TEST(every_reason_has_its_sentence_and_remedy) { /* [AWS policy 11] */
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(buf) got = {0};
        bytes expected = bytes_from(rows[i].sentence);
        explain(rows[i].notation, rows[i].context, rows[i].action, rows[i].name, &got);
        if (bytes_end_with(expected, BYTES("…"))) {
            expected = bytes_slice(expected, 0, expected.len - 3);
            got.len = expected.len < got.len ? expected.len : got.len;
        }
        CHECK_BYTES(buf_bytes(&got), expected);
    }
}

TEST(the_nearest_statement_is_named_among_many) {
    AUTO(buf) got = {0};
    explain("[{'E':'Allow','A':'Publish','R':'F:a/b/c'},{'E':'Allow','A':'Publish','R':'T:x'},"
            "{'E':'Allow','A':'Publish','R':'T:a/b/d'},{'E':'Allow','A':'Publish','R':'T:a/x'}]",
            "cid=c", POLICY_PUBLISH, "a/b/c", &got);
    CHECK(
        bytes_start_with(buf_bytes(&got), BYTES("policy \"P\" statement 3 allows iot:Publish only "
                                                "on topic/a/b/d")));
}

TEST(a_hostile_name_does_not_make_a_long_sentence) {
    static char name[60001];
    AUTO(buf) got = {0};
    for (size_t i = 0; i + 1 < sizeof name; i++)
        name[i] = 'a';
    explain("[{'E':'Allow','A':'Publish','R':'T:b'}]", "cid=c", POLICY_PUBLISH, name, &got);
    CHECK(got.len < 2000);
}

TEST_MAIN("policy/explain")
