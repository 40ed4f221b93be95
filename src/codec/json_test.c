#include "codec/json.h"

#include <stdlib.h>
#include <string.h>

#include "support/testing.h"

/* What is JSON and what is not, by section of RFC 8259. `at` is where the sentence must point. */
struct row {
    const char *clause;
    bytes text;
    const char *at; /* NULL: accepted */
};
#define GOOD(clause, literal) \
    { clause, {(const uint8_t *)literal, sizeof(literal) - 1}, NULL }
#define BAD(clause, literal, at) \
    { clause, {(const uint8_t *)literal, sizeof(literal) - 1}, at }

static const struct row rows[] = {
    /* any value may be the whole text [RFC 8259 2] */
    GOOD("2", "null"),
    GOOD("2", "true"),
    GOOD("2", "false"),
    GOOD("2", "0"),
    GOOD("2", "\"\""),
    GOOD("2", "[]"),
    GOOD("2", "{}"),
    GOOD("2", " \t\r\n[ \t\r\n1 \t\r\n, \t\r\n2 \t\r\n] \t\r\n"),
    GOOD("2", "{ \"a\" : 1 , \"b\" : 2 }"),
    BAD("2", "", "the text is empty, at line 1, column 1"),
    BAD("2", "  ", "line 1, column 3"),
    BAD("2", "\n\n ", "line 3, column 2"),
    BAD("2", "1 2", "the end is expected, not '2', at line 1, column 3"),
    BAD("2", "{}}", "line 1, column 3"),
    BAD("2", "[]]", "line 1, column 3"),
    BAD("2", "[1]x", "line 1, column 4"),
    BAD("2", "null\0", "byte 0x00, at line 1, column 5"),
    BAD("2", "\0", "byte 0x00, at line 1, column 1"),
    BAD("2", "\f[]", "line 1, column 1"),
    BAD("2", "\v1", "line 1, column 1"),
    BAD("2", "\xC2\xA0[]", "line 1, column 1"),
    BAD("2", "\xE2\x81\xA0[]", "line 1, column 1"),
    BAD("2", "]", "a value is expected, not ']'"),
    BAD("2", "}", "line 1, column 1"),
    BAD("2", ",", "line 1, column 1"),
    BAD("2", ":", "line 1, column 1"),
    BAD("2", "/* c */ 1", "line 1, column 1"),
    BAD("2", "[1] // c", "line 1, column 5"),
    BAD("2", "#1", "line 1, column 1"),
    BAD("8.1", "\xEF\xBB\xBF{}", "byte order mark"),
    BAD("8.1", "\xEF\xBB\xBF", "byte order mark"),
    BAD("8.1", "\xFF\xFE[\0]\0", "line 1, column 1"),
    BAD("8.1", "\0[\0]", "line 1, column 1"),
    /* words [RFC 8259 3] */
    BAD("3", "nul", "a value is expected, not 'n'"),
    BAD("3", "tru", "line 1, column 1"),
    BAD("3", "fals", "line 1, column 1"),
    BAD("3", "truth", "line 1, column 1"),
    BAD("3", "nullx", "line 1, column 5"),
    BAD("3", "True", "line 1, column 1"),
    BAD("3", "NULL", "line 1, column 1"),
    BAD("3", "undefined", "line 1, column 1"),
    BAD("3", "NaN", "line 1, column 1"),
    BAD("3", "Infinity", "line 1, column 1"),
    BAD("3", "a", "line 1, column 1"),
    BAD("3", "'a'", "line 1, column 1"),
    /* objects [RFC 8259 4] */
    GOOD("4", "{\"a\":{\"a\":{}}}"),
    GOOD("4", "{\"\":0}"),
    GOOD("4", "{\"a\":1,\"a\":2}"),
    GOOD("4", "{\"\\u0000\":1}"),
    GOOD("4", "{\"min\":-1.0e+28,\"max\":1.0e+28}"),
    BAD("4", "{", "a name in quotes or '}' is expected where the text ends"),
    BAD("4", "{\"a\"", "a colon is expected where the text ends"),
    BAD("4", "{\"a\":", "a value is expected where the text ends"),
    BAD("4", "{\"a\":1", "a comma or '}' is expected where the text ends"),
    BAD("4", "{\"a\":1,", "a name in quotes is expected where the text ends"),
    BAD("4", "{\"a\":1,}", "a name in quotes is expected, not '}', at line 1, column 8"),
    BAD("4", "{\"a\":1,,\"b\":2}", "line 1, column 8"),
    BAD("4", "{,}", "line 1, column 2"),
    BAD("4", "{\"a\"}", "a colon is expected, not '}'"),
    BAD("4", "{\"a\",1}", "a colon is expected, not ','"),
    BAD("4", "{\"a\"::1}", "line 1, column 6"),
    BAD("4", "{:1}", "line 1, column 2"),
    BAD("4", "{a:1}", "line 1, column 2"),
    BAD("4", "{'a':1}", "line 1, column 2"),
    BAD("4", "{1:1}", "line 1, column 2"),
    BAD("4", "{null:1}", "line 1, column 2"),
    BAD("4", "{\"a\":1 \"b\":2}", "a comma or '}' is expected, not '\"', at line 1, column 8"),
    BAD("4", "{\"a\":1]", "line 1, column 7"),
    BAD("4", "{\"a\" b}", "line 1, column 6"),
    BAD("4", "{[]:1}", "line 1, column 2"),
    BAD("4", "{\"a\":}", "a value is expected, not '}'"),
    BAD("4", "{\n  \"a\": 1,\n  \"b\" 2\n}", "a colon is expected, not '2', at line 3, column 7"),
    /* arrays [RFC 8259 5] */
    GOOD("5", "[[]]"),
    GOOD("5", "[\"\"]"),
    GOOD("5", "[1,\"a\",null,true,false,{},[]]"),
    GOOD("5", "[1\n]"),
    BAD("5", "[", "a value is expected where the text ends"),
    BAD("5", "[1", "a comma or ']' is expected where the text ends, at line 1, column 3"),
    BAD("5", "[1,", "a value is expected where the text ends"),
    BAD("5", "[1,]", "a value is expected, not ']', at line 1, column 4"),
    BAD("5", "[,1]", "line 1, column 2"),
    BAD("5", "[,]", "line 1, column 2"),
    BAD("5", "[1,,2]", "line 1, column 4"),
    BAD("5", "[1 2]", "line 1, column 4"),
    BAD("5", "[1:2]", "line 1, column 3"),
    BAD("5", "[1}", "line 1, column 3"),
    BAD("5", "[\"a\",\n4\n,1,", "line 3, column 4"),
    BAD("5", "[\"x\"", "line 1, column 5"),
    BAD("5", "[3[4]]", "line 1, column 3"),
    BAD("5", "[][]", "line 1, column 3"),
    BAD("5", "[*]", "line 1, column 2"),
    BAD("5", "[\"\":1]", "line 1, column 4"),
    /* numbers [RFC 8259 6] */
    GOOD("6", "-0"),
    GOOD("6", "-1"),
    GOOD("6", "0.5"),
    GOOD("6", "1.0"),
    GOOD("6", "-0.0"),
    GOOD("6", "1e5"),
    GOOD("6", "1E5"),
    GOOD("6", "1e+5"),
    GOOD("6", "1e-5"),
    GOOD("6", "0e0"),
    GOOD("6", "0E+1"),
    GOOD("6", "123.456e78"),
    GOOD("6", "1e01"),
    GOOD("6", "1e400"),
    GOOD("6", "-1e-400"),
    GOOD("6", "123456789012345678901234567890123456789"),
    GOOD("6", "0.00000000000000000000000000000000000000000000000001"),
    BAD("6", "01", "a number has a leading zero, at line 1, column 1"),
    BAD("6", "-01", "leading zero"),
    BAD("6", "00", "leading zero"),
    BAD("6", "-", "a digit is expected where the text ends"),
    BAD("6", "--1", "a digit is expected, not '-'"),
    BAD("6", "+1", "a value is expected, not '+'"),
    BAD("6", ".5", "a value is expected, not '.'"),
    BAD("6", "-.5", "a digit is expected, not '.'"),
    BAD("6", "1.", "after the decimal point is expected where the text ends"),
    BAD("6", "1.e5", "after the decimal point is expected, not 'e'"),
    BAD("6", "[1.]", "after the decimal point"),
    BAD("6", "1.2.3", "line 1, column 4"),
    BAD("6", "1e", "of the exponent"),
    BAD("6", "1e+", "of the exponent"),
    BAD("6", "1e-", "of the exponent"),
    BAD("6", "1e+-5", "of the exponent is expected, not '-'"),
    BAD("6", "1ee5", "of the exponent"),
    BAD("6", "1e5.5", "line 1, column 4"),
    BAD("6", "0x1F", "line 1, column 2"),
    BAD("6", "1_000", "line 1, column 2"),
    BAD("6", "1 000", "line 1, column 3"),
    BAD("6", "1a", "line 1, column 2"),
    BAD("6", "- 1", "line 1, column 2"),
    BAD("6", "-Infinity", "line 1, column 2"),
    BAD("6", "-NaN", "line 1, column 2"),
    BAD("6", "1+2", "line 1, column 2"),
    BAD("6", "\xEF\xBC\x91", "line 1, column 1"), /* a full-width digit */
    /* strings [RFC 8259 7] */
    GOOD("7", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""),
    GOOD("7", "\"\\u0041\\u00e9\\u20AC\\uFFFF\""),
    GOOD("7", "\"\\uD83D\\uDE00\""),
    GOOD("7", "\"\\ud800\\udc00 \\uDBFF\\uDFFF\""),
    GOOD("7", "\"\\u0000\""),
    GOOD("7", "\"\x7F\""),
    GOOD("7", "\"/ // \\\\u0041\""),
    GOOD("7", "\"\xC3\xBC \xE2\x82\xAC \xF0\x9F\x98\x80 \xF4\x8F\xBF\xBF\""),
    GOOD("7", "\"\xE2\x80\xA8\xE2\x80\xA9\""),
    GOOD("7", "\"\xEF\xBB\xBF\""),
    GOOD("7", "\"\xEF\xBF\xBF\""),
    BAD("7", "\"", "a string has no closing quote, at line 1, column 1"),
    BAD("7", "[\"abc]", "a string has no closing quote, at line 1, column 2"),
    BAD("7", "\"a\nb\"", "control character 0x0A in a string must be escaped, at line 1, column 3"),
    BAD("7", "\"\t\"", "0x09"),
    BAD("7", "\"\0\"", "0x00"),
    BAD("7", "\"\x1F\"", "0x1F"),
    BAD("7", "{\"a\x01\":1}", "0x01"),
    BAD("7", "\"\\", "after a backslash is expected where the text ends"),
    BAD("7", "\"\\\"", "no closing quote"),
    BAD("7", "\"\\a\"", "after a backslash is expected, not 'a', at line 1, column 3"),
    BAD("7", "\"\\x41\"", "after a backslash"),
    BAD("7", "\"\\'\"", "after a backslash"),
    BAD("7", "\"\\0\"", "after a backslash"),
    BAD("7", "\"\\\0\"", "after a backslash"),
    BAD("7", "\"\\\n\"", "after a backslash"),
    BAD("7", "\"\\U0041\"", "after a backslash"),
    BAD("7", "\"\\\xC3\xA9\"", "after a backslash"),
    BAD("7", "\"\\u\"", "four hexadecimal digits"),
    BAD("7", "\"\\u00\"", "four hexadecimal digits"),
    BAD("7", "\"\\u004", "four hexadecimal digits"),
    BAD("7", "\"\\u00G0\"", "four hexadecimal digits"),
    BAD("7", "\"\\u+041\"", "four hexadecimal digits"),
    BAD("8.2", "\"\\uD800\"", "\\uD800 is half of a surrogate pair, at line 1, column 2"),
    BAD("8.2", "\"\\uDC00\"", "half of a surrogate pair"),
    BAD("8.2", "\"\\uDBFFx\"", "half of a surrogate pair"),
    BAD("8.2", "\"\\uD800\\n\"", "half of a surrogate pair"),
    BAD("8.2", "\"\\uD800\\uD800\"", "half of a surrogate pair"),
    BAD("8.2", "\"\\uD800\\u0041\"", "half of a surrogate pair"),
    BAD("8.2", "\"\\uD800\\u\"", "four hexadecimal digits"),
    BAD("8.2", "\"\\uDE00\\uD83D\"", "half of a surrogate pair"),
    /* UTF-8 [RFC 8259 8.1] */
    BAD("8.1", "\"\x80\"", "not valid UTF-8, at line 1, column 2"),
    BAD("8.1", "\"\xC0\xAF\"", "not valid UTF-8"),
    BAD("8.1", "\"\xE0\x80\xAF\"", "not valid UTF-8"),
    BAD("8.1", "\"\xED\xA0\x80\"", "not valid UTF-8"),
    BAD("8.1", "\"\xF4\x90\x80\x80\"", "not valid UTF-8"),
    BAD("8.1", "\"\xF5\x80\x80\x80\"", "not valid UTF-8"),
    BAD("8.1", "\"\xC3\"", "not valid UTF-8"),
    BAD("8.1", "\"\xE2\x82\"", "not valid UTF-8"),
    BAD("8.1", "\"\xF0\x9F\x98", "not valid UTF-8"),
    BAD("8.1", "\"\xFF\"", "not valid UTF-8"),
    BAD("8.1", "\"\xE9\"", "not valid UTF-8"), /* Latin-1 */
    BAD("8.1", "\"\xC3\xBC\xC3\xBC\x80\"", "line 1, column 4"),
    BAD("8.1", "{\"\xC3\":1}", "not valid UTF-8"),
    BAD("8.1", "[\xC3\xA9]", "byte 0xC3, at line 1, column 2"),
};

