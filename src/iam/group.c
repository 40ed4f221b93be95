/* Groups of users:
 *
 *     IAM_GROUPS          account, name
 *     IAM_GROUP_MEMBERS   account, group, 0, user
 *     IAM_GROUPS_OF_USER  account, user, 0, group */
#include "base/clock.h"
#include "iam/internal.h"
#include "iam/user.h"

enum { GROUPS_MAX = 300 };

static const struct field fields[] = {
    FIELD(1, struct iam_group, path),
    FIELD(2, struct iam_group, id),
    FIELD(3, struct iam_group, created_ms),
};

bytes iam_group_arn(const struct registry *r, const struct iam_group *group) {
    return iam_arn(r, IAM_KIND_GROUP, group->path, group->name);
}

status iam_group_create(const struct registry *r, const struct iam_group *group,
                        struct iam_group *out_group) {
    struct iam_group new = *group;
    bool exists;
    TRY(iam_has(r, TABLE_IAM_GROUPS, iam_key(r, group->name), &exists));
    if (exists)
        return iam_exists(IAM_KIND_GROUP, group->name);
    TRY(iam_room(r, TABLE_IAM_GROUPS, r->account, GROUPS_MAX, "GroupsPerAccount"));
    new.id = iam_id_new(r, IAM_KIND_GROUP);
    new.created_ms = clock_wall_ms();
    TRY(iam_object_save(r, TABLE_IAM_GROUPS, iam_key(r, new.name), fields, COUNT_OF(fields), &new));
    *out_group = new;
    return OK;
}

status iam_group_load(const struct registry *r, bytes name, struct iam_group *out_group) {
    struct iam_group group = {.name = arena_copy(r->arena, name)};
    status s =
        iam_object_load(r, TABLE_IAM_GROUPS, iam_key(r, name), fields, COUNT_OF(fields), &group);
    if (s == E_NOT_FOUND)
        return iam_not_found(IAM_KIND_GROUP, name);
    TRY(s);
    *out_group = group;
    return OK;
}

status iam_group_delete(const struct registry *r, bytes name) {
    const struct iam_entity entity = {IAM_KIND_GROUP, name};
    struct iam_group group;
    bool members;
    TRY(iam_group_load(r, name, &group));
    TRY(iam_has_any(r, TABLE_IAM_GROUP_MEMBERS, iam_key_pair(r, name, (bytes){0}), &members));
    if (members)
        return FAIL(E_DELETE_CONFLICT, "Cannot delete entity, must remove users from group first.");
    TRY(iam_is_bare(r, &entity));
    return iam_remove(r, TABLE_IAM_GROUPS, iam_key(r, name));
}

static bool has_path(const struct registry *r, const struct row *row, const struct iam_page *page) {
    struct iam_group group = {0};
    UNUSED(r);
    return page->path_prefix.len == 0 ||
           (record_decode(fields, COUNT_OF(fields), row->value, &group) == OK &&
            bytes_start_with(group.path, page->path_prefix));
}

status iam_group_list(const struct registry *r, const struct iam_page *page,
                      struct iam_group_list *out_list) {
    struct iam_rows rows;
    TRY(iam_rows(r, TABLE_IAM_GROUPS, r->account, page, has_path, &rows));
    struct iam_group_list l = {.items = ARENA_ARRAY(r->arena, struct iam_group, rows.count),
                               .count = rows.count,
                               .next = rows.next};
    for (size_t i = 0; i < rows.count; i++) {
        l.items[i].name = bytes_skip(rows.items[i].key, r->account.len);
        TRY(record_decode(fields, COUNT_OF(fields), rows.items[i].value, &l.items[i]));
    }
    *out_list = l;
    return OK;
}

/* ---- who is in it ---- */

static status check_both(const struct registry *r, bytes group, bytes user) {
    TRY(iam_entity_require(r, &(struct iam_entity){IAM_KIND_GROUP, group}));
    return iam_entity_require(r, &(struct iam_entity){IAM_KIND_USER, user});
}

