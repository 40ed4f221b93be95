#include <string.h>

#include "logs/internal.h"
#include "store/record.h"

static const struct field group_fields[] = {
    FIELD(1, struct log_group, id),
    FIELD(2, struct log_group, created_ms),
    FIELD(3, struct log_group, retention_days),
    FIELD(4, struct log_group, size),
    FIELD(5, struct log_group, stream_count),
    FIELD(6, struct log_group, tags),
};
static const struct field stream_fields[] = {
    FIELD(1, struct log_stream, id),
    FIELD(2, struct log_stream, created_ms),
    FIELD(3, struct log_stream, last_event_ms),
    FIELD(4, struct log_stream, last_ingestion_ms),
};
static const struct field totals_fields[] = {
    FIELD(1, struct log_totals, last_id),
    FIELD(2, struct log_totals, size),
};

/* ---- keys and counters ---- */

static bytes join(const struct log_book *b, bytes first, bytes second) {
    uint8_t *key = arena_alloc(b->arena, first.len + second.len + 1);
    if (first.len)
        memcpy(key, first.ptr, first.len);
    if (second.len)
        memcpy(key + first.len, second.ptr, second.len);
    return bytes_of(key, first.len + second.len);
}

bytes id_key(const struct log_book *b, uint64_t id) {
    uint8_t key[ID_BYTES];
    put_be64(key, id);
    return arena_copy(b->arena, bytes_of(key, sizeof key));
}

bytes id_name_key(const struct log_book *b, uint64_t id, bytes name) {
    uint8_t key[ID_BYTES];
    put_be64(key, id);
    return join(b, bytes_of(key, sizeof key), name);
}

bytes event_key(const struct log_book *b, uint64_t owner, struct log_position at) {
    uint8_t key[EVENT_KEY_BYTES];
    put_be64(key, owner);
    put_be64(key + ID_BYTES, (uint64_t)at.timestamp_ms);
    put_be64(key + 2 * ID_BYTES, at.serial);
    return arena_copy(b->arena, bytes_of(key, sizeof key));
}

status totals_load(const struct log_book *b, struct log_totals *out_totals) {
    struct log_totals totals = {0};
    bytes value;
    status s = store_load(b->txn, TABLE_META, BYTES("logs"), b->arena, &value);
    if (s == OK)
        TRY(record_decode(totals_fields, COUNT_OF(totals_fields), value, &totals));
    else if (s != E_NOT_FOUND)
        return s;
    *out_totals = totals;
    return OK;
}

status totals_save(const struct log_book *b, const struct log_totals *totals) {
    AUTO(buf) value = {0};
    record_encode(totals_fields, COUNT_OF(totals_fields), totals, &value);
    return store_save(b->txn, TABLE_META, BYTES("logs"), buf_bytes(&value));
}

status ids_take(const struct log_book *b, uint64_t count, uint64_t *out_first) {
    struct log_totals totals;
    TRY(totals_load(b, &totals));
    *out_first = totals.last_id + 1;
    totals.last_id += count;
    return totals_save(b, &totals);
}

/* ---- groups ---- */

static status no_group(void) {
    return FAIL(E_NOT_FOUND, "The specified log group does not exist."); /* [AWS rules 9] */
}

enum { ACCOUNT_BYTES = 12 };

status group_decode(bytes account_and_name, bytes value, struct log_group *out_group) {
    struct log_group group = {.name = bytes_skip(account_and_name, ACCOUNT_BYTES)};
    TRY(record_decode(group_fields, COUNT_OF(group_fields), value, &group));
    *out_group = group;
    return OK;
}

status log_group_load(const struct log_book *b, bytes name, struct log_group *out_group) {
    bytes value, key = join(b, b->account, name);
    if (name.len == 0 || name.len > LOG_NAME_BYTES_MAX)
        return no_group();
    status s = store_load(b->txn, TABLE_LOG_GROUPS, key, b->arena, &value);
    if (s == E_NOT_FOUND)
        return no_group();
    return s == OK ? group_decode(key, value, out_group) : s;
}

