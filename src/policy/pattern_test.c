#include "policy/pattern.h"

#include "policy/fixture.h"
#include "support/testing.h"

/* ---- matching ---- */

static const struct {
    const char *pattern, *text;
    bool matches;
} globs[] = {
    /* [AWS policy 3.1] */
    {"", "", true},
    {"", "a", false},
    {"a", "", false},
    {"a", "a", true},
    {"a", "A", false},
    {"*", "", true},
    {"*", "a/b", true},
    {"a*", "a", true},
    {"a/*", "a", false},
    {"a/*", "a/", true},
    {"*b", "ab", true},
    {"*b", "aba", false},
    {"a*b*c", "a/b/b/c", true},
    {"a*b*c", "acb", false},
    {"*ab", "aab", true},
    {"*aab*", "aaaab", true},
    {"?", "", false},
    {"?", "/", true},
    {"a?c", "abc", true},
    {"a?c", "abbc", false},
    {"some/????"
     "?/topic",
     "some/ab/cd/topic", true},
    {"some/*/topic", "some/+/topic", true},
    {"some/*/topic", "some/#", false},
    {"some/+/topic", "some/x/topic", false},
    /* one character may be several bytes; nothing is normalised */
    {"?", "\xC3\xA9", true},
    {"??", "\xC3\xA9", false},
    {"*?", "\xE2\x82\xAC", true},
    {"*??", "\xE2\x82\xAC", false},
    {"?\xA9", "\xC3\xA9", false},
    {"\xC3\xA9", "e\xCC\x81", false},
    {"*\xC3\xA9*", "x\xC3\xA9y", true},
};

static bytes constant(struct arena *a, const char *text, unsigned flags) {
    struct policy_template t = policy_template_parse(a, bytes_from(text), flags);
    CHECK(policy_template_is_constant(&t));
    return t.pieces[0].text;
}

TEST(globs_match_as_documented) {
    AUTO(arena) a = {0};
    for (size_t i = 0; i < COUNT_OF(globs); i++) {
        bytes pattern = constant(&a, globs[i].pattern, POLICY_TEMPLATE_WILDCARDS);
        bool got = policy_glob_matches(pattern, bytes_from(globs[i].text));
        if (got != globs[i].matches)
            print_error("%s on %s\n", globs[i].pattern, globs[i].text);
        CHECK_INT(got, globs[i].matches);
    }
}

/* The definition, word by word. */
static bool matches_by_definition(const char *p, const char *t) {
    if (*p == 0)
        return *t == 0;
    if (*p == '*')
        return matches_by_definition(p + 1, t) || (*t && matches_by_definition(p, t + 1));
    return *t && (*p == '?' || *p == *t) && matches_by_definition(p + 1, t + 1);
}

/* The text number `code` over an alphabet; the first digit is its length. */
static const char *spell(char out[8], unsigned code, const char *alphabet, unsigned letters) {
    unsigned len = code % 6;
    code /= 6;
    for (unsigned i = 0; i < len; i++, code /= letters)
        out[i] = alphabet[code % letters];
    out[len] = 0;
    return out;
}

TEST(all_short_globs_match_by_definition) {
    char pattern[8], text[8];
    for (unsigned p = 0; p < 6 * 1024; p++) {
        AUTO(arena) a = {0};
        bytes glob = constant(&a, spell(pattern, p, "ab*?", 4), POLICY_TEMPLATE_WILDCARDS);
        for (unsigned t = 0; t < 6 * 32; t++) {
            bool expected = matches_by_definition(pattern, spell(text, t, "ab", 2));
            CHECK(policy_glob_matches(glob, bytes_from(text)) == expected);
        }
    }
}

TEST(many_stars_do_not_explode) {
    AUTO(arena) a = {0};
    AUTO(buf) text = {0};
    char pattern[201];
    for (size_t i = 0; i < 200; i++)
        pattern[i] = "*a"[i % 2];
    pattern[200] = 0;
    for (size_t i = 0; i < 60000; i++)
        buf_append_byte(&text, 'a');
    buf_append_byte(&text, 'b');
    CHECK(!policy_glob_matches(constant(&a, pattern, POLICY_TEMPLATE_WILDCARDS), buf_bytes(&text)));
}

TEST(a_run_of_stars_is_one) {
    AUTO(arena) a = {0};
    CHECK_INT(constant(&a, "***", POLICY_TEMPLATE_WILDCARDS).len, 1);
}

