/* Accounts and their access keys, in four tables:
 *
 *     META                 "default_account"            the default account's id
 *     META                 "accounts_generation"        a number: how often names changed
 *     ACCOUNTS             id                           struct account
 *     ENDPOINT_PREFIXES    prefix                       id
 *     ACCESS_KEYS          access key id                struct stored_key
 *     ACCOUNT_ACCESS_KEYS  id, time (8 bytes), key id   nothing; oldest first */
#include "account/account.h"
#include "base/clock.h"
#include "base/random.h"
#include "store/record.h"

#include <stdio.h>
#include <string.h>

static const bytes default_key = BYTES("default_account");

static const bytes generation_key = BYTES("accounts_generation");

static const struct field account_fields[] = {
    FIELD(1, struct account, id),         FIELD(2, struct account, prefix),
    FIELD(3, struct account, domain),     FIELD(4, struct account, is_default),
    FIELD(5, struct account, created_ms),
};

struct stored_key {
    bytes account, secret;
    int64_t created_ms;
};
static const struct field key_fields[] = {
    FIELD(1, struct stored_key, account),
    FIELD(2, struct stored_key, secret),
    FIELD(3, struct stored_key, created_ms),
};

static bool is_account_id(bytes id) {
    uint64_t number;
    return id.len == ACCOUNT_ID_LEN && bytes_to_u64(id, UINT64_MAX, &number) == OK;
}

static void copy_text(char *out, bytes text) {
    if (text.len > 0)
        memcpy(out, text.ptr, text.len);
    out[text.len] = '\0';
}

/* Not led by a zero, which tools that take ids for numbers would lose. */
static void make_account_id(char out[ACCOUNT_ID_LEN + 1]) {
    random_text("123456789", out, 1);
    random_text("0123456789", out + 1, ACCOUNT_ID_LEN - 1);
}

static void make_prefix(char out[ACCOUNT_PREFIX_LEN + 1]) {
    out[0] = 'a'; /* as AWS's are; a name should not start with a digit */
    random_text("abcdefghijklmnopqrstuvwxyz0123456789", out + 1, ACCOUNT_PREFIX_LEN - 1);
}

static status save_account(struct txn *t, const struct account *account) {
    AUTO(buf) value = {0};
    record_encode(account_fields, COUNT_OF(account_fields), account, &value);
    return store_save(t, TABLE_ACCOUNTS, bytes_from(account->id), buf_bytes(&value));
}

static status save_key(struct txn *t, const struct access_key *key, int64_t created_ms) {
    struct stored_key stored = {bytes_from(key->account), bytes_from(key->secret), created_ms};
    AUTO(buf) value = {0};
    record_encode(key_fields, COUNT_OF(key_fields), &stored, &value);
    status s = store_save(t, TABLE_ACCESS_KEYS, bytes_from(key->id), buf_bytes(&value));
    mem_wipe(value.ptr, value.len);
    TRY(s);
    AUTO(buf) place = {0};
    buf_text(&place, key->account);
    buf_append_u32(&place, (uint32_t)((uint64_t)created_ms >> 32));
    buf_append_u32(&place, (uint32_t)created_ms);
    buf_text(&place, key->id);
    return store_save(t, TABLE_ACCOUNT_ACCESS_KEYS, buf_bytes(&place), (bytes){0});
}

static void make_key(const char *account, struct access_key *out) {
    struct access_key key = {.id = "AKIA"};
    random_text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", key.id + 4, ACCESS_KEY_ID_LEN - 4);
    random_text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", key.secret,
                ACCESS_KEY_SECRET_LEN);
    memcpy(key.account, account, sizeof key.account);
    (void)snprintf(key.user_arn, sizeof key.user_arn, "arn:aws:iam::%s:root", key.account);
    *out = key;
    access_key_done(&key);
}

static status add_access_key(struct txn *t, const struct account *account) {
    struct access_key key;
    make_key(account->id, &key);
    status s = save_key(t, &key, account->created_ms);
    access_key_done(&key);
    return s;
}

