/* Tables in a database of PostgreSQL. Values go as text and become what their column is, so
 * numeric, jsonb, boolean and timestamptz take what JSON writes. */
#include <libpq-fe.h>
#include <string.h>

#include "rules/tables_driver.h"

/* libpq's words end in a line end. */
static bytes words(const char *message) {
    return bytes_trim(bytes_from(message));
}

static status connect_to(const char *place, void **out) {
    const char *const names[] = {"dbname", "connect_timeout", "application_name", NULL};
    const char *const values[] = {place, "10", "kedge", NULL};
    PGconn *c = PQconnectdbParams(names, values, 1);
    if (c && PQstatus(c) == CONNECTION_OK) {
        *out = c;
        return OK;
    }
    status s = FAIL(E_UNAVAILABLE, "PostgreSQL: %.*s",
                    BYTES_ARG(words(c ? PQerrorMessage(c) : "no memory")));
    PQfinish(c);
    return s;
}

static void disconnect(void *connection) {
    PQfinish(connection);
}

/* Classes of SQLSTATE that pass: connection, rollback, resources, shut down, system
 * [PostgreSQL A]. */
static bool may_pass(const PGconn *c, const char *state) {
    static const char *const classes[] = {"08", "25", "40", "53", "55", "57", "58"};
    if (PQstatus(c) != CONNECTION_OK || !state)
        return true;
    for (size_t i = 0; i < COUNT_OF(classes); i++)
        if (strncmp(state, classes[i], 2) == 0)
            return true;
    return false;
}

static status run(PGconn *c, const char *sql, const char *const *values, size_t count,
                  PGresult **out) {
    PGresult *r = PQexecParams(c, sql, (int)count, NULL, values, NULL, NULL, 0);
    ExecStatusType got = PQresultStatus(r);
    if (got == PGRES_COMMAND_OK || got == PGRES_TUPLES_OK) {
        *out = r;
        return OK;
    }
    const char *primary = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    status s =
        FAIL(may_pass(c, PQresultErrorField(r, PG_DIAG_SQLSTATE)) ? E_UNAVAILABLE : E_INVALID,
             "PostgreSQL: %.*s", BYTES_ARG(words(primary ? primary : PQerrorMessage(c))));
    PQclear(r);
    return s;
}

static status columns(void *connection, bytes table, struct arena *a, struct table_column **out,
                      size_t *out_count) {
    static const char sql[] =
        "SELECT a.attname, EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = a.attrelid "
        "AND i.indisprimary AND a.attnum = ANY (i.indkey)) FROM pg_attribute a "
        "WHERE a.attrelid = to_regclass(quote_ident($1)) AND a.attnum > 0 AND NOT a.attisdropped "
        "AND a.attgenerated = '' ORDER BY a.attnum";
    const char *const values[] = {arena_string(a, table)};
    PGresult *r;
    TRY(run(connection, sql, values, 1, &r));
    *out_count = (size_t)PQntuples(r);
    *out = ARENA_ARRAY(a, struct table_column, *out_count);
    for (size_t i = 0; i < *out_count; i++)
        (*out)[i] = (struct table_column){arena_copy(a, bytes_from(PQgetvalue(r, (int)i, 0))),
                                          PQgetvalue(r, (int)i, 1)[0] == 't'};
    PQclear(r);
    return OK;
}

static status execute(void *connection, const char *sql, const struct cell *cells, size_t count,
                      struct arena *a) {
    const char **values = ARENA_ARRAY(a, const char *, count);
    PGresult *r;
    for (size_t i = 0; i < count; i++) {
        if (cells[i].text.len > 0 && memchr(cells[i].text.ptr, 0, cells[i].text.len))
            return FAIL(E_INVALID, "PostgreSQL keeps no texts with a zero in them: column %.*s",
                        BYTES_ARG(cells[i].column));
        values[i] = cells[i].kind == CELL_NULL ? NULL : arena_string(a, cells[i].text);
    }
    TRY(run(connection, sql, values, count, &r));
    PQclear(r);
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
                                              .execute = execute};
