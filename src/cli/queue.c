/* kedge queue: what waits to be delivered elsewhere; beside a running server or without one. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "account/account.h"
#include "base/clock.h"
#include "cli/cli.h"
#include "gateway/running.h"
#include "outbox/outbox.h"

/* A running server reads the store again when it is told (gateway/server.c). */
static void tell_server(const char *data) {
    AUTO(arena) memory = {0};
    struct running r;
    if (running_read(data, &memory, &r) == OK)
        (void)kill((pid_t)r.pid, SIGUSR1);
}

/* ---- list ---- */

static void print_age(const char *what, int64_t ms) {
    long long s = ms < 0 ? 0 : ms / 1000;
    if (s < 120)
        (void)printf("  %s %lld s", what, s);
    else if (s < 7200)
        (void)printf("  %s %lld min", what, s / 60);
    else
        (void)printf("  %s %lld h", what, s / 3600);
}

static void print_lane(const struct outbox_lane_view *l, int64_t now_ms) {
    (void)printf("%.*s\n    %.*s of account %.*s:  %zu waiting", BYTES_ARG(l->lane),
                 BYTES_ARG(l->kind), BYTES_ARG(l->account), l->waiting);
    if (l->under_way > 0)
        (void)printf("  %zu under way", l->under_way);
    if (l->failing > 0)
        (void)printf("  %zu failing", l->failing);
    (void)printf("  %llu bytes", (unsigned long long)l->bytes);
    print_age("oldest", now_ms - l->oldest_put_ms);
    if (l->waiting > 0)
        print_age("next in", l->next_ms - now_ms);
    (void)printf("\n");
    if (l->sentence.len > 0)
        (void)printf("    last failure: %.*s\n", BYTES_ARG(l->sentence));
}

static status list(const struct arguments *a, struct store *store) {
    AUTO(arena) memory = {0};
    struct outbox_lane_view *lanes;
    struct txn *t;
    size_t count, shown = 0;
    TRY(store_begin_read(store, &t));
    status s = outbox_view(t, &memory, &lanes, &count);
    store_rollback(t);
    TRY(s);
    for (size_t i = 0; i < count; i++) {
        if (a->account && !bytes_equal(lanes[i].account, bytes_from(a->account)))
            continue;
        print_lane(&lanes[i], clock_wall_ms());
        shown++;
    }
    if (shown == 0)
        (void)printf("nothing waits to be delivered\n");
    return OK;
}

/* ---- retry, drop ---- */

static status change(const struct arguments *a, struct store *store) {
    struct outbox_choice which = {.account = bytes_from(a->account), .lane = bytes_from(a->more)};
    bool drop = strcmp(a->word, "drop") == 0;
    struct txn *t;
    size_t count;
    TRY(store_begin_write(store, &t));
    status s = drop ? outbox_drop(t, &which, &count) : outbox_hurry(t, &which, &count);
    if (s != OK) {
        store_rollback(t);
        return s;
    }
    TRY(store_commit(t));
    tell_server(a->data);
    (void)printf(drop ? "%zu dropped\n" : "%zu will be tried now\n", count);
    return OK;
}

/* ---- the command ---- */

static status check_queue(const struct arguments *a) {
    if (!a->word || (strcmp(a->word, "retry") == 0))
        return OK;
    if (strcmp(a->word, "drop") == 0 && (a->more || a->force))
        return OK;
    return FAIL(E_INVALID, "say kedge queue, kedge queue retry [LANE], kedge queue drop LANE, or "
                           "kedge queue drop --force for all");
}

static status queue(const struct arguments *a, struct store *store) {
    return a->word ? change(a, store) : list(a, store);
}

int command_queue(int count, char **words) {
    return ask_store("queue", count, words, check_queue, queue);
}