static const struct {
    const char *pattern, *arn;
    bool matches;
} arns[] = {
    /* [AWS policy 3.2, 6] */
    {"arn:aws:iot:us-east-1:1:topic/a", "arn:aws:iot:us-east-1:1:topic/a", true},
    {"arn:aws:iot:*:*:topic/a", "arn:aws:iot:us-east-1:1:topic/a", true},
    {"arn:aws:iot:*:topic/a", "arn:aws:iot:us-east-1:1:topic/a", false},
    {"arn:aws:iot:*", "arn:aws:iot:us-east-1:1:topic/a", false},
    {"arn:aws:iot:us-east-?:1:*", "arn:aws:iot:us-east-1:1:topic/a:b/c", true},
    {"arn:aws:iot:us-east-1:1:topic/a:b", "arn:aws:iot:us-east-1:1:topic/a:b", true},
    {"arn:aws:iot:us-east-1:1:topic/a", "topic/a", false},
    {"*", "anything", true},
    {"", "", false},
};

TEST(arns_match_part_by_part) {
    AUTO(arena) a = {0};
    for (size_t i = 0; i < COUNT_OF(arns); i++) {
        bytes p = constant(&a, arns[i].pattern, POLICY_TEMPLATE_WILDCARDS | POLICY_TEMPLATE_ARN);
        CHECK_INT(policy_arn_matches(p, bytes_from(arns[i].arn)), arns[i].matches);
    }
}

/* ---- what follows a prefix ---- */

static const struct {
    const char *pattern, *head;
    const char *rests[3];
} remainders[] = {
    {"topic/a", "topic/", {"a"}},
    {"topic/", "topic/", {""}},
    {"topicfilter/a", "topic/", {NULL}},
    {"topic", "topic/", {NULL}},
    {"*", "topic/", {"*"}},
    {"t*", "topic/", {"*"}},
    {"t*x", "topic/", {"*x"}},
    {"*/a*", "topic/", {"*/a*", "a*"}},
    {"t*?x", "topic/", {"*?x", "x"}},
    {"????? /", "topic/", {NULL}},
    {"??????a", "topic/", {"a"}},
    {"topic*/b", "topic/", {"*/b", "b"}},
};

TEST(a_pattern_behind_a_prefix_is_a_few_patterns) {
    AUTO(arena) a = {0};
    for (size_t i = 0; i < COUNT_OF(remainders); i++) {
        AUTO(buf) shown = {0};
        bytes out[POLICY_REMAINDERS_MAX];
        bytes p = constant(&a, remainders[i].pattern, POLICY_TEMPLATE_WILDCARDS);
        size_t n = policy_glob_after(p, bytes_from(remainders[i].head), out), want = 0;
        while (want < COUNT_OF(remainders[i].rests) && remainders[i].rests[want])
            want++;
        if (n != want)
            print_error("%s\n", remainders[i].pattern);
        CHECK_INT(n, want);
        for (size_t k = 0; k < n; k++) {
            buf_clear(&shown);
            policy_pattern_show(out[k], &shown);
            CHECK_BYTES(buf_bytes(&shown), bytes_from(remainders[i].rests[k]));
        }
    }
}

/* What follows the prefix matches exactly what the whole pattern matches behind it. */
TEST(remainders_and_the_whole_pattern_agree) {
    static const char *const parts[] = {"t", "o", "topic", "/", "*", "?", "f", "a"};
    static const char *const names[] = {"", "a", "/", "fa", "a/f", "topic/", "*"};
    AUTO(arena) a = {0};
    for (unsigned code = 0; code < 8 * 8 * 8 * 8; code++) {
        const char *text = arena_printf(&a, "%s%s%s%s", parts[code & 7], parts[code >> 3 & 7],
                                        parts[code >> 6 & 7], parts[code >> 9 & 7]);
        bytes p = constant(&a, text, POLICY_TEMPLATE_WILDCARDS), out[POLICY_REMAINDERS_MAX];
        size_t n = policy_glob_after(p, BYTES("topic/"), out);
        for (size_t i = 0; i < COUNT_OF(names); i++) {
            bool any = false;
            for (size_t k = 0; k < n; k++)
                any |= policy_glob_matches(out[k], bytes_from(names[i]));
            CHECK_INT(any,
                      policy_glob_matches(p, bytes_from(arena_printf(&a, "topic/%s", names[i]))));
        }
        arena_reset(&a);
    }
}

/* ---- variables and escapes ---- */