status log_group_save(const struct log_book *b, const struct log_group *group) {
    AUTO(buf) value = {0};
    record_encode(group_fields, COUNT_OF(group_fields), group, &value);
    return store_save(b->txn, TABLE_LOG_GROUPS, join(b, b->account, group->name),
                      buf_bytes(&value));
}

/* Counted only when one is made: that is rare. */
static status check_group_count(const struct log_book *b) {
    AUTO(arena) memory = {0};
    struct log_book counting = {b->txn, &memory, b->account};
    struct log_group_list list = {0};
    size_t count = 0;
    bytes after = {0};
    do {
        TRY(log_groups_list(&counting, (bytes){0}, after, STORE_SCAN_ROWS_MAX, &list));
        count += list.count;
        after = list.count ? list.items[list.count - 1].name : after;
    } while (list.count == STORE_SCAN_ROWS_MAX);
    return count < LOG_GROUPS_MAX ? OK
                                  : FAIL(E_LIMIT,
                                         "Resource limit exceeded: an account has at most "
                                         "%d log groups",
                                         LOG_GROUPS_MAX);
}

status log_group_create(const struct log_book *b, bytes name, bytes tags, int64_t now_ms,
                        struct log_group *out_group) {
    struct log_group group = {.name = name, .created_ms = now_ms, .tags = tags};
    bytes key = join(b, b->account, name);
    bool exists;
    TRY(store_has(b->txn, TABLE_LOG_GROUPS, key, &exists));
    if (exists)
        return FAIL(E_EXISTS, "The specified log group already exists"); /* [AWS rules 9] */
    TRY(check_group_count(b));
    TRY(ids_take(b, 1, &group.id));
    TRY(store_save(b->txn, TABLE_LOG_NAMES, id_key(b, group.id), key));
    TRY(log_group_save(b, &group));
    *out_group = group;
    return OK;
}

status log_group_delete(const struct log_book *b, bytes name) {
    struct log_group group;
    TRY(log_group_load(b, name, &group));
    TRY(store_remove(b->txn, TABLE_LOG_GROUPS, join(b, b->account, name)));
    TRY(store_remove(b->txn, TABLE_LOG_NAMES, id_key(b, group.id)));
    return store_save(b->txn, TABLE_LOG_DOOMED, id_key(b, group.id), BYTES("group"));
}

status group_by_id(const struct log_book *b, uint64_t id, struct log_book *out_book,
                   struct log_group *out_group) {
    bytes name;
    TRY(store_load(b->txn, TABLE_LOG_NAMES, id_key(b, id), b->arena, &name));
    struct log_book book = {b->txn, b->arena, bytes_slice(name, 0, ACCOUNT_BYTES)};
    TRY(log_group_load(&book, bytes_skip(name, ACCOUNT_BYTES), out_group));
    *out_book = book;
    return OK;
}

status log_groups_list(const struct log_book *b, bytes prefix, bytes after, size_t limit,
                       struct log_group_list *out_list) {
    struct scan scan = {.prefix = join(b, b->account, prefix), .limit = limit};
    struct row *rows;
    size_t count;
    if (prefix.len > LOG_NAME_BYTES_MAX || after.len > LOG_NAME_BYTES_MAX)
        return FAIL(E_INVALID, "A log group's name has at most %d bytes", LOG_NAME_BYTES_MAX);
    if (after.len) {
        scan.from = join(b, b->account, after);
        scan.after = true;
    }
    TRY(store_scan(b->txn, TABLE_LOG_GROUPS, &scan, b->arena, &rows, &count));
    struct log_group *groups = ARENA_ARRAY(b->arena, struct log_group, count + 1);
    for (size_t i = 0; i < count; i++)
        TRY(group_decode(rows[i].key, rows[i].value, &groups[i]));
    *out_list = (struct log_group_list){groups, count};
    return OK;
}

/* ---- streams ---- */

static status no_stream(void) {
    return FAIL(E_NOT_FOUND, "The specified log stream does not exist."); /* [AWS rules 9] */
}

