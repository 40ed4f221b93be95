#include "base/log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/testing.h"

/* Runs `write_log` with standard error in a pipe and returns what it wrote. */
static const char *captured(void (*write_log)(void)) {
    static char text[8192];
    int ends[2], saved = dup(STDERR_FILENO);
    CHECK(pipe(ends) == 0 && saved >= 0);
    CHECK(dup2(ends[1], STDERR_FILENO) >= 0);
    write_log();
    CHECK(dup2(saved, STDERR_FILENO) >= 0);
    (void)close(ends[1]);
    (void)close(saved);
    ssize_t n = read(ends[0], text, sizeof text - 1);
    (void)close(ends[0]);
    text[n < 0 ? 0 : n] = 0;
    return text;
}

static void write_hostile(void) {
    struct log_line l;
    CHECK(log_begin(&l, LOG_WARN, "connect.refused"));
    log_bytes(&l, "clientId", BYTES("a\"b\\c\nd\x01\xff"));
    log_u64(&l, "port", 8883);
    log_end(&l);
}

TEST(a_line_is_one_json_object_whatever_a_peer_sent) {
    const char *line = captured(write_hostile);
    CHECK(strstr(line, "\"event\":\"connect.refused\",\"clientId\":"
                       "\"a\\\"b\\\\c\\u000ad\\u0001\\u00ff\",\"port\":8883}\n"));
    CHECK(strchr(line, '\n') == line + strlen(line) - 1);
}

static void write_long(void) {
    static char big[3000];
    memset(big, '\n', sizeof big);
    struct log_line l;
    CHECK(log_begin(&l, LOG_ERROR, "x"));
    for (int i = 0; i < 9; i++)
        log_bytes(&l, "k", bytes_of(big, sizeof big));
    log_end(&l);
}

TEST(a_line_is_bounded_and_still_closed) {
    const char *line = captured(write_long);
    CHECK(strlen(line) < 4100);
    CHECK_TEXT(line + strlen(line) - 2, "}\n");
}

static void write_debug(void) {
    log_event(LOG_DEBUG, "x", "not wanted");
}

TEST(what_is_below_the_level_is_not_written) {
    CHECK_TEXT(captured(write_debug), "");
    enum log_level level;
    CHECK_OK(log_level_parse(BYTES("warn"), &level));
    CHECK_INT(level, LOG_WARN);
    CHECK_FAILS(log_level_parse(BYTES("loud"), &level), E_INVALID, "none of");
}

TEST_MAIN("base/log")
