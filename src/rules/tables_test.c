#include "rules/tables.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/testing.h"

static char file[40];
static struct tables *tables;
static sqlite3 *look;

static void run(const char *sql) {
    CHECK_INT(sqlite3_exec(look, sql, NULL, NULL, NULL), SQLITE_OK);
}

static void with_file(void (*check)(void)) {
    char place[60];
    (void)snprintf(file, sizeof file, "/tmp/kedge-tables-XXXXXX");
    CHECK(close(mkstemp(file)) == 0);
    (void)snprintf(place, sizeof place, "sqlite:%s", file);
    CHECK_INT(sqlite3_open(file, &look), SQLITE_OK);
    CHECK_OK(tables_open(place, &tables));
    check();
    tables_close(tables);
    CHECK_INT(sqlite3_close(look), SQLITE_OK);
    (void)unlink(file);
}

static void check_row(const char *sql, const char *expected) {
    sqlite3_stmt *s;
    CHECK_INT(sqlite3_prepare_v2(look, sql, -1, &s, NULL), SQLITE_OK);
    CHECK_INT(sqlite3_step(s), SQLITE_ROW);
    const char *text = (const char *)sqlite3_column_text(s, 0);
    CHECK_TEXT(text ? text : "NULL", expected);
    (void)sqlite3_finalize(s);
}

static status act(enum table_act what, const struct cell *cells, size_t count) {
    AUTO(arena) memory = {0};
    return tables_act(tables, what, BYTES("t"), cells, count, &memory);
}

#define TEXT_CELL(name, value) \
    { BYTES(name), CELL_TEXT, BYTES(value) }
#define NUMBER_CELL(name, value) \
    { BYTES(name), CELL_NUMBER, BYTES(value) }

static void puts_rows(void) {
    run("CREATE TABLE t (id TEXT PRIMARY KEY, n NUMERIC, note TEXT DEFAULT 'none', \"odd "
        "\"\"name\" BOOLEAN)");
    const struct cell first[] = {TEXT_CELL("id", "7"),
                                 NUMBER_CELL("n", "21.5"),
                                 TEXT_CELL("note", "x"),
                                 {BYTES("odd \"name"), CELL_BOOL, BYTES("true")}};
    CHECK_OK(act(TABLE_PUT, first, 4));
    check_row("SELECT id || n || note || \"odd \"\"name\" FROM t", "721.5x1");
    CHECK_OK(act(TABLE_PUT, first, 4)); /* delivered twice */
    check_row("SELECT count(*) FROM t", "1");
    const struct cell second[] = {TEXT_CELL("id", "7"), NUMBER_CELL("n", "9007199254740993")};
    CHECK_OK(act(TABLE_UPDATE, second, 2));
    check_row("SELECT n || note FROM t", "9007199254740993x");
    CHECK_OK(act(TABLE_PUT, second, 2)); /* the whole item is replaced */
    check_row("SELECT n || note FROM t", "9007199254740993none");
    const struct cell gone[] = {TEXT_CELL("id", "7")};
    CHECK_OK(act(TABLE_REMOVE, gone, 1));
    check_row("SELECT count(*) FROM t", "0");
}
TEST(a_row_takes_the_place_of_the_one_of_its_key) {
    with_file(puts_rows);
}

static void misses(void) {
    const struct cell cells[] = {TEXT_CELL("id", "7"), NUMBER_CELL("x\"; DROP TABLE t; --", "1")};
    CHECK_FAILS(act(TABLE_PUT, cells, 2), E_INVALID,
                "there is no table t; make it: CREATE TABLE \"t\" (\"id\" TEXT, \"x\"\"; DROP");
    run("CREATE TABLE t (id TEXT PRIMARY KEY)");
    CHECK_FAILS(act(TABLE_PUT, cells, 2), E_INVALID,
                "ALTER TABLE \"t\" ADD COLUMN \"x\"\"; DROP TABLE t; --\" NUMERIC");
    check_row("SELECT count(*) FROM t", "0");
    CHECK_FAILS(act(TABLE_PUT, cells, 0), E_INVALID, "at least one column");
}
TEST(what_a_table_lacks_is_said_with_the_statement_that_adds_it) {
    with_file(misses);
}

static void binds(void) {
    const struct cell cells[] = {TEXT_CELL("id", "'); DROP TABLE t; --"),
                                 {BYTES("n"), CELL_NULL, {0}}};
    run("CREATE TABLE t (id TEXT, n INT)");
    CHECK_OK(act(TABLE_PUT, cells, 2));
    CHECK_OK(act(TABLE_PUT, cells, 2)); /* without a key each is a row of its own */
    check_row("SELECT count(*) || min(id) FROM t WHERE n IS NULL", "2'); DROP TABLE t; --");
}
TEST(values_are_bound_and_never_read_as_sql) {
    with_file(binds);
}

static status read_row(const char *table, const struct cell *keys, size_t count, struct arena *a,
                       const char **out) {
    bytes row;
    TRY(tables_read(tables, bytes_from(table), keys, count, a, &row));
    *out = row.len > 0 ? arena_string(a, row) : "none";
    return OK;
}

static void check_read(const struct cell *keys, size_t count, const char *expected) {
    AUTO(arena) memory = {0};
    const char *row = NULL;
    CHECK_OK(read_row("t", keys, count, &memory, &row));
    CHECK_TEXT(row, expected);
}

