#include "api/text.h"

#include "support/testing.h"

static struct arena arena;

static void decode(bytes raw) {
    bytes text;
    if (text_decode(&arena, raw, &text) == OK)
        CHECK(text.len <= raw.len);
}

TEST(percent_decoding_gives_the_bytes) {
    bytes text;
    CHECK_OK(text_decode(&arena, BYTES("arn%3Aaws%2fa+b%20c"), &text));
    CHECK_BYTES(text, BYTES("arn:aws/a+b c"));
    CHECK_OK(text_decode(&arena, BYTES(""), &text));
    CHECK_INT(text.len, 0);
    test_each_truncation(BYTES("a%3A%E3%81%82"), decode);
    arena_done(&arena);
}

TEST(a_malformed_escape_is_refused) {
    bytes text;
    CHECK_FAILS(text_decode(&arena, BYTES("a%3"), &text), E_INVALID, "hex");
    CHECK_FAILS(text_decode(&arena, BYTES("%zz"), &text), E_INVALID, "hex");
    CHECK_FAILS(text_decode(&arena, BYTES("%ff"), &text), E_INVALID, "UTF-8");
    arena_done(&arena);
}

TEST(compares_encoded_with_plain) {
    CHECK(text_is(BYTES("%24next"), BYTES("$next")));
    CHECK(text_is(BYTES("$next"), BYTES("$next")));
    CHECK(text_is(BYTES(""), BYTES("")));
    CHECK(!text_is(BYTES("%24nex"), BYTES("$next")));
    CHECK(!text_is(BYTES("%24nextt"), BYTES("$next")));
    CHECK(!text_is(BYTES("$next%2"), BYTES("$next")));
}

TEST(reads_times_as_clients_send_them) { /* [AWS control-plane 2] */
    int64_t ms;
    CHECK_OK(time_parse(BYTES("2026-01-02T03:04:05Z"), &ms));
    CHECK_INT(ms, INT64_C(1767323045000));
    CHECK_OK(time_parse(BYTES("2026-01-02T12:04:05.25+09:00"), &ms));
    CHECK_INT(ms, INT64_C(1767323045250));
    CHECK_OK(time_parse(BYTES("1767323045.5"), &ms));
    CHECK_INT(ms, INT64_C(1767323045500));
}

static void parse_time(bytes text) {
    int64_t ms = INT64_MIN;
    if (time_parse(text, &ms) == OK)
        CHECK(ms != INT64_MIN);
}

TEST(refuses_what_is_no_time) {
    int64_t ms;
    CHECK_FAILS(time_parse(BYTES("yesterday"), &ms), E_INVALID, "neither");
    CHECK_FAILS(time_parse(BYTES(""), &ms), E_INVALID, "neither");
    CHECK_FAILS(time_parse(BYTES("1e300"), &ms), E_INVALID, "too far");
    CHECK_FAILS(time_parse(BYTES("2026-01-02T03:04:05x"), &ms), E_INVALID, "ISO 8601");
    CHECK_FAILS(time_parse(BYTES("2026-01-02T03:04:05Zulu"), &ms), E_INVALID, "ISO 8601");
    test_each_truncation(BYTES("2026-01-02T12:04:05.25+09:00"), parse_time);
}

TEST_MAIN("api/text")
