/* One event on one process: its lines in the log, its time-out, and what its end means to the
 * caller in AWS's words [AWS rules-and-functions 8.1, 9]. */
#pragma once
#include "runtime/environment.h"
#include "runtime/interpreter.h"

struct invocation {
    const struct runtime_code *code;
    const struct runtime_event *event;
    const char *request_id;
    const struct interpreter *interpreter;
    int64_t timeout_ms;  /* what the function has, from the event on */
    uint64_t give_up_us; /* when the caller does, start included; UINT64_MAX: never */
    bool cold;
};

/* invocation_run gives the event and waits for the outcome. Afterwards the process is ready for the
 * next one, frozen, or e->is_stale. E_UNAVAILABLE when it could not be started after all. */
NODISCARD
status invocation_run(struct environment *e, const struct invocation *i, struct arena *a,
                      struct runtime_result *out);
