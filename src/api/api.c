#include "api/api.h"

#include <stdio.h>
#include <string.h>

#include "api/destinations.h"
#include "api/exchange.h"
#include "api/generated/lambda.h"
#include "api/handlers.h"
#include "api/route.h"
#include "api/signers.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "function/code_link.h"
#include "function/host.h"
#include "provisioning/bulk.h"

struct api *api_new(const struct api_config *config) {
    struct api *api = NEW(struct api);
    api->config = *config;
    (void)snprintf(api->region, sizeof api->region, "%.*s", BYTES_ARG(config->region));
    api->config.region = bytes_from(api->region);
    api->signers = signers_new();
    for (int i = 0; i < FACE_COUNT; i++) {
        api->faces[i] = faces[i];
        api->patterns[i] = patterns_new(faces[i].model);
    }
    return api;
}

void api_free(struct api *api) {
    if (!api)
        return;
    for (int i = 0; i < FACE_COUNT; i++)
        patterns_free(api->patterns[i]);
    signers_free(api->signers);
    mem_free(api);
}

/* What an operation takes that others do not; the first row whose path fits. */
static const struct {
    const struct model *model;
    unsigned operation;
    enum api_pace pace;
    size_t body_bytes_max;
} special[] = {
    {&model_iot, IOT_CREATE_TOPIC_RULE, API_MAY_CALL, 0}, /* looks up names of hosts */
    {&model_iot, IOT_REPLACE_TOPIC_RULE, API_MAY_CALL, 0},
    {&model_iot, IOT_CREATE_TOPIC_RULE_DESTINATION, API_MAY_CALL, 0},
    {&model_iot, IOT_CREATE_KEYS_AND_CERTIFICATE, API_MAKES_KEYS, 0},
    {&model_iot, IOT_CREATE_PROVISIONING_CLAIM, API_MAKES_KEYS, 0},
    {&model_iot, IOT_CREATE_CERTIFICATE_FROM_CSR, API_MAY_CALL, 0},
    {&model_iot, IOT_TEST_INVOKE_AUTHORIZER, API_MAY_CALL, 0},
    {&model_lambda, LAMBDA_INVOKE, API_INVOKES, API_EVENT_BYTES_MAX},
    {&model_lambda, LAMBDA_CREATE_FUNCTION, API_UNPACKS, API_CODE_BYTES_MAX},
    {&model_lambda, LAMBDA_UPDATE_FUNCTION_CODE, API_UNPACKS, API_CODE_BYTES_MAX},
};

/* Its row, or COUNT_OF(special). */
static size_t find_special(const struct http_request *request) {
    enum model_method method;
    size_t i = COUNT_OF(special);
    if (!model_method_find(request->method, &method))
        return i;
    for (i = 0; i < COUNT_OF(special); i++) {
        const struct model_operation *o = &special[i].model->operations[special[i].operation];
        if (method == o->method && route_leads_to(special[i].model, o, request->path))
            break;
    }
    return i;
}

enum api_pace api_pace_of(const struct http_request *request) {
    size_t i = find_special(request);
    return i < COUNT_OF(special) ? special[i].pace : API_QUICK;
}

size_t api_body_max(const struct http_request *head) {
    size_t i = find_special(head);
    return i < COUNT_OF(special) ? special[i].body_bytes_max : 0;
}

status api_may_upload(struct api *api, const struct http_request *head, struct arena *a) {
    struct api_response ignored = {.status = 0};
    struct exchange x = {.api = api, .request = head, .arena = a, .out = &ignored};
    x.now_ms = clock_wall_ms();
    x.service = service_guess(head);
    return authenticate_claim(&x);
}

void api_response_done(struct api_response *r) {
    if (r->is_secret && r->body.ptr)
        mem_wipe(r->body.ptr, r->body.capacity);
    buf_done(&r->body);
}

void exchange_header(struct exchange *x, const char *name, bytes value) {
    struct api_response *out = x->out;
    if (out->header_count < API_HEADERS_MAX)
        out->headers[out->header_count++] = (struct http_header){bytes_from(name), value};
}

/* A link to a report carries its own permission. */
static status answer_report(struct exchange *x) {
    const struct http_request *r = x->request;
    if (!bytes_equal(r->method, BYTES("GET")))
        return FAIL(E_ACCESS_DENIED, "Links to reports are there for GET");
    x->out->operation = "report";
    x->out->content_type = "application/x-ndjson";
    return bulk_report_read(x->api->config.bulk, r->path, r->query, x->now_ms, &x->out->body);
}

