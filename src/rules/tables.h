/* Tables of a SQL database that rules write rows to and read from: SQLite or PostgreSQL.
 *
 * A row replaces the one of the same primary key, as an item does in DynamoDB; so a delivery that
 * is repeated changes nothing. Names are looked up among the table's columns and quoted, values
 * bound. Connections are made when they are needed. Blocks; any thread. */
#pragma once
#include "base/arena.h"

struct tables;

enum cell_kind {
    CELL_NULL,
    CELL_TEXT,
    CELL_NUMBER,
    CELL_BOOL,
    CELL_JSON, /* only of rows that are read */
    CELL_KIND_COUNT
};
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

enum { TABLE_ROW_BYTES_MAX = 8192 }; /* of a row that is read, as JSON [AWS rules 4 get_dynamodb] */
/* tables_read gives the row that has all the keys as a JSON object in `a`, or no bytes when there
 * is none: numbers, booleans and null as such, columns of JSON as JSON, bytes as base64, all else
 * as text. E_INVALID when more than one has them, when it is too large, and for what is missing;
 * E_UNAVAILABLE when the database is not there or takes too long. */
NODISCARD
status tables_read(struct tables *t, bytes table, const struct cell *keys, size_t count,
                   struct arena *a, bytes *out);
