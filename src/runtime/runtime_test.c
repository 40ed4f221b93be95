#include "runtime/runtime.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "runtime/environment.h"
#include "runtime/fixture.h"
#include "support/testing.h"

static void open_python(struct fixture *f, const char *text) {
    fixture_open(f, "python3.11", "index.py", text);
}

static void check_part(bytes text, const char *part) {
    if (bytes_search(text, bytes_from(part)) < text.len || *part == 0)
        return;
    print_error("\"%.*s\" does not contain \"%s\"\n", BYTES_ARG(text), part);
    CHECK(false);
}

TEST(a_function_answers_and_its_process_stays_warm) {
    struct fixture f = {0};
    struct runtime_result r;
    open_python(&f, "n = 0\n"
                    "def handler(event, context):\n"
                    "    global n\n"
                    "    n += 1\n"
                    "    print('hello', event['name'])\n"
                    "    return {'n': n, 'name': event['name'], 'id': context.aws_request_id}\n");
    bytes payload = fixture_call(&f, "{\"name\":\"a\"}", &r);
    CHECK_BYTES(payload,
                bytes_from(arena_printf(&f.memory, "{\"n\": 1, \"name\": \"a\", \"id\": \"%.*s\"}",
                                        BYTES_ARG(r.request_id))));
    CHECK(r.cold && !r.error);
    CHECK_BYTES(bytes_slice(fixture_call(&f, "{\"name\":\"b\"}", &r), 0, 8), BYTES("{\"n\": 2,"));
    CHECK(!r.cold);
    CHECK(fixture_logged(&f, "|hello a\n|END RequestId: "));
    fixture_close(&f);
}

/* What callers see, row by row [AWS rules-and-functions 8.1]. */
static const struct {
    const char *code, *handler, *want, *logged;
} outcomes[] = {
    {"def handler(e, c): pass", "index.handler", "null", "END RequestId: "},
    {"def handler(e, c):\n    raise Exception('Handler fails')", "index.handler",
     "{\"errorMessage\": \"Handler fails\", \"errorType\": \"Exception\", \"requestId\": \"6f\", "
     "\"stackTrace\": [\"  File \\\"/var/task/index.py\\\", line 2, in handler\\n    raise "
     "Exception('Handler fails')\\n\"]}",
     "|[ERROR] Exception: Handler fails\nTraceback (most recent call last):\n\u00a0\u00a0File "
     "\"/var/task/index.py\", line 2, in handler\n\u00a0\u00a0\u00a0\u00a0raise Exception("},
    {"raise ValueError('at import')", "index.handler",
     "{\"errorMessage\": \"at import\", \"errorType\": \"ValueError\", \"requestId\": \"\", "
     "\"stackTrace\": [\"  File \\\"/var/task/index.py\\\", line 1, in <module>",
     "[ERROR] ValueError: at import\nTraceback"},
    {"import nothing_like_it", "index.handler",
     "\"errorMessage\": \"Unable to import module 'index': No module named 'nothing_like_it'\", "
     "\"errorType\": \"Runtime.ImportModuleError\"",
     "[ERROR] Runtime.ImportModuleError: Unable to import module 'index'"},
    {"def handler(:", "index.handler", "\"errorType\": \"Runtime.UserCodeSyntaxError\"",
     "[ERROR] Runtime.UserCodeSyntaxError: Syntax error in module 'index': "},
    {"x = 1", "index.handler",
     "\"errorMessage\": \"Handler 'handler' missing on module 'index'\", \"errorType\": "
     "\"Runtime.HandlerNotFound\"",
     ""},
    {"x = 1", "handler", "\"errorType\": \"Runtime.MalformedHandlerName\"", ""},
    {"def handler(e, c): return {1, 2}", "index.handler",
     "\"errorMessage\": \"Unable to marshal response: Object of type set is not JSON "
     "serializable\", \"errorType\": \"Runtime.MarshalError\"",
     ""},
    {"import os\ndef handler(e, c): os._exit(7)", "index.handler",
     "{\"errorType\":\"Runtime.ExitError\",\"errorMessage\":\"RequestId: 6f Error: Runtime exited "
     "with error: exit status 7\"}",
     "RequestId: 6f Error: Runtime exited with error: exit status 7\nRuntime.ExitError\n"},
    {"import sys\ndef handler(e, c): sys.exit(0)", "index.handler",
     "{\"errorType\":\"Runtime.ExitError\",\"errorMessage\":\"RequestId: 6f Error: Runtime exited "
     "without providing a reason\"}",
     ""},
    {"import os, signal\ndef handler(e, c): os.kill(os.getpid(), signal.SIGSEGV)", "index.handler",
     "Runtime exited with error: signal: segmentation fault", ""},
    {"import time\ndef handler(e, c): time.sleep(60)", "index.handler",
     "{\"errorType\":\"Sandbox.Timedout\",\"errorMessage\":\"RequestId: 6f Error: Task timed out "
     "after 1.00 seconds\"}",
     "Z 6f Task timed out after 1.00 seconds\n\n"},
    {"def handler(e, c): return 'x' * 7000000", "index.handler",
     "{\"errorMessage\":\"Response payload size exceeded maximum allowed payload size (6291556 "
     "bytes).\",\"errorType\":\"Function.ResponseSizeTooLarge\"}",
     ""},
    {"def handler(e, c): return 'gr\\u00fc\\u00df'", "index.handler", "\"gr\303\274\303\237\"", ""},
    {"import decimal\ndef handler(e, c): return decimal.Decimal('1.5')", "index.handler", "1.5",
     ""},
};

