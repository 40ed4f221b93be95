#include <stdio.h>
#include <string.h>

#include "api/api.h"
#include "api/exchange.h"
#include "base/clock.h"

static struct exchange exchange_of(struct api *api, bytes account,
                                   const struct http_request *request, struct arena *a,
                                   struct api_response *out) {
    struct exchange x = {.api = api,
                         .request = request,
                         .arena = a,
                         .out = out,
                         .service = service_find(BYTES("iot")),
                         .now_ms = clock_wall_ms()};
    (void)snprintf(x.account, sizeof x.account, "%.*s", BYTES_ARG(account));
    x.caller = iam_caller_root(a, bytes_from(x.account));
    return x;
}

status api_ask(struct api *api, bytes account, const struct http_request *request, struct arena *a,
               bytes *out) {
    struct api_response answer = {.service = "iot", .operation = "", .error = ""};
    struct exchange x = exchange_of(api, account, request, a, &answer);
    status s = x.service->answer(&x);
    if (s == OK)
        *out = arena_copy(a, buf_bytes(&answer.body));
    else if (x.message.ptr)
        s = FAIL(s, "%.*s", BYTES_ARG(x.message));
    api_response_done(&answer);
    return s;
}
