/* Which process gets an event: the idle ones of each function, bounds, and the keeper who ends what
 * has been idle for long. Any thread. */
#pragma once
#include "runtime/environment.h"
#include "runtime/interpreter.h"

/* pool_take gives an idle process of this very code, or a new one (*out_cold). E_THROTTLED when the
 * function or the machine has no room. */
NODISCARD
status pool_take(struct runtimes *r, const struct runtime_code *code,
                 const struct interpreter *interpreter, struct environment **out_environment,
                 bool *out_cold);
/* pool_return takes the process back, or frees it when it is stale. */
void pool_return(struct environment *e);
/* pool_forget makes all processes of a function stale. */
void pool_forget(struct runtimes *r, bytes function_arn);
unsigned pool_idle_count(const struct list *pool); /* under the mutex */

/* keeper_run is the keeper's thread, until closing. */
void *keeper_run(void *runtimes);
/* pools_free frees what is idle; nothing is busy any more. */
void pools_free(struct runtimes *r);
