#include "sql/evaluate.h"

#include <string.h>

#include "sql/grammar.h"

/* ---- the message ---- */

struct sql_value sql_whole(struct sql_evaluation *e) {
    const struct json *root;
    if (e->read)
        return e->whole;
    e->read = true;
    e->whole = sql_undefined();
    if (e->message->payload.len == 0) {
        struct sql_list nothing = sql_list(e->arena);
        e->whole = sql_object(&nothing);
        e->is_json = true;
    } else if (json_parse(e->arena, e->message->payload, &root) == OK) {
        e->whole = sql_from_json(root, sql_keeps_decimals(e));
        e->is_json = true;
    }
    return e->whole;
}

/* Sixteen names are passed by in the time of a step. */
static struct sql_value member(struct sql_evaluation *e, const struct sql_value *of, bytes name) {
    if (of->type != SQL_OBJECT)
        return sql_undefined();
    if (of->json)
        sql_spend(e, of->json->count / 16);
    if (of->json)
        return sql_from_json(json_member(of->json, name), sql_keeps_decimals(e));
    size_t passed = 0;
    const struct sql_item *i = of->items;
    for (; i && !bytes_equal(i->name, name); i = i->next)
        passed++;
    sql_spend(e, passed / 16);
    return i ? i->value : sql_undefined();
}

static struct sql_value name(struct sql_evaluation *e, const struct sql_node *n) {
    if (!e->scope) {
        struct sql_value whole = sql_whole(e);
        return member(e, &whole, n->text);
    }
    if (!e->scope->alias.ptr)
        return member(e, &e->scope->element, n->text);
    return bytes_equal(e->scope->alias, n->text) ? e->scope->element
                                                 : member(e, &e->scope->element, n->text);
}

/* SET's variables are evaluated in order, each when it is first needed. */
static struct sql_value variable(struct sql_evaluation *e, const struct sql_node *n) {
    const struct sql_tree *tree = &e->statement->tree;
    if (!e->variables)
        e->variables = ARENA_ARRAY(e->arena, struct sql_value, tree->variable_count);
    const struct sql_scope *scope = e->scope;
    const struct sql_assignment *a = tree->variables;
    for (size_t i = 0; i < e->variables_known; i++)
        a = a->next;
    e->scope = NULL;
    while (e->variables_known <= n->index) {
        struct sql_value v = sql_evaluate(e, a->value);
        e->variables[e->variables_known++] = v;
        a = a->next;
    }
    e->scope = scope;
    return e->variables[n->index];
}

/* ---- operators [AWS rules 3] ---- */

static struct sql_value both(const struct sql_value *a, const struct sql_value *b, bool or) {
    bool left, right;
    if (!sql_to_boolean(a, &left) || !sql_to_boolean(b, &right))
        return sql_undefined();
    return sql_boolean(or ? left || right : left && right);
}

static struct sql_value compare(const struct sql_value *a, const struct sql_value *b, int op) {
    struct decimal left, right;
    if (!sql_to_decimal(a, &left) || !sql_to_decimal(b, &right))
        return sql_undefined();
    int order = decimal_compare(left, right);
    switch (op) {
    case SQL_T_LT:
        return sql_boolean(order < 0);
    case SQL_T_LE:
        return sql_boolean(order <= 0);
    case SQL_T_GT:
        return sql_boolean(order > 0);
    default:
        return sql_boolean(order >= 0);
    }
}

static struct sql_value equality(struct sql_evaluation *e, const struct sql_value *a,
                                 const struct sql_value *b, bool equal) {
    if (a->type == SQL_UNDEFINED || b->type == SQL_UNDEFINED)
        return sql_undefined();
    bool same = sql_equal(a, b, sql_patience(e));
    return sql_is_spent(e) ? sql_undefined() : sql_boolean(same == equal);
}

static struct sql_value joined(struct sql_evaluation *e, const struct sql_value *a,
                               const struct sql_value *b) {
    bytes left, right;
    if (!sql_to_text(a, e->arena, &left) || !sql_to_text(b, e->arena, &right))
        return sql_undefined();
    if (left.len + right.len > SQL_RESULT_BYTES_MAX)
        return sql_undefined();
    uint8_t *text = arena_alloc(e->arena, left.len + right.len);
    if (left.len)
        memcpy(text, left.ptr, left.len);
    if (right.len)
        memcpy(text + left.len, right.ptr, right.len);
    return sql_string(bytes_of(text, left.len + right.len));
}

/* A result is a Decimal when an operand was one, as 2015-10-08 shows it. */
static struct sql_value result(const struct sql_evaluation *e, const struct sql_value *a,
                               const struct sql_value *b, struct decimal d) {
    bool decimal = a->type != SQL_INT || b->type != SQL_INT;
    if (sql_keeps_decimals(e) && decimal)
        return (struct sql_value){.type = SQL_DECIMAL, .number = d};
    return sql_number(d);
}

