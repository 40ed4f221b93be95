#include "store/sqlite/connection.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Another process writes: SQLite's own handler sleeps longer and longer, and would miss the short
 * pauses that an import makes for us; so a steady, short sleep. */
enum { BUSY_TIMEOUT_MS = 5000, BUSY_SLEEP_MS = 2 };

static int wait_for_writer(void *unused, int times) {
    const struct timespec pause = {.tv_nsec = BUSY_SLEEP_MS * 1000000L};
    UNUSED(unused);
    if (times >= BUSY_TIMEOUT_MS / BUSY_SLEEP_MS)
        return 0;
    (void)nanosleep(&pause, NULL);
    return 1;
}

static const struct {
    const char *before, *after; /* of the table's name */
} query_sql[] = {
    [QUERY_LOAD] = {"SELECT value FROM", "WHERE key = ?1"},
    [QUERY_HAS] = {"SELECT 1 FROM", "WHERE key = ?1"},
    [QUERY_SAVE] = {"INSERT INTO", "(key, value) VALUES (?1, ?2) "
                                   "ON CONFLICT (key) DO UPDATE SET value = excluded.value"},
    [QUERY_REMOVE] = {"DELETE FROM", "WHERE key = ?1"},
    [QUERY_SCAN_UP] = {"SELECT key, value FROM",
                       "WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT ?3"},
    [QUERY_SCAN_DOWN] = {"SELECT key, value FROM",
                         "WHERE key >= ?1 AND key < ?2 ORDER BY key DESC LIMIT ?3"},
};

static const char *const control_sql[] = {
    [CONTROL_BEGIN_READ] = "BEGIN",
    [CONTROL_BEGIN_WRITE] = "BEGIN IMMEDIATE",
    [CONTROL_COMMIT] = "COMMIT",
    [CONTROL_ROLLBACK] = "ROLLBACK",
    [CONTROL_MEMBER_BEGIN] = "SAVEPOINT member",
    [CONTROL_MEMBER_KEEP] = "RELEASE member",
    [CONTROL_MEMBER_UNDO] = "ROLLBACK TO member",
};

status connection_describe(const struct connection *c, int code, char out[SENTENCE_MAX]) {
    int remembered = sqlite3_system_errno(c->db);
    int cause = remembered ? remembered : c->control_errno;
    const char *path = c->path;
    switch (code & 0xff) {
    case SQLITE_BUSY:
        (void)snprintf(
            out, SENTENCE_MAX,
            "The store %s is busy: another process has been writing to it for %d s. Try again",
            path, BUSY_TIMEOUT_MS / 1000);
        return E_UNAVAILABLE;
    case SQLITE_FULL:
        (void)snprintf(
            out, SENTENCE_MAX,
            "The disk that holds %s is full: nothing was changed. Free some space and try again",
            path);
        return E_UNAVAILABLE;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        (void)snprintf(out, SENTENCE_MAX,
                       "The store %s cannot be written: it, its directory or its disk is read-only",
                       path);
        return E_UNAVAILABLE;
    case SQLITE_CANTOPEN:
        (void)snprintf(out, SENTENCE_MAX, "The store %s cannot be opened: %s", path,
                       cause ? strerror(cause) : sqlite3_errmsg(c->db));
        return E_UNAVAILABLE;
    case SQLITE_IOERR:
        (void)snprintf(out, SENTENCE_MAX, "The disk that holds %s refused: %s. Nothing was changed",
                       path, cause ? strerror(cause) : sqlite3_errmsg(c->db));
        return E_UNAVAILABLE;
    case SQLITE_NOTADB:
        (void)snprintf(out, SENTENCE_MAX, "%s is not a Kedge store: choose another directory",
                       path);
        return E_INVALID;
    case SQLITE_CORRUPT:
        (void)snprintf(out, SENTENCE_MAX, "The store %s is damaged: restore it from a backup",
                       path);
        return E_INTERNAL;
    default:
        (void)snprintf(out, SENTENCE_MAX, "The store %s failed: %s", path,
                       c->db ? sqlite3_errmsg(c->db) : sqlite3_errstr(code));
        return E_INTERNAL;
    }
}

