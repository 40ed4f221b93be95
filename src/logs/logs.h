/* Logs: lines in groups and streams, as CloudWatch Logs keeps them [AWS rules 9].
 *
 *     any thread ── logs_append ──▶ blocks in memory ── one thread ──▶ store ◀── readers (book.h)
 *
 * They have a store of their own, DIR/logs/kedge.db, so that what is chatty neither slows the
 * registry nor makes backups large. Whoever appends never waits for the disk: lines gather in
 * memory, a block per stream, and are written together a few times a second. All of it is bounded:
 * what waits (lines beyond are dropped, counted, and said in their stream), each group and all
 * groups in bytes (the oldest lines go first), and each group by its retention. */
#pragma once
#include "base/arena.h"

struct logs;
struct store_ops;
struct txn;

enum {
    LOG_MESSAGE_BYTES_MAX = 256 << 10, /* longer ones are cut */
    LOG_NAME_BYTES_MAX = 512,          /* of groups and of streams */
    LOG_WAITING_BYTES_MAX = 16 << 20,  /* in memory, of all streams */
    LOG_BLOCK_BYTES_MAX = 4 << 20,     /* in memory, of one stream */
    LOG_PAUSE_MS = 200                 /* lines of this long are written together */
};

struct logs_config {
    const struct store_ops *ops;
    const char *folder;       /* made when missing; NULL for a store that keeps no files */
    uint64_t group_bytes_max; /* of a group; 0: 256 MiB */
    uint64_t bytes_max;       /* of all groups; 0: 2 GiB */
    /* trouble is told, by the writer's thread, of lines that could not be written; may be NULL. */
    void (*trouble)(void *context, const char *sentence);
    void *context;
};

/* logs_open starts the writer's thread. The store is opened when something is first written or
 * read: a server that logs nothing has no use for it. */
NODISCARD
status logs_open(const struct logs_config *config, struct logs **out_logs);
/* logs_close writes what waits. NULL does nothing. */
void logs_close(struct logs *l);

struct log_entry {
    int64_t timestamp_ms;
    bytes message;
};
/* logs_append adds lines to a stream; group and stream are made when they are missing. Copies all.
 * Any thread, loops too: it never waits for the disk. Names that cannot be are cut; empty messages
 * are left out. `l` NULL does nothing. */
void logs_append(struct logs *l, bytes account, bytes group, bytes stream,
                 const struct log_entry *entries, size_t count);

/* logs_settle returns when what was appended before can be read, at the latest after two seconds:
 * for those who look right after something happened. Blocks; not for loops. */
void logs_settle(struct logs *l);
/* logs_tidy has the writer remove, soon, what deletions left behind. Any thread. */
void logs_tidy(struct logs *l);

/* logs_dropped is how many lines were lost since logs_open, for want of room or to a failing disk.
 */
uint64_t logs_dropped(struct logs *l);

/* logs_begin_read and logs_begin_write begin a transaction of the logs' store, for those who read
 * and change groups (book.h). Fail as store_open and store_begin_read, store_begin_write. */
NODISCARD
status logs_begin_read(struct logs *l, struct txn **out_txn);
NODISCARD
status logs_begin_write(struct logs *l, struct txn **out_txn);
