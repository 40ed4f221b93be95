/* Billing groups. */
#include "registry/billing_group.h"

#include "api/groups.h"
#include "api/handlers.h"
#include "api/tags.h"

static bytes description_in(const struct call *c) {
    return get_text(get_record(c->in, M_BILLING_GROUP_PROPERTIES), M_BILLING_GROUP_DESCRIPTION);
}

status create_billing_group(struct call *c) {
    struct billing_group_record group = {.name = get_text(c->in, M_BILLING_GROUP_NAME),
                                         .description = description_in(c)};
    struct tags tags = tags_in(c);
    c->resource_id = group.name;
    c->resource_arn = billing_group_arn(&c->registry, group.name);
    TRY(billing_group_create(&c->registry, &group, &tags, &group));
    put_text(c->out, M_BILLING_GROUP_NAME, group.name);
    put_text(c->out, M_BILLING_GROUP_ARN, c->resource_arn);
    put_text(c->out, M_BILLING_GROUP_ID, group.id);
    return OK;
}

status describe_billing_group(struct call *c) {
    struct billing_group_record group;
    TRY(billing_group_load(&c->registry, get_text(c->in, M_BILLING_GROUP_NAME), &group));
    put_text(c->out, M_BILLING_GROUP_NAME, group.name);
    put_text(c->out, M_BILLING_GROUP_ID, group.id);
    put_text(c->out, M_BILLING_GROUP_ARN, billing_group_arn(&c->registry, group.name));
    put_number(c->out, M_VERSION, (int64_t)group.version);
    struct record *properties = put_record(c->out, M_BILLING_GROUP_PROPERTIES);
    if (group.description.len > 0)
        put_text(properties, M_BILLING_GROUP_DESCRIPTION, group.description);
    put_time(put_record(c->out, M_BILLING_GROUP_METADATA), M_CREATION_DATE, group.created_ms);
    return OK;
}

status update_billing_group(struct call *c) {
    uint64_t version;
    TRY(billing_group_update(&c->registry, get_text(c->in, M_BILLING_GROUP_NAME), description_in(c),
                             (uint64_t)get_number(c->in, M_EXPECTED_VERSION, 0), &version));
    put_number(c->out, M_VERSION, (int64_t)version);
    return OK;
}

status delete_billing_group(struct call *c) {
    return billing_group_delete(&c->registry, get_text(c->in, M_BILLING_GROUP_NAME),
                                (uint64_t)get_number(c->in, M_EXPECTED_VERSION, 0));
}

status list_billing_groups(struct call *c) {
    struct page page = call_page(c);
    struct name_list list;
    TRY(billing_group_list(&c->registry, get_text(c->in, M_NAME_PREFIX_FILTER), &page, &list));
    put_groups(c, M_BILLING_GROUPS, ARN_BILLING_GROUP, &list);
    return OK;
}

status add_thing_to_billing_group(struct call *c) {
    bytes group, thing;
    TRY(named_in(c, &naming_billing_group, &group));
    TRY(named_in(c, &naming_thing, &thing));
    return billing_group_add_thing(&c->registry, group, thing);
}

status remove_thing_from_billing_group(struct call *c) {
    bytes group, thing;
    TRY(named_in(c, &naming_billing_group, &group));
    TRY(named_in(c, &naming_thing, &thing));
    return billing_group_remove_thing(&c->registry, group, thing);
}

status list_things_in_billing_group(struct call *c) {
    struct page page = call_page(c);
    struct name_list list;
    TRY(billing_group_list_things(&c->registry, get_text(c->in, M_BILLING_GROUP_NAME), &page,
                                  &list));
    put_names(c, M_THINGS, &list);
    return OK;
}
