#include "function/code_link.h"
#include "support/testing.h"

static const uint8_t key[CODE_LINK_KEY_BYTES] = {1}, other_key[CODE_LINK_KEY_BYTES] = {2};
#define ID BYTES("0123456789abcdef0123456789abcdef")

static status verify(const uint8_t with[CODE_LINK_KEY_BYTES], bytes link, int64_t now_s,
                     bytes *out_id) {
    size_t mark = bytes_find(link, '?');
    return code_link_verify(with, bytes_slice(link, 0, mark), bytes_skip(link, mark + 1), now_s,
                            out_id);
}

TEST(a_link_gives_its_code_until_it_expires) {
    AUTO(buf) link = {0};
    bytes id;
    code_link_format(key, ID, 1000, &link);
    CHECK(code_link_is_one(buf_bytes(&link)) && !code_link_is_one(BYTES("/things/x")));
    CHECK_OK(verify(key, buf_bytes(&link), 1000, &id));
    CHECK_BYTES(id, ID);
    CHECK_FAILS(verify(key, buf_bytes(&link), 1001, &id), E_ACCESS_DENIED, "has expired");
    CHECK_FAILS(verify(other_key, buf_bytes(&link), 0, &id), E_ACCESS_DENIED, "signature");
}

TEST(a_link_with_any_other_byte_is_refused) {
    AUTO(buf) link = {0};
    bytes id;
    code_link_format(key, ID, 1000, &link);
    for (size_t i = 0; i < link.len; i++) {
        link.ptr[i] ^= 1;
        CHECK(verify(key, buf_bytes(&link), 0, &id) == E_ACCESS_DENIED);
        link.ptr[i] ^= 1;
    }
}

static void verify_prefix(bytes prefix) {
    bytes id;
    CHECK(verify(key, prefix, 0, &id) == E_ACCESS_DENIED);
}
TEST(no_beginning_of_a_link_is_one) {
    AUTO(buf) link = {0};
    code_link_format(key, ID, 1000, &link);
    test_each_truncation(buf_bytes(&link), verify_prefix);
}

TEST_MAIN("function/code_link")
