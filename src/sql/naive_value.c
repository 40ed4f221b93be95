#include "sql/naive_value.h"

#include <string.h>

const struct naive naive_undefined = {.type = SQL_UNDEFINED};
#define LITERAL(t, word)                                                  \
    {                                                                     \
        .type = (t), .text = {(const uint8_t *)(word), sizeof(word) - 1 } \
    }
const struct naive naive_null = LITERAL(SQL_NULL, "null");
const struct naive naive_true = LITERAL(SQL_BOOLEAN, "true");
const struct naive naive_false = LITERAL(SQL_BOOLEAN, "false");

struct naive naive_boolean(bool flag) {
    return flag ? naive_true : naive_false;
}

struct naive naive_string(bytes text) {
    return (struct naive){SQL_STRING, text.ptr ? text : BYTES("")};
}

/* ---- numbers ---- */

static bytes digits_of(struct naive_world *w, struct decimal d) {
    AUTO(buf) out = {0};
    decimal_append(d, &out);
    return arena_copy(w->a, buf_bytes(&out));
}

struct naive naive_raw_number(struct naive_world *w, struct decimal d) {
    return (struct naive){SQL_DECIMAL, digits_of(w, d)};
}

/* Zeros behind the point are not written, nor the point then. */
struct naive naive_number(struct naive_world *w, struct decimal d) {
    AUTO(buf) out = {0};
    bytes text = digits_of(w, d);
    size_t point = bytes_find(text, '.'), e = bytes_find(text, 'E'), end = e;
    while (point < text.len && (text.ptr[end - 1] == '0' || end - 1 == point))
        if (end-- - 1 == point)
            break;
    buf_append(&out, bytes_slice(text, 0, end));
    buf_append(&out, bytes_skip(text, e));
    bool whole = bytes_find(buf_bytes(&out), '.') == out.len && e == text.len;
    return (struct naive){whole ? SQL_INT : SQL_DECIMAL, arena_copy(w->a, buf_bytes(&out))};
}

bool naive_is_number(const struct naive *v) {
    return v->type == SQL_INT || v->type == SQL_DECIMAL;
}

/* ---- reading and writing ---- */

static bytes json_of(struct naive_world *w, const struct json *j) {
    AUTO(buf) out = {0};
    struct json_writer writer;
    json_start(&writer, &out);
    json_value(&writer, j);
    return arena_copy(w->a, buf_bytes(&out));
}

static struct naive read_number(struct naive_world *w, bytes text) {
    struct decimal d;
    if (!decimal_parse(text, &d))
        return naive_undefined;
    bool plain = bytes_find(text, '.') == text.len && bytes_find(text, 'e') == text.len &&
                 bytes_find(text, 'E') == text.len;
    bool keep = w->statement->version == SQL_2015_10_08 && !plain;
    return keep ? naive_raw_number(w, d) : naive_number(w, d);
}

static struct naive take(struct naive_world *w, const struct json *j) {
    switch (j->type) {
    case JSON_NULL:
        return naive_null;
    case JSON_FALSE:
        return naive_false;
    case JSON_TRUE:
        return naive_true;
    case JSON_NUMBER:
        return read_number(w, j->text);
    case JSON_STRING:
        return naive_string(j->text);
    case JSON_ARRAY:
        return (struct naive){SQL_ARRAY, json_of(w, j)};
    case JSON_OBJECT:
        return (struct naive){SQL_OBJECT, json_of(w, j)};
    }
    return naive_undefined;
}

struct naive naive_read(struct naive_world *w, bytes json) {
    const struct json *root;
    return json_parse(w->a, json, &root) == OK ? take(w, root) : naive_undefined;
}

bytes naive_json(struct naive_world *w, const struct naive *v) {
    AUTO(buf) out = {0};
    struct json_writer writer;
    if (v->type != SQL_STRING)
        return v->text;
    json_start(&writer, &out);
    json_string(&writer, v->text);
    return arena_copy(w->a, buf_bytes(&out));
}

void naive_put(struct naive_member *items, size_t *count, bytes name, struct naive value) {
    size_t at = 0;
    while (at < *count && !bytes_equal(items[at].name, name))
        at++;
    items[at] = (struct naive_member){name, value};
    if (at == *count)
        ++*count;
}

static void drop_undefined(struct naive_member *items, size_t *count) {
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++)
        if (items[i].value.type != SQL_UNDEFINED)
            items[kept++] = items[i];
    *count = kept;
}

struct naive_member *naive_members(struct naive_world *w, const struct naive *v,
                                   size_t *out_count) {
    const struct json *root;
    *out_count = 0;
    if ((v->type != SQL_ARRAY && v->type != SQL_OBJECT) || json_parse(w->a, v->text, &root) != OK)
        return NULL;
    struct naive_member *items = ARENA_ARRAY(w->a, struct naive_member, root->count + 1);
    JSON_EACH (j, root) {
        if (v->type == SQL_OBJECT)
            naive_put(items, out_count, j->name, take(w, j));
        else
            items[(*out_count)++] = (struct naive_member){(bytes){0}, take(w, j)};
    }
    if (v->type == SQL_OBJECT)
        drop_undefined(items, out_count);
    return items;
}

