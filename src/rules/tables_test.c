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
    CHECK_OK(tables_open("postgresql://nobody@127.0.0.1:1/none", &tables));
    CHECK_FAILS(tables_act(tables, TABLE_PUT, BYTES("t"), cells, 1, &memory), E_UNAVAILABLE,
                "PostgreSQL: ");
    tables_close(tables);
    CHECK_OK(tables_open("sqlite:/nonexistent/folder/file", &tables));
    CHECK_FAILS(tables_act(tables, TABLE_PUT, BYTES("t"), cells, 1, &memory), E_UNAVAILABLE,
                "SQLite: unable to open");
    tables_close(tables);
}

TEST_MAIN("rules/tables")
