#include "policy/operand.h"

#include "support/testing.h"

static bool contains(const char *range, const char *address) {
    struct policy_ip_range r, a;
    CHECK_OK(policy_ip_parse(bytes_from(range), &r));
    CHECK_OK(policy_ip_parse(bytes_from(address), &a));
    return policy_ip_contains(&r, &a);
}

TEST(addresses_lie_in_ranges_of_their_family) { /* [AWS policy 6] */
    CHECK(contains("192.0.2.0/24", "192.0.2.255"));
    CHECK(!contains("192.0.2.0/24", "192.0.3.0"));
    CHECK(contains("192.0.2.128/25", "192.0.2.200"));
    CHECK(!contains("192.0.2.128/25", "192.0.2.127"));
    CHECK(contains("192.0.2.1", "192.0.2.1"));
    CHECK(!contains("192.0.2.1", "192.0.2.2"));
    CHECK(contains("0.0.0.0/0", "203.0.113.9"));
    CHECK(contains("2001:db8::/33", "2001:db8:7fff::1"));
    CHECK(!contains("2001:db8::/33", "2001:db8:8000::1"));
    CHECK(contains("2001:DB8::1", "2001:db8:0:0:0:0:0:1"));
    CHECK(!contains("::/0", "192.0.2.1"));
    CHECK(!contains("0.0.0.0/0", "2001:db8::1"));
    CHECK(contains("192.0.2.5/24", "192.0.2.9")); /* bits beyond the range do not count */
}

TEST(a_mapped_address_is_the_one_it_maps) {
    CHECK(contains("192.0.2.0/24", "::ffff:192.0.2.7"));
    CHECK(contains("::ffff:192.0.2.0/120", "192.0.2.7"));
    CHECK(!contains("::ffff:192.0.2.0/120", "192.0.3.7"));
}

TEST(refuses_what_is_no_address) {
    static const char *const wrong[] = {"",
                                        "192.0.2",
                                        "192.0.2.0/33",
                                        "2001:db8::/129",
                                        "192.0.2.0/",
                                        "192.0.2.0/x",
                                        "host",
                                        "192.0.2.0/-1",
                                        "1:2:3:4:5:6:7:8:9:10:11:12:13:14:15:16:17:18"};
    struct policy_ip_range r;
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        CHECK_FAILS(policy_ip_parse(bytes_from(wrong[i]), &r), E_INVALID, "192.0.2.0/24");
}

TEST(reads_numbers_as_json_has_them) {
    double n;
    CHECK_OK(policy_number_parse(BYTES("-2.5e1"), &n));
    CHECK(n > -25.1 && n < -24.9);
    static const char *const wrong[] = {"",    "-",  "1.",  ".5",  "1e",
                                        "0x1", "1 ", "inf", "nan", "1,5"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        CHECK_FAILS(policy_number_parse(bytes_from(wrong[i]), &n), E_INVALID, "not a number");
}

TEST(reads_dates_and_seconds) {
    int64_t ms;
    CHECK_OK(policy_date_parse(BYTES("1970-01-02"), &ms));
    CHECK_INT(ms, 86400000);
    CHECK_OK(policy_date_parse(BYTES("1970-01-01T00:00:01.5Z"), &ms));
    CHECK_INT(ms, 1500);
    CHECK_OK(policy_date_parse(BYTES("1970-01-01T09:00:00+09:00"), &ms));
    CHECK_INT(ms, 0);
    CHECK_OK(policy_date_parse(BYTES("1767322800"), &ms));
    CHECK_INT(ms, 1767322800000);
    static const char *const wrong[] = {"", "yesterday", "2026-02-30", "2026-13-01", "1e99"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        CHECK_FAILS(policy_date_parse(bytes_from(wrong[i]), &ms), E_INVALID, "not a date");
}

TEST(reads_truth_in_any_case_and_nothing_else) {
    bool truth = false;
    CHECK_OK(policy_bool_parse(BYTES("True"), &truth));
    CHECK(truth);
    CHECK_OK(policy_bool_parse(BYTES("FALSE"), &truth));
    CHECK(!truth);
    CHECK_FAILS(policy_bool_parse(BYTES("1"), &truth), E_INVALID, "neither");
    CHECK_OK(policy_base64_check(BYTES("YQ==")));
    CHECK_FAILS(policy_base64_check(BYTES("YQ")), E_INVALID, "base64");
}

TEST_MAIN("policy/operand")
