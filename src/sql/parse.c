#include "sql/parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sql/function.h"

/* What lemon made of grammar.y. */
void *sql_grammarAlloc(void *(*allocate)(size_t));
void sql_grammarFree(void *parser, void (*release)(void *));
void sql_grammar(void *parser, int code, struct sql_token t, struct sql_parser *p);

/* ---- failures ---- */

void sql_fail(struct sql_parser *p, const char *format, ...) {
    va_list arguments;
    if (p->failed)
        return;
    p->failed = true;
    va_start(arguments, format);
    (void)vsnprintf(p->message, sizeof p->message, format, arguments);
    va_end(arguments);
}

void sql_unexpected(struct sql_parser *p, int code, struct sql_token t) {
    if (code == 0)
        sql_fail(p, "the statement ends too early");
    else
        sql_fail(p, "'%.*s' is not expected here", BYTES_ARG(bytes_slice(t.text, 0, 60)));
}

static status fail_with_place(const struct sql_parser *p) {
    size_t line = 1, column = 1;
    for (size_t i = 0; i < p->token_start && i < p->text.len; i++) {
        column++;
        if (p->text.ptr[i] == '\n') {
            line++;
            column = 1;
        }
    }
    return FAIL(E_SQL_PARSE, "Unable to parse the SQL: %s (line %zu, column %zu)", p->message, line,
                column);
}

/* ---- nodes ---- */

struct sql_node *sql_new(struct sql_parser *p, enum sql_kind kind) {
    struct sql_node *n = ARENA_NEW(p->arena, struct sql_node);
    n->kind = kind;
    n->depth = 1;
    n->tail = n;
    return n;
}

static void deepen(struct sql_parser *p, struct sql_node *n, const struct sql_node *child) {
    if (child && child->depth >= n->depth)
        n->depth = child->depth + 1;
    if (n->depth > SQL_DEPTH_MAX)
        sql_fail(p, "the expression is nested too deeply");
}

void sql_adopt(struct sql_parser *p, struct sql_node *parent, struct sql_node *child) {
    if (!child)
        return;
    parent->first = child;
    for (const struct sql_node *c = child; c; c = c->next) {
        deepen(p, parent, c);
        parent->count++;
    }
}

struct sql_node *sql_append(struct sql_node *list, struct sql_node *more) {
    list->tail->next = more;
    list->tail = more->tail;
    return list;
}

struct sql_node *sql_unary(struct sql_parser *p, enum sql_kind kind, struct sql_node *of) {
    struct sql_node *n = sql_new(p, kind);
    sql_adopt(p, n, of);
    return n;
}

struct sql_node *sql_binary(struct sql_parser *p, enum sql_kind kind, int op, struct sql_node *a,
                            struct sql_node *b) {
    struct sql_node *n = sql_new(p, kind);
    n->op = op;
    sql_adopt(p, n, sql_append(a, b));
    return n;
}

struct sql_node *sql_keyed(struct sql_node *n, bytes key) {
    n->key = key;
    return n;
}

bytes sql_joined(bytes before, bytes after) {
    return bytes_of(before.ptr, (size_t)(after.ptr + after.len - before.ptr));
}

int sql_operator(struct sql_token t) {
    return t.code;
}

struct sql_node *sql_literal(struct sql_parser *p, struct sql_value v) {
    struct sql_node *n = sql_new(p, SQL_LITERAL);
    n->value = v;
    return n;
}

struct sql_node *sql_number_literal(struct sql_parser *p, struct sql_token t) {
    struct sql_value v = sql_number_from_text(t.text, p->tree.keeps_decimals);
    if (v.type == SQL_UNDEFINED)
        sql_fail(p, "the number %.*s is out of range", BYTES_ARG(bytes_slice(t.text, 0, 60)));
    return sql_literal(p, v);
}

struct sql_node *sql_subquery(struct sql_parser *p, struct sql_select *s) {
    struct sql_node *n = sql_new(p, SQL_SUBQUERY);
    n->select = s;
    for (const struct sql_node *i = s->items; i; i = i->next)
        deepen(p, n, i);
    deepen(p, n, s->source);
    deepen(p, n, s->where);
    return n;
}

static const char *const cast_types[] = {"string",  "nvarchar", "text",    "ntext",
                                         "varchar", "int",      "integer", "double",
                                         "decimal", "bool",     "boolean"};

