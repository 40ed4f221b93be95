/* Imported server certificates:
 *
 *     SERVER_CERTIFICATES      account, id
 *     SERVER_CERTIFICATE_KEYS  account, id → private key: apart, so that only who shows it reads it
 */
#include "registry/server_certificate.h"
#include "base/clock.h"
#include "registry/domain_configuration.h"
#include "registry/internal.h"

enum { UUID_LEN = 36 };

static const struct field fields[] = {
    FIELD(1, struct server_certificate, certificate),
    FIELD(2, struct server_certificate, chain),
    FIELD(3, struct server_certificate, created_ms),
    FIELD(4, struct server_certificate, imported_ms),
};

bytes server_certificate_arn(const struct registry *r, bytes id) {
    return bytes_from(arena_printf(r->arena, "arn:aws:acm:%.*s:%.*s:certificate/%.*s",
                                   BYTES_ARG(r->region), BYTES_ARG(r->account), BYTES_ARG(id)));
}

status server_certificate_arn_parse(const struct registry *r, bytes arn, bytes *out_id) {
    bytes prefix = server_certificate_arn(r, (bytes){0});
    if (!bytes_start_with(arn, prefix) || arn.len != prefix.len + UUID_LEN)
        return FAIL(E_INVALID,
                    "%.*s is not the ARN of a certificate of this account: aws acm "
                    "import-certificate gives one, %.*s and a UUID",
                    BYTES_ARG(bytes_slice(arn, 0, 200)), BYTES_ARG(prefix));
    *out_id = bytes_skip(arn, prefix.len);
    return OK;
}

static status check_room(const struct registry *r) {
    struct scan scan = {.prefix = r->account, .limit = SERVER_CERTIFICATES_MAX};
    struct row *rows;
    size_t count;
    TRY(store_scan(r->txn, TABLE_SERVER_CERTIFICATES, &scan, r->arena, &rows, &count));
    if (count == SERVER_CERTIFICATES_MAX)
        return FAIL(E_LIMIT, "The account has %d imported certificates already, which is the most",
                    SERVER_CERTIFICATES_MAX);
    return OK;
}

status server_certificate_save(const struct registry *r, const struct server_certificate *c,
                               bytes private_key) {
    bool exists;
    TRY(object_has(r, TABLE_SERVER_CERTIFICATES, key_of(r, c->id), &exists));
    if (!exists)
        TRY(check_room(r));
    note(r, CHANGE_DOMAIN, (bytes){0});
    TRY(store_save(r->txn, TABLE_SERVER_CERTIFICATE_KEYS, key_of(r, c->id), private_key));
    return object_save(r, TABLE_SERVER_CERTIFICATES, key_of(r, c->id), fields, COUNT_OF(fields), c);
}

status server_certificate_load(const struct registry *r, bytes id,
                               struct server_certificate *out_certificate) {
    struct server_certificate c = {.id = arena_copy(r->arena, id)};
    status s =
        object_load(r, TABLE_SERVER_CERTIFICATES, key_of(r, id), fields, COUNT_OF(fields), &c);
    if (s == E_NOT_FOUND)
        return FAIL(E_NOT_FOUND, "Could not find certificate %.*s.",
                    BYTES_ARG(server_certificate_arn(r, bytes_slice(id, 0, UUID_LEN))));
    TRY(s);
    *out_certificate = c;
    return OK;
}

status server_certificate_key_load(const struct registry *r, bytes id, bytes *out_key) {
    return store_load(r->txn, TABLE_SERVER_CERTIFICATE_KEYS, key_of(r, id), r->arena, out_key);
}

status server_certificate_delete(const struct registry *r, bytes id) {
    struct server_certificate c;
    bytes user;
    TRY(server_certificate_load(r, id, &c));
    TRY(domain_configuration_using(r, server_certificate_arn(r, id), &user));
    if (user.len > 0)
        return FAIL(E_DELETE_CONFLICT,
                    "Certificate %.*s in account %.*s is in use: the domain configuration %.*s "
                    "shows it",
                    BYTES_ARG(server_certificate_arn(r, id)), BYTES_ARG(r->account),
                    BYTES_ARG(user));
    note(r, CHANGE_DOMAIN, (bytes){0});
    TRY(store_remove(r->txn, TABLE_SERVER_CERTIFICATE_KEYS, key_of(r, id)));
    return store_remove(r->txn, TABLE_SERVER_CERTIFICATES, key_of(r, id));
}

status server_certificate_list(const struct registry *r, const struct page *page,
                               struct server_certificate_list *out_list) {
    struct server_certificate_list l = {0};
    struct cursor c;
    struct row row;
    bool taken = true;
    TRY(cursor_start(r, TABLE_SERVER_CERTIFICATES, r->account, false, page, &c));
    l.items = ARENA_ARRAY(r->arena, struct server_certificate, c.limit);
    while (l.count < c.limit) {
        TRY(cursor_next(&c, &row, &taken));
        if (!taken)
            break;
        l.items[l.count].id = bytes_skip(row.key, r->account.len);
        TRY(record_decode(fields, COUNT_OF(fields), row.value, &l.items[l.count++]));
    }
    TRY(cursor_token(&c, &l.next));
    *out_list = l;
    return OK;
}
