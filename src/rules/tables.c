#include "rules/tables.h"

#include <pthread.h>
#include <string.h>

#include "codec/json.h"
#include "rules/tables_driver.h"

enum { IDLE_MAX = 8, QUOTE_BYTES_MAX = 100 };

struct tables {
    const struct tables_driver *driver;
    char *place;
    pthread_mutex_t lock;
    void *idle[IDLE_MAX];
    size_t idle_count;
};

static const struct tables_driver *const drivers[] = {&tables_sqlite, &tables_postgres};

/* ---- connections ---- */

static const struct tables_driver *find_driver(const char *place) {
    for (size_t i = 0; i < COUNT_OF(drivers); i++)
        for (const char *const *prefix = drivers[i]->prefixes; *prefix; prefix++)
            if (strncmp(place, *prefix, strlen(*prefix)) == 0)
                return drivers[i];
    return NULL;
}

status tables_open(const char *place, struct tables **out) {
    const struct tables_driver *driver = find_driver(place);
    if (!driver)
        return FAIL(E_INVALID, "--tables takes sqlite:FILE or postgresql://…, not %s", place);
    struct tables *t = NEW(struct tables);
    t->driver = driver;
    t->place = mem_new(strlen(place) + 1);
    memcpy(t->place, place, strlen(place));
    (void)pthread_mutex_init(&t->lock, NULL);
    *out = t;
    return OK;
}

void tables_close(struct tables *t) {
    if (!t)
        return;
    while (t->idle_count > 0)
        t->driver->disconnect(t->idle[--t->idle_count]);
    (void)pthread_mutex_destroy(&t->lock);
    mem_wipe(t->place, strlen(t->place)); /* it may hold a password */
    mem_free(t->place);
    mem_free(t);
}

static status take(struct tables *t, void **out, bool *out_is_used) {
    void *connection = NULL;
    (void)pthread_mutex_lock(&t->lock);
    if (t->idle_count > 0)
        connection = t->idle[--t->idle_count];
    (void)pthread_mutex_unlock(&t->lock);
    *out_is_used = connection != NULL;
    if (!connection)
        return t->driver->connect(t->place, out);
    *out = connection;
    return OK;
}

/* One that was in trouble is not used again. */
static void give_back(struct tables *t, void *connection, bool is_sound) {
    (void)pthread_mutex_lock(&t->lock);
    if (is_sound && t->idle_count < IDLE_MAX) {
        t->idle[t->idle_count++] = connection;
        connection = NULL;
    }
    (void)pthread_mutex_unlock(&t->lock);
    if (connection)
        t->driver->disconnect(connection);
}

/* ---- statements ---- */

static void quote(struct buf *sql, bytes name) {
    buf_append_byte(sql, '"');
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '"')
            buf_append_byte(sql, '"');
        buf_append_byte(sql, name.ptr[i]);
    }
    buf_append_byte(sql, '"');
}

static const struct table_column *find_column(const struct table_column *columns, size_t count,
                                              bytes name) {
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(columns[i].name, name))
            return &columns[i];
    return NULL;
}

static bool has_cell(const struct cell *cells, size_t count, bytes column) {
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(cells[i].column, column))
            return true;
    return false;
}

static const char *type_of(const struct tables *t, const struct cell *c) {
    return c->kind == CELL_NUMBER ? t->driver->number
           : c->kind == CELL_BOOL ? t->driver->boolean
                                  : t->driver->text;
}

static status no_table(const struct tables *t, bytes table, const struct cell *cells,
                       size_t count) {
    AUTO(buf) sql = {0};
    buf_text(&sql, "CREATE TABLE ");
    quote(&sql, table);
    for (size_t i = 0; i < count; i++) {
        buf_text(&sql, i ? ", " : " (");
        quote(&sql, cells[i].column);
        buf_printf(&sql, " %s", type_of(t, &cells[i]));
    }
    buf_text(&sql, ", PRIMARY KEY (…))");
    return FAIL(E_INVALID, "there is no table %.*s; make it: %s", BYTES_ARG(table),
                buf_string(&sql));
}

