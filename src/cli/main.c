#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "account/account.h"
#include "cli/cli.h"
#include "gateway/server.h"
#include "gateway/settings.h"
#include "runtime/confine.h"

struct command {
    const char *name;
    int (*run)(int count, char **words);
    const char *takes, *sentence;
};

static const struct command commands[] = {
    {"serve", command_serve, "[--data DIR] [OPTION …]",
     "runs the server; kedge serve --help lists the options"},
    {"env", command_env, "[--data DIR] [--account ID]",
     "prints what a shell needs: eval \"$(kedge env)\""},
    {"why", command_why, "[--data DIR] [--account ID] CLIENT-ID|CERTIFICATE-ID",
     "says why a device was refused or disconnected"},
    {"hosts", command_hosts, "[--data DIR] [--account ID]",
     "prints /etc/hosts lines for all names of the server, or of an account"},
    {"account", command_account, "create|list|delete|rotate-key [--data DIR] [--id ID]",
     "keeps accounts, also while the server runs; kedge account --help tells more"},
    {"certificates", command_certificates, "--expiring 30d [--data DIR] [--account ID]",
     "lists certificates and CAs that end within that time or have ended, soonest first"},
    {"crl", command_crl, "add|remove|list|refresh [--ca ID] [FILE|URL] [--data DIR] [--account ID]",
     "keeps the revocation lists of registered CAs; also while the server runs"},
    {"backup", command_backup, "[--data DIR] FILE",
     "writes all of DIR, private keys included, to one file; also while the server runs"},
    {"restore", command_restore, "FILE [--data DIR] [--replace]",
     "makes DIR of a backup; what was there is moved aside with --replace, else in the way"},
    {"lint", command_lint, "[--data DIR] [--account ID] [POLICY]",
     "remarks on what is legal in the policies (or in one) but hardly meant"},
    {"check", command_check, "[--data DIR]",
     "looks whether everything in DIR is in order; also while the server runs"},
    {"import", command_import, "LEDGER [--data DIR] [OPTION …]",
     "registers all certificates of a ledger; kedge import --help lists the options"},
    {"export", command_export, "[--data DIR] [--account ID] [--format csv|folder|bundle] PATH",
     "writes all certificates of an account as a ledger"},
    {"function", command_function, "add|list|show|invoke|logs|remove [NAME] [--data DIR] …",
     "keeps functions, also while the server runs; kedge function --help tells more"},
    {"logs", command_logs, "[GROUP] [--since 10m] [--follow] [--data DIR] [--account ID]",
     "prints the lines of a log group, or which groups there are"},
    {"queue", command_queue, "[retry [LANE]|drop LANE] [--data DIR] [--account ID]",
     "lists what waits to be delivered elsewhere, tries it now or drops it; beside the server too"},
    {"api", command_api, "--coverage", "prints which of AWS IoT's operations are there"},
};

static void print_help(FILE *out) {
    (void)fprintf(out, "kedge %s: AWS IoT Core's device side, on your own machine\n\n",
                  KEDGE_VERSION);
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        (void)fprintf(out, "  kedge %s %s\n      %s\n", commands[i].name, commands[i].takes,
                      commands[i].sentence);
    (void)fprintf(
        out,
        "\nDIR is where `kedge serve` keeps everything: ./kedge-data unless told otherwise.\n");
}

int complain(const char *command, status s) {
    (void)fprintf(stderr, "kedge %s: %s\n", command, failure_text());
    return s == E_INVALID ? 2 : 1;
}

/* ---- arguments ---- */

static const char **place_of(struct arguments *a, const char *name) {
    if (strcmp(name, "--data") == 0)
        return &a->data;
    if (strcmp(name, "--account") == 0)
        return &a->account;
    if (strcmp(name, "--ca") == 0)
        return &a->ca;
    if (strcmp(name, "--expiring") == 0)
        return &a->expiring;
    if (strcmp(name, "--since") == 0)
        return &a->since;
    return strcmp(name, "--id") == 0 ? &a->id : NULL;
}

