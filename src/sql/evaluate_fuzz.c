/* The evaluator and the naive one make the same of each statement on each payload: whether actions
 * run, what they get, and whether it is JSON.
 *
 * The input chooses, byte by byte, a statement and a payload from the vocabulary below, which is
 * made of what tends to go wrong: numbers that are whole or just not, texts that look like numbers,
 * names that are twice there, values of the wrong type, what is missing. */
#include <stdio.h>
#include <stdlib.h>

#include "sql/fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- vocabulary ---- */

static const char *const names[] = {"a", "b", "c", "n", "s", "arr", "o", "e", "x", "temperature"};
static const char *const numbers[] = {"0",
                                      "1",
                                      "2",
                                      "-3",
                                      "10.0",
                                      "1.50",
                                      "-2.5",
                                      "0.1",
                                      "1e-7",
                                      "12345678901234567890",
                                      "9999999999999999999999999999999999",
                                      "0.0000000000000000000000000000000001",
                                      "1.23456789012345678901234567890123456",
                                      "9e990",
                                      "-0",
                                      "64.5"};
static const char *const bad_numbers[] = {"1e9999", "1e34", "1e2", "1.5E+3", "-0.0"};
static const char *const strings[] = {"",      "a",    "5",   "-1.5e2", "1e+2",        "true",
                                      "FALSE", "x y ", "\tz", "äÖ€",    "null",        "YWJj",
                                      "e30=",  "a.c",  "(",   "b",      "enrichArray", "base64"};
static const char *const escaped[] = {"\\u00e9", "\\n", "\\\"", "\\ud83d\\ude00", "\\\\", "\\/"};
static const char *const operators[] = {"AND", "OR", "=", "<>", "<", "<=", ">",
                                        ">=",  "+",  "-", "*",  "/", "%",  "IN"};
static const char *const types[] = {"Int", "Double", "String", "Boolean", "Decimal", "Text"};
static const struct {
    const char *name;
    uint8_t arguments;
} functions[] = {{"abs", 1},
                 {"accountid", 0},
                 {"acos", 1},
                 {"atan2", 2},
                 {"bitand", 2},
                 {"bitnot", 1},
                 {"bitor", 2},
                 {"bitxor", 2},
                 {"ceil", 1},
                 {"chr", 1},
                 {"clientid", 0},
                 {"concat", 3},
                 {"concat", 2},
                 {"cos", 1},
                 {"decode", 2},
                 {"encode", 2},
                 {"endswith", 2},
                 {"exp", 1},
                 {"floor", 1},
                 {"get", 2},
                 {"get", 2},
                 {"get_mqtt_property", 1},
                 {"get_or_default", 2},
                 {"get_user_properties", 1},
                 {"get_user_properties", 0},
                 {"indexof", 2},
                 {"isNull", 1},
                 {"isUndefined", 1},
                 {"length", 1},
                 {"ln", 1},
                 {"lower", 1},
                 {"lpad", 2},
                 {"ltrim", 1},
                 {"md2", 1},
                 {"md5", 1},
                 {"mod", 2},
                 {"nanvl", 2},
                 {"numbytes", 1},
                 {"parse_time", 2},
                 {"power", 2},
                 {"principal", 0},
                 {"regexp_matches", 2},
                 {"regexp_replace", 3},
                 {"regexp_substr", 2},
                 {"remainder", 2},
                 {"replace", 3},
                 {"round", 1},
                 {"rpad", 2},
                 {"rtrim", 1},
                 {"sha256", 1},
                 {"sign", 1},
                 {"sourceip", 0},
                 {"sql_version", 0},
                 {"sqrt", 1},
                 {"startswith", 2},
                 {"substring", 3},
                 {"substring", 2},
                 {"time_to_epoch", 2},
                 {"timestamp", 0},
                 {"topic", 0},
                 {"topic", 1},
                 {"traceid", 0},
                 {"transform", 3},
                 {"trim", 1},
                 {"trunc", 2},
                 {"upper", 1},
                 {"Aws_Lambda", 2},
                 {"get_registry_data", 3}};

/* ---- choosing ---- */

struct choices {
    bytes left;
    struct buf *out;
    bool old;           /* 2015-10-08: no nested SELECTs, no objects and arrays [AWS rules 1.3] */
    unsigned variables; /* of SET, @v0 … */
    unsigned nodes;
};

/* A number below `count`; 0 when the input is used up, which is always the plainest choice. */
static unsigned choose(struct choices *c, size_t count) {
    if (c->left.len == 0)
        return 0;
    unsigned byte = *c->left.ptr;
    c->left = bytes_skip(c->left, 1);
    return byte % (unsigned)count;
}

#define PICK(c, table) ((table)[choose((c), COUNT_OF(table))])

/* ---- the payload ---- */

static void write_json(struct choices *c, unsigned depth);

