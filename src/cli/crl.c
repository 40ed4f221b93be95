/* kedge crl: revocation lists of registered CAs, brought by hand or from a URL; beside a running
 * server or without one. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "account/account.h"
#include "base/clock.h"
#include "cli/cli.h"
#include "gateway/running.h"
#include "identity/revocation.h"
#include "web/fetch.h"

/* A running server acts on live connections when it is told; new ones ask the store anyway. */
static void tell_server(const char *data) {
    AUTO(arena) memory = {0};
    struct running r;
    if (running_read(data, &memory, &r) == OK)
        (void)kill((pid_t)r.pid, SIGHUP);
}

static status commit(struct txn *t, status s) {
    if (s == OK)
        return store_commit(t);
    store_rollback(t);
    return s;
}

/* ---- add ---- */

static status read_all(const char *path, FILE *file, struct buf *out) {
    char part[1 << 16];
    size_t len;
    while ((len = fread(part, 1, sizeof part, file)) > 0) {
        if (out->len + len > CRL_BYTES_MAX)
            return FAIL(E_INVALID, "%s is larger than %d MiB", path, CRL_BYTES_MAX >> 20);
        buf_append(out, bytes_of(part, len));
    }
    if (ferror(file))
        return FAIL(E_UNAVAILABLE, "%s cannot be read: %s", path, strerror(errno));
    return OK;
}

static status read_file(const char *path, struct buf *out) {
    FILE *file = fopen(path, "rb");
    if (!file)
        return FAIL(E_UNAVAILABLE, "%s cannot be opened: %s", path, strerror(errno));
    status s = read_all(path, file, out);
    (void)fclose(file);
    return s;
}

static void print_crl(const struct crl_record *crl) {
    AUTO(buf) text = {0};
    char next[25] = "-";
    crl_number_format(crl->number, &text);
    if (crl->next_update_ms > 0)
        clock_format(crl->next_update_ms, next);
    (void)printf("%.*s  %s  %llu revoked  next %s", BYTES_ARG(crl->ca_certificate_id),
                 buf_string(&text), (unsigned long long)crl->entry_count, next);
    if (crl->url.len > 0)
        (void)printf("  %.*s", BYTES_ARG(crl->url));
    (void)printf("\n");
    if (crl->failure.len > 0)
        (void)printf("    the last attempt to fetch it failed: %.*s\n", BYTES_ARG(crl->failure));
}

static status add(const struct arguments *a, struct store *store, const struct account *account) {
    AUTO(arena) memory = {0};
    AUTO(buf) file = {0};
    struct crl_record taken;
    int64_t now_ms = clock_wall_ms();
    struct revocation r = {
        .store = store, .account = bytes_from(account->id), .ca_certificate_id = bytes_from(a->ca)};
    if (fetch_is_url(bytes_from(a->more))) {
        r.url = bytes_from(a->more);
        TRY(fetch_url(a->more, CRL_BYTES_MAX, NULL, &file));
    } else {
        TRY(read_file(a->more, &file));
    }
    r.file = buf_bytes(&file);
    TRY(revocation_load(&r, now_ms, &memory, &taken));
    print_crl(&taken);
    return OK;
}

/* ---- list, remove ---- */

static status list(struct store *store, const struct account *account) {
    AUTO(arena) memory = {0};
    struct registry r = {.arena = &memory, .account = bytes_from(account->id)};
    struct crl_record *crls;
    size_t count = 0;
    TRY(store_begin_read(store, &r.txn));
    status s = crl_list(&r, &crls, &count);
    store_rollback(r.txn);
    for (size_t i = 0; s == OK && i < count; i++)
        print_crl(&crls[i]);
    return s;
}

static status forget(const struct arguments *a, struct store *store,
                     const struct account *account) {
    AUTO(arena) memory = {0};
    struct registry r = {.arena = &memory, .account = bytes_from(account->id)};
    struct crl_record crl;
    TRY(store_begin_write(store, &r.txn));
    status s = crl_load(&r, bytes_from(a->ca), &crl);
    if (s == E_NOT_FOUND)
        s = FAIL(E_NOT_FOUND, "CA %s has no CRL in account %s", a->ca, account->id);
    return commit(r.txn, s == OK ? crl_remove(&r, bytes_from(a->ca)) : s);
}

/* The running server asks the URLs, and does so now. */
static status refresh(struct store *store, const struct account *account) {
    AUTO(arena) memory = {0};
    struct registry r = {.arena = &memory, .account = bytes_from(account->id)};
    struct crl_record *crls;
    size_t count = 0;
    TRY(store_begin_write(store, &r.txn));
    status s = crl_list(&r, &crls, &count);
    for (size_t i = 0; s == OK && i < count; i++) {
        crls[i].fetch_ms = clock_wall_ms();
        s = crl_save(&r, &crls[i]);
    }
    return commit(r.txn, s);
}

/* ---- the command ---- */

static status check_crl(const struct arguments *a) {
    bool is_add = a->word && strcmp(a->word, "add") == 0;
    bool is_remove = a->word && strcmp(a->word, "remove") == 0;
    bool is_other = a->word && (strcmp(a->word, "list") == 0 || strcmp(a->word, "refresh") == 0);
    if (is_add ? a->ca && a->more : is_remove ? a->ca && !a->more : is_other && !a->more)
        return OK;
    return FAIL(E_INVALID,
                "say kedge crl add --ca CA-CERTIFICATE-ID FILE|URL, kedge crl list, kedge "
                "crl refresh, or kedge crl remove --ca CA-CERTIFICATE-ID");
}

static status crl(const struct arguments *a, struct store *store) {
    struct account account;
    TRY(load_account(store, a->account, &account));
    if (strcmp(a->word, "list") == 0)
        return list(store, &account);
    if (strcmp(a->word, "add") == 0)
        TRY(add(a, store, &account));
    else
        TRY(a->ca ? forget(a, store, &account) : refresh(store, &account));
    tell_server(a->data);
    return OK;
}

int command_crl(int count, char **words) {
    return ask_store("crl", count, words, check_crl, crl);
}