static const struct {
    const char *written, *context, *bound; /* NULL: matches nothing */
} variables[] = {
    {"a/${iot:ClientId}/b", "cid=lamp", "a/lamp/b"},
    {"${IOT:CLIENTID}${ iot:ClientId }", "cid=x", "xx"}, /* names in any case */
    {"${iot:ClientId}", "http", NULL},                   /* [AWS policy 5.4] */
    {"${iot:ClientId}", "cid=", ""},
    {"${iot:Nope}", "cid=a", NULL},
    {"${iot:Thing.ThingName}", "cid=a; thing=a", NULL},       /* [AWS policy 5.1] */
    {"${iot:ConnectAttributes}", "cid=a; ca=LastWill", NULL}, /* several values */
    {"${iot:Certificate.Subject.CommonName.List}", "cid=a; CN=b", NULL},
    {"${iot:LastWillTopic}", "cid=a; will=b", NULL},
    {"${iot:Topic}", "cid=a", NULL},
    {"${iot:ClientId, 'none'}", "http", "none"}, /* defaults */
    {"${iot:ClientId,'none'}", "cid=a", "a"},
    {"${iot:ClientId, ''}", "http", ""},
    {"${iot:ClientId, '}'}", "http", "}"},
    {"${iot:ClientId, '*'}", "http", "[*]"}, /* also literal */
    {"${iot:Connection.Thing.Attributes[a,b]}", "cid=t; thing=t; attr.a,b=c", "c"},
    {"${iot:Connection.Thing.Attributes[A]}", "cid=t; thing=t; attr.a=c", NULL},
    {"${*}${?}${$}", "http", "[*][?]$"}, /* [AWS policy 3.3] */
    {"$(*)$(?)$($)", "http", "[*][?]$"},
    {"$aws/$", "http", "$aws/$"},
    {"${", "http", "${"},
    {"${iot:ClientId", "cid=a", "${iot:ClientId"},
    {"${}", "cid=a", "${}"},
    {"${iot:ClientId, none}", "http", "${iot:ClientId, none}"},
    {"${iot:ClientId}", "cid=*", "[*]"}, /* literal text */
    {"${iot:ClientId}", "cid=${iot:CertificateId}; certid=x", "${iot:CertificateId}"},
    /* a certificate's wildcards keep the variable as text [AWS policy 5.3] */
    {"${iot:Certificate.Subject.CommonName}", "cid=a; CN=x?",
     "${iot:Certificate.Subject.CommonName}"},
    {"${iot:Certificate.Subject.CommonName, 'd'}", "cid=a; CN=x+",
     "${iot:Certificate.Subject.CommonName, 'd'}"},
};

/* Literal wildcards are shown in brackets, so that they differ from real ones. */
static void show_literally(bytes text, struct buf *out) {
    for (size_t i = 0; i < text.len; i++) {
        bool is_wild = text.ptr[i] == '*' || text.ptr[i] == '?';
        buf_printf(out, is_wild ? "[%c]" : "%c", text.ptr[i]);
    }
}

TEST(variables_become_literal_text) {
    for (size_t i = 0; i < COUNT_OF(variables); i++) {
        AUTO(arena) a = {0};
        AUTO(buf) shown = {0};
        struct policy_binding b = {.scope = &fixture_scope, .arena = &a, .actions = 1};
        struct policy_template t =
            policy_template_parse(&a, bytes_from(variables[i].written),
                                  POLICY_TEMPLATE_VARIABLES | POLICY_TEMPLATE_WILDCARDS);
        bytes text = {0};
        b.context = fixture_context(&a, variables[i].context);
        bool bound = policy_template_bind(&t, &b, &text);
        if (bound != (variables[i].bound != NULL))
            print_error("%s\n", variables[i].written);
        CHECK_INT(bound, variables[i].bound != NULL);
        CHECK_INT(b.missing_count, bound ? 0 : 1);
        show_literally(text, &shown);
        const char *expected = variables[i].bound;
        if (expected && *expected == '$' && expected[1] == '{') { /* holds ? and * of its own */
            CHECK_BYTES(text, bytes_from(expected));
            continue;
        }
        CHECK_BYTES(buf_bytes(&shown), bytes_from(expected ? expected : ""));
    }
}

TEST(without_variables_everything_but_wildcards_is_text) { /* version 2008 [AWS policy 1.1] */
    AUTO(arena) a = {0};
    AUTO(buf) shown = {0};
    bytes p = constant(&a, "${iot:ClientId}${*}", POLICY_TEMPLATE_WILDCARDS);
    CHECK(policy_glob_matches(p, BYTES("${iot:ClientId}${anything}")));
    policy_pattern_show(p, &shown);
    CHECK_BYTES(buf_bytes(&shown), BYTES("${iot:ClientId}${*}"));
}

TEST(an_unclosed_variable_is_noticed) {
    AUTO(arena) a = {0};
    struct policy_template t =
        policy_template_parse(&a, BYTES("a${iot:ClientId"), POLICY_TEMPLATE_VARIABLES);
    CHECK(t.broken);
    t = policy_template_parse(&a, BYTES("$a$"), POLICY_TEMPLATE_VARIABLES);
    CHECK(!t.broken);
}

TEST(missing_names_are_noted_once_in_any_case) {
    AUTO(arena) a = {0};
    struct policy_binding b = {.arena = &a, .actions = 1};
    policy_binding_miss(&b, BYTES("iot:ClientId"));
    b.actions = 4;
    policy_binding_miss(&b, BYTES("IOT:clientid"));
    CHECK_INT(b.missing_count, 1);
    CHECK_INT(b.missing->actions, 5);
}

TEST_MAIN("policy/pattern")
