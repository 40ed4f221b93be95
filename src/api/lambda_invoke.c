/* Invoke [AWS rules 7, 8]. */
#include "api/lambda.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "function/asynchronous.h"

/* The event is JSON; none at all is an empty object. */
static status event_of(const struct call *c, bytes *out_event) {
    const struct json *root;
    bytes event = get_text(c->in, M_PAYLOAD);
    if (bytes_trim(event).len == 0) {
        *out_event = BYTES("{}");
        return OK;
    }
    if (event.len > RUNTIME_EVENT_BYTES_MAX)
        return FAIL(E_EVENT_TOO_LARGE,
                    "%zu byte payload is too large for the RequestResponse invocation type (limit "
                    "%d bytes)",
                    event.len, RUNTIME_EVENT_BYTES_MAX);
    if (json_parse(c->arena, event, &root) != OK)
        return FAIL(E_REQUEST_CONTENT, "Could not parse request body into json: %s",
                    arena_string(c->arena, bytes_from(failure_text())));
    *out_event = event;
    return OK;
}

static status client_context_of(const struct call *c, bytes *out) {
    const struct json *root;
    bytes text = get_text(c->in, M_CLIENT_CONTEXT);
    *out = (bytes){0};
    if (text.len == 0)
        return OK;
    if (base64_decode(c->arena, text, out) != OK || json_parse(c->arena, *out, &root) != OK)
        return FAIL(E_REQUEST_CONTENT,
                    "Client context must be a valid Base64-encoded JSON object.");
    return OK;
}

/* The function is there. */
static status dry_run(struct call *c, const struct function_name *name) {
    struct function_record f;
    TRY(store_begin_read(c->config->store, &c->registry.txn));
    status s = function_resolve(&c->registry, name->name, name->qualifier, &f);
    store_rollback(c->registry.txn);
    c->registry.txn = NULL;
    TRY(s);
    put_number(c->out, M_STATUS_CODE, 204);
    return OK;
}

static void put_result(const struct call *c, const struct runtime_result *result) {
    AUTO(buf) tail = {0};
    put_text(c->out, M_PAYLOAD, result->payload.ptr ? result->payload : BYTES(""));
    put_text(c->out, M_EXECUTED_VERSION, result->executed_version);
    put_string(c->out, M_FUNCTION_ERROR, result->error);
    if (!bytes_equal(get_text(c->in, M_LOG_TYPE), BYTES("Tail")))
        return;
    base64_encode(result->log_tail, &tail);
    put_text(c->out, M_LOG_RESULT, arena_copy(c->arena, buf_bytes(&tail)));
}

static status run(struct call *c, const struct function_name *name, bytes event) {
    struct runtime_result result;
    struct invocation i = {.account = c->registry.account,
                           .name = name->name,
                           .qualifier = name->qualifier,
                           .event = event,
                           .want_log_tail =
                               bytes_equal(get_text(c->in, M_LOG_TYPE), BYTES("Tail"))};
    TRY(client_context_of(c, &i.client_context));
    TRY(function_host_run(c->config->function_host, &i, c->arena, &result));
    put_result(c, &result);
    return OK;
}

/* 202 is answered when the event is on disk [AWS rules 8.4]. */
static status enqueue(struct call *c, const struct function_name *name, bytes event) {
    struct invocation i = {.account = c->registry.account,
                           .name = name->name,
                           .qualifier = name->qualifier,
                           .event = event,
                           .request_id = bytes_from(c->request_id)};
    char request_id[37];
    TRY(client_context_of(c, &i.client_context));
    TRY(store_begin_write(c->config->store, &c->registry.txn));
    status s = function_enqueue(c->config->function_later, c->registry.txn, &i, request_id);
    if (s != OK) {
        const char *why = arena_string(c->arena, bytes_from(failure_text()));
        store_rollback(TAKE(c->registry.txn));
        return FAIL(s, "%s", why);
    }
    TRY(store_commit(TAKE(c->registry.txn)));
    put_number(c->out, M_STATUS_CODE, 202);
    return OK;
}

status lambda_invoke(struct call *c) {
    struct function_name name;
    const char *data;
    bytes event, type = get_text(c->in, M_INVOCATION_TYPE);
    TRY(lambda_data(c, &data));
    TRY(lambda_name(c, &name));
    TRY(event_of(c, &event));
    if (bytes_equal(type, BYTES("DryRun")))
        return dry_run(c, &name);
    if (bytes_equal(type, BYTES("Event")))
        return enqueue(c, &name, event);
    return run(c, &name, event);
}
