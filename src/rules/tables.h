/* Tables of a SQL database that rules write rows to: SQLite or PostgreSQL.
 *
 * A row replaces the one of the same primary key, as an item does in DynamoDB; so a delivery that
 * is repeated changes nothing. Names are looked up among the table's columns and quoted, values
 * bound. Connections are made when they are needed. Blocks; any thread. */
#pragma once
#include "base/arena.h"

struct tables;

enum cell_kind { CELL_NULL, CELL_TEXT, CELL_NUMBER, CELL_BOOL, CELL_KIND_COUNT };
struct cell {
    bytes column;
    enum cell_kind kind;
    bytes text; /* a number as JSON writes it; true or false; JSON of what has no kind of its own */
};

/* tables_open takes "sqlite:FILE" or "postgresql://…" and connects to nothing yet. E_INVALID. */
NODISCARD
status tables_open(const char *place, struct tables **out);
void tables_close(struct tables *t); /* NULL does nothing */

enum table_act {
    TABLE_PUT,    /* columns that are not given become what the table says of new rows */
    TABLE_UPDATE, /* columns that are not given stay */
    TABLE_REMOVE, /* rows that have all the cells */
    TABLE_ACT_COUNT
};
/* tables_act does one of these to a row. E_UNAVAILABLE when another try may do better; E_INVALID
 * says what is missing in the table and how to add it. */
NODISCARD
status tables_act(struct tables *t, enum table_act act, bytes table, const struct cell *cells,
                  size_t count, struct arena *a);
