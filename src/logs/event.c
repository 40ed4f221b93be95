#include "logs/event.h"

#include <string.h>

#include "logs/internal.h"

/* ---- writing ---- */

static uint64_t size_of(bytes message) {
    return message.len + LOG_EVENT_OVERHEAD_BYTES;
}

static status write_one(const struct log_book *b, uint64_t group, uint64_t stream,
                        struct log_position at, const struct log_entry *e, int64_t now_ms,
                        struct buf *value) {
    uint8_t head[2 * ID_BYTES], key[EVENT_KEY_BYTES];
    put_be64(head, stream);
    put_be64(head + ID_BYTES, (uint64_t)now_ms);
    buf_clear(value);
    buf_append(value, bytes_of(head, sizeof head));
    buf_append(value, e->message);
    put_be64(key, group);
    put_be64(key + ID_BYTES, (uint64_t)at.timestamp_ms);
    put_be64(key + 2 * ID_BYTES, at.serial);
    TRY(store_save(b->txn, TABLE_LOG_EVENTS, bytes_of(key, sizeof key), buf_bytes(value)));
    bytes group_id = arena_copy(b->arena, bytes_of(key, ID_BYTES));
    put_be64(key, stream);
    return store_save(b->txn, TABLE_LOG_BY_STREAM, bytes_of(key, sizeof key), group_id);
}

status log_events_write(const struct log_book *b, struct log_group *group,
                        struct log_stream *stream, const struct log_entry *entries, size_t count,
                        int64_t now_ms) {
    AUTO(buf) value = {0};
    struct log_totals totals;
    TRY(totals_load(b, &totals));
    for (size_t i = 0; i < count; i++) {
        struct log_entry e = entries[i];
        e.timestamp_ms = e.timestamp_ms < 0 ? 0 : e.timestamp_ms;
        e.message = bytes_slice(e.message, 0, LOG_MESSAGE_BYTES_MAX);
        struct log_position at = {e.timestamp_ms, ++totals.last_id};
        TRY(write_one(b, group->id, stream->id, at, &e, now_ms, &value));
        totals.size += size_of(e.message);
        group->size += size_of(e.message);
        if (e.timestamp_ms > stream->last_event_ms)
            stream->last_event_ms = e.timestamp_ms;
    }
    stream->last_ingestion_ms = now_ms;
    TRY(totals_save(b, &totals));
    TRY(log_stream_save(b, group, stream));
    return log_group_save(b, group);
}

/* ---- reading ---- */

static status decode(bytes key, bytes value, struct log_event *out) {
    if (key.len != EVENT_KEY_BYTES || value.len < 2 * ID_BYTES)
        return FAIL(E_INTERNAL, "a line of the logs is damaged");
    *out = (struct log_event){
        .at = {(int64_t)be64_at(key, ID_BYTES), be64_at(key, 2 * ID_BYTES)},
        .stream = be64_at(value, 0),
        .ingestion_ms = (int64_t)be64_at(value, ID_BYTES),
        .message = bytes_skip(value, 2 * ID_BYTES),
    };
    return OK;
}

/* A row of the index leads to the line; between the two pages it cannot go. */
static status follow(const struct log_book *b, const struct row *index, struct log_event *out) {
    uint8_t key[EVENT_KEY_BYTES];
    bytes value;
    if (index->key.len != EVENT_KEY_BYTES || index->value.len != ID_BYTES)
        return FAIL(E_INTERNAL, "the index of a log stream is damaged");
    memcpy(key, index->key.ptr, sizeof key);
    memcpy(key, index->value.ptr, ID_BYTES);
    TRY(store_load(b->txn, TABLE_LOG_EVENTS, bytes_of(key, sizeof key), b->arena, &value));
    return decode(bytes_of(key, sizeof key), value, out);
}

/* Where the stretch begins, in its direction. */
static struct scan scan_of(const struct log_book *b, const struct log_reading *r) {
    uint64_t owner = r->stream ? r->stream : r->group;
    struct scan scan = {.prefix = id_key(b, owner), .descending = r->descending, .limit = r->limit};
    struct log_position first = {r->descending ? r->before_ms : r->from_ms, 0};
    if (r->beyond && (r->descending ? r->beyond->timestamp_ms < first.timestamp_ms
                                    : r->beyond->timestamp_ms >= first.timestamp_ms)) {
        first = *r->beyond;
        scan.after = true;
    }
    scan.from = event_key(b, owner, first);
    return scan;
}

static bool is_within(const struct log_reading *r, const struct row *row) {
    int64_t at = (int64_t)be64_at(row->key, ID_BYTES);
    return at >= r->from_ms && at < r->before_ms;
}

status log_events_read(const struct log_book *b, const struct log_reading *reading,
                       struct log_event **out_events, size_t *out_count) {
    enum table table = reading->stream ? TABLE_LOG_BY_STREAM : TABLE_LOG_EVENTS;
    struct scan scan = scan_of(b, reading);
    struct row *rows;
    size_t found, count = 0;
    TRY(store_scan(b->txn, table, &scan, b->arena, &rows, &found));
    struct log_event *events = ARENA_ARRAY(b->arena, struct log_event, found + 1);
    while (count < found && is_within(reading, &rows[count])) {
        if (reading->stream)
            TRY(follow(b, &rows[count], &events[count]));
        else
            TRY(decode(rows[count].key, rows[count].value, &events[count]));
        count++;
    }
    *out_events = events;
    *out_count = count;
    return OK;
}