static struct sql_value divide(const struct sql_evaluation *e, const struct sql_value *a,
                               const struct sql_value *b, struct decimal left,
                               struct decimal right) {
    struct decimal d;
    if (!decimal_divide(left, right, &d))
        return sql_undefined();
    if (a->type == SQL_INT && b->type == SQL_INT)
        d = decimal_round(d, 0, DECIMAL_DOWN);
    return result(e, a, b, d);
}

static struct sql_value calculate(const struct sql_evaluation *e, const struct sql_value *a,
                                  const struct sql_value *b, int op) {
    struct decimal left, right, d;
    bool fits;
    if (!sql_to_decimal(a, &left) || !sql_to_decimal(b, &right))
        return sql_undefined();
    if (op == SQL_T_SLASH)
        return divide(e, a, b, left, right);
    if (op == SQL_T_PLUS)
        fits = decimal_add(left, right, &d);
    else if (op == SQL_T_MINUS)
        fits = decimal_subtract(left, right, &d);
    else if (op == SQL_T_STAR)
        fits = decimal_multiply(left, right, &d);
    else
        fits = decimal_remainder(left, right, &d);
    return fits ? result(e, a, b, d) : sql_undefined();
}

/* Numeric strings count as numbers with - * / %, not with +. */
static struct sql_value add(struct sql_evaluation *e, const struct sql_value *a,
                            const struct sql_value *b) {
    if (a->type == SQL_STRING || b->type == SQL_STRING)
        return joined(e, a, b);
    return sql_is_number(a) && sql_is_number(b) ? calculate(e, a, b, SQL_T_PLUS) : sql_undefined();
}

static struct sql_value binary(struct sql_evaluation *e, const struct sql_node *n) {
    struct sql_value a = sql_evaluate(e, n->first), b = sql_evaluate(e, n->first->next);
    switch (n->op) {
    case SQL_T_AND:
    case SQL_T_OR:
        return both(&a, &b, n->op == SQL_T_OR);
    case SQL_T_EQ:
    case SQL_T_NE:
        return equality(e, &a, &b, n->op == SQL_T_EQ);
    case SQL_T_LT:
    case SQL_T_LE:
    case SQL_T_GT:
    case SQL_T_GE:
        return compare(&a, &b, n->op);
    case SQL_T_PLUS:
        return add(e, &a, &b);
    default:
        return calculate(e, &a, &b, n->op);
    }
}

static struct sql_value negate(struct sql_evaluation *e, const struct sql_node *n) {
    struct sql_value v = sql_evaluate(e, n->first), none = sql_int(0);
    return calculate(e, &none, &v, SQL_T_MINUS);
}

static struct sql_value not(struct sql_evaluation * e, const struct sql_node *n) {
    struct sql_value v = sql_evaluate(e, n->first);
    bool flag;
    return sql_to_boolean(&v, &flag) ? sql_boolean(!flag) : sql_undefined();
}

static struct sql_value in(struct sql_evaluation *e, const struct sql_node *n) {
    struct sql_value x = sql_evaluate(e, n->first), list = sql_evaluate(e, n->first->next);
    if (x.type == SQL_UNDEFINED || list.type != SQL_ARRAY)
        return sql_undefined();
    struct sql_walk w = sql_walk(&list, sql_keeps_decimals(e));
    bool found = false;
    for (; !found && !sql_is_spent(e) && sql_walk_next(&w); sql_spend(e, 1))
        found = sql_equal(&x, &w.value, sql_patience(e));
    return sql_is_spent(e) ? sql_undefined() : sql_boolean(found);
}

/* ---- CASE and CAST ---- */

static struct sql_value choose(struct sql_evaluation *e, const struct sql_node *n) {
    struct sql_value v = sql_evaluate(e, n->first);
    if (v.type == SQL_UNDEFINED)
        return v;
    for (const struct sql_node *when = n->first->next; when; when = when->next->next) {
        struct sql_value candidate = sql_evaluate(e, when);
        if (candidate.type != SQL_UNDEFINED && sql_equal(&v, &candidate, sql_patience(e)))
            return sql_evaluate(e, when->next);
    }
    return n->other ? sql_evaluate(e, n->other) : sql_undefined();
}

/* Like the conversions of arguments, and between numbers and Booleans both ways [AWS rules 2.1]. */
static struct sql_value cast_number(const struct sql_value *v, bool whole) {
    struct decimal d;
    if (v->type == SQL_BOOLEAN)
        return sql_int(v->flag);
    if (!sql_to_decimal(v, &d))
        return sql_undefined();
    return sql_number(whole ? decimal_round(d, 0, DECIMAL_DOWN) : d);
}

