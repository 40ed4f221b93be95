/* Aliases of functions:
 *
 *     FUNCTION_ALIASES  account, function, 0, name */
#include "registry/function.h"
#include "registry/internal.h"

static const struct field fields[] = {
    FIELD(1, struct function_alias, version),       FIELD(2, struct function_alias, description),
    FIELD(3, struct function_alias, other_version), FIELD(4, struct function_alias, other_percent),
    FIELD(5, struct function_alias, revision_id),
};

bytes function_alias_arn(const struct registry *r, const struct function_alias *alias) {
    return function_arn(r, alias->function, alias->name);
}

static status save(const struct registry *r, struct function_alias *alias) {
    alias->revision_id = generation_new(r);
    return object_save(r, TABLE_FUNCTION_ALIASES, key_of_pair(r, alias->function, alias->name),
                       fields, COUNT_OF(fields), alias);
}

/* Aliases lead to versions, never to aliases. */
static status check_version(const struct registry *r, bytes function, bytes version) {
    struct function_record f;
    uint64_t number;
    if (bytes_equal(version, BYTES(FUNCTION_LATEST)))
        return function_load(r, function, &f);
    if (bytes_to_u64(version, INT64_MAX, &number) != OK)
        return FAIL(E_INVALID, "An alias leads to a version of the function, not to %.*s",
                    BYTES_ARG(bytes_slice(version, 0, 128)));
    return function_version_load(r, function, number, &f);
}

static status check(const struct registry *r, const struct function_alias *alias) {
    TRY(check_version(r, alias->function, alias->version));
    if (alias->other_version.len == 0)
        return OK;
    TRY(check_version(r, alias->function, alias->other_version));
    if (bytes_equal(alias->other_version, BYTES(FUNCTION_LATEST)) ||
        bytes_equal(alias->version, BYTES(FUNCTION_LATEST)))
        return FAIL(E_INVALID, "$LATEST is not supported for an alias pointing to more than 1 "
                               "version");
    if (alias->other_percent < 0 || alias->other_percent > 10000)
        return FAIL(E_INVALID, "A weight is a number from 0.0 to 1.0");
    return OK;
}

status function_alias_create(const struct registry *r, struct function_alias *alias) {
    struct function_record f;
    bool exists;
    TRY(function_load(r, alias->function, &f));
    TRY(object_has(r, TABLE_FUNCTION_ALIASES, key_of_pair(r, alias->function, alias->name),
                   &exists));
    if (exists)
        return FAIL(E_EXISTS, "Alias already exists: %.*s",
                    BYTES_ARG(function_alias_arn(r, alias)));
    TRY(check(r, alias));
    return save(r, alias);
}

status function_alias_load(const struct registry *r, bytes function, bytes name,
                           struct function_alias *out_alias) {
    struct function_alias alias = {.function = arena_copy(r->arena, function),
                                   .name = arena_copy(r->arena, name)};
    status s = object_load(r, TABLE_FUNCTION_ALIASES, key_of_pair(r, function, name), fields,
                           COUNT_OF(fields), &alias);
    if (s == E_NOT_FOUND)
        return FAIL(
            E_NOT_FOUND, "Cannot find alias arn: %.*s",
            BYTES_ARG(function_arn(r, bytes_slice(function, 0, 200), bytes_slice(name, 0, 200))));
    TRY(s);
    *out_alias = alias;
    return OK;
}

status function_alias_save(const struct registry *r, struct function_alias *alias) {
    TRY(check(r, alias));
    return save(r, alias);
}

status function_alias_delete(const struct registry *r, bytes function, bytes name) {
    TRY(store_remove(r->txn, TABLE_FUNCTION_POLICIES, key_of_pair(r, function, name)));
    TRY(store_remove(r->txn, TABLE_FUNCTION_EVENT_CONFIGS, key_of_pair(r, function, name)));
    return store_remove(r->txn, TABLE_FUNCTION_ALIASES, key_of_pair(r, function, name));
}

static bool leads_to(const struct function_alias *alias, bytes version) {
    return version.len == 0 || bytes_equal(alias->version, version) ||
           bytes_equal(alias->other_version, version);
}

status function_alias_list(const struct registry *r, bytes function, bytes version,
                           const struct page *page, struct function_alias_list *out_list) {
    struct function_alias_list l = {0};
    bytes prefix = key_of_pair(r, function, (bytes){0});
    struct cursor c;
    struct row row;
    bool taken = true;
    TRY(cursor_start(r, TABLE_FUNCTION_ALIASES, prefix, false, page, &c));
    l.items = ARENA_ARRAY(r->arena, struct function_alias, c.limit);
    while (l.count < c.limit) {
        struct function_alias *alias = &l.items[l.count];
        TRY(cursor_next(&c, &row, &taken));
        if (!taken)
            break;
        *alias =
            (struct function_alias){.function = function, .name = bytes_skip(row.key, prefix.len)};
        TRY(record_decode(fields, COUNT_OF(fields), row.value, alias));
        l.count += leads_to(alias, version);
    }
    TRY(cursor_token(&c, &l.next));
    *out_list = l;
    return OK;
}
