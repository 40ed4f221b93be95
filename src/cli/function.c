/* kedge function: functions from the command line, beside a running server or without one. */
#include "cli/function.h"

#include <stdio.h>
#include <string.h>

#include "account/account.h"
#include "base/clock.h"
#include "function/code.h"
#include "gateway/running.h"
#include "registry/function_policy.h"
#include "store/record.h"

struct registry function_registry(struct function_command *c, struct txn *t) {
    return (struct registry){t, &c->arena, bytes_from(c->account_id),
                             c->region[0] ? bytes_from(c->region) : BYTES("-")};
}

/* ---- list, show, remove ---- */

static void print_line(const struct function_record *f) {
    char modified[25];
    clock_format(f->modified_ms, modified);
    (void)printf("%-32.*s  %-16.*s  %-24.*s  %s%s%.*s\n", BYTES_ARG(f->name), BYTES_ARG(f->runtime),
                 BYTES_ARG(f->handler), modified, f->source_folder.len ? "  " : "",
                 BYTES_ARG(f->source_folder));
}

static status list_page(struct function_command *c, struct page *page, bool *out_more) {
    struct function_list list;
    struct txn *t;
    TRY(store_begin_read(c->store, &t));
    struct registry r = function_registry(c, t);
    status s = function_list(&r, page, &list);
    store_rollback(t);
    TRY(s);
    for (size_t i = 0; i < list.count; i++)
        print_line(&list.items[i]);
    page->token = list.next;
    *out_more = list.next.len > 0;
    return OK;
}

static status list(struct function_command *c) {
    struct page page = {.limit = PAGE_LIMIT_MAX};
    for (bool more = true; more;)
        TRY(list_page(c, &page, &more));
    return OK;
}

static void print_variables(bytes variables) {
    bytes name, value;
    while (record_list_next(&variables, &name) && record_list_next(&variables, &value))
        (void)printf("variable      %.*s=%.*s\n", BYTES_ARG(name), BYTES_ARG(value));
}

static void print_function(const struct function_command *c, const struct function_record *f,
                           bytes policy) {
    char modified[25];
    clock_format(f->modified_ms, modified);
    (void)printf("name          %.*s\nhandler       %.*s\nruntime       %.*s\nrole          %.*s\n",
                 BYTES_ARG(f->name), BYTES_ARG(f->handler), BYTES_ARG(f->runtime),
                 BYTES_ARG(f->role_arn));
    (void)printf("timeout       %lld s\nmemory        %lld MB\nchanged       %s\n",
                 (long long)f->timeout_s, (long long)f->memory_mb, modified);
    (void)printf("code          %s/functions/%.*s (%lld bytes packed)\n", c->data,
                 BYTES_ARG(f->code_id), (long long)f->code_size);
    if (f->source_folder.len > 0)
        (void)printf("reloaded from %.*s\n", BYTES_ARG(f->source_folder));
    if (f->last_version > 0)
        (void)printf("last version  %llu\n", (unsigned long long)f->last_version);
    print_variables(f->variables);
    (void)printf("policy        %.*s\n", BYTES_ARG(policy.len ? policy : BYTES("none")));
}

static status show(struct function_command *c) {
    struct function_record f;
    struct txn *t;
    bytes policy = {0}, revision;
    TRY(store_begin_read(c->store, &t));
    struct registry r = function_registry(c, t);
    status s = function_load(&r, bytes_from(c->name), &f);
    if (s == OK && function_policy_text(&r, f.name, (bytes){0}, &policy, &revision) != OK)
        policy = (bytes){0};
    store_rollback(t);
    TRY(s);
    print_function(c, &f, policy);
    return OK;
}

static status remove_it(struct function_command *c) {
    struct function_record f;
    struct txn *t;
    TRY(store_begin_write(c->store, &t));
    struct registry r = function_registry(c, t);
    status s = function_load(&r, bytes_from(c->name), &f);
    if (s == OK)
        s = function_delete(&r, f.name);
    if (s != OK) {
        store_rollback(t);
        return s;
    }
    TRY(store_commit(t));
    code_replaced(c->data, f.code_id);
    (void)printf("function %s is gone, with its versions and aliases; its log stays\n", c->name);
    return OK;
}

/* ---- the words ---- */

