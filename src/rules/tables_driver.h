/* What a kind of database does for tables.c; inside this folder. */
#pragma once
#include "rules/tables.h"

struct table_column {
    bytes name;
    bool is_key; /* of the primary key */
};

enum { TABLES_READ_MS_MAX = 2000 };

/* What a query found: how many rows, and the cells of the first. */
struct table_rows {
    size_t count;
    struct cell *cells;
    size_t cell_count;
};

struct tables_driver {
    const char *const *prefixes;         /* of places; ends with NULL */
    const char *text, *number, *boolean; /* types, for advice */
    size_t name_bytes_max;
    /* `place` without "sqlite:", whole for others. */
    status (*connect)(const char *place, void **out);
    void (*disconnect)(void *connection);
    /* no columns: there is no such table; within TABLES_READ_MS_MAX, if it waits */
    status (*columns)(void *connection, bytes table, struct arena *a, struct table_column **out,
                      size_t *out_count);
    /* runs a statement with the cells as $1, $2, … */
    status (*execute)(void *connection, const char *sql, const struct cell *cells, size_t count,
                      struct arena *a);
    /* query likewise, and gives what it finds, within TABLES_READ_MS_MAX */
    status (*query)(void *connection, const char *sql, const struct cell *cells, size_t count,
                    struct arena *a, struct table_rows *out);
};
extern const struct tables_driver tables_sqlite, tables_postgres;
