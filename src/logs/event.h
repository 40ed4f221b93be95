/* Events: the lines themselves, written and read in the order of their time. */
#pragma once
#include "logs/book.h"

enum { LOG_EVENT_OVERHEAD_BYTES = 26 /* as AWS counts [AWS logs PutLogEvents] */ };

/* Where an event stands among those of its group or stream: no two stand in one place. */
struct log_position {
    int64_t timestamp_ms;
    uint64_t serial;
};

/* log_events_write adds entries to a stream, in their order, and counts them in `group` and
 * `stream`, which it saves. */
NODISCARD
status log_events_write(const struct log_book *b, struct log_group *group,
                        struct log_stream *stream, const struct log_entry *entries, size_t count,
                        int64_t now_ms);

struct log_event {
    struct log_position at;
    uint64_t stream; /* its id */
    int64_t ingestion_ms;
    bytes message;
};

/* What to read: of a group, or of one of its streams. */
struct log_reading {
    uint64_t group, stream;     /* stream 0: of all */
    int64_t from_ms, before_ms; /* from_ms ≤ timestamp < before_ms */
    bool descending;
    const struct log_position *beyond; /* go on after (descending: before) it; NULL: from the end */
    size_t limit;                      /* 1 – STORE_SCAN_ROWS_MAX */
};
/* log_events_read copies events into the book's arena; fewer than the limit mean that there are no
 * more. Events of deleted streams may be among those of a group: log_stream_name tells. */
NODISCARD
status log_events_read(const struct log_book *b, const struct log_reading *reading,
                       struct log_event **out_events, size_t *out_count);