static const struct deed {
    const char *name, *takes, *sentence;
    status (*run)(struct function_command *c);
    bool needs_name;
} deeds[] = {
    {"add",
     "NAME --dir DIR|--zip FILE [--handler H] [--runtime R] [--role ARN] [--env K=V]… "
     "[--timeout S] [--memory MB]",
     "adds a function, or changes the one of that name. From --dir it is read again whenever\n"
     "      something in the folder has changed. Without --role it may do everything in the\n"
     "      account (role kedge-development), and AWS IoT may invoke it: for development",
     function_add, true},
    {"list", "", "prints the functions of the account", list, false},
    {"show", "NAME", "prints what a function is made of, and who may invoke it", show, true},
    {"invoke", "NAME [EVENT|-]",
     "runs it on a JSON event ({} when none is given, - reads one) and prints its answer",
     function_invoke_once, true},
    {"logs", "NAME [--since 10m] [--follow]", "prints what it logged", function_logs, true},
    {"remove", "NAME", "removes a function with its versions and aliases", remove_it, true},
};

static void print_deeds(FILE *out) {
    (void)fprintf(out, "kedge function WHAT [--data DIR] [--account ID] …: also while the server "
                       "runs (invoke and logs need it)\n\n");
    for (size_t i = 0; i < COUNT_OF(deeds); i++)
        (void)fprintf(out, "  kedge function %s %s\n      %s\n", deeds[i].name, deeds[i].takes,
                      deeds[i].sentence);
}

static const struct deed *deed_of(const struct function_command *c) {
    for (size_t i = 0; i < COUNT_OF(deeds); i++)
        if (c->deed && strcmp(c->deed, deeds[i].name) == 0)
            return &deeds[i];
    return NULL;
}

static const char **place_of(struct function_command *c, const char *word) {
    const struct {
        const char *name;
        const char **place;
    } options[] = {{"--data", &c->data},  {"--account", &c->account}, {"--dir", &c->dir},
                   {"--zip", &c->zip},    {"--handler", &c->handler}, {"--runtime", &c->runtime},
                   {"--role", &c->role},  {"--timeout", &c->timeout}, {"--memory", &c->memory},
                   {"--since", &c->since}};
    for (size_t i = 0; i < COUNT_OF(options); i++)
        if (strcmp(word, options[i].name) == 0)
            return options[i].place;
    if (strcmp(word, "--env") == 0 && c->variable_count < FUNCTION_VARIABLES_MAX)
        return &c->variables[c->variable_count++];
    return NULL;
}

static status take_word(struct function_command *c, const char *word) {
    const char **places[] = {&c->deed, &c->name, &c->word};
    for (size_t i = 0; i < COUNT_OF(places); i++)
        if (!*places[i]) {
            *places[i] = word;
            return OK;
        }
    return FAIL(E_INVALID, "'%s' is one word too many; see kedge function --help", word);
}

static status parse(int count, char **words, struct function_command *c) {
    c->data = "./kedge-data";
    for (int i = 0; i < count; i++) {
        const char **place = place_of(c, words[i]);
        if (place && i + 1 >= count)
            return FAIL(E_INVALID, "%s takes a value", words[i]);
        if (place)
            *place = words[++i];
        else if (strcmp(words[i], "--follow") == 0)
            c->follow = true;
        else if (words[i][0] == '-' && words[i][1] != 0)
            return FAIL(E_INVALID, "there is no option %s; see kedge function --help", words[i]);
        else
            TRY(take_word(c, words[i]));
    }
    const struct deed *d = deed_of(c);
    if (!d)
        return FAIL(E_INVALID, "say what: kedge function add, list, show, invoke, logs or remove; "
                               "kedge function --help tells what each does");
    if (d->needs_name && !c->name)
        return FAIL(E_INVALID, "which one? kedge function %s %s", d->name, d->takes);
    return OK;
}

/* The account, and the region as far as a server tells it. */
static status look_around(struct function_command *c) {
    struct account account;
    struct running r;
    TRY(open_store(c->data, &c->store));
    TRY(load_account(c->store, c->account, &account));
    (void)snprintf(c->account_id, sizeof c->account_id, "%s", account.id);
    if (running_read(c->data, &c->arena, &r) == OK)
        (void)snprintf(c->region, sizeof c->region, "%s", r.region);
    return OK;
}

int command_function(int count, char **words) {
    struct function_command c = {0};
    for (int i = 0; i < count; i++)
        if (strcmp(words[i], "--help") == 0 || strcmp(words[i], "-h") == 0) {
            print_deeds(stdout);
            return 0;
        }
    status s = parse(count, words, &c);
    if (s == OK)
        s = look_around(&c);
    if (s == OK)
        s = deed_of(&c)->run(&c);
    int exit_status = s == OK ? 0 : complain("function", s);
    store_close(c.store);
    arena_done(&c.arena);
    return exit_status;
}