TEST(callers_see_what_AWS_would_show_them) {
    for (size_t i = 0; i < COUNT_OF(outcomes); i++) {
        struct fixture f = {0};
        struct runtime_result r;
        open_python(&f, outcomes[i].code);
        f.code.handler = bytes_from(outcomes[i].handler);
        f.code.timeout_ms = 1000;
        struct runtime_event e = {.event = BYTES("{}"), .request_id = BYTES("6f")};
        CHECK_OK(runtime_invoke(f.runtimes, &f.code, &e, &f.memory, &r));
        check_part(r.payload, outcomes[i].want);
        check_part(buf_bytes(&f.log), outcomes[i].logged);
        CHECK(!r.error == (i == 0 || i >= COUNT_OF(outcomes) - 2));
        fixture_close(&f);
    }
}

TEST(after_a_time_out_the_next_event_gets_a_new_process) {
    struct fixture f = {0};
    struct runtime_result r;
    open_python(&f, "import time\n"
                    "def handler(e, c):\n"
                    "    time.sleep(e)\n"
                    "    return 'awake'\n");
    f.code.timeout_ms = 1000;
    check_part(fixture_call(&f, "60", &r), "Sandbox.Timedout");
    CHECK(r.duration_us >= 1000000 && r.duration_us < 3000000);
    CHECK_BYTES(fixture_call(&f, "0", &r), BYTES("\"awake\""));
    CHECK(r.cold);
    fixture_close(&f);
}

TEST(the_log_has_AWSs_lines_and_the_tail_is_its_end) {
    struct fixture f = {0};
    struct runtime_result r;
    open_python(&f, "import logging\n"
                    "logging.getLogger().setLevel('INFO')\n"
                    "def handler(e, c):\n"
                    "    logging.info('two\\nlines')\n"
                    "    print('no newline', end='')\n");
    (void)fixture_call(&f, "{}", &r);
    char *id = arena_string(&f.memory, r.request_id);
    check_part(buf_bytes(&f.log), "INIT_START Runtime Version: python3.11 (");
    check_part(buf_bytes(&f.log),
               arena_printf(&f.memory, "|START RequestId: %s Version: $LATEST\n|[INFO]\t2", id));
    check_part(
        buf_bytes(&f.log),
        arena_printf(
            &f.memory,
            "Z\t%s\ttwo\nlines\n|no newline|END RequestId: %s\n|REPORT RequestId: %s\tDuration: ",
            id, id, id));
    check_part(buf_bytes(&f.log), " ms\tMemory Size: 128 MB\tMax Memory Used: ");
    check_part(buf_bytes(&f.log), " MB\tInit Duration: ");
    CHECK(bytes_start_with(r.log_tail, BYTES("INIT_START ")));
    CHECK(bytes_end_with(r.log_tail, BYTES(" ms\t\n")));
    (void)fixture_call(&f, "{}", &r);
    CHECK(bytes_start_with(r.log_tail, BYTES("START RequestId: ")));
    CHECK(bytes_end_with(r.log_tail, BYTES(" MB\t\n")));
    fixture_close(&f);
}

