/* Thing groups:
 *
 *     THING_GROUPS            account, name
 *     THING_GROUPS_BY_PARENT  account, name of the parent or nothing, 0, name
 *     THING_GROUPS_BY_PATH    account, path → name
 *     THINGS_OF_GROUP         account, path, '.', thing           see thing_membership.c
 *     GROUPS_OF_THING         account, thing, 0, group → path
 *
 * A path is made of ids, so that everything below a group shares a prefix of bounded length:
 * "<id of the root>/<id of its child>/…/". */
#include "registry/thing_group.h"
#include "base/clock.h"
#include "registry/attribute.h"
#include "registry/dynamic_group.h"
#include "registry/event.h"

struct stored_group {
    struct thing_group_record group;
    bytes ancestors;  /* a list of names */
    bytes attributes; /* attributes_encode */
};
static const struct field fields[] = {
    FIELD(1, struct stored_group, group.id),
    FIELD(2, struct stored_group, group.description),
    FIELD(3, struct stored_group, ancestors),
    FIELD(4, struct stored_group, group.path),
    FIELD(5, struct stored_group, attributes),
    FIELD(6, struct stored_group, group.version),
    FIELD(7, struct stored_group, group.created_ms),
    FIELD(8, struct stored_group, group.query),
};

bytes thing_group_arn(const struct registry *r, bytes name) {
    return arn_format(r->arena, r->region, r->account, ARN_THING_GROUP, name);
}

static status save(const struct registry *r, const struct thing_group_record *group) {
    AUTO(buf) ancestors = {0}, attributes = {0};
    struct stored_group stored = {.group = *group};
    for (size_t i = 0; i < group->ancestor_count; i++)
        record_list_add(&ancestors, group->ancestors[i]);
    attributes_encode(group->attributes, group->attribute_count, &attributes);
    stored.ancestors = buf_bytes(&ancestors);
    stored.attributes = buf_bytes(&attributes);
    return object_save(r, TABLE_THING_GROUPS, key_of(r, group->name), fields, COUNT_OF(fields),
                       &stored);
}

status thing_group_load(const struct registry *r, bytes name,
                        struct thing_group_record *out_group) {
    struct stored_group stored = {.group = {.name = arena_copy(r->arena, name)}};
    struct thing_group_record *group = &stored.group;
    TRY(object_load(r, TABLE_THING_GROUPS, key_of(r, name), fields, COUNT_OF(fields), &stored));
    group->ancestors = ARENA_ARRAY(r->arena, bytes, THING_GROUP_DEPTH_MAX);
    while (group->ancestor_count < THING_GROUP_DEPTH_MAX &&
           record_list_next(&stored.ancestors, &group->ancestors[group->ancestor_count]))
        group->ancestor_count++;
    group->attributes = attributes_decode(r->arena, stored.attributes, &group->attribute_count);
    *out_group = *group;
    return OK;
}

static bytes parent_of(const struct thing_group_record *group) {
    return group->ancestor_count ? group->ancestors[group->ancestor_count - 1] : (bytes){0};
}

static bytes parent_key(const struct registry *r, const struct thing_group_record *group) {
    return key_of_pair(r, parent_of(group), group->name);
}

/* ---- creation ---- */

static status check_attributes(const struct thing_group_record *group) {
    if (group->attribute_count > THING_GROUP_ATTRIBUTES_MAX)
        return FAIL(E_INVALID, "A thing group has at most %d attributes, not %zu",
                    THING_GROUP_ATTRIBUTES_MAX, group->attribute_count);
    return attributes_check(group->attributes, group->attribute_count);
}

static status check_siblings(const struct registry *r, const struct thing_group_record *parent) {
    struct scan scan = {.prefix = key_of_pair(r, parent->name, (bytes){0}),
                        .limit = THING_GROUP_CHILDREN_MAX};
    struct row *rows;
    size_t count;
    TRY(store_scan(r->txn, TABLE_THING_GROUPS_BY_PARENT, &scan, r->arena, &rows, &count));
    if (count == THING_GROUP_CHILDREN_MAX)
        return FAIL(E_INVALID, "Thing group %.*s has %d child groups already, which is the most",
                    BYTES_ARG(parent->name), THING_GROUP_CHILDREN_MAX);
    return OK;
}

