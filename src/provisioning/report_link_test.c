#include "provisioning/report_link.h"
#include "support/testing.h"

static const uint8_t key[REPORT_LINK_KEY_BYTES] = {1, 2, 3}, other_key[REPORT_LINK_KEY_BYTES] = {9};
static const struct report_part part = {
    {(const uint8_t *)"123456789012", 12}, {(const uint8_t *)"7f0c", 4}, REPORT_RESULTS, 3};

/* Path and query as they come back from a client. */
static status verify(const uint8_t with[REPORT_LINK_KEY_BYTES], bytes link, int64_t now_s,
                     struct report_part *out) {
    size_t mark = bytes_find(link, '?');
    return report_link_verify(with, bytes_slice(link, 0, mark), bytes_skip(link, mark + 1), now_s,
                              out);
}

TEST(a_link_gives_what_it_was_made_for_until_it_expires) {
    AUTO(buf) link = {0};
    struct report_part got;
    report_link_format(key, &part, 1000, &link);
    CHECK(report_link_is_one(buf_bytes(&link)) && !report_link_is_one(BYTES("/things/x")));
    CHECK_OK(verify(key, buf_bytes(&link), 1000, &got));
    CHECK_BYTES(got.account, part.account);
    CHECK_BYTES(got.task, part.task);
    CHECK(got.type == REPORT_RESULTS && got.part == 3);
    CHECK_FAILS(verify(key, buf_bytes(&link), 1001, &got), E_ACCESS_DENIED, "has expired");
    CHECK_FAILS(verify(other_key, buf_bytes(&link), 0, &got), E_ACCESS_DENIED, "signature");
}

TEST(a_link_with_any_other_byte_is_refused) {
    AUTO(buf) link = {0};
    struct report_part got;
    report_link_format(key, &part, 1000, &link);
    for (size_t i = 0; i < link.len; i++) {
        link.ptr[i] ^= 1;
        CHECK(!report_link_is_one(buf_bytes(&link)) ||
              verify(key, buf_bytes(&link), 0, &got) == E_ACCESS_DENIED);
        link.ptr[i] ^= 1;
    }
}

static void verify_prefix(bytes prefix) {
    struct report_part got;
    CHECK(!report_link_is_one(prefix) || verify(key, prefix, 0, &got) == E_ACCESS_DENIED);
}

TEST(no_beginning_of_a_link_is_one) {
    AUTO(buf) link = {0};
    report_link_format(key, &part, 1000, &link);
    test_each_truncation(buf_bytes(&link), verify_prefix);
}

TEST_MAIN("provisioning/report_link")
