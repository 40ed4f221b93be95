/* Tables in a file of SQLite. */
#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "rules/tables_driver.h"

enum { BUSY_MS = 5000, NUMBER_BYTES_MAX = 400, STEPS_BETWEEN_LOOKS = 10000 };

/* Who is busy, or a disk in trouble, may be better later; an extended code is cut to its kind. */
static status trouble(sqlite3 *db, int code) {
    bool may_pass = false;
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
    case SQLITE_FULL:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_INTERRUPT:
        may_pass = true;
        break;
    default:
        break;
    }
    return FAIL(may_pass ? E_UNAVAILABLE : E_INVALID, "SQLite: %s", sqlite3_errmsg(db));
}

static status connect_to(const char *place, void **out) {
    sqlite3 *db = NULL;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int code = sqlite3_open_v2(place + strlen("sqlite:"), &db, flags, NULL);
    if (code != SQLITE_OK) {
        status s = trouble(db, code);
        (void)sqlite3_close(db);
        return s;
    }
    (void)sqlite3_busy_timeout(db, BUSY_MS);
    *out = db;
    return OK;
}

static void disconnect(void *connection) {
    (void)sqlite3_close(connection);
}

static status prepare(sqlite3 *db, const char *sql, sqlite3_stmt **out) {
    int code = sqlite3_prepare_v2(db, sql, -1, out, NULL);
    return code == SQLITE_OK ? OK : trouble(db, code);
}

enum { COLUMNS_MAX = 2000 /* of a table of SQLite, unless it was built otherwise */ };

static status columns(void *connection, bytes table, struct arena *a, struct table_column **out,
                      size_t *out_count) {
    sqlite3 *db = connection;
    sqlite3_stmt *s;
    int code;
    TRY(prepare(db, "SELECT name, pk FROM pragma_table_info($1)", &s));
    (void)sqlite3_bind_text(s, 1, (const char *)table.ptr, (int)table.len, SQLITE_STATIC);
    *out = ARENA_ARRAY(a, struct table_column, COLUMNS_MAX);
    *out_count = 0;
    while ((code = sqlite3_step(s)) == SQLITE_ROW && *out_count < COLUMNS_MAX) {
        const char *name = (const char *)sqlite3_column_text(s, 0);
        (*out)[(*out_count)++] =
            (struct table_column){arena_copy(a, bytes_from(name)), sqlite3_column_int(s, 1) > 0};
    }
    status result = code == SQLITE_DONE ? OK : trouble(db, code);
    (void)sqlite3_finalize(s);
    return result;
}

static bool is_whole(bytes number) {
    for (size_t i = 0; i < number.len; i++)
        if (number.ptr[i] == '.' || number.ptr[i] == 'e' || number.ptr[i] == 'E')
            return false;
    return number.len <= 18; /* fits 64 bits */
}

static int bind_number(sqlite3_stmt *s, int at, bytes number) {
    char text[NUMBER_BYTES_MAX + 1] = "";
    memcpy(text, number.ptr, number.len < NUMBER_BYTES_MAX ? number.len : NUMBER_BYTES_MAX);
    return is_whole(number) ? sqlite3_bind_int64(s, at, strtoll(text, NULL, 10))
                            : sqlite3_bind_double(s, at, strtod(text, NULL));
}

static int bind(sqlite3_stmt *s, int at, const struct cell *c) {
    switch (c->kind) {
    case CELL_NUMBER:
        return bind_number(s, at, c->text);
    case CELL_BOOL:
        return sqlite3_bind_int(s, at, bytes_equal(c->text, BYTES("true")));
    case CELL_TEXT:
    case CELL_JSON:
        return sqlite3_bind_text64(s, at, c->text.len ? (const char *)c->text.ptr : "", c->text.len,
                                   SQLITE_STATIC, SQLITE_UTF8);
    case CELL_NULL:
    case CELL_KIND_COUNT:
        break;
    }
    return sqlite3_bind_null(s, at);
}

static int bind_all(sqlite3_stmt *s, const struct cell *cells, size_t count) {
    int code = SQLITE_OK;
    for (size_t i = 0; i < count && code == SQLITE_OK; i++)
        code = bind(s, (int)i + 1, &cells[i]);
    return code;
}

