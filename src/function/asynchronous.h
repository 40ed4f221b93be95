/* Asynchronous invocations: accepted when they are on disk, run later, at least once
 * [AWS rules 8.4].
 *
 *     function_enqueue, in a transaction ─▶ outbox, a lane per function ─▶ function_host_run
 *         ├─ it returned ─▶ its OnSuccess destination
 *         ├─ it failed ─▶ again after a minute, and after two; then its OnFailure destination
 *         └─ throttled, or the machine lacks something ─▶ again after 1 s … 5 min, for six hours
 *
 * All attempts have one request id. */
#pragma once
#include "function/host.h"
#include "outbox/outbox.h"

enum {
    FUNCTION_LATER_BYTES_MAX = 256 << 10, /* of an event [AWS rules 7, limits] */
    FUNCTION_RETRY_MS = 60000, /* before the second attempt; the third waits twice that */
};

struct function_later;

/* function_later_new adds the kind "function" to an outbox that has not started; `retry_ms` is as
 * FUNCTION_RETRY_MS, which 0 means. All is borrowed. */
struct function_later *function_later_new(struct outbox *o, struct function_host *host,
                                          struct store *store, bytes region, int64_t retry_ms);
void function_later_free(struct function_later *l); /* after the outbox; NULL does nothing */

/* function_enqueue accepts an invocation inside a transaction; `want_log_tail` and `timeout_ms` do
 * not count. Its request id is made when it has none.
 *
 * E_NOT_FOUND; E_DENIED by the function's policy; E_EVENT_TOO_LARGE; E_UNAVAILABLE when too much
 * waits. The transaction is then as before. `l` NULL: E_NOT_FOUND, this server runs no functions.
 */
NODISCARD
status function_enqueue(struct function_later *l, struct txn *t, const struct invocation *i,
                        char out_request_id[37]);
