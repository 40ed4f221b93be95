#include "base/random.h"

#include <string.h>

#include "support/testing.h"

TEST(a_uuid_has_version_4_and_its_variant) {
    char a[37], b[37];
    random_uuid(a);
    random_uuid(b);
    CHECK_INT(strlen(a), 36);
    CHECK(a[14] == '4' && strchr("89ab", a[19]) && a[8] == '-' && a[23] == '-');
    CHECK(strcmp(a, b) != 0);
}

TEST(no_uuid_comes_twice) { /* beyond what is asked of the kernel at a time */
    static char all[200][37];
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        random_uuid(all[i]);
        for (size_t j = 0; j < i; j++)
            CHECK(strcmp(all[i], all[j]) != 0);
    }
}

TEST(text_comes_from_its_alphabet) {
    char text[201];
    random_text("abc", text, 200);
    CHECK_INT(strspn(text, "abc"), 200);
    CHECK(strchr(text, 'a') && strchr(text, 'b') && strchr(text, 'c'));
}

TEST_MAIN("base/random")
