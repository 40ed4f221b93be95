#include "base/library.h"

#include "support/testing.h"

static int starts;
static void count_start(void) {
    starts++;
}

TEST(functions_are_filled_in_by_name_once) {
    static const char *const names[] = {"cos", "sqrt"};
    struct {
        double (*cosine)(double);
        double (*root)(double);
    } math;
    struct library l = {"libm.so.6",    "libc6",         names,
                        (void **)&math, COUNT_OF(names), LIBRARY_NOT_LOADED};
    starts = 0;
    CHECK_OK(library_load(&l, count_start));
    CHECK_OK(library_load(&l, count_start));
    CHECK_INT(starts, 1);
    CHECK(math.cosine(0) == 1 && math.root(9) == 3);
}

TEST(what_is_missing_is_named_with_its_package) {
    static const char *const names[] = {"cos", "no_such_function"};
    void *functions[COUNT_OF(names)];
    struct library absent = {"libnosuch.so.1",  "libnosuch1", names, functions, 1,
                             LIBRARY_NOT_LOADED};
    struct library old = {"libm.so.6", "libc6",         names,
                          functions,   COUNT_OF(names), LIBRARY_NOT_LOADED};
    CHECK_FAILS(library_load(&absent, NULL), E_UNAVAILABLE,
                "libnosuch.so.1 cannot be loaded (libnosuch.so.1: cannot open shared object file: "
                "No such file or directory): install Debian's package libnosuch1");
    CHECK_FAILS(library_load(&old, NULL), E_UNAVAILABLE,
                "libm.so.6 has no no_such_function: install a newer package libc6");
}

TEST_MAIN("base/library")
