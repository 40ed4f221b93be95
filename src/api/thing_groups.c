/* Thing groups, and the things in them. */
#include "registry/thing_group.h"

#include "api/groups.h"
#include "api/handlers.h"
#include "api/indexing.h"
#include "api/tags.h"
#include "registry/dynamic_group.h"

static status create(struct call *c, bytes parent, bytes query) {
    const struct record *properties = get_record(c->in, M_THING_GROUP_PROPERTIES);
    struct thing_group_new new = {.name = get_text(c->in, M_THING_GROUP_NAME),
                                  .parent = parent,
                                  .query = query,
                                  .description = get_text(properties, M_THING_GROUP_DESCRIPTION)};
    struct thing_group_record group;
    struct tags tags = tags_in(c);
    new.attributes = attributes_in(properties, &new.attribute_count);
    c->resource_id = new.name;
    c->resource_arn = thing_group_arn(&c->registry, new.name);
    TRY(thing_group_create(&c->registry, &new, &tags, &group));
    put_text(c->out, M_THING_GROUP_NAME, group.name);
    put_text(c->out, M_THING_GROUP_ARN, c->resource_arn);
    put_text(c->out, M_THING_GROUP_ID, group.id);
    return OK;
}

static void put_query(struct call *c, bytes query) {
    put_string(c->out, M_INDEX_NAME, THINGS_INDEX);
    put_text(c->out, M_QUERY_STRING, query);
    put_string(c->out, M_QUERY_VERSION, QUERY_VERSION);
}

status create_thing_group(struct call *c) {
    return create(c, get_text(c->in, M_PARENT_GROUP_NAME), (bytes){0});
}

status create_dynamic_thing_group(struct call *c) {
    bytes query = get_text(c->in, M_QUERY_STRING);
    TRY(index_require_of(c, THINGS_INDEX));
    TRY(create(c, (bytes){0}, query));
    put_query(c, query);
    return OK;
}

/* Parent and ancestors are left out for a root. */
static void put_metadata(struct call *c, const struct thing_group_record *group) {
    struct record *metadata = put_record(c->out, M_THING_GROUP_METADATA);
    if (group->ancestor_count > 0) {
        put_text(metadata, M_PARENT_GROUP_NAME, group->ancestors[group->ancestor_count - 1]);
        struct items *ancestors = put_list(metadata, M_ROOT_TO_PARENT_THING_GROUPS);
        for (size_t i = 0; i < group->ancestor_count; i++)
            put_group(c, ancestors, ARN_THING_GROUP, group->ancestors[i]);
    }
    put_time(metadata, M_CREATION_DATE, group->created_ms);
}

status describe_thing_group(struct call *c) {
    struct thing_group_record group;
    TRY(thing_group_load(&c->registry, get_text(c->in, M_THING_GROUP_NAME), &group));
    put_text(c->out, M_THING_GROUP_NAME, group.name);
    put_text(c->out, M_THING_GROUP_ID, group.id);
    put_text(c->out, M_THING_GROUP_ARN, thing_group_arn(&c->registry, group.name));
    put_number(c->out, M_VERSION, (int64_t)group.version);
    struct record *properties = put_record(c->out, M_THING_GROUP_PROPERTIES);
    if (group.description.len > 0)
        put_text(properties, M_THING_GROUP_DESCRIPTION, group.description);
    if (group.attribute_count > 0)
        put_attributes(put_record(properties, M_ATTRIBUTE_PAYLOAD), group.attributes,
                       group.attribute_count);
    put_metadata(c, &group);
    if (group.query.len > 0) {
        put_query(c, group.query);
        put_string(c->out, M_STATUS, "ACTIVE"); /* what is asked at each listing is never built */
    }
    return OK;
}

static status update(struct call *c, const bytes *query) {
    const struct record *properties = get_record(c->in, M_THING_GROUP_PROPERTIES);
    const struct record *payload = get_record(properties, M_ATTRIBUTE_PAYLOAD);
    bytes description = get_text(properties, M_THING_GROUP_DESCRIPTION);
    struct thing_group_changes changes = {
        .description = has(properties, M_THING_GROUP_DESCRIPTION) ? &description : NULL,
        .query = query,
        .replace_attributes = payload && !get_flag(payload, M_MERGE),
        .expected_version = (uint64_t)get_number(c->in, M_EXPECTED_VERSION, 0),
    };
    uint64_t version;
    changes.attributes = attributes_in(properties, &changes.attribute_count);
    TRY(thing_group_update(&c->registry, get_text(c->in, M_THING_GROUP_NAME), &changes, &version));
    put_number(c->out, M_VERSION, (int64_t)version);
    return OK;
}

