#include "api/constraint.h"

#include <string.h>

enum { SHOWN_BYTES_MAX = 512, SENTENCE_BYTES_MAX = 8192 };

/* Where a value stands: the chain from it up to the input. */
struct place {
    const struct place *up;
    bytes name;      /* of a member or an entry; no bytes for an element */
    size_t position; /* of an element, from 1 */
    bool is_member;
};

struct check {
    struct patterns *patterns;
    const struct model *model;
    struct buf text;
    size_t count;
};

enum constraint { AT_MOST, AT_LEAST, PATTERN, ONE_OF, CONSTRAINTS };

static size_t characters(bytes text) {
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += (text.ptr[i] & 0xc0) != 0x80;
    return count;
}

/* What min and max measure. */
static int64_t size_of(const struct model_shape *shape, const struct value *v) {
    switch ((enum model_type)shape->type) {
    case MODEL_STRING:
        return (int64_t)characters(v->text);
    case MODEL_BLOB:
        return (int64_t)v->text.len;
    case MODEL_LIST:
    case MODEL_MAP:
        return (int64_t)v->items->count;
    case MODEL_DOUBLE:
        return (int64_t)(v->real * 1000);
    case MODEL_INTEGER:
    case MODEL_LONG:
        return v->number;
    case MODEL_BOOLEAN:
    case MODEL_TIMESTAMP:
    case MODEL_STRUCTURE:
        break;
    }
    return 0;
}

static bool is_one_of(const struct check *c, const struct model_shape *shape, bytes text) {
    for (size_t i = 0; i < shape->second; i++)
        if (bytes_equal(text, model_text(c->model, c->model->values[shape->first + i])))
            return true;
    return false;
}

static bool applies(enum constraint k, const struct model_shape *shape) {
    switch (k) {
    case AT_MOST:
        return shape->flags & MODEL_HAS_MAX;
    case AT_LEAST:
        return shape->flags & MODEL_HAS_MIN;
    case PATTERN:
        return shape->pattern;
    case ONE_OF:
        return shape->type == MODEL_STRING && shape->second;
    case CONSTRAINTS:
        break;
    }
    return false;
}

static bool holds(const struct check *c, enum constraint k, const struct model_shape *shape,
                  const struct value *v) {
    switch (k) {
    case AT_MOST:
        return size_of(shape, v) <= shape->max;
    case AT_LEAST:
        return size_of(shape, v) >= shape->min;
    case PATTERN:
        return pattern_fits(c->patterns, shape->pattern, v->text);
    case ONE_OF:
        return is_one_of(c, shape, v->text);
    case CONSTRAINTS:
        break;
    }
    return true;
}

static void describe_bound(const struct model_shape *shape, bool most, struct buf *out) {
    bool number = shape->type == MODEL_INTEGER || shape->type == MODEL_LONG;
    bool real = shape->type == MODEL_DOUBLE;
    buf_printf(out, "Member must have %s %s than or equal to ", number || real ? "value" : "length",
               most ? "less" : "greater");
    if (real)
        buf_printf(out, "%g", (most ? shape->max : shape->min) / 1000.0);
    else
        buf_printf(out, "%d", most ? shape->max : shape->min);
}

static void describe(const struct check *c, enum constraint k, const struct model_shape *shape,
                     struct buf *out) {
    if (k == AT_MOST || k == AT_LEAST) {
        describe_bound(shape, k == AT_MOST, out);
    } else if (k == PATTERN) {
        buf_text(out, "Member must satisfy regular expression pattern: ");
        buf_append(out, model_text(c->model, c->model->patterns[shape->pattern]));
    } else {
        buf_text(out, "Member must satisfy enum value set: [");
        for (size_t i = 0; i < shape->second; i++) {
            buf_text(out, i ? ", " : "");
            buf_append(out, model_text(c->model, c->model->values[shape->first + i]));
        }
        buf_text(out, "]");
    }
}