static status no_column(const struct tables *t, bytes table, const struct cell *c) {
    AUTO(buf) sql = {0};
    buf_text(&sql, "ALTER TABLE ");
    quote(&sql, table);
    buf_text(&sql, " ADD COLUMN ");
    quote(&sql, bytes_slice(c->column, 0, QUOTE_BYTES_MAX));
    return FAIL(E_INVALID, "the table %.*s has no column for what the message has: %s %s",
                BYTES_ARG(table), buf_string(&sql), type_of(t, c));
}

static void append_names(struct buf *sql, const struct cell *cells, size_t count) {
    for (size_t i = 0; i < count; i++) {
        buf_text(sql, i ? ", " : "");
        quote(sql, cells[i].column);
    }
}

/* The row of the same key gives way; without all of a key there is none. */
static void append_conflict(struct buf *sql, enum table_act act, const struct table_column *columns,
                            size_t column_count, const struct cell *cells, size_t count) {
    AUTO(buf) keys = {0};
    AUTO(buf) others = {0};
    for (size_t i = 0; i < column_count; i++) {
        bool given = has_cell(cells, count, columns[i].name);
        if (columns[i].is_key && !given)
            return;
        if (columns[i].is_key) {
            buf_text(&keys, keys.len ? ", " : "");
            quote(&keys, columns[i].name);
        } else if (given || act == TABLE_PUT) {
            buf_text(&others, others.len ? ", " : "");
            quote(&others, columns[i].name);
            buf_text(&others, " = excluded.");
            quote(&others, columns[i].name);
        }
    }
    if (keys.len == 0)
        return;
    buf_printf(sql, " ON CONFLICT (%s) DO ", buf_string(&keys));
    if (others.len == 0)
        buf_text(sql, "NOTHING");
    else
        buf_printf(sql, "UPDATE SET %s", buf_string(&others));
}

static void append_insert(struct buf *sql, bytes table, const struct cell *cells, size_t count) {
    buf_text(sql, "INSERT INTO ");
    quote(sql, table);
    buf_text(sql, " (");
    append_names(sql, cells, count);
    buf_text(sql, ") VALUES (");
    for (size_t i = 0; i < count; i++)
        buf_printf(sql, "%s$%zu", i ? ", " : "", i + 1);
    buf_text(sql, ")");
}

/* `verb` up to the table's name: rows that have all the cells. */
static void append_where(struct buf *sql, const char *verb, bytes table, const struct cell *cells,
                         size_t count) {
    buf_text(sql, verb);
    quote(sql, table);
    for (size_t i = 0; i < count; i++) {
        buf_text(sql, i ? " AND " : " WHERE ");
        quote(sql, cells[i].column);
        buf_printf(sql, " = $%zu", i + 1);
    }
}

static status act_on(struct tables *t, void *connection, enum table_act act, bytes table,
                     const struct cell *cells, size_t count, struct arena *a) {
    AUTO(buf) sql = {0};
    struct table_column *columns;
    size_t column_count;
    TRY(t->driver->columns(connection, table, a, &columns, &column_count));
    if (column_count == 0)
        return no_table(t, table, cells, count);
    for (size_t i = 0; i < count; i++)
        if (!find_column(columns, column_count, cells[i].column))
            return no_column(t, table, &cells[i]);
    if (act == TABLE_REMOVE) {
        append_where(&sql, "DELETE FROM ", table, cells, count);
    } else {
        append_insert(&sql, table, cells, count);
        append_conflict(&sql, act, columns, column_count, cells, count);
    }
    return t->driver->execute(connection, buf_string(&sql), cells, count, a);
}

/* As DynamoDB has them, which no database mistakes for something else. */
static status check_table(const struct tables *t, bytes name) {
    bool good = name.len > 0 && name.len <= t->driver->name_bytes_max;
    for (size_t i = 0; i < name.len && good; i++) {
        uint8_t c = name.ptr[i];
        good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '.';
    }
    if (!good)
        return FAIL(E_INVALID, "'%.*s' is no name of a table: letters, digits, _, - and .",
                    BYTES_ARG(bytes_slice(name, 0, QUOTE_BYTES_MAX)));
    return OK;
}