static void write_json_string(struct choices *c) {
    buf_text(c->out, "\"");
    if (choose(c, 4) == 3)
        buf_text(c->out, PICK(c, escaped));
    const char *text = PICK(c, strings);
    buf_text(c->out, *text == '\t' ? "\\t" : text);
    buf_text(c->out, "\"");
}

static void write_space(struct choices *c) {
    static const char *const spaces[] = {"", "", " ", "\n\t "};
    buf_text(c->out, PICK(c, spaces));
}

static void write_container(struct choices *c, unsigned depth, bool object) {
    unsigned count = depth ? choose(c, 6) : choose(c, COUNT_OF(names) + 2);
    buf_text(c->out, object ? "{" : "[");
    for (unsigned i = 0; i < count; i++) {
        buf_text(c->out, i ? "," : "");
        write_space(c);
        if (object)
            buf_printf(c->out, "\"%s\"",
                       depth || i == COUNT_OF(names) ? PICK(c, names) : names[i % COUNT_OF(names)]);
        if (object)
            write_space(c);
        buf_text(c->out, object ? ":" : "");
        write_json(c, depth + 1);
        write_space(c);
    }
    buf_text(c->out, object ? "}" : "]");
}

static void write_json(struct choices *c, unsigned depth) {
    unsigned kind = choose(c, depth < 5 ? 12 : 8);
    if (kind < 3)
        buf_text(c->out, PICK(c, numbers));
    else if (kind < 5)
        write_json_string(c);
    else if (kind == 5)
        buf_text(c->out, choose(c, 2) ? "true" : "false");
    else if (kind == 6)
        buf_text(c->out, "null");
    else if (kind == 7)
        buf_text(c->out, c->old ? "1.25" : PICK(c, bad_numbers));
    else
        write_container(c, depth, kind < 10);
}

static void write_payload(struct choices *c) {
    unsigned kind = choose(c, 16);
    if (kind == 15)
        buf_append(c->out, c->left); /* perhaps no JSON at all */
    else if (kind == 14)
        return;
    else if (kind == 13)
        write_json(c, 0);
    else
        write_container(c, 0, true);
    if (kind == 12)
        buf_text(c->out, "}"); /* … and certainly none */
}

/* ---- the statement ---- */

static void write_expression(struct choices *c, unsigned depth);

static void write_select(struct choices *c, unsigned depth) {
    static const char *const starts[] = {"SELECT ", "SELECT VALUE ", "SELECT *, ", "SELECT * "};
    unsigned start = choose(c, COUNT_OF(starts));
    buf_text(c->out, starts[start]);
    if (start < 3)
        write_expression(c, depth);
    static const char *const aliases[] = {"", " AS k", " AS a.b", " AS a"};
    if (start % 2 == 0)
        buf_text(c->out, PICK(c, aliases));
    for (unsigned more = start % 2 ? 0 : choose(c, 3); more > 0; more--) {
        buf_text(c->out, ", ");
        write_expression(c, depth);
        buf_text(c->out, PICK(c, aliases));
    }
}

static void write_subquery(struct choices *c, unsigned depth) {
    write_select(c, depth + 1);
    buf_text(c->out, " FROM ");
    write_expression(c, depth + 2);
    if (choose(c, 2))
        buf_text(c->out, " AS x");
    if (choose(c, 2)) {
        buf_text(c->out, " WHERE ");
        write_expression(c, depth + 1);
    }
}

static void write_call(struct choices *c, unsigned depth) {
    unsigned which = choose(c, COUNT_OF(functions)), count = functions[which].arguments;
    count += choose(c, 32) == 31;
    buf_printf(c->out, "%s(", functions[which].name);
    for (unsigned i = 0; i < count; i++) {
        buf_text(c->out, i ? ", " : "");
        if (choose(c, 16) == 15)
            buf_text(c->out, "*");
        else
            write_expression(c, depth + 1);
    }
    buf_text(c->out, ")");
}

static void write_literal(struct choices *c) {
    unsigned kind = choose(c, 8);
    if (kind < 3)
        buf_printf(c->out, "%s", PICK(c, numbers));
    else if (kind < 6)
        buf_printf(c->out, "'%s'", PICK(c, strings));
    else
        buf_text(c->out, kind == 6 ? "null" : choose(c, 2) ? "true" : "false");
}

static void write_name(struct choices *c) {
    buf_text(c->out, PICK(c, names));
    while (choose(c, 4) == 3)
        buf_printf(c->out, ".%s", PICK(c, names));
}

static void write_case(struct choices *c, unsigned depth) {
    buf_text(c->out, "CASE ");
    write_expression(c, depth + 1);
    for (unsigned i = 1 + choose(c, 2); i > 0; i--) {
        buf_text(c->out, " WHEN ");
        write_expression(c, depth + 1);
        buf_text(c->out, " THEN ");
        write_expression(c, depth + 1);
    }
    if (choose(c, 2)) {
        buf_text(c->out, " ELSE ");
        write_expression(c, depth + 1);
    }
    buf_text(c->out, " END");
}

