#include "logs/fixture.h"

#include <stdio.h>

#include "support/testing.h"

#define ACCOUNT BYTES("111111111111")

void logs_fixture_each(uint64_t group_bytes_max, void (*check)(struct logs_fixture *f)) {
    static const struct store_ops *const all[] = {&store_memory, &store_sqlite};
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        struct logs_fixture f = {.place = store_fixture_open(all[i])};
        store_close(TAKE(f.place.store));
        f.config = (struct logs_config){
            .ops = all[i], .folder = f.place.directory, .group_bytes_max = group_bytes_max};
        CHECK_OK(logs_open(&f.config, &f.logs));
        check(&f);
        logs_close(f.logs);
        arena_done(&f.arena);
        store_fixture_done(&f.place);
    }
}

void logs_fixture_reopen(struct logs_fixture *f) {
    logs_close(f->logs);
    CHECK_OK(logs_open(&f->config, &f->logs));
}

void logs_fixture_say(struct logs_fixture *f, const char *group, const char *stream,
                      int64_t timestamp_ms, const char *message) {
    struct log_entry e = {timestamp_ms, bytes_from(message)};
    logs_append(f->logs, ACCOUNT, bytes_from(group), bytes_from(stream), &e, 1);
}

const struct log_book *logs_fixture_read(struct logs_fixture *f) {
    logs_settle(f->logs);
    f->book = (struct log_book){NULL, &f->arena, ACCOUNT};
    CHECK_OK(logs_begin_read(f->logs, &f->book.txn));
    return &f->book;
}

const struct log_book *logs_fixture_write(struct logs_fixture *f) {
    logs_settle(f->logs);
    f->book = (struct log_book){NULL, &f->arena, ACCOUNT};
    CHECK_OK(logs_begin_write(f->logs, &f->book.txn));
    f->writes = true;
    return &f->book;
}

void logs_fixture_end(struct logs_fixture *f) {
    if (f->writes)
        CHECK_OK(store_commit(f->book.txn));
    else
        store_rollback(f->book.txn);
    f->book.txn = NULL;
    f->writes = false;
}

static void read_lines(const struct log_book *b, const char *group, const char *stream,
                       struct buf *out) {
    struct log_group g;
    struct log_stream s = {.id = 0};
    struct log_event *events;
    size_t count;
    CHECK_OK(log_group_load(b, bytes_from(group), &g));
    if (stream)
        CHECK_OK(log_stream_load(b, &g, bytes_from(stream), &s));
    struct log_reading reading = {
        .group = g.id, .stream = s.id, .before_ms = INT64_MAX, .limit = STORE_SCAN_ROWS_MAX};
    CHECK_OK(log_events_read(b, &reading, &events, &count));
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "%.*s,", BYTES_ARG(events[i].message));
}

const char *logs_fixture_lines(struct logs_fixture *f, const char *group, const char *stream) {
    AUTO(buf) text = {0};
    read_lines(logs_fixture_read(f), group, stream, &text);
    logs_fixture_end(f);
    return arena_string(&f->arena, buf_bytes(&text));
}
