/* kedge logs: groups, or the lines of one, read beside the server. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "account/account.h"
#include "base/clock.h"
#include "cli/cli.h"
#include "logs/event.h"

enum {
    PAGE_ROWS = 500,
    LOOK_MS = 500,         /* between two looks with --follow */
    LATE_MS = 10000,       /* lines are written that much after their time, at most */
    SINCE_MS = 10 * 60000, /* without --since */
};

/* "30s", "10m", "2h", "7d". */
static status read_since(const char *text, int64_t *out_ms) {
    static const struct {
        char unit;
        int64_t ms;
    } units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}};
    size_t len = text ? strlen(text) : 0;
    uint64_t number;
    *out_ms = SINCE_MS;
    if (!text)
        return OK;
    for (size_t i = 0; i < COUNT_OF(units) && len > 1; i++)
        if (text[len - 1] == units[i].unit &&
            bytes_to_u64(bytes_of(text, len - 1), 100000, &number) == OK) {
            *out_ms = (int64_t)number * units[i].ms;
            return OK;
        }
    return FAIL(E_INVALID, "--since takes a time like 30s, 10m, 2h or 7d, not %s", text);
}

static status open_logs(const char *data, struct store **out_store) {
    char path[4096], folder[4080];
    (void)snprintf(folder, sizeof folder, "%s/logs", data);
    (void)snprintf(path, sizeof path, "%s/kedge.db", folder);
    if (access(path, F_OK) != 0)
        return FAIL(E_NOT_FOUND, "nothing was logged in %s yet", data);
    return store_open(&store_sqlite, folder, out_store);
}

/* Keeps control characters, but the tabs, from a terminal. */
static void print_message(bytes message) {
    while (message.len > 0 && message.ptr[message.len - 1] == '\n')
        message.len--;
    for (size_t i = 0; i < message.len; i++) {
        uint8_t c = message.ptr[i];
        (void)putchar(c == '\r'                                           ? '\n'
                      : (c < 0x20 && c != '\t' && c != '\n') || c == 0x7f ? '?'
                                                                          : c);
    }
    (void)putchar('\n');
}

static void print_event(const struct log_book *b, const struct log_event *e) {
    char time[25];
    bytes stream;
    if (log_stream_name(b, e->stream, &stream) != OK)
        return; /* the stream was deleted */
    clock_format(e->at.timestamp_ms, time);
    (void)printf("%s %.*s ", time, BYTES_ARG(stream));
    print_message(e->message);
}

/* What was printed so far: serials are given in the order of writing. */
struct reading {
    int64_t from_ms, last_ms;
    uint64_t last_serial;
};

static status print_new(const struct log_book *b, uint64_t group, struct reading *r) {
    struct log_reading what = {.group = group, .from_ms = r->from_ms, .before_ms = INT64_MAX};
    struct log_position beyond;
    uint64_t newest = r->last_serial;
    size_t count;
    do {
        AUTO(arena) memory = {0};
        struct log_book page = {b->txn, &memory, b->account};
        struct log_event *events;
        what.limit = PAGE_ROWS;
        TRY(log_events_read(&page, &what, &events, &count));
        for (size_t i = 0; i < count; i++) {
            if (events[i].at.serial > r->last_serial)
                print_event(&page, &events[i]);
            newest = events[i].at.serial > newest ? events[i].at.serial : newest;
            r->last_ms = beyond.timestamp_ms = events[i].at.timestamp_ms;
            beyond.serial = events[i].at.serial;
            what.beyond = &beyond;
        }
    } while (count == PAGE_ROWS);
    r->last_serial = newest;
    if (r->last_ms - LATE_MS > r->from_ms)
        r->from_ms = r->last_ms - LATE_MS;
    return OK;
}

static status print_lines(struct store *s, bytes account, bytes name, struct reading *r) {
    AUTO(arena) memory = {0};
    struct log_book b = {NULL, &memory, account};
    struct log_group group;
    TRY(store_begin_read(s, &b.txn));
    status result = log_group_load(&b, name, &group);
    if (result == OK)
        result = print_new(&b, group.id, r);
    else if (result == E_NOT_FOUND)
        result =
            FAIL(E_NOT_FOUND, "there is no log group %.*s; kedge logs lists them", BYTES_ARG(name));
    store_rollback(b.txn);
    (void)fflush(stdout);
    return result;
}

static status print_groups(struct store *s, bytes account) {
    AUTO(arena) memory = {0};
    struct log_book b = {NULL, &memory, account};
    struct log_group_list list = {0};
    bytes after = {0};
    status result;
    TRY(store_begin_read(s, &b.txn));
    do {
        result = log_groups_list(&b, (bytes){0}, after, PAGE_ROWS, &list);
        for (size_t i = 0; i < list.count && result == OK; i++) {
            after = list.items[i].name;
            (void)printf("%10" PRIu64 " KiB  %.*s\n", (list.items[i].size + 1023) >> 10,
                         BYTES_ARG(after));
        }
    } while (result == OK && list.count == PAGE_ROWS);
    store_rollback(b.txn);
    return result;
}

static status follow(struct store *s, const struct arguments *a, bytes account, int64_t since_ms) {
    int64_t now_ms = clock_wall_ms();
    struct reading r = {.from_ms = now_ms > since_ms ? now_ms - since_ms : 0};
    (void)signal(SIGPIPE, SIG_DFL);
    TRY(print_lines(s, account, bytes_from(a->word), &r));
    while (a->follow) {
        (void)nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000L}, NULL);
        TRY(print_lines(s, account, bytes_from(a->word), &r));
    }
    return OK;
}

static status answer(const struct arguments *a, struct store *registry) {
    struct account account;
    struct store *s;
    int64_t since_ms;
    TRY(read_since(a->since, &since_ms));
    TRY(load_account(registry, a->account, &account));
    TRY(open_logs(a->data, &s));
    bytes id = bytes_from(account.id);
    status result = a->word ? follow(s, a, id, since_ms) : print_groups(s, id);
    store_close(s);
    return result;
}

int command_logs(int count, char **words) {
    return ask_store("logs", count, words, NULL, answer);
}
