/* The book: groups and streams of one account, in a transaction of the logs' store.
 *
 *     LOG_GROUPS     account, name           → the group
 *     LOG_STREAMS    group id, name          → the stream
 *     LOG_NAMES      id                      → of a group: account, name; of a stream: group id,
 * name LOG_EVENTS     group id, time, serial  → stream id, ingestion time, message LOG_BY_STREAM
 * stream id, time, serial → group id LOG_DOOMED     id                      → what was deleted and
 * still has lines META           "logs"                  → the last id or serial given, the bytes
 * in all groups
 *
 * Ids are numbers never used again, big-endian in keys, so that lines lie in the order of time.
 * Deleting only removes names; the lines go afterwards, a page at a time (trim.h). */
#pragma once
#include "logs/logs.h"
#include "store/store.h"

struct log_book {
    struct txn *txn;
    struct arena *arena;
    bytes account;
};

enum {
    LOG_GROUPS_MAX = 10000,  /* of an account */
    LOG_STREAMS_MAX = 10000, /* of a group */
    LOG_TAGS_MAX = 50        /* of a group */
};

struct log_group {
    bytes name;
    uint64_t id;
    int64_t created_ms;
    uint64_t retention_days; /* 0: for ever, as far as there is room */
    uint64_t size;           /* bytes, as AWS counts them: 26 more than each message */
    uint64_t stream_count;
    bytes tags; /* a list (store/record.h) of keys and values in turn */
};

/* log_group_create: E_EXISTS, E_LIMIT. */
NODISCARD
status log_group_create(const struct log_book *b, bytes name, bytes tags, int64_t now_ms,
                        struct log_group *out_group);
NODISCARD
status log_group_load(const struct log_book *b, bytes name, struct log_group *out_group);
NODISCARD
status log_group_save(const struct log_book *b, const struct log_group *group);
NODISCARD
status log_group_delete(const struct log_book *b, bytes name);

struct log_group_list {
    struct log_group *items;
    size_t count;
};
/* log_groups_list gives up to `limit` groups by name that start with `prefix` and come after the
 * name `after` (none: from the first). */
NODISCARD
status log_groups_list(const struct log_book *b, bytes prefix, bytes after, size_t limit,
                       struct log_group_list *out_list);

struct log_stream {
    bytes name;
    uint64_t id;
    int64_t created_ms;
    int64_t last_event_ms, last_ingestion_ms; /* 0: never any */
};

/* log_stream_create: E_EXISTS, E_LIMIT. Counts in `group` and saves it. */
NODISCARD
status log_stream_create(const struct log_book *b, struct log_group *group, bytes name,
                         int64_t now_ms, struct log_stream *out_stream);
NODISCARD
status log_stream_load(const struct log_book *b, const struct log_group *group, bytes name,
                       struct log_stream *out_stream);
NODISCARD
status log_stream_save(const struct log_book *b, const struct log_group *group,
                       const struct log_stream *stream);
NODISCARD
status log_stream_delete(const struct log_book *b, struct log_group *group, bytes name);
/* log_stream_name finds the name of a stream by its id; E_NOT_FOUND when it was deleted. */
NODISCARD
status log_stream_name(const struct log_book *b, uint64_t id, bytes *out_name);

struct log_stream_list {
    struct log_stream *items;
    size_t count;
};
NODISCARD
status log_streams_list(const struct log_book *b, const struct log_group *group, bytes prefix,
                        bytes after, size_t limit, struct log_stream_list *out_list);
