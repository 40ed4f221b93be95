/* Functions: what a rule, a provisioning hook, a certificate provider or an authorizer calls.
 *
 * The seam between those who call and what runs: callers know an ARN and JSON in and out [AWS
 * rules-and-functions 7, 8], nothing of processes. Every call may block up to its time-out: workers
 * only, never a loop, never inside a transaction. */
#pragma once
#include "base/arena.h"
#include "base/status.h"

struct functions;

struct function_request {
    bytes account;         /* whose function it is */
    bytes function;        /* ARN, with or without version or alias */
    bytes event;           /* JSON text */
    const char *principal; /* the service that calls: "iot.amazonaws.com" */
    bytes source_arn;      /* what calls: of the rule, template, provider or authorizer */
    int64_t timeout_ms;    /* what the caller grants; the function's own may be shorter */
};

/* What an implementation fills in. */
struct function_ops {
    status (*invoke)(struct functions *f, const struct function_request *request, struct arena *a,
                     bytes *out_result);
};
/* Embedded by an implementation. */
struct functions {
    const struct function_ops *ops;
};

/* function_invoke waits for the answer: *out_result is the JSON text the function returned, in `a`.
 *
 * E_NOT_FOUND: there is no such function. E_DENIED: its policy does not let `principal` in.
 * E_UNAVAILABLE: it took too long, or too many calls wait. E_INVALID: it raised an error, whose
 * text is in the sentence. `f` NULL: this server runs no functions, as if there was none. */
NODISCARD
status function_invoke(struct functions *f, const struct function_request *request, struct arena *a,
                       bytes *out_result);
