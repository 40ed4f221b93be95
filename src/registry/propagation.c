#include "registry/propagation.h"

#include "registry/attribute.h"
#include "registry/internal.h"

/* ---- where values come from ---- */

static bytes client_id_of(const struct thing_record *thing, bytes client_id) {
    UNUSED(thing);
    return client_id;
}

static bytes thing_name_of(const struct thing_record *thing, bytes client_id) {
    UNUSED(client_id);
    return thing->name;
}

static const struct {
    const char *name;
    bytes (*value)(const struct thing_record *thing, bytes client_id);
} connection_attributes[] = {
    {"iot:ClientId", client_id_of},
    {"iot:Thing.ThingName", thing_name_of},
};

bytes propagating_value(const struct propagating_attribute *p, const struct thing_record *thing,
                        bytes client_id) {
    const struct thing_attribute *attribute =
        attribute_find(thing->attributes, thing->attribute_count, p->thing_attribute);
    for (size_t i = 0; i < COUNT_OF(connection_attributes); i++)
        if (bytes_equal(p->connection_attribute, bytes_from(connection_attributes[i].name)))
            return connection_attributes[i].value(thing, client_id);
    return attribute ? attribute->value : (bytes){0};
}

/* ---- what may be wished for ---- */

static status check_connection_attribute(bytes name) {
    for (size_t i = 0; i < COUNT_OF(connection_attributes); i++)
        if (bytes_equal(name, bytes_from(connection_attributes[i].name)))
            return OK;
    return FAIL(E_INVALID,
                "There is no connection attribute %.*s: it is iot:ClientId or iot:Thing.ThingName",
                BYTES_ARG(bytes_slice(name, 0, 128)));
}

static status check_one(const struct propagating_attribute *p) {
    if (p->user_property_key.len == 0)
        return FAIL(E_INVALID, "A propagating attribute needs a userPropertyKey");
    if ((p->thing_attribute.len == 0) == (p->connection_attribute.len == 0))
        return FAIL(E_INVALID,
                    "The propagating attribute with the userPropertyKey %.*s needs either a "
                    "thingAttribute or a connectionAttribute",
                    BYTES_ARG(bytes_slice(p->user_property_key, 0, 128)));
    if (p->connection_attribute.len > 0)
        return check_connection_attribute(p->connection_attribute);
    return constraint_check(CONSTRAINT_ATTRIBUTE_NAME, p->thing_attribute);
}

status propagation_check(const struct propagation *p) {
    if (p->count > PROPAGATING_ATTRIBUTES_MAX)
        return FAIL(E_INVALID, "A thing type has at most %d propagating attributes, not %zu",
                    PROPAGATING_ATTRIBUTES_MAX, p->count);
    for (size_t i = 0; i < p->count; i++)
        TRY(check_one(&p->items[i]));
    return OK;
}

bool propagations_are_alike(const struct propagation *a, const struct propagation *b) {
    bool alike = a->count == b->count;
    for (size_t i = 0; alike && i < a->count; i++)
        alike = bytes_equal(a->items[i].user_property_key, b->items[i].user_property_key) &&
                bytes_equal(a->items[i].thing_attribute, b->items[i].thing_attribute) &&
                bytes_equal(a->items[i].connection_attribute, b->items[i].connection_attribute);
    return alike;
}

/* ---- as it is kept: three texts each, one of them empty ---- */

void propagation_encode(const struct propagation *p, struct buf *out) {
    for (size_t i = 0; i < p->count; i++) {
        record_list_add(out, p->items[i].user_property_key);
        record_list_add(out, p->items[i].thing_attribute);
        record_list_add(out, p->items[i].connection_attribute);
    }
}

void propagation_decode(struct arena *a, bytes list, struct propagation *out) {
    struct propagating_attribute one;
    *out = (struct propagation){0};
    if (list.len == 0)
        return;
    out->items = ARENA_ARRAY(a, struct propagating_attribute, PROPAGATING_ATTRIBUTES_MAX);
    while (out->count < PROPAGATING_ATTRIBUTES_MAX &&
           record_list_next(&list, &one.user_property_key) &&
           record_list_next(&list, &one.thing_attribute) &&
           record_list_next(&list, &one.connection_attribute))
        out->items[out->count++] = one;
}
