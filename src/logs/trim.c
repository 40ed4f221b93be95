#include "logs/trim.h"

#include <stdlib.h>
#include <string.h>

#include "logs/internal.h"

enum { PAGE_ROWS = 500, DAY_MS = 86400000 };

/* ---- removing lines ---- */

/* Removes a line from both tables; *io_size loses what it counted. */
static status remove_event(const struct log_book *b, uint64_t group, const struct log_event *e,
                           uint64_t *io_size) {
    uint64_t size = e->message.len + LOG_EVENT_OVERHEAD_BYTES;
    TRY(store_remove(b->txn, TABLE_LOG_EVENTS, event_key(b, group, e->at)));
    TRY(store_remove(b->txn, TABLE_LOG_BY_STREAM, event_key(b, e->stream, e->at)));
    *io_size -= size < *io_size ? size : *io_size;
    return OK;
}

/* Removes lines of a group from the oldest on: as many as are older than `before_ms`, or as it
 * takes to bring *io_size down to `size_wanted`; at most LOG_TRIM_ROWS_MAX. *out_done: no more of
 * those. */
struct removal {
    uint64_t group, stream; /* stream 0: of all */
    int64_t before_ms;
    uint64_t size_wanted;
};

static status remove_some(const struct log_book *b, const struct removal *what, uint64_t *io_size,
                          uint64_t *io_total, bool *out_done) {
    size_t removed = 0, count;
    uint64_t before = *io_size;
    bool done = *io_size <= what->size_wanted;
    while (!done && removed < LOG_TRIM_ROWS_MAX) {
        AUTO(arena) memory = {0};
        struct log_book page = {b->txn, &memory, b->account};
        struct log_reading reading = {.group = what->group,
                                      .stream = what->stream,
                                      .before_ms = what->before_ms,
                                      .limit = PAGE_ROWS};
        struct log_event *events;
        TRY(log_events_read(&page, &reading, &events, &count));
        for (size_t i = 0; i<count && * io_size> what->size_wanted; i++) {
            TRY(remove_event(&page, what->group, &events[i], io_size));
            removed++;
        }
        done = count < PAGE_ROWS || *io_size <= what->size_wanted;
    }
    uint64_t less = before - *io_size;
    *io_total -= less < *io_total ? less : *io_total;
    *out_done = done;
    return OK;
}

/* The same for a group that is there: its size, and that of all, are kept. */
static status remove_of_group(const struct log_book *b, struct log_group *group, int64_t before_ms,
                              uint64_t size_wanted, bool *out_done) {
    struct removal what = {.group = group->id, .before_ms = before_ms, .size_wanted = size_wanted};
    struct log_totals totals;
    uint64_t size_before = group->size;
    TRY(totals_load(b, &totals));
    TRY(remove_some(b, &what, &group->size, &totals.size, out_done));
    if (size_before == group->size)
        return OK;
    TRY(totals_save(b, &totals));
    return log_group_save(b, group);
}

/* ---- a group that is too large ---- */

status log_trim_group(const struct log_book *b, struct log_group *group,
                      const struct log_bounds *bounds, bool *out_more) {
    bool done = true;
    if (group->size > bounds->group_bytes_max)
        TRY(remove_of_group(b, group, INT64_MAX, bounds->group_bytes_max, &done));
    *out_more = !done;
    return OK;
}

/* ---- what deletions left behind ---- */

/* Lines of a deleted stream still count for its group, if that is still there. */
static status remove_stream_lines(const struct log_book *b, uint64_t stream, bool *out_done) {
    struct scan scan = {.prefix = id_key(b, stream), .limit = 1};
    struct log_group group;
    struct log_book book;
    struct row *rows;
    size_t count;
    *out_done = true;
    TRY(store_scan(b->txn, TABLE_LOG_BY_STREAM, &scan, b->arena, &rows, &count));
    if (count == 0)
        return OK;
    struct removal what = {
        .group = be64_at(rows[0].value, 0), .stream = stream, .before_ms = INT64_MAX};
    struct log_totals totals;
    TRY(totals_load(b, &totals));
    status found = group_by_id(b, what.group, &book, &group);
    if (found != OK && found != E_NOT_FOUND)
        return found;
    uint64_t alone = UINT64_MAX, *size = found == OK ? &group.size : &alone;
    TRY(remove_some(b, &what, size, &totals.size, out_done));
    TRY(totals_save(b, &totals));
    return found == OK ? log_group_save(&book, &group) : OK;
}

