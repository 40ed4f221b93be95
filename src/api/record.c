#include "api/record.h"

#include <assert.h>
#include <string.h>

struct record *record_new(struct arena *a, const struct model *m, uint16_t shape) {
    const struct model_shape *s = model_shape(m, shape);
    assert(s->type == MODEL_STRUCTURE);
    struct record *r = arena_alloc(a, sizeof *r + s->second * sizeof r->values[0]);
    r->model = m;
    r->shape = s;
    r->arena = a;
    return r;
}

struct items *items_new(struct arena *a, const struct model *m, uint16_t shape) {
    struct items *l = ARENA_NEW(a, struct items);
    l->model = m;
    l->shape = model_shape(m, shape);
    l->arena = a;
    l->last = &l->first;
    return l;
}

struct value *items_add(struct items *l, bytes key) {
    struct value *v = ARENA_NEW(l->arena, struct value);
    v->present = true;
    v->key = key;
    *l->last = v;
    l->last = &v->next;
    l->count++;
    return v;
}

static const struct model_member *find_member(const struct record *r, unsigned id, size_t *out_at) {
    const struct model_member *members = model_members(r->model, r->shape);
    for (size_t i = 0; i < r->shape->second; i++)
        if (members[i].id == id) {
            *out_at = i;
            return &members[i];
        }
    return NULL;
}

static const struct model_member *member_of(const struct record *r, unsigned id, size_t *out_at) {
    const struct model_member *m = find_member(r, id, out_at);
    assert(m && "the structure has this member");
    return m;
}

bool record_knows(const struct record *r, unsigned id) {
    size_t at;
    return r && find_member(r, id, &at);
}

/* The value of a member, after checking that the model types it like this. */
static const struct value *value_of(const struct record *r, unsigned id, unsigned types) {
    if (!r)
        return NULL;
    size_t at = 0;
    const struct model_member *m = member_of(r, id, &at);
    assert(1U << model_shape(r->model, m->shape)->type & types);
    return r->values[at].present ? &r->values[at] : NULL;
}

static const unsigned any_type = ~0U;
static const unsigned text_types = 1U << MODEL_STRING | 1U << MODEL_BLOB;
static const unsigned number_types = 1U << MODEL_INTEGER | 1U << MODEL_LONG;
static const unsigned list_types = 1U << MODEL_LIST | 1U << MODEL_MAP;

bool has(const struct record *r, unsigned id) {
    return value_of(r, id, any_type) != NULL;
}

bytes get_text(const struct record *r, unsigned id) {
    const struct value *v = value_of(r, id, text_types);
    return v ? v->text : (bytes){0};
}

int64_t get_number(const struct record *r, unsigned id, int64_t otherwise) {
    const struct value *v = value_of(r, id, number_types | 1U << MODEL_TIMESTAMP);
    return v ? v->number : otherwise;
}

bool get_flag(const struct record *r, unsigned id) {
    const struct value *v = value_of(r, id, 1U << MODEL_BOOLEAN);
    return v && v->flag;
}

const struct record *get_record(const struct record *r, unsigned id) {
    const struct value *v = value_of(r, id, 1U << MODEL_STRUCTURE);
    return v ? v->record : NULL;
}

const struct items *get_list(const struct record *r, unsigned id) {
    const struct value *v = value_of(r, id, list_types);
    return v ? v->items : NULL;
}

static struct value *slot_of(struct record *r, unsigned id, unsigned types, uint16_t *out_shape) {
    size_t at = 0;
    const struct model_member *m = member_of(r, id, &at);
    assert(1U << model_shape(r->model, m->shape)->type & types);
    if (out_shape)
        *out_shape = m->shape;
    r->values[at].present = true;
    return &r->values[at];
}

void put_text(struct record *r, unsigned id, bytes text) {
    struct value *v = slot_of(r, id, text_types, NULL);
    v->present = text.ptr != NULL;
    v->text = text;
}

void put_string(struct record *r, unsigned id, const char *text) {
    put_text(r, id, text ? bytes_from(arena_string(r->arena, bytes_from(text))) : (bytes){0});
}

void put_number(struct record *r, unsigned id, int64_t number) {
    slot_of(r, id, number_types, NULL)->number = number;
}

void put_real(struct record *r, unsigned id, double real) {
    slot_of(r, id, 1U << MODEL_DOUBLE, NULL)->real = real;
}

void put_flag(struct record *r, unsigned id, bool flag) {
    slot_of(r, id, 1U << MODEL_BOOLEAN, NULL)->flag = flag;
}

void put_time(struct record *r, unsigned id, int64_t wall_ms) {
    slot_of(r, id, 1U << MODEL_TIMESTAMP, NULL)->number = wall_ms;
}

struct record *put_record(struct record *r, unsigned id) {
    uint16_t shape = 0;
    struct value *v = slot_of(r, id, 1U << MODEL_STRUCTURE, &shape);
    return v->record = record_new(r->arena, r->model, shape);
}

struct items *put_list(struct record *r, unsigned id) {
    uint16_t shape = 0;
    struct value *v = slot_of(r, id, list_types, &shape);
    return v->items = items_new(r->arena, r->model, shape);
}

void add_text(struct items *l, bytes text) {
    assert(l->shape->type == MODEL_LIST);
    items_add(l, (bytes){0})->text = text;
}

void add_entry(struct items *l, bytes key, bytes text) {
    assert(l->shape->type == MODEL_MAP);
    items_add(l, key)->text = text;
}

struct record *add_record_entry(struct items *l, bytes key) {
    assert(l->shape->type == MODEL_MAP);
    struct value *v = items_add(l, key);
    return v->record = record_new(l->arena, l->model, l->shape->second);
}

struct items *add_list_entry(struct items *l, bytes key) {
    assert(l->shape->type == MODEL_MAP);
    struct value *v = items_add(l, key);
    return v->items = items_new(l->arena, l->model, l->shape->second);
}

struct record *add_record(struct items *l) {
    assert(l->shape->type == MODEL_LIST);
    struct value *v = items_add(l, (bytes){0});
    return v->record = record_new(l->arena, l->model, l->shape->first);
}
