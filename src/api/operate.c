#include <assert.h>

#include "api/authorize.h"
#include "api/constraint.h"
#include "api/decode.h"
#include "api/encode.h"
#include "api/exchange.h"
#include "api/form.h"

static const struct face *face_of(const struct exchange *x) {
    assert(x->service->face < FACE_COUNT);
    return &x->api->faces[x->service->face];
}

static status read_input(struct exchange *x, const struct route *route, struct call *c) {
    struct record *input;
    uint16_t shape = route->operation->input;
    if (shape == MODEL_NO_SHAPE)
        return OK;
    if (x->service->protocol == QUERY)
        TRY(form_decode(x->arena, face_of(x)->model, shape, &x->form, &input));
    else
        TRY(decode_input(x->arena, face_of(x)->model, route, x->request, &input));
    x->message = constraints_check(x->api->patterns[x->service->face], input);
    if (x->message.ptr)
        return FAIL(E_VALIDATION, "%.*s", BYTES_ARG(x->message));
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

static void write_headers(struct exchange *x, const struct record *out) {
    const struct model_member *members = model_members(out->model, out->shape);
    for (size_t i = 0; i < out->shape->second; i++) {
        const struct value *v = &out->values[i];
        if (v->present && members[i].location == MODEL_HEADER)
            exchange_header(x, (const char *)model_text(out->model, members[i].wire).ptr, v->text);
        else if (v->present && members[i].location == MODEL_STATUS)
            x->out->status = (int)v->number;
    }
}

static void write_output(struct exchange *x, const struct call *c) {
    bytes payload;
    x->out->status = c->operation->status;
    if (x->service->protocol == QUERY) {
        query_write_output(x, c->out);
        return;
    }
    if (c->out)
        write_headers(x, c->out);
    if (encode_is_payload(c->out, &payload))
        buf_append(&x->out->body, payload);
    else
        encode_output(c->out, &x->out->body);
    bool json = x->service->protocol == JSON_1_1;
    x->out->content_type = json ? "application/x-amz-json-1.1" : "application/json";
}

static status perform(struct exchange *x, const struct handler *h, struct call *c) {
    if (h->prepare)
        TRY(h->prepare(c));
    TRY(in_transaction(x, h, c));
    write_output(x, c);
    return OK;
}

static struct call call_of(const struct exchange *x, const struct route *route) {
    uint16_t output = route->operation->output;
    return (struct call){
        .config = &x->api->config,
        .operation = route->operation,
        .request = x->request,
        .arena = x->arena,
        .out = output == MODEL_NO_SHAPE ? NULL : record_new(x->arena, face_of(x)->model, output),
        .registry = {NULL, x->arena, bytes_from(x->account), x->api->config.region},
        .caller = &x->caller,
        .request_id = x->request_id,
        .host = x->request->host,
        .now_ms = x->now_ms,
    };
}

status exchange_operate(struct exchange *x, const struct route *route) {
    const struct face *face = face_of(x);
    const struct handler *h = &face->handlers[route->operation - face->model->operations];
    x->out->operation = (const char *)model_text(face->model, route->operation->name).ptr;
    if (!h->answer)
        return FAIL(E_NOT_IMPLEMENTED,
                    "kedge does not implement %s:%s yet; see kedge api --coverage",
                    face->model->service, x->out->operation);
    struct call c = call_of(x, route);
    TRY(read_input(x, route, &c));
    TRY(exchange_authorize(x, route->operation, c.in));
    status s = perform(x, h, &c);
    x->out->is_secret = c.is_secret || c.issued.private_key_pem.len > 0;
    issued_done(&c.issued);
    if (c.secret.len > 0)
        mem_wipe((void *)c.secret.ptr, c.secret.len);
    x->resource_id = c.resource_id;
    x->resource_arn = c.resource_arn;
    return s;
}
