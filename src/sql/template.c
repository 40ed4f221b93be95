/* Substitution templates [AWS rules 6.3]. */
#include <string.h>

#include "sql/evaluate.h"

struct part {
    bytes literal;
    const struct sql_node *expression; /* NULL: the literal */
    struct part *next;
};

struct sql_template {
    struct arena arena;
    struct part *first, **last;
    bool asks_others, reads_rows;
};

static void add_part(struct sql_template *t, bytes literal, const struct sql_node *expression) {
    if (!expression && literal.len == 0)
        return;
    struct part *p = ARENA_NEW(&t->arena, struct part);
    *p = (struct part){literal, expression, NULL};
    *(t->last ? t->last : &t->first) = p;
    t->last = &p->next;
}

/* Where the expression that begins here ends: at the brace that closes it, beyond quotes and inner
 * braces. */
static size_t end_of_expression(bytes text) {
    size_t depth = 0;
    uint8_t quote = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        if (quote) {
            if (c == '\\')
                i++;
            else if (c == quote)
                quote = 0;
        } else if (c == '\'' || c == '"') {
            quote = c;
        } else if (c == '{') {
            depth++;
        } else if (c == '}' && depth-- == 0) {
            return i;
        }
    }
    return text.len;
}

/* SET's variables may be used: the statement's tree is known to the parser. */
static status parse_part(const struct sql_statement *s, struct sql_template *t, bytes text) {
    struct sql_tree tree = {.variables = s->tree.variables,
                            .variable_count = s->tree.variable_count,
                            .keeps_decimals = s->tree.keeps_decimals};
    TRY(sql_parse_expression(&t->arena, text, &tree));
    t->asks_others = t->asks_others || tree.asks_others;
    t->reads_rows = t->reads_rows || tree.reads_rows;
    add_part(t, (bytes){0}, tree.expression);
    return OK;
}

static status split(const struct sql_statement *s, struct sql_template *t, bytes text) {
    for (;;) {
        size_t start = bytes_search(text, BYTES("${"));
        add_part(t, bytes_slice(text, 0, start), NULL);
        if (start == text.len)
            return OK;
        text = bytes_skip(text, start + 2);
        size_t end = end_of_expression(text);
        if (end == text.len)
            return FAIL(E_SQL_PARSE,
                        "Unable to parse the substitution template: a closing brace is "
                        "missing after '${%.*s'",
                        BYTES_ARG(bytes_slice(text, 0, 60)));
        TRY(parse_part(s, t, bytes_slice(text, 0, end)));
        text = bytes_skip(text, end + 1);
    }
}

status sql_template_compile(const struct sql_statement *s, bytes text, struct sql_template **out) {
    struct sql_template *t = NEW(struct sql_template);
    status result = split(s, t, arena_copy(&t->arena, text));
    if (result != OK) {
        sql_template_free(t);
        return result;
    }
    *out = t;
    return OK;
}

void sql_template_free(struct sql_template *t) {
    if (!t)
        return;
    arena_done(&t->arena);
    mem_free(t);
}

bool sql_template_is_plain(const struct sql_template *t) {
    for (const struct part *p = t->first; p; p = p->next)
        if (p->expression)
            return false;
    return true;
}

bool sql_template_asks_others(const struct sql_template *t) {
    return t->asks_others;
}

bool sql_template_reads_rows(const struct sql_template *t) {
    return t->reads_rows;
}

bool sql_template_fill(const struct sql_template *t, struct sql_evaluation *e, struct buf *out) {
    bool complete = true;
    for (const struct part *p = t->first; p; p = p->next) {
        bytes text;
        struct sql_value v;
        if (!p->expression) {
            buf_append(out, p->literal);
            continue;
        }
        v = sql_evaluate(e, p->expression);
        if (v.type == SQL_NULL)
            buf_text(out, "null");
        else if (sql_to_text(&v, e->arena, &text))
            buf_append(out, text);
        else
            complete = false;
    }
    return complete;
}