/* So does one to the code of a function. */
static status answer_code(struct exchange *x) {
    const struct http_request *r = x->request;
    if (!bytes_equal(r->method, BYTES("GET")))
        return FAIL(E_ACCESS_DENIED, "Links to code are there for GET");
    x->out->operation = "code";
    x->out->content_type = "application/zip";
    return function_host_zip(x->api->config.function_host, r->path, r->query, x->now_ms,
                             &x->out->body);
}

/* As does the one that confirms a destination of rules; a signed request is an operation. */
static bool is_confirmation(const struct http_request *r) {
    return bytes_equal(r->method, BYTES("GET")) && destination_link_is_one(r->path) &&
           !http_header_find(r, "authorization").ptr &&
           bytes_search(r->query, BYTES("X-Amz-")) == r->query.len;
}

static status answer_confirmation(struct exchange *x) {
    x->out->operation = "ConfirmTopicRuleDestination";
    return destination_confirm_link(&x->api->config, x->arena, x->request->path);
}

static status answer(struct exchange *x) {
    if (is_confirmation(x->request))
        return answer_confirmation(x);
    if (x->api->config.function_host && code_link_is_one(x->request->path))
        return answer_code(x);
    if (x->api->config.bulk && report_link_is_one(x->request->path))
        return answer_report(x);
    TRY(authenticate(x));
    x->out->service = x->service->name;
    if (!x->service->answer)
        return FAIL(E_NOT_IMPLEMENTED,
                    "kedge does not implement the service %s yet; see kedge api --coverage",
                    x->service->name);
    return x->service->answer(x);
}

/* What went wrong inside is for the log, not for peers. */
static bytes message_of(const struct exchange *x, status s) {
    if (s == E_INTERNAL)
        return bytes_from(arena_printf(
            x->arena, "Kedge failed; its log says how, under the request id %s", x->request_id));
    return x->message.ptr ? x->message : arena_copy(x->arena, bytes_from(failure_text()));
}

/* As the service calls it. */
static void name_error(struct exchange *x, status s) {
    enum face_index face = x->service->face;
    const struct error_name *e = face == FACE_NONE ? NULL : x->api->faces[face].errors;
    x->out->status = status_info(s)->http;
    x->out->error = status_info(s)->aws_type;
    for (; e && e->status != OK; e++)
        if (e->status == s) {
            x->out->status = e->http;
            x->out->error = e->type;
        }
}

static void refuse(struct exchange *x, status s) {
    static void (*const by_protocol[])(struct exchange *, status, bytes) = {
        [REST_JSON] = rest_refuse, [JSON_1_1] = json_refuse, [QUERY] = query_refuse};
    name_error(x, s);
    buf_clear(&x->out->body);
    by_protocol[x->service->protocol](x, s, message_of(x, s));
}

static void log_answer(const struct exchange *x, status s, uint64_t start_us) {
    const struct api_response *r = x->out;
    enum log_level level = s == OK                                      ? LOG_DEBUG
                           : r->status >= 500 && s != E_NOT_IMPLEMENTED ? LOG_ERROR
                                                                        : LOG_INFO;
    struct log_line l;
    if (!log_begin(&l, level, s == OK ? "api.answered" : "api.refused"))
        return;
    log_text(&l, "requestId", x->request_id);
    log_text(&l, "service", r->service);
    log_text(&l, "operation", r->operation);
    log_text(&l, "accountId", r->account);
    log_u64(&l, "status", (uint64_t)r->status);
    log_u64(&l, "microseconds", clock_monotonic_us() - start_us);
    if (s != OK) {
        log_text(&l, "error", r->error);
        log_bytes(&l, "message", x->message.ptr ? x->message : bytes_from(failure_text()));
        log_text(&l, "where", failure_where());
    }
    log_end(&l);
}

void api_answer(struct api *api, const struct http_request *request, struct arena *a,
                struct api_response *out) {
    uint64_t start_us = clock_monotonic_us();
    struct exchange x = {.api = api, .request = request, .arena = a, .out = out};
    *out = (struct api_response){.status = 200, .service = "", .operation = "", .error = ""};
    random_uuid(x.request_id);
    x.now_ms = clock_wall_ms();
    x.service = service_guess(request);
    status s = answer(&x);
    if (s != OK)
        refuse(&x, s);
    (void)snprintf(out->account, sizeof out->account, "%s", x.account);
    exchange_header(&x, "x-amzn-RequestId", arena_copy(a, bytes_from(x.request_id)));
    log_answer(&x, s, start_us);
}
