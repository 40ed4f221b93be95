/* Accounts, in three tables:
 *
 *     META                 "default_account"            the default account's id
 *     META                 "accounts_generation"        a number: how often names changed
 *     ACCOUNTS             id                           struct account
 *     ENDPOINT_PREFIXES    prefix                       id */
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

static status add_access_key(struct txn *t, const struct account *account) {
    struct access_key key;
    status s = access_key_create(t, bytes_from(account->id), (bytes){0}, account->created_ms, &key);
    access_key_done(&key);
    return s;
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