static void reads(void) {
    const struct cell key[] = {TEXT_CELL("id", "7")}, unknown[] = {TEXT_CELL("id", "8'; --")},
                      number[] = {NUMBER_CELL("n", "21.50")},
                      both[] = {TEXT_CELL("id", "7"), NUMBER_CELL("n", "21.5")};
    run("CREATE TABLE t (id TEXT PRIMARY KEY, n NUMERIC, whole INTEGER, ok BOOLEAN, off BOOLEAN, "
        "more JSON, broken JSONB, raw BLOB, empty TEXT, \"odd \"\"name\" REAL)");
    check_read(key, 1, "none");
    run("INSERT INTO t VALUES ('7', 21.5, 9007199254740993, TRUE, FALSE, '{\"a\":[1,null]}', "
        "'{\"a\":', x'00ff', NULL, 9e999)");
    const char *expected = "{\"id\":\"7\",\"n\":21.5,\"whole\":9007199254740993,\"ok\":true,"
                           "\"off\":false,\"more\":{\"a\":[1,null]},\"broken\":\"{\\\"a\\\":\","
                           "\"raw\":\"AP8=\",\"empty\":null,\"odd \\\"name\":\"Inf\"}";
    check_read(key, 1, expected);
    check_read(number, 1, expected);
    check_read(both, 2, expected);
    check_read(unknown, 1, "none");
}
TEST(a_row_is_read_as_a_json_object) {
    with_file(reads);
}

static void reads_not(void) {
    AUTO(arena) memory = {0};
    const char *row;
    const struct cell key[] = {TEXT_CELL("id", "7")}, other[] = {TEXT_CELL("nosuch", "7")};
    CHECK_FAILS(read_row("t", key, 1, &memory, &row), E_INVALID, "there is no table t");
    CHECK_FAILS(read_row("t; --", key, 1, &memory, &row), E_INVALID, "is no name of a table");
    CHECK_FAILS(read_row("t", key, 0, &memory, &row), E_INVALID, "at least one column");
    run("CREATE TABLE t (id TEXT, at NUMERIC, PRIMARY KEY (id, at))");
    CHECK_FAILS(read_row("t", other, 1, &memory, &row), E_INVALID, "t has no column nosuch");
    run("INSERT INTO t VALUES ('7', 1), ('7', 2)");
    CHECK_FAILS(read_row("t", key, 1, &memory, &row), E_INVALID, "fits more than one row of t");
    const struct cell both[] = {TEXT_CELL("id", "7"), NUMBER_CELL("at", "2")};
    check_read(both, 2, "{\"id\":\"7\",\"at\":2}");
    run("DELETE FROM t");
    run("INSERT INTO t VALUES ('7', replace(hex(zeroblob(4087)), '0', 'x'))"); /* 18 bytes are names
                                                                                  and quotes */
    CHECK_OK(read_row("t", key, 1, &memory, &row));
    CHECK_INT((int)strlen(row), TABLE_ROW_BYTES_MAX);
    run("UPDATE t SET at = at || '0'");
    CHECK_FAILS(read_row("t", key, 1, &memory, &row), E_INVALID, "larger than 8192 bytes");
}
TEST(a_row_that_is_not_one_or_too_large_is_not_read) {
    with_file(reads_not);
}

static void reads_late(void) {
    AUTO(arena) memory = {0};
    const char *row;
    const struct cell key[] = {NUMBER_CELL("id", "-1")};
    run("CREATE VIEW t AS WITH RECURSIVE n (id) AS (SELECT 0 UNION ALL SELECT id + 1 FROM n) "
        "SELECT id FROM n"); /* without end */
    CHECK_FAILS(read_row("t", key, 1, &memory, &row), E_UNAVAILABLE, "SQLite: interrupted");
    run("DROP VIEW t");
    run("CREATE TABLE t (id NUMERIC)");
    check_read(key, 1, "none");
}
TEST(a_read_that_takes_too_long_is_given_up) {
    with_file(reads_late);
}

static void is_busy(void) {
    AUTO(arena) memory = {0};
    const struct cell cells[] = {TEXT_CELL("id", "1")};
    run("CREATE TABLE t (id TEXT CHECK (id <> '1'))");
    CHECK_FAILS(act(TABLE_PUT, cells, 1), E_INVALID, "CHECK constraint failed");
    CHECK_FAILS(tables_act(tables, TABLE_PUT, BYTES("a b"), cells, 1, &memory), E_INVALID,
                "is no name of a table");
}
TEST(what_the_database_refuses_lasts) {
    with_file(is_busy);
}

TEST(a_place_is_of_a_known_kind) {
    struct tables *t;
    CHECK_FAILS(tables_open("mysql://x", &t), E_INVALID,
                "--tables takes sqlite:FILE or postgresql://");
}

TEST(a_database_that_is_not_there_may_come) {
    AUTO(arena) memory = {0};
    const struct cell cells[] = {TEXT_CELL("id", "1")};
    bytes row;
    CHECK_OK(tables_open("postgresql://nobody@127.0.0.1:1/none", &tables));
    CHECK_FAILS(tables_act(tables, TABLE_PUT, BYTES("t"), cells, 1, &memory), E_UNAVAILABLE,
                "PostgreSQL: ");
    CHECK_FAILS(tables_read(tables, BYTES("t"), cells, 1, &memory, &row), E_UNAVAILABLE,
                "PostgreSQL: ");
    tables_close(tables);
    CHECK_OK(tables_open("sqlite:/nonexistent/folder/file", &tables));
    CHECK_FAILS(tables_act(tables, TABLE_PUT, BYTES("t"), cells, 1, &memory), E_UNAVAILABLE,
                "SQLite: unable to open");
    tables_close(tables);
}

TEST_MAIN("rules/tables")