/* The names of a deleted group's streams go with its lines. */
static status remove_stream_names(const struct log_book *b, uint64_t group, bool *out_done) {
    struct log_group gone = {.id = group};
    struct log_stream_list list;
    TRY(log_streams_list(b, &gone, (bytes){0}, (bytes){0}, PAGE_ROWS, &list));
    for (size_t i = 0; i < list.count; i++) {
        TRY(store_remove(b->txn, TABLE_LOG_STREAMS, id_name_key(b, group, list.items[i].name)));
        TRY(store_remove(b->txn, TABLE_LOG_NAMES, id_key(b, list.items[i].id)));
    }
    *out_done = list.count < PAGE_ROWS;
    return OK;
}

static status remove_group_lines(const struct log_book *b, uint64_t group, bool *out_done) {
    struct removal what = {.group = group, .before_ms = INT64_MAX};
    struct log_totals totals;
    uint64_t size = UINT64_MAX;
    bool lines_done, names_done;
    TRY(totals_load(b, &totals));
    TRY(remove_some(b, &what, &size, &totals.size, &lines_done));
    TRY(totals_save(b, &totals));
    TRY(remove_stream_names(b, group, &names_done));
    *out_done = lines_done && names_done;
    return OK;
}

static status remove_doomed(const struct log_book *b, bool *out_more) {
    struct scan scan = {.limit = 1};
    struct row *rows;
    size_t count;
    bool done;
    TRY(store_scan(b->txn, TABLE_LOG_DOOMED, &scan, b->arena, &rows, &count));
    *out_more = count > 0;
    if (count == 0)
        return OK;
    uint64_t id = be64_at(rows[0].key, 0);
    TRY(bytes_equal(rows[0].value, BYTES("group")) ? remove_group_lines(b, id, &done)
                                                   : remove_stream_lines(b, id, &done));
    return done ? store_remove(b->txn, TABLE_LOG_DOOMED, rows[0].key) : OK;
}

/* ---- what is too old, and too much in all ---- */

/* Goes through all groups: *out_largest is the one of most bytes. */
static status trim_old(const struct log_book *b, int64_t now_ms, struct log_book *out_book,
                       struct log_group *out_largest, bool *out_more) {
    struct scan scan = {.limit = STORE_SCAN_ROWS_MAX};
    struct row *rows;
    size_t count;
    do {
        TRY(store_scan(b->txn, TABLE_LOG_GROUPS, &scan, b->arena, &rows, &count));
        for (size_t i = 0; i < count; i++) {
            struct log_book book = {b->txn, b->arena, bytes_slice(rows[i].key, 0, 12)};
            struct log_group group;
            bool done = true;
            TRY(group_decode(rows[i].key, rows[i].value, &group));
            if (group.retention_days)
                TRY(remove_of_group(&book, &group, now_ms - (int64_t)group.retention_days * DAY_MS,
                                    0, &done));
            *out_more |= !done;
            if (group.size > out_largest->size) {
                *out_largest = group;
                *out_book = book;
            }
        }
        if (count)
            scan.from = rows[count - 1].key;
        scan.after = true;
    } while (count == STORE_SCAN_ROWS_MAX);
    return OK;
}

status log_trim_all(const struct log_book *b, const struct log_bounds *bounds, int64_t now_ms,
                    bool *out_more) {
    struct log_group largest = {0};
    struct log_totals totals;
    struct log_book book = *b;
    bool more = false, done = true;
    TRY(remove_doomed(b, &more));
    TRY(trim_old(b, now_ms, &book, &largest, &more));
    TRY(totals_load(b, &totals));
    if (totals.size > bounds->bytes_max && largest.size > 0) {
        uint64_t excess = totals.size - bounds->bytes_max + bounds->bytes_max / 20;
        uint64_t wanted = largest.size > excess ? largest.size - excess : 0;
        TRY(remove_of_group(&book, &largest, INT64_MAX, wanted, &done));
    }
    *out_more = more || !done;
    return OK;
}

/* ---- too many streams ---- */

static int by_stillness(const void *left, const void *right) {
    const struct log_stream *l = left, *r = right;
    return l->last_ingestion_ms < r->last_ingestion_ms   ? -1
           : l->last_ingestion_ms > r->last_ingestion_ms ? 1
                                                         : 0;
}

status log_streams_make_room(const struct log_book *b, struct log_group *group) {
    struct log_stream *all = ARENA_ARRAY(b->arena, struct log_stream, LOG_STREAMS_MAX);
    struct log_stream_list list = {0};
    bytes after = {0};
    size_t count = 0;
    do {
        TRY(log_streams_list(b, group, (bytes){0}, after, STORE_SCAN_ROWS_MAX, &list));
        for (size_t i = 0; i < list.count && count < LOG_STREAMS_MAX; i++)
            all[count++] = list.items[i];
        after = list.count ? list.items[list.count - 1].name : after;
    } while (list.count == STORE_SCAN_ROWS_MAX);
    qsort(all, count, sizeof *all, by_stillness);
    for (size_t i = 0; i < count / 10 + 1 && i < count; i++)
        TRY(log_stream_delete(b, group, all[i].name));
    return OK;
}
