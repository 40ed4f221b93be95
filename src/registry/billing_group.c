/* Billing groups:
 *
 *     BILLING_GROUPS           account, name
 *     THINGS_OF_BILLING_GROUP  account, group, 0, thing   the thing names its group, too */
#include "registry/billing_group.h"
#include "base/clock.h"
#include "registry/internal.h"

static const struct field fields[] = {
    FIELD(1, struct billing_group_record, id),
    FIELD(2, struct billing_group_record, description),
    FIELD(3, struct billing_group_record, version),
    FIELD(4, struct billing_group_record, created_ms),
};

bytes billing_group_arn(const struct registry *r, bytes name) {
    return arn_format(r->arena, r->region, r->account, ARN_BILLING_GROUP, name);
}

static status save(const struct registry *r, const struct billing_group_record *group) {
    return object_save(r, TABLE_BILLING_GROUPS, key_of(r, group->name), fields, COUNT_OF(fields),
                       group);
}

status billing_group_load(const struct registry *r, bytes name,
                          struct billing_group_record *out_group) {
    struct billing_group_record group = {.name = arena_copy(r->arena, name)};
    TRY(object_load(r, TABLE_BILLING_GROUPS, key_of(r, name), fields, COUNT_OF(fields), &group));
    *out_group = group;
    return OK;
}

/* Repeating a creation succeeds; changing by creating does not [AWS control-plane 7]. */
static status check_repeated(const struct registry *r, const struct billing_group_record *wanted,
                             const struct billing_group_record *existing) {
    if (bytes_equal(wanted->description, existing->description))
        return OK;
    return FAIL(E_EXISTS,
                "Billing group %.*s already exists in account %.*s with different properties",
                BYTES_ARG(wanted->name), BYTES_ARG(r->account));
}

static status add(const struct registry *r, struct billing_group_record *group,
                  const struct tags *tags) {
    TRY(constraint_check(CONSTRAINT_BILLING_GROUP_NAME, group->name));
    group->id = generation_new(r);
    group->version = 1;
    group->created_ms = clock_wall_ms();
    TRY(save(r, group));
    return tags_set(r, resource_of(r, ARN_BILLING_GROUP, group->name), tags);
}

status billing_group_create(const struct registry *r, const struct billing_group_record *group,
                            const struct tags *tags, struct billing_group_record *out_group) {
    struct billing_group_record wanted = *group, existing;
    status s = billing_group_load(r, group->name, &existing);
    if (s == OK) {
        TRY(check_repeated(r, &wanted, &existing));
        wanted = existing;
    } else if (s == E_NOT_FOUND) {
        TRY(add(r, &wanted, tags));
    } else {
        return s;
    }
    if (out_group)
        *out_group = wanted;
    return OK;
}

static status check_version(const struct billing_group_record *group, uint64_t expected) {
    if (expected == 0 || expected == group->version)
        return OK;
    return FAIL(E_VERSION_CONFLICT,
                "The version for billing group %.*s does not match the expected version.",
                BYTES_ARG(group->name));
}

status billing_group_update(const struct registry *r, bytes name, bytes description,
                            uint64_t expected_version, uint64_t *out_version) {
    struct billing_group_record group;
    TRY(billing_group_load(r, name, &group));
    TRY(check_version(&group, expected_version));
    group.description = description;
    group.version++;
    TRY(save(r, &group));
    *out_version = group.version;
    return OK;
}

status billing_group_delete(const struct registry *r, bytes name, uint64_t expected_version) {
    struct scan scan = {.prefix = key_of_pair(r, name, (bytes){0}), .limit = 1};
    struct billing_group_record group;
    struct row *rows;
    size_t count;
    status s = billing_group_load(r, name, &group);
    if (s == E_NOT_FOUND)
        return OK; /* [AWS control-plane 7] */
    TRY(s);
    TRY(check_version(&group, expected_version));
    TRY(store_scan(r->txn, TABLE_THINGS_OF_BILLING_GROUP, &scan, r->arena, &rows, &count));
    if (count > 0)
        return FAIL(E_INVALID,
                    "Cannot delete billing group %.*s: thing %.*s is still in it. Remove its "
                    "things first",
                    BYTES_ARG(name), BYTES_ARG(bytes_skip(rows[0].key, scan.prefix.len)));
    TRY(tags_remove_all(r, resource_of(r, ARN_BILLING_GROUP, name)));
    return store_remove(r->txn, TABLE_BILLING_GROUPS, key_of(r, name));
}

status billing_group_list(const struct registry *r, bytes prefix, const struct page *page,
                          struct name_list *out_list) {
    return names_list(r, TABLE_BILLING_GROUPS, key_of(r, prefix), r->account.len, page, out_list);
}

status billing_group_join(const struct registry *r, bytes group, bytes thing) {
    bool exists;
    TRY(object_has(r, TABLE_BILLING_GROUPS, key_of(r, group), &exists));
    if (!exists)
        return FAIL(E_NOT_FOUND, "Billing group %.*s not found",
                    BYTES_ARG(bytes_slice(group, 0, 128)));
    return mark_save(r, TABLE_THINGS_OF_BILLING_GROUP, key_of_pair(r, group, thing));
}

status billing_group_leave(const struct registry *r, bytes group, bytes thing) {
    return store_remove(r->txn, TABLE_THINGS_OF_BILLING_GROUP, key_of_pair(r, group, thing));
}

status billing_group_add_thing(const struct registry *r, bytes group, bytes thing) {
    struct thing_record t;
    TRY(thing_load(r, thing, &t));
    TRY(billing_group_join(r, group, thing));
    if (t.billing_group_name.len > 0 && !bytes_equal(t.billing_group_name, group))
        return FAIL(E_INVALID,
                    "Thing %.*s is in billing group %.*s, and a thing can be in one only: remove "
                    "it from there first",
                    BYTES_ARG(thing), BYTES_ARG(t.billing_group_name));
    return thing_set_billing_group(r, thing, group);
}

status billing_group_remove_thing(const struct registry *r, bytes group, bytes thing) {
    struct billing_group_record g;
    struct thing_record t;
    TRY(billing_group_load(r, group, &g));
    TRY(thing_load(r, thing, &t));
    if (!bytes_equal(t.billing_group_name, group))
        return OK;
    TRY(billing_group_leave(r, group, thing));
    return thing_set_billing_group(r, thing, (bytes){0});
}

status billing_group_list_things(const struct registry *r, bytes group, const struct page *page,
                                 struct name_list *out_list) {
    struct billing_group_record g;
    bytes prefix = key_of_pair(r, group, (bytes){0});
    TRY(billing_group_load(r, group, &g));
    return names_list(r, TABLE_THINGS_OF_BILLING_GROUP, prefix, prefix.len, page, out_list);
}
