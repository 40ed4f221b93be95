/* Trimming: what keeps the logs within their bounds, a bounded piece of work at a time. */
#pragma once
#include "logs/event.h"

struct log_bounds {
    uint64_t group_bytes_max, bytes_max;
};
enum { LOG_TRIM_ROWS_MAX = 2000 /* lines removed by one call */ };

/* log_trim_group removes the oldest lines of a group that is too large; *out_more when it still is.
 * Saves the group. */
NODISCARD
status log_trim_group(const struct log_book *b, struct log_group *group,
                      const struct log_bounds *bounds, bool *out_more);
/* log_trim_all removes lines of deleted streams and groups, lines older than their group's
 * retention, and the oldest lines of the largest group when all groups together are too large;
 * *out_more when there is more to do. */
NODISCARD
status log_trim_all(const struct log_book *b, const struct log_bounds *bounds, int64_t now_ms,
                    bool *out_more);
/* log_streams_make_room deletes the tenth of a group's streams that have been still the longest. */
NODISCARD
status log_streams_make_room(const struct log_book *b, struct log_group *group);
