#include "sql/decimal.h"

#include "support/testing.h"

static struct decimal d(const char *text) {
    struct decimal out = {0};
    CHECK(decimal_parse(bytes_from(text), &out));
    return out;
}

static void check(struct decimal value, const char *text) {
    AUTO(buf) out = {0};
    decimal_append(value, &out);
    CHECK_TEXT(buf_string(&out), text);
}

TEST(numbers_are_written_as_people_write_them) {
    static const char *const rows[][2] = {
        {"0", "0"},
        {"-0", "0"},
        {"7", "7"},
        {"-12.50", "-12.50"},
        {"1e3", "1000"},
        {"0.001", "0.001"},
        {"1.5E-7", "1.5E-7"},
        {"1E+40", "1E+40"},
        {"100e-2", "1.00"},
        {"0.000001", "0.000001"},
        {"123456789012345678901234567890.1234", "123456789012345678901234567890.1234"},
        {"12345678901234567890123456789012345678", "1.234567890123456789012345678901235E+37"},
        {"9999999999999999999999999999999999.5", "1.000000000000000000000000000000000E+34"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        check(d(rows[i][0]), rows[i][1]);
}

TEST(texts_that_are_no_numbers_are_refused) {
    static const char *const rows[] = {"",   "-",   ".5",     "5.",      "1e",  "1e+",  "+1",
                                       "1 ", "0x1", "1e1000", "1e-1000", "NaN", "1.2.3"};
    struct decimal out;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        CHECK(!decimal_parse(bytes_from(rows[i]), &out));
}

TEST(sums_and_products_are_exact_to_34_digits) {
    struct decimal r;
    CHECK(decimal_add(d("0.1"), d("0.2"), &r));
    check(r, "0.3");
    CHECK(decimal_add(d("1e33"), d("1"), &r));
    check(r, "1000000000000000000000000000000001");
    CHECK(decimal_add(d("1e40"), d("1"), &r));
    CHECK_INT(decimal_compare(r, d("1e40")), 0);
    CHECK(decimal_subtract(d("5"), d("7.25"), &r));
    check(r, "-2.25");
    CHECK(decimal_subtract(d("3.3"), d("3.3"), &r));
    CHECK(decimal_is_zero(r) && !r.negative);
    CHECK(decimal_multiply(d("12345678901234567"), d("-98765432109876543"), &r));
    check(r, "-1219326311370217861743636654061881");
    CHECK(!decimal_multiply(d("1e900"), d("1e900"), &r));
}

TEST(quotients_have_34_digits_and_no_zero_below) {
    struct decimal r;
    CHECK(decimal_divide(d("1"), d("3"), &r));
    check(r, "0.3333333333333333333333333333333333");
    CHECK(decimal_divide(d("2"), d("3"), &r));
    check(r, "0.6666666666666666666666666666666667");
    CHECK(decimal_divide(d("7.5"), d("2"), &r));
    check(r, "3.75");
    CHECK(!decimal_divide(d("1"), d("0"), &r));
    CHECK(decimal_remainder(d("-7.5"), d("2"), &r));
    check(r, "-1.5");
    CHECK(decimal_remainder(d("1e20"), d("7"), &r));
    check(r, "2");
    CHECK(decimal_remainder(d("5"), d("0.3"), &r));
    check(r, "0.2");
    CHECK(!decimal_remainder(d("1e900"), d("7"), &r) && !decimal_remainder(d("1"), d("0"), &r));
}

TEST(rounding_goes_where_it_is_told) {
    check(decimal_round(d("2.5"), 0, DECIMAL_HALF_UP), "3");
    check(decimal_round(d("-2.5"), 0, DECIMAL_HALF_UP), "-3");
    check(decimal_round(d("2.49"), 0, DECIMAL_HALF_UP), "2");
    check(decimal_round(d("-2.9"), 0, DECIMAL_DOWN), "-2");
    check(decimal_round(d("-2.1"), 0, DECIMAL_FLOOR), "-3");
    check(decimal_round(d("2.1"), 0, DECIMAL_CEILING), "3");
    check(decimal_round(d("-2.1"), 0, DECIMAL_CEILING), "-2");
    check(decimal_round(d("1e-60"), 0, DECIMAL_CEILING), "1");
    check(decimal_round(d("2.888"), 2, DECIMAL_DOWN), "2.88");
    check(decimal_round(d("3"), 5, DECIMAL_DOWN), "3");
}

TEST(order_does_not_depend_on_how_a_number_is_written) {
    CHECK_INT(decimal_compare(d("1.0"), d("1")), 0);
    CHECK_INT(decimal_compare(d("-1"), d("1")), -1);
    CHECK_INT(decimal_compare(d("0"), d("-0.5")), 1);
    CHECK_INT(decimal_compare(d("10"), d("9.99999")), 1);
    CHECK_INT(decimal_compare(d("1e33"), d("999999999999999999999999999999999.9")), 1);
    CHECK_INT(decimal_compare(d("-1e2"), d("-99")), -1);
}

TEST(integers_and_doubles_go_both_ways) {
    struct decimal r;
    int64_t n;
    check(decimal_from_i64(INT64_MIN), "-9223372036854775808");
    CHECK(decimal_to_i64(d("-9223372036854775808"), &n) && n == INT64_MIN);
    CHECK(decimal_to_i64(d("9223372036854775807.00"), &n) && n == INT64_MAX);
    CHECK(!decimal_to_i64(d("9223372036854775808"), &n) && !decimal_to_i64(d("0.5"), &n));
    CHECK(decimal_from_double(0.1, &r));
    check(r, "0.1");
    CHECK(decimal_from_double(1.0 / 3, &r));
    check(r, "0.3333333333333333");
    CHECK(decimal_to_double(d("0.1")) == 0.1);
}

TEST_MAIN("sql/decimal")
