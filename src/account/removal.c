/* Removing an account: first its record, names and keys, so that nobody gets at it any more; then
 * what it holds, a page per transaction, so that others can write between. */
#include <string.h>

#include "account/account.h"

/* What an operator would miss, and how it is called. */
static const struct {
    enum table table;
    const char *what;
} holdings[] = {
    {TABLE_CERTIFICATES, "certificates"},
    {TABLE_CA_CERTIFICATES, "CA certificates"},
    {TABLE_THINGS, "things"},
    {TABLE_POLICIES, "policies"},
    {TABLE_THING_GROUPS, "thing groups"},
    {TABLE_RETAINED, "retained messages"},
    {TABLE_IAM_USERS, "users"},
    {TABLE_IAM_ROLES, "roles"},
    {TABLE_SECRETS, "secrets"},
};

/* Their keys do not begin with the account. The owners' rows go with what they speak of, domain
 * names by remove_domain_names. */
static bool spans_accounts(enum table table) {
    return table == TABLE_META || table == TABLE_ACCOUNTS || table == TABLE_ACCESS_KEYS ||
           table == TABLE_ENDPOINT_PREFIXES || table == TABLE_CERTIFICATE_OWNERS ||
           table == TABLE_CA_CERTIFICATE_OWNERS || table == TABLE_REASONS ||
           table == TABLE_DOMAIN_NAMES || table == TABLE_BACKUP_FILES;
}

static status page_of(struct txn *t, enum table table, bytes account, size_t limit, struct arena *a,
                      struct row **out_rows, size_t *out_count) {
    struct scan scan = {.prefix = account, .limit = limit};
    return store_scan(t, table, &scan, a, out_rows, out_count);
}

static status count_holdings(struct txn *t, bytes account, struct buf *out_text) {
    AUTO(arena) a = {0};
    struct row *rows;
    size_t count;
    for (size_t i = 0; i < COUNT_OF(holdings); i++) {
        TRY(page_of(t, holdings[i].table, account, STORE_SCAN_ROWS_MAX, &a, &rows, &count));
        if (count > 0)
            buf_printf(out_text, "%s%zu%s %s", out_text->len ? ", " : "", count,
                       count == STORE_SCAN_ROWS_MAX ? " or more" : "", holdings[i].what);
    }
    return OK;
}

/* The other account would be left with half of it. */
static status check_transfers(struct txn *t, bytes account) {
    AUTO(arena) a = {0};
    struct row *rows;
    size_t out, in;
    TRY(page_of(t, TABLE_TRANSFERS_OUTGOING, account, 1, &a, &rows, &out));
    TRY(page_of(t, TABLE_TRANSFERS_INCOMING, account, 1, &a, &rows, &in));
    if (out + in > 0)
        return FAIL(E_DELETE_CONFLICT,
                    "The account %.*s has certificates on their way to or from another account: "
                    "accept, reject or cancel their transfers first (aws iot "
                    "list-outgoing-certificates)",
                    BYTES_ARG(account));
    return OK;
}

static status check_removable(struct txn *t, const struct account *account, bool with_all) {
    AUTO(buf) text = {0};
    bytes id = bytes_from(account->id);
    if (account->is_default)
        return FAIL(E_INVALID,
                    "The account %s is the default account, which every data directory has: it "
                    "goes with the directory",
                    account->id);
    TRY(check_transfers(t, id));
    TRY(count_holdings(t, id, &text));
    if (text.len > 0 && !with_all)
        return FAIL(E_DELETE_CONFLICT,
                    "The account %s still holds %s. To delete it with everything in it: kedge "
                    "account delete --id %s --force",
                    account->id, buf_string(&text), account->id);
    return OK;
}

static status remove_owner(struct txn *t, enum table owners, bytes key) {
    AUTO(buf) other_way = {0};
    buf_append(&other_way, bytes_skip(key, ACCOUNT_ID_LEN));
    buf_append(&other_way, bytes_slice(key, 0, ACCOUNT_ID_LEN));
    return store_remove(t, owners, buf_bytes(&other_way));
}

