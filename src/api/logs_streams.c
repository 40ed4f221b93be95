#include <stdlib.h>

#include "api/logs.h"

enum { PAGE_DEFAULT = 50 };

status logs_create_stream(struct call *c, const struct log_book *b) {
    struct log_group g;
    struct log_stream s;
    TRY(logs_group(c, b, &g));
    return log_stream_create(b, &g, get_text(c->in, M_LOG_STREAM_NAME), c->now_ms, &s);
}

status logs_delete_stream(struct call *c, const struct log_book *b) {
    struct log_group g;
    TRY(logs_group(c, b, &g));
    return log_stream_delete(b, &g, get_text(c->in, M_LOG_STREAM_NAME));
}

/* ---- DescribeLogStreams ---- */

static int by_name(const void *left, const void *right) {
    return bytes_compare(((const struct log_stream *)left)->name,
                         ((const struct log_stream *)right)->name);
}

static int by_last_event(const void *left, const void *right) {
    int64_t l = ((const struct log_stream *)left)->last_event_ms,
            r = ((const struct log_stream *)right)->last_event_ms;
    return l < r ? -1 : l > r ? 1 : by_name(left, right);
}

/* All streams of the group with the prefix: there are at most LOG_STREAMS_MAX. */
static status all_streams(const struct call *c, const struct log_book *b, const struct log_group *g,
                          struct log_stream_list *out) {
    struct log_stream *all = ARENA_ARRAY(c->arena, struct log_stream, LOG_STREAMS_MAX);
    struct log_stream_list page = {0};
    size_t count = 0;
    bytes after = {0};
    do {
        TRY(log_streams_list(b, g, get_text(c->in, M_LOG_STREAM_NAME_PREFIX), after,
                             STORE_SCAN_ROWS_MAX, &page));
        for (size_t i = 0; i < page.count && count < LOG_STREAMS_MAX; i++)
            all[count++] = page.items[i];
        after = page.count ? page.items[page.count - 1].name : after;
    } while (page.count == STORE_SCAN_ROWS_MAX);
    *out = (struct log_stream_list){all, count};
    return OK;
}

static void reverse(struct log_stream_list *list) {
    for (size_t i = 0; i < list->count / 2; i++) {
        struct log_stream swapped = list->items[i];
        list->items[i] = list->items[list->count - 1 - i];
        list->items[list->count - 1 - i] = swapped;
    }
}

/* Where the page begins: after the stream that the token names. */
static status first_of(const struct call *c, const struct log_stream_list *list,
                       size_t *out_first) {
    bytes name;
    size_t first = 0;
    if (has(c->in, M_NEXT_TOKEN)) {
        TRY(logs_token_open(c->arena, get_text(c->in, M_NEXT_TOKEN), &name));
        while (first < list->count && !bytes_equal(list->items[first].name, name))
            first++;
        if (first == list->count)
            return logs_token_invalid();
        first++;
    }
    *out_first = first;
    return OK;
}

static status put_stream(struct call *c, const struct log_book *b, const struct log_group *g,
                         const struct log_stream *s, struct items *list) {
    struct log_reading reading = {
        .group = g->id, .stream = s->id, .before_ms = INT64_MAX, .limit = 1};
    struct log_event *first;
    size_t count;
    struct record *r = add_record(list);
    TRY(log_events_read(b, &reading, &first, &count));
    put_text(r, M_LOG_STREAM_NAME, s->name);
    put_number(r, M_CREATION_TIME, s->created_ms);
    if (count > 0) {
        put_number(r, M_FIRST_EVENT_TIMESTAMP, first->at.timestamp_ms);
        put_number(r, M_LAST_EVENT_TIMESTAMP, s->last_event_ms);
    }
    if (s->last_ingestion_ms)
        put_number(r, M_LAST_INGESTION_TIME, s->last_ingestion_ms);
    put_string(r, M_UPLOAD_SEQUENCE_TOKEN,
               arena_printf(c->arena, "%056llu", (unsigned long long)s->id));
    put_string(r, M_ARN,
               arena_printf(c->arena, "%s:log-stream:%.*s", logs_group_arn(c, g->name),
                            BYTES_ARG(s->name)));
    put_number(r, M_STORED_BYTES, 0); /* always, since 2019 [AWS logs LogStream] */
    return OK;
}

status logs_describe_streams(struct call *c, const struct log_book *b) {
    bool by_event = bytes_equal(get_text(c->in, M_ORDER_BY), BYTES("LastEventTime"));
    size_t limit = (size_t)get_number(c->in, M_LIMIT, PAGE_DEFAULT), at = 0;
    struct log_stream_list list;
    struct log_group g;
    if (by_event && has(c->in, M_LOG_STREAM_NAME_PREFIX))
        return FAIL(E_INVALID, "Cannot order by LastEventTime with a logStreamNamePrefix.");
    TRY(logs_group(c, b, &g));
    TRY(all_streams(c, b, &g, &list));
    if (by_event)
        qsort(list.items, list.count, sizeof *list.items, by_last_event);
    if (get_flag(c->in, M_DESCENDING))
        reverse(&list);
    TRY(first_of(c, &list, &at));
    struct items *out = put_list(c->out, M_LOG_STREAMS);
    for (; at < list.count && out->count < limit; at++)
        TRY(put_stream(c, b, &g, &list.items[at], out));
    if (at < list.count)
        put_text(c->out, M_NEXT_TOKEN, logs_token(c->arena, list.items[at - 1].name));
    return OK;
}
