/* Custom authorizers:
 *
 *     AUTHORIZERS       account, name
 *     ACCOUNT_SETTINGS  account, "authorizer" → the default one */
#include "registry/authorizer.h"
#include "base/clock.h"
#include "registry/domain_configuration.h"
#include "registry/internal.h"
#include "registry/tags.h"

static const struct field fields[] = {
    FIELD(1, struct authorizer, function_arn),     FIELD(2, struct authorizer, token_key),
    FIELD(3, struct authorizer, signing_keys),     FIELD(4, struct authorizer, inactive),
    FIELD(5, struct authorizer, signing_disabled), FIELD(6, struct authorizer, caches_http),
    FIELD(7, struct authorizer, created_ms),       FIELD(8, struct authorizer, modified_ms),
};

bytes authorizer_arn(const struct registry *r, bytes name) {
    return arn_format(r->arena, r->region, r->account, ARN_AUTHORIZER, name);
}

static status check(const struct authorizer *a) {
    if (a->signing_disabled)
        return OK;
    if (a->token_key.len == 0)
        return FAIL(E_INVALID, "tokenKeyName is required unless signingDisabled is true: it says "
                               "under which name devices send their token");
    if (a->signing_keys.len == 0)
        return FAIL(E_INVALID, "tokenSigningPublicKeys is required unless signingDisabled is true: "
                               "without a key no token can be verified");
    return OK;
}

static status check_room(const struct registry *r) {
    struct scan scan = {.prefix = r->account, .limit = AUTHORIZERS_MAX};
    struct row *rows;
    size_t count;
    TRY(store_scan(r->txn, TABLE_AUTHORIZERS, &scan, r->arena, &rows, &count));
    if (count == AUTHORIZERS_MAX)
        return FAIL(E_LIMIT, "The account has %d authorizers already, which is the most",
                    AUTHORIZERS_MAX);
    return OK;
}

static status save(const struct registry *r, const struct authorizer *a) {
    TRY(check(a));
    note(r, CHANGE_DOMAIN, (bytes){0});
    return object_save(r, TABLE_AUTHORIZERS, key_of(r, a->name), fields, COUNT_OF(fields), a);
}

status authorizer_create(const struct registry *r, const struct authorizer *authorizer) {
    struct authorizer new = *authorizer;
    bool exists;
    TRY(object_has(r, TABLE_AUTHORIZERS, key_of(r, new.name), &exists));
    if (exists)
        return FAIL(E_EXISTS, "Authorizer %.*s already exists", BYTES_ARG(new.name));
    TRY(check_room(r));
    new.created_ms = new.modified_ms = clock_wall_ms();
    return save(r, &new);
}

status authorizer_load(const struct registry *r, bytes name, struct authorizer *out_authorizer) {
    struct authorizer a = {.name = arena_copy(r->arena, name)};
    status s = object_load(r, TABLE_AUTHORIZERS, key_of(r, name), fields, COUNT_OF(fields), &a);
    if (s == E_NOT_FOUND)
        return FAIL(E_NOT_FOUND, "Authorizer %.*s not found", BYTES_ARG(bytes_slice(name, 0, 128)));
    TRY(s);
    *out_authorizer = a;
    return OK;
}

status authorizer_save(const struct registry *r, const struct authorizer *authorizer) {
    struct authorizer new = *authorizer;
    bool exists;
    TRY(object_has(r, TABLE_AUTHORIZERS, key_of(r, new.name), &exists));
    if (!exists)
        return FAIL(E_NOT_FOUND, "Authorizer %.*s not found",
                    BYTES_ARG(bytes_slice(new.name, 0, 128)));
    new.modified_ms = clock_wall_ms();
    return save(r, &new);
}

/* ---- the default one ---- */

static bytes default_key(const struct registry *r) {
    return key_of(r, BYTES("authorizer"));
}

status authorizer_default(const struct registry *r, bytes *out_name) {
    status s = store_load(r->txn, TABLE_ACCOUNT_SETTINGS, default_key(r), r->arena, out_name);
    if (s == E_NOT_FOUND)
        return FAIL(E_NOT_FOUND, "The account has no default authorizer");
    return s;
}

status authorizer_set_default(const struct registry *r, bytes name) {
    struct authorizer a;
    bytes present;
    TRY(authorizer_load(r, name, &a));
    status s = authorizer_default(r, &present);
    if (s == OK && bytes_equal(present, name))
        return FAIL(E_EXISTS, "%.*s is the default authorizer already", BYTES_ARG(name));
    if (s != E_NOT_FOUND)
        TRY(s);
    note(r, CHANGE_DOMAIN, (bytes){0});
    return store_save(r->txn, TABLE_ACCOUNT_SETTINGS, default_key(r), name);
}

status authorizer_clear_default(const struct registry *r) {
    bytes present;
    TRY(authorizer_default(r, &present));
    note(r, CHANGE_DOMAIN, (bytes){0});
    return store_remove(r->txn, TABLE_ACCOUNT_SETTINGS, default_key(r));
}

/* ---- deleting, listing ---- */

static status check_unused(const struct registry *r, const struct authorizer *a) {
    struct page page = {.limit = PAGE_LIMIT_MAX};
    struct domain_configuration_list domains;
    bytes chosen;
    status s = authorizer_default(r, &chosen);
    if (s != OK && s != E_NOT_FOUND)
        return s;
    if (s == OK && bytes_equal(chosen, a->name))
        return FAIL(E_DELETE_CONFLICT,
                    "%.*s is the account's default authorizer: clear or set another default first",
                    BYTES_ARG(a->name));
    if (!a->inactive)
        return FAIL(E_DELETE_CONFLICT, "%.*s is ACTIVE: set its status to INACTIVE first",
                    BYTES_ARG(a->name));
    TRY(domain_configuration_list(r, DOMAIN_SERVICE_COUNT, &page, &domains));
    for (size_t i = 0; i < domains.count; i++)
        if (bytes_equal(domains.items[i].default_authorizer, a->name))
            return FAIL(E_DELETE_CONFLICT,
                        "The domain configuration %.*s names the authorizer %.*s",
                        BYTES_ARG(domains.items[i].name), BYTES_ARG(a->name));
    return OK;
}

status authorizer_delete(const struct registry *r, bytes name) {
    struct authorizer a;
    TRY(authorizer_load(r, name, &a));
    TRY(check_unused(r, &a));
    TRY(tags_remove_all(r, resource_of(r, ARN_AUTHORIZER, name)));
    note(r, CHANGE_DOMAIN, (bytes){0});
    return store_remove(r->txn, TABLE_AUTHORIZERS, key_of(r, name));
}

status authorizer_list(const struct registry *r, bool active, bool inactive,
                       const struct page *page, struct authorizer_list *out_list) {
    struct authorizer_list l = {0};
    struct cursor c;
    struct row row;
    bool taken = true;
    TRY(cursor_start(r, TABLE_AUTHORIZERS, r->account, !page->ascending, page, &c));
    l.names = ARENA_ARRAY(r->arena, bytes, c.limit);
    while (l.count < c.limit) {
        struct authorizer a = {0};
        TRY(cursor_next(&c, &row, &taken));
        if (!taken)
            break;
        TRY(record_decode(fields, COUNT_OF(fields), row.value, &a));
        if (a.inactive ? inactive : active)
            l.names[l.count++] = bytes_skip(row.key, r->account.len);
    }
    TRY(cursor_token(&c, &l.next));
    *out_list = l;
    return OK;
}
