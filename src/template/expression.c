/* Expressions: constants and calls of functions [AWS identity 7.4]. */
#include "template/internal.h"

static bool is_scalar(const struct json *v) {
    return v->type == JSON_STRING || v->type == JSON_NUMBER || v->type == JSON_TRUE ||
           v->type == JSON_FALSE;
}

static bytes scalar_text(const struct json *v) {
    if (v->type == JSON_TRUE)
        return BYTES("true");
    return v->type == JSON_FALSE ? BYTES("false") : v->text;
}

static bool looks_like_function(bytes name) {
    return bytes_equal(name, BYTES("Ref")) || bytes_start_with(name, BYTES("Fn::"));
}

bool expression_is_function(const struct json *v) {
    if (v->type == JSON_OBJECT)
        JSON_EACH (member, v)
            if (looks_like_function(member->name))
                return true;
    return false;
}

/* ---- checking ---- */

static status find_function(const struct json *v, const struct place *at,
                            const struct function **out_function) {
    if (!expression_is_function(v))
        return template_refuse(at, "A text or a function is expected here, not an object");
    if (v->count != 1)
        return template_refuse(at, "A function stands alone in its object, and here are %zu keys",
                               v->count);
    *out_function = function_find(v->first->name);
    if (!*out_function)
        return template_refuse(at,
                               "There is no function %.*s: Ref, Fn::Join, Fn::Split, Fn::Select, "
                               "Fn::Sub and Fn::FindInMap are all there are",
                               BYTES_ARG(bytes_slice(v->first->name, 0, 40)));
    return OK;
}

static status check_call(const struct template *t, const struct json *v, const struct place *at,
                         const struct function **out_function) {
    TRY(find_function(v, at, out_function));
    struct place inside = {at, v->first->name, 0};
    return (*out_function)->check(t, v->first, &inside);
}

status expression_check_text(const struct template *t, const struct json *v,
                             const struct place *at) {
    const struct function *function;
    if (is_scalar(v))
        return OK;
    if (v->type != JSON_OBJECT)
        return template_refuse(at, "A text or a function is expected here, not %s",
                               v->type == JSON_ARRAY ? "a list" : "null");
    TRY(check_call(t, v, at, &function));
    if (!function->text)
        return template_refuse(at, "A text is expected here, and %s gives a list", function->name);
    return OK;
}

status expression_check_list(const struct template *t, const struct json *v,
                             const struct place *at) {
    const struct function *function;
    struct place element = {.outer = at};
    if (v->type == JSON_OBJECT) {
        TRY(check_call(t, v, at, &function));
        return function->list ? OK
                              : template_refuse(at, "A list is expected here, and %s gives a text",
                                                function->name);
    }
    if (v->type != JSON_ARRAY)
        return template_refuse(at, "A list is expected here");
    JSON_EACH (item, v) {
        TRY(expression_check_text(t, item, &element));
        element.index++;
    }
    return OK;
}

status expression_check_document(const struct template *t, const struct json *v,
                                 const struct place *at) {
    const struct function *function;
    size_t index = 0;
    if (expression_is_function(v))
        return check_call(t, v, at, &function);
    if (v->type == JSON_ARRAY || v->type == JSON_OBJECT)
        JSON_EACH (child, v) {
            struct place inside = {at, v->type == JSON_OBJECT ? child->name : (bytes){0}, index++};
            TRY(expression_check_document(t, child, &inside));
        }
    return OK;
}

/* What a mapping gives: a text, or a list of texts. */
static status check_constant(const struct json *v, const struct place *at) {
    struct place element = {.outer = at};
    if (is_scalar(v))
        return OK;
    if (v->type != JSON_ARRAY)
        return template_refuse(at, "Mappings hold constants in two levels: a text or a list of "
                                   "texts is expected here");
    JSON_EACH (item, v) {
        if (!is_scalar(item))
            return template_refuse(&element, "Mappings hold constants: a text is expected here");
        element.index++;
    }
    return OK;
}

static status check_object(const struct json *v, const struct place *at) {
    return v->type == JSON_OBJECT ? OK : template_refuse(at, "An object is expected here");
}

