/* IAM's documents: row by row, decided by the machine and by the naive evaluator.
 *
 * Notation of documents and keys: fixture.h. A is allowed, X explicitly denied, I implicitly. */
#include "policy/access.h"

#include <stdio.h>

#include "policy/fixture.h"
#include "policy/naive.h"
#include "support/testing.h"

#define THING "arn:aws:iot:us-east-1:123456789012:thing/"

static const struct {
    const char *name, *notation;
} documents[] = {
    {"all", "[{'E':'Allow','A':'*','R':'*'}]"},
    {"iot", "[{'E':'Allow','A':'iot:*','R':'*'}]"},
    {"read", "[{'E':'Allow','A':['iot:Get*','iot:Describe*','iot:List*'],'R':'*'}]"},
    {"case", "[{'E':'Allow','A':'IOT:describething','R':'*'}]"},
    {"thing-a", "[{'E':'Allow','A':'iot:*Thing','R':'TH:a*'}]"},
    {"arns", "[{'E':'Allow','A':'iot:DescribeThing','R':'arn:aws:iot:*:*:thing/*'}]"},
    {"short", "[{'E':'Allow','A':'iot:*','R':'arn:aws:iot:*'}]"},
    {"other-region", "[{'E':'Allow','A':'iot:*','R':'arn:aws:iot:eu-west-1:*:*'}]"},
    {"no-delete", "[{'E':'Allow','A':'iot:*','R':'*'},{'E':'Deny','A':'iot:Delete*','R':'*'}]"},
    {"not-iam", "[{'E':'Allow','NA':['iam:*','sts:*'],'R':'*'}]"},
    {"deny-not", "[{'E':'Allow','A':'*','R':'*'},{'E':'Deny','NA':'iot:*','R':'*'}]"},
    {"not-secret", "[{'E':'Allow','A':'iot:*','NR':'TH:secret*'}]"},
    {"own", "[{'E':'Allow','A':'iot:*','R':'TH:${aws:username}-*'}]"},
    {"own-2008", "[{'V':'2008-10-17','E':'Allow','A':'iot:*','R':'TH:${aws:username}-*'}]"},
    {"not-own", "[{'E':'Allow','A':'iot:*','NR':'TH:${aws:username}-*'}]"},
    {"team", "[{'E':'Allow','A':'iot:*','R':'TH:${aws:PrincipalTag/team, `none`}/*'}]"},
    {"tagged", "[{'E':'Allow','A':'iot:*','R':'*','C':{'StringEquals':{'aws:ResourceTag/team':"
               "'${aws:PrincipalTag/team}'}}}]"},
    {"office", "[{'E':'Allow','A':'iot:*','R':'*','C':{'IpAddress':{'aws:SourceIp':"
               "['192.0.2.0/24','2001:db8::/32']}}}]"},
    {"not-office", "[{'E':'Allow','A':'*','R':'*'},{'E':'Deny','A':'*','R':'*','C':{"
                   "'NotIpAddress':{'aws:SourceIp':'192.0.2.0/24'}}}]"},
    {"tls", "[{'E':'Allow','A':'*','R':'*','C':{'Bool':{'aws:SecureTransport':'true'}}}]"},
    {"until", "[{'E':'Allow','A':'*','R':'*','C':{'DateLessThan':{'aws:CurrentTime':"
              "'2026-06-01T00:00:00Z'},'DateGreaterThan':{'aws:CurrentTime':'2026-01-01'}}}]"},
    {"seconds", "[{'E':'Allow','A':'*','R':'*','C':{'NumericLessThanEquals':{'aws:EpochTime':"
                "'1000'}}}]"},
    {"pass", "[{'E':'Allow','A':'iam:PassRole','R':'arn:aws:iam::123456789012:role/device-*','C':"
             "{'StringEquals':{'iam:PassedToService':'iot.amazonaws.com'}}}]"},
    {"by-role", "[{'E':'Allow','A':'*','R':'*','C':{'ArnLike':{'aws:PrincipalArn':"
                "'arn:aws:iam::*:role/app-*'}}}]"},
    {"not-by-role", "[{'E':'Allow','A':'*','R':'*','C':{'ArnNotEquals':{'aws:PrincipalArn':"
                    "'arn:aws:iam::123456789012:role/app-1'}}}]"},
    {"if-there", "[{'E':'Allow','A':'*','R':'*','C':{'StringEqualsIfExists':{'aws:RequestedRegion':"
                 "'us-east-1'}}}]"},
    {"no-mfa", "[{'E':'Deny','A':'*','R':'*','C':{'Null':{'aws:MultiFactorAuthAge':'true'}}},"
               "{'E':'Allow','A':'*','R':'*'}]"},
    {"keys-all", "[{'E':'Allow','A':'*','R':'*','C':{'ForAllValues:StringEquals':{'aws:TagKeys':"
                 "['team','site']}}}]"},
    {"keys-any", "[{'E':'Allow','A':'*','R':'*','C':{'ForAnyValue:StringLike':{'aws:TagKeys':"
                 "'te*'}}}]"},
    {"two", "[{'E':'Allow','A':'*','R':'*','C':{'StringEquals':{'aws:username':'bob'},"
            "'StringNotEquals':{'aws:RequestedRegion':'us-west-2'}}}]"},
    {"ignore-case", "[{'E':'Allow','A':'*','R':'*','C':{'StringEqualsIgnoreCase':{"
                    "'aws:username':'BOB'}}}]"},
    {"question", "[{'E':'Allow','A':'iot:?escribeThing','R':'TH:a?'}]"},
};

