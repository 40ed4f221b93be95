/* The program that runs Node functions; skipped where there is no Node. */
#include <stdio.h>

#include "runtime/fixture.h"
#include "support/testing.h"

static void check_part(bytes text, const char *part) {
    if (*part == 0 || bytes_search(text, bytes_from(part)) < text.len)
        return;
    print_error("\"%.*s\" does not contain \"%s\"\n", BYTES_ARG(text), part);
    CHECK(false);
}

/* [AWS rules-and-functions 8.1, 8.3, 9] */
static const struct {
    const char *file, *code, *handler, *want, *logged;
} outcomes[] = {
    {"index.js", "exports.handler = async (e) => ({ got: e });", "index.handler",
     "{\"got\":{\"a\":1}}", "END RequestId: 6f"},
    {"index.js", "exports.handler = (e, c, cb) => setTimeout(() => cb(null, e.a), 10);",
     "index.handler", "1", ""},
    {"index.js",
     "exports.handler = (e, c, cb) => { c.callbackWaitsForEmptyEventLoop = false;"
     " setTimeout(() => {}, 60000); cb(null, 'at once'); };",
     "index.handler", "\"at once\"", ""},
    {"index.mjs", "import fs from 'fs'; export const handler = async () => typeof fs.readFileSync;",
     "index.handler", "\"function\"", ""},
    {"src/app.js", "module.exports = { deep: { handler: async () => undefined } };",
     "src/app.deep.handler", "null", ""},
    {"index.js",
     "exports.handler = async (e, c) => [c.awsRequestId, c.functionName, c.memoryLimitInMB,"
     " c.functionVersion, c.getRemainingTimeInMillis() > 0];",
     "index.handler", "[\"6f\",\"f\",\"128\",\"$LATEST\",true]", ""},
    {"index.js", "exports.handler = async () => console.log('two\\nlines', { a: 1 });",
     "index.handler", "null", "Z\t6f\tINFO\ttwo\nlines { a: 1 }\n|"},
    {"index.js", "exports.handler = async () => { throw new TypeError('fails'); };",
     "index.handler",
     "{\"errorType\":\"TypeError\",\"errorMessage\":\"fails\",\"trace\":[\"TypeError: fails\",\"   "
     " at ",
     "Z\t6f\tERROR\tInvoke Error \t{\"errorType\":\"TypeError\",\"errorMessage\":\"fails\""},
    {"index.js", "exports.handler = (e, c, cb) => cb('text');", "index.handler",
     "{\"errorType\":\"string\",\"errorMessage\":\"text\",\"trace\":[]}", ""},
    {"index.js",
     "exports.handler = (e, c, cb) => setTimeout(() => { throw new Error('late'); }, 5);",
     "index.handler", "{\"errorType\":\"Error\",\"errorMessage\":\"late\"", "Uncaught Exception"},
    {"index.js", "throw new RangeError('at import');", "index.handler",
     "{\"errorType\":\"RangeError\",\"errorMessage\":\"at import\"", ""},
    {"index.js", "require('nothing-like-it');", "index.handler",
     "{\"errorType\":\"Runtime.ImportModuleError\",\"errorMessage\":\"Error: Cannot find module "
     "'nothing-like-it'",
     ""},
    {"other.js", "", "index.handler", "{\"errorType\":\"Runtime.ImportModuleError\"", ""},
    {"index.js", "exports.handler = (", "index.handler",
     "{\"errorType\":\"Runtime.UserCodeSyntaxError\"", ""},
    {"index.js", "exports.other = 1;", "index.handler",
     "{\"errorType\":\"Runtime.HandlerNotFound\",\"errorMessage\":\"index.handler is undefined or "
     "not "
     "exported\"",
     ""},
    {"index.js", "exports.handler = async () => process.exit(3);", "index.handler",
     "Runtime exited with error: exit status 3", ""},
    {"index.js", "exports.handler = async () => new Promise(() => {});", "index.handler",
     "Runtime exited", ""},
    {"index.js", "exports.handler = async () => { for (;;); };", "index.handler",
     "Sandbox.Timedout", ""},
};

static void check_row(size_t i) {
    struct fixture f = {0};
    struct runtime_result r;
    fixture_open(&f, "nodejs20.x", outcomes[i].file, outcomes[i].code);
    f.code.handler = bytes_from(outcomes[i].handler);
    f.code.timeout_ms = 3000;
    struct runtime_event e = {.event = BYTES("{\"a\":1}"), .request_id = BYTES("6f")};
    CHECK_OK(runtime_invoke(f.runtimes, &f.code, &e, &f.memory, &r));
    check_part(r.payload, outcomes[i].want);
    check_part(buf_bytes(&f.log), outcomes[i].logged);
    fixture_close(&f);
}

TEST(callers_of_Node_functions_see_what_AWS_would_show_them) {
    for (size_t i = 0; fixture_has("nodejs20.x") && i < COUNT_OF(outcomes); i++)
        check_row(i);
}

TEST(a_Node_process_stays_warm) {
    struct fixture f = {0};
    struct runtime_result r;
    if (!fixture_has("nodejs20.x"))
        return;
    fixture_open(&f, "nodejs20.x", "index.js", "let n = 0; exports.handler = async () => ++n;");
    for (int i = 1; i <= 5; i++) {
        char want[4];
        (void)snprintf(want, sizeof want, "%d", i);
        CHECK_BYTES(fixture_call(&f, "{}", &r), bytes_from(want));
    }
    CHECK(!r.cold);
    fixture_close(&f);
}

TEST_MAIN("runtime/node")
