/* Importing a ledger: tens of thousands of certificates, as fast as the disk takes them.
 *
 *     caller                    threads                     caller again
 *     ledger_next ─▶ chunks ─▶ entry_read, side by side ─▶ enroll, thousands to a transaction
 *
 * Chunks of pieces travel around a ring and are enrolled in order. An entry that cannot be enrolled
 * costs its batch a rollback: what stood before it is done again and committed, then it goes on
 * behind it; so each entry is registered whole or not at all, and none takes others along.
 *
 * Importing the same ledger again changes nothing; so after an interruption one begins anew, and
 * what is there is passed over quickly. */
#pragma once
#include <stdatomic.h>
#include <stdio.h>

#include "ledger/enroll.h"

struct import_counts {
    uint64_t registered, completed, existing, duplicates, bad;
};
struct import_progress {
    struct import_counts counts;
    double fraction; /* of the ledger, 0 to 1 */
    bool ended;
};

struct import {
    struct store *store;
    bytes account, region;
    struct ledger *ledger;
    const struct ledger_plan *plan;
    unsigned readers;   /* threads that read entries; 0: one per core */
    size_t batch;       /* entries to a transaction; 0: as many as are good for an import alone */
    unsigned pause_ms;  /* after each transaction, so that a server beside it may write */
    FILE *report;       /* CSV of what is not simply registered; NULL: none */
    _Atomic bool *stop; /* set by a signal: the batch under way is finished; NULL: none */
    void (*progress)(void *context, const struct import_progress *p); /* after each transaction */
    void *context;
};
enum { IMPORT_BATCH = 16384, IMPORT_BATCH_BESIDE_SERVER = 1000, IMPORT_PAUSE_MS = 10 };

/* import_run returns when all was enrolled or *stop was seen. A failure of the store ends it, with
 * what was committed so far in *out_counts, which is always written. */
NODISCARD
status import_run(const struct import *i, struct import_counts *out_counts);
