/* What the objects share: keys, records, ownership. */
#include "registry/internal.h"

#include "base/random.h"
#include "registry/ownership.h"

#include <string.h>

bytes change_certificate_id(const struct change *c) {
    static const bytes prefix = BYTES("cert/");
    if (c->kind == CHANGE_CERTIFICATE)
        return c->key;
    bool about_principal = c->kind == CHANGE_ATTACHMENT || c->kind == CHANGE_THING_PRINCIPAL;
    return about_principal && bytes_start_with(c->key, prefix) ? bytes_skip(c->key, prefix.len)
                                                               : (bytes){0};
}

bytes change_group(const struct change *c) {
    static const bytes prefix = BYTES("thinggroup/");
    bool about_group = c->kind == CHANGE_ATTACHMENT && bytes_start_with(c->key, prefix);
    return about_group ? bytes_skip(c->key, prefix.len) : (bytes){0};
}

static uint8_t *put(uint8_t *at, bytes part) {
    if (part.len > 0)
        memcpy(at, part.ptr, part.len);
    return at + part.len;
}

bytes key_of(const struct registry *r, bytes name) {
    uint8_t *key = arena_alloc(r->arena, r->account.len + name.len + 1);
    uint8_t *end = put(put(key, r->account), name);
    return bytes_of(key, (size_t)(end - key));
}

bytes key_of_pair(const struct registry *r, bytes first, bytes second) {
    uint8_t *key = arena_alloc(r->arena, r->account.len + first.len + 1 + second.len);
    uint8_t *end = put(put(put(put(key, r->account), first), BYTES("\0")), second);
    return bytes_of(key, (size_t)(end - key));
}

bytes key_with_time(const struct registry *r, bytes group, int64_t time_ms, bytes last) {
    uint8_t time[KEY_TIME_LEN];
    for (size_t i = 0; i < KEY_TIME_LEN; i++)
        time[i] = (uint8_t)((uint64_t)time_ms >> 8 * (KEY_TIME_LEN - 1 - i));
    uint8_t *key = arena_alloc(r->arena, r->account.len + group.len + KEY_TIME_LEN + last.len);
    uint8_t *end = put(put(put(put(key, r->account), group), bytes_of(time, sizeof time)), last);
    return bytes_of(key, (size_t)(end - key));
}

bytes key_with_number(const struct registry *r, bytes name, uint64_t number) {
    uint8_t text[8];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)(number >> 8 * (sizeof text - 1 - i));
    return key_of_pair(r, name, bytes_of(text, sizeof text));
}

uint64_t key_number(bytes key) {
    uint64_t number = 0;
    for (size_t i = key.len - 8; i < key.len; i++)
        number = number << 8 | key.ptr[i];
    return number;
}

bytes certificate_resource(const struct registry *r, bytes id) {
    uint8_t *resource = arena_alloc(r->arena, strlen("cert/") + id.len);
    uint8_t *end = put(put(resource, BYTES("cert/")), id);
    return bytes_of(resource, (size_t)(end - resource));
}

uint64_t stable_hash(bytes b) { /* FNV-1a */
    uint64_t hash = 14695981039346656037U;
    for (size_t i = 0; i < b.len; i++)
        hash = (hash ^ b.ptr[i]) * 1099511628211U;
    return hash;
}

status object_load(const struct registry *r, enum table table, bytes key,
                   const struct field *fields, size_t field_count, void *object) {
    bytes value;
    if (key.len > STORE_KEY_BYTES_MAX)
        return FAIL(E_NOT_FOUND, "The specified resource does not exist");
    TRY(store_load(r->txn, table, key, r->arena, &value));
    return record_decode(fields, field_count, value, object);
}

status object_save(const struct registry *r, enum table table, bytes key,
                   const struct field *fields, size_t field_count, const void *object) {
    AUTO(buf) value = {0};
    record_encode(fields, field_count, object, &value);
    return store_save(r->txn, table, key, buf_bytes(&value));
}