static void show_text(struct buf *out, bytes text) {
    size_t len = text.len;
    if (len > SHOWN_BYTES_MAX)
        for (len = SHOWN_BYTES_MAX; (text.ptr[len] & 0xc0) == 0x80; len--)
            continue;
    buf_append(out, bytes_slice(text, 0, len));
    if (len < text.len)
        buf_text(out, "...");
}

static void show_items(struct buf *out, const struct items *l) {
    bool map = l->shape->type == MODEL_MAP;
    size_t start = out->len;
    buf_text(out, map ? "{" : "[");
    VALUES_EACH(v, l) {
        buf_text(out, v == l->first ? "" : ", ");
        if (out->len - start > SHOWN_BYTES_MAX) {
            buf_text(out, "...");
            break;
        }
        if (map)
            show_text(out, v->key);
        buf_text(out, map ? "=" : "");
        show_text(out, v->text);
    }
    buf_text(out, map ? "}" : "]");
}

static void show(struct buf *out, const struct model *m, const struct model_shape *shape,
                 const struct value *v) {
    if (shape->type == MODEL_LIST || shape->type == MODEL_MAP) {
        uint8_t element =
            model_shape(m, shape->type == MODEL_MAP ? shape->second : shape->first)->type;
        if (element == MODEL_STRING)
            show_items(out, v->items);
        else
            buf_printf(out, "[%zu elements]", v->items->count);
    } else if (shape->type == MODEL_STRING) {
        show_text(out, v->text);
    } else if (shape->type == MODEL_DOUBLE) {
        buf_printf(out, "%g", v->real);
    } else if (shape->type != MODEL_BLOB) {
        buf_printf(out, "%lld", (long long)v->number);
    }
}

/* AWS's front ends write "role" for the member Role [AWS rules 7]. */
static void show_name(struct buf *out, const struct place *p) {
    uint8_t first = p->name.len ? p->name.ptr[0] : 0;
    bool lower = p->is_member && first >= 'A' && first <= 'Z';
    if (lower)
        buf_append_byte(out, (uint8_t)(first - 'A' + 'a'));
    buf_append(out, bytes_skip(p->name, lower));
}

static void show_place(struct buf *out, const struct place *p) {
    if (p->up)
        show_place(out, p->up);
    if (p->name.ptr) {
        buf_text(out, p->up ? "." : "");
        show_name(out, p);
    } else {
        buf_printf(out, ".%zu.member", p->position);
    }
}

/* Writes "Value '…' at '…' failed to satisfy constraint: "; the caller adds which. */
static bool begin(struct check *c, const struct place *place, const struct model_shape *shape,
                  const struct value *v) {
    if (c->count++ && c->text.len < SENTENCE_BYTES_MAX)
        buf_text(&c->text, "; ");
    if (c->text.len >= SENTENCE_BYTES_MAX)
        return false;
    buf_text(&c->text, "Value ");
    if (!v) {
        buf_text(&c->text, "null ");
    } else if (!(shape->flags & MODEL_SENSITIVE)) {
        buf_text(&c->text, "'");
        show(&c->text, c->model, shape, v);
        buf_text(&c->text, "' ");
    }
    buf_text(&c->text, "at '");
    show_place(&c->text, place);
    buf_text(&c->text, "' failed to satisfy constraint: ");
    return true;
}

static bool all_hold(const struct check *c, const struct model_shape *shape,
                     const struct value *v) {
    for (enum constraint k = AT_MOST; k < CONSTRAINTS; k++)
        if (applies(k, shape) && !holds(c, k, shape, v))
            return false;
    return true;
}

