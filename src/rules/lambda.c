/* lambda: the result as an event for a function, which runs it later [AWS rules 6.2]. */
#include "rules/action.h"

struct lambda {
    struct sql_template *function;
};

static void release(void *compiled) {
    struct lambda *l = compiled;
    if (!l)
        return;
    sql_template_free(l->function);
    mem_free(l);
}

static status compile(const struct sql_statement *s, const struct json *members, void **out) {
    struct lambda *l = NEW(struct lambda);
    bytes function;
    status result = action_require(members, "functionArn", &function);
    if (result == OK)
        result = sql_template_compile(s, function, &l->function);
    if (result != OK) {
        release(l);
        return result;
    }
    *out = l;
    return OK;
}

static status run(const void *compiled, struct action_run *run) {
    const struct lambda *l = compiled;
    TRY(action_fill(l->function, run->evaluation, "function's ARN", &run->resource));
    if (!run->host->invoke)
        return FAIL(E_UNAVAILABLE, "this server runs no functions");
    if (run->payload.len == 0)
        return FAIL(E_INVALID, "the result of the statement is Undefined: there is no event");
    if (!run->is_json) /* [AWS rules 5] */
        return FAIL(E_INVALID, "the message is not JSON, and functions take nothing else: "
                               "encode(*, 'base64') makes a text of it");
    return run->host->invoke(run->host->context, run->rule, buf_bytes(&run->resource),
                             run->payload);
}

const struct action_kind action_lambda = {
    .name = "lambda", .failed = "LambdaAction", .compile = compile, .release = release, .run = run};
