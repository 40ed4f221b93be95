/* Statements on messages in short notation, for the tests of this folder. */
#pragma once
#include "sql/sql.h"

/* A row: payload, statement, what comes out. */
struct sql_case {
    const char *payload, *sql;
    const char *out;    /* NULL: no action runs */
    const char *topic;  /* NULL: "a/b" */
    const char *client; /* NULL: "dev1"; "-": not by MQTT */
    enum sql_version version;
};

/* sql_run appends the actions' payload; false when none runs. Aborts when the SQL cannot be read.
 */
bool sql_run(const struct sql_case *c, struct buf *out);
