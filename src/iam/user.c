/* Users:
 *
 *     IAM_USERS  account, name */
#include "iam/user.h"

#include "account/account.h"
#include "base/clock.h"
#include "iam/internal.h"

static const struct field fields[] = {
    FIELD(1, struct iam_user, path),
    FIELD(2, struct iam_user, id),
    FIELD(3, struct iam_user, boundary),
    FIELD(4, struct iam_user, created_ms),
};

bytes iam_user_arn(const struct registry *r, const struct iam_user *user) {
    return iam_arn(r, IAM_KIND_USER, user->path, user->name);
}

status iam_user_save(const struct registry *r, const struct iam_user *user) {
    return iam_object_save(r, TABLE_IAM_USERS, iam_key(r, user->name), fields, COUNT_OF(fields),
                           user);
}

static status check_new(const struct registry *r, bytes name) {
    bool exists;
    TRY(iam_has(r, TABLE_IAM_USERS, iam_key(r, name), &exists));
    return exists ? iam_exists(IAM_KIND_USER, name) : OK;
}

status iam_user_create(const struct registry *r, const struct iam_user *user,
                       struct iam_user *out_user) {
    struct iam_user new = *user;
    TRY(check_new(r, user->name));
    TRY(iam_room(r, TABLE_IAM_USERS, r->account, IAM_USERS_MAX, "UsersPerAccount"));
    new.id = iam_id_new(r, IAM_KIND_USER);
    new.created_ms = clock_wall_ms();
    TRY(iam_user_save(r, &new));
    *out_user = new;
    return OK;
}

status iam_user_load(const struct registry *r, bytes name, struct iam_user *out_user) {
    struct iam_user user = {.name = arena_copy(r->arena, name)};
    status s =
        iam_object_load(r, TABLE_IAM_USERS, iam_key(r, name), fields, COUNT_OF(fields), &user);
    if (s == E_NOT_FOUND)
        return iam_not_found(IAM_KIND_USER, name);
    TRY(s);
    *out_user = user;
    return OK;
}

static status check_bare(const struct registry *r, const struct iam_entity *entity) {
    struct access_key *keys;
    size_t count;
    bool member;
    TRY(access_key_list(r->txn, r->account, entity->name, r->arena, &keys, &count));
    if (count > 0)
        return FAIL(E_DELETE_CONFLICT, "Cannot delete entity, must delete access keys first.");
    TRY(iam_has_any(r, TABLE_IAM_GROUPS_OF_USER, iam_key_pair(r, entity->name, (bytes){0}),
                    &member));
    if (member)
        return FAIL(E_DELETE_CONFLICT, "Cannot delete entity, must remove users from group first.");
    return iam_is_bare(r, entity);
}

status iam_user_delete(const struct registry *r, bytes name) {
    const struct iam_entity entity = {IAM_KIND_USER, name};
    struct iam_user user;
    TRY(iam_user_load(r, name, &user));
    TRY(check_bare(r, &entity));
    TRY(iam_tags_forget(r, iam_entity_owner(r, &entity)));
    return iam_remove(r, TABLE_IAM_USERS, iam_key(r, name));
}

/* All that refers to a user by its name, but the record itself. */
static status move_belongings(const struct registry *r, bytes name, bytes new_name) {
    const struct iam_entity old = {IAM_KIND_USER, name}, new = {IAM_KIND_USER, new_name};
    TRY(access_key_move(r->txn, r->account, name, new_name));
    TRY(iam_policies_move(r, &old, &new));
    TRY(iam_groups_move(r, name, new_name));
    return iam_rows_move(r, TABLE_IAM_TAGS, iam_key_pair(r, iam_entity_owner(r, &old), (bytes){0}),
                         iam_key_pair(r, iam_entity_owner(r, &new), (bytes){0}));
}

status iam_user_rename(const struct registry *r, bytes name, bytes new_name) {
    struct iam_user user;
    TRY(iam_user_load(r, name, &user));
    if (bytes_equal(name, new_name))
        return OK;
    TRY(check_new(r, new_name));
    TRY(move_belongings(r, name, new_name));
    TRY(iam_remove(r, TABLE_IAM_USERS, iam_key(r, name)));
    user.name = new_name;
    return iam_user_save(r, &user);
}

static bool has_path(const struct registry *r, const struct row *row, const struct iam_page *page) {
    struct iam_user user = {0};
    UNUSED(r);
    return page->path_prefix.len == 0 ||
           (record_decode(fields, COUNT_OF(fields), row->value, &user) == OK &&
            bytes_start_with(user.path, page->path_prefix));
}

status iam_user_list(const struct registry *r, const struct iam_page *page,
                     struct iam_user_list *out_list) {
    struct iam_rows rows;
    TRY(iam_rows(r, TABLE_IAM_USERS, r->account, page, has_path, &rows));
    struct iam_user_list l = {.items = ARENA_ARRAY(r->arena, struct iam_user, rows.count),
                              .count = rows.count,
                              .next = rows.next};
    for (size_t i = 0; i < rows.count; i++) {
        l.items[i].name = bytes_skip(rows.items[i].key, r->account.len);
        TRY(record_decode(fields, COUNT_OF(fields), rows.items[i].value, &l.items[i]));
    }
    *out_list = l;
    return OK;
}
