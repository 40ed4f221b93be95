/* The ring of an import: chunks of pieces go around it, filled by one thread, read by several,
 * written by one, in order. Inside ledger/. */
#pragma once
#include "ledger/entry.h"

enum { CHUNK_ENTRIES = 128, RING_CHUNKS = 256 };

struct chunk {
    struct arena memory;
    size_t count;
    double fraction; /* of the ledger, with this chunk */
    bool is_read;
    struct ledger_piece pieces[CHUNK_ENTRIES];
    struct ledger_entry *entries; /* in `memory` */
};

struct ring;

/* ring_start starts a thread that fills chunks from the ledger and `readers` that read them.
 * E_UNAVAILABLE when the system has no threads to give. */
NODISCARD
status ring_start(struct ledger *l, const struct ledger_plan *plan, unsigned readers,
                  struct ring **out_ring);
/* ring_next waits for the next chunk that was read, in the order of the ledger; NULL at the end.
 * *out_result is then what ended the ledger: OK, or why the rest of it cannot be read. */
struct chunk *ring_next(struct ring *r, status *out_result);
/* ring_give_back gives back the `count` chunks that were taken first. */
void ring_give_back(struct ring *r, size_t count);
/* ring_stop ends the threads, whatever is left. */
void ring_stop(struct ring *r);