struct sql_node *sql_cast(struct sql_parser *p, struct sql_node *of, struct sql_token type) {
    struct sql_node *n = sql_unary(p, SQL_CAST, of);
    for (size_t i = 0; i < COUNT_OF(cast_types); i++)
        if (bytes_equal_nocase(type.text, bytes_from(cast_types[i]))) {
            n->text = bytes_from(cast_types[i]);
            return n;
        }
    sql_fail(p, "there is no type %.*s to cast to", BYTES_ARG(bytes_slice(type.text, 0, 60)));
    return n;
}

struct sql_node *sql_case(struct sql_parser *p, struct sql_node *value, struct sql_node *branches,
                          struct sql_node *otherwise) {
    struct sql_node *n = sql_new(p, SQL_CASE);
    sql_adopt(p, n, sql_append(value, branches));
    n->other = otherwise;
    deepen(p, n, otherwise);
    return n;
}

static void refuse_function(struct sql_parser *p, bytes name) {
    const char *why = sql_function_absence(name);
    if (why)
        sql_fail(p, "there is no function %.*s here: %s", BYTES_ARG(name), why);
    else
        sql_fail(p, "there is no function %.*s", BYTES_ARG(bytes_slice(name, 0, 60)));
}

/* decode(v, 'proto', …) is another function than decode(v, 'base64'). */
static bool decodes_proto(const struct sql_node *call) {
    const struct sql_node *second = call->first ? call->first->next : NULL;
    return bytes_equal_nocase(call->text, BYTES("decode")) && second &&
           second->kind == SQL_LITERAL && second->value.type == SQL_STRING &&
           bytes_equal_nocase(second->value.text, BYTES("proto"));
}

/* At most once [AWS rules 4 get_dynamodb]. */
static void note_question(struct sql_parser *p, const struct sql_function *f) {
    p->tree.asks_others = true;
    if (!bytes_equal(bytes_from(f->name), BYTES("get_dynamodb")))
        return;
    if (p->tree.reads_rows)
        sql_fail(p, "get_dynamodb can be called once in a statement");
    p->tree.reads_rows = true;
}

struct sql_node *sql_call(struct sql_parser *p, struct sql_token name, struct sql_node *arguments) {
    struct sql_node *n = sql_new(p, SQL_CALL);
    n->text = name.text;
    sql_adopt(p, n, arguments);
    n->function = sql_function_find(name.text);
    if (n->function && decodes_proto(n))
        n->function = &sql_function_decode_proto;
    if (!n->function)
        refuse_function(p, name.text);
    else if (sql_function_asks_others(n->function))
        note_question(p, n->function);
    return n;
}

struct sql_node *sql_collection(struct sql_parser *p, enum sql_kind kind, struct sql_node *items) {
    struct sql_node *n = sql_new(p, kind);
    sql_adopt(p, n, items);
    return n;
}

struct sql_select *sql_select_new(struct sql_parser *p, bool bare, struct sql_node *items) {
    struct sql_select *s = ARENA_NEW(p->arena, struct sql_select);
    s->bare = bare;
    s->items = items;
    return s;
}

struct sql_select *sql_select_from(struct sql_select *s, struct sql_node *source,
                                   struct sql_node *where) {
    s->source = source;
    s->where = where;
    if (source)
        s->source_alias = source->key;
    return s;
}

/* ---- variables ---- */

static struct sql_assignment *assignment_find(struct sql_parser *p, bytes name, size_t *out_index) {
    size_t index = 0;
    for (struct sql_assignment *a = p->tree.variables; a; a = a->next, index++)
        if (bytes_equal(a->name, name)) {
            *out_index = index;
            return a;
        }
    return NULL;
}

void sql_assign(struct sql_parser *p, bytes name, struct sql_node *value) {
    size_t index;
    struct sql_assignment **end = &p->tree.variables;
    name = bytes_skip(name, 1); /* the @ */
    if (name.len > SQL_VARIABLE_NAME_MAX || p->tree.variable_count == SQL_VARIABLES_MAX)
        sql_fail(p, "a statement may have %d variables with names of up to %d characters",
                 SQL_VARIABLES_MAX, SQL_VARIABLE_NAME_MAX);
    if (assignment_find(p, name, &index))
        sql_fail(p, "the variable @%.*s has a value already", BYTES_ARG(name));
    while (*end)
        end = &(*end)->next;
    *end = ARENA_NEW(p->arena, struct sql_assignment);
    **end = (struct sql_assignment){name, value, NULL};
    p->tree.variable_count++;
}

