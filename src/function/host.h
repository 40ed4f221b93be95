/* The functions of this server: records found by name, code on disk, run by runtime/.
 *
 *     an invocation ─▶ record, policy: one short transaction ─▶ runtime_invoke, outside of any
 *
 * One per server. The implementation of function_invoke (function.h) for rules, hooks, providers
 * and authorizers, who are asked for leave by the function's policy; and what Invoke of the API
 * uses, whose callers have been authorized already. Blocks: workers only. */
#pragma once
#include "function/function.h"
#include "runtime/runtime.h"
#include "store/store.h"

/* All borrowed; must outlive the host. */
struct function_host_config {
    struct store *store;
    const char *data; /* the data directory */
    bytes region;
    struct runtimes *runtimes; /* NULL: nothing runs here */
    /* told of code that is missing when opening; NULL: nobody */
    void (*problem)(void *context, const char *sentence);
    void *context;
};
struct function_host;

/* function_host_open makes the folder for code, sweeps what no record names and unpacks what is
 * missing. */
NODISCARD
status function_host_open(const struct function_host_config *config,
                          struct function_host **out_host);
void function_host_close(struct function_host *h); /* NULL does nothing */
/* function_host_seam is what function_invoke takes. */
struct functions *function_host_seam(struct function_host *h);
/* function_host_data is the data directory; code.h wants it. */
const char *function_host_data(const struct function_host *h);

/* function_host_sweep is to be called now and then: removes code that was replaced. */
NODISCARD
status function_host_sweep(struct function_host *h);
/* function_host_link appends path and query of a link to a function's zip, good for ten minutes and
 * this server; function_host_zip answers one: E_ACCESS_DENIED, E_NOT_FOUND when it was replaced. */
void function_host_link(const struct function_host *h, bytes code_id, int64_t now_ms,
                        struct buf *out);
NODISCARD
status function_host_zip(const struct function_host *h, bytes path, bytes query, int64_t now_ms,
                         struct buf *out_zip);
/* function_host_forget ends what runs of a function that was deleted. */
void function_host_forget(struct function_host *h, bytes arn);

struct invocation {
    bytes account, name, qualifier; /* as registry/function.h takes names apart */
    bytes event;                    /* JSON text */
    bytes client_context;           /* JSON text, or none */
    bytes request_id;               /* none: a new one */
    int64_t timeout_ms;             /* what the caller grants; 0: all that the function has */
    bool want_log_tail;
    const char *principal; /* the service that calls, whose leave the policy has to give; NULL: a
                              caller who is authorized */
    bytes source_arn;
};

/* function_host_run runs it and waits. OK also when the function failed: result->error says so.
 *
 * E_NOT_FOUND; E_DENIED by the policy; E_THROTTLED; E_UNAVAILABLE with what the machine lacks; else
 * as runtime_invoke. */
NODISCARD
status function_host_run(struct function_host *h, const struct invocation *i, struct arena *a,
                         struct runtime_result *out_result);
