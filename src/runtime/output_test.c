#include "runtime/output.h"

#include <string.h>

#include "support/testing.h"

static struct buf seen; /* "event|event|" */

static void emit(struct transcript *o, const struct runtime_line *lines, size_t count) {
    UNUSED(o);
    for (size_t i = 0; i < count; i++) {
        buf_append(&seen, lines[i].message);
        buf_append_byte(&seen, '|');
    }
}

static void check_seen(struct transcript *o, const char *want) {
    transcript_flush(o);
    CHECK_BYTES(buf_bytes(&seen), bytes_from(want));
    buf_done(&seen);
}

TEST(a_line_is_an_event_however_it_is_cut) {
    AUTO(transcript) o = {.emit = emit};
    transcript_take(&o, BYTES("one\ntw"), 1);
    transcript_take(&o, BYTES("o\n\nthree"), 2);
    check_seen(&o, "one\n|two\n|\n|");
    transcript_end(&o, 3);
    check_seen(&o, "three|");
}

TEST(a_carriage_return_breaks_a_line_without_ending_the_event) {
    AUTO(transcript) o = {.emit = emit};
    transcript_take(&o, BYTES("[ERROR] X\rTraceback:\r  y\nDOS\r\n"), 1);
    check_seen(&o, "[ERROR] X\nTraceback:\n  y\n|DOS\r\n|");
}

TEST(the_tail_is_the_last_4_KB) {
    AUTO(transcript) o = {.emit = emit};
    for (int i = 0; i < 3000; i++)
        transcript_say(&o, 1, "line %d\n", i);
    CHECK_INT(transcript_tail(&o).len, RUNTIME_LOG_TAIL_BYTES);
    CHECK(bytes_end_with(transcript_tail(&o), BYTES("line 2998\nline 2999\n")));
    transcript_begin(&o);
    CHECK_INT(transcript_tail(&o).len, 0);
    buf_done(&seen);
}

TEST(a_flood_is_counted_and_not_kept) {
    AUTO(transcript) o = {.emit = emit};
    static uint8_t piece[64 * 1024];
    memset(piece, 'x', sizeof piece);
    for (int i = 0; i < 100; i++)
        transcript_take(&o, bytes_of(piece, sizeof piece), 1);
    transcript_end(&o, 1);
    transcript_flush(&o);
    CHECK(seen.len < RUNTIME_OUTPUT_BYTES_MAX + 1000);
    CHECK(bytes_search(buf_bytes(&seen), BYTES("2359296 more bytes of output were not kept")) <
          seen.len);
    buf_done(&seen);
}

TEST_MAIN("runtime/output")
