/* The commands that look at the data directory and print: why, hosts, api. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "account/account.h"
#include "api/api.h"
#include "cli/certificates.h"
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
    struct account account;
    size_t count, certificates;
    if (a->account)
        TRY(load_account(store, a->account, &account));
    let_reasons_arrive();
    TRY(reasons_print(store, bytes_from(a->word), bytes_from(a->account), &text, &count));
    TRY(print_certificate_now(store, bytes_from(a->word), &certificates));
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

static void print_names(const struct account *account, const char *region) {
    struct account_hosts hosts;
    account_hosts_format(account, bytes_from(region), &hosts);
    (void)printf("127.0.0.1");
    for (int k = 0; k < ACCOUNT_HOST_COUNT; k++)
        (void)printf(" %s", hosts.names[k]);
    (void)printf("\n");
}

static status print_hosts(const struct arguments *a, struct store *store) {
    AUTO(arena) memory = {0};
    struct running r = {0};
    struct account *accounts, one;
    struct txn *t;
    size_t count;
    TRY(running_read(a->data, &memory, &r));
    TRY(store_begin_read(store, &t));
    status s = account_list(t, &memory, &accounts, &count);
    store_rollback(t);
    TRY(s);
    if (a->account)
        TRY(load_account(store, a->account, &one));
    for (size_t i = 0; i < count; i++)
        if (!a->account || strcmp(accounts[i].id, one.id) == 0)
            print_names(&accounts[i], r.region);
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
