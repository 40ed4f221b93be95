/* Certificate providers:
 *
 *     CERTIFICATE_PROVIDERS  account, name */
#include "registry/certificate_provider.h"
#include "base/clock.h"
#include "registry/internal.h"

static const struct field fields[] = {
    FIELD(1, struct certificate_provider, function_arn),
    FIELD(2, struct certificate_provider, client_token),
    FIELD(3, struct certificate_provider, created_ms),
    FIELD(4, struct certificate_provider, modified_ms),
};

bytes certificate_provider_arn(const struct registry *r, bytes name) {
    return arn_format(r->arena, r->region, r->account, ARN_CERTIFICATE_PROVIDER, name);
}

static status save(const struct registry *r, const struct certificate_provider *p) {
    return object_save(r, TABLE_CERTIFICATE_PROVIDERS, key_of(r, p->name), fields, COUNT_OF(fields),
                       p);
}

status certificate_provider_load(const struct registry *r, bytes name,
                                 struct certificate_provider *out_provider) {
    struct certificate_provider p = {.name = arena_copy(r->arena, name)};
    status s =
        object_load(r, TABLE_CERTIFICATE_PROVIDERS, key_of(r, name), fields, COUNT_OF(fields), &p);
    if (s == E_NOT_FOUND)
        return FAIL(E_NOT_FOUND, "Certificate provider not found: %.*s",
                    BYTES_ARG(bytes_slice(name, 0, 128)));
    TRY(s);
    *out_provider = p;
    return OK;
}

status certificate_provider_find(const struct registry *r, bool *out_found,
                                 struct certificate_provider *out_provider) {
    struct scan scan = {.prefix = r->account, .limit = 1};
    struct row *rows;
    size_t count;
    TRY(store_scan(r->txn, TABLE_CERTIFICATE_PROVIDERS, &scan, r->arena, &rows, &count));
    *out_found = count > 0;
    if (count == 0)
        return OK;
    return certificate_provider_load(r, bytes_skip(rows[0].key, r->account.len), out_provider);
}

/* *out_again: this very request was answered before. */
static status check_new(const struct registry *r, const struct certificate_provider *p,
                        bool *out_again) {
    struct certificate_provider present;
    bool found;
    TRY(certificate_provider_find(r, &found, &present));
    *out_again = found && p->client_token.len > 0 && bytes_equal(present.name, p->name) &&
                 bytes_equal(present.client_token, p->client_token);
    if (!found || *out_again)
        return function_arn_check(p->function_arn);
    if (bytes_equal(present.name, p->name))
        return FAIL(E_EXISTS, "Certificate provider with name %.*s already exists",
                    BYTES_ARG(p->name));
    return FAIL(E_LIMIT,
                "The account has the certificate provider %.*s already, and may have one: update "
                "or delete that",
                BYTES_ARG(present.name));
}

status certificate_provider_create(const struct registry *r,
                                   const struct certificate_provider *provider,
                                   const struct tags *tags) {
    struct certificate_provider new = *provider;
    bool again;
    TRY(check_new(r, provider, &again));
    if (again)
        return OK;
    new.created_ms = new.modified_ms = clock_wall_ms();
    TRY(save(r, &new));
    return tags_set(r, resource_of(r, ARN_CERTIFICATE_PROVIDER, new.name), tags);
}

status certificate_provider_update(const struct registry *r, bytes name, bytes function_arn) {
    struct certificate_provider p;
    TRY(certificate_provider_load(r, name, &p));
    if (function_arn.len > 0) {
        TRY(function_arn_check(function_arn));
        p.function_arn = function_arn;
    }
    p.modified_ms = clock_wall_ms();
    return save(r, &p);
}

status certificate_provider_delete(const struct registry *r, bytes name) {
    struct certificate_provider p;
    TRY(certificate_provider_load(r, name, &p));
    TRY(tags_remove_all(r, resource_of(r, ARN_CERTIFICATE_PROVIDER, name)));
    return store_remove(r->txn, TABLE_CERTIFICATE_PROVIDERS, key_of(r, name));
}
