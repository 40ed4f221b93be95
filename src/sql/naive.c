#include "sql/naive.h"

#include "sql/grammar.h"
#include "sql/naive_value.h"

static struct naive evaluate(struct naive_world *w, const struct sql_node *n);

static struct naive literal(struct naive_world *w, const struct sql_value *v) {
    switch (v->type) {
    case SQL_NULL:
        return naive_null;
    case SQL_BOOLEAN:
        return naive_boolean(v->flag);
    case SQL_INT:
    case SQL_DECIMAL:
        return v->type == SQL_INT ? naive_number(w, v->number) : naive_raw_number(w, v->number);
    case SQL_STRING:
        return naive_string(v->text);
    case SQL_UNDEFINED:
    case SQL_ARRAY:
    case SQL_OBJECT:
        break;
    }
    return naive_undefined;
}

static struct naive whole(struct naive_world *w) {
    if (w->element)
        return *w->element;
    return w->message->payload.len ? naive_read(w, w->message->payload) : naive_object(w, NULL, 0);
}

static struct naive name(struct naive_world *w, bytes text) {
    struct naive all = whole(w);
    if (w->element && w->alias.ptr && bytes_equal(w->alias, text))
        return all;
    return naive_member_of(w, &all, text);
}

/* Each use evaluates the assignment anew: nothing in it can change. */
static struct naive variable(struct naive_world *w, size_t index) {
    struct naive_world outer = *w;
    const struct sql_assignment *a = w->statement->tree.variables;
    while (index-- > 0)
        a = a->next;
    outer.element = NULL;
    struct naive v = evaluate(&outer, a->value);
    w->steps = outer.steps;
    return v;
}

/* ---- operators [AWS rules 3] ---- */

static struct naive logic(const struct naive *a, const struct naive *b, bool or) {
    bool x, y;
    if (!naive_to_boolean(a, &x) || !naive_to_boolean(b, &y))
        return naive_undefined;
    return naive_boolean(or ? x || y : x && y);
}

static struct naive compare(const struct naive *a, const struct naive *b, int op) {
    struct decimal x, y;
    if (!naive_to_decimal(a, &x) || !naive_to_decimal(b, &y))
        return naive_undefined;
    int order = naive_order(x, y);
    return naive_boolean(op == SQL_T_LT   ? order < 0
                         : op == SQL_T_LE ? order <= 0
                         : op == SQL_T_GT ? order > 0
                                          : order >= 0);
}

static struct naive joined(struct naive_world *w, const struct naive *a, const struct naive *b) {
    bytes x, y;
    if (!naive_to_text(a, &x) || !naive_to_text(b, &y) || x.len + y.len > SQL_RESULT_BYTES_MAX)
        return naive_undefined;
    AUTO(buf) out = {0};
    buf_append(&out, x);
    buf_append(&out, y);
    return naive_string(arena_copy(w->a, buf_bytes(&out)));
}

static struct naive arithmetic(struct naive_world *w, const struct naive *a, const struct naive *b,
                               int op) {
    struct decimal x, y, d;
    bool ints = a->type == SQL_INT && b->type == SQL_INT, good;
    if (!naive_to_decimal(a, &x) || !naive_to_decimal(b, &y))
        return naive_undefined;
    if (op == SQL_T_PLUS)
        good = decimal_add(x, y, &d);
    else if (op == SQL_T_MINUS)
        good = decimal_subtract(x, y, &d);
    else if (op == SQL_T_STAR)
        good = decimal_multiply(x, y, &d);
    else if (op == SQL_T_SLASH)
        good = decimal_divide(x, y, &d);
    else
        good = decimal_remainder(x, y, &d);
    if (!good)
        return naive_undefined;
    if (ints && op == SQL_T_SLASH)
        d = decimal_round(d, 0, DECIMAL_DOWN);
    bool keep = w->statement->version == SQL_2015_10_08 && !ints;
    return keep ? naive_raw_number(w, d) : naive_number(w, d);
}

static struct naive binary(struct naive_world *w, const struct sql_node *n) {
    struct naive a = evaluate(w, n->first), b = evaluate(w, n->first->next);
    bool nothing = a.type == SQL_UNDEFINED || b.type == SQL_UNDEFINED;
    if (n->op == SQL_T_AND || n->op == SQL_T_OR)
        return logic(&a, &b, n->op == SQL_T_OR);
    if (n->op == SQL_T_EQ || n->op == SQL_T_NE)
        return nothing ? naive_undefined
                       : naive_boolean(naive_equal(w, &a, &b) == (n->op == SQL_T_EQ));
    if (n->op == SQL_T_LT || n->op == SQL_T_LE || n->op == SQL_T_GT || n->op == SQL_T_GE)
        return compare(&a, &b, n->op);
    if (n->op == SQL_T_PLUS && (a.type == SQL_STRING || b.type == SQL_STRING))
        return joined(w, &a, &b);
    return arithmetic(w, &a, &b, n->op);
}