status expression_check_mappings(const struct json *mappings, const struct place *at) {
    TRY(check_object(mappings, at));
    JSON_EACH (map, mappings) {
        struct place map_at = {at, map->name, 0};
        TRY(check_object(map, &map_at));
        JSON_EACH (row, map) {
            struct place row_at = {&map_at, row->name, 0};
            TRY(check_object(row, &row_at));
            JSON_EACH (value, row) {
                struct place value_at = {&row_at, value->name, 0};
                TRY(check_constant(value, &value_at));
            }
        }
    }
    return OK;
}

/* ---- evaluating ---- */

status expression_keep(struct evaluation *e, bytes text, const struct place *at, bytes *out_text) {
    if (text.len > TEMPLATE_VALUE_BYTES_MAX || text.len > e->bytes_left)
        return template_refuse(at, "What comes out here is too long");
    e->bytes_left -= text.len;
    *out_text = text.len ? arena_copy(e->arena, text) : BYTES("");
    return OK;
}

static const struct function *function_of(const struct json *v, struct place *out_inside,
                                          const struct place *at) {
    *out_inside = (struct place){at, v->first->name, 0};
    return function_find(v->first->name);
}

status expression_text(struct evaluation *e, const struct json *v, const struct place *at,
                       bytes *out_text) {
    struct place inside;
    if (is_scalar(v)) {
        *out_text = scalar_text(v);
        return OK;
    }
    return function_of(v, &inside, at)->text(e, v->first, &inside, out_text);
}

status expression_list(struct evaluation *e, const struct json *v, const struct place *at,
                       struct text_list *out_list) {
    struct place inside, element = {.outer = at};
    if (v->type == JSON_OBJECT)
        return function_of(v, &inside, at)->list(e, v->first, &inside, out_list);
    bytes *items = ARENA_ARRAY(e->arena, bytes, v->count + 1); /* never NULL */
    JSON_EACH (item, v) {
        TRY(expression_text(e, item, &element, &items[element.index]));
        element.index++;
    }
    *out_list = (struct text_list){items, v->count};
    return OK;
}

static status write_document(struct evaluation *e, const struct json *v, const struct place *at,
                             struct json_writer *w);

static status write_call(struct evaluation *e, const struct json *v, const struct place *at,
                         struct json_writer *w) {
    struct text_list list;
    struct place inside;
    bytes text;
    if (function_of(v, &inside, at)->text) {
        TRY(expression_text(e, v, at, &text));
        json_string(w, text);
        return OK;
    }
    TRY(expression_list(e, v, at, &list));
    json_array_begin(w);
    for (size_t i = 0; i < list.count; i++)
        json_string(w, list.items[i]);
    json_array_end(w);
    return OK;
}

static status write_children(struct evaluation *e, const struct json *v, const struct place *at,
                             struct json_writer *w) {
    size_t index = 0;
    JSON_EACH (child, v) {
        struct place inside = {at, v->type == JSON_OBJECT ? child->name : (bytes){0}, index++};
        if (v->type == JSON_OBJECT)
            json_name_bytes(w, child->name);
        TRY(write_document(e, child, &inside, w));
    }
    return OK;
}

static status write_document(struct evaluation *e, const struct json *v, const struct place *at,
                             struct json_writer *w) {
    if (expression_is_function(v))
        return write_call(e, v, at, w);
    if (v->type == JSON_OBJECT) {
        json_object_begin(w);
        TRY(write_children(e, v, at, w));
        json_object_end(w);
    } else if (v->type == JSON_ARRAY) {
        json_array_begin(w);
        TRY(write_children(e, v, at, w));
        json_array_end(w);
    } else {
        json_value(w, v);
    }
    return OK;
}

status expression_document(struct evaluation *e, const struct json *v, const struct place *at,
                           bytes *out_text) {
    AUTO(buf) text = {0};
    struct json_writer w;
    if (v->type != JSON_OBJECT || expression_is_function(v))
        return expression_text(e, v, at, out_text);
    json_start(&w, &text);
    TRY(write_document(e, v, at, &w));
    return expression_keep(e, buf_bytes(&text), at, out_text);
}
