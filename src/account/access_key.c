/* Access keys, of an account's root user and of its other users:
 *
 *     ACCESS_KEYS          key id                                     struct stored_key
 *     ACCOUNT_ACCESS_KEYS  account, time (8 bytes), key id            nothing; the root user's
 *     USER_ACCESS_KEYS     account, user, 0, time (8 bytes), key id   nothing; other users'
 *     ACCESS_KEY_USES      account, key id                            struct access_key_use
 *
 * The secret is stored as it is: whoever verifies a signature needs it. */
#include "account/account.h"
#include "base/clock.h"
#include "base/random.h"
#include "store/record.h"

#include <string.h>

enum { TIME_LEN = 8, KEYS_LISTED_MAX = 100 };

struct stored_key {
    bytes account, secret;
    int64_t created_ms;
    bytes user;
    bool inactive;
};
static const struct field key_fields[] = {
    FIELD(1, struct stored_key, account),    FIELD(2, struct stored_key, secret),
    FIELD(3, struct stored_key, created_ms), FIELD(4, struct stored_key, user),
    FIELD(5, struct stored_key, inactive),
};
static const struct field use_fields[] = {
    FIELD(1, struct access_key_use, time_ms),
    FIELD(2, struct access_key_use, service),
    FIELD(3, struct access_key_use, region),
};

static void copy_text(char *out, bytes text) {
    if (text.len > 0)
        memcpy(out, text.ptr, text.len);
    out[text.len] = '\0';
}

void access_key_done(struct access_key *k) {
    mem_wipe(k, sizeof *k);
}

/* ---- keys of the tables ---- */

static enum table index_of(bytes user) {
    return user.len > 0 ? TABLE_USER_ACCESS_KEYS : TABLE_ACCOUNT_ACCESS_KEYS;
}

static void append_prefix(struct buf *out, bytes account, bytes user) {
    buf_append(out, account);
    if (user.len > 0) {
        buf_append(out, user);
        buf_append_byte(out, 0);
    }
}

static void append_place(struct buf *out, const struct access_key *key) {
    append_prefix(out, bytes_from(key->account), bytes_from(key->user));
    buf_append_u32(out, (uint32_t)((uint64_t)key->created_ms >> 32));
    buf_append_u32(out, (uint32_t)key->created_ms);
    buf_text(out, key->id);
}

static bytes id_of_place(bytes place) {
    return bytes_skip(place, place.len - ACCESS_KEY_ID_LEN);
}

/* ---- one key ---- */

static status save_key(struct txn *t, const struct access_key *key) {
    struct stored_key stored = {bytes_from(key->account), bytes_from(key->secret), key->created_ms,
                                bytes_from(key->user), key->inactive};
    AUTO(buf) value = {0};
    record_encode(key_fields, COUNT_OF(key_fields), &stored, &value);
    status s = store_save(t, TABLE_ACCESS_KEYS, bytes_from(key->id), buf_bytes(&value));
    mem_wipe(value.ptr, value.len);
    return s;
}

static status decode_key(bytes id, bytes value, struct access_key *out_key) {
    struct stored_key stored = {0};
    TRY(record_decode(key_fields, COUNT_OF(key_fields), value, &stored));
    if (stored.account.len != ACCOUNT_ID_LEN || stored.secret.len != ACCESS_KEY_SECRET_LEN ||
        stored.user.len > USER_NAME_MAX_LEN)
        return FAIL(E_INTERNAL, "The access key %.*s in the store is damaged", BYTES_ARG(id));
    copy_text(out_key->id, id);
    copy_text(out_key->account, stored.account);
    copy_text(out_key->secret, stored.secret);
    copy_text(out_key->user, stored.user);
    out_key->inactive = stored.inactive;
    out_key->created_ms = stored.created_ms;
    return OK;
}

status access_key_load(struct txn *t, bytes access_key_id, struct access_key *out_key) {
    AUTO(arena) a = {0};
    bytes value;
    status s = access_key_id.len == ACCESS_KEY_ID_LEN
                   ? store_load(t, TABLE_ACCESS_KEYS, access_key_id, &a, &value)
                   : E_NOT_FOUND;
    if (s == E_NOT_FOUND)
        return FAIL(E_TOKEN_INVALID, "The security token included in the request is invalid.");
    TRY(s);
    s = decode_key(access_key_id, value, out_key);
    mem_wipe((void *)(uintptr_t)value.ptr, value.len); /* the arena is ours */
    return s;
}

status access_key_create(struct txn *t, bytes account, bytes user, int64_t now_ms,
                         struct access_key *out_key) {
    struct access_key key = {.id = "AKIA", .created_ms = now_ms};
    AUTO(buf) place = {0};
    random_text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", key.id + 4, ACCESS_KEY_ID_LEN - 4);
    random_text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", key.secret,
                ACCESS_KEY_SECRET_LEN);
    copy_text(key.account, account);
    copy_text(key.user, user);
    append_place(&place, &key);
    status s = save_key(t, &key);
    if (s == OK)
        s = store_save(t, index_of(user), buf_bytes(&place), (bytes){0});
    if (s == OK)
        *out_key = key;
    access_key_done(&key);
    return s;
}

/* A key of this user: E_NOT_FOUND for those of others, too. */
static status load_own(struct txn *t, bytes account, bytes user, bytes id,
                       struct access_key *out_key) {
    struct access_key key = {0};
    status s = access_key_load(t, id, &key);
    bool own = s == OK && bytes_equal(bytes_from(key.account), account) &&
               bytes_equal(bytes_from(key.user), user);
    if (own)
        *out_key = key;
    access_key_done(&key);
    if (s == E_TOKEN_INVALID || (s == OK && !own)) /* [AWS control-plane 9] */
        return FAIL(E_NOT_FOUND, "The Access Key with id %.*s cannot be found.",
                    BYTES_ARG(bytes_slice(id, 0, 128)));
    return s;
}