status log_stream_load(const struct log_book *b, const struct log_group *group, bytes name,
                       struct log_stream *out_stream) {
    struct log_stream stream = {.name = name};
    bytes value;
    if (name.len == 0 || name.len > LOG_NAME_BYTES_MAX)
        return no_stream();
    status s =
        store_load(b->txn, TABLE_LOG_STREAMS, id_name_key(b, group->id, name), b->arena, &value);
    if (s == E_NOT_FOUND)
        return no_stream();
    TRY(s);
    TRY(record_decode(stream_fields, COUNT_OF(stream_fields), value, &stream));
    *out_stream = stream;
    return OK;
}

status log_stream_save(const struct log_book *b, const struct log_group *group,
                       const struct log_stream *stream) {
    AUTO(buf) value = {0};
    record_encode(stream_fields, COUNT_OF(stream_fields), stream, &value);
    return store_save(b->txn, TABLE_LOG_STREAMS, id_name_key(b, group->id, stream->name),
                      buf_bytes(&value));
}

status log_stream_create(const struct log_book *b, struct log_group *group, bytes name,
                         int64_t now_ms, struct log_stream *out_stream) {
    struct log_stream stream = {.name = name, .created_ms = now_ms};
    bool exists;
    TRY(store_has(b->txn, TABLE_LOG_STREAMS, id_name_key(b, group->id, name), &exists));
    if (exists)
        return FAIL(E_EXISTS, "The specified log stream already exists"); /* [AWS rules 9] */
    if (group->stream_count >= LOG_STREAMS_MAX)
        return FAIL(E_LIMIT, "Resource limit exceeded: a log group has at most %d streams",
                    LOG_STREAMS_MAX);
    TRY(ids_take(b, 1, &stream.id));
    TRY(store_save(b->txn, TABLE_LOG_NAMES, id_key(b, stream.id), id_name_key(b, group->id, name)));
    TRY(log_stream_save(b, group, &stream));
    group->stream_count++;
    TRY(log_group_save(b, group));
    *out_stream = stream;
    return OK;
}

status log_stream_delete(const struct log_book *b, struct log_group *group, bytes name) {
    struct log_stream stream;
    TRY(log_stream_load(b, group, name, &stream));
    TRY(store_remove(b->txn, TABLE_LOG_STREAMS, id_name_key(b, group->id, name)));
    TRY(store_remove(b->txn, TABLE_LOG_NAMES, id_key(b, stream.id)));
    TRY(store_save(b->txn, TABLE_LOG_DOOMED, id_key(b, stream.id), BYTES("stream")));
    group->stream_count--;
    return log_group_save(b, group);
}

status log_stream_name(const struct log_book *b, uint64_t id, bytes *out_name) {
    bytes name;
    TRY(store_load(b->txn, TABLE_LOG_NAMES, id_key(b, id), b->arena, &name));
    *out_name = bytes_skip(name, ID_BYTES);
    return OK;
}

status log_streams_list(const struct log_book *b, const struct log_group *group, bytes prefix,
                        bytes after, size_t limit, struct log_stream_list *out_list) {
    struct scan scan = {.prefix = id_name_key(b, group->id, prefix), .limit = limit};
    struct row *rows;
    size_t count;
    if (prefix.len > LOG_NAME_BYTES_MAX || after.len > LOG_NAME_BYTES_MAX)
        return FAIL(E_INVALID, "A log stream's name has at most %d bytes", LOG_NAME_BYTES_MAX);
    if (after.len) {
        scan.from = id_name_key(b, group->id, after);
        scan.after = true;
    }
    TRY(store_scan(b->txn, TABLE_LOG_STREAMS, &scan, b->arena, &rows, &count));
    struct log_stream *streams = ARENA_ARRAY(b->arena, struct log_stream, count + 1);
    for (size_t i = 0; i < count; i++) {
        streams[i].name = bytes_skip(rows[i].key, ID_BYTES);
        TRY(record_decode(stream_fields, COUNT_OF(stream_fields), rows[i].value, &streams[i]));
    }
    *out_list = (struct log_stream_list){streams, count};
    return OK;
}
