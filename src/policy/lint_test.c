#include "policy/fixture.h"
#include "support/testing.h"

/* What each policy is warned of: a part of the one sentence, or NULL for none. */
static const struct {
    const char *notation, *warning;
} rows[] = {
    {"[{'E':'Allow','A':['Publish','Receive'],'R':'T:${iot:ClientId}/*'},"
     "{'E':'Allow','A':'Subscribe','R':'F:${iot:ClientId}/+/"
     "#'},{'E':'Allow','A':'Connect','R':'C:*'}]",
     NULL},
    {"[{'E':'Allow','A':'*','R':'*'}]", NULL},
    {"[{'E':'Allow','A':'Publish','R':'T:$aws/things/${iot:Connection.Thing.ThingName}/*'}]", NULL},
    {"[{'E':'Allow','A':'Connect','R':'*','C':{'ForAllValues:StringEquals':{'iot:ConnectAttributes'"
     ":"
     "'LastWill'}}}]",
     NULL},
    {"[{'V':'2008-10-17','E':'Allow','A':'Publish','R':'T:${iot:ClientId}'}]",
     "Without \"Version\": \"2012-10-17\" a variable is plain text"},
    {"[{'E':'Allow','A':'iot:CreateThing','R':'*'}]", "is none that devices use"},
    {"[{'E':'Allow','A':['iot:Publish','iot:Publsh'],'R':'*'}]", "\"iot:Publsh\" is none"},
    {"[{'E':'Allow','A':'Publish','R':'arn:aws:iot:*'}]", "fewer than the six parts of an ARN"},
    {"[{'E':'Allow','A':'Publish','R':'arn:aws:s3:::bucket/a'}]", "is no resource of AWS IoT"},
    {"[{'E':'Allow','A':'Publish','R':'arn:aws:iot:us-east-1::topic/a'}]",
     "leaves out region or account"},
    {"[{'E':'Allow','A':'Publish','R':'arn:aws:iot:us-east-1:123456789012:/$aws/events/*'}]",
     "does not begin with topic/"},
    {"[{'E':'Allow','A':'Publish','R':'F:a'}]", "of a type that none of the actions is checked on"},
    {"[{'E':'Allow','A':'Connect','R':'T:a'}]", "of a type that none of the actions is checked on"},
    {"[{'E':'Allow','A':'Publish','R':'T:a/+'}]", "+ and # are ordinary characters"},
    {"[{'E':'Allow','A':'ListRetainedMessages','R':'T:a'}]", "granted on Resource \"*\" only"},
    {"[{'E':'Allow','A':['ListRetainedMessages','GetRetainedMessage'],'R':'T:a'}]",
     "granted on Resource \"*\" only"},
    {"[{'E':'Allow','A':'Publish','R':'T:${iot:Thing.ThingName}'}]",
     "write ${iot:Connection.Thing.ThingName}"},
    {"[{'E':'Allow','A':'Publish','R':'T:${iot:ClientID2}'}]", "is not a variable that is known"},
    {"[{'E':'Allow','A':'Publish','R':'T:${iot:ConnectAttributes}'}]",
     "as a variable it matches nothing"},
    {"[{'E':'Allow','A':'Publish','R':'T:${iot:ClientId/x'}]", "is taken as text"},
    {"[{'E':'Deny','A':'Publish','R':'T:${iot:ClientId}/x'}]", "this Deny denies nothing"},
    {"[{'E':'Deny','A':'Publish','R':'T:${iot:ClientId, `x`}/x'}]", NULL},
    {"[{'E':'Allow','A':'Subscribe','R':'F:a'}]", "but not iot:Receive"},
    {"[{'E':'Allow','A':['Subscribe','Receive'],'R':'*'},{'E':'Deny','A':'Subscribe','R':'F:a/*'}]",
     "limit iot:Receive too"},
    {"[{'E':'Allow','A':'Connect','R':'*','C':{'StringEquals':{'iot:ClientName':'a'}}}]",
     "condition key iot:ClientName is not one that is known"},
    {"[{'E':'Allow','A':'Connect','R':'*','C':{'StringEquals':{'iot:ConnectAttributes':'LastWill'}}"
     "}]",
     "say ForAllValues: or ForAnyValue:"},
    {"[{'E':'Allow','A':'Connect','R':'*','C':{'ForAllValues:StringEquals':"
     "{'iot:Certificate.Subject.Organization.List':'a'}}}]",
     "is also true when there is no"},
    {"[{'E':'Allow','A':'Connect','R':'*','C':{'ForAllValues:StringEquals':"
     "{'iot:Certificate.Subject.Organization.List':'a'},'Null':"
     "{'iot:Certificate.Subject.Organization.List':'false'}}}]",
     NULL},
    {"[{'E':'Allow','A':'Connect','R':'*','C':{'NumericEquals':{'iot:Certificate.SerialNumber':1}}}"
     "]",
     "by string operators and Null only"},
    {"[{'E':'Allow','A':'Connect','R':'*','C':{'StringEquals':{'iot:ClientId':'${iot:Nope}'}}}]",
     "a value with it matches nothing"},
};

TEST(each_questionable_habit_is_warned_of_once) { /* [AWS policy 11] */
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(buf) out = {0};
        struct policy_document *d = fixture_document("P", rows[i].notation);
        size_t count = policy_document_lint(d, &out);
        if (count != (rows[i].warning ? 1 : 0))
            print_error("%s: %s\n", rows[i].notation, buf_string(&out));
        CHECK_INT(count, rows[i].warning ? 1 : 0);
        if (rows[i].warning)
            test_check_contains(buf_string(&out), rows[i].warning, __FILE__, __LINE__);
        policy_document_unref(d);
    }
}

TEST(an_action_without_service_and_a_missing_version_are_warned_of) {
    AUTO(buf) out = {0};
    struct policy_document *d;
    CHECK_OK(policy_document_parse(
        BYTES("P"),
        BYTES("{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"Publish\",\"Resource\":\"*\"}}"),
        POLICY_LENGTH_MAX, &d));
    CHECK_INT(policy_document_lint(d, &out), 2);
    CHECK_BYTES(
        buf_bytes(&out),
        BYTES("There is no Version; write \"Version\": \"2012-10-17\".\n"
              "Statement 1: the action \"Publish\" names no service; write \"iot:Publish\".\n"));
    policy_document_unref(d);
}

TEST_MAIN("policy/lint")
