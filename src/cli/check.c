/* kedge check: is what lies in a data directory in order? */
#include <stdio.h>

#include "cli/cli.h"
#include "function/code.h"
#include "iam/check.h"
#include "registry/check.h"

enum { SHOWN_MAX = 100 };

static void print_problem(void *context, const char *sentence) {
    uint64_t *shown = context;
    if (++*shown <= SHOWN_MAX)
        (void)printf("%s\n", sentence);
}

static status walk(struct store *store, struct registry_check *check) {
    struct txn *t;
    TRY(store_begin_read(store, &t));
    status s = registry_check(t, check);
    if (s == OK)
        s = iam_check(t, check);
    store_rollback(t);
    return s;
}

static status check_all(const struct arguments *a, struct store *store) {
    uint64_t shown = 0;
    struct display d = display_start("checking");
    struct store_progress progress = {display_at, &d};
    struct registry_check check = {
        .problem = print_problem, .context = &shown, .progress = &progress};
    TRY(store_verify(store));
    status s = walk(store, &check);
    uint64_t before = shown;
    if (s == OK)
        s = code_verify(a->data, store, print_problem, &shown);
    check.problems += shown - before;
    display_end(&d);
    TRY(s);
    if (shown > SHOWN_MAX)
        (void)printf("… and %llu more\n", (unsigned long long)(shown - SHOWN_MAX));
    if (check.problems > 0)
        return FAIL(E_INTERNAL, "%s is damaged: %llu problems in %llu rows. Restore a backup",
                    a->data, (unsigned long long)check.problems, (unsigned long long)check.rows);
    (void)printf("%s is in order: %llu rows\n", a->data, (unsigned long long)check.rows);
    return OK;
}

int command_check(int count, char **words) {
    return ask_store("check", count, words, NULL, check_all);
}
