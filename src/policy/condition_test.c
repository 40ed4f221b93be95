#include "policy/condition.h"

#include "policy/fixture.h"
#include "support/testing.h"

/* The condition's JSON with ' for ", the context, what the request knows, and what comes of it. A
 * row or two for each rule of [AWS policy 5.4, 6]. */
static const struct {
    const char *operator_, *key, *values, *context;
    bool holds;
} rows[] = {
    /* strings */
    {"StringEquals", "iot:ClientId", "'a'", "cid=a", true},
    {"StringEquals", "iot:ClientId", "'a'", "cid=A", false},
    {"StringEquals", "iot:ClientId", "'a*'", "cid=ab", false}, /* no wildcards here */
    {"StringEquals", "iot:ClientId", "['b','a']", "cid=a", true},
    {"stringequals", "IOT:clientid", "'a'", "cid=a", true},
    {"StringNotEquals", "iot:ClientId", "'a'", "cid=b", true},
    {"StringNotEquals", "iot:ClientId", "['b','a']", "cid=a", false}, /* none may match */
    {"StringEqualsIgnoreCase", "iot:ClientId", "'LAMP'", "cid=lamp", true},
    {"StringNotEqualsIgnoreCase", "iot:ClientId", "'LAMP'", "cid=lamp", false},
    {"StringLike", "iot:ClientId", "'l?m*'", "cid=lamp", true},
    {"StringLike", "iot:ClientId", "'l?m'", "cid=lamp", false},
    {"StringNotLike", "iot:ClientId", "['test-*','tmp-*']", "cid=tmp-1", false},
    {"StringNotLike", "iot:ClientId", "['test-*','tmp-*']", "cid=prod-1", true},
    {"StringLike", "iot:ClientId", "'${*}'", "cid=*", true},
    {"StringLike", "iot:ClientId", "'${*}'", "cid=a", false},
    /* values that are not strings in JSON */
    {"StringEquals", "iot:ClientId", "12", "cid=12", true},
    {"StringEquals", "iot:ClientId", "true", "cid=true", true},
    /* variables in values [AWS policy 5.4] */
    {"StringEquals", "iot:ClientId", "'${iot:Certificate.Subject.CommonName}'", "cid=a; CN=a",
     true},
    {"StringEquals", "iot:ClientId", "'${iot:Certificate.Subject.CommonName}'", "cid=a", false},
    {"StringNotEquals", "iot:ClientId", "'${iot:Certificate.Subject.CommonName}'", "cid=a", true},
    {"StringEquals", "iot:ClientId", "['${iot:Nope}','a']", "cid=a", true},
    {"StringLike", "iot:DomainName", "'${iot:ClientId}'", "cid=*; sni=x", false}, /* literal */
    {"ArnLike", "iot:LastWillTopic", "'arn:aws:iot:*:*:topic/${iot:ClientId}/?'", "cid=a; will=a/b",
     true},
    {"ArnLike", "iot:LastWillTopic", "'arn:aws:iot:*:*:topic/${iot:ClientId}/?'", "cid=*; will=a/b",
     false},
    /* typed operators */
    {"NumericEquals", "iot:Topic", "42", "topic=42.0", true},
    {"NumericNotEquals", "iot:Topic", "42", "topic=43", true},
    {"NumericNotEquals", "iot:Topic", "42", "topic=x", true},
    {"NumericLessThan", "iot:Topic", "'10'", "topic=9", true},
    {"NumericLessThan", "iot:Topic", "10", "topic=10", false},
    {"NumericLessThanEquals", "iot:Topic", "10", "topic=10", true},
    {"NumericGreaterThan", "iot:Topic", "10", "topic=9", false},
    {"NumericGreaterThan", "iot:Topic", "10", "topic=11", true},
    {"NumericGreaterThanEquals", "iot:Topic", "10", "topic=10", true},
    {"NumericGreaterThan", "iot:Topic", "10", "topic=x", false},
    {"DateEquals", "iot:Topic", "'2026-01-02'", "topic=2026-01-02T00:00:00Z", true},
    {"DateNotEquals", "iot:Topic", "'2026-01-02'", "topic=2026-01-02", false},
    {"DateLessThan", "iot:Topic", "'2026-01-02'", "topic=2026-01-01", true},
    {"DateLessThanEquals", "iot:Topic", "'2026-01-02'", "topic=2026-01-03", false},
    {"DateGreaterThan", "iot:Topic", "'2026-01-02'", "topic=2026-01-02T00:00:01Z", true},
    {"DateGreaterThanEquals", "iot:Topic", "0", "topic=1970-01-01", true},
    {"Bool", "iot:Connection.Thing.IsAttached", "true", "cid=a; thing=a", true},
    {"Bool", "iot:Connection.Thing.IsAttached", "'TRUE'", "cid=a; thing=a", true},
    {"Bool", "iot:Connection.Thing.IsAttached", "'true'", "cid=a", false},
    {"Bool", "iot:ClientId", "false", "cid=no", false},
    {"BinaryEquals", "iot:Topic", "'YQ=='", "topic=YQ==", true},
    {"BinaryEquals", "iot:Topic", "'YQ=='", "topic=Yg==", false},
    {"IpAddress", "aws:SourceIp", "['192.0.2.0/24','2001:db8::/32']", "cid=a; ip=2001:db8::9",
     true},
    {"IpAddress", "aws:SourceIp", "'192.0.2.1'", "cid=a; ip=192.0.2.2", false},
    {"IpAddress", "aws:SourceIp", "'0.0.0.0/0'", "cid=a; ip=rubbish", false},
    {"NotIpAddress", "aws:SourceIp", "'192.0.2.0/24'", "cid=a; ip=198.51.100.1", true},
    {"NotIpAddress", "aws:SourceIp", "'192.0.2.0/24'", "cid=a; ip=192.0.2.1", false},
    {"ArnEquals", "iot:LastWillTopic", "'arn:aws:iot:us-east-1:123456789012:topic/w'",
     "cid=a; will=w", true},
    {"ArnEquals", "iot:LastWillTopic", "'arn:*:iot:*:1*:topic/?'", "cid=a; will=w", true},
    {"ArnNotEquals", "iot:LastWillTopic", "'arn:aws:iot:*:*:topic/w'", "cid=a; will=w", false},
    {"ArnNotLike", "iot:LastWillTopic", "'arn:aws:iot:*:*:topic/v*'", "cid=a; will=w", true},
    {"ArnLike", "iot:LastWillTopic", "'*'", "cid=a; will=w", true},
    {"ArnLike", "iot:ClientId", "'arn:aws:iot:*:*:topic/w'", "cid=w", false},
    /* a key that is not there [AWS policy 5.4] */
    {"StringEquals", "iot:DomainName", "'a'", "cid=a", false},
    {"StringNotEquals", "iot:DomainName", "'a'", "cid=a", true},
    {"StringEqualsIfExists", "iot:DomainName", "'a'", "cid=a", true},
    {"StringEqualsIfExists", "iot:DomainName", "'a'", "cid=a; sni=b", false},
    {"StringNotEqualsIfExists", "iot:DomainName", "'a'", "cid=a; sni=a", false},
    {"NumericLessThan", "iot:Topic", "1", "cid=a", false},
    {"NumericLessThanIfExists", "iot:Topic", "1", "cid=a", true},
    {"NotIpAddress", "aws:SourceIp", "'192.0.2.0/24'", "cid=a", true},
    {"ForAllValues:StringEquals", "iot:DomainName", "'a'", "cid=a", true},
    {"ForAllValues:StringNotEquals", "iot:DomainName", "'a'", "cid=a", true},
    {"ForAnyValue:StringEquals", "iot:DomainName", "'a'", "cid=a", false},
    {"ForAnyValue:StringNotEquals", "iot:DomainName", "'a'", "cid=a", false},
    {"ForAnyValue:StringEqualsIfExists", "iot:DomainName", "'a'", "cid=a", true},
    {"Null", "iot:DomainName", "'true'", "cid=a", true},
    {"Null", "iot:DomainName", "true", "cid=a; sni=a", false},
    {"Null", "iot:DomainName", "'false'", "cid=a; sni=a", true},
    {"Null", "iot:DomainName", "['true','false']", "cid=a", true},
    {"Null", "iot:DomainName", "[]", "cid=a", false},
    {"Null", "iot:ConnectAttributes", "'true'", "cid=a", true}, /* an empty list is not there */
    {"Null", "iot:ConnectAttributes", "'true'", "cid=a; ca=LastWill", false},
    {"Null", "iot:Certificate.Subject.CommonName", "'false'", "cid=a; CN=b", true},
    /* several values in the request */
    {"ForAllValues:StringEquals", "iot:ConnectAttributes", "['a','b']", "cid=c; ca=a&b", true},
    {"ForAllValues:StringEquals", "iot:ConnectAttributes", "['a','b']", "cid=c; ca=a&x", false},
    {"ForAllValues:StringEquals", "iot:ConnectAttributes", "['a','b']", "cid=c", true},
    {"ForAllValues:StringEquals", "iot:ConnectAttributes", "[]", "cid=c", true},
    {"ForAllValues:StringEquals", "iot:ConnectAttributes", "[]", "cid=c; ca=a", false},
    {"ForAllValues:StringNotEquals", "iot:ConnectAttributes", "['a','b']", "cid=c; ca=x&a", false},
    {"ForAllValues:StringNotEquals", "iot:ConnectAttributes", "['a','b']", "cid=c; ca=x&y", true},
    {"ForAnyValue:StringEquals", "iot:ConnectAttributes", "['a','b']", "cid=c; ca=x&b", true},
    {"ForAnyValue:StringEquals", "iot:ConnectAttributes", "['a','b']", "cid=c; ca=x&y", false},
    {"ForAnyValue:StringNotEquals", "iot:ConnectAttributes", "['a']", "cid=c; ca=a&x", true},
    {"ForAnyValue:StringNotEquals", "iot:ConnectAttributes", "['a']", "cid=c; ca=a", false},
    {"ForAnyValue:StringLike", "iot:Certificate.Subject.CommonName.List", "'x*'", "cid=c; CN=a&xy",
     true},
    /* a list without a set operator is read as ForAnyValue [I] */
    {"StringEquals", "iot:ConnectAttributes", "'a'", "cid=c; ca=x&a", true},
    {"StringEquals", "iot:ConnectAttributes", "'a'", "cid=c; ca=x", false},
    /* a single value under a set operator */
    {"ForAllValues:StringEquals", "iot:ClientId", "'a'", "cid=a", true},
    {"ForAnyValue:StringEquals", "iot:ClientId", "'a'", "cid=b", false},
    /* no value in the policy */
    {"StringEquals", "iot:ClientId", "[]", "cid=a", false},
    {"StringNotEquals", "iot:ClientId", "[]", "cid=a", true},
    /* a certificate's forbidden characters matter in patterns only; comparing sees them escaped */
    {"StringEquals", "iot:Certificate.Subject.CommonName", "'a*b'", "cid=c; CN=a*b", true},
    {"StringEquals", "iot:Certificate.Subject.CommonName", "'a\\\\+b'", "cid=c; CN=a+b", true},
};

