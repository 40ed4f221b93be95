/* JSON 1.1 [AWS control-plane 1]: the operation is in the header X-Amz-Target, behind the dot. */
#include <string.h>

#include "api/exchange.h"

status json_answer(struct exchange *x) {
    const struct model *model = x->api->faces[x->service->face].model;
    bytes name = http_header_find(x->request, "x-amz-target");
    const uint8_t *dot = name.len ? memchr(name.ptr, '.', name.len) : NULL;
    if (dot)
        name = bytes_slice(name, (size_t)(dot - name.ptr) + 1, name.len);
    struct route route = {.operation = model_find_operation(model, name)};
    if (!route.operation)
        return FAIL(E_UNKNOWN_OPERATION, "The service %s has no operation '%.*s'", model->service,
                    BYTES_ARG(bytes_slice(name, 0, 100)));
    return exchange_operate(x, &route);
}

void json_refuse(struct exchange *x, status s, bytes message) {
    exchange_write_error(x, s, message);
    x->out->content_type = "application/x-amz-json-1.1";
    if (x->out->status < 500) /* client errors are all 400 there [AWS control-plane 2] */
        x->out->status = 400;
}