static status execute(void *connection, const char *sql, const struct cell *cells, size_t count,
                      struct arena *a) {
    sqlite3_stmt *s;
    UNUSED(a);
    TRY(prepare(connection, sql, &s));
    int code = bind_all(s, cells, count);
    if (code == SQLITE_OK)
        code = sqlite3_step(s);
    status result = code == SQLITE_DONE ? OK : trouble(connection, code);
    (void)sqlite3_finalize(s);
    return result;
}

/* ---- rows ---- */

/* What a column was declared as tells JSON and booleans apart, which SQLite keeps as text and
 * integers. */
static bool is_declared(sqlite3_stmt *s, int at, const char *as) {
    const char *type = sqlite3_column_decltype(s, at);
    return type && sqlite3_strnicmp(type, as, (int)strlen(as)) == 0;
}

static enum cell_kind kind_of_text(sqlite3_stmt *s, int at, bytes text, struct arena *a) {
    const struct json *ignored;
    return is_declared(s, at, "JSON") && json_parse(a, text, &ignored) == OK ? CELL_JSON
                                                                             : CELL_TEXT;
}

static bytes as_base64(struct arena *a, bytes data) {
    AUTO(buf) text = {0};
    base64_encode(data, &text);
    return arena_copy(a, buf_bytes(&text));
}

static struct cell read_cell(sqlite3_stmt *s, int at, struct arena *a) {
    struct cell c = {arena_copy(a, bytes_from(sqlite3_column_name(s, at))), CELL_NULL, {0}};
    int type = sqlite3_column_type(s, at);
    double number = type == SQLITE_FLOAT ? sqlite3_column_double(s, at) : 0;
    const void *data =
        type == SQLITE_BLOB ? sqlite3_column_blob(s, at) : sqlite3_column_text(s, at);
    c.text = arena_copy(a, bytes_of(data, (size_t)sqlite3_column_bytes(s, at)));
    switch (type) {
    case SQLITE_INTEGER:
        c.kind = CELL_NUMBER;
        if (is_declared(s, at, "BOOL")) {
            c.kind = CELL_BOOL;
            c.text = bytes_equal(c.text, BYTES("0")) ? BYTES("false") : BYTES("true");
        }
        break;
    case SQLITE_FLOAT:
        c.kind = isfinite(number) ? CELL_NUMBER : CELL_TEXT;
        break;
    case SQLITE_TEXT:
        c.kind = kind_of_text(s, at, c.text, a);
        break;
    case SQLITE_BLOB:
        c.kind = CELL_TEXT;
        c.text = as_base64(a, c.text);
        break;
    default:
        break;
    }
    return c;
}

static int step_rows(sqlite3_stmt *s, struct arena *a, struct table_rows *out) {
    int code;
    while ((code = sqlite3_step(s)) == SQLITE_ROW) {
        if (out->count++ > 0)
            continue;
        out->cell_count = (size_t)sqlite3_column_count(s);
        out->cells = ARENA_ARRAY(a, struct cell, out->cell_count);
        for (size_t i = 0; i < out->cell_count; i++)
            out->cells[i] = read_cell(s, (int)i, a);
    }
    return code;
}

/* Tells SQLite to stop: a search without an index may take long. */
static int is_late(void *end_us) {
    return clock_monotonic_us() > *(const uint64_t *)end_us;
}

static status query(void *connection, const char *sql, const struct cell *cells, size_t count,
                    struct arena *a, struct table_rows *out) {
    uint64_t end_us = clock_monotonic_us() + TABLES_READ_MS_MAX * 1000ULL;
    sqlite3_stmt *s;
    TRY(prepare(connection, sql, &s));
    sqlite3_progress_handler(connection, STEPS_BETWEEN_LOOKS, is_late, &end_us);
    (void)sqlite3_busy_timeout(connection, TABLES_READ_MS_MAX);
    int code = bind_all(s, cells, count);
    if (code == SQLITE_OK)
        code = step_rows(s, a, out);
    status result = code == SQLITE_DONE ? OK : trouble(connection, code);
    (void)sqlite3_finalize(s);
    (void)sqlite3_busy_timeout(connection, BUSY_MS);
    sqlite3_progress_handler(connection, 0, NULL, NULL);
    return result;
}

static const char *const prefixes[] = {"sqlite:", NULL};
const struct tables_driver tables_sqlite = {.prefixes = prefixes,
                                            .text = "TEXT",
                                            .number = "NUMERIC",
                                            .boolean = "BOOLEAN",
                                            .name_bytes_max = 255,
                                            .connect = connect_to,
                                            .disconnect = disconnect,
                                            .columns = columns,
                                            .execute = execute,
                                            .query = query};