TEST(environment_and_context_are_AWSs) {
    static const char *const parts[] = {
        "\"AWS_LAMBDA_FUNCTION_NAME\": \"f\"",
        "\"_HANDLER\": \"index.handler\"",
        "\"AWS_EXECUTION_ENV\": \"AWS_Lambda_python3.11\"",
        "\"AWS_REGION\": \"us-east-1\"",
        "\"AWS_ACCESS_KEY_ID\": \"ASIATEST\"",
        "\"AWS_SESSION_TOKEN\": \"token\"",
        "\"LAMBDA_TASK_ROOT\": \"/var/task\"",
        "\"TZ\": \":UTC\"",
        "\"MINE\": \"yes\"",
        "\"AWS_ENDPOINT_URL\": \"http://127.0.0.1:9\"",
        "\"memory\": \"256\"",
        "\"arn\": \"arn:aws:lambda:us-east-1:123456789012:function:f\"",
        "\"version\": \"$LATEST\"",
        "\"group\": \"/aws/lambda/f\"",
        "\"custom\": {\"a\": 1}",
        "\"in_time\": true"};
    struct fixture f = {0};
    struct runtime_result r;
    struct runtime_variable own[] = {{BYTES("MINE"), BYTES("yes")},
                                     {BYTES("AWS_REGION"), BYTES("moon")},
                                     {BYTES("LD_PRELOAD"), BYTES("/nothing.so")}};
    open_python(&f,
                "import os\n"
                "def handler(e, c):\n"
                "    return dict(os.environ, memory=c.memory_limit_in_mb, group=c.log_group_name,\n"
                "                arn=c.invoked_function_arn, version=c.function_version,\n"
                "                custom=c.client_context.custom,\n"
                "                in_time=0 < c.get_remaining_time_in_millis() <= 10000)\n");
    (void)setenv("KEDGE_TEST_SECRET", "never", 1);
    f.code.variables = own;
    f.code.variable_count = COUNT_OF(own);
    f.code.memory_mb = 256;
    struct runtime_event e = {.event = BYTES("{}"),
                              .client_context = BYTES("{\"custom\":{\"a\":1}}")};
    CHECK_OK(runtime_invoke(f.runtimes, &f.code, &e, &f.memory, &r));
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        check_part(r.payload, parts[i]);
    CHECK(bytes_search(r.payload, BYTES("KEDGE_TEST_SECRET")) == r.payload.len);
    fixture_close(&f);
}

TEST(a_role_that_gives_no_credentials_leaves_the_function_running_and_a_line) {
    struct fixture f = {.refuse_credentials = true};
    open_python(&f, "import os\ndef handler(e, c): return 'AWS_ACCESS_KEY_ID' in os.environ\n");
    CHECK_BYTES(fixture_call(&f, "{}", NULL), BYTES("false"));
    CHECK(fixture_logged(&f, "no credentials for this function: the role does not exist"));
    fixture_close(&f);
}

TEST(a_process_ends_before_its_credentials_do) {
    struct fixture f = {.credentials_expire_ms = clock_wall_ms() + 6 * 60 * 1000};
    struct runtime_result r;
    open_python(&f, "def handler(e, c): pass\n");
    (void)fixture_call(&f, "{}", &r);
    (void)fixture_call(&f, "{}", &r);
    CHECK(!r.cold);
    f.code.timeout_ms = 2 * 60 * 1000; /* then they would end within the event */
    f.credentials_expire_ms = 0;
    (void)fixture_call(&f, "{}", &r);
    CHECK(r.cold);
    CHECK_INT(f.credentials_lent, 2);
    fixture_close(&f);
}