static void check_row(const struct row *r, bytes text) {
    AUTO(arena) a = {0};
    const struct json *root = NULL;
    status s = json_parse(&a, text, &root);
    if (!r->at) {
        test_check_status(s, OK, (const char *)r->text.ptr, __FILE__, __LINE__);
        CHECK(root != NULL);
        return;
    }
    test_check_status(s, E_INVALID, (const char *)r->text.ptr, __FILE__, __LINE__);
    test_check_contains(failure_text(), r->at, __FILE__, __LINE__);
    CHECK(root == NULL);
}

TEST(accepts_what_the_grammar_allows_and_says_where_the_rest_is_wrong) { /* [RFC 8259 9] */
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint8_t *copy = malloc(rows[i].text.len ? rows[i].text.len : 1);
        CHECK(copy != NULL);
        memcpy(copy, rows[i].text.ptr, rows[i].text.len);
        check_row(&rows[i], bytes_of(copy, rows[i].text.len));
        free(copy);
    }
}

static void refuses_prefix(bytes prefix) {
    AUTO(arena) a = {0};
    const struct json *root;
    CHECK(json_parse(&a, prefix, &root) == E_INVALID);
}

TEST(refuses_each_truncation_of_a_document) {
    test_each_truncation(BYTES("{\"a\":[1.5e+3,\"x\\u20AC\\ud83d\\ude00\\n\xE2\x82\xAC\",true],"
                               "\"b\":{\"c\":null,\"d\":[false,-0.1]}}"),
                         refuses_prefix);
}

