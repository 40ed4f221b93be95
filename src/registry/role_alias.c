/* Role aliases:
 *
 *     ROLE_ALIASES  account, name */
#include "registry/role_alias.h"
#include "base/clock.h"
#include "registry/internal.h"
#include "registry/tags.h"

static const struct field fields[] = {
    FIELD(1, struct role_alias, role_arn),
    FIELD(2, struct role_alias, duration_s),
    FIELD(3, struct role_alias, created_ms),
    FIELD(4, struct role_alias, modified_ms),
};

bytes role_alias_arn(const struct registry *r, bytes name) {
    return arn_format(r->arena, r->region, r->account, ARN_ROLE_ALIAS, name);
}

static status save(const struct registry *r, const struct role_alias *alias) {
    return object_save(r, TABLE_ROLE_ALIASES, key_of(r, alias->name), fields, COUNT_OF(fields),
                       alias);
}

static status check_room(const struct registry *r) {
    struct scan scan = {.prefix = r->account, .limit = ROLE_ALIASES_MAX};
    struct row *rows;
    size_t count;
    TRY(store_scan(r->txn, TABLE_ROLE_ALIASES, &scan, r->arena, &rows, &count));
    if (count == ROLE_ALIASES_MAX)
        return FAIL(E_LIMIT, "The account has %d role aliases already, which is the most",
                    ROLE_ALIASES_MAX);
    return OK;
}

status role_alias_create(const struct registry *r, const struct role_alias *alias) {
    struct role_alias new = *alias;
    bool exists;
    TRY(object_has(r, TABLE_ROLE_ALIASES, key_of(r, alias->name), &exists));
    if (exists) /* [AWS control-plane 6.2] */
        return FAIL(E_EXISTS, "RoleAlias cannot be created - already exists (name=%.*s)",
                    BYTES_ARG(alias->name));
    TRY(role_arn_check(alias->role_arn));
    TRY(check_room(r));
    new.created_ms = new.modified_ms = clock_wall_ms();
    return save(r, &new);
}

status role_alias_load(const struct registry *r, bytes name, struct role_alias *out_alias) {
    struct role_alias alias = {.name = arena_copy(r->arena, name)};
    status s =
        object_load(r, TABLE_ROLE_ALIASES, key_of(r, name), fields, COUNT_OF(fields), &alias);
    if (s == E_NOT_FOUND) /* [AWS control-plane 6.2] */
        return FAIL(E_NOT_FOUND, "RoleAlias not found (name= %.*s)",
                    BYTES_ARG(bytes_slice(name, 0, 128)));
    TRY(s);
    *out_alias = alias;
    return OK;
}

status role_alias_update(const struct registry *r, bytes name, bytes role_arn, int64_t duration_s) {
    struct role_alias alias;
    TRY(role_alias_load(r, name, &alias));
    if (role_arn.len > 0) {
        TRY(role_arn_check(role_arn));
        alias.role_arn = role_arn;
    }
    if (duration_s > 0)
        alias.duration_s = duration_s;
    alias.modified_ms = clock_wall_ms();
    return save(r, &alias);
}

status role_alias_delete(const struct registry *r, bytes name) {
    struct role_alias alias;
    TRY(role_alias_load(r, name, &alias));
    TRY(tags_remove_all(r, resource_of(r, ARN_ROLE_ALIAS, name)));
    return store_remove(r->txn, TABLE_ROLE_ALIASES, key_of(r, name));
}

status role_alias_list(const struct registry *r, const struct page *page,
                       struct role_alias_list *out_list) {
    struct role_alias_list l = {0};
    struct cursor c;
    struct row row;
    bool taken = true;
    TRY(cursor_start(r, TABLE_ROLE_ALIASES, r->account, !page->ascending, page, &c));
    l.names = ARENA_ARRAY(r->arena, bytes, c.limit);
    while (l.count < c.limit) {
        TRY(cursor_next(&c, &row, &taken));
        if (!taken)
            break;
        l.names[l.count++] = bytes_skip(row.key, r->account.len);
    }
    TRY(cursor_token(&c, &l.next));
    *out_list = l;
    return OK;
}