static status parse(struct arena *a, const char *operator_, const char *key, const char *values,
                    bool variables, struct policy_clause *out) {
    const struct json *root;
    char *json = arena_printf(a, "{'%s':%s}", key, values);
    for (char *c = json; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    CHECK_OK(json_parse(a, bytes_from(json), &root));
    return policy_clause_parse(a, bytes_from(operator_), root->first, variables, out);
}

static bool holds(struct arena *a, const struct policy_clause *c, const char *context) {
    struct policy_binding b = {.scope = &fixture_scope, .arena = a};
    b.context = fixture_context(a, context);
    const bytes *texts = policy_clause_bind(c, &b);
    struct policy_values v = policy_key_is_of_connection(&c->key)
                                 ? policy_context_find(b.context, b.scope, &c->key, a)
                                 : policy_request_find(fixture_request(a, context), c->key.text);
    return policy_clause_holds(c, texts, &v);
}

TEST(conditions_hold_as_documented) {
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(arena) a = {0};
        struct policy_clause c;
        CHECK_OK(parse(&a, rows[i].operator_, rows[i].key, rows[i].values, true, &c));
        bool got = holds(&a, &c, rows[i].context);
        if (got != rows[i].holds)
            print_error("%s %s %s with %s\n", rows[i].operator_, rows[i].key, rows[i].values,
                        rows[i].context);
        CHECK_INT(got, rows[i].holds);
    }
}

