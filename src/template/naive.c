#include "template/naive.h"

/* A value is a list of texts; one that is a single text says so. */
struct value {
    bool ok, is_text;
    bytes *items;
    size_t count;
};
struct naive {
    struct arena *a;
    const struct json *root;
    const struct template_parameters *parameters;
};

static struct value text(const struct naive *n, bytes b) {
    bytes *items = ARENA_NEW(n->a, bytes);
    *items = b;
    return (struct value){true, true, items, 1};
}
static const struct value none = {0};

static struct value parameter(const struct naive *n, bytes name) {
    const struct json *declared = json_member(json_member(n->root, BYTES("Parameters")), name);
    const struct json *otherwise = json_member(declared, BYTES("Default"));
    for (size_t i = n->parameters->count; i-- > 0;)
        if (bytes_equal(n->parameters->items[i].name, name))
            return text(n, n->parameters->items[i].value);
    return otherwise ? text(n, otherwise->text) : none;
}

static struct value evaluate(const struct naive *n, const struct json *v);

static struct value list(const struct naive *n, const struct json *v) {
    struct value l = {true, false, ARENA_ARRAY(n->a, bytes, v->count + 1), 0};
    JSON_EACH (item, v) {
        struct value one = evaluate(n, item);
        l.items[l.count++] = one.ok && one.is_text ? one.items[0] : (bytes){0};
    }
    return l;
}

static struct value join(const struct naive *n, bytes delimiter, struct value l) {
    AUTO(buf) out = {0};
    for (size_t i = 0; i < l.count; i++) {
        if (!l.items[i].ptr)
            return none;
        buf_append(&out, i ? delimiter : (bytes){0});
        buf_append(&out, l.items[i]);
    }
    return l.ok && !l.is_text ? text(n, arena_copy(n->a, buf_bytes(&out))) : none;
}

static struct value split(const struct naive *n, bytes delimiter, bytes whole) {
    struct value l = {true, false, ARENA_ARRAY(n->a, bytes, whole.len + 2), 1};
    l.items[0] = bytes_slice(whole, 0, 0);
    for (size_t i = 0; i < whole.len;) {
        if (bytes_start_with(bytes_skip(whole, i), delimiter)) {
            i += delimiter.len;
            l.items[l.count++] = bytes_slice(whole, i, 0);
        } else {
            l.items[l.count - 1].len++;
            i++;
        }
    }
    return l;
}

static struct value variable(const struct naive *n, const struct json *variables, bytes name) {
    const struct json *v = json_member(variables, name);
    return v ? evaluate(n, v) : parameter(n, name);
}

static struct value sub(const struct naive *n, bytes pattern, const struct json *variables) {
    AUTO(buf) out = {0};
    bool ok = true;
    for (size_t i = 0; i < pattern.len && ok;) {
        bytes rest = bytes_skip(pattern, i);
        if (!bytes_start_with(rest, BYTES("${"))) {
            buf_append_byte(&out, pattern.ptr[i++]);
            continue;
        }
        bytes name = bytes_slice(rest, 2, bytes_find(rest, '}') - 2);
        i += name.len + 3;
        if (bytes_start_with(name, BYTES("!"))) {
            buf_printf(&out, "${%.*s}", BYTES_ARG(bytes_skip(name, 1)));
            continue;
        }
        struct value v = variable(n, variables, name);
        ok = v.ok && v.is_text;
        if (ok)
            buf_append(&out, v.items[0]);
    }
    return ok ? text(n, out.len ? arena_copy(n->a, buf_bytes(&out)) : BYTES("")) : none;
}

static struct value find_in_map(const struct naive *n, const struct json *keys) {
    const struct json *v = json_member(n->root, BYTES("Mappings"));
    JSON_EACH (key, keys) {
        struct value k = evaluate(n, key);
        v = k.ok && k.is_text ? json_member(v, k.items[0]) : NULL;
    }
    return v ? evaluate(n, v) : none;
}

static struct value choose(const struct naive *n, const struct json *argument) {
    struct value index = evaluate(n, argument->first), l = evaluate(n, argument->first->next);
    uint64_t i;
    if (!index.ok || !l.ok || l.is_text || bytes_to_u64(index.items[0], UINT32_MAX, &i) != OK ||
        i >= l.count || !l.items[i].ptr)
        return none;
    return text(n, l.items[i]);
}

static struct value call(const struct naive *n, bytes name, const struct json *argument) {
    const struct json *first = argument->first, *second = first ? first->next : NULL;
    if (bytes_equal(name, BYTES("Ref")))
        return parameter(n, argument->text);
    if (bytes_equal(name, BYTES("Fn::Sub")))
        return argument->type == JSON_ARRAY ? (second ? sub(n, first->text, second) : none)
                                            : sub(n, argument->text, NULL);
    if (!second)
        return none;
    if (bytes_equal(name, BYTES("Fn::Join")))
        return join(n, first->text, evaluate(n, second));
    if (bytes_equal(name, BYTES("Fn::Split"))) {
        struct value whole = evaluate(n, second);
        return whole.ok && whole.is_text && first->text.len ? split(n, first->text, whole.items[0])
                                                            : none;
    }
    if (bytes_equal(name, BYTES("Fn::Select")))
        return choose(n, argument);
    return bytes_equal(name, BYTES("Fn::FindInMap")) ? find_in_map(n, argument) : none;
}

static struct value evaluate(const struct naive *n, const struct json *v) {
    switch (v->type) {
    case JSON_NULL:
        return none;
    case JSON_TRUE:
        return text(n, BYTES("true"));
    case JSON_FALSE:
        return text(n, BYTES("false"));
    case JSON_NUMBER:
    case JSON_STRING:
        return text(n, v->text.ptr ? v->text : BYTES(""));
    case JSON_ARRAY:
        return list(n, v);
    case JSON_OBJECT:
        return v->count == 1 ? call(n, v->first->name, v->first) : none;
    }
    return none;
}

bool naive_text(struct arena *a, const struct json *root,
                const struct template_parameters *parameters, const struct json *v,
                bytes *out_text) {
    struct naive n = {a, root, parameters};
    struct value value = evaluate(&n, v);
    if (!value.ok || !value.is_text)
        return false;
    *out_text = value.items[0];
    return true;
}