static const struct json *parse(struct arena *a, const char *text) {
    const struct json *root = NULL;
    CHECK_OK(json_parse(a, bytes_from(text), &root));
    return root;
}

TEST(keeps_order_counts_and_the_text_of_numbers) {
    AUTO(arena) a = {0};
    const struct json *v = parse(&a, "{\"n\":1234567890123456789012345678901234.50,\"l\":[3,2,1]}");
    CHECK_INT(v->type, JSON_OBJECT);
    CHECK_INT(v->count, 2);
    CHECK_BYTES(v->first->name, BYTES("n"));
    CHECK_BYTES(v->first->text, BYTES("1234567890123456789012345678901234.50"));
    const struct json *list = json_member(v, BYTES("l"));
    CHECK_INT(list->count, 3);
    int64_t want = 3, got;
    JSON_EACH (item, list) {
        CHECK_OK(json_to_i64(item, &got));
        CHECK_INT(got, want--);
        CHECK_INT(item->name.len, 0);
    }
    CHECK_INT(want, 0);
}

TEST(unescapes_strings_and_names) { /* [RFC 8259 7] */
    AUTO(arena) a = {0};
    const struct json *v =
        parse(&a, "{\"\\u006b\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t \\u00e9\\u20AC\\uD83D\\uDE00z\"}");
    CHECK_BYTES(v->first->name, BYTES("k"));
    CHECK_BYTES(v->first->text, BYTES("\"\\/\b\f\n\r\t \xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z"));
    v = parse(&a, "[\"a\\u0000b\"]");
    CHECK_BYTES(v->first->text, BYTES("a\0b"));
}

