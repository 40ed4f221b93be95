/* Tables in a database of PostgreSQL. Values go as text and become what their column is, so
 * numeric, jsonb, boolean and timestamptz take what JSON writes. */
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "rules/libpq.h"
#include "rules/tables_driver.h"

/* libpq's words end in a line end. */
static bytes words(const char *message) {
    return bytes_trim(bytes_from(message));
}

/* As long as SQLite waits for who is busy. A statement that we gave up ends there, too, instead of
 * waiting for a lock with others of its kind; an owner's own limit stays. */
static void limit_statements(PGconn *c) {
    libpq.clear(libpq.exec(c, "SELECT set_config('statement_timeout', '5s', false) "
                              "WHERE current_setting('statement_timeout') = '0'"));
}

static status connect_to(const char *place, void **out) {
    const char *const names[] = {"dbname", "connect_timeout", "application_name", NULL};
    const char *const values[] = {place, "10", "kedge", NULL};
    TRY(libpq_load());
    PGconn *c = libpq.connectdbParams(names, values, 1);
    if (c && libpq.status(c) == CONNECTION_OK) {
        limit_statements(c);
        *out = c;
        return OK;
    }
    status s = FAIL(E_UNAVAILABLE, "PostgreSQL: %.*s",
                    BYTES_ARG(words(c ? libpq.errorMessage(c) : "no memory")));
    libpq.finish(c);
    return s;
}

static void disconnect(void *connection) {
    libpq.finish(connection);
}

/* Classes of SQLSTATE that pass: connection, rollback, resources, shut down, system
 * [PostgreSQL A]. */
static bool may_pass(const PGconn *c, const char *state) {
    static const char *const classes[] = {"08", "25", "40", "53", "55", "57", "58"};
    if (libpq.status(c) != CONNECTION_OK || !state)
        return true;
    for (size_t i = 0; i < COUNT_OF(classes); i++)
        if (strncmp(state, classes[i], 2) == 0)
            return true;
    return false;
}

static status judge(PGconn *c, PGresult *r, PGresult **out) {
    ExecStatusType got = libpq.resultStatus(r);
    if (got == PGRES_COMMAND_OK || got == PGRES_TUPLES_OK) {
        *out = r;
        return OK;
    }
    const char *primary = libpq.resultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    status s =
        FAIL(may_pass(c, libpq.resultErrorField(r, PG_DIAG_SQLSTATE)) ? E_UNAVAILABLE : E_INVALID,
             "PostgreSQL: %.*s", BYTES_ARG(words(primary ? primary : libpq.errorMessage(c))));
    libpq.clear(r);
    return s;
}

static status run(PGconn *c, const char *sql, const char *const *values, size_t count,
                  PGresult **out) {
    return judge(c, libpq.execParams(c, sql, (int)count, NULL, values, NULL, NULL, 0), out);
}

/* Waits for all of the answer. False: it is late, or the connection broke. */
static bool wait_for_answer(PGconn *c) {
    uint64_t end_us = clock_monotonic_us() + TABLES_READ_MS_MAX * 1000ULL;
    int unsent = libpq.flush(c);
    while (unsent > 0 || (unsent == 0 && libpq.isBusy(c))) {
        struct pollfd p = {libpq.socket(c), (short)(unsent ? POLLIN | POLLOUT : POLLIN), 0};
        uint64_t now_us = clock_monotonic_us();
        if (now_us >= end_us)
            return false;
        (void)poll(&p, 1, (int)((end_us - now_us) / 1000) + 1);
        if (!libpq.consumeInput(c))
            return false;
        unsent = libpq.flush(c);
    }
    return unsent == 0;
}

/* As run(), but who does not answer in time is given up; the connection is of no use then. */
static status run_in_time(PGconn *c, const char *sql, const char *const *values, size_t count,
                          PGresult **out) {
    (void)libpq.setnonblocking(c, 1);
    bool sent = libpq.sendQueryParams(c, sql, (int)count, NULL, values, NULL, NULL, 0) == 1;
    if (!sent || !wait_for_answer(c))
        return FAIL(
            E_UNAVAILABLE, "PostgreSQL: %.*s",
            BYTES_ARG(words(libpq.status(c) == CONNECTION_OK && sent ? "no answer in time"
                                                                     : libpq.errorMessage(c))));
    PGresult *r = libpq.getResult(c);
    for (PGresult *more; (more = libpq.getResult(c));)
        libpq.clear(more);
    (void)libpq.setnonblocking(c, 0);
    return judge(c, r, out);
}