static struct naive in(struct naive_world *w, const struct sql_node *n) {
    struct naive x = evaluate(w, n->first), list = evaluate(w, n->first->next);
    size_t count;
    if (x.type == SQL_UNDEFINED || list.type != SQL_ARRAY)
        return naive_undefined;
    struct naive_member *items = naive_members(w, &list, &count);
    for (size_t i = 0; i < count; i++)
        if (naive_equal(w, &x, &items[i].value))
            return naive_true;
    return naive_false;
}

static struct naive choose(struct naive_world *w, const struct sql_node *n) {
    struct naive v = evaluate(w, n->first);
    if (v.type == SQL_UNDEFINED)
        return v;
    for (const struct sql_node *when = n->first->next; when; when = when->next->next) {
        struct naive candidate = evaluate(w, when);
        if (naive_equal(w, &v, &candidate))
            return evaluate(w, when->next);
    }
    return n->other ? evaluate(w, n->other) : naive_undefined;
}

static struct naive cast(struct naive_world *w, const struct sql_node *n) {
    struct naive v = evaluate(w, n->first);
    struct decimal d;
    bool flag;
    bytes text;
    char to = (char)n->text.ptr[0]; /* string, nvarchar, text, ntext, varchar; int…, d…, b… */
    if (to == 'i' || to == 'd') {
        if (v.type == SQL_BOOLEAN)
            return naive_number(w, decimal_from_i64(bytes_equal(v.text, BYTES("true"))));
        if (!naive_to_decimal(&v, &d))
            return naive_undefined;
        return naive_number(w, to == 'i' ? decimal_round(d, 0, DECIMAL_DOWN) : d);
    }
    if (to != 'b')
        return naive_to_text(&v, &text) ? naive_string(text) : naive_undefined;
    if (naive_is_number(&v))
        return naive_boolean(naive_to_decimal(&v, &d) && d.coefficient != 0);
    return naive_to_boolean(&v, &flag) ? naive_boolean(flag) : naive_undefined;
}

static struct naive call(struct naive_world *w, const struct sql_node *n) {
    struct naive_call c = {w, ARENA_ARRAY(w->a, struct naive, n->count + 1), 0, false};
    bool known;
    c.star = n->first && n->first->kind == SQL_WHOLE;
    for (const struct sql_node *a = n->first; a; a = a->next)
        c.arguments[c.count++] = evaluate(w, a);
    return naive_function(n->text, &c, &known);
}

static struct naive collection(struct naive_world *w, const struct sql_node *n) {
    struct naive_member *items = ARENA_ARRAY(w->a, struct naive_member, n->count + 1);
    size_t count = 0;
    for (const struct sql_node *c = n->first; c; c = c->next) {
        struct naive v = evaluate(w, c);
        if (n->kind == SQL_ARRAY_OF)
            items[count++].value = v;
        else if (v.type != SQL_UNDEFINED)
            naive_put(items, &count, c->key, v);
    }
    return n->kind == SQL_ARRAY_OF ? naive_array(w, items, count) : naive_object(w, items, count);
}

/* ---- SELECT [AWS rules 1.2] ---- */

static bytes key_of(struct naive_world *w, const struct sql_node *n, size_t *nameless) {
    if (n->key.ptr)
        return n->key;
    switch ((int)n->kind) {
    case SQL_NAME:
    case SQL_MEMBER:
    case SQL_CALL:
    case SQL_VARIABLE:
        return n->text;
    case SQL_CAST:
        return BYTES("cast");
    default:
        return bytes_from(arena_printf(w->a, "_%zu", (*nameless)++));
    }
}

/* `AS a.b`: {"a":{"b":v}} */
static struct naive put_at(struct naive_world *w, const struct naive *into, bytes path,
                           struct naive v) {
    size_t count, dot = bytes_find(path, '.');
    struct naive_member *old = naive_members(w, into, &count);
    struct naive_member *items = ARENA_ARRAY(w->a, struct naive_member, count + 1);
    for (size_t i = 0; i < count; i++)
        items[i] = old[i];
    bytes first = bytes_slice(path, 0, dot);
    if (dot < path.len) {
        struct naive inner = naive_member_of(w, into, first);
        if (inner.type != SQL_OBJECT)
            inner = naive_object(w, NULL, 0);
        v = put_at(w, &inner, bytes_skip(path, dot + 1), v);
    }
    naive_put(items, &count, first, v);
    return naive_object(w, items, count);
}

static bool is_bare_star(const struct sql_node *n) {
    return n->kind == SQL_WHOLE && !n->key.ptr;
}

