/* The compiled set and the naive evaluator decide alike.
 *
 * The input chooses, byte by byte, documents, a connection and questions from the vocabulary below,
 * which is made of what tends to go wrong: wildcards beside variables, variables without a value,
 * values that look like wildcards, short ARNs, every operator on every kind of key. */
#include <assert.h>
#include <stdio.h>

#include "policy/fixture.h"
#include "policy/naive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- vocabulary ---- */

static const char *const actions[] = {
    "iot:Publish",
    "iot:*",
    "*",
    "iot:Sub*",
    "iot:?ublish",
    "iot:Connect",
    "IOT:receive",
    "iot:Nope",
    "iot:*Message*",
    "iot:UpdateThingShadow",
    "iot:SendDirectMessage",
    "iot:ListRetainedMessages",
};
static const char *const heads[] = {
    "arn:aws:iot:us-east-1:123456789012:",
    "arn:aws:iot:us-east-1:123456789012:topic/",
    "arn:aws:iot:us-east-1:123456789012:topicfilter/",
    "arn:aws:iot:*:*:client/",
    "arn:*:iot:us-east-?:1*2:",
    "arn:aws:iot:eu-west-1:123456789012:topic/",
    "arn:aws:iot:*",
    "arn:aws:iot:us-east-1:",
    "arn:aws:iot:us-east-1:123456789012:thing/",
};
static const char *const fragments[] = {
    "a",
    "b",
    "/",
    "*",
    "?",
    "+",
    "#",
    "\xC3\xA9",
    "topic/",
    "t",
    "c",
    "client/",
    ":",
    "${iot:ClientId}",
    "${ iot:clientid }",
    "${iot:Connection.Thing.ThingName}",
    "${iot:Connection.Thing.Attributes[k]}",
    "${iot:Connection.Thing.Attributes[k,}], 'a'}",
    "${iot:Connection.Thing.IsAttached}",
    "${iot:Certificate.Subject.CommonName}",
    "${iot:Certificate.Subject.CommonName.1}",
    "${iot:Certificate.Subject.CommonName.List}",
    "${iot:Nope}",
    "${iot:Nope, 'a'}",
    "${iot:Nope,'*'}",
    "${*}",
    "$(?)",
    "${$}",
    "$",
    "${",
    "}",
    "$share/g/",
    "arn:aws:iot:",
};
static const char *const operators[] = {
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "stringnotlike",
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "Null",
};
enum { FIRST_TYPED = 10, FIRST_DATE = 16, BOOL = 22, BINARY, IP_ADDRESS, NOT_IP_ADDRESS };
static const char *const keys[] = {
    "iot:ClientId",
    "IOT:clientid",
    "aws:SourceIp",
    "iot:DomainName",
    "iot:Connection.Thing.ThingName",
    "iot:Connection.Thing.ThingTypeName",
    "iot:Connection.Thing.Attributes[k]",
    "iot:Connection.Thing.IsAttached",
    "iot:CertificateId",
    "iot:Certificate.Subject.CommonName",
    "iot:Certificate.Subject.CommonName.1",
    "iot:Certificate.Subject.CommonName.List",
    "iot:Certificate.AvailableKeys",
    "iot:Certificate.SerialNumber",
    "iot:ConnectAttributes",
    "iot:LastWillTopic",
    "iot:Topic",
    "iot:IncludeSocketInformation",
    "iot:Nope",
    "iot:Many",
};
static const char *const numbers[] = {"0", "-1", "1", "2.5", "1e3", "258"};
static const char *const dates[] = {"2026-01-02", "2026-01-02T03:04:05Z", "1", "1767322800"};
static const char *const truths[] = {"true", "false", "TRUE"};
static const char *const binaries[] = {"", "YQ==", "MQ=="};
static const char *const ranges[] = {"192.0.2.0/24", "192.0.2.1",     "::/0",
                                     "0.0.0.0/0",    "2001:db8::/33", "::ffff:192.0.2.0/121"};
