#include "sql/value.h"

#include <string.h>

struct sql_value sql_undefined(void) {
    return (struct sql_value){.type = SQL_UNDEFINED};
}
struct sql_value sql_null(void) {
    return (struct sql_value){.type = SQL_NULL};
}
struct sql_value sql_boolean(bool flag) {
    return (struct sql_value){.type = SQL_BOOLEAN, .flag = flag};
}
struct sql_value sql_string(bytes text) {
    return (struct sql_value){.type = SQL_STRING, .text = text};
}
struct sql_value sql_number(struct decimal d) {
    d = decimal_strip(d);
    bool is_int = d.exponent >= 0 && decimal_length(d) <= DECIMAL_DIGITS;
    while (!is_int && d.exponent >= 0 && d.coefficient % 10 == 0) {
        d.coefficient /= 10; /* equal numbers are written alike: 1E+34 */
        d.exponent++;
    }
    return (struct sql_value){.type = is_int ? SQL_INT : SQL_DECIMAL, .number = d};
}
struct sql_value sql_int(int64_t n) {
    return (struct sql_value){.type = SQL_INT, .number = decimal_from_i64(n)};
}
struct sql_value sql_double(double d) {
    struct decimal n;
    return decimal_from_double(d, &n) ? sql_number(n) : sql_undefined();
}
struct sql_value sql_array(const struct sql_list *l) {
    return (struct sql_value){.type = SQL_ARRAY, .json = NULL, .items = l->first};
}
struct sql_value sql_object(const struct sql_list *l) {
    return (struct sql_value){.type = SQL_OBJECT, .json = NULL, .items = l->first};
}

bool sql_is_number(const struct sql_value *v) {
    return v->type == SQL_INT || v->type == SQL_DECIMAL;
}

/* ---- from JSON ---- */

static bool looks_decimal(bytes digits) {
    for (size_t i = 0; i < digits.len; i++)
        if (digits.ptr[i] == '.' || digits.ptr[i] == 'e' || digits.ptr[i] == 'E')
            return true;
    return false;
}

struct sql_value sql_number_from_text(bytes text, bool keep_decimals) {
    struct decimal d;
    if (!decimal_parse(text, &d))
        return sql_undefined();
    if (keep_decimals && looks_decimal(text))
        return (struct sql_value){.type = SQL_DECIMAL, .number = d};
    return sql_number(d);
}

struct sql_value sql_from_json(const struct json *v, bool keep_decimals) {
    if (!v)
        return sql_undefined();
    switch (v->type) {
    case JSON_NULL:
        return sql_null();
    case JSON_FALSE:
    case JSON_TRUE:
        return sql_boolean(v->type == JSON_TRUE);
    case JSON_NUMBER:
        return sql_number_from_text(v->text, keep_decimals);
    case JSON_STRING:
        return sql_string(v->text);
    case JSON_ARRAY:
        return (struct sql_value){.type = SQL_ARRAY, .json = v, .items = NULL};
    case JSON_OBJECT:
        return (struct sql_value){.type = SQL_OBJECT, .json = v, .items = NULL};
    }
    return sql_undefined();
}

/* ---- walking and building ---- */

struct sql_walk sql_walk(const struct sql_value *v, bool keep_decimals) {
    bool container = v->type == SQL_ARRAY || v->type == SQL_OBJECT;
    struct sql_walk w = {.keep_decimals = keep_decimals};
    if (container && v->json)
        w.json = v->json->first;
    else if (container)
        w.items = v->items;
    return w;
}

/* sql_walk_next without looking at what is passed. */
static bool pass_by(struct sql_walk *w) {
    bool more = w->json || w->items;
    if (w->json)
        w->json = w->json->next;
    else if (w->items)
        w->items = w->items->next;
    return more;
}

bool sql_walk_next(struct sql_walk *w) {
    if (w->json) {
        w->name = w->json->name;
        w->value = sql_from_json(w->json, w->keep_decimals);
        w->json = w->json->next;
        return true;
    }
    if (!w->items)
        return false;
    w->name = w->items->name;
    w->value = w->items->value;
    w->items = w->items->next;
    return true;
}

struct sql_list sql_list(struct arena *a) {
    return (struct sql_list){a, NULL, NULL};
}

