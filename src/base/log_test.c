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

static void write_sentence(void) {
    char sentence[1024];
    memset(sentence, 'x', sizeof sentence - 1);
    sentence[sizeof sentence - 1] = 0;
    struct log_line l;
    CHECK(log_begin(&l, LOG_WARN, "connect.refused"));
    log_text(&l, "clientId", "lamp");
    log_text(&l, "message", sentence);
    log_end(&l);
}

TEST(a_long_sentence_is_kept_whole) {
    CHECK_INT(strspn(strchr(captured(write_sentence), 'x'), "x"), 1023);
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

/* ---- with the writer's thread ---- */

static unsigned count_lines(int from, const char *part) {
    static char text[1 << 20];
    size_t len = 0;
    for (ssize_t n; (n = read(from, text + len, sizeof text - 1 - len)) > 0;)
        len += (size_t)n;
    text[len] = 0;
    unsigned count = 0;
    for (const char *at = text; (at = strstr(at, part)); at++)
        count++;
    return count;
}

/* Standard error becomes a pipe until put_back, which gives its other end. */
struct detour {
    int ends[2], saved;
};
static struct detour detour_start(void) {
    struct detour d = {.saved = dup(STDERR_FILENO)};
    CHECK(pipe(d.ends) == 0 && d.saved >= 0);
    CHECK(dup2(d.ends[1], STDERR_FILENO) >= 0);
    (void)close(d.ends[1]);
    return d;
}
static int put_back(const struct detour *d) {
    CHECK(dup2(d->saved, STDERR_FILENO) >= 0);
    (void)close(d->saved);
    return d->ends[0];
}

TEST(a_storm_of_one_event_is_summed_up_and_leaves_others_alone) {
    struct detour d = detour_start();
    log_start();
    for (int i = 0; i < 5000; i++)
        log_event(LOG_WARN, "storm.came", "again");
    log_event(LOG_WARN, "other.event", "once");
    log_stop();
    int from = put_back(&d);
    char line[4100];
    FILE *in = fdopen(from, "r");
    unsigned storms = 0, others = 0, summed = 0, suppressed = 0;
    while (fgets(line, sizeof line, in)) {
        storms += strstr(line, "\"event\":\"storm.came\"") != NULL;
        others += strstr(line, "other.event") != NULL;
        const char *count = strstr(line, "\"of\":\"storm.came\",\"count\":");
        if (count && sscanf(strstr(count, "count"), "count\":%u", &suppressed) == 1)
            summed += suppressed;
    }
    (void)fclose(in);
    CHECK(storms >= 200 && storms <= 1000); /* a slow machine takes more than a second */
    CHECK_INT(storms + summed, 5000);
    CHECK_INT(others, 1);
}

TEST(a_standard_error_that_nobody_reads_holds_up_nobody) {
    static const char *const events[] = {"a.a", "b.b", "c.c", "d.d", "e.e", "f.f", "g.g", "h.h"};
    char long_text[1000];
    memset(long_text, 'x', sizeof long_text);
    long_text[sizeof long_text - 1] = 0;
    struct detour d = detour_start();
    log_start();
    for (int i = 0; i < 800; i++) /* 800 KB: the pipe and the ring hold less */
        log_event(LOG_WARN, events[i % 8], "%s", long_text);
    log_stop(); /* nor does the end: it gives up after a second */
    int from = put_back(&d);
    CHECK(count_lines(from, long_text) < 800);
    (void)close(from);
}

TEST_MAIN("base/log")
