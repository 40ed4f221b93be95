#include <stdio.h>
#include <string.h>

#include "api/logs.h"
#include "logs/filter.h"

enum {
    EVENTS_MAX = 10000,         /* of an answer [AWS logs GetLogEvents] */
    ANSWER_BYTES_MAX = 1 << 20, /* of its messages */
    PUT_BYTES_MAX = 1048576,    /* of a request's messages, 26 more for each */
    PAGE_ROWS = 100,
    LOOKED_AT_MAX = 50000, /* lines that one answer looks at; its token goes on behind them */
    HOUR_MS = 3600000,
    DAY_MS = 24 * HOUR_MS,
    EVENT_ID_DIGITS = 56
};

/* ---- positions as texts: ids of events, and tokens ---- */

static const char *event_id(struct arena *a, struct log_position at) {
    return arena_printf(a, "%020lld%036llu", (long long)at.timestamp_ms,
                        (unsigned long long)at.serial);
}

static status event_id_read(bytes id, struct log_position *out) {
    uint64_t time, serial;
    if (id.len != EVENT_ID_DIGITS || bytes_to_u64(bytes_slice(id, 0, 20), INT64_MAX, &time) != OK ||
        bytes_to_u64(bytes_slice(id, 20, 36), UINT64_MAX, &serial) != OK)
        return logs_token_invalid();
    *out = (struct log_position){(int64_t)time, serial};
    return OK;
}

/* ---- PutLogEvents ---- */

static status check_order(const struct items *events) {
    int64_t last = 0, first = -1;
    size_t size = 0;
    VALUES_EACH(v, events) {
        int64_t at = get_number(v->record, M_TIMESTAMP, 0);
        size_t len = get_text(v->record, M_MESSAGE).len + LOG_EVENT_OVERHEAD_BYTES;
        if (at < last) /* [AWS rules 9] */
            return FAIL(E_INVALID, "Log events in a single PutLogEvents request must be in "
                                   "chronological order.");
        if (first < 0)
            first = at;
        if (at - first > DAY_MS)
            return FAIL(E_INVALID, "The batch of log events in a single PutLogEvents request "
                                   "cannot span more than 24 hours.");
        if (len > LOG_MESSAGE_BYTES_MAX)
            return FAIL(E_INVALID, "Log event too large: %zu bytes exceeds limit of %d", len,
                        LOG_MESSAGE_BYTES_MAX);
        size += len;
        last = at;
    }
    return size <= PUT_BYTES_MAX
               ? OK
               : FAIL(E_INVALID, "Upload too large: %zu bytes exceeds limit of %d", size,
                      PUT_BYTES_MAX);
}

/* How many of the first ones come too late, and from which on they come too early. */
struct rejected {
    size_t too_old, expired, too_new;
};

static struct rejected reject(const struct call *c, const struct log_group *g,
                              const struct log_entry *entries, size_t count) {
    struct rejected r = {0, 0, count};
    for (size_t i = 0; i < count; i++) {
        int64_t age = c->now_ms - entries[i].timestamp_ms;
        if (g->retention_days && age > (int64_t)g->retention_days * DAY_MS)
            r.expired = i + 1;
        if (age > 14LL * DAY_MS)
            r.too_old = i + 1;
        if (age < -2LL * HOUR_MS && r.too_new == count)
            r.too_new = i;
    }
    return r;
}

static void put_rejected(struct call *c, const struct rejected *r, size_t count) {
    if (r->too_old == 0 && r->expired == 0 && r->too_new == count)
        return;
    struct record *out = put_record(c->out, M_REJECTED_LOG_EVENTS_INFO);
    if (r->too_new < count)
        put_number(out, M_TOO_NEW_LOG_EVENT_START_INDEX, (int64_t)r->too_new);
    if (r->too_old)
        put_number(out, M_TOO_OLD_LOG_EVENT_END_INDEX, (int64_t)r->too_old);
    if (r->expired)
        put_number(out, M_EXPIRED_LOG_EVENT_END_INDEX, (int64_t)r->expired);
}

status logs_put_events(struct call *c, const struct log_book *b) {
    const struct items *events = get_list(c->in, M_LOG_EVENTS);
    struct log_entry *entries = ARENA_ARRAY(c->arena, struct log_entry, events->count + 1);
    struct log_group g;
    struct log_stream s;
    size_t count = 0;
    TRY(check_order(events));
    TRY(logs_group(c, b, &g));
    TRY(log_stream_load(b, &g, get_text(c->in, M_LOG_STREAM_NAME), &s));
    VALUES_EACH(v, events)
    entries[count++] =
        (struct log_entry){get_number(v->record, M_TIMESTAMP, 0), get_text(v->record, M_MESSAGE)};
    struct rejected r = reject(c, &g, entries, count);
    size_t first = r.too_old > r.expired ? r.too_old : r.expired;
    if (first < r.too_new)
        TRY(log_events_write(b, &g, &s, entries + first, r.too_new - first, c->now_ms));
    put_string(c->out, M_NEXT_SEQUENCE_TOKEN,
               arena_printf(c->arena, "%056llu", (unsigned long long)s.id));
    put_rejected(c, &r, count);
    return OK;
}