static struct sql_value cast(struct sql_evaluation *e, const struct sql_node *n) {
    struct sql_value v = sql_evaluate(e, n->first);
    bytes text;
    bool flag;
    switch (n->text.ptr[0]) {
    case 'i':
        return cast_number(&v, true);
    case 'd':
        return cast_number(&v, false);
    case 'b':
        if (sql_is_number(&v))
            return sql_boolean(!decimal_is_zero(v.number));
        return sql_to_boolean(&v, &flag) ? sql_boolean(flag) : sql_undefined();
    default:
        return sql_to_text(&v, e->arena, &text) ? sql_string(text) : sql_undefined();
    }
}

/* ---- calls and literals ---- */

bool sql_argument_text(struct sql_call *c, size_t i, bytes *out) {
    if (!sql_to_text(&c->arguments[i], c->evaluation->arena, out))
        return false;
    sql_spend(c->evaluation, out->len / 64);
    return true;
}

static struct sql_value call(struct sql_evaluation *e, const struct sql_node *n) {
    if (n->count < n->function->least || n->count > n->function->most)
        return sql_undefined();
    struct sql_value few[3];
    struct sql_call c = {.evaluation = e, .arguments = few};
    if (n->count > COUNT_OF(few))
        c.arguments = ARENA_ARRAY(e->arena, struct sql_value, n->count);
    for (const struct sql_node *a = n->first; a; a = a->next) {
        if (a->kind == SQL_WHOLE)
            c.whole |= (uint64_t)1 << c.count;
        c.arguments[c.count++] = sql_evaluate(e, a);
    }
    return n->function->call(&c);
}

static struct sql_value collection(struct sql_evaluation *e, const struct sql_node *n) {
    struct sql_list l = sql_list(e->arena);
    for (const struct sql_node *c = n->first; c; c = c->next) {
        struct sql_value v = sql_evaluate(e, c);
        if (n->kind == SQL_OBJECT_OF)
            sql_list_put(&l, c->key, v);
        else
            sql_list_add(&l, (bytes){0}, v);
    }
    return n->kind == SQL_OBJECT_OF ? sql_object(&l) : sql_array(&l);
}

/* ---- SELECT ---- */

/* The key of an item without AS: the last part of a path, a function's own name. */
static bytes key_of(const struct sql_node *item) {
    if (item->key.ptr)
        return item->key;
    if (item->kind == SQL_CAST)
        return BYTES("cast");
    bool named = item->kind == SQL_NAME || item->kind == SQL_MEMBER || item->kind == SQL_CALL ||
                 item->kind == SQL_VARIABLE;
    return named ? item->text : (bytes){0};
}

/* `AS a.b` makes an object within the object. What is Undefined is left out, and what stood there
 * stays [AWS rules 1.2]. */
static void put_at(const struct sql_evaluation *e, struct sql_list *l, bytes path,
                   struct sql_value v) {
    size_t dot = bytes_find(path, '.');
    if (v.type == SQL_UNDEFINED || dot == path.len) {
        sql_list_put(l, path, v);
        return;
    }
    bytes first = bytes_slice(path, 0, dot);
    const struct sql_item *there = sql_list_find(l, first);
    struct sql_list inner = sql_list(l->arena);
    if (there && there->value.type == SQL_OBJECT)
        inner = sql_members(l->arena, &there->value, sql_keeps_decimals(e));
    put_at(e, &inner, bytes_skip(path, dot + 1), v);
    sql_list_put(l, first, sql_object(&inner));
}

static void spread(const struct sql_evaluation *e, struct sql_list *l, const struct sql_value *v) {
    struct sql_list members = sql_members(l->arena, v, sql_keeps_decimals(e));
    bool alone = !l->first;
    if (alone)
        *l = members;
    for (const struct sql_item *i = alone ? NULL : members.first; i; i = i->next)
        sql_list_put(l, i->name, i->value);
}

static struct sql_value select_items(struct sql_evaluation *e, const struct sql_select *s) {
    struct sql_list l = sql_list(e->arena);
    if (s->bare)
        return sql_evaluate(e, s->items);
    if (s->items->kind == SQL_WHOLE && !s->items->key.ptr && !s->items->next)
        return sql_evaluate(e, s->items);
    size_t nameless = 0;
    for (const struct sql_node *i = s->items; i; i = i->next) {
        struct sql_value v = sql_evaluate(e, i);
        if (i->kind == SQL_WHOLE && !i->key.ptr) {
            if (v.type == SQL_OBJECT)
                spread(e, &l, &v);
            continue;
        }
        bytes key = key_of(i);
        if (!key.ptr)
            key = bytes_from(arena_printf(e->arena, "_%zu", nameless++));
        put_at(e, &l, key, v);
    }
    return sql_object(&l);
}