static const struct {
    const char *with; /* names of documents, joined by "," */
    const char *action, *resource, *keys;
    char verdict;
} cases[] = {
    {"", "iot:ListThings", "*", "", 'I'},
    {"all", "iot:ListThings", "*", "", 'A'},
    {"all", "s3:GetObject", "arn:aws:s3:::b/k", "", 'A'},
    {"iot", "iot:ListThings", "*", "", 'A'},
    {"iot", "iotx:ListThings", "*", "", 'I'},
    {"iot", "iam:ListRoles", "*", "", 'I'},
    {"read", "iot:DescribeThing", THING "a", "", 'A'},
    {"read", "iot:CreateThing", THING "a", "", 'I'},
    {"read", "iot:GetRegistrationCode", "*", "", 'A'},
    {"case", "iot:DescribeThing", THING "a", "", 'A'},
    {"case", "IoT:DESCRIBETHING", THING "a", "", 'A'},
    {"thing-a", "iot:CreateThing", THING "a1", "", 'A'},
    {"thing-a", "iot:CreateThing", THING "b1", "", 'I'},
    {"thing-a", "iot:CreateThingType", THING "a1", "", 'I'},
    {"thing-a", "iot:UpdateThing", "*", "", 'I'},
    {"arns", "iot:DescribeThing", THING "x", "", 'A'},
    {"arns", "iot:DescribeThing", "arn:aws:iot:us-east-1:123456789012:cert/x", "", 'I'},
    {"arns", "iot:DescribeThing", "arn:aws:iot:us-east-1", "", 'I'},
    {"short", "iot:DescribeThing", THING "x", "", 'A'},
    {"short", "iot:ListThings", "*", "", 'I'},
    {"other-region", "iot:DescribeThing", THING "x", "", 'I'},
    {"no-delete", "iot:UpdateThing", THING "x", "", 'A'},
    {"no-delete", "iot:DeleteThing", THING "x", "", 'X'},
    {"all,no-delete", "iot:DeleteThing", THING "x", "", 'X'},
    {"not-iam", "iot:DeleteThing", THING "x", "", 'A'},
    {"not-iam", "iam:CreateUser", "arn:aws:iam::123456789012:user/u", "", 'I'},
    {"not-iam", "sts:AssumeRole", "arn:aws:iam::123456789012:role/r", "", 'I'},
    {"deny-not", "iot:DeleteThing", THING "x", "", 'A'},
    {"deny-not", "logs:PutLogEvents", "arn:aws:logs:r:1:log-group:g", "", 'X'},
    {"not-secret", "iot:DescribeThing", THING "a", "", 'A'},
    {"not-secret", "iot:DescribeThing", THING "secret1", "", 'I'},
    {"own", "iot:DescribeThing", THING "bob-1", "aws:username=bob", 'A'},
    {"own", "iot:DescribeThing", THING "eve-1", "aws:username=bob", 'I'},
    {"own", "iot:DescribeThing", THING "eve-1", "aws:username=*", 'I'},
    {"own", "iot:DescribeThing", THING "-1", "", 'I'},
    {"own", "iot:DescribeThing", THING "a-1", "aws:username=a&b", 'I'},
    {"own", "iot:DescribeThing", THING "bob-1", "AWS:UserName=bob", 'A'},
    {"own-2008", "iot:DescribeThing", THING "bob-1", "aws:username=bob", 'I'},
    {"own-2008", "iot:DescribeThing", THING "${aws:username}-1", "aws:username=bob", 'A'},
    {"not-own", "iot:DescribeThing", THING "eve-1", "aws:username=bob", 'A'},
    {"not-own", "iot:DescribeThing", THING "eve-1", "", 'I'},
    {"team", "iot:DescribeThing", THING "red/1", "aws:PrincipalTag/team=red", 'A'},
    {"team", "iot:DescribeThing", THING "none/1", "", 'A'},
    {"tagged", "iot:DescribeThing", THING "x",
     "aws:ResourceTag/team=red; aws:PrincipalTag/team=red", 'A'},
    {"tagged", "iot:DescribeThing", THING "x",
     "aws:ResourceTag/team=blue; aws:PrincipalTag/team=red", 'I'},
    {"tagged", "iot:DescribeThing", THING "x", "aws:ResourceTag/team=", 'I'},
    {"office", "iot:ListThings", "*", "aws:SourceIp=192.0.2.7", 'A'},
    {"office", "iot:ListThings", "*", "aws:SourceIp=2001:db8::7", 'A'},
    {"office", "iot:ListThings", "*", "aws:SourceIp=192.0.3.7", 'I'},
    {"office", "iot:ListThings", "*", "", 'I'},
    {"not-office", "iot:ListThings", "*", "aws:SourceIp=192.0.2.7", 'A'},
    {"not-office", "iot:ListThings", "*", "aws:SourceIp=192.0.3.7", 'X'},
    {"not-office", "iot:ListThings", "*", "", 'X'},
    {"tls", "iot:ListThings", "*", "aws:SecureTransport=true", 'A'},
    {"tls", "iot:ListThings", "*", "aws:SecureTransport=false", 'I'},
    {"until", "iot:ListThings", "*", "aws:CurrentTime=2026-03-01T12:00:00Z", 'A'},
    {"until", "iot:ListThings", "*", "aws:CurrentTime=2026-07-01T12:00:00Z", 'I'},
    {"until", "iot:ListThings", "*", "aws:CurrentTime=2025-12-31T12:00:00Z", 'I'},
    {"seconds", "iot:ListThings", "*", "aws:EpochTime=1000", 'A'},
    {"seconds", "iot:ListThings", "*", "aws:EpochTime=1001", 'I'},
    {"pass", "iam:PassRole", "arn:aws:iam::123456789012:role/device-1",
     "iam:PassedToService=iot.amazonaws.com", 'A'},
    {"pass", "iam:PassRole", "arn:aws:iam::123456789012:role/device-1",
     "iam:PassedToService=lambda.amazonaws.com", 'I'},
    {"pass", "iam:PassRole", "arn:aws:iam::123456789012:role/admin",
     "iam:PassedToService=iot.amazonaws.com", 'I'},
    {"by-role", "iot:ListThings", "*", "aws:PrincipalArn=arn:aws:iam::1:role/app-1", 'A'},
    {"by-role", "iot:ListThings", "*", "aws:PrincipalArn=arn:aws:iam::1:user/app-1", 'I'},
    {"not-by-role", "iot:ListThings", "*", "aws:PrincipalArn=arn:aws:iam::123456789012:role/app-1",
     'I'},
    {"not-by-role", "iot:ListThings", "*", "aws:PrincipalArn=arn:aws:iam::123456789012:role/app-2",
     'A'},
    {"if-there", "iot:ListThings", "*", "aws:RequestedRegion=us-east-1", 'A'},
    {"if-there", "iot:ListThings", "*", "aws:RequestedRegion=us-west-1", 'I'},
    {"if-there", "iot:ListThings", "*", "", 'A'},
    {"no-mfa", "iot:ListThings", "*", "", 'X'},
    {"no-mfa", "iot:ListThings", "*", "aws:MultiFactorAuthAge=10", 'A'},
    {"keys-all", "iot:TagResource", THING "x", "aws:TagKeys=team&site", 'A'},
    {"keys-all", "iot:TagResource", THING "x", "aws:TagKeys=team&cost", 'I'},
    {"keys-all", "iot:TagResource", THING "x", "", 'A'},
    {"keys-any", "iot:TagResource", THING "x", "aws:TagKeys=team&cost", 'A'},
    {"keys-any", "iot:TagResource", THING "x", "aws:TagKeys=cost", 'I'},
    {"keys-any", "iot:TagResource", THING "x", "", 'I'},
    {"two", "iot:ListThings", "*", "aws:username=bob; aws:RequestedRegion=us-east-1", 'A'},
    {"two", "iot:ListThings", "*", "aws:username=bob; aws:RequestedRegion=us-west-2", 'I'},
    {"two", "iot:ListThings", "*", "aws:username=eve; aws:RequestedRegion=us-east-1", 'I'},
    {"two", "iot:ListThings", "*", "aws:username=bob", 'A'},
    {"ignore-case", "iot:ListThings", "*", "aws:username=Bob", 'A'},
    {"question", "iot:DescribeThing", THING "ab", "", 'A'},
    {"question", "iot:DescribeThing", THING "abc", "", 'I'},
};

