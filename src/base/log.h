/* The structured log: one event, one line, one JSON object, on standard error.
 *
 *     struct log_line l;
 *     if (log_begin(&l, LOG_WARN, "connect.refused")) {
 *         log_bytes(&l, "clientId", id);
 *         log_end(&l);
 *     }
 *
 * Only gateway/, api/ and cli/ log; every other folder returns a status. Any thread: a line is one
 * write. Keys are camelCase, events are noun.verb. Secrets and private keys are never logged. */
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

/* log_begin is false when this level is not wanted; then nothing else is to be called. */
bool log_begin(struct log_line *l, enum log_level level, const char *event);
void log_text(struct log_line *l, const char *key, const char *value);
void log_bytes(struct log_line *l, const char *key, bytes value); /* escaped; cut at 1,024 bytes */
void log_u64(struct log_line *l, const char *key, uint64_t value);
void log_end(struct log_line *l);

/* log_event writes a line with one more field, "message". */
void log_event(enum log_level level, const char *event, const char *format, ...) PRINTF(3, 4);
