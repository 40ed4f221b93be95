#include "api/form.h"

#include <stdio.h>

#include "api/decode.h"
#include "codec/base64.h"

/* No input is deeper; elements beyond the number of parameters cannot be there. */
enum { DEPTH_MAX = 8 };

struct form_decoder {
    struct arena *arena;
    const struct model *model;
    const struct http_query *form;
    struct buf path; /* of the value at hand: "Tags.member.1" */
    unsigned depth;
};

/* Adds ".name" to the path; the caller cuts it again. */
static size_t descend(struct form_decoder *d, bytes name) {
    size_t before = d->path.len;
    if (before > 0)
        buf_append_byte(&d->path, '.');
    buf_append(&d->path, name);
    return before;
}

static const struct http_parameter *find(const struct form_decoder *d) {
    for (size_t i = 0; i < d->form->count; i++)
        if (bytes_equal(d->form->parameters[i].name, buf_bytes(&d->path)))
            return &d->form->parameters[i];
    return NULL;
}

/* Whether something is there below the path. */
static bool has_below(const struct form_decoder *d) {
    bytes path = buf_bytes(&d->path);
    for (size_t i = 0; i < d->form->count; i++) {
        bytes name = d->form->parameters[i].name;
        if (name.len > path.len && name.ptr[path.len] == '.' && bytes_start_with(name, path))
            return true;
    }
    return false;
}

static status decode_value(struct form_decoder *d, uint16_t shape_at, struct value *out);

static status decode_structure(struct form_decoder *d, uint16_t shape_at, struct value *out) {
    out->present = has_below(d);
    if (!out->present)
        return OK;
    out->record = record_new(d->arena, d->model, shape_at);
    const struct model_shape *shape = model_shape(d->model, shape_at);
    const struct model_member *members = model_members(d->model, shape);
    for (size_t i = 0; i < shape->second; i++) {
        size_t before = descend(d, model_text(d->model, members[i].wire));
        TRY(decode_value(d, members[i].shape, &out->record->values[i]));
        d->path.len = before;
    }
    return OK;
}

/* Elements are counted from 1, without a gap; "Tags=" alone is an empty list. */
static status decode_list(struct form_decoder *d, uint16_t shape_at, struct value *out) {
    const struct model_shape *shape = model_shape(d->model, shape_at);
    out->present = has_below(d) || find(d);
    if (!out->present)
        return OK;
    out->items = items_new(d->arena, d->model, shape_at);
    for (size_t n = 1; n <= d->form->count; n++) {
        struct value element = {0};
        char name[32];
        (void)snprintf(name, sizeof name, "member.%zu", n);
        size_t before = descend(d, bytes_from(name));
        TRY(decode_value(d, shape->first, &element));
        d->path.len = before;
        if (!element.present)
            break;
        struct value *added = items_add(out->items, (bytes){0});
        element.next = added->next;
        *added = element;
    }
    return OK;
}

static status decode_blob(const struct form_decoder *d, bytes text, struct value *out) {
    if (base64_decode(d->arena, text, &out->text) == OK)
        return OK;
    return FAIL(E_INVALID, "the blob at '%.*s' is not base64", BYTES_ARG(buf_bytes(&d->path)));
}

static status decode_text(struct form_decoder *d, const struct model_shape *shape,
                          struct value *out) {
    const struct http_parameter *p = find(d);
    if (!p)
        return OK;
    bytes text = p->value.ptr ? p->value : BYTES("");
    if (!bytes_are_utf8(text))
        return FAIL(E_INVALID, "the value of %.*s is not UTF-8", BYTES_ARG(buf_bytes(&d->path)));
    out->present = true;
    if (shape->type == MODEL_BLOB)
        return decode_blob(d, text, out);
    return decode_simple(shape, buf_bytes(&d->path), text, out);
}

static status decode_value(struct form_decoder *d, uint16_t shape_at, struct value *out) {
    const struct model_shape *shape = model_shape(d->model, shape_at);
    if (d->depth == DEPTH_MAX)
        return OK;
    d->depth++;
    status s = shape->type == MODEL_STRUCTURE ? decode_structure(d, shape_at, out)
               : shape->type == MODEL_LIST    ? decode_list(d, shape_at, out)
               : shape->type == MODEL_MAP     ? OK /* no input has one */
                                              : decode_text(d, shape, out);
    d->depth--;
    return s;
}

status form_decode(struct arena *a, const struct model *m, uint16_t shape_at,
                   const struct http_query *form, struct record **out_input) {
    struct form_decoder d = {.arena = a, .model = m, .form = form};
    struct record *input = record_new(a, m, shape_at);
    const struct model_member *members = model_members(m, input->shape);
    status s = OK;
    for (size_t i = 0; s == OK && i < input->shape->second; i++) {
        buf_clear(&d.path);
        (void)descend(&d, model_text(m, members[i].wire));
        s = decode_value(&d, members[i].shape, &input->values[i]);
    }
    buf_done(&d.path);
    if (s == OK)
        *out_input = input;
    return s;
}