static bool passes(struct sql_evaluation *e, const struct sql_node *where) {
    if (!where)
        return true;
    struct sql_value v = sql_evaluate(e, where);
    return v.type == SQL_BOOLEAN && v.flag;
}

static struct sql_value select_each(struct sql_evaluation *e, const struct sql_select *s,
                                    const struct sql_value *from) {
    struct sql_list l = sql_list(e->arena);
    struct sql_walk w = sql_walk(from, sql_keeps_decimals(e));
    while (sql_walk_next(&w)) {
        struct sql_scope scope = {w.value, s->source_alias};
        e->scope = &scope;
        if (!passes(e, s->where))
            continue;
        struct sql_value v = select_items(e, s);
        if (v.type != SQL_UNDEFINED)
            sql_list_add(&l, (bytes){0}, v);
    }
    return sql_array(&l);
}

/* Over an array one result per element; over anything else the result itself [AWS rules 3]. */
static struct sql_value subquery(struct sql_evaluation *e, const struct sql_select *s) {
    const struct sql_scope *outer = e->scope;
    struct sql_value from = s->source ? sql_evaluate(e, s->source) : sql_undefined();
    struct sql_value v;
    if (!s->source) {
        v = passes(e, s->where) ? select_items(e, s) : sql_undefined();
    } else if (from.type == SQL_ARRAY) {
        v = select_each(e, s, &from);
    } else {
        struct sql_scope scope = {from, s->source_alias};
        e->scope = &scope;
        v = from.type != SQL_UNDEFINED && passes(e, s->where) ? select_items(e, s)
                                                              : sql_undefined();
    }
    e->scope = outer;
    return v;
}

static struct sql_value exists(struct sql_evaluation *e, const struct sql_node *n) {
    struct sql_value v = sql_evaluate(e, n->first);
    if (v.type != SQL_ARRAY)
        return sql_boolean(v.type != SQL_UNDEFINED);
    struct sql_walk w = sql_walk(&v, false);
    return sql_boolean(sql_walk_next(&w));
}

/* ---- any node ---- */

struct sql_value sql_evaluate(struct sql_evaluation *e, const struct sql_node *n) {
    struct sql_value v;
    e->steps++;
    if (sql_is_spent(e))
        return sql_undefined();
    switch (n->kind) {
    case SQL_LITERAL:
        return n->value;
    case SQL_WHOLE:
        return e->scope ? e->scope->element : sql_whole(e);
    case SQL_NAME:
        return name(e, n);
    case SQL_VARIABLE:
        return variable(e, n);
    case SQL_MEMBER:
        v = sql_evaluate(e, n->first);
        return member(e, &v, n->text);
    case SQL_CALL:
        return call(e, n);
    case SQL_NEGATE:
        return negate(e, n);
    case SQL_NOT:
        return not(e, n);
    case SQL_BINARY:
        return binary(e, n);
    case SQL_IN:
        return in(e, n);
    case SQL_EXISTS:
        return exists(e, n);
    case SQL_SUBQUERY:
        return subquery(e, n->select);
    case SQL_CASE:
        return choose(e, n);
    case SQL_CAST:
        return cast(e, n);
    case SQL_OBJECT_OF:
    case SQL_ARRAY_OF:
        return collection(e, n);
    }
    return sql_undefined();
}

/* ---- a statement on a message ---- */

struct sql_evaluation sql_begin(const struct sql_statement *s, const struct sql_message *m,
                                struct arena *a) {
    return (struct sql_evaluation){.statement = s, .message = m, .arena = a};
}

bool sql_where(struct sql_evaluation *e) {
    return passes(e, e->statement->tree.select->where);
}

/* Bytes that are no JSON pass through SELECT * as they came, whatever stands beside the star
 * [AWS rules 5]. */
static bool passes_through(struct sql_evaluation *e, const struct sql_select *s) {
    if (s->items->kind != SQL_WHOLE || s->items->key.ptr)
        return false;
    if (!s->items->next && !s->bare)
        return true;
    (void)sql_whole(e);
    return !e->is_json;
}

void sql_select(struct sql_evaluation *e, struct buf *out, bool *out_is_json) {
    const struct sql_select *s = e->statement->tree.select;
    if (passes_through(e, s)) {
        (void)sql_whole(e);
        *out_is_json = e->is_json && e->message->payload.len > 0;
        buf_append(out, e->message->payload);
        return;
    }
    struct sql_value v = select_items(e, s);
    *out_is_json = v.type != SQL_UNDEFINED;
    sql_serialise(&v, out);
}
