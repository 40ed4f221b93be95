/* What parses formats to what parses to the same second; and the library agrees on the calendar. */
#include <assert.h>
#include <time.h>

#include "codec/date.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int64_t ms) {
    char basic[17], iso[21], http[30];
    int64_t whole = ms - ((ms % 1000) + 1000) % 1000, back = 0;
    if (whole < -62167219200000 || whole > 253402300799000)
        return; /* a zone carried it out of what can be written */
    date_format_basic(ms, basic);
    date_format_iso(ms, iso);
    date_format_http(ms, http);
    assert(date_parse_iso(bytes_from(basic), &back) == OK && back == whole);
    assert(date_parse_iso(bytes_from(iso), &back) == OK && back == whole);
    assert(date_parse_http(bytes_from(http), &back) == OK && back == whole);
    time_t seconds = (time_t)(whole / 1000);
    struct tm t;
    char theirs[64];
    assert(gmtime_r(&seconds, &t) != NULL);
    if (t.tm_year + 1900 >= 1000 &&
        strftime(theirs, sizeof theirs, "%a, %d %b %Y %H:%M:%S GMT", &t) > 0)
        assert(bytes_equal(bytes_from(theirs), bytes_from(http)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    int64_t ms;
    if (date_parse_iso(bytes_of(data, size), &ms) == OK)
        check(ms);
    if (date_parse_http(bytes_of(data, size), &ms) == OK)
        check(ms);
    if (size >= 8) {
        uint64_t any = 0;
        for (size_t i = 0; i < 8; i++)
            any = any << 8 | data[i];
        check((int64_t)(any % 315569520000000) - 62167219200000);
    }
    return 0;
}