status object_has(const struct registry *r, enum table table, bytes key, bool *out_present) {
    if (key.len > STORE_KEY_BYTES_MAX) {
        *out_present = false;
        return OK;
    }
    return store_has(r->txn, table, key, out_present);
}

status mark_save(const struct registry *r, enum table table, bytes key) {
    return store_save(r->txn, table, key, (bytes){0});
}

void note(const struct registry *r, enum change_kind kind, bytes key) {
    store_note(r->txn, kind, r->account, key);
}

bytes generation_new(const struct registry *r) {
    char uuid[37];
    random_uuid(uuid);
    return arena_copy(r->arena, bytes_from(uuid));
}

/* …_OWNERS: id and account, in this order; the value says whether the mode is DEFAULT. */
static bytes ownership_key(const struct registry *r, bytes id) {
    uint8_t *key = arena_alloc(r->arena, id.len + r->account.len);
    uint8_t *end = put(put(key, id), r->account);
    return bytes_of(key, (size_t)(end - key));
}

status ownership_check(const struct registry *r, enum table table, bytes id) {
    struct scan scan = {.prefix = id, .after = true, .limit = 100};
    struct row *rows;
    size_t count;
    do {
        TRY(store_scan(r->txn, table, &scan, r->arena, &rows, &count));
        for (size_t i = 0; i < count; i++)
            if (rows[i].value.len > 0 && !bytes_equal(bytes_skip(rows[i].key, id.len), r->account))
                return FAIL(E_EXISTS,
                            "Another account holds it in DEFAULT mode, which allows no other: "
                            "it has to be deleted there first. Id: %.*s",
                            BYTES_ARG(id));
        scan.from = count ? rows[count - 1].key : (bytes){0};
    } while (count == scan.limit);
    return OK;
}

status ownership_list(const struct registry *r, enum table table, bytes id, bytes **out_accounts,
                      size_t *out_count) {
    struct scan scan = {.prefix = id, .limit = STORE_SCAN_ROWS_MAX};
    struct row *rows;
    TRY(store_scan(r->txn, table, &scan, r->arena, &rows, out_count));
    *out_accounts = ARENA_ARRAY(r->arena, bytes, *out_count);
    for (size_t i = 0; i < *out_count; i++)
        (*out_accounts)[i] = bytes_skip(rows[i].key, id.len);
    return OK;
}

status ownership_save(const struct registry *r, enum table table, bytes id, bool is_default_mode) {
    return store_save(r->txn, table, ownership_key(r, id),
                      is_default_mode ? BYTES("D") : (bytes){0});
}

status ownership_remove(const struct registry *r, enum table table, bytes id) {
    return store_remove(r->txn, table, ownership_key(r, id));
}

static void look_at(const struct registry *r, const struct row *row, bytes id,
                    struct ownership *o) {
    bytes account = bytes_skip(row->key, id.len);
    if (row->value.len > 0 && account.len < sizeof o->default_account)
        memcpy(o->default_account, account.ptr, account.len);
    if (!bytes_equal(account, r->account))
        o->elsewhere = true;
}

static status ownership_load(const struct registry *r, enum table table, bytes id,
                             struct ownership *out) {
    struct scan scan = {.prefix = id, .after = true, .limit = 100};
    struct ownership found = {0};
    struct row *rows;
    size_t count;
    do {
        TRY(store_scan(r->txn, table, &scan, r->arena, &rows, &count));
        for (size_t i = 0; i < count; i++)
            look_at(r, &rows[i], id, &found);
        scan.from = count ? rows[count - 1].key : (bytes){0};
    } while (count == scan.limit && !found.default_account[0]);
    *out = found;
    return OK;
}

status certificate_ownership(const struct registry *r, bytes id, struct ownership *out_ownership) {
    return ownership_load(r, TABLE_CERTIFICATE_OWNERS, id, out_ownership);
}

status ca_ownership(const struct registry *r, bytes id, struct ownership *out_ownership) {
    return ownership_load(r, TABLE_CA_CERTIFICATE_OWNERS, id, out_ownership);
}