TEST(borrows_strings_without_escapes) {
    AUTO(arena) a = {0};
    bytes text = BYTES("\"plain\"");
    const struct json *v;
    CHECK_OK(json_parse(&a, text, &v));
    CHECK(v->text.ptr == text.ptr + 1);
}

TEST(the_last_of_members_with_one_name_wins) { /* [RFC 8259 4] leaves it open */
    AUTO(arena) a = {0};
    const struct json *v = parse(&a, "{\"a\":1,\"b\":2,\"a\":3}");
    CHECK_INT(v->count, 3);
    CHECK_BYTES(json_member(v, BYTES("a"))->text, BYTES("3"));
    CHECK(json_member(v, BYTES("A")) == NULL);
    CHECK(json_member(NULL, BYTES("a")) == NULL);
    CHECK(json_member(v->first, BYTES("a")) == NULL);
}

TEST(only_a_string_is_a_string) {
    AUTO(arena) a = {0};
    CHECK(json_is_string(parse(&a, "\"\"")));
    CHECK(!json_is_string(parse(&a, "1")));
    CHECK(!json_is_string(NULL));
}

static bytes nested(struct buf *b, const char *open, const char *close, size_t depth) {
    buf_clear(b);
    for (size_t i = 0; i < depth; i++)
        buf_text(b, open);
    for (size_t i = 0; i < depth; i++)
        buf_text(b, close);
    return buf_bytes(b);
}

