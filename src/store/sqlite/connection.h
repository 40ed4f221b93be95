/* Inside store/sqlite/: one SQLite connection with its statements, and what SQLite's refusals mean
 * to people. A connection is used by one thread at a time; whoever hands it on orders the memory.
 */
#pragma once
#include "base/list.h"
#include "store/internal.h"

#include <sqlite3.h>

/* Prepared on first use and kept. */
enum query {
    QUERY_LOAD,
    QUERY_HAS,
    QUERY_SAVE,
    QUERY_REMOVE,
    QUERY_SCAN_UP,
    QUERY_SCAN_DOWN,
    QUERY_COUNT
};
enum control {
    CONTROL_BEGIN_READ,
    CONTROL_BEGIN_WRITE,
    CONTROL_COMMIT,
    CONTROL_ROLLBACK,
    CONTROL_MEMBER_BEGIN, /* a savepoint: one member of a batch */
    CONTROL_MEMBER_KEEP,
    CONTROL_MEMBER_UNDO,
    CONTROL_COUNT
};

struct connection {
    struct list link; /* among the idle readers */
    sqlite3 *db;
    const char *path; /* the store's */
    sqlite3_stmt *queries[TABLE_COUNT][QUERY_COUNT];
    sqlite3_stmt *controls[CONTROL_COUNT];
    int control_errno; /* of the last control: SQLite remembers none when a commit fails */
};

/* connection_new opens `path`, which must exist; `cache_kib` bounds its page cache. */
NODISCARD
status connection_new(const char *path, int cache_kib, struct connection **out_connection);
void connection_free(struct connection *c);
/* connection_query gives the statement, ready to bind. */
NODISCARD
status connection_query(struct connection *c, enum query query, enum table table,
                        sqlite3_stmt **out_statement);
NODISCARD
status connection_control(struct connection *c, enum control control);
/* connection_try is connection_control that records no failure: the SQLite result code. */
int connection_try(struct connection *c, enum control control);
/* connection_run runs SQL without results; connection_number gives the one integer it answers. */
NODISCARD
status connection_run(struct connection *c, const char *sql);
NODISCARD
status connection_number(struct connection *c, const char *sql, int64_t *out_number);
/* connection_is_in_transaction is false also after SQLite gave up a transaction by itself. */
bool connection_is_in_transaction(const struct connection *c);

/* connection_copy copies what one commit left behind into the empty file `path`; see store_copy. */
NODISCARD
status connection_copy(struct connection *c, const char *path,
                       const struct store_progress *progress);
/* connection_verify has SQLite check the structure of the whole file. */
NODISCARD
status connection_verify(struct connection *c);

/* connection_describe writes why the last call on `c` answered `code`, as a sentence, and what
 * status that is; connection_fail records it. */
enum { SENTENCE_MAX = 1024 };
status connection_describe(const struct connection *c, int code, char out[SENTENCE_MAX]);
status connection_fail(const struct connection *c, int code);