static void write_collection(struct choices *c, unsigned depth, bool object) {
    unsigned count = choose(c, 4);
    buf_text(c->out, object ? "{" : "[");
    for (unsigned i = 0; i < count; i++) {
        buf_text(c->out, i ? ", " : "");
        if (object)
            buf_printf(c->out, "'%s': ", PICK(c, names));
        if (choose(c, 16) == 15)
            buf_text(c->out, "*");
        else
            write_expression(c, depth + 1);
    }
    buf_text(c->out, object ? "}" : "]");
}

static void write_new(struct choices *c, unsigned depth) {
    switch (choose(c, 4)) {
    case 0:
        write_collection(c, depth, true);
        return;
    case 1:
        write_collection(c, depth, false);
        return;
    case 2:
        buf_text(c->out, "EXISTS (");
        break;
    default:
        buf_text(c->out, "(");
        break;
    }
    write_subquery(c, depth);
    buf_text(c->out, ")");
}

static void write_operator(struct choices *c, unsigned depth) {
    buf_text(c->out, "(");
    write_expression(c, depth + 1);
    buf_printf(c->out, " %s ", PICK(c, operators));
    write_expression(c, depth + 1);
    buf_text(c->out, ")");
}

static void write_deep(struct choices *c, unsigned depth) {
    switch (choose(c, 10)) {
    case 0:
    case 1:
    case 2:
        write_operator(c, depth);
        return;
    case 3:
    case 4:
        write_call(c, depth);
        return;
    case 5:
        write_case(c, depth);
        return;
    case 6:
        buf_text(c->out, choose(c, 2) ? "(NOT " : "(- ");
        write_expression(c, depth + 1);
        buf_text(c->out, ")");
        return;
    case 7:
        buf_text(c->out, "CAST(");
        write_expression(c, depth + 1);
        buf_printf(c->out, " AS %s)", PICK(c, types));
        return;
    default:
        if (c->old)
            write_name(c);
        else
            write_new(c, depth);
    }
}

static void write_expression(struct choices *c, unsigned depth) {
    unsigned kind = depth < 6 && c->nodes++ < 60 ? choose(c, 8) : choose(c, 4);
    if (kind < 2)
        write_name(c);
    else if (kind == 3 && c->variables)
        buf_printf(c->out, "@v%u", choose(c, c->variables));
    else if (kind < 4)
        write_literal(c);
    else
        write_deep(c, depth);
}

static void write_statement(struct choices *c) {
    for (unsigned i = 0, count = choose(c, 4); i < count; i++) {
        buf_printf(c->out, "%s@v%u = ", i ? ", " : "SET ", i);
        write_expression(c, 2);
        buf_text(c->out, " ");
        c->variables = i + 1;
    }
    write_select(c, 0);
    buf_text(c->out, " FROM 'a/b/c'");
    if (choose(c, 4) == 3) {
        buf_text(c->out, " WHERE ");
        write_expression(c, 0);
    }
}

/* ---- both ---- */

static void check(const struct sql_statement *s, struct buf *sql, struct buf *payload, bool plain) {
    AUTO(arena) memory = {0};
    AUTO(buf) out = {0};
    bool runs;
    struct sql_list users = sql_list(&memory);
    sql_list_add(&users, BYTES("a"), sql_string(BYTES("1")));
    sql_list_add(&users, BYTES("b"), sql_string(BYTES("2")));
    sql_list_add(&users, BYTES("a"), sql_string(BYTES("3")));
    struct sql_message m = {.topic = BYTES("a/b//c"),
                            .payload = buf_bytes(payload),
                            .client_id = plain ? (bytes){0} : BYTES("dev1"),
                            .account = BYTES("123456789012"),
                            .trace_id = BYTES("6a5cbb4c-6ca5-4f1f-a4a3-1f8b5e8a0b1c"),
                            .now_ms = 1767323045678,
                            .payload_format = plain ? -1 : 1,
                            .content_type = plain ? (bytes){0} : BYTES("text/plain"),
                            .user_properties = plain ? NULL : users.first};
    if (sql_compare(s, &m, &runs, &out))
        return;
    (void)fprintf(stderr, "  %s\n  on %s\n", buf_string(sql), buf_string(payload));
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    AUTO(buf) sql = {0};
    AUTO(buf) payload = {0};
    struct choices c = {.left = bytes_of(data, size), .out = &payload};
    struct sql_statement *s;
    unsigned how = choose(&c, 4);
    c.old = how == 3;
    write_payload(&c);
    c.out = &sql;
    write_statement(&c);
    if (sql_compile(buf_bytes(&sql), c.old ? SQL_2015_10_08 : SQL_2016_03_23, &s) != OK)
        return 0;
    check(s, &sql, &payload, how & 1);
    sql_statement_free(s);
    return 0;
}