status iam_group_add(const struct registry *r, bytes group, bytes user) {
    bool member;
    TRY(check_both(r, group, user));
    TRY(iam_has(r, TABLE_IAM_GROUP_MEMBERS, iam_key_pair(r, group, user), &member));
    if (member)
        return OK;
    TRY(iam_room(r, TABLE_IAM_GROUPS_OF_USER, iam_key_pair(r, user, (bytes){0}),
                 IAM_USER_GROUPS_MAX, "GroupsPerUser"));
    TRY(iam_save(r, TABLE_IAM_GROUP_MEMBERS, iam_key_pair(r, group, user), (bytes){0}));
    return iam_save(r, TABLE_IAM_GROUPS_OF_USER, iam_key_pair(r, user, group), (bytes){0});
}

status iam_group_remove(const struct registry *r, bytes group, bytes user) {
    bool member;
    TRY(check_both(r, group, user));
    TRY(iam_has(r, TABLE_IAM_GROUP_MEMBERS, iam_key_pair(r, group, user), &member));
    if (!member)
        return FAIL(E_NOT_FOUND, "The user %.*s is not in the group %.*s.", BYTES_ARG(user),
                    BYTES_ARG(group));
    TRY(iam_remove(r, TABLE_IAM_GROUP_MEMBERS, iam_key_pair(r, group, user)));
    return iam_remove(r, TABLE_IAM_GROUPS_OF_USER, iam_key_pair(r, user, group));
}

status iam_groups_move(const struct registry *r, bytes user, bytes new_user) {
    bytes prefix = iam_key_pair(r, user, (bytes){0});
    struct scan scan = {.prefix = prefix, .limit = STORE_SCAN_ROWS_MAX};
    struct row *rows;
    size_t count;
    TRY(store_scan(r->txn, TABLE_IAM_GROUPS_OF_USER, &scan, r->arena, &rows, &count));
    for (size_t i = 0; i < count; i++) {
        bytes group = bytes_skip(rows[i].key, prefix.len);
        TRY(iam_remove(r, TABLE_IAM_GROUP_MEMBERS, iam_key_pair(r, group, user)));
        TRY(iam_save(r, TABLE_IAM_GROUP_MEMBERS, iam_key_pair(r, group, new_user), (bytes){0}));
    }
    return iam_rows_move(r, TABLE_IAM_GROUPS_OF_USER, prefix,
                         iam_key_pair(r, new_user, (bytes){0}));
}

status iam_group_members(const struct registry *r, bytes group, const struct iam_page *page,
                         struct iam_user_list *out_list) {
    bytes prefix = iam_key_pair(r, group, (bytes){0});
    struct iam_rows rows;
    TRY(iam_rows(r, TABLE_IAM_GROUP_MEMBERS, prefix, page, NULL, &rows));
    struct iam_user_list l = {.items = ARENA_ARRAY(r->arena, struct iam_user, rows.count),
                              .count = rows.count,
                              .next = rows.next};
    for (size_t i = 0; i < rows.count; i++)
        TRY(iam_user_load(r, bytes_skip(rows.items[i].key, prefix.len), &l.items[i]));
    *out_list = l;
    return OK;
}

status iam_groups_of(const struct registry *r, bytes user, const struct iam_page *page,
                     struct iam_group_list *out_list) {
    bytes prefix = iam_key_pair(r, user, (bytes){0});
    struct iam_rows rows;
    TRY(iam_entity_require(r, &(struct iam_entity){IAM_KIND_USER, user}));
    TRY(iam_rows(r, TABLE_IAM_GROUPS_OF_USER, prefix, page, NULL, &rows));
    struct iam_group_list l = {.items = ARENA_ARRAY(r->arena, struct iam_group, rows.count),
                               .count = rows.count,
                               .next = rows.next};
    for (size_t i = 0; i < rows.count; i++)
        TRY(iam_group_load(r, bytes_skip(rows.items[i].key, prefix.len), &l.items[i]));
    *out_list = l;
    return OK;
}
