/* Tests that read as sentences, over cmocka.
 *
 *     TEST(rejects_a_connect_with_the_reserved_flag_set) { CHECK(decode(…) == E_PROTOCOL); }
 *     TEST_MAIN("mqtt/packet")
 *
 * TEST registers itself; TEST_MAIN runs all of the file in order and prints TAP. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"

struct test_case {
    const char *name;
    void (*run)(void);
    struct test_case *next;
};
void test_register(struct test_case *t);
int test_main(const char *group, int argc, char **argv);

#define TEST(sentence)                                                            \
    static void test_##sentence(void);                                            \
    static struct test_case case_##sentence = {#sentence, test_##sentence, NULL}; \
    __attribute__((constructor)) static void register_##sentence(void) {          \
        test_register(&case_##sentence);                                          \
    }                                                                             \
    static void test_##sentence(void)

#define TEST_MAIN(group)                       \
    int main(int argc, char **argv) {          \
        return test_main((group), argc, argv); \
    }

#define CHECK(condition) _assert_true((uintmax_t) !!(condition), #condition, __FILE__, __LINE__)
#define CHECK_OK(call) test_check_status((call), OK, #call, __FILE__, __LINE__)
/* CHECK_FAILS also wants the sentence to contain `part`. */
#define CHECK_FAILS(call, code, part)                                    \
    do {                                                                 \
        test_check_status((call), (code), #call, __FILE__, __LINE__);    \
        test_check_contains(failure_text(), (part), __FILE__, __LINE__); \
    } while (0)
#define CHECK_INT(actual, expected) \
    test_check_int((long long)(actual), (long long)(expected), #actual, __FILE__, __LINE__)
#define CHECK_TEXT(actual, expected) \
    test_check_bytes(bytes_from(actual), bytes_from(expected), __FILE__, __LINE__)
#define CHECK_BYTES(actual, expected) test_check_bytes((actual), (expected), __FILE__, __LINE__)

void test_check_status(status got, status want, const char *call, const char *file, int line);
void test_check_contains(const char *text, const char *part, const char *file, int line);
void test_check_int(long long got, long long want, const char *what, const char *file, int line);
void test_check_bytes(bytes got, bytes want, const char *file, int line);

/* test_each_truncation calls `decode` with every proper prefix of `good`, each in a heap block of
 * exactly that size, so that a sanitizer sees one byte too many. */
void test_each_truncation(bytes good, void (*decode)(bytes prefix));
