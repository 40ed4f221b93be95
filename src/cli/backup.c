/* kedge backup and kedge restore: a whole server as one file. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/cli.h"
#include "store/backup.h"

/* How far a long one is, on standard error: on a terminal twice a second in one line, into a log
 * every ten seconds a line. */
struct display {
    const char *verb;
    bool terminal, shown;
    uint64_t next_us;
};

static uint64_t pause_us(const struct display *d) {
    return d->terminal ? 500000 : 10000000;
}

static void show(void *context, uint64_t done, uint64_t total) {
    struct display *d = context;
    uint64_t now_us = clock_monotonic_us();
    if (now_us < d->next_us || total == 0)
        return;
    d->next_us = now_us + pause_us(d);
    (void)fprintf(stderr, d->terminal ? "\r%s %3u %%" : "%s %u %%\n", d->verb,
                  (unsigned)(done * 100 / total));
    d->shown = true;
}

static struct display display_start(const char *verb) {
    struct display d = {.verb = verb, .terminal = isatty(STDERR_FILENO)};
    d.next_us = clock_monotonic_us() + pause_us(&d);
    return d;
}

static void display_end(const struct display *d) {
    if (d->shown && d->terminal)
        (void)fprintf(stderr, "\r%*s\r", (int)strlen(d->verb) + 8, "");
}

static status check_backup(const struct arguments *a) {
    return a->word ? OK : FAIL(E_INVALID, "into which file? Say kedge backup --data DIR FILE");
}

static status back_up(const struct arguments *a, struct store *store) {
    struct display d = display_start("backing up");
    struct store_progress progress = {show, &d};
    status s = backup_write(store, a->data, a->word, &progress);
    display_end(&d);
    TRY(s);
    (void)printf("%s holds all of %s, its private keys too: keep it safe\n", a->word, a->data);
    return OK;
}

int command_backup(int count, char **words) {
    return ask_store("backup", count, words, check_backup, back_up);
}

static status restore(const struct arguments *a) {
    struct display d = display_start("restoring");
    struct store_progress progress = {show, &d};
    status s = backup_restore(a->word, a->data, a->replace, &progress);
    display_end(&d);
    TRY(s);
    (void)printf("%s is as it was; start the server with: kedge serve --data %s\n", a->data,
                 a->data);
    return OK;
}

int command_restore(int count, char **words) {
    struct arguments a;
    status s = arguments_parse(count, words, &a);
    if (s == OK && !a.word)
        s = FAIL(E_INVALID, "which file? Say kedge restore FILE --data DIR");
    if (s != OK)
        return complain("restore", s);
    if (restore(&a) == OK)
        return 0;
    (void)complain("restore", E_INTERNAL); /* the words were right, whatever is wrong */
    return 1;
}