static status remove_keys(struct txn *t, bytes account) {
    AUTO(arena) a = {0};
    struct scan scan = {.prefix = account, .limit = STORE_SCAN_ROWS_MAX};
    struct row *rows;
    size_t count;
    TRY(store_scan(t, TABLE_ACCOUNT_ACCESS_KEYS, &scan, &a, &rows, &count));
    for (size_t i = 0; i < count; i++) {
        TRY(store_remove(t, TABLE_ACCESS_KEYS, bytes_skip(rows[i].key, ACCOUNT_ID_LEN + 8)));
        TRY(store_remove(t, TABLE_ACCOUNT_ACCESS_KEYS, rows[i].key));
    }
    return OK;
}

status access_key_rotate(struct txn *t, bytes account, struct access_key *out_key) {
    struct account owner;
    struct access_key key;
    TRY(account_load(t, account, &owner));
    TRY(remove_keys(t, account));
    make_key(owner.id, &key);
    status s = save_key(t, &key, clock_wall_ms());
    if (s == OK)
        *out_key = key;
    access_key_done(&key);
    return s;
}

status account_generation(struct txn *t, uint64_t *out_generation) {
    AUTO(arena) a = {0};
    bytes value;
    status s = store_load(t, TABLE_META, generation_key, &a, &value);
    *out_generation = 0;
    if (s == E_NOT_FOUND)
        return OK;
    TRY(s);
    return bytes_to_u64(value, UINT64_MAX, out_generation);
}

status account_names_changed(struct txn *t, bytes id) {
    AUTO(buf) text = {0};
    uint64_t generation;
    TRY(account_generation(t, &generation));
    buf_printf(&text, "%llu", (unsigned long long)generation + 1);
    TRY(store_save(t, TABLE_META, generation_key, buf_bytes(&text)));
    store_note(t, CHANGE_ACCOUNT, id, (bytes){0});
    return OK;
}

static status add(struct txn *t, const struct account *account) {
    TRY(save_account(t, account));
    TRY(store_save(t, TABLE_ENDPOINT_PREFIXES, bytes_from(account->prefix),
                   bytes_from(account->id)));
    if (account->is_default)
        TRY(store_save(t, TABLE_META, default_key, bytes_from(account->id)));
    TRY(add_access_key(t, account));
    return account_names_changed(t, bytes_from(account->id));
}

status account_create(struct txn *t, bytes id, struct account *out_account) {
    struct account account = {.created_ms = clock_wall_ms()};
    char random_id[ACCOUNT_ID_LEN + 1];
    bool taken, has_default;
    if (id.len == 0) {
        make_account_id(random_id);
        id = bytes_from(random_id);
    }
    if (!is_account_id(id))
        return FAIL(E_INVALID, "'%.*s' is not an account id: it has 12 digits, like 123456789012",
                    BYTES_ARG(bytes_slice(id, 0, 40)));
    TRY(store_has(t, TABLE_ACCOUNTS, id, &taken));
    if (taken)
        return FAIL(E_EXISTS, "The account %.*s exists already", BYTES_ARG(id));
    TRY(store_has(t, TABLE_META, default_key, &has_default));
    copy_text(account.id, id);
    make_prefix(account.prefix);
    account.is_default = !has_default;
    TRY(add(t, &account));
    *out_account = account;
    return OK;
}

static status decode_account(bytes value, struct account *out_account) {
    struct account account = {0};
    TRY(record_decode(account_fields, COUNT_OF(account_fields), value, &account));
    *out_account = account;
    return OK;
}

status account_load(struct txn *t, bytes id, struct account *out_account) {
    AUTO(arena) a = {0};
    bytes value;
    status s = is_account_id(id) ? store_load(t, TABLE_ACCOUNTS, id, &a, &value) : E_NOT_FOUND;
    if (s == E_NOT_FOUND)
        return FAIL(E_NOT_FOUND, "There is no account %.*s: kedge account create adds one",
                    BYTES_ARG(bytes_slice(id, 0, 40)));
    TRY(s);
    return decode_account(value, out_account);
}