/* "Map keys must satisfy constraint: [Member must …, Member must …]" */
static void fail_items(struct check *c, const struct place *place, const struct model_shape *of,
                       const struct value *v, const char *what, const struct model_shape *item) {
    if (!begin(c, place, of, v))
        return;
    buf_printf(&c->text, "%s must satisfy constraint: [", what);
    bool first = true;
    for (enum constraint k = AT_MOST; k < CONSTRAINTS; k++)
        if (applies(k, item)) {
            buf_text(&c->text, first ? "" : ", ");
            describe(c, k, item, &c->text);
            first = false;
        }
    buf_text(&c->text, "]");
}

static void check_value(struct check *c, const struct place *place, const struct model_shape *shape,
                        const struct value *v);

static void check_map(struct check *c, const struct place *place, const struct model_shape *shape,
                      const struct value *v) {
    const struct model_shape *key = model_shape(c->model, shape->first);
    const struct model_shape *item = model_shape(c->model, shape->second);
    bool keys = true, values = true;
    VALUES_EACH(entry, v->items) {
        keys = keys && all_hold(c, key, &(struct value){.text = entry->key});
        if (item->type == MODEL_STRUCTURE || item->type == MODEL_LIST || item->type == MODEL_MAP)
            check_value(c, &(struct place){place, entry->key, 0, false}, item, entry);
        else
            values = values && all_hold(c, item, entry);
    }
    if (!keys)
        fail_items(c, place, shape, v, "Map keys", key);
    if (!values)
        fail_items(c, place, shape, v, "Map value", item);
}

static void check_list(struct check *c, const struct place *place, const struct model_shape *shape,
                       const struct value *v) {
    const struct model_shape *item = model_shape(c->model, shape->first);
    bool nested =
        item->type == MODEL_STRUCTURE || item->type == MODEL_LIST || item->type == MODEL_MAP;
    bool elements = true;
    size_t position = 0;
    VALUES_EACH(element, v->items) {
        position++;
        if (nested)
            check_value(c, &(struct place){place, {0}, position, false}, item, element);
        else
            elements = elements && all_hold(c, item, element);
    }
    if (!elements)
        fail_items(c, place, shape, v, "Member", item);
}

static void check_record(struct check *c, const struct place *up, const struct record *r) {
    const struct model_member *members = model_members(r->model, r->shape);
    for (size_t i = 0; i < r->shape->second; i++) {
        struct place place = {up, model_text(r->model, members[i].name), 0, true};
        const struct model_shape *shape = model_shape(r->model, members[i].shape);
        if (r->values[i].present)
            check_value(c, &place, shape, &r->values[i]);
        else if (members[i].flags & MODEL_REQUIRED && begin(c, &place, shape, NULL))
            buf_text(&c->text, "Member must not be null");
    }
}

/* New runtimes come faster than models: which ones run here is for the operation to say. */
static bool is_left_to_operation(enum constraint k, const struct place *place) {
    return k == ONE_OF && bytes_equal(place->name, BYTES("Runtime"));
}

static void check_value(struct check *c, const struct place *place, const struct model_shape *shape,
                        const struct value *v) {
    for (enum constraint k = AT_MOST; k < CONSTRAINTS; k++)
        if (applies(k, shape) && !is_left_to_operation(k, place) && !holds(c, k, shape, v) &&
            begin(c, place, shape, v))
            describe(c, k, shape, &c->text);
    if (shape->type == MODEL_STRUCTURE)
        check_record(c, place, v->record);
    else if (shape->type == MODEL_LIST)
        check_list(c, place, shape, v);
    else if (shape->type == MODEL_MAP)
        check_map(c, place, shape, v);
}

bytes constraints_check(struct patterns *p, const struct record *input) {
    struct check c = {.patterns = p, .model = input->model};
    check_record(&c, NULL, input);
    if (!c.count)
        return (bytes){0};
    const char *sentence =
        arena_printf(input->arena, "%zu validation error%s detected: %.*s", c.count,
                     c.count > 1 ? "s" : "", BYTES_ARG(buf_bytes(&c.text)));
    buf_done(&c.text);
    return bytes_from(sentence);
}
