/* kedge certificates: what expires when; and what `kedge why` says of a certificate as it is now.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account/account.h"
#include "base/clock.h"
#include "cli/certificates.h"
#include "cli/cli.h"
#include "gateway/upkeep.h"
#include "registry/expiry.h"

/* ---- --expiring 30d ---- */

enum { DAYS_MAX = 100000 };

/* "30d" or "12h". */
static status parse_period(const char *text, int64_t *out_ms) {
    char *end;
    long count = strtol(text, &end, 10);
    bool is_days = strcmp(end, "d") == 0;
    if (end == text || count < 0 || count > DAYS_MAX || (!is_days && strcmp(end, "h") != 0))
        return FAIL(E_INVALID, "'%s' is no period: say 30d, or 12h", text);
    *out_ms = count * (is_days ? 24 : 1) * 3600000LL;
    return OK;
}

static status check_certificates(const struct arguments *a) {
    int64_t period_ms;
    if (!a->expiring)
        return FAIL(E_INVALID, "say which: kedge certificates --expiring 30d");
    return parse_period(a->expiring, &period_ms);
}

static status status_of(const struct registry *r, enum expiry_kind kind, bytes id,
                        const char **out_status) {
    struct certificate_record certificate;
    struct ca_record ca;
    if (kind == EXPIRY_CA) {
        TRY(ca_load(r, id, &ca));
        *out_status = ca.active ? "ACTIVE" : "INACTIVE";
        return OK;
    }
    TRY(certificate_load(r, id, &certificate));
    *out_status = certificate_status_name(certificate.status);
    return OK;
}

static status print_page(const struct registry *r, enum expiry_kind kind,
                         struct expiry_window *window, size_t *out_count) {
    struct expiry *items;
    TRY(expiry_list(r, kind, window, &items, out_count));
    for (size_t i = 0; i < *out_count; i++) {
        char end[25];
        const char *status_name;
        TRY(status_of(r, kind, items[i].id, &status_name));
        clock_format(items[i].not_after_ms, end);
        (void)printf("%s  %-11s  %-18s  %.*s\n", end, kind == EXPIRY_CA ? "CA" : "certificate",
                     status_name, BYTES_ARG(items[i].id));
    }
    return OK;
}

static status print_kind(struct txn *t, bytes account, enum expiry_kind kind, int64_t until_ms) {
    struct expiry_window window = {.until_ms = until_ms, .after_ms = -1};
    size_t count;
    do {
        AUTO(arena) memory = {0};
        struct registry r = {.txn = t, .arena = &memory, .account = account};
        TRY(print_page(&r, kind, &window, &count));
    } while (count == EXPIRY_PAGE_MAX);
    return OK;
}

static status print_expiring(const struct arguments *a, struct store *store) {
    struct account account;
    struct txn *t;
    int64_t period_ms;
    TRY(parse_period(a->expiring, &period_ms));
    TRY(load_account(store, a->account, &account));
    TRY(expiry_index_all(store));
    TRY(store_begin_read(store, &t));
    status s = OK;
    for (enum expiry_kind kind = EXPIRY_KIND_COUNT; s == OK && kind-- > 0;)
        s = print_kind(t, bytes_from(account.id), kind, clock_wall_ms() + period_ms);
    store_rollback(t);
    return s;
}

int command_certificates(int count, char **words) {
    return ask_store("certificates", count, words, check_certificates, print_expiring);
}

/* ---- as it is now ---- */

static void print_now(const struct registry *r, const struct certificate_record *c) {
    AUTO(buf) sentence = {0};
    (void)printf("now: certificate %.*s is %s in account %.*s\n", BYTES_ARG(c->id),
                 certificate_status_name(c->status), BYTES_ARG(r->account));
    expiry_sentence(EXPIRY_CERTIFICATE,
                    &(struct expiry){.id = c->id, .not_after_ms = c->not_after_ms}, clock_wall_ms(),
                    &sentence);
    (void)printf("     %s\n", buf_string(&sentence));
}

status print_certificate_now(struct store *store, bytes id, size_t *out_count) {
    AUTO(arena) memory = {0};
    struct account *accounts;
    struct txn *t;
    size_t count;
    *out_count = 0;
    if (id.len != CERTIFICATE_ID_LEN)
        return OK;
    TRY(store_begin_read(store, &t));
    status s = account_list(t, &memory, &accounts, &count);
    for (size_t i = 0; s == OK && i < count; i++) {
        struct registry r = {.txn = t, .arena = &memory, .account = bytes_from(accounts[i].id)};
        struct certificate_record c;
        status found = certificate_load(&r, id, &c);
        if (found == OK) {
            print_now(&r, &c);
            ++*out_count;
        }
        s = found == E_NOT_FOUND ? OK : found;
    }
    store_rollback(t);
    return s;
}
