#include <string.h>

#include "support/testing.h"

static status fails_inside(void) {
    return FAIL(E_NOT_FOUND, "thing %s does not exist", "lamp");
}

static status passes_it_on(void) {
    TRY(fails_inside());
    return OK;
}

TEST(keeps_the_sentence_and_the_trail_of_a_failure) {
    CHECK_FAILS(passes_it_on(), E_NOT_FOUND, "thing lamp does not exist");
    CHECK(strstr(failure_where(), "status_test.c"));
    CHECK(strstr(failure_where(), " < "));
}

TEST(a_sentence_may_quote_the_one_before) {
    failure_set(__FILE__, __LINE__, "inner");
    failure_set(__FILE__, __LINE__, "outer: %s", failure_text());
    CHECK_TEXT(failure_text(), "outer: inner");
}

TEST(cuts_a_long_sentence_at_a_whole_character) {
    char text[1400];
    for (size_t i = 0; i + 2 < sizeof text; i += 2)
        memcpy(text + i, "\xC3\xA9", 2);
    text[sizeof text - 2] = 0;
    failure_set(__FILE__, __LINE__, "x%s", text);
    CHECK(bytes_are_utf8(bytes_from(failure_text())));
    failure_set(__FILE__, __LINE__, "%s", text);
    CHECK(bytes_are_utf8(bytes_from(failure_text())));
    CHECK(strlen(failure_text()) > 1000);
}

TEST(a_sentence_stays_one_line) {
    (void)FAIL(E_INVALID, "'%s'", "a\r\n\tb\x1B[1m\x7F\xC3\xBC");
    CHECK_TEXT(failure_text(), "'a???b?[1m?\xC3\xBC'");
}

TEST(every_status_has_a_name_and_an_answer) {
    for (int s = OK + 1; s < STATUS_COUNT; s++) {
        CHECK(status_info((status)s)->name);
        CHECK(status_info((status)s)->http >= 400);
        CHECK(status_info((status)s)->mqtt_reason >= 0x80);
    }
    CHECK_TEXT(status_info(E_CERTIFICATE_STATE)->aws_type, "CertificateStateException");
}

TEST_MAIN("base/status")