TEST(in_an_old_document_a_variable_is_text) { /* [AWS policy 1.1] */
    AUTO(arena) a = {0};
    struct policy_clause c;
    CHECK_OK(parse(&a, "StringEquals", "iot:ClientId", "'${iot:CertificateId}'", false, &c));
    CHECK(!policy_clause_has_variables(&c));
    CHECK(holds(&a, &c, "cid=${iot:CertificateId}; certid=x"));
}

TEST(variables_are_read_in_text_operators_only) { /* [AWS policy 5] */
    AUTO(arena) a = {0};
    struct policy_clause c;
    CHECK_OK(parse(&a, "ArnLike", "iot:LastWillTopic", "['x','${iot:ClientId}']", true, &c));
    CHECK(policy_clause_has_variables(&c));
    CHECK_FAILS(parse(&a, "IpAddress", "aws:SourceIp", "'${iot:ClientId}'", true, &c),
                E_POLICY_MALFORMED, "is not an IP address");
}

static const struct {
    const char *operator_, *values, *part;
} malformed[] = {
    {"StringMatches", "'a'", "\"StringMatches\" is not a condition operator"},
    {"", "'a'", "is not a condition operator"},
    {"IfExists", "'a'", "is not a condition operator"},
    {"ForSomeValues:StringEquals", "'a'", "is not a condition operator"},
    {"NullIfExists", "true", "Null cannot have IfExists"},
    {"StringEquals", "null", "must be a string, number or boolean"},
    {"StringEquals", "{}", "must be a string, number or boolean"},
    {"StringEquals", "[['a']]", "must be a string, number or boolean"},
    {"NumericEquals", "'many'", "NumericEquals of k: \"many\" is not a number"},
    {"DateEquals", "'soon'", "is not a date"},
    {"Bool", "'yes'", "neither \"true\" nor \"false\""},
    {"Null", "'maybe'", "neither \"true\" nor \"false\""},
    {"BinaryEquals", "'?'", "is not base64"},
    {"IpAddress", "'192.0.2.0/99'", "is not an IP address or range"},
};

TEST(refuses_conditions_that_cannot_be_meant) {
    for (size_t i = 0; i < COUNT_OF(malformed); i++) {
        AUTO(arena) a = {0};
        struct policy_clause c;
        CHECK_FAILS(parse(&a, malformed[i].operator_, "k", malformed[i].values, true, &c),
                    E_POLICY_MALFORMED, malformed[i].part);
    }
}

TEST_MAIN("policy/condition")