status connection_fail(const struct connection *c, int code) {
    char sentence[SENTENCE_MAX];
    status s = connection_describe(c, code, sentence);
    return FAIL(s, "%s", sentence);
}

status connection_run(struct connection *c, const char *sql) {
    int code = sqlite3_exec(c->db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? OK : connection_fail(c, code);
}

status connection_number(struct connection *c, const char *sql, int64_t *out_number) {
    sqlite3_stmt *statement;
    int code = sqlite3_prepare_v2(c->db, sql, -1, &statement, NULL);
    if (code != SQLITE_OK)
        return connection_fail(c, code);
    code = sqlite3_step(statement);
    int64_t number = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    status s = code == SQLITE_ROW ? OK : connection_fail(c, code);
    (void)sqlite3_finalize(statement);
    if (s == OK)
        *out_number = number;
    return s;
}

bool connection_is_in_transaction(const struct connection *c) {
    return !sqlite3_get_autocommit(c->db);
}

/* An idle server is to stay small: little look-aside memory, a page cache of its own size. */
static status configure(struct connection *c, int cache_kib) {
    char sql[200];
    (void)sqlite3_db_config(c->db, SQLITE_DBCONFIG_LOOKASIDE, NULL, 128, 64);
    (void)sqlite3_extended_result_codes(c->db, 1);
    (void)sqlite3_busy_handler(c->db, wait_for_writer, NULL);
    (void)snprintf(
        sql, sizeof sql,
        "PRAGMA cache_size = -%d; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF;"
        "PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 16777216",
        cache_kib);
    return connection_run(c, sql);
}

status connection_new(const char *path, int cache_kib, struct connection **out_connection) {
    struct connection *c = NEW(struct connection);
    list_init(&c->link);
    c->path = path;
    int code = sqlite3_open_v2(path, &c->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    status s = code == SQLITE_OK ? configure(c, cache_kib) : connection_fail(c, code);
    if (s != OK) {
        connection_free(c);
        return s;
    }
    *out_connection = c;
    return OK;
}

void connection_free(struct connection *c) {
    if (!c)
        return;
    for (size_t i = 0; i < TABLE_COUNT; i++)
        for (size_t k = 0; k < QUERY_COUNT; k++)
            (void)sqlite3_finalize(c->queries[i][k]);
    for (size_t i = 0; i < CONTROL_COUNT; i++)
        (void)sqlite3_finalize(c->controls[i]);
    (void)sqlite3_close(c->db);
    mem_free(c);
}

static int prepare(struct connection *c, const char *sql, sqlite3_stmt **kept) {
    if (*kept)
        return SQLITE_OK;
    return sqlite3_prepare_v3(c->db, sql, -1, SQLITE_PREPARE_PERSISTENT, kept, NULL);
}

status connection_query(struct connection *c, enum query query, enum table table,
                        sqlite3_stmt **out_statement) {
    sqlite3_stmt **kept = &c->queries[table][query];
    if (!*kept) {
        char sql[200];
        (void)snprintf(sql, sizeof sql, "%s %s %s", query_sql[query].before,
                       store_table_name(table), query_sql[query].after);
        int code = prepare(c, sql, kept);
        if (code != SQLITE_OK)
            return connection_fail(c, code);
    }
    *out_statement = *kept;
    return OK;
}

int connection_try(struct connection *c, enum control control) {
    sqlite3_stmt **kept = &c->controls[control];
    int code = prepare(c, control_sql[control], kept);
    if (code != SQLITE_OK)
        return code;
    errno = 0;
    (void)sqlite3_step(*kept);
    c->control_errno = errno;
    return sqlite3_reset(*kept); /* gives the step's result */
}

status connection_control(struct connection *c, enum control control) {
    int code = connection_try(c, control);
    return code == SQLITE_OK ? OK : connection_fail(c, code);
}
