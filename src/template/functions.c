/* The functions, each checked and evaluated side by side [AWS identity 7.4]. An argument is the
 * member of the call's object: {"Fn::Join": ["-", […]]} has the argument ["-", […]]. */
#include "template/internal.h"

/* Element number `index` of an argument, as a place. */
static struct place element_of(const struct place *at, size_t index) {
    return (struct place){.outer = at, .index = index};
}

static status check_count(const struct json *argument, size_t count, const char *form,
                          const struct place *at) {
    if (argument->type == JSON_ARRAY && argument->count == count)
        return OK;
    return template_refuse(at, "The form is %s", form);
}

/* ---- parameters ---- */

static const bytes certificate_id = {(const uint8_t *)"AWS::IoT::Certificate::Id", 25};

bool template_find_parameter(const struct template *t, bytes name,
                             const struct json **out_declared) {
    *out_declared = json_member(t->parameters, name);
    if (*out_declared)
        return true;
    return t->use == TEMPLATE_FLEET && bytes_equal(name, certificate_id); /* [AWS identity 7.4] */
}

status expression_parameter(const struct evaluation *e, bytes name, const struct place *at,
                            bytes *out_value) {
    const struct json *declared;
    for (size_t i = e->parameters->count; i-- > 0;)
        if (bytes_equal(e->parameters->items[i].name, name)) {
            *out_value = e->parameters->items[i].value;
            return OK;
        }
    if (template_find_parameter(e->template, name, &declared)) {
        const struct json *otherwise = json_member(declared, BYTES("Default"));
        if (otherwise) {
            *out_value = otherwise->text;
            return OK;
        }
    }
    return template_refuse(at,
                           "Cannot resolve reference value: {Ref=%.*s}: the parameter was given no "
                           "value and has no Default",
                           BYTES_ARG(bytes_slice(name, 0, 100)));
}

/* ---- Ref ---- */

static status check_ref(const struct template *t, const struct json *argument,
                        const struct place *at) {
    const struct json *declared;
    if (!json_is_string(argument))
        return template_refuse(at, "The form is {\"Ref\": \"parameter\"}");
    if (template_find_parameter(t, argument->text, &declared))
        return OK;
    return template_refuse(at,
                           "Cannot resolve reference value: {Ref=%.*s}", /* [AWS identity 2.4] */
                           BYTES_ARG(bytes_slice(argument->text, 0, 100)));
}

static status ref_text(struct evaluation *e, const struct json *argument, const struct place *at,
                       bytes *out_text) {
    return expression_parameter(e, argument->text, at, out_text);
}

/* ---- Fn::Join ---- */

static status check_join(const struct template *t, const struct json *argument,
                         const struct place *at) {
    struct place list = element_of(at, 1);
    TRY(check_count(argument, 2, "{\"Fn::Join\": [\"delimiter\", [value, …]]}", at));
    if (!json_is_string(argument->first))
        return template_refuse(at, "The delimiter is a text");
    return expression_check_list(t, argument->first->next, &list);
}

static status join_text(struct evaluation *e, const struct json *argument, const struct place *at,
                        bytes *out_text) {
    struct place place = element_of(at, 1);
    AUTO(buf) text = {0};
    struct text_list list;
    TRY(expression_list(e, argument->first->next, &place, &list));
    for (size_t i = 0; i < list.count && text.len <= TEMPLATE_VALUE_BYTES_MAX; i++) {
        if (i > 0)
            buf_append(&text, argument->first->text);
        buf_append(&text, list.items[i]);
    }
    return expression_keep(e, buf_bytes(&text), at, out_text);
}

/* ---- Fn::Split ---- */

static status check_split(const struct template *t, const struct json *argument,
                          const struct place *at) {
    struct place source = element_of(at, 1);
    TRY(check_count(argument, 2, "{\"Fn::Split\": [\"delimiter\", \"text\"]}", at));
    if (!json_is_string(argument->first) || argument->first->text.len == 0)
        return template_refuse(at, "The delimiter is a text, and not an empty one");
    return expression_check_text(t, argument->first->next, &source);
}

