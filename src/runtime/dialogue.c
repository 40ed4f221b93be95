#include "runtime/dialogue.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "runtime/runtime.h"

#define JSON_TYPE "application/json"

void dialogue_done(struct dialogue *d) {
    buf_done(&d->result);
}

static void answer(struct http_response *out, int code, bytes body) {
    *out = (struct http_response){
        .status = code, .content_type = JSON_TYPE, .body = body, .keep_alive = true};
}

static void accept(struct http_response *out) {
    answer(out, 202, BYTES("{\"status\":\"OK\"}"));
}

static void refuse_state(struct http_response *out) {
    answer(out, 403,
           BYTES("{\"errorMessage\":\"State transition is not allowed\","
                 "\"errorType\":\"InvalidStateTransition\"}"));
}

static void refuse_id(struct http_response *out) {
    answer(out, 400,
           BYTES("{\"errorMessage\":\"Invalid request ID\",\"errorType\":\"InvalidRequestID\"}"));
}

static void refuse_path(struct http_response *out) {
    answer(out, 404,
           BYTES("{\"errorMessage\":\"There is no such resource in the Runtime API\","
                 "\"errorType\":\"NotFound\"}"));
}

static void keep(struct dialogue *d, enum dialogue_state next, bool is_error, bytes result) {
    buf_clear(&d->result);
    buf_append(&d->result, result);
    d->has_result = true;
    d->is_error = is_error;
    d->state = next;
}

static void ask_next(struct dialogue *d, struct http_response *out, bool *out_held) {
    if (d->state != DIALOGUE_STARTING && d->state != DIALOGUE_ANSWERED) {
        refuse_state(out);
        return;
    }
    d->before_ready = d->state;
    d->state = DIALOGUE_READY;
    *out_held = true;
}

static void ask_init_error(struct dialogue *d, bytes body, struct http_response *out) {
    if (d->state != DIALOGUE_STARTING) {
        refuse_state(out);
        return;
    }
    keep(d, DIALOGUE_FAILED, true, body);
    accept(out);
}

static void ask_result(struct dialogue *d, bytes id, bool is_error, bytes body,
                       struct http_response *out) {
    if (d->state != DIALOGUE_BUSY) {
        refuse_state(out);
        return;
    }
    if (!bytes_equal(id, bytes_from(d->request_id))) {
        refuse_id(out);
        return;
    }
    keep(d, DIALOGUE_ANSWERED, is_error, body);
    accept(out);
}

/* "ID/response" and "ID/error" */
static void ask_invocation(struct dialogue *d, bytes rest, bytes body, struct http_response *out) {
    size_t slash = bytes_find(rest, '/');
    bytes id = bytes_slice(rest, 0, slash), what = bytes_skip(rest, slash);
    if (bytes_equal(what, BYTES("/response")))
        ask_result(d, id, false, body, out);
    else if (bytes_equal(what, BYTES("/error")))
        ask_result(d, id, true, body, out);
    else
        refuse_path(out);
}

void dialogue_ask(struct dialogue *d, const struct http_request *r, struct http_response *out,
                  bool *out_held) {
    static const bytes runtime = {(const uint8_t *)"/2018-06-01/runtime/", 20};
    static const bytes invocation = {(const uint8_t *)"invocation/", 11};
    bool get = bytes_equal(r->method, BYTES("GET")), post = bytes_equal(r->method, BYTES("POST"));
    bytes path = r->path;
    *out_held = false;
    refuse_path(out);
    if (!bytes_start_with(path, runtime))
        return;
    path = bytes_skip(path, runtime.len);
    if (get && bytes_equal(path, BYTES("invocation/next")))
        ask_next(d, out, out_held);
    else if (post && bytes_equal(path, BYTES("init/error")))
        ask_init_error(d, r->body, out);
    else if (post && bytes_start_with(path, invocation))
        ask_invocation(d, bytes_skip(path, invocation.len), r->body, out);
}

void dialogue_too_large(struct dialogue *d, struct http_response *out) {
    if (d->state == DIALOGUE_BUSY)
        keep(
            d, DIALOGUE_ANSWERED, true,
            BYTES("{\"errorMessage\":\"Response payload size exceeded maximum allowed payload size "
                  "(6291556 bytes).\",\"errorType\":\"Function.ResponseSizeTooLarge\"}"));
    answer(out, 413,
           BYTES("{\"errorMessage\":\"Exceeded maximum allowed payload size (6291556 bytes).\","
                 "\"errorType\":\"RequestEntityTooLarge\"}"));
}

void dialogue_lost(struct dialogue *d) {
    if (d->state == DIALOGUE_READY)
        d->state = d->before_ready;
}

void dialogue_give(struct dialogue *d, const struct dialogue_event *e, struct buf *out,
                   int64_t now_ms) {
    char deadline[24];
    assert(d->state == DIALOGUE_READY && strlen(e->request_id) < sizeof d->request_id);
    (void)snprintf(deadline, sizeof deadline, "%lld", (long long)e->deadline_ms);
    struct http_header headers[5] = {
        {BYTES("Lambda-Runtime-Aws-Request-Id"), bytes_from(e->request_id)},
        {BYTES("Lambda-Runtime-Deadline-Ms"), bytes_from(deadline)},
        {BYTES("Lambda-Runtime-Invoked-Function-Arn"), e->invoked_arn},
        {BYTES("Lambda-Runtime-Trace-Id"), e->trace_id},
        {BYTES("Lambda-Runtime-Client-Context"), e->client_context},
    };
    struct http_response r = {.status = 200,
                              .content_type = JSON_TYPE,
                              .body = e->body,
                              .headers = headers,
                              .header_count = e->client_context.len ? 5 : 4,
                              .keep_alive = true};
    http_response_append(out, &r, now_ms);
    (void)snprintf(d->request_id, sizeof d->request_id, "%s", e->request_id);
    buf_clear(&d->result);
    d->has_result = d->is_error = false;
    d->state = DIALOGUE_BUSY;
}