enum { WITH_MAX = 4 };

struct problem {
    struct policy_document *parsed[WITH_MAX];
    const struct json *trees[WITH_MAX];
    size_t count;
};

static const char *notation_of(bytes name) {
    for (size_t i = 0; i < COUNT_OF(documents); i++)
        if (bytes_equal(name, bytes_from(documents[i].name)))
            return documents[i].notation;
    CHECK_TEXT("the table of documents has this name", "it does not");
    return NULL;
}

static void add(struct problem *p, struct arena *a, enum policy_form form, const char *name,
                const char *notation) {
    p->parsed[p->count] = fixture_document_as(form, name, notation);
    CHECK_OK(json_parse(a, fixture_text(a, notation), &p->trees[p->count++]));
}

static void problem_done(struct problem *p) {
    for (size_t i = 0; i < p->count; i++)
        policy_document_unref(p->parsed[i]);
}

static const char *verdict_name(enum policy_verdict v) {
    return v == POLICY_ALLOWED ? "A" : v == POLICY_EXPLICIT_DENY ? "X" : "I";
}

/* Both evaluators, and that the reason can be told. */
static void check(const struct problem *p, const struct policy_question *q, char expected,
                  const char *what) {
    AUTO(arena) a = {0};
    AUTO(buf) why = {0};
    const char want[] = {expected, 0};
    struct policy_decision d = policy_access_check(p->parsed, p->count, q, &a);
    policy_access_explain(p->parsed, p->count, d, q, &why);
    CHECK(why.len > 0);
    if (*verdict_name(d.verdict) != expected)
        (void)fprintf(stderr, "%s %.*s: %s\n", what, BYTES_ARG(q->action), buf_string(&why));
    CHECK_TEXT(verdict_name(d.verdict), want);
    CHECK_TEXT(verdict_name(policy_naive_access(p->trees, p->count, q)), want);
}

