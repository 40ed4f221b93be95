/* IAM's documents: the machine and the naive evaluator decide alike.
 *
 * The input chooses, byte by byte, documents of each form, what is known of a request, and
 * questions, from the vocabulary below. */
#include <assert.h>
#include <stdio.h>

#include "policy/fixture.h"
#include "policy/naive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const actions[] = {"iot:Get*",  "iot:*",     "*",  "iot:?etThing",
                                      "IOT:gEt*g", "iam:Pass*", "**", "iot:GetThing",
                                      "*:Get*",    "i*:*",      ":",  "iot:GetThing*"};
static const char *const asked[] = {
    "iot:GetThing", "iot:ListThings", "iam:PassRole", "IoT:GETTHING", "x:y", ""};
static const char *const heads[] = {"arn:aws:iot:us-east-1:123456789012:",
                                    "arn:aws:iot:us-east-1:123456789012:thing/",
                                    "arn:aws:iot:*:*:thing/",
                                    "arn:*:i?t::1*2:",
                                    "arn:aws:iot:*",
                                    "arn:aws:iam::123456789012:role/",
                                    "arn:aws:iot:us-east-1:",
                                    "arn:"};
static const char *const fragments[] = {"a",
                                        "b",
                                        "/",
                                        "*",
                                        "?",
                                        ":",
                                        "\xC3\xA9",
                                        "thing/",
                                        "${aws:username}",
                                        "${AWS:UserName, 'b'}",
                                        "${aws:PrincipalTag/a}",
                                        "${aws:TagKeys}",
                                        "${aws:SourceIp}",
                                        "${iot:ClientId}",
                                        "${*}",
                                        "${$}",
                                        "$",
                                        "${"};
static const char *const operators[] = {"StringEquals",          "StringNotEquals", "StringLike",
                                        "StringNotLike",         "ArnLike",         "ArnNotEquals",
                                        "StringEqualsIgnoreCase"};
static const char *const typed[][2] = {{"NumericLessThan", "2"},
                                       {"DateGreaterThan", "2026-01-02"},
                                       {"Bool", "true"},
                                       {"IpAddress", "192.0.2.0/24"},
                                       {"NotIpAddress", "192.0.2.1"},
                                       {"Null", "true"},
                                       {"Null", "false"},
                                       {"BinaryEquals", "YQ=="},
                                       {"DateLessThan", "5"}};
static const char *const quantifiers[] = {"", "ForAllValues:", "ForAnyValue:"};
static const char *const keys[] = {"aws:username",       "AWS:username", "aws:SourceIp",
                                   "aws:TagKeys",        "aws:Nope",     "aws:PrincipalArn",
                                   "aws:PrincipalTag/a", "iot:ClientId"};
static const char *const known[] = {
    "",
    "aws:username=a",
    "aws:username=*; aws:SourceIp=192.0.2.1",
    "aws:username=b; aws:TagKeys=a&b; aws:PrincipalArn=arn:aws:iam::123456789012:role/a",
    "aws:username=; aws:TagKeys=a; aws:PrincipalTag/a=b",
    "aws:username=1; aws:SourceIp=2001:db8::1; iot:ClientId=a",
    "aws:username=2026-01-03; aws:Nope=YQ==; aws:PrincipalTag/a=${aws:username}"};
static const char *const principals[] = {"*",
                                         "123456789012",
                                         "arn:aws:iam::123456789012:root",
                                         "arn:aws:iam::123456789012:role/a",
                                         "arn:aws:sts::123456789012:assumed-role/a/s",
                                         "arn:aws:iam::1:user/u"};
static const char *const services[] = {"iot.amazonaws.com", "lambda.amazonaws.com"};
#define TEXT(literal) \
    { (const uint8_t *)(literal), sizeof(literal) - 1 }
static const struct policy_asker askers[] = {
    {.arn = TEXT("arn:aws:iam::123456789012:user/u"), .account = TEXT("123456789012")},
    {.arn = TEXT("arn:aws:sts::123456789012:assumed-role/a/s"),
     .role_arn = TEXT("arn:aws:iam::123456789012:role/a"),
     .account = TEXT("123456789012")},
    {.service = TEXT("iot.amazonaws.com")},
};

#define CHOOSE(c, list) list[choose((c), COUNT_OF(list))]

struct chooser {
    const uint8_t *next, *end;
};

static size_t choose(struct chooser *c, size_t count) {
    return c->next < c->end ? *c->next++ % count : 0;
}

static bytes choose_text(struct chooser *c, struct arena *a, const char *head) {
    char *text = arena_printf(a, "%s", head);
    for (size_t n = choose(c, 5); n > 0; n--)
        text = arena_printf(a, "%s%s", text, CHOOSE(c, fragments));
    return bytes_from(text);
}

static bytes choose_resource(struct chooser *c, struct arena *a) {
    return choose(c, 4) == 1 ? BYTES("*") : choose_text(c, a, CHOOSE(c, heads));
}

/* ---- documents ---- */

static void write_text_condition(struct json_writer *w, struct chooser *c, struct arena *a) {
    json_name(w, arena_printf(a, "%s%s%s", CHOOSE(c, quantifiers), CHOOSE(c, operators),
                              choose(c, 3) == 1 ? "IfExists" : ""));
    json_object_begin(w);
    json_name(w, CHOOSE(c, keys));
    json_array_begin(w);
    for (size_t n = choose(c, 3); n > 0; n--)
        json_string(w, choose(c, 3) == 1 ? choose_resource(c, a) : choose_text(c, a, ""));
    json_array_end(w);
    json_object_end(w);
}

