#include "http/query.h"

#include "support/testing.h"

static void check(bytes text, bool form, const char *want) {
    AUTO(arena) a = {0};
    AUTO(buf) got = {0};
    struct http_query q;
    CHECK_OK(form ? http_form_parse(&a, text, &q) : http_query_parse(&a, text, &q));
    for (size_t i = 0; i < q.count; i++) {
        buf_append_byte(&got, '[');
        buf_append(&got, q.parameters[i].name);
        buf_append_byte(&got, '|');
        buf_append(&got, q.parameters[i].value);
        buf_append_byte(&got, ']');
    }
    CHECK_BYTES(buf_bytes(&got), bytes_from(want));
}

TEST(splits_and_decodes) {
    check(BYTES("endpointType=iot%3AData-ATS"), false, "[endpointType|iot:Data-ATS]");
    check(BYTES("a=1&b=2&a=3"), false, "[a|1][b|2][a|3]");
    check(BYTES("a&b=&=c&=&"), false, "[a|][b|][|c][|]");
    check(BYTES("a=b=c&%61%3D=%26"), false, "[a|b=c][a=|&]");
    check(BYTES("&&a&&"), false, "[a|]");
    check(BYTES(""), false, "");
    check((bytes){0}, false, "");
}

TEST(a_plus_is_a_space_in_forms_only) {
    check(BYTES("a+b=c+d%2B%20"), false, "[a+b|c+d+ ]");
    check(BYTES("a+b=c+d%2B%20"), true, "[a b|c d+ ]");
}

TEST(refuses_broken_escapes_and_too_many) {
    AUTO(arena) a = {0};
    AUTO(buf) many = {0};
    struct http_query q;
    CHECK_FAILS(http_query_parse(&a, BYTES("a=1&b=%zz"), &q), E_INVALID, "%zz");
    CHECK_FAILS(http_query_parse(&a, BYTES("%=1"), &q), E_INVALID, "escape");
    for (size_t i = 0; i < HTTP_PARAMETERS_MAX; i++)
        buf_text(&many, "a&");
    CHECK_OK(http_query_parse(&a, buf_bytes(&many), &q));
    CHECK_INT(q.count, HTTP_PARAMETERS_MAX);
    buf_text(&many, "a");
    CHECK_FAILS(http_query_parse(&a, buf_bytes(&many), &q), E_INVALID, "at most 1000");
}

TEST(finds_the_first_of_a_name) {
    AUTO(arena) a = {0};
    struct http_query q;
    CHECK_OK(http_query_parse(&a, BYTES("a=1&a=2&b"), &q));
    CHECK_BYTES(http_query_find(&q, "a"), BYTES("1"));
    CHECK(http_query_find(&q, "b").ptr != NULL);
    CHECK(http_query_find(&q, "A").ptr == NULL);
}

TEST_MAIN("http/query")