static const char *const contexts[] = {
    "http",
    "cid=a",
    "cid=b; thing=b",
    "cid=*; ip=192.0.2.1",
    "cid=; ip=2001:db8::1",
    "cid=a; thing=a; type=t; attr.k=b; ip=::ffff:192.0.2.200; sni=a",
    "cid=a; CN=a; serial=01:02; certid=a; ip=192.0.3.1",
    "cid=a/b; CN=a*&b&c&d&e&f; O=a, b+c; ca=LastWill; will=a; attr.k,}=a",
    "cid=\xC3\xA9; CN=b&a; ca=PersistentConnect&LastWill; will=topic/a; thing=?; attr.k=*",
    "cid=${iot:ClientId}; thing=a; attr.k,}=b; attr.k=; ca=a",
};
static const char *const requests[] = {"",           "topic=a",   "topic=b/a; sock=true",
                                       "sock=FALSE", "topic=2.5", "topic=2026-01-02"};

#define CHOOSE(c, list) list[choose((c), COUNT_OF(list))]

/* ---- choices ---- */

struct chooser {
    const uint8_t *next, *end;
};

static size_t choose(struct chooser *c, size_t count) {
    return c->next < c->end ? *c->next++ % count : 0;
}

static bytes choose_text(struct chooser *c, struct arena *a, size_t pieces_max) {
    char *text = "";
    for (size_t n = choose(c, pieces_max + 1); n > 0; n--)
        text = arena_printf(a, "%s%s", text, CHOOSE(c, fragments));
    return bytes_from(text);
}

static bytes choose_resource(struct chooser *c, struct arena *a) {
    size_t head = choose(c, COUNT_OF(heads) + 1);
    if (head == COUNT_OF(heads))
        return BYTES("*");
    return bytes_from(arena_printf(a, "%s%.*s", heads[head], BYTES_ARG(choose_text(c, a, 5))));
}

static bytes choose_operand(struct chooser *c, struct arena *a, size_t operator_) {
    if (operator_ < FIRST_TYPED)
        return choose(c, 3) ? choose_text(c, a, 4) : choose_resource(c, a);
    if (operator_ < FIRST_DATE)
        return bytes_from(CHOOSE(c, numbers));
    if (operator_ < BOOL)
        return bytes_from(CHOOSE(c, dates));
    if (operator_ == BINARY)
        return bytes_from(CHOOSE(c, binaries));
    if (operator_ == IP_ADDRESS || operator_ == NOT_IP_ADDRESS)
        return bytes_from(CHOOSE(c, ranges));
    return bytes_from(CHOOSE(c, truths));
}

static void write_condition(struct json_writer *w, struct chooser *c, struct arena *a) {
    static const char *const quantifiers[] = {"", "ForAllValues:", "ForAnyValue:"};
    size_t operator_ = choose(c, COUNT_OF(operators));
    bool is_null = operator_ + 1 == COUNT_OF(operators);
    const char *quantifier = CHOOSE(c, quantifiers);
    bool if_exists = choose(c, 4) == 1 && !is_null;
    json_name(w, arena_printf(a, "%s%s%s", quantifier, operators[operator_],
                              if_exists ? "IfExists" : ""));
    json_object_begin(w);
    json_name(w, CHOOSE(c, keys));
    json_array_begin(w);
    for (size_t n = choose(c, 4); n > 0; n--)
        json_string(w, choose_operand(c, a, operator_));
    json_array_end(w);
    json_object_end(w);
}

static void write_statement(struct json_writer *w, struct chooser *c, struct arena *a) {
    json_object_begin(w);
    json_name(w, "Effect");
    json_text(w, choose(c, 3) == 1 ? "Deny" : "Allow");
    json_name(w, choose(c, 6) == 1 ? "NotAction" : "Action");
    json_text(w, CHOOSE(c, actions));
    json_name(w, choose(c, 4) == 1 ? "NotResource" : "Resource");
    json_array_begin(w);
    for (size_t n = choose(c, 3) + 1; n > 0; n--)
        json_string(w, choose_resource(c, a));
    json_array_end(w);
    if (choose(c, 2) == 1) {
        json_name(w, "Condition");
        json_object_begin(w);
        write_condition(w, c, a);
        json_object_end(w);
    }
    json_object_end(w);
}