TEST(other_code_gets_another_process_and_a_forgotten_function_too) {
    struct fixture f = {0};
    struct runtime_result r;
    struct runtime_counts n;
    open_python(&f, "def handler(e, c): return 1\n");
    (void)fixture_call(&f, "{}", &r);
    fixture_write(&f, "index.py", "def handler(e, c): return 2\n", 0644);
    f.code.revision = BYTES("2");
    CHECK_BYTES(fixture_call(&f, "{}", &r), BYTES("2"));
    CHECK(r.cold);
    runtime_count(f.runtimes, &n);
    CHECK_INT(n.idle, 1); /* the old one has gone */
    runtime_forget(f.runtimes, f.code.function_arn);
    runtime_count(f.runtimes, &n);
    CHECK_INT(n.idle, 0);
    CHECK_BYTES(fixture_call(&f, "{}", &r), BYTES("2"));
    CHECK(r.cold);
    CHECK_INT(n.busy, 0);
    fixture_close(&f);
}

static void *call_slow(void *fixture) {
    AUTO(arena) a = {0};
    struct fixture *f = fixture;
    struct runtime_event e = {.event = BYTES("1")};
    struct runtime_result r;
    return runtime_invoke(f->runtimes, &f->code, &e, &a, &r) == OK && !r.error ? f : NULL;
}

static void wait_until_busy(struct fixture *f, unsigned count) {
    struct runtime_counts n = {0};
    for (int i = 0; i < 1000 && n.busy != count; i++) {
        usleep(5000);
        runtime_count(f->runtimes, &n);
    }
    CHECK_INT(n.busy, count);
}

TEST(more_than_may_run_at_once_is_throttled) {
    struct fixture f = {.options.processes_max = 2};
    struct runtime_result r;
    struct runtime_event e = {.event = BYTES("0")};
    pthread_t one, two;
    void *done;
    open_python(&f, "import time\ndef handler(e, c): time.sleep(e)\n");
    f.code.concurrency_max = 1;
    CHECK(pthread_create(&one, NULL, call_slow, &f) == 0);
    wait_until_busy(&f, 1);
    CHECK_FAILS(runtime_invoke(f.runtimes, &f.code, &e, &f.memory, &r), E_THROTTLED,
                "1 invocations of f run already");
    f.code.concurrency_max = 0;
    CHECK(pthread_create(&two, NULL, call_slow, &f) == 0);
    wait_until_busy(&f, 2);
    CHECK_FAILS(runtime_invoke(f.runtimes, &f.code, &e, &f.memory, &r), E_THROTTLED,
                "2 functions run already");
    pthread_join(one, &done);
    CHECK(done);
    pthread_join(two, &done);
    CHECK(done);
    CHECK_OK(runtime_invoke(f.runtimes, &f.code, &e, &f.memory, &r));
    CHECK(!r.cold);
    fixture_close(&f);
}

TEST(an_idle_process_ends_after_its_time) {
    struct fixture f = {.options.idle_s = 1};
    struct runtime_counts n = {.idle = 1};
    open_python(&f, "def handler(e, c): pass\n");
    (void)fixture_call(&f, "{}", NULL);
    for (int i = 0; i < 100 && n.idle > 0; i++) {
        usleep(50000);
        runtime_count(f.runtimes, &n);
    }
    CHECK_INT(n.idle, 0);
    fixture_close(&f);
}

TEST(an_idle_process_does_not_run) {
    struct fixture f = {0};
    open_python(&f, "import threading, time\n"
                    "n = 0\n"
                    "def count():\n"
                    "    global n\n"
                    "    while True:\n"
                    "        n += 1\n"
                    "        time.sleep(0.01)\n"
                    "threading.Thread(target=count, daemon=True).start()\n"
                    "def handler(e, c): return n\n");
    uint64_t before, after;
    CHECK_OK(bytes_to_u64(fixture_call(&f, "{}", NULL), UINT64_MAX, &before));
    usleep(500000);
    CHECK_OK(bytes_to_u64(fixture_call(&f, "{}", NULL), UINT64_MAX, &after));
    CHECK(after - before < 25);
    fixture_close(&f);
}