TEST(nests_to_the_limit_and_no_deeper) {
    AUTO(arena) a = {0};
    AUTO(buf) b = {0};
    const struct json *v;
    CHECK_OK(json_parse(&a, nested(&b, "[", "]", JSON_DEPTH_MAX), &v));
    CHECK_FAILS(json_parse(&a, nested(&b, "[", "]", JSON_DEPTH_MAX + 1), &v), E_INVALID,
                "nested more than 64 deep, at line 1, column 65");
    CHECK_FAILS(json_parse(&a, nested(&b, "{\"a\":", "", 100000), &v), E_INVALID, "nested");
    CHECK_FAILS(json_parse(&a, nested(&b, "[", "", 100000), &v), E_INVALID, "nested");
}

TEST(reads_integers_however_they_are_written) {
    static const struct {
        const char *text;
        int64_t value;
        const char *failure;
    } numbers[] = {
        {"0", 0, NULL},
        {"-0", 0, NULL},
        {"0e999999999999999999999", 0, NULL},
        {"0.000", 0, NULL},
        {"1", 1, NULL},
        {"-1", -1, NULL},
        {"1.0", 1, NULL},
        {"1e3", 1000, NULL},
        {"1E+3", 1000, NULL},
        {"1.50e1", 15, NULL},
        {"1500e-2", 15, NULL},
        {"100", 100, NULL},
        {"0.001e3", 1, NULL},
        {"0.0012e4", 12, NULL},
        {"10e-1", 1, NULL},
        {"100000000000000000000000000e-26", 1, NULL},
        {"9223372036854775807", INT64_MAX, NULL},
        {"-9223372036854775808", INT64_MIN, NULL},
        {"9.223372036854775807e18", INT64_MAX, NULL},
        {"9223372036854775808", 0, "does not fit 64 bits"},
        {"-9223372036854775809", 0, "does not fit 64 bits"},
        {"1e19", 0, "does not fit 64 bits"},
        {"1e20", 0, "does not fit 64 bits"},
        {"1e99999999999999999999", 0, "does not fit 64 bits"},
        {"12345678901234567890123", 0, "does not fit 64 bits"},
        {"1.5", 0, "1.5 is not a whole number"},
        {"1e-1", 0, "not a whole number"},
        {"0.1", 0, "not a whole number"},
        {"1e-99999999999999999999", 0, "not a whole number"},
        {"9223372036854775807.5", 0, "not a whole number"},
    };
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        AUTO(arena) a = {0};
        int64_t value = 42;
        const struct json *v = parse(&a, numbers[i].text);
        if (numbers[i].failure) {
            CHECK_FAILS(json_to_i64(v, &value), E_INVALID, numbers[i].failure);
            CHECK_INT(value, 42);
        } else {
            CHECK_OK(json_to_i64(v, &value));
            CHECK_INT(value, numbers[i].value);
        }
    }
}