/* Ancestors and path, by the parent. */
static status place(const struct registry *r, bytes parent_name, struct thing_group_record *group) {
    struct thing_group_record parent = {0};
    if (parent_name.len > 0) {
        status s = thing_group_load(r, parent_name, &parent);
        if (s == E_NOT_FOUND)
            return FAIL(E_NOT_FOUND, "Parent thing group %.*s not found",
                        BYTES_ARG(bytes_slice(parent_name, 0, 128)));
        TRY(s);
        if (parent.query.len > 0)
            return FAIL(E_INVALID, "Thing group %.*s is dynamic and cannot have child groups",
                        BYTES_ARG(parent_name));
        TRY(check_siblings(r, &parent));
        if (parent.ancestor_count + 2 > THING_GROUP_DEPTH_MAX)
            return FAIL(E_INVALID, "Thing group %.*s would be %zu levels deep: %d are the most",
                        BYTES_ARG(group->name), parent.ancestor_count + 2, THING_GROUP_DEPTH_MAX);
        parent.ancestors[parent.ancestor_count] = parent.name; /* there is room: see above */
        group->ancestors = parent.ancestors;
        group->ancestor_count = parent.ancestor_count + 1;
    }
    group->path = bytes_from(
        arena_printf(r->arena, "%.*s%.*s/", BYTES_ARG(parent.path), BYTES_ARG(group->id)));
    return OK;
}

static status add(const struct registry *r, const struct thing_group_new *new,
                  const struct tags *tags, struct thing_group_record *group) {
    TRY(constraint_check(CONSTRAINT_THING_GROUP_NAME, group->name));
    TRY(check_attributes(group));
    group->id = generation_new(r);
    group->version = 1;
    group->created_ms = clock_wall_ms();
    TRY(place(r, new->parent, group));
    TRY(dynamic_group_keep(r, group, true));
    TRY(save(r, group));
    TRY(mark_save(r, TABLE_THING_GROUPS_BY_PARENT, parent_key(r, group)));
    TRY(store_save(r->txn, TABLE_THING_GROUPS_BY_PATH, key_of(r, group->path), group->name));
    TRY(tags_set(r, resource_of(r, ARN_THING_GROUP, group->name), tags));
    TRY(event_thing_group(r, EVENT_CREATED, group));
    return event_group_hierarchy(r, EVENT_ADDED, group);
}

/* Repeating a creation succeeds; changing by creating does not [AWS control-plane 6.2, 7]. */
static status check_repeated(const struct thing_group_new *new,
                             const struct thing_group_record *wanted,
                             const struct thing_group_record *existing) {
    if (bytes_equal(new->parent, parent_of(existing)) &&
        bytes_equal(wanted->description, existing->description) &&
        bytes_equal(wanted->query, existing->query) &&
        attributes_are_alike(wanted->attributes, wanted->attribute_count, existing->attributes,
                             existing->attribute_count))
        return OK;
    return FAIL(E_EXISTS,
                "Thing Group %.*s already exists in current account with different properties",
                BYTES_ARG(new->name));
}

status thing_group_create(const struct registry *r, const struct thing_group_new *new,
                          const struct tags *tags, struct thing_group_record *out_group) {
    struct thing_group_record wanted = {
        .name = new->name, .description = new->description, .query = new->query};
    struct thing_group_record existing;
    TRY(attributes_lay_over(r->arena, NULL, 0, new->attributes, new->attribute_count,
                            &wanted.attributes, &wanted.attribute_count));
    status s = thing_group_load(r, new->name, &existing);
    if (s == OK) {
        TRY(check_repeated(new, &wanted, &existing));
        wanted = existing;
    } else if (s == E_NOT_FOUND) {
        TRY(add(r, new, tags, &wanted));
    } else {
        return s;
    }
    if (out_group)
        *out_group = wanted;
    return OK;
}

/* ---- changes ---- */

static status check_version(const struct thing_group_record *group, uint64_t expected) {
    if (expected == 0 || expected == group->version)
        return OK;
    return FAIL(E_VERSION_CONFLICT,
                "The version for thing group %.*s does not match the expected version.",
                BYTES_ARG(group->name));
}

static status change_query(const struct registry *r, bytes query,
                           struct thing_group_record *group) {
    if (group->query.len == 0)
        return FAIL(E_INVALID, "Thing group %.*s is static and has no query",
                    BYTES_ARG(group->name));
    group->query = query;
    return dynamic_group_keep(r, group, false);
}

status thing_group_update(const struct registry *r, bytes name,
                          const struct thing_group_changes *changes, uint64_t *out_version) {
    struct thing_group_record group;
    TRY(thing_group_load(r, name, &group));
    TRY(check_version(&group, changes->expected_version));
    if (changes->description)
        group.description = *changes->description;
    if (changes->query)
        TRY(change_query(r, *changes->query, &group));
    size_t kept = changes->replace_attributes ? 0 : group.attribute_count;
    TRY(attributes_lay_over(r->arena, group.attributes, kept, changes->attributes,
                            changes->attribute_count, &group.attributes, &group.attribute_count));
    TRY(check_attributes(&group));
    group.version++;
    TRY(save(r, &group));
    TRY(event_thing_group(r, EVENT_UPDATED, &group));
    *out_version = group.version;
    return OK;
}

