/* Inside the rules' worker: a message on its way through them (rules.c), and what its actions use
 * (rule_host.c). */
#pragma once
#include "gateway/event_log.h"
#include "gateway/rule_sets.h"
#include "gateway/rule_waits.h"
#include "gateway/server.h"

/* What the worker has put into the outbox and not yet committed: the items of many messages share
 * a transaction, which ends when no message waits. The worker's alone. */
struct pending;
struct batch {
    struct txn *txn; /* NULL: nothing was put */
    bool broken;     /* the store failed on it: nothing of it is kept */
    uint64_t begun_us;
    size_t messages;
    struct pending *pending; /* last first */
    struct run *runs;        /* done, but for the commit */
    struct arena memory;
};

struct rules {
    struct rule_sets *sets;
    struct rule_waits *waits;
    struct batch batch;
    _Atomic int64_t waiting; /* messages for the worker */
};

/* A message, copied; a job of the worker, or of one of those that wait. */
struct run {
    struct job job;
    struct rule_wait wait;
    struct run *next; /* of the batch */
    struct server *server;
    struct rule *rule; /* the one at work; NULL when it runs for the outbox, on another thread */
    struct message *message;
    char account[ACCOUNT_ID_LEN + 1], principal[65], source_ip[46], trace_id[37];
    struct buf client_id;
    bool from_mqtt;
    unsigned hops;
    logged_set logged;
    int64_t now_ms;
};

/* What is to be told should the commit fail; in the batch's memory. */
struct pending {
    struct pending *next;
    struct run *run;
    struct rule *rule; /* a reference */
    const char *action;
    bytes failed, resource;
};

/* rule_run_host is what the actions of a run may use; borrows the run. */
struct rule_host rule_run_host(struct run *r);
/* rule_run_failed tells of an action that failed; `rule_host.failed` of a run. */
void rule_run_failed(void *run, const struct rule *rule, const char *action, const char *sentence,
                     bool error_action);
/* rule_run_log adds to the log of the service; `e` is without what all lines of a message share. */
void rule_run_log(const struct run *r, struct logged_event e);
