#include "logs/filter.h"

#include "support/testing.h"

static bool matches(const char *pattern, const char *line) {
    AUTO(arena) memory = {0};
    const struct log_filter *f;
    CHECK_OK(log_filter_parse(&memory, bytes_from(pattern), &f));
    return log_filter_matches(f, bytes_from(line));
}

TEST(each_pattern_matches_what_it_should) { /* [AWS rules 9] */
    static const struct {
        const char *pattern, *line;
        bool matches;
    } rows[] = {
        {"", "anything", true},
        {"ERROR", "[ERROR] disk", true},
        {"ERROR", "[error] disk", false},
        {"ERROR disk", "disk: ERROR", true},
        {"ERROR disk", "ERROR", false},
        {"\"disk full\"", "the disk full", true},
        {"\"disk full\"", "full disk", false},
        {"\"say \\\"hi\\\"\"", "say \"hi\"", true},
        {"?WARN ?ERROR", "WARN", true},
        {"?WARN ?ERROR", "INFO", false},
        {"?WARN ERROR", "ERROR", true},
        {"ERROR -retry", "ERROR retry", false},
        {"-\"a b\"", "a c", true},
        {"{ $.a = 1 }", "{\"a\":1.0}", true},
        {"{ $.a = 1 }", "{\"a\":2}", false},
        {"{ $.a = \"x*z\" }", "{\"a\":\"xyyz\"}", true},
        {"{ $.a = \"x*z\" }", "{\"a\":\"xyy\"}", false},
        {"{ $.a != x }", "{\"a\":\"y\"}", true},
        {"{ $.a != x }", "{}", false},
        {"{$.a.b[1]>=3}", "{\"a\":{\"b\":[0,3]}}", true},
        {"{ $.a < 3 && $.b = \"t\" }", "{\"a\":2,\"b\":\"t\"}", true},
        {"{ $.a < 3 && $.b = \"t\" }", "{\"a\":2,\"b\":\"u\"}", false},
        {"{ $.x = 1 || ($.a = 1 && $.b = 2) }", "{\"a\":1,\"b\":2}", true},
        {"{ $.a IS NULL }", "{\"a\":null}", true},
        {"{ $.a IS TRUE }", "{\"a\":false}", false},
        {"{ $.a NOT EXISTS }", "{\"b\":1}", true},
        {"{ $.a = true }", "{\"a\":true}", true},
        {"{ $.a = 1 }", "no json", false},
        {"{ $.a = 1 }", "", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (matches(rows[i].pattern, rows[i].line) != rows[i].matches)
            CHECK_TEXT(rows[i].pattern, rows[i].line);
}

TEST(what_is_no_pattern_is_refused) {
    static const char *const wrong[] = {"\"open",        "-",
                                        "? a",           "{",
                                        "{ a = 1 }",     "{ $.a }",
                                        "{ $.a = }",     "{ $.a < x }",
                                        "{ $.a = 1 } x", "{ ($.a = 1 }",
                                        "[a, b]",        "{ $.a = \"x }"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        AUTO(arena) memory = {0};
        const struct log_filter *f;
        CHECK_FAILS(log_filter_parse(&memory, bytes_from(wrong[i]), &f), E_INVALID,
                    "Invalid filter pattern");
    }
}

TEST_MAIN("logs/filter")
