/* Roles:
 *
 *     IAM_ROLES  account, name */
#include "iam/role.h"

#include "base/clock.h"
#include "iam/grammar.h"
#include "iam/internal.h"

enum { SESSION_S_MIN = 3600, SESSION_S_MAX = 43200 };

static const struct field fields[] = {
    FIELD(1, struct iam_role, path),       FIELD(2, struct iam_role, id),
    FIELD(3, struct iam_role, trust),      FIELD(4, struct iam_role, description),
    FIELD(5, struct iam_role, boundary),   FIELD(6, struct iam_role, max_session_s),
    FIELD(7, struct iam_role, created_ms),
};

bytes iam_role_arn(const struct registry *r, const struct iam_role *role) {
    return iam_arn(r, IAM_KIND_ROLE, role->path, role->name);
}

static status check(const struct registry *r, const struct iam_role *role) {
    if (iam_grammar_length(role->trust) > IAM_TRUST_MAX)
        return FAIL(E_LIMIT, "Cannot exceed quota for ACLSizePerRole: %d", IAM_TRUST_MAX);
    if (role->max_session_s < SESSION_S_MIN || role->max_session_s > SESSION_S_MAX)
        return FAIL(E_INVALID, "MaxSessionDuration is %d to %d seconds", SESSION_S_MIN,
                    SESSION_S_MAX);
    return iam_grammar_check(r->arena, IAM_GRAMMAR_TRUST, role->trust);
}

status iam_role_save(const struct registry *r, const struct iam_role *role) {
    TRY(check(r, role));
    return iam_object_save(r, TABLE_IAM_ROLES, iam_key(r, role->name), fields, COUNT_OF(fields),
                           role);
}

status iam_role_create(const struct registry *r, const struct iam_role *role,
                       struct iam_role *out_role) {
    struct iam_role new = *role;
    bool exists;
    TRY(iam_has(r, TABLE_IAM_ROLES, iam_key(r, role->name), &exists));
    if (exists)
        return iam_exists(IAM_KIND_ROLE, role->name);
    TRY(iam_room(r, TABLE_IAM_ROLES, r->account, IAM_ROLES_MAX, "RolesPerAccount"));
    new.id = iam_id_new(r, IAM_KIND_ROLE);
    new.created_ms = clock_wall_ms();
    TRY(iam_role_save(r, &new));
    *out_role = new;
    return OK;
}

status iam_role_load(const struct registry *r, bytes name, struct iam_role *out_role) {
    struct iam_role role = {.name = arena_copy(r->arena, name)};
    status s =
        iam_object_load(r, TABLE_IAM_ROLES, iam_key(r, name), fields, COUNT_OF(fields), &role);
    if (s == E_NOT_FOUND)
        return iam_not_found(IAM_KIND_ROLE, name);
    TRY(s);
    *out_role = role;
    return OK;
}

status iam_role_load_arn(const struct registry *r, bytes arn, struct iam_role *out_role) {
    struct iam_arn_parts parts;
    struct iam_role role;
    TRY(iam_arn_parse(arn, &parts));
    if (parts.kind != IAM_KIND_ROLE)
        return FAIL(E_INVALID, "%.*s is not the ARN of a role",
                    BYTES_ARG(bytes_slice(arn, 0, 200)));
    if (!bytes_equal(parts.account, r->account))
        return iam_not_found(IAM_KIND_ROLE, parts.name);
    TRY(iam_role_load(r, parts.name, &role));
    if (!bytes_equal(role.path, parts.path))
        return iam_not_found(IAM_KIND_ROLE, parts.name);
    *out_role = role;
    return OK;
}

status iam_role_delete(const struct registry *r, bytes name) {
    const struct iam_entity entity = {IAM_KIND_ROLE, name};
    struct iam_role role;
    TRY(iam_role_load(r, name, &role));
    TRY(iam_is_bare(r, &entity));
    TRY(iam_tags_forget(r, iam_entity_owner(r, &entity)));
    return iam_remove(r, TABLE_IAM_ROLES, iam_key(r, name));
}

static bool has_path(const struct registry *r, const struct row *row, const struct iam_page *page) {
    struct iam_role role = {0};
    UNUSED(r);
    return page->path_prefix.len == 0 ||
           (record_decode(fields, COUNT_OF(fields), row->value, &role) == OK &&
            bytes_start_with(role.path, page->path_prefix));
}

status iam_role_list(const struct registry *r, const struct iam_page *page,
                     struct iam_role_list *out_list) {
    struct iam_rows rows;
    TRY(iam_rows(r, TABLE_IAM_ROLES, r->account, page, has_path, &rows));
    struct iam_role_list l = {.items = ARENA_ARRAY(r->arena, struct iam_role, rows.count),
                              .count = rows.count,
                              .next = rows.next};
    for (size_t i = 0; i < rows.count; i++) {
        l.items[i].name = bytes_skip(rows.items[i].key, r->account.len);
        TRY(record_decode(fields, COUNT_OF(fields), rows.items[i].value, &l.items[i]));
    }
    *out_list = l;
    return OK;
}
