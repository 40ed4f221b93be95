/* Things, and the principals they are attached to [AWS identity 10.1, 10.2]. */
#include "api/groups.h"
#include "api/handlers.h"
#include "registry/thing.h"

status create_thing(struct call *c) {
    struct thing_record thing = {
        .name = get_text(c->in, M_THING_NAME),
        .type_name = get_text(c->in, M_THING_TYPE_NAME),
        .billing_group_name = get_text(c->in, M_BILLING_GROUP_NAME),
    };
    thing.attributes = attributes_in(c->in, &thing.attribute_count);
    c->resource_id = thing.name;
    c->resource_arn = thing_arn(&c->registry, thing.name);
    TRY(thing_create(&c->registry, &thing, &thing));
    put_text(c->out, M_THING_NAME, thing.name);
    put_text(c->out, M_THING_ARN, c->resource_arn);
    put_text(c->out, M_THING_ID, thing.id);
    return OK;
}

status describe_thing(struct call *c) {
    struct thing_record thing;
    TRY(thing_load(&c->registry, get_text(c->in, M_THING_NAME), &thing));
    put_text(c->out, M_DEFAULT_CLIENT_ID, thing.name);
    put_text(c->out, M_THING_NAME, thing.name);
    put_text(c->out, M_THING_ID, thing.id);
    put_text(c->out, M_THING_ARN, thing_arn(&c->registry, thing.name));
    put_text(c->out, M_THING_TYPE_NAME, thing.type_name);
    put_attributes(c->out, thing.attributes, thing.attribute_count);
    put_number(c->out, M_VERSION, (int64_t)thing.version);
    put_text(c->out, M_BILLING_GROUP_NAME, thing.billing_group_name);
    return OK;
}

status list_things(struct call *c) {
    const struct thing_filter filter = {
        .type_name = get_text(c->in, M_THING_TYPE_NAME),
        .attribute_name = get_text(c->in, M_ATTRIBUTE_NAME),
        .attribute_value = get_text(c->in, M_ATTRIBUTE_VALUE),
        .attribute_value_is_prefix = get_flag(c->in, M_USE_PREFIX_ATTRIBUTE_VALUE),
    };
    struct page page = call_page(c);
    struct thing_list list;
    TRY(thing_list(&c->registry, &filter, &page, &list));
    struct items *things = put_list(c->out, M_THINGS);
    for (size_t i = 0; i < list.count; i++) {
        struct record *thing = add_record(things);
        put_text(thing, M_THING_NAME, list.items[i].name);
        put_text(thing, M_THING_TYPE_NAME, list.items[i].type_name);
        put_text(thing, M_THING_ARN, thing_arn(&c->registry, list.items[i].name));
        put_attributes(thing, list.items[i].attributes, list.items[i].attribute_count);
        put_number(thing, M_VERSION, (int64_t)list.items[i].version);
    }
    call_put_next(c, list.next);
    return OK;
}

status update_thing(struct call *c) {
    const struct record *payload = get_record(c->in, M_ATTRIBUTE_PAYLOAD);
    struct thing_changes changes = {
        .type_name = get_text(c->in, M_THING_TYPE_NAME),
        .remove_type = get_flag(c->in, M_REMOVE_THING_TYPE),
        .replace_attributes = payload && !get_flag(payload, M_MERGE),
        .expected_version = (uint64_t)get_number(c->in, M_EXPECTED_VERSION, 0),
    };
    changes.attributes = attributes_in(c->in, &changes.attribute_count);
    return thing_update(&c->registry, get_text(c->in, M_THING_NAME), &changes);
}

status delete_thing(struct call *c) {
    return thing_delete(&c->registry, get_text(c->in, M_THING_NAME),
                        (uint64_t)get_number(c->in, M_EXPECTED_VERSION, 0));
}

/* The thingPrincipalType of the input; NULL when absent. */
static status principal_type_in(const struct call *c, enum thing_principal_type *storage,
                                const enum thing_principal_type **out_type) {
    *out_type = NULL;
    if (!has(c->in, M_THING_PRINCIPAL_TYPE))
        return OK;
    TRY(thing_principal_type_parse(get_text(c->in, M_THING_PRINCIPAL_TYPE), storage));
    *out_type = storage;
    return OK;
}

status attach_thing_principal(struct call *c) {
    enum thing_principal_type storage;
    const enum thing_principal_type *type;
    TRY(principal_type_in(c, &storage, &type));
    return thing_principal_attach(&c->registry, get_text(c->in, M_THING_NAME),
                                  get_text(c->in, M_PRINCIPAL),
                                  type ? *type : THING_PRINCIPAL_NON_EXCLUSIVE);
}

status detach_thing_principal(struct call *c) {
    return thing_principal_detach(&c->registry, get_text(c->in, M_THING_NAME),
                                  get_text(c->in, M_PRINCIPAL));
}

typedef status list_function(const struct registry *r, bytes name,
                             const enum thing_principal_type *type, const struct page *page,
                             struct thing_principal_list *out_list);

/* The first form of both listings: names alone. */
static status list_names(struct call *c, list_function *list_of, unsigned of, unsigned member) {
    struct page page = call_page(c);
    struct thing_principal_list list;
    TRY(list_of(&c->registry, get_text(c->in, of), NULL, &page, &list));
    struct items *names = put_list(c->out, member);
    for (size_t i = 0; i < list.count; i++)
        add_text(names, list.items[i].name);
    call_put_next(c, list.next);
    return OK;
}

/* The second form: names with the type of the attachment. */
static status list_objects(struct call *c, list_function *list_of, unsigned of, unsigned member,
                           unsigned name) {
    enum thing_principal_type storage;
    const enum thing_principal_type *type;
    struct page page = call_page(c);
    struct thing_principal_list list;
    TRY(principal_type_in(c, &storage, &type));
    TRY(list_of(&c->registry, get_text(c->in, of), type, &page, &list));
    struct items *objects = put_list(c->out, member);
    for (size_t i = 0; i < list.count; i++) {
        struct record *object = add_record(objects);
        put_text(object, name, list.items[i].name);
        put_string(object, M_THING_PRINCIPAL_TYPE, thing_principal_type_name(list.items[i].type));
    }
    call_put_next(c, list.next);
    return OK;
}

status list_thing_principals(struct call *c) {
    return list_names(c, thing_list_principals, M_THING_NAME, M_PRINCIPALS);
}

status list_principal_things(struct call *c) {
    return list_names(c, principal_list_things, M_PRINCIPAL, M_THINGS);
}

status list_thing_principals_v2(struct call *c) {
    return list_objects(c, thing_list_principals, M_THING_NAME, M_THING_PRINCIPAL_OBJECTS,
                        M_PRINCIPAL);
}

status list_principal_things_v2(struct call *c) {
    return list_objects(c, principal_list_things, M_PRINCIPAL, M_PRINCIPAL_THING_OBJECTS,
                        M_THING_NAME);
}
