#include "api/route.h"

#include <assert.h>

#include "api/text.h"

static bytes without_end_slash(bytes path) {
    return path.len > 1 && path.ptr[path.len - 1] == '/' ? bytes_slice(path, 0, path.len - 1)
                                                         : path;
}

static bool add_label(struct route *r, bytes name, bytes raw) {
    assert(r->label_count < ROUTE_LABELS_MAX);
    r->labels[r->label_count].name = name;
    r->labels[r->label_count].raw = raw;
    r->label_count++;
    return raw.len > 0;
}

static bool is_label(bytes part) {
    return part.len > 2 && part.ptr[0] == '{';
}

static bool is_greedy(bytes part) {
    return part.ptr[part.len - 2] == '+';
}

static bool fits(bytes template, bytes path, struct route *r) {
    bytes part, segment;
    r->label_count = 0;
    while (bytes_split(&template, '/', &part)) {
        if (is_label(part) && is_greedy(part))
            return path.ptr && add_label(r, bytes_slice(part, 1, part.len - 3), path);
        if (!bytes_split(&path, '/', &segment))
            return false;
        if (is_label(part)
                ? !add_label(r, bytes_slice(part, 1, part.len - 2), segment)
                : !text_is(segment, part)) /* "%24next" is "$next" [AWS control-plane 2] */
            return false;
    }
    return path.ptr == NULL;
}

bool route_leads_to(const struct model *m, const struct model_operation *o, bytes path) {
    struct route r;
    return fits(without_end_slash(model_text(m, o->path)), without_end_slash(path), &r);
}

bool route_find(const struct model *m, enum model_method method, bytes path,
                struct route *out_route) {
    path = without_end_slash(path);
    for (size_t i = 0; i < m->operation_count; i++) {
        const struct model_operation *o = &m->operations[m->routes[i]];
        if (o->method == method &&
            fits(without_end_slash(model_text(m, o->path)), path, out_route)) {
            out_route->operation = o;
            return true;
        }
    }
    return false;
}

bytes route_label(const struct route *r, bytes name) {
    for (size_t i = 0; i < r->label_count; i++)
        if (bytes_equal(r->labels[i].name, name))
            return r->labels[i].raw;
    return (bytes){0};
}