static bytes write_document(struct chooser *c, struct arena *a) {
    struct buf text = {0};
    struct json_writer w;
    json_start(&w, &text);
    json_object_begin(&w);
    json_name(&w, "Version");
    json_text(&w, choose(c, 8) == 7 ? "2008-10-17" : "2012-10-17");
    json_name(&w, "Statement");
    json_array_begin(&w);
    for (size_t n = choose(c, 3) + 1; n > 0; n--)
        write_statement(&w, c, a);
    json_array_end(&w);
    json_object_end(&w);
    bytes copy = arena_copy(a, buf_bytes(&text));
    buf_done(&text);
    return copy;
}

/* ---- agreement ---- */

enum { DOCUMENTS_MAX = 3, QUESTIONS = 12 };

struct problem {
    struct policy_document *documents[DOCUMENTS_MAX];
    const struct json *trees[DOCUMENTS_MAX];
    bytes texts[DOCUMENTS_MAX];
    size_t count;
    const char *context, *request;
};

static void choose_problem(struct problem *p, struct chooser *c, struct arena *a) {
    p->context = CHOOSE(c, contexts);
    p->request = CHOOSE(c, requests);
    for (p->count = 0; p->count < 1 || (p->count < DOCUMENTS_MAX && choose(c, 3) == 1);) {
        bytes text = p->texts[p->count] = write_document(c, a);
        status s =
            policy_document_parse(BYTES("p"), text, POLICY_BYTES_MAX, &p->documents[p->count]);
        if (s != OK)
            (void)fprintf(stderr, "%s\n%.*s\n", failure_text(), BYTES_ARG(text));
        assert(s == OK && json_parse(a, text, &p->trees[p->count]) == OK);
        p->count++;
    }
}

static void report(const struct problem *p, enum policy_action action, bytes name, int compiled,
                   int naive) {
    (void)fprintf(stderr, "%s on \"%.*s\" (%s) (%s): compiled %d, naive %d\n",
                  policy_action_name(action), BYTES_ARG(name), p->context, p->request, compiled,
                  naive);
    for (size_t i = 0; i < p->count; i++)
        (void)fprintf(stderr, "%.*s\n", BYTES_ARG(p->texts[i]));
}

/* Each document alone gives what they give together [AWS policy 4]. */
static enum policy_verdict joined(const struct policy_set *s, enum policy_action action, bytes name,
                                  const struct policy_request *r) {
    enum policy_verdict all = POLICY_IMPLICIT_DENY;
    for (size_t i = 0; i < policy_set_document_count(s); i++) {
        enum policy_verdict one = policy_check_document(s, i, action, name, r).verdict;
        if (one == POLICY_EXPLICIT_DENY || all == POLICY_IMPLICIT_DENY)
            all = one;
    }
    return all;
}

static void ask(const struct problem *p, const struct policy_set *s, struct chooser *c,
                struct arena *a) {
    const struct policy_request *r = fixture_request(a, p->request);
    enum policy_action action = (enum policy_action)choose(c, POLICY_ACTION_COUNT);
    bytes name = choose_text(c, a, 4);
    struct policy_decision d = policy_check(s, action, name, r);
    enum policy_verdict naive = policy_naive_check(p->trees, p->count, &fixture_scope,
                                                   fixture_context(a, p->context), action, name, r);
    if (d.verdict != naive)
        report(p, action, name, (int)d.verdict, (int)naive);
    assert(d.verdict == naive);
    assert(d.verdict == joined(s, action, name, r));
    assert(!policy_set_allows_all(s, action) || d.verdict == POLICY_ALLOWED);
    AUTO(buf) sentence = {0};
    policy_decision_explain(s, d, action, name, r, &sentence);
    assert(sentence.len > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    AUTO(arena) a = {0};
    struct chooser c = {data, data + size};
    struct problem p = {0};
    choose_problem(&p, &c, &a);
    bool is_static = policy_documents_are_static(p.documents, p.count);
    struct policy_set *s = policy_set_bind(p.documents, p.count, &fixture_scope,
                                           is_static ? NULL : fixture_context(&a, p.context));
    for (int i = 0; i < QUESTIONS; i++)
        ask(&p, s, &c, &a);
    policy_set_unref(s);
    for (size_t i = 0; i < p.count; i++)
        policy_document_unref(p.documents[i]);
    return 0;
}
