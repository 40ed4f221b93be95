#include "function/function.h"

#include "support/testing.h"

TEST(without_functions_every_one_is_unknown) {
    AUTO(arena) a = {0};
    bytes result;
    struct function_request request = {
        .account = BYTES("111111111111"),
        .function = BYTES("arn:aws:lambda:eu-central-1:111111111111:function:hook"),
        .event = BYTES("{}"),
        .principal = "iot.amazonaws.com",
        .timeout_ms = 5000};
    CHECK_FAILS(function_invoke(NULL, &request, &a, &result), E_NOT_FOUND,
                "Function not found: arn:aws:lambda:eu-central-1:111111111111:function:hook");
}

static status echo(struct functions *f, const struct function_request *request, struct arena *a,
                   bytes *out_result) {
    *out_result = arena_copy(a, request->event);
    return OK;
}

TEST(a_call_reaches_whoever_stands_behind_the_seam) {
    AUTO(arena) a = {0};
    bytes result;
    struct functions f = {.ops = &(const struct function_ops){echo}};
    CHECK_OK(
        function_invoke(&f, &(struct function_request){.event = BYTES("{\"a\":1}")}, &a, &result));
    CHECK_BYTES(result, BYTES("{\"a\":1}"));
}

TEST_MAIN("function")