static struct sql_item *append(struct sql_list *l, bytes name, struct sql_value v) {
    struct sql_item *item = ARENA_NEW(l->arena, struct sql_item);
    *item = (struct sql_item){name, v, NULL};
    *(l->last ? l->last : &l->first) = item;
    l->last = &item->next;
    return item;
}

void sql_list_add(struct sql_list *l, bytes name, struct sql_value v) {
    (void)append(l, name, v.type == SQL_UNDEFINED ? sql_null() : v);
}

static struct sql_item *find_item(const struct sql_list *l, bytes name) {
    struct sql_item *i = l->first;
    while (i && !bytes_equal(i->name, name))
        i = i->next;
    return i;
}

const struct sql_item *sql_list_find(const struct sql_list *l, bytes name) {
    return find_item(l, name);
}

void sql_list_put(struct sql_list *l, bytes name, struct sql_value v) {
    struct sql_item *there = find_item(l, name);
    if (v.type == SQL_UNDEFINED)
        return;
    if (there)
        there->value = v;
    else
        sql_list_add(l, name, v);
}

/* ---- members, each name once ---- */

/* Where names are, by their hash; for objects of many members. */
struct names {
    struct sql_item **slots;
    size_t mask; /* a power of two, less one */
};

enum { FEW = 16 };

static struct names names_for(struct arena *a, const struct sql_value *object) {
    struct names n = {NULL, 0};
    size_t count = 0;
    struct sql_walk w = sql_walk(object, false);
    while (pass_by(&w))
        count++;
    if (count <= FEW)
        return n;
    for (n.mask = 63; n.mask < 2 * count; n.mask = 2 * n.mask + 1)
        continue;
    n.slots = ARENA_ARRAY(a, struct sql_item *, n.mask + 1);
    return n;
}

static struct sql_item **slot_of(const struct names *n, bytes name) {
    size_t at = bytes_hash(name) & n->mask;
    while (n->slots[at] && !bytes_equal(n->slots[at]->name, name))
        at = (at + 1) & n->mask;
    return &n->slots[at];
}

static void drop_undefined(struct sql_list *l) {
    struct sql_item **at = &l->first;
    while (*at)
        if ((*at)->value.type == SQL_UNDEFINED)
            *at = (*at)->next;
        else
            at = &(*at)->next;
    l->last = l->first ? at : NULL;
}

static struct sql_list members_of(struct arena *a, const struct sql_value *object,
                                  bool keep_decimals, struct names *names) {
    struct sql_list l = sql_list(a);
    struct sql_walk w = sql_walk(object, keep_decimals);
    *names = names_for(a, object);
    while (sql_walk_next(&w)) {
        struct sql_item **slot = names->slots ? slot_of(names, w.name) : NULL;
        struct sql_item *there = slot ? *slot : find_item(&l, w.name);
        if (there) {
            there->value = w.value;
            continue;
        }
        there = append(&l, w.name, w.value);
        if (slot)
            *slot = there;
    }
    return l;
}

struct sql_list sql_members(struct arena *a, const struct sql_value *object, bool keep_decimals) {
    struct names names;
    struct sql_list l = members_of(a, object, keep_decimals, &names);
    drop_undefined(&l);
    return l;
}

/* ---- conversions ---- */

/* ^-?\d+(\.\d+)?((?i)E-?\d+)?$ */
static bool decimal_of_text(bytes text, struct decimal *out) {
    return bytes_find(text, '+') == text.len && decimal_parse(text, out);
}

bool sql_to_decimal(const struct sql_value *v, struct decimal *out) {
    if (sql_is_number(v)) {
        *out = v->number;
        return true;
    }
    return v->type == SQL_STRING && decimal_of_text(v->text, out);
}

bool sql_to_int(const struct sql_value *v, struct decimal *out) {
    if (!sql_to_decimal(v, out))
        return false;
    *out = decimal_round(*out, 0, v->type == SQL_STRING ? DECIMAL_DOWN : DECIMAL_HALF_UP);
    return true;
}

bool sql_to_boolean(const struct sql_value *v, bool *out) {
    if (v->type == SQL_BOOLEAN) {
        *out = v->flag;
        return true;
    }
    if (v->type != SQL_STRING)
        return false;
    *out = bytes_equal_nocase(v->text, BYTES("true"));
    return *out || bytes_equal_nocase(v->text, BYTES("false"));
}

