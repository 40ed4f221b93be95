/* restJson1 [AWS control-plane 2]: the operation is a method and a path. */
#include "api/exchange.h"
#include "codec/json.h"

status rest_answer(struct exchange *x) {
    const struct http_request *r = x->request;
    const struct model *model = x->api->faces[x->service->face].model;
    enum model_method method;
    struct route route;
    if (!model_method_find(r->method, &method) || !route_find(model, method, r->path, &route))
        return FAIL(E_UNKNOWN_OPERATION, "The service %s has no operation at %.*s %.*s",
                    model->service, BYTES_ARG(r->method), BYTES_ARG(bytes_slice(r->path, 0, 500)));
    return exchange_operate(x, &route);
}

void exchange_write_error(struct exchange *x, status s, bytes message) {
    struct json_writer w;
    json_start(&w, &x->out->body);
    json_object_begin(&w);
    bool is_lambda = x->service->face == FACE_LAMBDA;
    json_name(&w, is_lambda ? "Type" : "__type"); /* [AWS rules 7] */
    json_text(&w, !is_lambda ? x->out->error : x->out->status < 500 ? "User" : "Service");
    json_name(&w, is_lambda ? "Message" : "message");
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
    exchange_write_error(x, s, message);
    x->out->content_type = "application/json";
    exchange_header(x, "x-amzn-ErrorType", bytes_from(x->out->error));
}