static status remove_row(struct txn *t, enum table table, bytes key) {
    if (table == TABLE_CERTIFICATES)
        TRY(remove_owner(t, TABLE_CERTIFICATE_OWNERS, key));
    if (table == TABLE_CA_CERTIFICATES)
        TRY(remove_owner(t, TABLE_CA_CERTIFICATE_OWNERS, key));
    if (table == TABLE_ACCOUNT_ACCESS_KEYS || table == TABLE_USER_ACCESS_KEYS)
        TRY(store_remove(t, TABLE_ACCESS_KEYS, bytes_skip(key, key.len - ACCESS_KEY_ID_LEN)));
    return store_remove(t, table, key);
}

/* A page of one table; *out_count rows went. */
static status remove_page(struct txn *t, enum table table, bytes account, size_t *out_count) {
    AUTO(arena) a = {0};
    struct row *rows;
    TRY(page_of(t, table, account, STORE_SCAN_ROWS_MAX, &a, &rows, out_count));
    for (size_t i = 0; i < *out_count; i++)
        TRY(remove_row(t, table, rows[i].key));
    return OK;
}

/* Domain names of the account's own, which stand for themselves with the account as value. */
static status remove_domain_names(struct txn *t, bytes account) {
    AUTO(arena) a = {0};
    struct scan scan = {.limit = STORE_SCAN_ROWS_MAX, .after = true};
    struct row *rows;
    size_t count;
    do {
        TRY(store_scan(t, TABLE_DOMAIN_NAMES, &scan, &a, &rows, &count));
        for (size_t i = 0; i < count; i++)
            if (bytes_start_with(rows[i].value, account))
                TRY(store_remove(t, TABLE_DOMAIN_NAMES, rows[i].key));
        scan.from = count ? rows[count - 1].key : (bytes){0};
    } while (count == scan.limit);
    return OK;
}

static status end(struct txn *t, status s) {
    if (s == OK)
        return store_commit(t);
    store_rollback(t);
    return s;
}

static status remove_account(struct txn *t, bytes id, bool with_all) {
    struct account account;
    size_t keys;
    TRY(account_load(t, id, &account));
    TRY(check_removable(t, &account, with_all));
    TRY(store_remove(t, TABLE_ENDPOINT_PREFIXES, bytes_from(account.prefix)));
    TRY(remove_domain_names(t, id));
    TRY(remove_page(t, TABLE_ACCOUNT_ACCESS_KEYS, id, &keys));
    TRY(remove_page(t, TABLE_USER_ACCESS_KEYS, id, &keys));
    TRY(store_remove(t, TABLE_ACCOUNTS, id));
    return account_names_changed(t, id);
}

static status remove_table(struct store *s, enum table table, bytes account, size_t *total) {
    size_t count = 0;
    do {
        struct txn *t;
        TRY(store_begin_write(s, &t));
        TRY(end(t, remove_page(t, table, account, &count)));
        *total += count;
    } while (count == STORE_SCAN_ROWS_MAX);
    return OK;
}

status account_delete(struct store *s, bytes id, bool with_all) {
    struct txn *t;
    size_t removed = 0;
    TRY(store_begin_write(s, &t));
    status result = end(t, remove_account(t, id, with_all));
    if (result != OK && (result != E_NOT_FOUND || id.len != ACCOUNT_ID_LEN))
        return result;
    for (enum table table = 0; table < TABLE_COUNT; table++)
        if (!spans_accounts(table))
            TRY(remove_table(s, table, id, &removed));
    if (result != OK && removed == 0)
        return FAIL(E_NOT_FOUND, "There is no account %.*s: kedge account list shows them",
                    BYTES_ARG(bytes_slice(id, 0, 40)));
    return OK;
}
