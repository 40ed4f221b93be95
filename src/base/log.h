/* The structured log: one event, one line, one JSON object, on standard error.
 *
 *     struct log_line l;
 *     if (log_begin(&l, LOG_WARN, "connect.refused")) {
 *         log_bytes(&l, "clientId", id);
 *         log_end(&l);
 *     }
 *
 * Only gateway/, api/ and cli/ log; every other folder returns a status. Any thread: a line is one
 * write, and while the writer runs (log_start) nobody waits for it: a thread takes the lines on. Of
 * one event at most 200 lines a second are kept then; "log.suppressed" says how many were not. Keys
 * are camelCase, events are noun.verb. Secrets and private keys are never logged. */
#pragma once
#include "base/bytes.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_OFF };

struct log_line {
    size_t len;
    char text[4000];
};

void log_set_level(enum log_level least);
/* log_level_parse reads "debug", "info", "warn", "error" or "off". */
NODISCARD
status log_level_parse(bytes text, enum log_level *out_level);

/* log_start starts the thread that writes: standard error may be a pipe that nobody reads, and loop
 * threads log. log_stop waits at most a second for what is left. Without it lines are written at
 * once. */
void log_start(void);
void log_stop(void);

/* log_begin is false when this level is not wanted, or there were too many of this event; then
 * nothing else is to be called. */
bool log_begin(struct log_line *l, enum log_level level, const char *event);
void log_text(struct log_line *l, const char *key, const char *value);
void log_bytes(struct log_line *l, const char *key, bytes value); /* escaped; cut at 1,024 bytes */
void log_u64(struct log_line *l, const char *key, uint64_t value);
void log_end(struct log_line *l);

/* log_event writes a line with one more field, "message". */
void log_event(enum log_level level, const char *event, const char *format, ...) PRINTF(3, 4);
