/* Thing types [AWS identity 10.1]. */
#include "registry/thing_type.h"

#include "api/handlers.h"
#include "api/tags.h"

/* The names of searchableAttributes, in the call's arena; NULL when the member is absent. */
static bytes *searchable_in(const struct call *c, const struct record *properties,
                            size_t *out_count) {
    const struct items *list = get_list(properties, M_SEARCHABLE_ATTRIBUTES);
    *out_count = 0;
    if (!list)
        return NULL;
    bytes *names = ARENA_ARRAY(c->arena, bytes, list->count + 1);
    VALUES_EACH(v, list) {
        names[(*out_count)++] = v->text;
    }
    return names;
}

/* The propagatingAttributes; false when the member is absent. */
static bool propagation_in(const struct call *c, const struct record *properties,
                           struct propagation *out) {
    const struct items *list =
        get_list(get_record(properties, M_MQTT5_CONFIGURATION), M_PROPAGATING_ATTRIBUTES);
    *out = (struct propagation){0};
    if (!list)
        return false;
    out->items = ARENA_ARRAY(c->arena, struct propagating_attribute, list->count + 1);
    VALUES_EACH(v, list) {
        out->items[out->count++] = (struct propagating_attribute){
            .user_property_key = get_text(v->record, M_USER_PROPERTY_KEY),
            .thing_attribute = get_text(v->record, M_THING_ATTRIBUTE),
            .connection_attribute = get_text(v->record, M_CONNECTION_ATTRIBUTE)};
    }
    return true;
}

status create_thing_type(struct call *c) {
    const struct record *properties = get_record(c->in, M_THING_TYPE_PROPERTIES);
    struct thing_type_record type = {.name = get_text(c->in, M_THING_TYPE_NAME),
                                     .description = get_text(properties, M_THING_TYPE_DESCRIPTION)};
    struct tags tags = tags_in(c);
    (void)propagation_in(c, properties, &type.propagation);
    type.searchable_attributes = searchable_in(c, properties, &type.searchable_count);
    c->resource_id = type.name;
    c->resource_arn = thing_type_arn(&c->registry, type.name);
    TRY(thing_type_create(&c->registry, &type, &tags, &type));
    put_text(c->out, M_THING_TYPE_NAME, type.name);
    put_text(c->out, M_THING_TYPE_ARN, c->resource_arn);
    put_text(c->out, M_THING_TYPE_ID, type.id);
    return OK;
}

static void put_propagation(struct record *properties, const struct propagation *p) {
    if (p->count == 0)
        return;
    struct items *list =
        put_list(put_record(properties, M_MQTT5_CONFIGURATION), M_PROPAGATING_ATTRIBUTES);
    for (size_t i = 0; i < p->count; i++) {
        struct record *one = add_record(list);
        put_text(one, M_USER_PROPERTY_KEY, p->items[i].user_property_key);
        if (p->items[i].thing_attribute.len > 0)
            put_text(one, M_THING_ATTRIBUTE, p->items[i].thing_attribute);
        else
            put_text(one, M_CONNECTION_ATTRIBUTE, p->items[i].connection_attribute);
    }
}

/* What DescribeThingType and ListThingTypes say alike. */
static void put_type(const struct call *c, struct record *out,
                     const struct thing_type_record *type) {
    put_text(out, M_THING_TYPE_NAME, type->name);
    put_text(out, M_THING_TYPE_ARN, thing_type_arn(&c->registry, type->name));
    struct record *properties = put_record(out, M_THING_TYPE_PROPERTIES);
    if (type->description.len > 0)
        put_text(properties, M_THING_TYPE_DESCRIPTION, type->description);
    struct items *names = put_list(properties, M_SEARCHABLE_ATTRIBUTES);
    for (size_t i = 0; i < type->searchable_count; i++)
        add_text(names, type->searchable_attributes[i]);
    put_propagation(properties, &type->propagation);
    struct record *metadata = put_record(out, M_THING_TYPE_METADATA);
    put_flag(metadata, M_DEPRECATED, type->deprecated);
    if (type->deprecated)
        put_time(metadata, M_DEPRECATION_DATE, type->deprecated_ms);
    put_time(metadata, M_CREATION_DATE, type->created_ms);
}

status describe_thing_type(struct call *c) {
    struct thing_type_record type;
    TRY(thing_type_load(&c->registry, get_text(c->in, M_THING_TYPE_NAME), &type));
    put_text(c->out, M_THING_TYPE_ID, type.id);
    put_type(c, c->out, &type);
    return OK;
}

status list_thing_types(struct call *c) {
    struct page page = call_page(c);
    struct thing_type_list list;
    TRY(thing_type_list(&c->registry, get_text(c->in, M_THING_TYPE_NAME), &page, &list));
    struct items *types = put_list(c->out, M_THING_TYPES);
    for (size_t i = 0; i < list.count; i++)
        put_type(c, add_record(types), &list.items[i]);
    call_put_next(c, list.next);
    return OK;
}

status update_thing_type(struct call *c) {
    const struct record *properties = get_record(c->in, M_THING_TYPE_PROPERTIES);
    bytes description = get_text(properties, M_THING_TYPE_DESCRIPTION);
    struct thing_type_changes changes = {
        .description = has(properties, M_THING_TYPE_DESCRIPTION) ? &description : NULL};
    struct propagation propagation;
    if (propagation_in(c, properties, &propagation))
        changes.propagation = &propagation;
    changes.searchable_attributes = searchable_in(c, properties, &changes.searchable_count);
    return thing_type_update(&c->registry, get_text(c->in, M_THING_TYPE_NAME), &changes);
}

status deprecate_thing_type(struct call *c) {
    return thing_type_deprecate(&c->registry, get_text(c->in, M_THING_TYPE_NAME),
                                get_flag(c->in, M_UNDO_DEPRECATE));
}

/* The wait is a quota of AWS's, not a rule about types. */
status delete_thing_type(struct call *c) {
    return thing_type_delete(&c->registry, get_text(c->in, M_THING_TYPE_NAME),
                             c->config->without_quotas ? 0 : THING_TYPE_DEPRECATED_MS_MIN);
}