TEST(a_number_is_asked_for_where_there_is_none) {
    AUTO(arena) a = {0};
    int64_t i;
    double d;
    CHECK_FAILS(json_to_i64(parse(&a, "\"1\""), &i), E_INVALID, "a number is expected");
    CHECK_FAILS(json_to_i64(NULL, &i), E_INVALID, "a number is expected");
    CHECK_FAILS(json_to_double(parse(&a, "true"), &d), E_INVALID, "a number is expected");
    CHECK_FAILS(json_to_double(NULL, &d), E_INVALID, "a number is expected");
}

TEST(reads_doubles) {
    AUTO(arena) a = {0};
    double d;
    CHECK_OK(json_to_double(parse(&a, "-12.5e-1"), &d));
    CHECK(d > -1.2500001 && d < -1.2499999);
    CHECK_OK(json_to_double(parse(&a, "1e-999"), &d));
    CHECK(d < 1e-300);
    CHECK_FAILS(json_to_double(parse(&a, "-1e999"), &d), E_INVALID, "range of a double");
}

TEST(writes_commas_by_itself) {
    AUTO(buf) b = {0};
    struct json_writer w;
    json_start(&w, &b);
    json_object_begin(&w);
    json_name(&w, "empty");
    json_object_begin(&w);
    json_object_end(&w);
    json_name(&w, "list");
    json_array_begin(&w);
    json_i64(&w, INT64_MIN);
    json_bool(&w, true);
    json_bool(&w, false);
    json_null(&w);
    json_array_begin(&w);
    json_array_end(&w);
    json_raw(&w, BYTES("{\"raw\":1}"));
    json_text(&w, "t");
    json_array_end(&w);
    json_name_bytes(&w, BYTES("a\"b"));
    json_string(&w, BYTES(""));
    json_object_end(&w);
    CHECK_BYTES(buf_bytes(&b), BYTES("{\"empty\":{},\"list\":[-9223372036854775808,true,false,null,"
                                     "[],{\"raw\":1},\"t\"],\"a\\\"b\":\"\"}"));
}

TEST(escapes_what_must_be_and_repairs_what_is_not_utf8) {
    AUTO(buf) b = {0};
    struct json_writer w;
    json_start(&w, &b);
    json_string(&w, BYTES("\"\\/\b\f\n\r\t\x01\x1F\x7F\0 \xE2\x82\xAC"));
    CHECK_BYTES(buf_bytes(&b),
                BYTES("\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7F\\u0000 \xE2\x82\xAC\""));
    buf_clear(&b);
    json_start(&w, &b);
    json_string(&w, BYTES("a\xFF\xED\xA0\x80z\xE2\x82"));
    CHECK_BYTES(buf_bytes(&b), BYTES("\"a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz"
                                     "\xEF\xBF\xBD\xEF\xBF\xBD\""));
}

TEST(writes_times_as_epoch_seconds) { /* [AWS control-plane 2] */
    static const struct {
        int64_t ms;
        const char *text;
    } times[] = {{1657990649720, "1657990649.72"},
                 {1657990649000, "1657990649"},
                 {1657990649001, "1657990649.001"},
                 {0, "0"},
                 {-1500, "-1.5"},
                 {100, "0.1"}};
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        AUTO(buf) b = {0};
        struct json_writer w;
        json_start(&w, &b);
        json_seconds(&w, times[i].ms);
        CHECK_BYTES(buf_bytes(&b), bytes_from(times[i].text));
    }
}

TEST(writes_a_parsed_document_again) {
    AUTO(arena) a = {0};
    AUTO(buf) b = {0};
    struct json_writer w;
    json_start(&w, &b);
    json_value(&w, parse(&a, " { \"a\" : [ 1.50 , true , null , \"\\u00e9\" ] , \"a\" : { } } "));
    CHECK_BYTES(buf_bytes(&b), BYTES("{\"a\":[1.50,true,null,\"\xC3\xA9\"],\"a\":{}}"));
}

TEST_MAIN("codec/json")
