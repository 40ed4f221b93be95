#include "codec/real.h"

#include "support/testing.h"

TEST(numbers_have_no_more_digits_than_they_need) {
    static const struct {
        double value;
        const char *text;
    } rows[] = {{0, "0"},
                {-0.0, "-0"},
                {1, "1"},
                {0.1, "0.1"},
                {1e300, "1e+300"},
                {0.1 + 0.2, "0.30000000000000004"},
                {1.0 / 3, "0.3333333333333333"}};
    char text[REAL_TEXT_BYTES];
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        real_format(rows[i].value, text);
        CHECK_TEXT(text, rows[i].text);
    }
}

TEST(single_numbers_need_fewer) {
    static const struct {
        float value;
        const char *text;
    } rows[] = {{0.1F, "0.1"}, {16777215, "16777215"}, {3.4028235e38F, "3.4028235e+38"}};
    char text[REAL_TEXT_BYTES];
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        real_format_single(rows[i].value, text);
        CHECK_TEXT(text, rows[i].text);
    }
}

TEST_MAIN("codec/real")
