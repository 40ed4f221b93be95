/* Running functions: user code in confined, warm processes that speak AWS's Runtime API
 * [AWS rules-and-functions 8, 10].
 *
 *     runtime_invoke ─▶ an idle process of this code, or a new one ─▶ its `next` is answered with
 *     the event ─▶ its output goes to the log ─▶ its response is the result ─▶ idle again, frozen
 *
 * The thread that invokes does all of its process's input and output meanwhile, and blocks until
 * the answer or the time-out: workers only, never a loop, never inside a transaction. A process has
 * one event at a time. A keeper thread ends processes that are idle for long, and those that eat
 * more memory than is theirs.
 *
 * Knows no store: code, variables and role come with each call, what else it needs is lent. */
#pragma once
#include "base/arena.h"
#include "base/status.h"

struct runtimes;

enum {
    RUNTIME_RESULT_BYTES_MAX = 6291556,         /* [AWS rules-and-functions 8.1] */
    RUNTIME_EVENT_BYTES_MAX = 6291556,          /* of a synchronous call [7, limits] */
    RUNTIME_LOG_TAIL_BYTES = 4096,              /* of X-Amz-Log-Result */
    RUNTIME_OUTPUT_BYTES_MAX = 4 * 1024 * 1024, /* that one invocation may write to its log */
};

/* ---- what is lent ---- */

/* Temporary credentials of a function's role; texts live in the arena of the call. */
struct runtime_credentials {
    bytes access_key_id, secret_access_key, session_token;
    int64_t expires_ms; /* wall clock; processes end before */
};

/* One event of a log, with the newline that ends it. */
struct runtime_line {
    int64_t timestamp_ms;
    bytes message;
};

/* All calls come from any worker thread, and from the keeper. */
struct runtime_host {
    void *context;
    /* credentials of `role_arn` for a session of that name, valid for an hour or more. A failure
     * is written to the function's log; it then runs without any. NULL: none are had. */
    status (*credentials)(void *context, bytes account, bytes role_arn, bytes session_name,
                          struct arena *a, struct runtime_credentials *out);
    /* Appends to a log stream, made when missing; may not wait for a disk. NULL: nowhere. */
    void (*log)(void *context, bytes account, bytes group, bytes stream,
                const struct runtime_line *lines, size_t count);
    /* Notices for the server's own log: what of the confinement the machine lacks. NULL: nowhere.
     */
    void (*notice)(void *context, const char *event, const char *sentence);
    const char *region;
    const char *endpoint_url; /* of this server's API: "http://127.0.0.1:8081" */
    /* ports of this server that functions may reach: API, MQTT, HTTPS; 0 ends the list */
    uint16_t ports[8];
};

struct runtime_options {
    const char *program;    /* that knows `confine` (runtime/confine.h); NULL: this executable */
    const char *python;     /* path of the interpreter; NULL: looked for */
    const char *node;       /* likewise */
    const char *search;     /* where interpreters are looked for, like PATH; NULL: PATH */
    unsigned processes_max; /* of all functions together, busy and idle; 0: 64 */
    unsigned idle_s;        /* after which an idle process is ended; 0: 600 */
    bool open_network;      /* functions may connect anywhere, not only to `ports` */
    bool unconfined;        /* for tests of other things: code runs as this user, unlimited */
};

/* runtimes_open starts the keeper. `host` and the texts of `options` (NULL: all defaults) must
 * outlive it. E_UNAVAILABLE when no thread can be had. */
NODISCARD
status runtimes_open(const struct runtime_host *host, const struct runtime_options *options,
                     struct runtimes **out_runtimes);
/* runtimes_close ends all processes; who waits in runtime_invoke gets E_UNAVAILABLE, and all must
 * have left it before runtimes_free. */
void runtimes_close(struct runtimes *r);
void runtimes_free(struct runtimes *r); /* NULL does nothing */

/* ---- running ---- */

struct runtime_variable {
    bytes name, value;
};

/* What runs. All is borrowed for the call. */
struct runtime_code {
    bytes account, name;
    bytes version;      /* "$LATEST", "3" */
    bytes function_arn; /* without qualifier */
    bytes handler;      /* "module.function"; `provided`: anything */
    bytes runtime;      /* "python3.12", "nodejs20.x", "provided.al2023" */
    bytes role_arn;
    bytes log_group;     /* no bytes: "/aws/lambda/NAME" */
    const char *folder;  /* the unpacked code, absolute; may not change while a process has it */
    bytes revision;      /* another one, another process; processes of older ones end */
    int64_t timeout_ms;  /* 0: 3000 */
    unsigned memory_mb;  /* 0: 128 */
    unsigned storage_mb; /* of /tmp; 0: 512 */
    unsigned concurrency_max; /* processes that may be busy at once; 0: as many as there are */
    const struct runtime_variable *variables; /* of the function's configuration */
    size_t variable_count;
};

struct runtime_event {
    bytes event;          /* JSON text */
    bytes client_context; /* JSON text, or no bytes */
    bytes invoked_arn;    /* with the qualifier as invoked; no bytes: function_arn */
    bytes request_id;     /* a UUID; no bytes: a new one */
    int64_t timeout_ms;   /* what the caller grants, when that is less than the code's; 0: all */
    bool want_log_tail;
};

/* Texts live in the arena of the call. */
struct runtime_result {
    bytes payload;          /* what the function returned, byte for byte; or the error as JSON */
    const char *error;      /* "Unhandled": payload is an error [8.1]; NULL: it returned */
    bytes log_tail;         /* the last RUNTIME_LOG_TAIL_BYTES of its lines, not yet base64 */
    bytes executed_version; /* code->version */
    bytes request_id;
    int64_t duration_us; /* from the event given to the answer, without start */
    bool cold;           /* a process was started for it */
};

/* runtime_invoke runs the code on one event and waits. OK also when the function failed, timed out
 * or ended: `error` and `payload` say so in AWS's words.
 *
 * E_THROTTLED: concurrency_max or processes_max are busy (AWS: TooManyRequestsException 429).
 * E_TOO_LARGE: the event is. E_INVALID: no such runtime. E_UNAVAILABLE: the machine has no
 * interpreter for it, a process cannot be started, or the server stops; the sentence says which. */
NODISCARD
status runtime_invoke(struct runtimes *r, const struct runtime_code *code,
                      const struct runtime_event *event, struct arena *a,
                      struct runtime_result *out);

/* runtime_is_known is whether the name is of a family that runs here: python3.*, nodejs*,
 * provided*. What CreateFunction asks [7]. */
bool runtime_is_known(bytes runtime);
/* runtime_find finds the interpreter for a runtime: its path, in `a`; for provided*, "bootstrap".
 * E_INVALID for a name not known, E_UNAVAILABLE with what to install when there is none. */
NODISCARD
status runtime_find(struct runtimes *r, bytes runtime, struct arena *a, const char **out_path);

/* runtime_forget ends the idle processes of a function, the busy ones after their event: it was
 * deleted, or its role changed. */
void runtime_forget(struct runtimes *r, bytes function_arn);

struct runtime_counts {
    unsigned busy, idle;
    uint64_t invocations, cold_starts, failures, throttles;
};
void runtime_count(struct runtimes *r, struct runtime_counts *out);
