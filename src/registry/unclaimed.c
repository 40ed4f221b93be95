/* Unclaimed certificates:
 *
 *     OWNERSHIP_TOKENS  account, expiry (8 bytes), digest of the token */
#include "registry/unclaimed.h"
#include "registry/certificate.h"
#include "registry/internal.h"

static const struct field fields[] = {FIELD(1, struct unclaimed, certificate_id)};

static bytes key_for(const struct registry *r, int64_t expires_ms, bytes digest) {
    return key_with_time(r, (bytes){0}, expires_ms, digest);
}

status unclaimed_save(const struct registry *r, const struct unclaimed *u) {
    return object_save(r, TABLE_OWNERSHIP_TOKENS, key_for(r, u->expires_ms, u->digest), fields,
                       COUNT_OF(fields), u);
}

status unclaimed_load(const struct registry *r, int64_t expires_ms, bytes digest,
                      struct unclaimed *out_unclaimed) {
    struct unclaimed u = {.expires_ms = expires_ms, .digest = arena_copy(r->arena, digest)};
    TRY(object_load(r, TABLE_OWNERSHIP_TOKENS, key_for(r, expires_ms, digest), fields,
                    COUNT_OF(fields), &u));
    *out_unclaimed = u;
    return OK;
}

status unclaimed_remove(const struct registry *r, const struct unclaimed *u) {
    return store_remove(r->txn, TABLE_OWNERSHIP_TOKENS, key_for(r, u->expires_ms, u->digest));
}

/* Refusals of certificate_delete come before it changes anything: something is attached, or there
 * is no such certificate any more. */
static status delete_certificate(const struct registry *r, bytes id) {
    struct certificate_record c;
    status s = certificate_load_facts(r, id, &c);
    if (s == OK && c.status != CERTIFICATE_PENDING_ACTIVATION)
        return OK;
    if (s == OK)
        s = certificate_delete(r, id, false);
    return s == E_NOT_FOUND || s == E_DELETE_CONFLICT ? OK : s;
}

static status sweep_row(const struct registry *r, const struct row *row) {
    struct unclaimed u = {0};
    TRY(record_decode(fields, COUNT_OF(fields), row->value, &u));
    TRY(delete_certificate(r, u.certificate_id));
    return store_remove(r->txn, TABLE_OWNERSHIP_TOKENS, row->key);
}

static int64_t time_in(const struct registry *r, bytes key) {
    uint64_t time_ms = 0;
    for (size_t i = 0; i < KEY_TIME_LEN; i++)
        time_ms = time_ms << 8 | key.ptr[r->account.len + i];
    return (int64_t)time_ms;
}

status unclaimed_sweep(const struct registry *r, int64_t now_ms, size_t most, size_t *out_count) {
    struct scan scan = {.prefix = r->account, .limit = most};
    struct row *rows;
    size_t count, swept = 0;
    TRY(store_scan(r->txn, TABLE_OWNERSHIP_TOKENS, &scan, r->arena, &rows, &count));
    for (; swept < count && time_in(r, rows[swept].key) <= now_ms; swept++)
        TRY(sweep_row(r, &rows[swept]));
    *out_count = swept;
    return OK;
}
