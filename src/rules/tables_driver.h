/* What a kind of database does for tables.c; inside this folder. */
#pragma once
#include "rules/tables.h"

struct table_column {
    bytes name;
    bool is_key; /* of the primary key */
};

struct tables_driver {
    const char *const *prefixes;         /* of places; ends with NULL */
    const char *text, *number, *boolean; /* types, for advice */
    size_t name_bytes_max;
    /* `place` without "sqlite:", whole for others. */
    status (*connect)(const char *place, void **out);
    void (*disconnect)(void *connection);
    /* no columns: there is no such table */
    status (*columns)(void *connection, bytes table, struct arena *a, struct table_column **out,
                      size_t *out_count);
    /* runs a statement with the cells as $1, $2, … */
    status (*execute)(void *connection, const char *sql, const struct cell *cells, size_t count,
                      struct arena *a);
};
extern const struct tables_driver tables_sqlite, tables_postgres;
