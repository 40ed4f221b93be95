#include "support/testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct test_case *first_case, **last_case = &first_case;

void test_register(struct test_case *t) {
    *last_case = t;
    last_case = &t->next;
}

static void run_case(void **state) {
    ((struct test_case *)*state)->run();
}

int test_main(const char *group, int argc, char **argv) {
    size_t count = 0;
    for (struct test_case *t = first_case; t; t = t->next)
        count++;
    struct CMUnitTest *tests = NEW_ARRAY(struct CMUnitTest, count);
    size_t n = 0;
    for (struct test_case *t = first_case; t; t = t->next)
        if (argc < 2 || strstr(t->name, argv[1]))
            tests[n++] = (struct CMUnitTest){t->name, run_case, NULL, NULL, t};
    cmocka_set_message_output(CM_OUTPUT_TAP);
    int failed = _cmocka_run_group_tests(group, tests, n, NULL, NULL);
    mem_free(tests);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

void test_check_status(status got, status want, const char *call, const char *file, int line) {
    if (got == want)
        return;
    print_error("%s gave %s, not %s: %s (%s)\n", call, status_info(got)->name,
                status_info(want)->name, got ? failure_text() : "", got ? failure_where() : "");
    _fail(file, line);
}

void test_check_contains(const char *text, const char *part, const char *file, int line) {
    if (strstr(text, part))
        return;
    print_error("\"%s\" does not contain \"%s\"\n", text, part);
    _fail(file, line);
}

void test_check_int(long long got, long long want, const char *what, const char *file, int line) {
    if (got == want)
        return;
    print_error("%s is %lld, not %lld\n", what, got, want);
    _fail(file, line);
}

void test_check_bytes(bytes got, bytes want, const char *file, int line) {
    if (bytes_equal(got, want))
        return;
    print_error("got \"%.*s\" (%zu bytes), not \"%.*s\" (%zu bytes)\n", BYTES_ARG(got), got.len,
                BYTES_ARG(want), want.len);
    _fail(file, line);
}

void test_each_truncation(bytes good, void (*decode)(bytes prefix)) {
    for (size_t len = 0; len < good.len; len++) {
        uint8_t *copy = malloc(len ? len : 1);
        if (!copy)
            abort();
        if (len)
            memcpy(copy, good.ptr, len);
        decode((bytes){copy, len});
        free(copy);
    }
}