status update_thing_group(struct call *c) {
    TRY(thing_group_check_kind(&c->registry, get_text(c->in, M_THING_GROUP_NAME), false));
    return update(c, NULL);
}

status update_dynamic_thing_group(struct call *c) {
    bytes query = get_text(c->in, M_QUERY_STRING);
    TRY(thing_group_check_kind(&c->registry, get_text(c->in, M_THING_GROUP_NAME), true));
    TRY(index_require_of(c, THINGS_INDEX));
    return update(c, query.len > 0 ? &query : NULL);
}

static status delete (struct call *c, bool is_dynamic) {
    bytes name = get_text(c->in, M_THING_GROUP_NAME);
    TRY(thing_group_check_kind(&c->registry, name, is_dynamic));
    return thing_group_delete(&c->registry, name,
                              (uint64_t)get_number(c->in, M_EXPECTED_VERSION, 0));
}

status delete_thing_group(struct call *c) {
    return delete (c, false);
}

status delete_dynamic_thing_group(struct call *c) {
    return delete (c, true);
}

/* Unlike elsewhere, `recursive` is on when it is absent: "RecursiveWithoutDefault" in the model. */
status list_thing_groups(struct call *c) {
    const struct thing_group_filter filter = {
        .parent = get_text(c->in, M_PARENT_GROUP),
        .name_prefix = get_text(c->in, M_NAME_PREFIX_FILTER),
        .recursive = !has(c->in, M_RECURSIVE) || get_flag(c->in, M_RECURSIVE),
    };
    struct page page = call_page(c);
    struct name_list list;
    TRY(thing_group_list(&c->registry, &filter, &page, &list));
    put_groups(c, M_THING_GROUPS, ARN_THING_GROUP, &list);
    return OK;
}

/* ---- membership; overrideDynamicGroups has nothing to override: dynamic groups take no room ----
 */

status add_thing_to_thing_group(struct call *c) {
    bytes group, thing;
    TRY(named_in(c, &naming_thing_group, &group));
    TRY(named_in(c, &naming_thing, &thing));
    return thing_group_add_thing(&c->registry, group, thing);
}

status remove_thing_from_thing_group(struct call *c) {
    bytes group, thing;
    TRY(named_in(c, &naming_thing_group, &group));
    TRY(named_in(c, &naming_thing, &thing));
    return thing_group_remove_thing(&c->registry, group, thing);
}

/* Removing first makes room, also within a hierarchy. All of it happens, or nothing. */
status update_thing_groups_for_thing(struct call *c) {
    bytes thing = get_text(c->in, M_THING_NAME);
    if (thing.len == 0)
        return FAIL(E_INVALID, "A thing name is needed");
    VALUES_EACH(v, get_list(c->in, M_THING_GROUPS_TO_REMOVE)) {
        TRY(thing_group_remove_thing(&c->registry, v->text, thing));
    }
    VALUES_EACH(v, get_list(c->in, M_THING_GROUPS_TO_ADD)) {
        TRY(thing_group_add_thing(&c->registry, v->text, thing));
    }
    return OK;
}

status list_things_in_thing_group(struct call *c) {
    struct connectivity_source *source;
    struct page page = call_page(c);
    struct name_list list;
    TRY(index_connectivity(c, &source));
    TRY(thing_group_list_things(&c->registry, get_text(c->in, M_THING_GROUP_NAME),
                                get_flag(c->in, M_RECURSIVE), source, &page, &list));
    put_names(c, M_THINGS, &list);
    return OK;
}

status list_thing_groups_for_thing(struct call *c) {
    struct connectivity_source *source;
    struct page page = call_page(c);
    struct name_list list;
    TRY(index_connectivity(c, &source));
    TRY(thing_list_all_groups(&c->registry, get_text(c->in, M_THING_NAME), source, &page, &list));
    put_groups(c, M_THING_GROUPS, ARN_THING_GROUP, &list);
    return OK;
}
