/* restJson1 [AWS control-plane 2]: the service iot. */
#include <assert.h>

#include "api/constraint.h"
#include "api/decode.h"
#include "api/encode.h"
#include "api/exchange.h"
#include "codec/json.h"

static status find_operation(struct exchange *x, struct route *out_route) {
    const struct http_request *r = x->request;
    enum model_method method;
    if (!model_method_find(r->method, &method) ||
        !route_find(&model_iot, method, r->path, out_route))
        return FAIL(E_UNKNOWN_OPERATION, "The service iot has no operation at %.*s %.*s",
                    BYTES_ARG(r->method), BYTES_ARG(bytes_slice(r->path, 0, 500)));
    x->out->operation = (const char *)model_text(&model_iot, out_route->operation->name).ptr;
    return OK;
}

static status read_input(struct exchange *x, const struct route *route, struct call *c) {
    struct record *input;
    if (route->operation->input == MODEL_NO_SHAPE)
        return OK;
    TRY(decode_input(x->arena, &model_iot, route, x->request, &input));
    x->message = constraints_check(x->api->patterns, input);
    if (x->message.ptr)
        return FAIL(E_INVALID, "%.*s", BYTES_ARG(x->message));
    c->in = input;
    return OK;
}

static status in_transaction(struct exchange *x, const struct handler *h, struct call *c) {
    struct store *store = x->api->config.store;
    if (h->access == NO_STORE)
        return h->answer(c);
    TRY(h->access == READ ? store_begin_read(store, &c->registry.txn)
                          : store_begin_write(store, &c->registry.txn));
    status s = h->answer(c);
    if (s == OK && h->access == WRITE)
        return store_commit(c->registry.txn);
    if (s != OK)
        x->message = arena_copy(x->arena, bytes_from(failure_text()));
    store_rollback(c->registry.txn);
    return s;
}

static status perform(struct exchange *x, const struct handler *h, struct call *c) {
    if (h->prepare)
        TRY(h->prepare(c));
    TRY(in_transaction(x, h, c));
    encode_output(c->out, &x->out->body);
    x->out->content_type = "application/json";
    return OK;
}

static struct call call_of(const struct exchange *x, const struct route *route) {
    uint16_t output = route->operation->output;
    return (struct call){
        .config = &x->api->config,
        .operation = route->operation,
        .arena = x->arena,
        .out = output == MODEL_NO_SHAPE ? NULL : record_new(x->arena, &model_iot, output),
        .registry = {NULL, x->arena, bytes_from(x->account), x->api->config.region},
        .caller_arn = x->caller_arn,
        .now_ms = x->now_ms,
    };
}

status rest_answer(struct exchange *x) {
    struct route route;
    TRY(find_operation(x, &route));
    const struct handler *h = &x->api->handlers[route.operation - model_iot.operations];
    if (!h->answer)
        return FAIL(E_NOT_IMPLEMENTED,
                    "kedge does not implement iot:%s yet; see kedge api --coverage",
                    x->out->operation);
    struct call c = call_of(x, &route);
    TRY(read_input(x, &route, &c));
    status s = perform(x, h, &c);
    x->out->is_secret = c.issued.private_key_pem.len > 0;
    issued_done(&c.issued);
    x->resource_id = c.resource_id;
    x->resource_arn = c.resource_arn;
    return s;
}

static void write_error(struct exchange *x, status s, bytes message) {
    struct json_writer w;
    json_start(&w, &x->out->body);
    json_object_begin(&w);
    json_name(&w, "__type");
    json_text(&w, status_info(s)->aws_type);
    json_name(&w, "message");
    json_string(&w, message);
    if (s == E_EXISTS && x->resource_id.ptr) {
        json_name(&w, "resourceId");
        json_string(&w, x->resource_id);
        json_name(&w, "resourceArn");
        json_string(&w, x->resource_arn);
    }
    json_object_end(&w);
}

void rest_refuse(struct exchange *x, status s, bytes message) {
    write_error(x, s, message);
    x->out->content_type = "application/json";
    exchange_header(x, "x-amzn-ErrorType", bytes_from(status_info(s)->aws_type));
}

void json_refuse(struct exchange *x, status s, bytes message) {
    write_error(x, s, message);
    x->out->content_type = "application/x-amz-json-1.1";
    if (x->out->status < 500) /* client errors are all 400 there [AWS control-plane 2] */
        x->out->status = 400;
}
