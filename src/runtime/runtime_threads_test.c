/* Many threads invoke, forget and close side by side; for the thread sanitizer. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "runtime/fixture.h"
#include "support/testing.h"

enum { CALLERS = 6, CALLS = 15, FUNCTIONS = 2 };

struct caller {
    struct fixture *f;
    int number;
    _Atomic int *answered, *throttled;
};

static void call_once(struct caller *c, int i) {
    AUTO(arena) a = {0};
    struct runtime_code code = c->f->code;
    struct runtime_result r;
    char event[32];
    int len = snprintf(event, sizeof event, "%d", c->number * 1000 + i);
    struct runtime_event e = {.event = bytes_of(event, (size_t)len), .want_log_tail = true};
    code.function_arn = c->number % FUNCTIONS ? BYTES("arn:one") : BYTES("arn:two");
    code.concurrency_max = 2;
    status s = runtime_invoke(c->f->runtimes, &code, &e, &a, &r);
    if (s == E_THROTTLED) {
        atomic_fetch_add(c->throttled, 1);
        usleep(20000);
    } else if (s == OK && bytes_equal(r.payload, e.event)) {
        atomic_fetch_add(c->answered, 1);
    }
    if (i % 7 == 6)
        runtime_forget(c->f->runtimes, code.function_arn);
}

static void *run(void *caller) {
    for (int i = 0; i < CALLS; i++)
        call_once(caller, i);
    return NULL;
}

TEST(each_caller_gets_its_own_answer) {
    struct fixture f = {.options.processes_max = 4};
    struct caller callers[CALLERS];
    pthread_t threads[CALLERS];
    _Atomic int answered = 0, throttled = 0;
    struct runtime_counts n;
    fixture_open(&f, "python3.11", "index.py", "def handler(e, c): return e\n");
    for (int i = 0; i < CALLERS; i++) {
        callers[i] = (struct caller){&f, i, &answered, &throttled};
        CHECK(pthread_create(&threads[i], NULL, run, &callers[i]) == 0);
    }
    for (int i = 0; i < CALLERS; i++)
        pthread_join(threads[i], NULL);
    CHECK(answered > 0);
    CHECK_INT(answered + throttled, CALLERS * CALLS);
    runtime_count(f.runtimes, &n);
    CHECK_INT(n.busy, 0);
    CHECK_INT(n.failures, 0);
    fixture_close(&f);
}

TEST(closing_while_many_call_answers_them_all) {
    struct fixture f = {0};
    struct caller callers[CALLERS];
    pthread_t threads[CALLERS];
    _Atomic int answered = 0, throttled = 0;
    fixture_open(&f, "python3.11", "index.py",
                 "import time\ndef handler(e, c): time.sleep(0.02); return e\n");
    for (int i = 0; i < CALLERS; i++) {
        callers[i] = (struct caller){&f, i, &answered, &throttled};
        CHECK(pthread_create(&threads[i], NULL, run, &callers[i]) == 0);
    }
    usleep(400000);
    runtimes_close(f.runtimes);
    for (int i = 0; i < CALLERS; i++)
        pthread_join(threads[i], NULL);
    fixture_close(&f);
}

TEST_MAIN("runtime/threads")