/* ---- GetLogEvents ---- */

/* The end of what is asked for; times of the API may be left out. */
static int64_t time_of(const struct call *c, unsigned member, int64_t otherwise) {
    return get_number(c->in, member, otherwise);
}

/* "f/ID" goes on after the event, "b/ID" before it. */
static status token_read(const struct call *c, struct log_reading *r, struct log_position *at) {
    bytes token = get_text(c->in, M_NEXT_TOKEN);
    if (!has(c->in, M_NEXT_TOKEN))
        return OK;
    bool forward = bytes_start_with(token, BYTES("f/"));
    if (!forward && !bytes_start_with(token, BYTES("b/")))
        return logs_token_invalid();
    TRY(event_id_read(bytes_skip(token, 2), at));
    r->descending = !forward;
    r->beyond = at;
    return OK;
}

struct gathered {
    struct log_event *items; /* in the order of reading */
    size_t count, size;
};

/* Reads as many as fit into an answer, a page at a time. */
static status gather(const struct log_book *b, struct log_reading r, size_t limit,
                     struct gathered *out) {
    struct log_position beyond;
    struct log_event *page;
    size_t count;
    out->items = ARENA_ARRAY(b->arena, struct log_event, limit);
    do {
        r.limit = limit - out->count < PAGE_ROWS ? limit - out->count : PAGE_ROWS;
        TRY(log_events_read(b, &r, &page, &count));
        for (size_t i = 0; i < count; i++) {
            out->size += page[i].message.len + LOG_EVENT_OVERHEAD_BYTES;
            if (out->size > ANSWER_BYTES_MAX && out->count > 0)
                return OK;
            out->items[out->count++] = page[i];
            beyond = page[i].at;
            r.beyond = &beyond;
        }
    } while (count == r.limit && out->count < limit);
    return OK;
}

static struct record *put_event(struct items *list, const struct log_event *e) {
    struct record *r = add_record(list);
    put_number(r, M_TIMESTAMP, e->at.timestamp_ms);
    put_text(r, M_MESSAGE, e->message);
    put_number(r, M_INGESTION_TIME, e->ingestion_ms);
    return r;
}

/* Without events both tokens stay where the caller was: that is how the end shows [AWS rules 9]. */
static void put_tokens(struct call *c, const struct log_reading *r, const struct gathered *g) {
    struct log_position here = r->beyond       ? *r->beyond
                               : r->descending ? (struct log_position){r->before_ms - 1, 0}
                                               : (struct log_position){r->from_ms, 0};
    struct log_position first = here, last = here;
    if (g->count > 0) {
        first = g->items[r->descending ? g->count - 1 : 0].at;
        last = g->items[r->descending ? 0 : g->count - 1].at;
    }
    put_string(c->out, M_NEXT_FORWARD_TOKEN,
               arena_printf(c->arena, "f/%s", event_id(c->arena, last)));
    put_string(c->out, M_NEXT_BACKWARD_TOKEN,
               arena_printf(c->arena, "b/%s", event_id(c->arena, first)));
}

status logs_get_events(struct call *c, const struct log_book *b) {
    struct log_group g;
    struct log_stream s;
    struct log_position at;
    struct gathered events = {0};
    TRY(logs_group(c, b, &g));
    TRY(log_stream_load(b, &g, get_text(c->in, M_LOG_STREAM_NAME), &s));
    struct log_reading r = {.group = g.id,
                            .stream = s.id,
                            .from_ms = time_of(c, M_START_TIME, 0),
                            .before_ms = time_of(c, M_END_TIME, INT64_MAX),
                            .descending = !get_flag(c->in, M_START_FROM_HEAD)};
    TRY(token_read(c, &r, &at));
    TRY(gather(b, r, (size_t)get_number(c->in, M_LIMIT, EVENTS_MAX), &events));
    struct items *list = put_list(c->out, M_EVENTS);
    for (size_t i = 0; i < events.count; i++)
        (void)put_event(list, &events.items[r.descending ? events.count - 1 - i : i]);
    put_tokens(c, &r, &events);
    return OK;
}

/* ---- FilterLogEvents ---- */

/* The streams asked for; none: all. */
struct wanted {
    uint64_t *ids;
    size_t count;
    bool all;
};

static status want_named(const struct call *c, const struct log_book *b, const struct log_group *g,
                         struct wanted *out) {
    const struct items *names = get_list(c->in, M_LOG_STREAM_NAMES);
    out->ids = ARENA_ARRAY(c->arena, uint64_t, names->count + 1);
    VALUES_EACH(v, names) {
        struct log_stream s;
        TRY(log_stream_load(b, g, v->text, &s));
        out->ids[out->count++] = s.id;
    }
    return OK;
}

