/* kedge backup and kedge restore: a whole server as one file. */
#include <stdio.h>

#include "cli/cli.h"
#include "store/backup.h"

static status check_backup(const struct arguments *a) {
    return a->word ? OK : FAIL(E_INVALID, "into which file? Say kedge backup --data DIR FILE");
}

static status back_up(const struct arguments *a, struct store *store) {
    struct display d = display_start("backing up");
    struct store_progress progress = {display_at, &d};
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
    struct store_progress progress = {display_at, &d};
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
