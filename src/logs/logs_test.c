#include "logs/logs.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "logs/fixture.h"
#include "logs/trim.h"
#include "support/testing.h"

static void keeps_order(struct logs_fixture *f) {
    logs_fixture_say(f, "g", "one", 2000, "b");
    logs_fixture_say(f, "g", "two", 1000, "a");
    logs_fixture_say(f, "g", "one", 2000, "c");
    CHECK_TEXT(logs_fixture_lines(f, "g", NULL), "a,b,c,");
    CHECK_TEXT(logs_fixture_lines(f, "g", "one"), "b,c,");
    CHECK_TEXT(logs_fixture_lines(f, "g", "two"), "a,");
}
TEST(lines_are_read_in_the_order_of_their_time_and_then_of_their_coming) {
    logs_fixture_each(0, keeps_order);
}

static void outlives(struct logs_fixture *f) {
    logs_fixture_say(f, "g", "s", 1, "kept");
    logs_fixture_reopen(f);
    if (f->config.ops == &store_sqlite)
        CHECK_TEXT(logs_fixture_lines(f, "g", "s"), "kept,");
}
TEST(closing_writes_what_waits) {
    logs_fixture_each(0, outlives);
}

static void bounds(struct logs_fixture *f) {
    struct log_group g;
    for (int i = 0; i < 100; i++)
        logs_fixture_say(f, "g", "s", 1000 + i, i < 99 ? "0123456789" : "the last one");
    const char *lines = logs_fixture_lines(f, "g", "s");
    CHECK(strlen(lines) < 400 && strstr(lines, "the last one"));
    const struct log_book *b = logs_fixture_read(f);
    CHECK_OK(log_group_load(b, BYTES("g"), &g));
    CHECK(g.size <= 1000 && g.size > 900); /* 36 bytes a line */
    logs_fixture_end(f);
}
TEST(a_group_that_is_full_loses_its_oldest_lines) {
    logs_fixture_each(1000, bounds);
}

static void floods(struct logs_fixture *f) {
    enum { COUNT = LOG_BLOCK_BYTES_MAX / LOG_MESSAGE_BYTES_MAX + 1 };
    static char large[LOG_MESSAGE_BYTES_MAX];
    struct log_entry entries[COUNT];
    memset(large, 'x', sizeof large);
    for (int i = 0; i < COUNT; i++)
        entries[i] = (struct log_entry){i, bytes_of(large, sizeof large)};
    logs_append(f->logs, BYTES("111111111111"), BYTES("g"), BYTES("s"), entries, COUNT);
    CHECK_INT(logs_dropped(f->logs), 2);
    CHECK(strstr(logs_fixture_lines(f, "g", "s"), "kedge: 2 lines are missing here"));
}
TEST(lines_that_find_no_room_are_counted_and_said_in_their_stream) {
    logs_fixture_each(0, floods);
}

static void trim(struct logs_fixture *f, int64_t now_ms) {
    static const struct log_bounds wide = {1 << 30, 1 << 30};
    bool more = true;
    while (more) {
        CHECK_OK(log_trim_all(logs_fixture_write(f), &wide, now_ms, &more));
        logs_fixture_end(f);
    }
}

static void retains(struct logs_fixture *f) {
    struct log_group g;
    const int64_t day_ms = 86400000;
    logs_fixture_say(f, "g", "s", 10 * day_ms, "old");
    logs_fixture_say(f, "g", "s", 12 * day_ms, "new");
    const struct log_book *b = logs_fixture_write(f);
    CHECK_OK(log_group_load(b, BYTES("g"), &g));
    g.retention_days = 1;
    CHECK_OK(log_group_save(b, &g));
    logs_fixture_end(f);
    trim(f, 12 * day_ms);
    CHECK_TEXT(logs_fixture_lines(f, "g", "s"), "new,");
}
TEST(lines_older_than_the_retention_of_their_group_go) {
    logs_fixture_each(0, retains);
}

static void forgets_stream(struct logs_fixture *f) {
    struct log_group g;
    logs_fixture_say(f, "g", "one", 1, "first");
    logs_fixture_say(f, "g", "two", 2, "second");
    const struct log_book *b = logs_fixture_write(f);
    CHECK_OK(log_group_load(b, BYTES("g"), &g));
    CHECK_OK(log_stream_delete(b, &g, BYTES("one")));
    CHECK_FAILS(log_stream_delete(b, &g, BYTES("one")), E_NOT_FOUND,
                "The specified log stream does not exist.");
    logs_fixture_end(f);
    trim(f, 3);
    CHECK_TEXT(logs_fixture_lines(f, "g", NULL), "second,");
    b = logs_fixture_read(f);
    CHECK_OK(log_group_load(b, BYTES("g"), &g));
    CHECK(g.size == 6 + LOG_EVENT_OVERHEAD_BYTES && g.stream_count == 1);
    logs_fixture_end(f);
}
TEST(a_deleted_stream_takes_its_lines_along) {
    logs_fixture_each(0, forgets_stream);
}

static void forgets_group(struct logs_fixture *f) {
    struct log_group g;
    logs_fixture_say(f, "g", "s", 1, "first");
    CHECK_OK(log_group_delete(logs_fixture_write(f), BYTES("g")));
    logs_fixture_end(f);
    logs_fixture_say(f, "g", "s", 1, "second");
    trim(f, 3);
    CHECK_TEXT(logs_fixture_lines(f, "g", "s"), "second,");
    const struct log_book *b = logs_fixture_read(f);
    CHECK_OK(log_group_load(b, BYTES("g"), &g));
    CHECK(g.size == 6 + LOG_EVENT_OVERHEAD_BYTES);
    CHECK_FAILS(log_group_load(b, BYTES("h"), &g), E_NOT_FOUND,
                "The specified log group does not exist.");
    logs_fixture_end(f);
}
TEST(a_group_made_again_has_nothing_of_the_deleted_one) {
    logs_fixture_each(0, forgets_group);
}

static void pages(struct logs_fixture *f) {
    struct log_group g;
    struct log_event *events;
    size_t count;
    for (int i = 0; i < 5; i++)
        logs_fixture_say(f, "g", "s", 100 + i, (const char[]){(char)('a' + i), 0});
    const struct log_book *b = logs_fixture_read(f);
    CHECK_OK(log_group_load(b, BYTES("g"), &g));
    struct log_reading r = {.group = g.id, .from_ms = 101, .before_ms = 104, .limit = 2};
    CHECK_OK(log_events_read(b, &r, &events, &count));
    CHECK(count == 2);
    CHECK_BYTES(events[1].message, BYTES("c"));
    r.beyond = &events[1].at;
    CHECK_OK(log_events_read(b, &r, &events, &count));
    CHECK(count == 1);
    CHECK_BYTES(events[0].message, BYTES("d"));
    r.beyond = NULL;
    r.descending = true;
    CHECK_OK(log_events_read(b, &r, &events, &count));
    CHECK_BYTES(events[0].message, BYTES("d"));
    r.beyond = &events[1].at;
    CHECK_OK(log_events_read(b, &r, &events, &count));
    CHECK(count == 1);
    CHECK_BYTES(events[0].message, BYTES("b"));
    logs_fixture_end(f);
}
TEST(events_are_read_by_page_in_both_directions_within_a_time) {
    logs_fixture_each(0, pages);
}

TEST_MAIN("logs")
