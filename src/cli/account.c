/* kedge account: makes, lists and deletes accounts, and gives them new keys; beside a running
 * server or without one. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "account/account.h"
#include "cli/cli.h"
#include "gateway/running.h"

/* ---- the running server ---- */

enum { TAKE_UP_MS_MAX = 10000, LOOK_EVERY_MS = 10 };

static status generation(struct store *store, uint64_t *out) {
    struct txn *t;
    TRY(store_begin_read(store, &t));
    status s = account_generation(t, out);
    store_rollback(t);
    return s;
}

static bool has_taken_up(const char *data, uint64_t wanted, bool *out_runs) {
    AUTO(arena) memory = {0};
    struct running r;
    *out_runs = running_read(data, &memory, &r) == OK;
    return *out_runs && r.accounts >= wanted;
}

static void signal_server(const char *data) {
    AUTO(arena) memory = {0};
    struct running r;
    if (running_read(data, &memory, &r) == OK)
        (void)kill((pid_t)r.pid, SIGHUP);
}

/* A running server has certificates for the names of its accounts: it is told to look, and waited
 * for, so that what one types next finds them. Keys and accounts it reads as they are needed. */
static void tell_server(const char *data, struct store *store) {
    const struct timespec pause = {.tv_nsec = LOOK_EVERY_MS * 1000000L};
    uint64_t wanted;
    bool runs;
    if (generation(store, &wanted) != OK || has_taken_up(data, wanted, &runs) || !runs)
        return;
    signal_server(data);
    for (int waited_ms = 0; waited_ms < TAKE_UP_MS_MAX; waited_ms += LOOK_EVERY_MS) {
        if (has_taken_up(data, wanted, &runs) || !runs)
            return;
        (void)nanosleep(&pause, NULL);
    }
    (void)fprintf(stderr, "kedge account: the server has not taken it up yet; it looks again "
                          "within a minute, and its log says what keeps it\n");
}

/* ---- create ---- */

static status commit(struct txn *t, status s) {
    if (s == OK)
        return store_commit(t);
    store_rollback(t);
    return s;
}

static status create(const struct arguments *a, struct store *store) {
    struct account account;
    struct txn *t;
    TRY(store_begin_write(store, &t));
    TRY(commit(t, account_create(t, bytes_from(a->id), &account)));
    tell_server(a->data, store);
    (void)printf("account %s was made\n"
                 "  its keys        eval \"$(kedge env --data %s --account %s)\"\n"
                 "  its host names  kedge hosts --data %s --account %s\n",
                 account.id, a->data, account.id, a->data, account.id);
    return OK;
}

/* ---- list ---- */

static void print_account(const struct account *account, const char *region) {
    char name[HOST_NAME_MAX_LEN + 1] = "";
    if (region && account_endpoint(account, bytes_from(region), BYTES("iot:Data-ATS"), name) != OK)
        name[0] = 0;
    (void)printf("%s%s%s%s\n", account->id, account->is_default ? " (default)" : "",
                 name[0] ? "  " : "", name);
}

static status list(const struct arguments *a, struct store *store) {
    AUTO(arena) memory = {0};
    struct account *accounts;
    struct running r = {0};
    struct txn *t;
    size_t count;
    bool runs = running_read(a->data, &memory, &r) == OK;
    TRY(store_begin_read(store, &t));
    status s = account_list(t, &memory, &accounts, &count);
    store_rollback(t);
    TRY(s);
    for (size_t i = 0; i < count; i++)
        print_account(&accounts[i], runs ? r.region : NULL);
    return OK;
}

/* ---- delete ---- */

static status delete_account(const struct arguments *a, struct store *store) {
    TRY(account_delete(store, bytes_from(a->id), a->force));
    tell_server(a->data, store);
    (void)printf("account %s is gone, with all it held\n", a->id);
    return OK;
}

/* ---- rotate-key ---- */

static status rotate_key(const struct arguments *a, struct store *store) {
    struct access_key key;
    struct account account;
    struct txn *t;
    TRY(load_account(store, a->id, &account));
    TRY(store_begin_write(store, &t));
    TRY(commit(t, access_key_rotate(t, bytes_from(account.id), &key)));
    (void)printf("account %s has the new access key %s; the old ones are refused from now on\n"
                 "  with its secret  eval \"$(kedge env --data %s --account %s)\"\n",
                 account.id, key.id, a->data, account.id);
    access_key_done(&key);
    return OK;
}

/* ---- the command ---- */

static const struct deed {
    const char *name, *takes, *sentence;
    status (*run)(const struct arguments *a, struct store *store);
    bool needs_id;
} deeds[] = {
    {"create", "[--id 222222222222]",
     "adds an account, with a random id unless one is given; a running server takes it up at once",
     create, false},
    {"list", "", "prints the accounts, and their data endpoints while the server runs", list,
     false},
    {"delete", "--id ID [--force]",
     "deletes an account: empty, or with --force and all it holds; its devices are disconnected",
     delete_account, true},
    {"rotate-key", "[--id ID]",
     "gives an account (the default one) a new access key; the old one is refused from then on",
     rotate_key, false},
};

static void print_deeds(FILE *out) {
    (void)fprintf(out, "kedge account WHAT [--data DIR] …: also while the server runs\n\n");
    for (size_t i = 0; i < COUNT_OF(deeds); i++)
        (void)fprintf(out, "  kedge account %s %s\n      %s\n", deeds[i].name, deeds[i].takes,
                      deeds[i].sentence);
}

static const struct deed *deed_of(const struct arguments *a) {
    for (size_t i = 0; i < COUNT_OF(deeds); i++)
        if (a->word && strcmp(a->word, deeds[i].name) == 0)
            return &deeds[i];
    return NULL;
}

static status check(const struct arguments *a) {
    const struct deed *d = deed_of(a);
    if (!d)
        return FAIL(E_INVALID,
                    "say what: kedge account create, list, delete or rotate-key; kedge account "
                    "--help tells what each does");
    if (d->needs_id && !a->id)
        return FAIL(E_INVALID, "which one? kedge account %s %s; kedge account list shows them",
                    d->name, d->takes);
    return OK;
}

static status run(const struct arguments *a, struct store *store) {
    return deed_of(a)->run(a, store);
}

int command_account(int count, char **words) {
    for (int i = 0; i < count; i++)
        if (strcmp(words[i], "--help") == 0 || strcmp(words[i], "-h") == 0) {
            print_deeds(stdout);
            return 0;
        }
    return ask_store("account", count, words, check, run);
}