TEST(decides_each_case_as_iam_would) {
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(arena) a = {0};
        struct problem p = {0};
        bytes rest = bytes_from(cases[i].with), name;
        while (bytes_split(&rest, ',', &name))
            if (name.len)
                add(&p, &a, POLICY_FORM_IDENTITY, arena_string(&a, name), notation_of(name));
        struct policy_question q = {.action = bytes_from(cases[i].action),
                                    .resource = bytes_from(cases[i].resource),
                                    .known = fixture_keys(&a, cases[i].keys)};
        check(&p, &q, cases[i].verdict, cases[i].with);
        problem_done(&p);
    }
}

/* ---- documents that say whom they are about ---- */

#define ACCOUNT "123456789012"
#define USER "arn:aws:iam::" ACCOUNT ":user/bob"
#define ROLE "arn:aws:iam::" ACCOUNT ":role/app"
#define SESSION "arn:aws:sts::" ACCOUNT ":assumed-role/app/s1"

#define TEXT(literal) \
    { (const uint8_t *)(literal), sizeof(literal) - 1 }
static const struct policy_asker bob = {.arn = TEXT(USER), .account = TEXT(ACCOUNT)};
static const struct policy_asker session = {
    .arn = TEXT(SESSION), .role_arn = TEXT(ROLE), .account = TEXT(ACCOUNT)};
