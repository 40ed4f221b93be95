/* Inside store/sqlite/: group commit.
 *
 * A commit costs an fsync, whatever its size. So write transactions that arrive while one is being
 * made share the next: each is a savepoint in one SQLite transaction, they run one after the other
 * in their turn, and the last in line commits for all.
 *
 *     BEGIN · SAVEPOINT a … RELEASE · SAVEPOINT b … ROLLBACK TO · SAVEPOINT c … RELEASE · COMMIT
 *             thread 1                thread 2                   thread 3       thread 3
 *
 * Threads 1 and 3 return after the COMMIT and with its result; thread 2 rolled back and took
 * nothing of the others with it. */
#pragma once
#include "store/sqlite/connection.h"
#include "store/turn.h"

struct batch;

struct member { /* one write transaction */
    struct txn base;
    struct member *next; /* in the batch */
    struct batch *batch; /* once it is part of one */
};

struct batches {
    struct connection *writer; /* used by whoever has the turn */
    struct turn turn;
    struct batch *open;    /* committed by its members, not yet by SQLite; whoever has the turn */
    pthread_mutex_t mutex; /* for `ended` and `leaving` of batches */
};

void batches_init(struct batches *b, struct connection *take_writer);
void batches_done(struct batches *b);
/* batches_begin waits for its turn and opens a savepoint. */
NODISCARD
status batches_begin(struct batches *b);
/* batches_keep ends the turn and returns when the batch that holds `m` is durable and told. */
NODISCARD
status batches_keep(struct batches *b, struct member *m);
/* batches_undo ends the turn; what others did stays. */
void batches_undo(struct batches *b);
/* batches_check is to be called after a failed statement: when SQLite gave up the whole transaction
 * for it, the other members are told why. */
void batches_check(struct batches *b, int code);
