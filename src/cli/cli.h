/* The operator's command line: `kedge COMMAND …`, one row per command in main.c.
 *
 * A command prints its answer to standard output and returns the exit status: 0, 1 when it failed
 * (a sentence on standard error), 2 when it was called wrongly. */
#pragma once
#include "base/arena.h"
#include "base/status.h"
#include "store/store.h"

int command_serve(int count, char **words);
int command_env(int count, char **words);
int command_why(int count, char **words);
int command_hosts(int count, char **words);
int command_api(int count, char **words);
int command_account(int count, char **words);
int command_crl(int count, char **words);
int command_certificates(int count, char **words);
int command_backup(int count, char **words);
int command_restore(int count, char **words);
int command_lint(int count, char **words);
int command_check(int count, char **words);
int command_import(int count, char **words);
int command_export(int count, char **words);
int command_function(int count, char **words);
int command_queue(int count, char **words);
int command_logs(int count, char **words);

/* What most commands take: --data DIR, --account ID and one word. */
struct arguments {
    const char *data;     /* "./kedge-data" when not given */
    const char *account;  /* NULL when not given */
    const char *id;       /* --id */
    const char *expiring; /* --expiring */
    const char *ca;       /* --ca */
    const char *since;    /* --since */
    const char *more;     /* a second word, for commands that take one */
    const char *word;     /* NULL when there was none */
    bool coverage;        /* --coverage */
    bool force;           /* --force */
    bool replace;         /* --replace */
    bool follow;          /* --follow */
};
/* arguments_parse takes the words after the command; E_INVALID names what it does not know. */
NODISCARD
status arguments_parse(int count, char **words, struct arguments *out);

/* complain prints the last failure and returns 1, or 2 after arguments that were wrong. */
int complain(const char *command, status s);

/* ask_store runs a command that looks at a data directory: parses the words, has `check` look at
 * them (may be NULL), opens the store, has `answer` print. Returns the exit status, having
 * complained. */
int ask_store(const char *command, int count, char **words,
              status (*check)(const struct arguments *a),
              status (*answer)(const struct arguments *a, struct store *store));

/* How far a long command is, on standard error: on a terminal twice a second in one line, else a
 * line every ten seconds. display_at is what a struct store_progress calls. */
struct display {
    const char *verb; /* "backing up" */
    bool terminal, shown;
    uint64_t next_us;
};
struct display display_start(const char *verb);
void display_at(void *display, uint64_t done, uint64_t total);
void display_end(const struct display *d);

/* open_store opens the store of a data directory that exists already, beside a running server or
 * not. */
NODISCARD
status open_store(const char *data, struct store **out_store);
/* load_account loads the account named, or the default one. */
struct account;
NODISCARD
status load_account(struct store *s, const char *id, struct account *out);