static const struct policy_asker iot = {.service = TEXT("iot.amazonaws.com")};

static const struct {
    const char *notation;
    const struct policy_asker *asker;
    enum policy_reach reach;
    char verdict;
} trusts[] = {
    {"[{'E':'Allow','A':'sts:AssumeRole','P':{'AWS':'" USER "'}}]", &bob, POLICY_ABOUT_ASKER, 'A'},
    {"[{'E':'Allow','A':'sts:AssumeRole','P':{'AWS':'" ROLE "'}}]", &bob, POLICY_ABOUT_ASKER, 'I'},
    {"[{'E':'Allow','A':'sts:AssumeRole','P':{'AWS':['" ROLE "','" USER "']}}]", &bob,
     POLICY_ABOUT_ASKER, 'A'},
    {"[{'E':'Allow','A':'sts:AssumeRole','P':{'AWS':'" ACCOUNT "'}}]", &bob, POLICY_ABOUT_ASKER,
     'I'},
    {"[{'E':'Allow','A':'sts:AssumeRole','P':{'AWS':'" ACCOUNT "'}}]", &bob, POLICY_ABOUT_ACCOUNT,
     'A'},
    {"[{'E':'Allow','A':'sts:AssumeRole','P':{'AWS':'arn:aws:iam::" ACCOUNT ":root'}}]", &bob,
     POLICY_ABOUT_ACCOUNT, 'A'},
    {"[{'E':'Allow','A':'sts:AssumeRole','P':{'AWS':'arn:aws:iam::999999999999:root'}}]", &bob,
     POLICY_ABOUT_ACCOUNT, 'I'},
    {"[{'E':'Allow','A':'sts:AssumeRole','P':'*'}]", &bob, POLICY_ABOUT_ASKER, 'A'},
    {"[{'E':'Allow','A':'sts:AssumeRole','P':{'AWS':'*'}}]", &bob, POLICY_ABOUT_ASKER, 'A'},
    {"[{'E':'Allow','A':'sts:AssumeRole','P':{'Service':'iot.amazonaws.com'}}]", &bob,
     POLICY_ABOUT_ACCOUNT, 'I'},
    {"[{'E':'Allow','A':'sts:AssumeRole','P':{'Service':'iot.amazonaws.com'}}]", &iot,
     POLICY_ABOUT_ASKER, 'A'},
    {"[{'E':'Allow','A':'sts:AssumeRole','P':{'Service':['lambda.amazonaws.com']}}]", &iot,
     POLICY_ABOUT_ASKER, 'I'},
    {"[{'E':'Allow','A':'sts:AssumeRole','P':{'AWS':'" ROLE "'}}]", &session, POLICY_ABOUT_ASKER,
     'A'},
    {"[{'E':'Allow','A':'sts:AssumeRole','P':{'AWS':'" SESSION "'}}]", &session, POLICY_ABOUT_ASKER,
     'A'},
    {"[{'E':'Allow','A':'sts:AssumeRole','P':'*'},{'E':'Deny','A':'sts:*','P':{'AWS':'" USER "'}}]",
     &bob, POLICY_ABOUT_ASKER, 'X'},
    {"[{'E':'Allow','A':'sts:AssumeRole','P':'*'},{'E':'Deny','A':'sts:*','P':{'AWS':'" ACCOUNT
     "'}}]",
     &bob, POLICY_ABOUT_ASKER, 'X'},
    {"[{'E':'Allow','A':'sts:AssumeRole','P':'*'},{'E':'Deny','A':'sts:*','NP':{'AWS':'" USER
     "'}}]",
     &bob, POLICY_ABOUT_ASKER, 'A'},
    {"[{'E':'Allow','A':'sts:AssumeRole','P':'*'},{'E':'Deny','A':'sts:*','NP':{'AWS':'" USER
     "'}}]",
     &session, POLICY_ABOUT_ASKER, 'X'},
    {"[{'E':'Allow','A':'sts:TagSession','P':'*'}]", &bob, POLICY_ABOUT_ASKER, 'I'},
    {"[{'E':'Allow','A':'sts:AssumeRole','P':{'Federated':'accounts.google.com'}}]", &bob,
     POLICY_ABOUT_ACCOUNT, 'I'},
};