static struct naive select_items(struct naive_world *w, const struct sql_select *s) {
    struct naive result = naive_object(w, NULL, 0);
    size_t count, nameless = 0;
    if (s->bare || (is_bare_star(s->items) && !s->items->next))
        return evaluate(w, s->items);
    for (const struct sql_node *n = s->items; n; n = n->next) {
        struct naive v = evaluate(w, n);
        if (!is_bare_star(n)) {
            bytes key = key_of(w, n, &nameless);
            if (v.type != SQL_UNDEFINED)
                result = put_at(w, &result, key, v);
            continue;
        }
        struct naive_member *items = naive_members(w, &v, &count);
        for (size_t i = 0; i < count && v.type == SQL_OBJECT; i++) {
            size_t had;
            struct naive_member *old = naive_members(w, &result, &had);
            struct naive_member *all = ARENA_ARRAY(w->a, struct naive_member, had + 1);
            for (size_t j = 0; j < had; j++)
                all[j] = old[j];
            naive_put(all, &had, items[i].name, items[i].value);
            result = naive_object(w, all, had);
        }
    }
    return result;
}

static bool passes(struct naive_world *w, const struct sql_node *where) {
    if (!where)
        return true;
    struct naive v = evaluate(w, where);
    return v.type == SQL_BOOLEAN && bytes_equal(v.text, BYTES("true"));
}

static struct naive select_on(struct naive_world *w, const struct sql_select *s,
                              const struct naive *element) {
    struct naive_world inner = *w;
    inner.element = element;
    inner.alias = s->source_alias;
    struct naive v = passes(&inner, s->where) ? select_items(&inner, s) : naive_undefined;
    w->steps = inner.steps;
    return v;
}

static struct naive subquery(struct naive_world *w, const struct sql_select *s) {
    size_t count, kept = 0;
    if (!s->source)
        return passes(w, s->where) ? select_items(w, s) : naive_undefined;
    struct naive from = evaluate(w, s->source);
    if (from.type == SQL_UNDEFINED)
        return from;
    if (from.type != SQL_ARRAY)
        return select_on(w, s, &from);
    struct naive_member *items = naive_members(w, &from, &count);
    struct naive_member *results = ARENA_ARRAY(w->a, struct naive_member, count + 1);
    for (size_t i = 0; i < count; i++) {
        struct naive v = select_on(w, s, &items[i].value);
        if (v.type != SQL_UNDEFINED)
            results[kept++].value = v;
    }
    return naive_array(w, results, kept);
}

static struct naive exists(struct naive_world *w, const struct sql_node *n) {
    struct naive v = evaluate(w, n->first);
    return naive_boolean(v.type != SQL_UNDEFINED &&
                         !(v.type == SQL_ARRAY && bytes_equal(v.text, BYTES("[]"))));
}

static struct naive evaluate(struct naive_world *w, const struct sql_node *n) {
    struct naive v, none = naive_number(w, decimal_from_i64(0));
    bool flag;
    w->steps++;
    switch (n->kind) {
    case SQL_LITERAL:
        return literal(w, &n->value);
    case SQL_WHOLE:
        return whole(w);
    case SQL_NAME:
        return name(w, n->text);
    case SQL_VARIABLE:
        return variable(w, n->index);
    case SQL_MEMBER:
        v = evaluate(w, n->first);
        return naive_member_of(w, &v, n->text);
    case SQL_CALL:
        return call(w, n);
    case SQL_NEGATE:
        v = evaluate(w, n->first);
        return arithmetic(w, &none, &v, SQL_T_MINUS);
    case SQL_NOT:
        v = evaluate(w, n->first);
        return naive_to_boolean(&v, &flag) ? naive_boolean(!flag) : naive_undefined;
    case SQL_BINARY:
        return binary(w, n);
    case SQL_IN:
        return in(w, n);
    case SQL_EXISTS:
        return exists(w, n);
    case SQL_SUBQUERY:
        return subquery(w, n->select);
    case SQL_CASE:
        return choose(w, n);
    case SQL_CAST:
        return cast(w, n);
    case SQL_OBJECT_OF:
    case SQL_ARRAY_OF:
        return collection(w, n);
    }
    return naive_undefined;
}

/* ---- a statement ---- */

static bool is_json(struct naive_world *w, bytes payload) {
    const struct json *root;
    return payload.len == 0 || json_parse(w->a, payload, &root) == OK;
}

/* SELECT * sends the bytes as they came; so does `*, …` when they are no JSON [AWS rules 5]. */
static bool sends_bytes(struct naive_world *w, const struct sql_select *s) {
    if (!is_bare_star(s->items))
        return false;
    return (!s->bare && !s->items->next) || !is_json(w, w->message->payload);
}

struct naive_result naive_run(const struct sql_statement *s, const struct sql_message *m,
                              struct arena *a) {
    struct naive_world w = {.a = a, .statement = s, .message = m};
    const struct sql_select *select = s->tree.select;
    if (!passes(&w, select->where))
        return (struct naive_result){.runs = false};
    if (sends_bytes(&w, select))
        return (struct naive_result){true, m->payload, m->payload.len && is_json(&w, m->payload)};
    struct naive v = select_items(&w, select);
    return (struct naive_result){true, naive_json(&w, &v), v.type != SQL_UNDEFINED};
}
