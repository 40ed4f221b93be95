#include "gateway/rule_questions.h"

#include "api/api.h"
#include "codec/percent.h"
#include "function/function.h"
#include "gateway/roles.h"
#include "http/request.h"
#include "registry/topic_rule.h"

/* The operations of get_registry_data, and what stands behind the thing's name in their paths. */
static const struct {
    const char *name, *suffix;
} operations[] = {{"DescribeThing", ""}, {"ListThingGroupsForThing", "/thing-groups"}};

static status registry_data(void *context, bytes operation, bytes thing, bytes role,
                            struct arena *a, bytes *out) {
    const struct rule_questions *q = context;
    AUTO(buf) path = {0};
    AUTO(buf) resource = {0}, action = {0};
    buf_text(&path, "/things/");
    percent_encode(thing, &path);
    for (size_t i = 0; i < COUNT_OF(operations); i++) {
        if (!bytes_equal(operation, bytes_from(operations[i].name)))
            continue;
        buf_text(&path, operations[i].suffix);
        buf_printf(&action, "iot:%s", operations[i].name);
        buf_printf(&resource, "thing/%.*s", BYTES_ARG(thing));
        TRY(role_may(q->server, q->account, role, buf_string(&action), buf_bytes(&resource)));
        struct http_request request = {
            .method = BYTES("GET"), .target = buf_bytes(&path), .path = buf_bytes(&path)};
        return api_ask(q->server->api, q->account, &request, a, out);
    }
    return FAIL(E_INVALID, "the registry has no %.*s: DescribeThing or ListThingGroupsForThing",
                BYTES_ARG(bytes_slice(operation, 0, 60)));
}

/* [AWS rules 4 aws_lambda]: two seconds, and the function's policy must let this rule in. */
enum { FUNCTION_MS_MAX = 2000 };

static status invoke(void *context, bytes function, bytes event, struct arena *a, bytes *out) {
    const struct rule_questions *q = context;
    const struct registry r = {NULL, a, q->account, bytes_from(q->server->settings->region)};
    const struct function_request request = {.account = q->account,
                                             .function = function,
                                             .event = event,
                                             .principal = "iot.amazonaws.com",
                                             .source_arn = topic_rule_arn(&r, q->rule),
                                             .timeout_ms = FUNCTION_MS_MAX};
    return function_invoke(q->server->functions, &request, a, out);
}

void rule_questions_lend(struct rule_questions *q, struct server *s, bytes account) {
    *q = (struct rule_questions){.server = s, .account = account};
    q->outside =
        (struct sql_outside){.context = q, .invoke = invoke, .registry_data = registry_data};
}