TEST(a_trust_policy_says_who_may_assume_the_role) {
    for (size_t i = 0; i < COUNT_OF(trusts); i++) {
        AUTO(arena) a = {0};
        struct problem p = {0};
        add(&p, &a, POLICY_FORM_TRUST, "trust", trusts[i].notation);
        struct policy_question q = {.action = BYTES("sts:AssumeRole"),
                                    .resource = BYTES(ROLE),
                                    .asker = trusts[i].asker,
                                    .reach = trusts[i].reach};
        check(&p, &q, trusts[i].verdict, trusts[i].notation);
        problem_done(&p);
    }
}

/* ---- what is malformed ---- */

static const struct {
    enum policy_form form;
    const char *notation, *sentence;
} malformed[] = {
    {POLICY_FORM_IDENTITY, "[{'E':'Allow','A':'iot:*','R':'*','P':'*'}]",
     "Policy document should not specify a principal."},
    {POLICY_FORM_IDENTITY, "[{'E':'Allow','R':'*'}]", "Policy statement must contain actions."},
    {POLICY_FORM_IDENTITY, "[{'E':'Allow','A':'iot:*'}]",
     "Policy statement must contain resources."},
    {POLICY_FORM_IDENTITY, "[{'E':'Allow','A':'iot:*','R':'thing/a'}]",
     "Resource thing/a must be in ARN format or \"*\"."},
    {POLICY_FORM_IDENTITY, "[{'E':'allow','A':'iot:*','R':'*'}]", "Syntax errors in policy."},
    {POLICY_FORM_IDENTITY, "[{'E':'Allow','A':'iot:*','R':'*','C':{'Like':{'a':'b'}}}]",
     "\"Like\" is not a condition operator"},
    {POLICY_FORM_TRUST, "[{'E':'Allow','A':'sts:AssumeRole','P':'*','R':'*'}]",
     "Has prohibited field Resource"},
    {POLICY_FORM_TRUST, "[{'E':'Allow','A':'sts:AssumeRole'}]", "Missing required field Principal"},
    {POLICY_FORM_TRUST, "[{'E':'Allow','A':'sts:AssumeRole','P':{'AWS':'bob'}}]",
     "Invalid principal in policy: \"AWS\":\"bob\""},
    {POLICY_FORM_TRUST, "[{'E':'Allow','A':'sts:AssumeRole','P':{'Who':'bob'}}]",
     "Invalid principal in policy"},
    {POLICY_FORM_TRUST, "[{'E':'Allow','A':'sts:AssumeRole','P':{}}]",
     "Invalid principal in policy"},
    {POLICY_FORM_TRUST, "[{'E':'Allow','A':'sts:AssumeRole','P':'bob'}]",
     "Invalid principal in policy"},
    {POLICY_FORM_TRUST, "[{'E':'Allow','A':'sts:AssumeRole','P':{'AWS':1}}]",
     "a principal must be a string"},
    {POLICY_FORM_RESOURCE, "[{'E':'Allow','A':'lambda:InvokeFunction','P':'*'}]",
     "Policy statement must contain resources."},
};

TEST(refuses_what_the_form_does_not_have_in_the_words_of_iam) {
    for (size_t i = 0; i < COUNT_OF(malformed); i++) {
        AUTO(arena) a = {0};
        struct policy_document *d = NULL;
        CHECK_FAILS(policy_document_parse_as(malformed[i].form, BYTES("p"),
                                             fixture_text(&a, malformed[i].notation),
                                             POLICY_LENGTH_MAX, &d),
                    E_POLICY_MALFORMED, malformed[i].sentence);
        CHECK(!d);
    }
}