static status columns(void *connection, bytes table, struct arena *a, struct table_column **out,
                      size_t *out_count) {
    static const char sql[] =
        "SELECT a.attname, EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = a.attrelid "
        "AND i.indisprimary AND a.attnum = ANY (i.indkey)) FROM pg_attribute a "
        "WHERE a.attrelid = to_regclass(quote_ident($1)) AND a.attnum > 0 AND NOT a.attisdropped "
        "AND a.attgenerated = '' ORDER BY a.attnum";
    const char *const values[] = {arena_string(a, table)};
    PGresult *r = NULL;
    TRY(run_in_time(connection, sql, values, 1, &r));
    *out_count = (size_t)libpq.ntuples(r);
    *out = ARENA_ARRAY(a, struct table_column, *out_count);
    for (size_t i = 0; i < *out_count; i++)
        (*out)[i] = (struct table_column){arena_copy(a, bytes_from(libpq.getvalue(r, (int)i, 0))),
                                          libpq.getvalue(r, (int)i, 1)[0] == 't'};
    libpq.clear(r);
    return OK;
}

static status texts_of(const struct cell *cells, size_t count, struct arena *a, const char ***out) {
    const char **values = ARENA_ARRAY(a, const char *, count);
    for (size_t i = 0; i < count; i++) {
        if (cells[i].text.len > 0 && memchr(cells[i].text.ptr, 0, cells[i].text.len))
            return FAIL(E_INVALID, "PostgreSQL keeps no texts with a zero in them: column %.*s",
                        BYTES_ARG(cells[i].column));
        values[i] = cells[i].kind == CELL_NULL ? NULL : arena_string(a, cells[i].text);
    }
    *out = values;
    return OK;
}

static status execute(void *connection, const char *sql, const struct cell *cells, size_t count,
                      struct arena *a) {
    const char **values;
    PGresult *r = NULL;
    TRY(texts_of(cells, count, a, &values));
    TRY(run(connection, sql, values, count, &r));
    libpq.clear(r);
    return OK;
}

/* ---- rows ---- */

/* Types as the catalogue numbers them [PostgreSQL 8, pg_type]. */
static const struct {
    Oid type;
    enum cell_kind kind;
} kinds[] = {
    {16, CELL_BOOL},   {20, CELL_NUMBER},  {21, CELL_NUMBER},  {23, CELL_NUMBER},
    {26, CELL_NUMBER}, {700, CELL_NUMBER}, {701, CELL_NUMBER}, {1700, CELL_NUMBER},
    {114, CELL_JSON},  {3802, CELL_JSON},
};
enum { BYTEA = 17 };

static enum cell_kind kind_of(Oid type) {
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (kinds[i].type == type)
            return kinds[i].kind;
    return CELL_TEXT;
}

static bytes as_base64(struct arena *a, const char *value) {
    AUTO(buf) text = {0};
    size_t len = 0;
    unsigned char *data = libpq.unescapeBytea((const unsigned char *)value, &len);
    base64_encode(bytes_of(data, data ? len : 0), &text);
    libpq.freemem(data);
    return arena_copy(a, buf_bytes(&text));
}

/* NaN and infinity are no numbers in JSON. */
static struct cell read_cell(const PGresult *r, int at, struct arena *a) {
    const struct json *ignored;
    const char *value = libpq.getvalue(r, 0, at);
    struct cell c = {arena_copy(a, bytes_from(libpq.fname(r, at))), CELL_NULL, {0}};
    if (libpq.getisnull(r, 0, at))
        return c;
    c.kind = kind_of(libpq.ftype(r, at));
    c.text = libpq.ftype(r, at) == BYTEA ? as_base64(a, value) : arena_copy(a, bytes_from(value));
    if (c.kind == CELL_BOOL)
        c.text = value[0] == 't' ? BYTES("true") : BYTES("false");
    else if (c.kind != CELL_TEXT && json_parse(a, c.text, &ignored) != OK)
        c.kind = CELL_TEXT;
    return c;
}

static status query(void *connection, const char *sql, const struct cell *cells, size_t count,
                    struct arena *a, struct table_rows *out) {
    const char **values;
    PGresult *r = NULL;
    TRY(texts_of(cells, count, a, &values));
    TRY(run_in_time(connection, sql, values, count, &r));
    *out = (struct table_rows){.count = (size_t)libpq.ntuples(r),
                               .cell_count = (size_t)libpq.nfields(r)};
    out->cells = ARENA_ARRAY(a, struct cell, out->cell_count);
    for (size_t i = 0; i < out->cell_count && out->count > 0; i++)
        out->cells[i] = read_cell(r, (int)i, a);
    libpq.clear(r);
    return OK;
}

static const char *const prefixes[] = {"postgresql://", "postgres://", NULL};
const struct tables_driver tables_postgres = {.prefixes = prefixes,
                                              .text = "text",
                                              .number = "numeric",
                                              .boolean = "boolean",
                                              .name_bytes_max = 63,
                                              .connect = connect_to,
                                              .disconnect = disconnect,
                                              .columns = columns,
                                              .execute = execute,
                                              .query = query};