struct sql_node *sql_variable(struct sql_parser *p, struct sql_token t) {
    struct sql_node *n = sql_new(p, SQL_VARIABLE);
    n->text = bytes_skip(t.text, 1);
    if (!assignment_find(p, n->text, &n->index))
        sql_fail(p, "the variable %.*s has no value: SET gives it one",
                 BYTES_ARG(bytes_slice(t.text, 0, 70)));
    return n;
}

/* ---- strings ---- */

static const char *const escapes = "n\nt\tr\rb\bf\f"; /* a letter and what it means */

/* What stands between the quotes; a doubled quote is one, and JSON's escapes are known. */
bytes sql_unquote(struct sql_parser *p, bytes quoted) {
    uint8_t quote = quoted.ptr[0];
    bytes inner = bytes_slice(quoted, 1, quoted.len - 2);
    if (bytes_find(inner, quote) == inner.len && bytes_find(inner, '\\') == inner.len)
        return inner;
    uint8_t *out = arena_alloc(p->arena, inner.len);
    size_t len = 0;
    for (size_t i = 0; i < inner.len; i++) {
        uint8_t c = inner.ptr[i];
        bool pair = (c == quote || c == '\\') && i + 1 < inner.len;
        if (pair) {
            uint8_t escaped = inner.ptr[++i];
            const char *known = c == '\\' && escaped ? strchr(escapes, escaped) : NULL;
            bool keep = c == '\\' && !known && escaped != '\\' && escaped != '\'' &&
                        escaped != '"' && escaped != '/';
            if (keep)
                out[len++] = '\\'; /* \d of a regular expression stays as it is */
            c = known && (known - escapes) % 2 == 0 ? (uint8_t)known[1] : escaped;
        }
        out[len++] = c;
    }
    return bytes_of(out, len);
}

/* ---- driving ---- */

/* Whether `value` behind SELECT is an attribute: what follows cannot begin an expression. */
static bool value_is_name(const struct sql_parser *p) {
    static const int followers[] = {
        0,           SQL_T_COMMA,   SQL_T_FROM, SQL_T_AS, SQL_T_DOT, SQL_T_WHERE, SQL_T_CLOSE,
        SQL_T_EQ,    SQL_T_NE,      SQL_T_LT,   SQL_T_LE, SQL_T_GT,  SQL_T_GE,    SQL_T_PLUS,
        SQL_T_SLASH, SQL_T_PERCENT, SQL_T_AND,  SQL_T_OR, SQL_T_IN};
    struct sql_parser ahead = *p;
    struct sql_token t;
    int code = sql_lex(&ahead, &t);
    for (size_t i = 0; i < COUNT_OF(followers); i++)
        if (code == followers[i])
            return true;
    return false;
}

static void feed(struct sql_parser *p, void *grammar) {
    struct sql_token t;
    int before = 0;
    while (!p->failed) {
        t.code = sql_lex(p, &t);
        p->token_start = t.code ? t.offset : p->text.len;
        if (t.code < 0) {
            sql_fail(p, "'%.*s' is no part of the language", BYTES_ARG(t.text));
            return;
        }
        if (t.code == SQL_T_VALUE && (before != SQL_T_SELECT || value_is_name(p)))
            t.code = SQL_T_NAME;
        sql_grammar(grammar, t.code, t, p);
        before = t.code;
        if (t.code == 0)
            return;
    }
}

static status parse(struct arena *a, bytes text, int start, struct sql_tree *out) {
    /* the lexer looks for a zero where the text ends */
    struct sql_parser p = {
        .arena = a, .text = bytes_of(arena_string(a, text), text.len), .tree = *out};
    if (!bytes_are_utf8(text))
        return FAIL(E_SQL_PARSE, "Unable to parse the SQL: it is not UTF-8");
    void *grammar = sql_grammarAlloc(mem_new);
    sql_grammar(grammar, start, (struct sql_token){0}, &p);
    feed(&p, grammar);
    sql_grammarFree(grammar, mem_free);
    if (p.failed)
        return fail_with_place(&p);
    *out = p.tree;
    return OK;
}

status sql_parse_statement(struct arena *a, bytes text, struct sql_tree *inout_tree) {
    return parse(a, text, SQL_T_STATEMENT, inout_tree);
}

status sql_parse_expression(struct arena *a, bytes text, struct sql_tree *inout_tree) {
    return parse(a, text, SQL_T_EXPRESSION, inout_tree);
}
