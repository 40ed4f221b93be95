#include "codec/date.h"

#include "support/testing.h"

static const int64_t THEN_MS = 1767323045000; /* 2026-01-02T03:04:05Z */

TEST(reads_iso_8601_in_both_forms) {
    static const struct {
        const char *text;
        int64_t ms;
    } rows[] = {
        {"20260102T030405Z", THEN_MS},
        {"2026-01-02T03:04:05Z", THEN_MS},
        {"2026-01-02T03:04:05.6Z", THEN_MS + 600},
        {"2026-01-02T03:04:05.678Z", THEN_MS + 678},
        {"2026-01-02T03:04:05.678999999Z", THEN_MS + 678},
        {"20260102T030405.05Z", THEN_MS + 50},
        {"2026-01-02T12:04:05+09:00", THEN_MS},
        {"2026-01-01T21:34:05-05:30", THEN_MS},
        {"20260102T120405+0900", THEN_MS},
        {"1970-01-01T00:00:00Z", 0},
        {"1969-12-31T23:59:59Z", -1000},
        {"2000-02-29T00:00:00Z", 951782400000},
        {"2100-03-01T00:00:00Z", 4107542400000},
        {"1582-10-15T00:00:00Z", -12219292800000},
        {"0000-01-01T00:00:00Z", -62167219200000},
        {"0001-01-01T00:00:00Z", -62135596800000},
        {"9999-12-31T23:59:59.999Z", 253402300799999},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t ms;
        CHECK_OK(date_parse_iso(bytes_from(rows[i].text), &ms));
        CHECK_INT(ms, rows[i].ms);
    }
}

TEST(refuses_what_is_no_iso_date) {
    static const char *const rows[] = {
        "",
        "2026",
        "2026-01-02",
        "20260102",
        "2026-01-02T03:04:05",
        "20260102T030405",
        "20260102T030405z",
        "20260102t030405Z",
        "20260102T030405ZZ",
        " 20260102T030405Z",
        "20260102T030405Z ",
        "2026-0102T03:04:05Z",
        "20260102T03:04:05Z",
        "2026-01-02T030405Z",
        "2026-01-02 03:04:05Z",
        "2026-1-02T03:04:05Z",
        "+2026-01-02T03:04:05Z",
        "2026-01-02T03:04:05.Z",
        "2026-01-02T03:04:05.1234567890Z",
        "2026-01-02T03:04:05,5Z",
        "2026-01-02T03:04:05+9:00",
        "2026-01-02T03:04:05+0900",
        "20260102T030405+09:00",
        "2026-01-02T03:04:05+09",
        "2026-01-02T03:04:05+24:00",
        "2026-01-02T03:04:05+09:60",
        "20260102T03040\xC2\xB2Z",
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t ms = 7;
        CHECK_FAILS(date_parse_iso(bytes_from(rows[i]), &ms), E_INVALID, "is not a date like");
        CHECK_INT(ms, 7);
    }
}

TEST(refuses_days_and_times_that_do_not_exist) {
    static const char *const rows[] = {
        "20260002T030405Z", "20261302T030405Z", "20260100T030405Z", "20260132T030405Z",
        "20260229T030405Z", "21000229T030405Z", "20260431T030405Z", "20260102T240000Z",
        "20260102T036005Z", "20260102T030460Z",
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t ms = 7;
        CHECK_FAILS(date_parse_iso(bytes_from(rows[i]), &ms), E_INVALID, "there is no");
        CHECK_INT(ms, 7);
    }
}

TEST(reads_http_dates) { /* [RFC 9110 5.6.7] [RFC 5322 3.3] */
    static const struct {
        const char *text;
        int64_t ms;
    } rows[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777000},
        {"Fri, 02 Jan 2026 03:04:05 GMT", THEN_MS},
        {"Fri, 2 Jan 2026 03:04:05 GMT", THEN_MS},
        {"02 Jan 2026 03:04:05 UTC", THEN_MS},
        {"Fri, 02 Jan 2026 03:04:05 UT", THEN_MS},
        {"Fri, 02 Jan 2026 12:04:05 +0900", THEN_MS},
        {"Thu, 01 Jan 2026 21:34:05 -0530", THEN_MS},
        {"Fri, 02 Jan 2026 03:04:05 +0000", THEN_MS},
        {"Sat, 31 Dec 2033 23:59:59 GMT", 2019686399000},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t ms;
        CHECK_OK(date_parse_http(bytes_from(rows[i].text), &ms));
        CHECK_INT(ms, rows[i].ms);
    }
}

TEST(refuses_what_is_no_http_date) {
    static const char *const rows[] = {
        "",
        "Sunday, 06-Nov-94 08:49:37 GMT", /* obsolete forms */
        "Sun Nov  6 08:49:37 1994",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 ",
        "Sun, 06 Nov 1994 08:49:37 gmt",
        "Sun, 06 Nov 1994 08:49:37 GMTX",
        "Sun, 06 Nov 1994 08:49:37 EST",
        "Sun, 06 Nov 1994 08:49:37 +00:00",
        "Sun,06 Nov 1994 08:49:37 GMT",
        "Sun 06 Nov 1994 08:49:37 GMT",
        "Xxx, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 06 Nov 94 08:49:37 GMT",
        "Sun, 06 Nov 1994 8:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Sun, 0 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:60 GMT",
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t ms = 7;
        CHECK(date_parse_http(bytes_from(rows[i]), &ms) == E_INVALID);
        CHECK_INT(ms, 7);
    }
}

TEST(writes_the_three_forms) {
    char basic[17], iso[21], http[30];
    date_format_basic(THEN_MS + 678, basic);
    CHECK_TEXT(basic, "20260102T030405Z");
    date_format_iso(THEN_MS + 678, iso);
    CHECK_TEXT(iso, "2026-01-02T03:04:05Z");
    date_format_http(THEN_MS + 678, http);
    CHECK_TEXT(http, "Fri, 02 Jan 2026 03:04:05 GMT");
    date_format_http(-1, http);
    CHECK_TEXT(http, "Wed, 31 Dec 1969 23:59:59 GMT");
    date_format_iso(INT64_MAX, iso);
    CHECK_TEXT(iso, "9999-12-31T23:59:59Z");
    date_format_iso(INT64_MIN, iso);
    CHECK_TEXT(iso, "0000-01-01T00:00:00Z");
}

TEST(every_day_of_ten_thousand_years_reads_back) {
    for (int64_t day = -719528; day < 2932897; day += 7) {
        int64_t ms = day * 86400000 + 45296000, back;
        char text[30];
        date_format_iso(ms, text);
        CHECK_OK(date_parse_iso(bytes_from(text), &back));
        CHECK(back == ms);
        date_format_http(ms, text);
        CHECK_OK(date_parse_http(bytes_from(text), &back));
        CHECK(back == ms);
    }
}

static void refuses_iso(bytes prefix) {
    int64_t ms;
    CHECK(date_parse_iso(prefix, &ms) == E_INVALID);
}

static void refuses_http(bytes prefix) {
    int64_t ms;
    CHECK(date_parse_http(prefix, &ms) == E_INVALID);
}

TEST(refuses_each_truncation_of_a_date) {
    test_each_truncation(BYTES("20260102T030405Z"), refuses_iso);
    test_each_truncation(BYTES("2026-01-02T03:04:05.678+09:00"), refuses_iso);
    test_each_truncation(BYTES("Fri, 02 Jan 2026 03:04:05 GMT"), refuses_http);
}

TEST_MAIN("codec/date")