status account_load_default(struct txn *t, struct account *out_account) {
    AUTO(arena) a = {0};
    bytes id;
    status s = store_load(t, TABLE_META, default_key, &a, &id);
    if (s == E_NOT_FOUND)
        return FAIL(E_NOT_FOUND, "There is no account yet: start the server first");
    TRY(s);
    return account_load(t, id, out_account);
}

status account_set_domain(struct txn *t, bytes id, bytes domain) {
    struct account account;
    if (domain.len > 0)
        TRY(account_domain_check(domain));
    TRY(account_load(t, id, &account));
    copy_text(account.domain, domain);
    TRY(save_account(t, &account));
    return account_names_changed(t, id);
}

static status check_default(const struct account *account, bytes wanted) {
    if (wanted.len == 0 || bytes_equal(wanted, bytes_from(account->id)))
        return OK;
    return FAIL(
        E_INVALID,
        "The default account of this data directory is %s, not %.*s: leave the account out, "
        "or choose another data directory",
        account->id, BYTES_ARG(bytes_slice(wanted, 0, 40)));
}

static status load_or_create_default(struct txn *t, bytes id, struct account *out_account) {
    status s = account_load_default(t, out_account);
    return s == E_NOT_FOUND ? account_create(t, id, out_account) : s;
}

status account_ensure_default(struct store *s, bytes id, struct account *out_account) {
    struct account account;
    struct txn *t;
    TRY(store_begin_write(s, &t));
    status result = load_or_create_default(t, id, &account);
    if (result == OK)
        result = check_default(&account, id);
    if (result != OK) {
        store_rollback(t);
        return result;
    }
    TRY(store_commit(t));
    *out_account = account;
    return OK;
}

status account_list(struct txn *t, struct arena *a, struct account **out_accounts,
                    size_t *out_count) {
    struct scan scan = {.limit = STORE_SCAN_ROWS_MAX, .after = true};
    struct account *accounts = NULL;
    size_t count = 0, page;
    struct row *rows;
    do {
        TRY(store_scan(t, TABLE_ACCOUNTS, &scan, a, &rows, &page));
        struct account *grown = ARENA_ARRAY(a, struct account, count + page);
        if (count > 0)
            memcpy(grown, accounts, count * sizeof *grown);
        accounts = grown;
        for (size_t i = 0; i < page; i++)
            TRY(decode_account(rows[i].value, &accounts[count++]));
        scan.from = page ? rows[page - 1].key : (bytes){0};
    } while (page == scan.limit);
    *out_accounts = accounts;
    *out_count = count;
    return OK;
}

void access_key_done(struct access_key *k) {
    mem_wipe(k, sizeof *k);
}

static status decode_key(bytes id, bytes value, struct access_key *out_key) {
    struct stored_key stored = {0};
    TRY(record_decode(key_fields, COUNT_OF(key_fields), value, &stored));
    if (stored.account.len != ACCOUNT_ID_LEN || stored.secret.len != ACCESS_KEY_SECRET_LEN)
        return FAIL(E_INTERNAL, "The access key %.*s in the store is damaged", BYTES_ARG(id));
    copy_text(out_key->id, id);
    copy_text(out_key->account, stored.account);
    copy_text(out_key->secret, stored.secret);
    (void)snprintf(out_key->user_arn, sizeof out_key->user_arn, "arn:aws:iam::%s:root",
                   out_key->account);
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

status access_key_load_first(struct txn *t, bytes account, struct access_key *out_key) {
    AUTO(arena) a = {0};
    struct row *rows;
    size_t count;
    TRY(store_scan(t, TABLE_ACCOUNT_ACCESS_KEYS, &(struct scan){.prefix = account, .limit = 1}, &a,
                   &rows, &count));
    if (!is_account_id(account) || count == 0)
        return FAIL(E_NOT_FOUND, "The account %.*s has no access key",
                    BYTES_ARG(bytes_slice(account, 0, 40)));
    return access_key_load(t, bytes_skip(rows[0].key, ACCOUNT_ID_LEN + 8), out_key);
}