static status want_prefix(const struct call *c, const struct log_book *b, const struct log_group *g,
                          struct wanted *out) {
    struct log_stream_list page;
    bytes after = {0};
    out->ids = ARENA_ARRAY(c->arena, uint64_t, LOG_STREAMS_MAX);
    do {
        TRY(log_streams_list(b, g, get_text(c->in, M_LOG_STREAM_NAME_PREFIX), after,
                             STORE_SCAN_ROWS_MAX, &page));
        for (size_t i = 0; i < page.count && out->count < LOG_STREAMS_MAX; i++)
            out->ids[out->count++] = page.items[i].id;
        after = page.count ? page.items[page.count - 1].name : after;
    } while (page.count == STORE_SCAN_ROWS_MAX);
    return OK;
}

static status want(const struct call *c, const struct log_book *b, const struct log_group *g,
                   struct wanted *out) {
    bool named = has(c->in, M_LOG_STREAM_NAMES), prefix = has(c->in, M_LOG_STREAM_NAME_PREFIX);
    if (named && prefix)
        return FAIL(E_INVALID, "logStreamNames and logStreamNamePrefix are mutually exclusive "
                               "parameters.");
    if (named)
        return want_named(c, b, g, out);
    if (prefix)
        return want_prefix(c, b, g, out);
    out->all = true;
    return OK;
}

static bool is_wanted(const struct wanted *w, uint64_t stream) {
    for (size_t i = 0; i < w->count; i++)
        if (w->ids[i] == stream)
            return true;
    return w->all;
}

/* One answer being put together. */
struct filtering {
    struct call *call;
    const struct log_book *book;
    struct wanted wanted;
    const struct log_filter *filter;
    struct items *list;
    size_t limit, size, looked_at;
    struct log_position last; /* that was looked at */
    uint64_t named;           /* the stream that `name` is of; 0: none */
    bytes name;
};

/* Streams come in runs, so the last name is kept. A stream without a name was deleted. */
static bool find_name(struct filtering *f, uint64_t stream) {
    if (f->named != stream && log_stream_name(f->book, stream, &f->name) != OK)
        return false;
    f->named = stream;
    return true;
}

/* False when the answer is full. */
static bool take(struct filtering *f, const struct log_event *e) {
    if (!is_wanted(&f->wanted, e->stream) || !log_filter_matches(f->filter, e->message) ||
        !find_name(f, e->stream))
        return true;
    size_t size = f->size + e->message.len + LOG_EVENT_OVERHEAD_BYTES;
    if (f->list->count == f->limit || (size > ANSWER_BYTES_MAX && f->list->count > 0))
        return false;
    struct log_event kept = *e;
    kept.message = arena_copy(f->call->arena, e->message);
    struct record *r = put_event(f->list, &kept);
    put_text(r, M_LOG_STREAM_NAME, f->name); /* lives in the call's arena */
    put_string(r, M_EVENT_ID, event_id(f->call->arena, e->at));
    f->size = size;
    return true;
}

/* Looks at lines until the answer is full, or has looked long enough: *out_more. */
static status look(struct filtering *f, struct log_reading r, bool *out_more) {
    size_t count;
    do {
        AUTO(arena) memory = {0};
        struct log_book page = {f->book->txn, &memory, f->book->account};
        struct log_event *events;
        r.limit = PAGE_ROWS;
        TRY(log_events_read(&page, &r, &events, &count));
        for (size_t i = 0; i < count; i++) {
            if (!take(f, &events[i])) {
                *out_more = true;
                return OK;
            }
            f->last = events[i].at;
            r.beyond = &f->last;
        }
        f->looked_at += count;
    } while (count == PAGE_ROWS && f->looked_at < LOOKED_AT_MAX);
    *out_more = count == PAGE_ROWS;
    return OK;
}

status logs_filter_events(struct call *c, const struct log_book *b) {
    struct filtering f = {.call = c, .book = b};
    struct log_group g;
    bytes token = {0};
    bool more;
    TRY(logs_group(c, b, &g));
    TRY(log_filter_parse(c->arena, get_text(c->in, M_FILTER_PATTERN), &f.filter));
    TRY(want(c, b, &g, &f.wanted));
    int64_t end_ms = time_of(c, M_END_TIME, INT64_MAX - 1);
    struct log_reading r = {.group = g.id,
                            .stream = f.wanted.count == 1 ? f.wanted.ids[0] : 0,
                            .from_ms = time_of(c, M_START_TIME, 0),
                            .before_ms = end_ms < INT64_MAX ? end_ms + 1 : end_ms};
    if (has(c->in, M_NEXT_TOKEN)) {
        TRY(logs_token_open(c->arena, get_text(c->in, M_NEXT_TOKEN), &token));
        TRY(event_id_read(token, &f.last));
        r.beyond = &f.last;
    }
    f.limit = (size_t)get_number(c->in, M_LIMIT, EVENTS_MAX);
    f.list = put_list(c->out, M_EVENTS);
    (void)put_list(c->out, M_SEARCHED_LOG_STREAMS); /* always empty by now, as AWS's */
    TRY(look(&f, r, &more));
    if (more)
        put_text(c->out, M_NEXT_TOKEN,
                 logs_token(c->arena, bytes_from(event_id(c->arena, f.last))));
    return OK;
}