static size_t count_of(bytes needle, bytes text) {
    size_t count = 0;
    for (size_t found; (found = bytes_search(text, needle)) < text.len; count++)
        text = bytes_skip(text, found + needle.len);
    return count;
}

static status split_list(struct evaluation *e, const struct json *argument, const struct place *at,
                         struct text_list *out_list) {
    struct place place = element_of(at, 1);
    bytes delimiter = argument->first->text, rest;
    TRY(expression_text(e, argument->first->next, &place, &rest));
    size_t count = count_of(delimiter, rest) + 1;
    if (count > e->bytes_left / sizeof(bytes))
        return template_refuse(at, "What comes out here is too long");
    e->bytes_left -= count * sizeof(bytes);
    bytes *items = ARENA_ARRAY(e->arena, bytes, count);
    for (size_t i = 0; i < count; i++) {
        size_t end = i + 1 < count ? bytes_search(rest, delimiter) : rest.len;
        items[i] = bytes_slice(rest, 0, end);
        rest = bytes_skip(rest, end + (i + 1 < count ? delimiter.len : 0));
    }
    *out_list = (struct text_list){items, count};
    return OK;
}

/* ---- Fn::Select ---- */

static bool is_written_list(const struct json *v) {
    return v->type == JSON_ARRAY;
}

/* A null among the choices is an error only when it is chosen. */
static status check_choices(const struct template *t, const struct json *list,
                            const struct place *at) {
    struct place element = {.outer = at};
    if (!is_written_list(list))
        return expression_check_list(t, list, at);
    JSON_EACH (item, list) {
        if (item->type != JSON_NULL)
            TRY(expression_check_text(t, item, &element));
        element.index++;
    }
    return OK;
}

static status check_select(const struct template *t, const struct json *argument,
                           const struct place *at) {
    struct place index = element_of(at, 0), list = element_of(at, 1);
    TRY(check_count(argument, 2, "{\"Fn::Select\": [index, [value, …]]}", at));
    TRY(expression_check_text(t, argument->first, &index));
    return check_choices(t, argument->first->next, &list);
}

static status out_of_range(const struct place *at, uint64_t index, size_t count) {
    return template_refuse(at, "There is no element %llu in a list of %zu: they count from 0",
                           (unsigned long long)index, count);
}

static status select_written(struct evaluation *e, const struct json *list, uint64_t index,
                             const struct place *at, bytes *out_text) {
    struct place element = element_of(at, (size_t)index);
    const struct json *item = list->first;
    if (index >= list->count)
        return out_of_range(at, index, list->count);
    for (uint64_t i = 0; i < index; i++)
        item = item->next;
    if (item->type == JSON_NULL)
        return template_refuse(&element, "The selected element is null");
    return expression_text(e, item, &element, out_text);
}

static status select_text(struct evaluation *e, const struct json *argument, const struct place *at,
                          bytes *out_text) {
    struct place index_at = element_of(at, 0), list_at = element_of(at, 1);
    const struct json *choices = argument->first->next;
    struct text_list list;
    uint64_t index;
    bytes number;
    TRY(expression_text(e, argument->first, &index_at, &number));
    if (bytes_to_u64(number, UINT32_MAX, &index) != OK)
        return template_refuse(&index_at, "'%.*s' is not an index: a number from 0 is expected",
                               BYTES_ARG(bytes_slice(number, 0, 40)));
    if (is_written_list(choices))
        return select_written(e, choices, index, &list_at, out_text);
    TRY(expression_list(e, choices, &list_at, &list));
    if (index >= list.count)
        return out_of_range(&list_at, index, list.count);
    *out_text = list.items[index];
    return OK;
}

/* ---- Fn::FindInMap ---- */

static const struct json *look_up(const struct template *t, const bytes keys[3]) {
    const struct json *v = t->mappings;
    for (size_t i = 0; i < 3; i++)
        v = json_member(v, keys[i]);
    return v;
}

