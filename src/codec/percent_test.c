#include "codec/percent.h"

#include "support/testing.h"

static bytes encoded(struct buf *b, bytes data, void (*encode)(bytes, struct buf *)) {
    buf_clear(b);
    encode(data, b);
    return buf_bytes(b);
}

TEST(encodes_all_but_the_unreserved) { /* [RFC 3986 2.3] */
    AUTO(buf) b = {0};
    bytes unreserved = BYTES("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~");
    CHECK_BYTES(encoded(&b, unreserved, percent_encode), unreserved);
    CHECK_BYTES(encoded(&b, BYTES("a/b c+%:\xC3\xA9\0"), percent_encode),
                BYTES("a%2Fb%20c%2B%25%3A%C3%A9%00"));
    CHECK_BYTES(encoded(&b, BYTES("/a%2Fb/$next"), percent_encode_path), BYTES("/a%252Fb/%24next"));
    CHECK_INT(encoded(&b, BYTES(""), percent_encode).len, 0);
}

TEST(every_byte_survives) {
    AUTO(arena) a = {0};
    AUTO(buf) b = {0};
    uint8_t all[256];
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (uint8_t)i;
    bytes back;
    CHECK_OK(percent_decode(&a, encoded(&b, bytes_of(all, 256), percent_encode), &back));
    CHECK_BYTES(back, bytes_of(all, 256));
    CHECK_OK(percent_decode_form(&a, encoded(&b, bytes_of(all, 256), percent_encode), &back));
    CHECK_BYTES(back, bytes_of(all, 256));
}

TEST(decodes_either_case_and_borrows_what_needs_nothing) {
    AUTO(arena) a = {0};
    bytes out, plain = BYTES("a+b/c");
    CHECK_OK(percent_decode(&a, BYTES("cert%2F%c3%A9+%2b%25"), &out));
    CHECK_BYTES(out, BYTES("cert/\xC3\xA9++%"));
    CHECK_OK(percent_decode(&a, plain, &out));
    CHECK(out.ptr == plain.ptr);
    CHECK_OK(percent_decode_form(&a, BYTES("a+b%2Bc"), &out));
    CHECK_BYTES(out, BYTES("a b+c"));
}

TEST(refuses_a_percent_sign_without_two_digits) {
    static const char *const rows[] = {"%",    "a%",  "%2",  "%2G",   "%G2",
                                       "%%41", "%-1", "% 1", "%u0041"};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(arena) a = {0};
        bytes out = BYTES("unchanged");
        CHECK_FAILS(percent_decode(&a, bytes_from(rows[i]), &out), E_INVALID, "percent escape");
        CHECK_FAILS(percent_decode_form(&a, bytes_from(rows[i]), &out), E_INVALID, "escape");
        CHECK_BYTES(out, BYTES("unchanged"));
    }
}

TEST_MAIN("codec/percent")
