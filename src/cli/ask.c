/* The commands that look at the data directory and print: why, hosts, api, account. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "account/account.h"
#include "api/api.h"
#include "cli/cli.h"
#include "gateway/reasons.h"
#include "gateway/running.h"

/* ---- why ---- */

/* What happened just now is still on its way to the disk. */
static void let_reasons_arrive(void) {
    const struct timespec pause = {.tv_nsec = (REASONS_FLUSH_MS + 100) * 1000000L};
    (void)nanosleep(&pause, NULL);
}

static status check_why(const struct arguments *a) {
    if (!a->word)
        return FAIL(E_INVALID, "whose? Give a client identifier or a certificate id");
    return OK;
}

static status print_reasons(const struct arguments *a, struct store *store) {
    AUTO(buf) text = {0};
    size_t count;
    let_reasons_arrive();
    TRY(reasons_print(store, bytes_from(a->word), &text, &count));
    if (count == 0)
        (void)printf("nothing was refused or closed for %s, as far as is known here\n", a->word);
    else
        (void)printf("%s", buf_string(&text));
    return OK;
}

int command_why(int count, char **words) {
    return ask_store("why", count, words, check_why, print_reasons);
}

/* ---- hosts ---- */

static status print_hosts(const struct arguments *a, struct store *store) {
    AUTO(arena) memory = {0};
    struct running r = {0};
    struct account *accounts;
    struct txn *t;
    size_t count;
    TRY(running_read(a->data, &memory, &r));
    TRY(store_begin_read(store, &t));
    status s = account_list(t, &memory, &accounts, &count);
    store_rollback(t);
    TRY(s);
    for (size_t i = 0; i < count; i++) {
        struct account_hosts hosts;
        account_hosts_format(&accounts[i], bytes_from(r.region), &hosts);
        (void)printf("127.0.0.1");
        for (int k = 0; k < ACCOUNT_HOST_COUNT; k++)
            (void)printf(" %s", hosts.names[k]);
        (void)printf("\n");
    }
    return OK;
}

int command_hosts(int count, char **words) {
    return ask_store("hosts", count, words, NULL, print_hosts);
}

/* ---- api ---- */

int command_api(int count, char **words) {
    struct arguments a;
    status s = arguments_parse(count, words, &a);
    if (s == OK && !a.coverage)
        s = FAIL(E_INVALID, "say kedge api --coverage");
    if (s != OK)
        return complain("api", s);
    AUTO(buf) text = {0};
    api_coverage(&text);
    (void)printf("%s", buf_string(&text));
    return 0;
}

/* ---- account ---- */

/* A running server learns the new names by SIGHUP; keys and accounts it reads as they are needed.
 */
static void tell_server(const char *data) {
    AUTO(arena) memory = {0};
    struct running r;
    if (running_read(data, &memory, &r) == OK)
        (void)kill((pid_t)r.pid, SIGHUP);
}

static status create_account(struct store *store, const struct arguments *a) {
    struct account account;
    struct txn *t;
    TRY(store_begin_write(store, &t));
    status s = account_create(t, bytes_from(a->id), &account);
    if (s != OK) {
        store_rollback(t);
        return s;
    }
    TRY(store_commit(t));
    tell_server(a->data);
    (void)printf("account %s was made; its keys: eval \"$(kedge env --data %s --account %s)\"\n",
                 account.id, a->data, account.id);
    return OK;
}

static status list_accounts(struct store *store) {
    AUTO(arena) memory = {0};
    struct account *accounts;
    struct txn *t;
    size_t count;
    TRY(store_begin_read(store, &t));
    status s = account_list(t, &memory, &accounts, &count);
    store_rollback(t);
    for (size_t i = 0; s == OK && i < count; i++)
        (void)printf("%s%s\n", accounts[i].id, accounts[i].is_default ? " (default)" : "");
    return s;
}

static status account(const struct arguments *a, struct store *store) {
    if (strcmp(a->word, "create") == 0)
        return create_account(store, a);
    return list_accounts(store);
}

static status check_account(const struct arguments *a) {
    if (!a->word || (strcmp(a->word, "create") != 0 && strcmp(a->word, "list") != 0))
        return FAIL(E_INVALID, "say kedge account create --id 222222222222, or kedge account list");
    if (strcmp(a->word, "create") == 0 && !a->id)
        return FAIL(E_INVALID, "kedge account create takes --id and 12 digits");
    return OK;
}

int command_account(int count, char **words) {
    return ask_store("account", count, words, check_account, account);
}