static bytes written(const struct sql_value *v, struct arena *a) {
    AUTO(buf) out = {0};
    sql_serialise(v, &out);
    return arena_copy(a, buf_bytes(&out));
}

bool sql_to_text(const struct sql_value *v, struct arena *a, bytes *out) {
    switch (v->type) {
    case SQL_UNDEFINED:
    case SQL_NULL:
        return false;
    case SQL_STRING:
        *out = v->text;
        return true;
    case SQL_BOOLEAN:
        *out = v->flag ? BYTES("true") : BYTES("false");
        return true;
    case SQL_INT:
    case SQL_DECIMAL:
    case SQL_ARRAY:
    case SQL_OBJECT:
        *out = written(v, a);
        return true;
    }
    return false;
}

/* ---- equality ---- */

static bool is_spent(struct sql_patience p) {
    return ++*p.steps > p.most;
}

static bool equal_arrays(const struct sql_value *a, const struct sql_value *b,
                         struct sql_patience p) {
    struct sql_walk left = sql_walk(a, false), right = sql_walk(b, false);
    for (;;) {
        bool more_left = sql_walk_next(&left), more_right = sql_walk_next(&right);
        if (!more_left || !more_right)
            return more_left == more_right;
        if (is_spent(p) || !sql_equal(&left.value, &right.value, p))
            return false;
    }
}

static size_t count_items(const struct sql_list *l) {
    size_t count = 0;
    for (const struct sql_item *i = l->first; i; i = i->next)
        count += i->value.type != SQL_UNDEFINED;
    return count;
}

/* As many members, and each of `a` is in `b` with the same value. What is Undefined is not there.
 */
static bool equal_objects(const struct sql_value *a, const struct sql_value *b,
                          struct sql_patience p) {
    struct names names;
    struct sql_list left = sql_members(p.arena, a, false),
                    right = members_of(p.arena, b, false, &names);
    if (count_items(&left) != count_items(&right))
        return false;
    for (const struct sql_item *i = left.first; i; i = i->next) {
        const struct sql_item *other =
            names.slots ? *slot_of(&names, i->name) : find_item(&right, i->name);
        if (is_spent(p) || !other || !sql_equal(&i->value, &other->value, p))
            return false;
    }
    return true;
}

bool sql_equal(const struct sql_value *a, const struct sql_value *b, struct sql_patience p) {
    if (sql_is_number(a) && sql_is_number(b))
        return decimal_compare(a->number, b->number) == 0;
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case SQL_UNDEFINED:
    case SQL_NULL:
        return true;
    case SQL_BOOLEAN:
        return a->flag == b->flag;
    case SQL_STRING:
        return bytes_equal(a->text, b->text);
    case SQL_ARRAY:
        return equal_arrays(a, b, p);
    case SQL_OBJECT:
        return equal_objects(a, b, p);
    case SQL_INT:
    case SQL_DECIMAL:
        break;
    }
    return false;
}

/* ---- writing ---- */

static void write_number(const struct sql_value *v, struct json_writer *w) {
    AUTO(buf) text = {0};
    decimal_append(v->number, &text);
    json_raw(w, buf_bytes(&text));
}

static void write_items(const struct sql_value *v, struct json_writer *w) {
    bool object = v->type == SQL_OBJECT;
    if (object)
        json_object_begin(w);
    else
        json_array_begin(w);
    for (const struct sql_item *i = v->items; i; i = i->next) {
        if (object)
            json_name_bytes(w, i->name);
        sql_write(&i->value, w);
    }
    if (object)
        json_object_end(w);
    else
        json_array_end(w);
}

void sql_write(const struct sql_value *v, struct json_writer *w) {
    switch (v->type) {
    case SQL_UNDEFINED:
    case SQL_NULL:
        json_null(w);
        return;
    case SQL_BOOLEAN:
        json_bool(w, v->flag);
        return;
    case SQL_INT:
    case SQL_DECIMAL:
        write_number(v, w);
        return;
    case SQL_STRING:
        json_string(w, v->text);
        return;
    case SQL_ARRAY:
    case SQL_OBJECT:
        if (v->json)
            json_value(w, v->json);
        else
            write_items(v, w);
        return;
    }
}

void sql_serialise(const struct sql_value *v, struct buf *out) {
    struct json_writer w;
    json_start(&w, out);
    if (v->type != SQL_UNDEFINED)
        sql_write(v, &w);
}