static status no_such_entry(const struct place *at, const bytes keys[3]) {
    return template_refuse(
        at, "Mappings have no entry %.*s.%.*s.%.*s", BYTES_ARG(bytes_slice(keys[0], 0, 60)),
        BYTES_ARG(bytes_slice(keys[1], 0, 60)), BYTES_ARG(bytes_slice(keys[2], 0, 60)));
}

static status check_find_in_map(const struct template *t, const struct json *argument,
                                const struct place *at) {
    struct place key_at = {.outer = at};
    bytes keys[3];
    bool is_constant = true;
    TRY(check_count(argument, 3, "{\"Fn::FindInMap\": [\"map\", \"key\", \"second key\"]}", at));
    JSON_EACH (key, argument) {
        TRY(expression_check_text(t, key, &key_at));
        is_constant = is_constant && json_is_string(key);
        keys[key_at.index++] = key->text;
    }
    return is_constant && !look_up(t, keys) ? no_such_entry(at, keys) : OK;
}

static status find_in_map(struct evaluation *e, const struct json *argument, const struct place *at,
                          const struct json **out_value) {
    struct place key_at = {.outer = at};
    bytes keys[3];
    JSON_EACH (key, argument) {
        TRY(expression_text(e, key, &key_at, &keys[key_at.index]));
        key_at.index++;
    }
    *out_value = look_up(e->template, keys);
    return *out_value ? OK : no_such_entry(at, keys);
}

static status find_in_map_text(struct evaluation *e, const struct json *argument,
                               const struct place *at, bytes *out_text) {
    const struct json *value;
    TRY(find_in_map(e, argument, at, &value));
    if (value->type == JSON_ARRAY)
        return template_refuse(at, "A text is expected here, and the map gives a list");
    return expression_text(e, value, at, out_text);
}

static status find_in_map_list(struct evaluation *e, const struct json *argument,
                               const struct place *at, struct text_list *out_list) {
    const struct json *value;
    TRY(find_in_map(e, argument, at, &value));
    if (value->type != JSON_ARRAY)
        return template_refuse(at, "A list is expected here, and the map gives a text");
    return expression_list(e, value, at, out_list);
}

/* ---- Fn::Sub ---- */

/* The text of either form, and the variables of the long one or NULL. */
static const struct json *sub_text_of(const struct json *argument,
                                      const struct json **out_variables) {
    *out_variables = argument->type == JSON_ARRAY ? argument->first->next : NULL;
    return argument->type == JSON_ARRAY ? argument->first : argument;
}

/* The next part of "text${Name}text${!Literal}": what stands before a "${", then its name. false at
 * the end. The name has ptr NULL behind the last one; a "${" without "}" gives `open`. */
struct sub_part {
    bytes before, name;
    bool is_literal, open;
};
static bool next_part(bytes *rest, struct sub_part *out) {
    if (!rest->ptr)
        return false;
    size_t start = bytes_search(*rest, BYTES("${"));
    *out = (struct sub_part){.before = bytes_slice(*rest, 0, start)};
    if (start == rest->len) {
        *rest = (bytes){0};
        return true;
    }
    bytes name = bytes_skip(*rest, start + 2);
    size_t end = bytes_find(name, '}');
    out->open = end == name.len;
    *rest = out->open ? (bytes){0} : bytes_skip(name, end + 1);
    name.len = end;
    out->is_literal = bytes_start_with(name, BYTES("!"));
    out->name = bytes_skip(name, out->is_literal);
    return true;
}

static status check_sub_name(const struct template *t, const struct json *variables,
                             const struct sub_part *part, const struct place *at) {
    const struct json *declared;
    bytes shown = bytes_slice(part->name, 0, 100);
    if (part->open)
        return template_refuse(at, "${%.*s has no closing brace", BYTES_ARG(shown));
    if (!part->name.ptr || part->is_literal || json_member(variables, part->name) ||
        template_find_parameter(t, part->name, &declared))
        return OK;
    return template_refuse(at,
                           "Cannot resolve reference value: {Fn::Sub=${%.*s}}; what shall stay as "
                           "it is (a policy variable) is written ${!%.*s}",
                           BYTES_ARG(shown), BYTES_ARG(shown));
}

