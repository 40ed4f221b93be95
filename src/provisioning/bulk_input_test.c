#include "provisioning/bulk_input.h"
#include "support/testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/kedge-bulk-input-XXXXXX";

static void write_input(bytes content) {
    (void)strcpy(path + strlen(path) - 6, "XXXXXX");
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    CHECK_INT(write(fd, content.ptr, content.len), content.len);
    CHECK_INT(close(fd), 0);
}

/* All lines of the input, batch after batch, as "offset:text|"; a line that is too long as "long".
 */
static void read_all(uint64_t size, struct buf *out) {
    uint64_t offset = 0;
    for (bool more = true; more;) {
        AUTO(input_batch) b = {.count = 0};
        CHECK_OK(input_read(path, offset, size, &b));
        for (size_t i = 0; i < b.count; i++)
            if (b.lines[i].text.ptr)
                buf_printf(out, "%d:%.*s|", (int)b.lines[i].offset, BYTES_ARG(b.lines[i].text));
            else
                buf_printf(out, "%d:long|", (int)b.lines[i].offset);
        more = b.end > offset;
        CHECK(more || b.count == 0);
        offset = b.end;
    }
    CHECK_INT(offset, size);
}

static void check_lines(bytes content, const char *expected) {
    AUTO(buf) lines = {0};
    write_input(content);
    read_all(content.len, &lines);
    CHECK_BYTES(buf_bytes(&lines), bytes_from(expected));
    (void)unlink(path);
}

TEST(lines_come_with_their_offsets_and_empty_ones_do_not) {
    check_lines(BYTES("{1}\n\n  \r\n{2}\r\n{3}"), "0:{1}|9:{2}\r|14:{3}|");
    check_lines(BYTES("{1}\n"), "0:{1}|");
    check_lines(BYTES("\n\n"), "");
    check_lines(BYTES(""), "");
}

TEST(many_lines_come_in_batches_and_none_is_lost) {
    AUTO(buf) content = {0};
    AUTO(buf) expected = {0};
    for (int i = 0; i < 3 * BULK_BATCH_LINES + 1; i++) {
        buf_printf(&expected, "%d:%d|", (int)content.len, i);
        buf_printf(&content, "%d\n", i);
    }
    check_lines(buf_bytes(&content), buf_string(&expected));
}

TEST(a_line_that_is_too_long_is_one_failed_line_however_long_it_is) {
    static const size_t lengths[] = {BULK_LINE_BYTES_MAX + 1, 1 << 20, (1 << 20) + 1, 3 << 20};
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        AUTO(buf) content = {0};
        char expected[64];
        buf_text(&content, "a\n");
        memset(buf_reserve(&content, lengths[i]), 'x', lengths[i]);
        content.len += lengths[i];
        buf_text(&content, "\nb\n");
        (void)snprintf(expected, sizeof expected, "0:a|2:long|%zu:b|", lengths[i] + 3);
        check_lines(buf_bytes(&content), expected);
    }
}

TEST(a_file_that_has_become_shorter_or_is_gone_fails) {
    AUTO(input_batch) b = {.count = 0};
    uint64_t size;
    write_input(BYTES("{1}\n"));
    CHECK_OK(input_measure(path, &size));
    CHECK_INT(size, 4);
    CHECK_FAILS(input_read(path, 0, 5, &b), E_INVALID, "has become shorter");
    (void)unlink(path);
    CHECK_FAILS(input_read(path, 0, 4, &b), E_INVALID, "cannot be read");
    CHECK_FAILS(input_measure("/tmp", &size), E_INVALID, "not a plain file");
}

TEST(names_lead_nowhere_else) {
    static const char *const bad[][2] = {{"..", "x"},        {".", "x"},           {"b", "../x"},
                                         {"b", "a/../../x"}, {"b", "/etc/passwd"}, {"b", "a//b"},
                                         {"b/c", "x"},       {"b", "x/"}};
    AUTO(arena) a = {0};
    const char *found;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        CHECK_FAILS(input_path(&a, "/b", bytes_from(bad[i][0]), bytes_from(bad[i][1]), &found),
                    E_INVALID, "does not name a file in a bucket");
    CHECK_OK(input_path(&a, "/b", BYTES("ledger"), BYTES("2026/x.json"), &found));
    CHECK_TEXT(found, "/b/ledger/2026/x.json");
}

TEST_MAIN("provisioning/bulk_input")