/* The things in the group, a batch at a time: there may be very many. */
static status remove_members(const struct registry *r, const struct thing_group_record *group) {
    bytes prefix = thing_group_members_prefix(r, group);
    size_t count;
    do {
        AUTO(arena) batch = {0};
        struct registry of_batch = *r;
        of_batch.arena = &batch;
        struct scan scan = {.prefix = prefix, .limit = STORE_SCAN_ROWS_MAX};
        struct row *rows;
        TRY(store_scan(r->txn, TABLE_THINGS_OF_GROUP, &scan, &batch, &rows, &count));
        for (size_t i = 0; i < count; i++) {
            bytes thing = bytes_skip(rows[i].key, prefix.len);
            TRY(store_remove(r->txn, TABLE_THINGS_OF_GROUP, rows[i].key));
            TRY(store_remove(r->txn, TABLE_GROUPS_OF_THING,
                             key_of_pair(&of_batch, thing, group->name)));
        }
    } while (count > 0);
    return OK;
}

static status check_childless(const struct registry *r, bytes name) {
    struct scan scan = {.prefix = key_of_pair(r, name, (bytes){0}), .limit = 1};
    struct row *rows;
    size_t count;
    TRY(store_scan(r->txn, TABLE_THING_GROUPS_BY_PARENT, &scan, r->arena, &rows, &count));
    if (count > 0) /* with the space before it, as on AWS [AWS control-plane 6.2] */
        return FAIL(E_INVALID,
                    " Cannot delete thing group : %.*s when there are still child groups attached "
                    "to it",
                    BYTES_ARG(name));
    return OK;
}

status thing_group_delete(const struct registry *r, bytes name, uint64_t expected_version) {
    struct thing_group_record group;
    status s = thing_group_load(r, name, &group);
    if (s == E_NOT_FOUND)
        return OK; /* [AWS control-plane 7] */
    TRY(s);
    TRY(check_version(&group, expected_version));
    TRY(check_childless(r, name));
    bytes resource = resource_of(r, ARN_THING_GROUP, name);
    TRY(policy_detach_all(r, resource));
    TRY(remove_members(r, &group));
    TRY(dynamic_group_forget(r, &group));
    TRY(tags_remove_all(r, resource));
    TRY(store_remove(r->txn, TABLE_THING_GROUPS, key_of(r, name)));
    TRY(store_remove(r->txn, TABLE_THING_GROUPS_BY_PARENT, parent_key(r, &group)));
    TRY(store_remove(r->txn, TABLE_THING_GROUPS_BY_PATH, key_of(r, group.path)));
    note(r, CHANGE_ATTACHMENT, resource); /* its things lose the policies of its ancestors, too */
    TRY(event_group_hierarchy(r, EVENT_REMOVED, &group));
    return event_thing_group(r, EVENT_DELETED, &group);
}

/* ---- listings ---- */

/* Everything below the parent, which is the first of the rows itself. */
static status list_below(const struct registry *r, const struct thing_group_record *parent,
                         bytes name_prefix, const struct page *page, struct name_list *out_list) {
    struct name_list l = {0};
    struct cursor c;
    struct row row;
    bool taken = true;
    TRY(cursor_start(r, TABLE_THING_GROUPS_BY_PATH, key_of(r, parent->path), false, page, &c));
    l.items = ARENA_ARRAY(r->arena, bytes, c.limit);
    while (l.count < c.limit) {
        TRY(cursor_next(&c, &row, &taken));
        if (!taken)
            break;
        l.items[l.count] = row.value;
        l.count += row.key.len > c.scan.prefix.len && bytes_start_with(row.value, name_prefix);
    }
    TRY(cursor_token(&c, &l.next));
    *out_list = l;
    return OK;
}

status thing_group_list(const struct registry *r, const struct thing_group_filter *filter,
                        const struct page *page, struct name_list *out_list) {
    struct thing_group_record parent;
    if (filter->parent.len > 0)
        TRY(thing_group_load(r, filter->parent, &parent));
    if (filter->recursive && filter->parent.len > 0)
        return list_below(r, &parent, filter->name_prefix, page, out_list);
    if (filter->recursive)
        return names_list(r, TABLE_THING_GROUPS, key_of(r, filter->name_prefix), r->account.len,
                          page, out_list);
    bytes prefix = key_of_pair(r, filter->parent, filter->name_prefix);
    return names_list(r, TABLE_THING_GROUPS_BY_PARENT, prefix, prefix.len - filter->name_prefix.len,
                      page, out_list);
}
