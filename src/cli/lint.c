/* kedge lint: what is legal in a policy but hardly meant. */
#include <stdio.h>

#include "account/account.h"
#include "cli/cli.h"
#include "policy/document.h"
#include "registry/policy.h"

static status lint_policy(const struct registry *r, bytes name, size_t *count) {
    AUTO(buf) doubts = {0};
    struct policy_record policy;
    struct policy_document *document;
    TRY(policy_load(r, name, &policy));
    TRY(policy_document_parse(name, policy.document, POLICY_BYTES_MAX, &document));
    *count += policy_document_lint(document, &doubts);
    policy_document_unref(document);
    bytes left = buf_bytes(&doubts), line;
    while (bytes_split(&left, '\n', &line))
        if (line.len > 0)
            (void)printf("%.*s: %.*s\n", BYTES_ARG(name), BYTES_ARG(line));
    return OK;
}

static status lint_all(const struct registry *r, size_t *count) {
    struct page page = {.limit = PAGE_LIMIT_MAX, .ascending = true};
    do {
        struct policy_list list;
        TRY(policy_list(r, &page, &list));
        for (size_t i = 0; i < list.count; i++)
            TRY(lint_policy(r, list.items[i].name, count));
        page.token = list.next;
    } while (page.token.len > 0);
    return OK;
}

static status lint(const struct arguments *a, struct store *store) {
    AUTO(arena) memory = {0};
    struct account account;
    struct txn *t;
    size_t count = 0;
    TRY(load_account(store, a->account, &account));
    TRY(store_begin_read(store, &t));
    struct registry r = {t, &memory, bytes_from(account.id), BYTES("-")};
    status s = a->word ? lint_policy(&r, bytes_from(a->word), &count) : lint_all(&r, &count);
    store_rollback(t);
    if (s == OK && count == 0)
        (void)printf("nothing to remark\n");
    return s;
}

int command_lint(int count, char **words) {
    return ask_store("lint", count, words, NULL, lint);
}