status access_key_set_inactive(struct txn *t, bytes account, bytes user, bytes id, bool inactive) {
    struct access_key key;
    TRY(load_own(t, account, user, id, &key));
    key.inactive = inactive;
    status s = save_key(t, &key);
    access_key_done(&key);
    return s;
}

static status remove_place(struct txn *t, enum table index, bytes place) {
    AUTO(buf) use = {0};
    buf_append(&use, bytes_slice(place, 0, ACCOUNT_ID_LEN));
    buf_append(&use, id_of_place(place));
    TRY(store_remove(t, TABLE_ACCESS_KEY_USES, buf_bytes(&use)));
    TRY(store_remove(t, TABLE_ACCESS_KEYS, id_of_place(place)));
    return store_remove(t, index, place);
}

status access_key_delete(struct txn *t, bytes account, bytes user, bytes id) {
    struct access_key key;
    AUTO(buf) place = {0};
    TRY(load_own(t, account, user, id, &key));
    append_place(&place, &key);
    access_key_done(&key);
    return remove_place(t, index_of(user), buf_bytes(&place));
}

/* ---- the keys of a user ---- */

static status rows_of(struct txn *t, bytes account, bytes user, struct arena *a,
                      struct row **out_rows, size_t *out_count) {
    AUTO(buf) prefix = {0};
    append_prefix(&prefix, account, user);
    struct scan scan = {.prefix = buf_bytes(&prefix), .limit = KEYS_LISTED_MAX};
    return store_scan(t, index_of(user), &scan, a, out_rows, out_count);
}

status access_key_list(struct txn *t, bytes account, bytes user, struct arena *a,
                       struct access_key **out_keys, size_t *out_count) {
    struct row *rows;
    size_t count;
    TRY(rows_of(t, account, user, a, &rows, &count));
    struct access_key *keys = ARENA_ARRAY(a, struct access_key, count);
    for (size_t i = 0; i < count; i++) {
        TRY(access_key_load(t, id_of_place(rows[i].key), &keys[i]));
        mem_wipe(keys[i].secret, sizeof keys[i].secret);
    }
    *out_keys = keys;
    *out_count = count;
    return OK;
}

static status move_key(struct txn *t, bytes place, bytes new_user) {
    struct access_key key;
    AUTO(buf) fresh = {0};
    TRY(access_key_load(t, id_of_place(place), &key));
    copy_text(key.user, new_user);
    append_place(&fresh, &key);
    status s = save_key(t, &key);
    access_key_done(&key);
    TRY(s);
    TRY(store_remove(t, TABLE_USER_ACCESS_KEYS, place));
    return store_save(t, TABLE_USER_ACCESS_KEYS, buf_bytes(&fresh), (bytes){0});
}

status access_key_move(struct txn *t, bytes account, bytes user, bytes new_user) {
    AUTO(arena) a = {0};
    struct row *rows;
    size_t count;
    TRY(rows_of(t, account, user, &a, &rows, &count));
    for (size_t i = 0; i < count; i++)
        TRY(move_key(t, rows[i].key, new_user));
    return OK;
}

status access_key_load_first(struct txn *t, bytes account, struct access_key *out_key) {
    AUTO(arena) a = {0};
    struct row *rows;
    size_t count = 0;
    if (account.len == ACCOUNT_ID_LEN)
        TRY(rows_of(t, account, (bytes){0}, &a, &rows, &count));
    if (count == 0)
        return FAIL(E_NOT_FOUND, "The account %.*s has no access key",
                    BYTES_ARG(bytes_slice(account, 0, 40)));
    return access_key_load(t, id_of_place(rows[0].key), out_key);
}

status access_key_rotate(struct txn *t, bytes account, struct access_key *out_key) {
    AUTO(arena) a = {0};
    struct account owner;
    struct row *rows;
    size_t count;
    TRY(account_load(t, account, &owner));
    TRY(rows_of(t, account, (bytes){0}, &a, &rows, &count));
    for (size_t i = 0; i < count; i++)
        TRY(remove_place(t, TABLE_ACCOUNT_ACCESS_KEYS, rows[i].key));
    return access_key_create(t, account, (bytes){0}, clock_wall_ms(), out_key);
}

/* ---- when it was used ---- */

static bytes use_key(struct buf *out, bytes account, bytes id) {
    buf_append(out, account);
    buf_append(out, id);
    return buf_bytes(out);
}

status access_key_use_load(struct txn *t, bytes account, bytes id, struct arena *a,
                           struct access_key_use *out_use) {
    AUTO(buf) key = {0};
    struct access_key_use use = {0};
    bytes value;
    status s = store_load(t, TABLE_ACCESS_KEY_USES, use_key(&key, account, id), a, &value);
    if (s == OK)
        s = record_decode(use_fields, COUNT_OF(use_fields), value, &use);
    if (s != OK && s != E_NOT_FOUND)
        return s;
    *out_use = use;
    return OK;
}

status access_key_use_save(struct txn *t, bytes account, bytes id,
                           const struct access_key_use *use) {
    AUTO(buf) key = {0}, value = {0};
    record_encode(use_fields, COUNT_OF(use_fields), use, &value);
    return store_save(t, TABLE_ACCESS_KEY_USES, use_key(&key, account, id), buf_bytes(&value));
}