struct naive naive_array(struct naive_world *w, const struct naive_member *items, size_t count) {
    AUTO(buf) out = {0};
    buf_text(&out, "[");
    for (size_t i = 0; i < count; i++) {
        buf_text(&out, i ? "," : "");
        if (items[i].value.type == SQL_UNDEFINED)
            buf_text(&out, "null");
        buf_append(&out, naive_json(w, &items[i].value));
    }
    buf_text(&out, "]");
    return (struct naive){SQL_ARRAY, arena_copy(w->a, buf_bytes(&out))};
}

struct naive naive_object(struct naive_world *w, const struct naive_member *items, size_t count) {
    AUTO(buf) out = {0};
    buf_text(&out, "{");
    for (size_t i = 0; i < count; i++) {
        struct naive name = naive_string(items[i].name);
        if (items[i].value.type == SQL_UNDEFINED)
            continue;
        buf_text(&out, out.len > 1 ? "," : "");
        buf_append(&out, naive_json(w, &name));
        buf_text(&out, ":");
        buf_append(&out, naive_json(w, &items[i].value));
    }
    buf_text(&out, "}");
    return (struct naive){SQL_OBJECT, arena_copy(w->a, buf_bytes(&out))};
}

struct naive naive_member_of(struct naive_world *w, const struct naive *v, bytes name) {
    size_t count;
    struct naive_member *items = naive_members(w, v, &count);
    for (size_t i = 0; i < count && v->type == SQL_OBJECT; i++)
        if (bytes_equal(items[i].name, name))
            return items[i].value;
    return naive_undefined;
}

/* ---- conversions [AWS rules 2.1] ---- */

bool naive_to_decimal(const struct naive *v, struct decimal *out) {
    if (v->type == SQL_STRING && bytes_find(v->text, '+') < v->text.len)
        return false; /* ^-?\d+(\.\d+)?((?i)E-?\d+)?$ has no plus */
    return (naive_is_number(v) || v->type == SQL_STRING) && decimal_parse(v->text, out);
}

bool naive_to_int(const struct naive *v, struct decimal *out) {
    if (!naive_to_decimal(v, out))
        return false;
    *out = decimal_round(*out, 0, v->type == SQL_STRING ? DECIMAL_DOWN : DECIMAL_HALF_UP);
    return true;
}

bool naive_to_boolean(const struct naive *v, bool *out) {
    if (v->type != SQL_BOOLEAN && v->type != SQL_STRING)
        return false;
    *out = bytes_equal_nocase(v->text, BYTES("true"));
    return *out || bytes_equal_nocase(v->text, BYTES("false"));
}

bool naive_to_text(const struct naive *v, bytes *out) {
    *out = v->text; /* strings as they are, all else as JSON */
    return v->type != SQL_NULL && v->type != SQL_UNDEFINED;
}

/* ---- comparing ---- */

/* Digits of the number beside `point`, the place of the first digit before the point. */
static size_t digits(struct decimal d, char out[40], int64_t *out_point) {
    size_t count = 0;
    char backwards[40];
    for (decimal_digits c = d.coefficient; c; c /= 10)
        backwards[count++] = (char)('0' + (int)(c % 10));
    for (size_t i = 0; i < count; i++)
        out[i] = backwards[count - 1 - i];
    *out_point = (int64_t)count + d.exponent;
    return count;
}

static int order_of_sizes(struct decimal a, struct decimal b) {
    char x[40], y[40];
    int64_t point_x, point_y;
    size_t count_x = digits(a, x, &point_x), count_y = digits(b, y, &point_y);
    if (point_x != point_y)
        return point_x < point_y ? -1 : 1;
    for (size_t i = 0; i < count_x || i < count_y; i++) {
        char p = i < count_x ? x[i] : '0', q = i < count_y ? y[i] : '0';
        if (p != q)
            return p < q ? -1 : 1;
    }
    return 0;
}

static int sign(struct decimal d) {
    return d.coefficient == 0 ? 0 : d.negative ? -1 : 1;
}

int naive_order(struct decimal a, struct decimal b) {
    if (sign(a) != sign(b) || sign(a) == 0)
        return sign(a) - sign(b);
    return sign(a) * order_of_sizes(a, b);
}

static bool equal_members(struct naive_world *w, const struct naive *a, const struct naive *b) {
    size_t count_a, count_b;
    struct naive_member *x = naive_members(w, a, &count_a), *y = naive_members(w, b, &count_b);
    if (count_a != count_b)
        return false;
    for (size_t i = 0; i < count_a; i++) {
        size_t at = a->type == SQL_OBJECT ? 0 : i;
        while (at < count_b && !bytes_equal(x[i].name, y[at].name))
            at++;
        if (at == count_b || !naive_equal(w, &x[i].value, &y[at].value))
            return false;
    }
    return true;
}

bool naive_equal(struct naive_world *w, const struct naive *a, const struct naive *b) {
    struct decimal x, y;
    if (naive_is_number(a) && naive_is_number(b))
        return naive_to_decimal(a, &x) && naive_to_decimal(b, &y) && naive_order(x, y) == 0;
    if (a->type != b->type)
        return false;
    if (a->type == SQL_ARRAY || a->type == SQL_OBJECT)
        return equal_members(w, a, b);
    return bytes_equal(a->text, b->text);
}