TEST(an_action_has_its_service_before_it) {
    struct policy_document *d = NULL;
    bytes text = BYTES("{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":"
                       "\"DescribeThing\",\"Resource\":\"*\"}}");
    CHECK_FAILS(
        policy_document_parse_as(POLICY_FORM_IDENTITY, BYTES("p"), text, POLICY_LENGTH_MAX, &d),
        E_POLICY_MALFORMED, "Actions/Conditions must be prefaced by a vendor");
}

/* ---- why ---- */

static void check_reason(const char *notation, const char *action, const char *resource,
                         const char *keys, const char *part) {
    AUTO(arena) a = {0};
    AUTO(buf) why = {0};
    struct policy_document *d = fixture_document_as(POLICY_FORM_IDENTITY, "p", notation);
    struct policy_question q = {.action = bytes_from(action),
                                .resource = bytes_from(resource),
                                .known = fixture_keys(&a, keys)};
    policy_access_explain(&d, 1, policy_access_check(&d, 1, &q, &a), &q, &why);
    test_check_contains(buf_string(&why), part, __FILE__, __LINE__);
    policy_document_unref(d);
}

TEST(tells_the_statement_that_decided_or_came_nearest) {
    check_reason("[{'S':'All','E':'Allow','A':'*','R':'*'}]", "iot:ListThings", "*", "",
                 "policy \"p\" statement 1 (All) allows it");
    check_reason("[{'E':'Allow','A':'*','R':'*'},{'E':'Deny','A':'iot:*','R':'*'}]",
                 "iot:ListThings", "*", "", "policy \"p\" statement 2 denies it");
    check_reason("[{'E':'Allow','A':'iot:*','R':['TH:a','TH:b']}]", "iot:DescribeThing", THING "c",
                 "",
                 "statement 1 allows iot:DescribeThing only on " THING
                 "a and 1 others, not on " THING "c; add it to its Resource");
    check_reason("[{'E':'Allow','A':'iot:*','R':'*','C':{'StringEquals':{'aws:username':'bob'}}}]",
                 "iot:ListThings", "*", "aws:username=eve",
                 "only if StringEquals aws:username (\"bob\"), and here it is \"eve\"");
    check_reason("[{'E':'Allow','A':'iot:*','R':'*','C':{'StringEquals':{'aws:username':'bob'}}}]",
                 "iot:ListThings", "*", "", "that key has no value for this request");
    check_reason("[{'E':'Allow','A':'s3:*','R':'*'}]", "iot:ListThings", "*", "",
                 "none of its 1 policies has a statement that allows iot:ListThings");
}

/* ---- what is kept ---- */

TEST(keeps_a_document_and_forgets_the_oldest) {
    AUTO(arena) a = {0};
    struct policy_document *first, *again, *other;
    bytes text = fixture_text(&a, "[{'E':'Allow','A':'*','R':'*'}]");
    CHECK_OK(policy_document_keep(POLICY_FORM_IDENTITY, BYTES("p"), text, &first));
    CHECK_OK(policy_document_keep(POLICY_FORM_IDENTITY, BYTES("p"), text, &again));
    CHECK(first == again);
    CHECK_OK(policy_document_keep(POLICY_FORM_IDENTITY, BYTES("q"), text, &other));
    CHECK(first != other);
    CHECK(policy_document_keep(POLICY_FORM_TRUST, BYTES("p"), text, &other) == E_POLICY_MALFORMED);
    policy_document_unref(again);
    for (int i = 0; i < POLICY_KEPT_MAX; i++) {
        struct policy_document *d;
        CHECK_OK(policy_document_keep(POLICY_FORM_IDENTITY, bytes_from(arena_printf(&a, "n%d", i)),
                                      text, &d));
        policy_document_unref(d);
    }
    CHECK_OK(policy_document_keep(POLICY_FORM_IDENTITY, BYTES("p"), text, &again));
    CHECK(first != again);
    policy_document_unref(again);
    policy_document_unref(first);
    policy_document_unref(other);
}

TEST_MAIN("policy/access")