static status check_variables(const struct template *t, const struct json *variables,
                              const struct place *at) {
    struct place second = element_of(at, 1);
    if (variables->type != JSON_OBJECT)
        return template_refuse(&second, "An object of variables is expected here");
    JSON_EACH (variable, variables) {
        struct place variable_at = {&second, variable->name, 0};
        TRY(expression_check_text(t, variable, &variable_at));
    }
    return OK;
}

static status check_sub(const struct template *t, const struct json *argument,
                        const struct place *at) {
    static const char form[] = "{\"Fn::Sub\": \"text ${Name}\"} or {\"Fn::Sub\": [\"text "
                               "${Name}\", {\"Name\": value}]}";
    const struct json *variables;
    struct sub_part part;
    if (argument->type != JSON_STRING)
        TRY(check_count(argument, 2, form, at));
    const struct json *text = sub_text_of(argument, &variables);
    if (!json_is_string(text))
        return template_refuse(at, "The form is %s", form);
    if (variables)
        TRY(check_variables(t, variables, at));
    bytes rest = text->text;
    while (next_part(&rest, &part))
        TRY(check_sub_name(t, variables, &part, at));
    return OK;
}

/* The variables are evaluated once each, before the text: nested calls cannot multiply. */
static status evaluate_variables(struct evaluation *e, const struct json *variables,
                                 const struct place *at, struct plan_pair **out_pairs) {
    struct place second = element_of(at, 1);
    size_t count = 0;
    *out_pairs = ARENA_ARRAY(e->arena, struct plan_pair, variables ? variables->count : 0);
    JSON_EACH (variable, variables) {
        struct place variable_at = {&second, variable->name, 0};
        struct plan_pair *pair = &(*out_pairs)[count++];
        pair->name = variable->name;
        TRY(expression_text(e, variable, &variable_at, &pair->value));
    }
    return OK;
}

static status resolve_name(struct evaluation *e, const struct plan_pair *pairs, size_t count,
                           bytes name, const struct place *at, bytes *out_value) {
    for (size_t i = count; i-- > 0;)
        if (bytes_equal(pairs[i].name, name)) {
            *out_value = pairs[i].value;
            return OK;
        }
    return expression_parameter(e, name, at, out_value);
}

static status sub_text(struct evaluation *e, const struct json *argument, const struct place *at,
                       bytes *out_text) {
    const struct json *variables;
    bytes rest = sub_text_of(argument, &variables)->text, value;
    AUTO(buf) text = {0};
    struct plan_pair *pairs;
    struct sub_part part;
    TRY(evaluate_variables(e, variables, at, &pairs));
    while (next_part(&rest, &part) && text.len <= TEMPLATE_VALUE_BYTES_MAX) {
        buf_append(&text, part.before);
        if (part.is_literal) {
            buf_printf(&text, "${%.*s}", BYTES_ARG(part.name));
        } else if (part.name.ptr) {
            TRY(resolve_name(e, pairs, variables ? variables->count : 0, part.name, at, &value));
            buf_append(&text, value);
        }
    }
    return expression_keep(e, buf_bytes(&text), at, out_text);
}

/* ---- */

const struct function *function_find(bytes name) {
    static const struct function functions[] = {
        {"Ref", check_ref, ref_text, NULL},
        {"Fn::Join", check_join, join_text, NULL},
        {"Fn::Split", check_split, NULL, split_list},
        {"Fn::Select", check_select, select_text, NULL},
        {"Fn::Sub", check_sub, sub_text, NULL},
        {"Fn::FindInMap", check_find_in_map, find_in_map_text, find_in_map_list},
    };
    for (size_t i = 0; i < COUNT_OF(functions); i++)
        if (bytes_equal(name, bytes_from(functions[i].name)))
            return &functions[i];
    return NULL;
}
