#include "sql/sql.h"

#include "sql/evaluate.h"

/* ---- versions ---- */

static const char *const version_names[SQL_VERSION_COUNT] = {
    [SQL_2015_10_08] = "2015-10-08", [SQL_2016_03_23] = "2016-03-23", [SQL_BETA] = "beta"};

const char *sql_version_name(enum sql_version v) {
    return version_names[v];
}

bool sql_version_find(bytes name, enum sql_version *out) {
    for (unsigned i = 0; i < SQL_VERSION_COUNT; i++)
        if (bytes_equal(name, bytes_from(version_names[i]))) {
            *out = (enum sql_version)i;
            return true;
        }
    return false;
}

/* ---- functions ---- */

static const struct sql_function *find_in(const struct sql_function *table, bytes name) {
    for (; table->name; table++)
        if (bytes_equal_nocase(name, bytes_from(table->name)))
            return table;
    return NULL;
}

const struct sql_function *sql_function_find(bytes name) {
    static const struct sql_function *const tables[] = {sql_functions_number, sql_functions_text,
                                                        sql_functions_other, sql_functions_outside,
                                                        sql_functions_secret};
    const struct sql_function *f = NULL;
    for (size_t i = 0; i < COUNT_OF(tables) && !f; i++)
        f = find_in(tables[i], name);
    return f;
}

bool sql_function_asks_others(const struct sql_function *f) {
    return f == &sql_function_decode_proto ||
           find_in(sql_functions_outside, bytes_from(f->name)) == f;
}

/* ---- statements ---- */

status sql_compile(bytes text, enum sql_version version, struct sql_statement **out) {
    if (text.len > SQL_TEXT_MAX)
        return FAIL(E_SQL_PARSE, "Unable to parse the SQL: it has more than %d characters",
                    SQL_TEXT_MAX);
    struct sql_statement *s = NEW(struct sql_statement);
    s->version = version;
    s->tree.keeps_decimals = version == SQL_2015_10_08;
    status result = sql_parse_statement(&s->arena, text, &s->tree);
    if (result != OK) {
        sql_statement_free(s);
        return result;
    }
    *out = s;
    return OK;
}

void sql_statement_free(struct sql_statement *s) {
    if (!s)
        return;
    arena_done(&s->arena);
    mem_free(s);
}

bytes sql_topic_filter(const struct sql_statement *s) {
    return s->tree.topic_filter;
}

bool sql_reads_rows(const struct sql_statement *s) {
    return s->tree.reads_rows;
}