status tables_act(struct tables *t, enum table_act act, bytes table, const struct cell *cells,
                  size_t count, struct arena *a) {
    void *connection;
    bool is_used; /* one of no use any more fails the delivery, which is tried again */
    TRY(check_table(t, table));
    if (count == 0)
        return FAIL(E_INVALID, "a row needs at least one column");
    TRY(take(t, &connection, &is_used));
    status s = act_on(t, connection, act, table, cells, count, a);
    give_back(t, connection, s != E_UNAVAILABLE);
    return s;
}

/* ---- rows that are read ---- */

static void write_cell(struct json_writer *w, const struct cell *c) {
    json_name_bytes(w, c->column);
    switch (c->kind) {
    case CELL_NUMBER:
    case CELL_BOOL:
    case CELL_JSON:
        json_raw(w, c->text);
        return;
    case CELL_TEXT:
        json_string(w, c->text);
        return;
    case CELL_NULL:
    case CELL_KIND_COUNT:
        break;
    }
    json_null(w);
}

static status write_row(bytes table, const struct table_rows *rows, struct arena *a, bytes *out) {
    AUTO(buf) text = {0};
    struct json_writer w;
    *out = (bytes){0};
    if (rows->count == 0)
        return OK;
    if (rows->count > 1) /* DynamoDB refuses keys that are not a whole primary key */
        return FAIL(E_INVALID, "the key fits more than one row of %.*s", BYTES_ARG(table));
    json_start(&w, &text);
    json_object_begin(&w);
    for (size_t i = 0; i < rows->cell_count && text.len <= TABLE_ROW_BYTES_MAX; i++)
        write_cell(&w, &rows->cells[i]);
    json_object_end(&w);
    if (text.len > TABLE_ROW_BYTES_MAX)
        return FAIL(E_INVALID, "the row of %.*s is larger than %d bytes", BYTES_ARG(table),
                    TABLE_ROW_BYTES_MAX);
    *out = arena_copy(a, buf_bytes(&text));
    return OK;
}

static status read_with(const struct tables *t, void *connection, bytes table,
                        const struct cell *keys, size_t count, struct arena *a,
                        struct table_rows *out) {
    AUTO(buf) sql = {0};
    struct table_column *columns;
    size_t column_count;
    TRY(t->driver->columns(connection, table, a, &columns, &column_count));
    if (column_count == 0)
        return no_table(t, table, keys, count);
    for (size_t i = 0; i < count; i++)
        if (!find_column(columns, column_count, keys[i].column))
            return FAIL(E_INVALID, "the table %.*s has no column %.*s", BYTES_ARG(table),
                        BYTES_ARG(bytes_slice(keys[i].column, 0, QUOTE_BYTES_MAX)));
    append_where(&sql, "SELECT * FROM ", table, keys, count);
    buf_text(&sql, " LIMIT 2");
    return t->driver->query(connection, buf_string(&sql), keys, count, a, out);
}

status tables_read(struct tables *t, bytes table, const struct cell *keys, size_t count,
                   struct arena *a, bytes *out) {
    struct table_rows rows = {0};
    void *connection;
    bool is_used;
    TRY(check_table(t, table));
    if (count == 0)
        return FAIL(E_INVALID, "a row is read by at least one column");
    TRY(take(t, &connection, &is_used));
    status s = read_with(t, connection, table, keys, count, a, &rows);
    give_back(t, connection, s != E_UNAVAILABLE);
    if (s == E_UNAVAILABLE && is_used) { /* the database may have begun anew meanwhile */
        TRY(t->driver->connect(t->place, &connection));
        s = read_with(t, connection, table, keys, count, a, &rows);
        give_back(t, connection, s != E_UNAVAILABLE);
    }
    TRY(s);
    return write_row(table, &rows, a, out);
}
