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
    size_t len; /* of a payload with zeros, and of `out` where that is the payload; 0: texts */
};

/* sql_compare evaluates and lets the naive evaluator do the same: false, and both on stderr, when
 * they differ. What comes near the limits of work and memory, which the naive one does not know, is
 * not compared. */
bool sql_compare(const struct sql_statement *s, const struct sql_message *m, bool *out_runs,
                 struct buf *out);
/* sql_run appends the actions' payload; false when none runs. Aborts when the SQL cannot be read,
 * and when the naive evaluator makes something else of it. */
bool sql_run(const struct sql_case *c, struct buf *out);