static void write_condition(struct json_writer *w, struct chooser *c, struct arena *a) {
    if (choose(c, 2) == 0) {
        write_text_condition(w, c, a);
        return;
    }
    const char *const *t = CHOOSE(c, typed);
    json_name(w, arena_printf(a, "%s%s", CHOOSE(c, quantifiers), t[0]));
    json_object_begin(w);
    json_name(w, CHOOSE(c, keys));
    json_text(w, t[1]);
    json_object_end(w);
}

static void write_principal(struct json_writer *w, struct chooser *c) {
    json_name(w, choose(c, 4) == 1 ? "NotPrincipal" : "Principal");
    if (choose(c, 6) == 1) {
        json_text(w, "*");
        return;
    }
    json_object_begin(w);
    json_name(w, "AWS");
    json_array_begin(w);
    for (size_t n = choose(c, 3); n > 0; n--)
        json_text(w, CHOOSE(c, principals));
    json_array_end(w);
    if (choose(c, 2) == 1) {
        json_name(w, "Service");
        json_text(w, CHOOSE(c, services));
    }
    json_object_end(w);
}

static void write_statement(struct json_writer *w, struct chooser *c, struct arena *a,
                            enum policy_form form) {
    json_object_begin(w);
    json_name(w, "Effect");
    json_text(w, choose(c, 3) == 1 ? "Deny" : "Allow");
    json_name(w, choose(c, 6) == 1 ? "NotAction" : "Action");
    json_text(w, CHOOSE(c, actions));
    if (form != POLICY_FORM_IDENTITY)
        write_principal(w, c);
    if (form != POLICY_FORM_TRUST) {
        json_name(w, choose(c, 4) == 1 ? "NotResource" : "Resource");
        json_array_begin(w);
        for (size_t n = choose(c, 3) + 1; n > 0; n--)
            json_string(w, choose_resource(c, a));
        json_array_end(w);
    }
    if (choose(c, 2) == 1) {
        json_name(w, "Condition");
        json_object_begin(w);
        write_condition(w, c, a);
        json_object_end(w);
    }
    json_object_end(w);
}

static bytes write_document(struct chooser *c, struct arena *a, enum policy_form form) {
    AUTO(buf) text = {0};
    struct json_writer w;
    json_start(&w, &text);
    json_object_begin(&w);
    json_name(&w, "Version");
    json_text(&w, choose(c, 8) == 7 ? "2008-10-17" : "2012-10-17");
    json_name(&w, "Statement");
    json_array_begin(&w);
    for (size_t n = choose(c, 3) + 1; n > 0; n--)
        write_statement(&w, c, a, form);
    json_array_end(&w);
    json_object_end(&w);
    return arena_copy(a, buf_bytes(&text));
}

/* ---- agreement ---- */

enum { DOCUMENTS_MAX = 3, QUESTIONS = 8 };

struct problem {
    enum policy_form form;
    struct policy_document *documents[DOCUMENTS_MAX];
    const struct json *trees[DOCUMENTS_MAX];
    bytes texts[DOCUMENTS_MAX];
    size_t count;
};

static void choose_problem(struct problem *p, struct chooser *c, struct arena *a) {
    p->form = (enum policy_form)(POLICY_FORM_IDENTITY + choose(c, 3));
    for (p->count = 0; p->count < 1 || (p->count < DOCUMENTS_MAX && choose(c, 3) == 1);) {
        bytes text = p->texts[p->count] = write_document(c, a, p->form);
        status s = policy_document_parse_as(p->form, BYTES("p"), text, POLICY_BYTES_MAX,
                                            &p->documents[p->count]);
        if (s != OK)
            (void)fprintf(stderr, "%s\n%.*s\n", failure_text(), BYTES_ARG(text));
        assert(s == OK && json_parse(a, text, &p->trees[p->count]) == OK);
        p->count++;
    }
}

static void ask(const struct problem *p, struct chooser *c, struct arena *a) {
    AUTO(buf) why = {0};
    struct policy_question q = {.action = bytes_from(CHOOSE(c, asked)),
                                .resource = choose_resource(c, a),
                                .known = fixture_keys(a, CHOOSE(c, known))};
    if (p->form != POLICY_FORM_IDENTITY) {
        q.asker = &CHOOSE(c, askers);
        q.reach = choose(c, 2) ? POLICY_ABOUT_ACCOUNT : POLICY_ABOUT_ASKER;
    }
    struct policy_decision d = policy_access_check(p->documents, p->count, &q, a);
    enum policy_verdict naive = policy_naive_access(p->trees, p->count, &q);
    if (d.verdict != naive) {
        (void)fprintf(stderr, "%.*s on %.*s: %d, naive %d\n", BYTES_ARG(q.action),
                      BYTES_ARG(q.resource), (int)d.verdict, (int)naive);
        for (size_t i = 0; i < p->count; i++)
            (void)fprintf(stderr, "%.*s\n", BYTES_ARG(p->texts[i]));
    }
    assert(d.verdict == naive);
    policy_access_explain(p->documents, p->count, d, &q, &why);
    assert(why.len > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    AUTO(arena) a = {0};
    struct chooser c = {data, data + size};
    struct problem p = {0};
    choose_problem(&p, &c, &a);
    for (int i = 0; i < QUESTIONS; i++)
        ask(&p, &c, &a);
    for (size_t i = 0; i < p.count; i++)
        policy_document_unref(p.documents[i]);
    return 0;
}