status arguments_parse(int count, char **words, struct arguments *out) {
    struct arguments a = {.data = "./kedge-data"};
    for (int i = 0; i < count; i++) {
        const char **place = place_of(&a, words[i]);
        if (place && i + 1 >= count)
            return FAIL(E_INVALID, "%s takes a value", words[i]);
        if (place)
            *place = words[++i];
        else if (strcmp(words[i], "--coverage") == 0)
            a.coverage = true;
        else if (strcmp(words[i], "--force") == 0)
            a.force = true;
        else if (strcmp(words[i], "--replace") == 0)
            a.replace = true;
        else if (strcmp(words[i], "--follow") == 0)
            a.follow = true;
        else if (words[i][0] == '-' && words[i][1] == '-')
            return FAIL(E_INVALID, "there is no option %s; see kedge help", words[i]);
        else if (a.word && !a.more)
            a.more = words[i];
        else if (a.word)
            return FAIL(E_INVALID, "'%s' is one word too many; see kedge help", words[i]);
        else
            a.word = words[i];
    }
    *out = a;
    return OK;
}

status open_store(const char *data, struct store **out_store) {
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/kedge.db", data);
    if (access(path, F_OK) != 0)
        return FAIL(E_UNAVAILABLE,
                    "there is no data in %s; start a server with: kedge serve --data %s", data,
                    data);
    return store_open(&store_sqlite, data, out_store);
}

int ask_store(const char *command, int count, char **words,
              status (*check)(const struct arguments *a),
              status (*answer)(const struct arguments *a, struct store *store)) {
    struct arguments a;
    struct store *store = NULL;
    status s = arguments_parse(count, words, &a);
    if (s == OK && a.more && strcmp(command, "crl") != 0 && strcmp(command, "queue") != 0)
        s = FAIL(E_INVALID, "'%s' is one word too many; see kedge help", a.more);
    if (s == OK && check)
        s = check(&a);
    if (s == OK)
        s = open_store(a.data, &store);
    if (s == OK)
        s = answer(&a, store);
    store_close(store);
    return s == OK ? 0 : complain(command, s);
}

status load_account(struct store *s, const char *id, struct account *out) {
    struct txn *t;
    TRY(store_begin_read(s, &t));
    status result = id ? account_load(t, bytes_from(id), out) : account_load_default(t, out);
    store_rollback(t);
    return result;
}

/* ---- kedge serve ---- */

int command_serve(int count, char **words) {
    AUTO(arena) memory = {0};
    struct settings settings;
    for (int i = 0; i < count; i++) {
        if (strcmp(words[i], "--help") == 0 || strcmp(words[i], "-h") == 0) {
            AUTO(buf) help = {0};
            settings_help(&help);
            (void)printf("kedge serve [OPTION …]\n\n%s", buf_string(&help));
            return 0;
        }
    }
    status s = settings_parse(count, words, &memory, &settings);
    if (s != OK)
        return complain("serve", s);
    log_set_level(settings.log_level);
    s = server_run(&settings);
    return s == OK ? 0 : complain("serve", s);
}

/* A core dump would hold private keys and secret access keys. Sanitizers look at their own process
 * as a debugger does, so theirs stay as they are. */
static void forbid_core_dumps(void) {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    (void)prctl(PR_SET_DUMPABLE, 0);
#endif
}

int main(int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : "help";
    forbid_core_dumps();
    (void)signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is a disk that is full */
    if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        print_help(stdout);
        return argc > 1 ? 0 : 2;
    }
    if (strcmp(name, "version") == 0 || strcmp(name, "--version") == 0) {
        (void)printf("kedge %s\n", KEDGE_VERSION);
        return 0;
    }
    if (strcmp(name, "confine") == 0) /* what the server starts functions by; not for people */
        return confine_command(argc - 2, argv + 2);
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        if (strcmp(name, commands[i].name) == 0)
            return commands[i].run(argc - 2, argv + 2);
    (void)fprintf(stderr, "kedge: there is no command %s\n\n", name);
    print_help(stderr);
    return 2;
}
