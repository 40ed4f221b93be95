#include "base/library.h"

#include "support/testing.h"

TEST(functions_are_filled_in_by_name) {
    static const char *const names[] = {"cos", "sqrt"};
    struct {
        double (*cosine)(double);
        double (*root)(double);
    } math;
    CHECK_OK(library_load("libm.so.6", "libc6", names, (void **)&math, COUNT_OF(names)));
    CHECK(math.cosine(0) == 1 && math.root(9) == 3);
}

TEST(what_is_missing_is_named_with_its_package) {
    static const char *const names[] = {"cos", "no_such_function"};
    void *functions[COUNT_OF(names)];
    CHECK_FAILS(library_load("libnosuch.so.1", "libnosuch1", names, functions, 1), E_UNAVAILABLE,
                "libnosuch.so.1 cannot be loaded (libnosuch.so.1: cannot open shared object file: "
                "No such file or directory): install Debian's package libnosuch1");
    CHECK_FAILS(library_load("libm.so.6", "libc6", names, functions, 2), E_UNAVAILABLE,
                "libm.so.6 has no no_such_function: install a newer package libc6");
}

TEST_MAIN("base/library")
