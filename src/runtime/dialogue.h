/* The Runtime API as one process speaks it [AWS rules-and-functions 8.1]: what it may ask when, and
 * what it is answered. No I/O; one thread at a time.
 *
 *     STARTING ── next ──▶ READY ── event ──▶ BUSY ── response, error ──▶ ANSWERED ── next ──▶
 * READY └── init/error ──▶ FAILED
 *
 * `next` is answered only when there is an event; until then the request is held. Whatever else a
 * process asks gets its answer at once and changes nothing. A result is taken in BUSY only, for the
 * event that is being worked on only, and once. */
#pragma once
#include "http/request.h"
#include "http/response.h"

enum dialogue_state {
    DIALOGUE_STARTING,
    DIALOGUE_READY,
    DIALOGUE_BUSY,
    DIALOGUE_ANSWERED,
    DIALOGUE_FAILED,
};

struct dialogue {
    enum dialogue_state state, before_ready;
    char request_id[64];
    bool has_result; /* for the event given last, or of init/error */
    bool is_error;   /* the result is one */
    struct buf result;
};

struct dialogue_event {
    const char *request_id; /* at most 63 characters */
    int64_t deadline_ms;
    bytes invoked_arn, trace_id, client_context;
    bytes body;
};

void dialogue_done(struct dialogue *d);

/* dialogue_ask takes a request. *out_held: it is `next`, and answered by dialogue_give; otherwise
 * *out is the answer, with a static body. */
void dialogue_ask(struct dialogue *d, const struct http_request *r, struct http_response *out,
                  bool *out_held);
/* dialogue_too_large takes a request whose body is beyond RUNTIME_RESULT_BYTES_MAX: in BUSY that is
 * the result, an error. */
void dialogue_too_large(struct dialogue *d, struct http_response *out);
/* dialogue_lost says that who asked `next` hung up before there was an event. */
void dialogue_lost(struct dialogue *d);
/* dialogue_give appends the answer to the `next` that is held, the event; only in READY. */
void dialogue_give(struct dialogue *d, const struct dialogue_event *e, struct buf *out,
                   int64_t now_ms);