TEST(a_process_that_died_idle_costs_no_event) {
    struct fixture f = {0};
    struct runtime_result r;
    open_python(&f, "def handler(e, c): return e\n");
    CHECK_BYTES(fixture_call(&f, "1", &r), BYTES("1"));
    const struct environment *e = OWNER(f.runtimes->all.next, struct environment, everywhere);
    CHECK(e->group > 0 && kill(-e->group, SIGKILL) == 0);
    usleep(200000);
    CHECK_BYTES(fixture_call(&f, "2", &r), BYTES("2"));
    CHECK(r.cold && !r.error);
    fixture_close(&f);
}

TEST(closing_ends_what_runs) {
    struct fixture f = {0};
    pthread_t one;
    void *done;
    open_python(&f, "import time\ndef handler(e, c): time.sleep(60)\n");
    f.code.timeout_ms = 60000;
    CHECK(pthread_create(&one, NULL, call_slow, &f) == 0);
    wait_until_busy(&f, 1);
    usleep(100000);
    runtimes_close(f.runtimes);
    pthread_join(one, &done);
    CHECK(!done);
    fixture_close(&f);
}

TEST(a_large_event_comes_back_whole) {
    struct fixture f = {0};
    AUTO(buf) text = {0};
    open_python(&f, "def handler(e, c): return e\n");
    buf_append_byte(&text, '"');
    for (int i = 0; i < 600000; i++)
        buf_text(&text, "0123456789");
    buf_append_byte(&text, '"');
    bytes back = fixture_call(&f, buf_string(&text), NULL);
    CHECK(bytes_equal(back, buf_bytes(&text)));
    fixture_close(&f);
}

TEST(a_bootstrap_of_ones_own_runs) {
    struct fixture f = {0};
    struct runtime_result r;
    fixture_open(&f, "provided.al2023", "bootstrap",
                 "#!/usr/bin/python3\n"
                 "import http.client, os\n"
                 "c = http.client.HTTPConnection(os.environ['AWS_LAMBDA_RUNTIME_API'])\n"
                 "base = '/2018-06-01/runtime/invocation/'\n"
                 "while True:\n"
                 "    c.request('GET', base + 'next')\n"
                 "    r = c.getresponse()\n"
                 "    body = r.read()\n"
                 "    id = r.getheader('Lambda-Runtime-Aws-Request-Id')\n"
                 "    c.request('POST', base + id + '/response', b'not JSON: ' + body)\n"
                 "    assert c.getresponse().read() == b'{\"status\":\"OK\"}'\n");
    CHECK_BYTES(fixture_call(&f, "[1]", &r), BYTES("not JSON: [1]"));
    CHECK_BYTES(fixture_call(&f, "[2]", &r), BYTES("not JSON: [2]"));
    CHECK(!r.cold);
    fixture_close(&f);
}

TEST(what_cannot_run_says_why) {
    struct fixture f = {0};
    struct runtime_result r;
    struct runtime_event e = {.event = BYTES("{}")};
    const char *path;
    open_python(&f, "def handler(e, c): pass\n");
    CHECK(runtime_is_known(BYTES("python3.99")) && !runtime_is_known(BYTES("java21")));
    f.code.runtime = BYTES("java21");
    CHECK_FAILS(runtime_invoke(f.runtimes, &f.code, &e, &f.memory, &r), E_INVALID,
                "there is no runtime java21 here");
    f.code.runtime = BYTES("provided");
    CHECK_OK(runtime_invoke(f.runtimes, &f.code, &e, &f.memory, &r));
    check_part(r.payload, "Runtime.InvalidEntrypoint");
    CHECK_OK(runtime_find(f.runtimes, BYTES("python3.99"), &f.memory, &path));
    fixture_close(&f);
    struct fixture none = {.options.search = "/nowhere"};
    open_python(&none, "def handler(e, c): pass\n");
    CHECK_FAILS(runtime_find(none.runtimes, BYTES("nodejs20.x"), &none.memory, &path),
                E_UNAVAILABLE, "apt install nodejs");
    fixture_close(&none);
}

TEST_MAIN("runtime/runtime")
