#include <string.h>

#include "support/testing.h"

TEST(splits_at_a_byte_and_keeps_empty_parts) {
    bytes rest = BYTES("a,,b"), part;
    CHECK(bytes_split(&rest, ',', &part));
    CHECK_BYTES(part, BYTES("a"));
    CHECK(bytes_split(&rest, ',', &part));
    CHECK_BYTES(part, BYTES(""));
    CHECK(bytes_split(&rest, ',', &part));
    CHECK_BYTES(part, BYTES("b"));
    CHECK(!bytes_split(&rest, ',', &part));
}

TEST(a_trailing_separator_gives_a_last_empty_part) {
    bytes rest = BYTES("a,"), part;
    CHECK(bytes_split(&rest, ',', &part));
    CHECK(bytes_split(&rest, ',', &part));
    CHECK_BYTES(part, BYTES(""));
    CHECK(!bytes_split(&rest, ',', &part));
}

TEST(accepts_well_formed_utf8_only) {
    CHECK(bytes_are_utf8(BYTES("gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x98\x80")));
    CHECK(!bytes_are_utf8(BYTES("\xC0\xAF")));         /* overlong */
    CHECK(!bytes_are_utf8(BYTES("\xED\xA0\x80")));     /* surrogate */
    CHECK(!bytes_are_utf8(BYTES("\xF4\x90\x80\x80"))); /* above U+10FFFF */
    CHECK(!bytes_are_utf8(BYTES("\xE2\x82")));         /* cut */
    CHECK(!bytes_are_utf8(BYTES("\x80")));
}

TEST(reads_numbers_up_to_a_maximum) {
    uint64_t v;
    CHECK_OK(bytes_to_u64(BYTES("250"), 250, &v));
    CHECK_INT(v, 250);
    CHECK_FAILS(bytes_to_u64(BYTES("251"), 250, &v), E_INVALID, "above 250");
    CHECK_FAILS(bytes_to_u64(BYTES("99999999999999999999"), UINT64_MAX, &v), E_INVALID, "above");
    CHECK_OK(bytes_to_u64(BYTES("18446744073709551615"), UINT64_MAX, &v));
    CHECK(v == UINT64_MAX);
    CHECK_FAILS(bytes_to_u64(BYTES("-1"), 250, &v), E_INVALID, "not a number");
    CHECK_FAILS(bytes_to_u64(BYTES(""), 250, &v), E_INVALID, "missing");
    CHECK_FAILS(bytes_to_u64(BYTES("7"), 5, &v), E_INVALID, "above 5");
}

TEST(equal_bytes_hash_alike_and_neighbours_do_not) {
    char text[64];
    for (size_t len = 0; len < sizeof text; len++) {
        memset(text, 'x', sizeof text);
        bytes b = bytes_of(text, len);
        uint64_t h = bytes_hash(b);
        CHECK(bytes_hash(b) == h);
        for (size_t i = 0; i < len; i++) {
            text[i] = 'y';
            CHECK(bytes_hash(b) != h);
            text[i] = 'x';
        }
    }
}

TEST(a_reader_refuses_to_run_past_the_end) {
    struct reader in = {BYTES("\x01\x02\x03")};
    uint16_t u16;
    uint32_t u32;
    bytes b;
    CHECK_OK(read_u16(&in, &u16));
    CHECK_INT(u16, 0x0102);
    CHECK_FAILS(read_u32(&in, &u32), E_MALFORMED, "4 bytes are needed where 1");
    CHECK_FAILS(read_bytes(&in, 2, &b), E_MALFORMED, "2 bytes");
    CHECK_OK(read_bytes(&in, 1, &b));
    CHECK_BYTES(b, BYTES("\x03"));
}

TEST(hexadecimal_goes_there_and_back) {
    char text[8];
    uint8_t data[4];
    hex_encode(BYTES("\x00\xff\x1a\xB2"), text);
    CHECK_BYTES(bytes_of(text, 8), BYTES("00ff1ab2"));
    CHECK_OK(hex_decode(BYTES("00FF1ab2"), data));
    CHECK_BYTES(bytes_of(data, 4), BYTES("\x00\xff\x1a\xB2"));
    CHECK_FAILS(hex_decode(BYTES("0g"), data), E_INVALID, "another character");
    CHECK_FAILS(hex_decode(BYTES("abc"), data), E_INVALID, "odd");
}

TEST(a_buffer_grows_formats_and_drops_its_front) {
    AUTO(buf) b = {0};
    for (int i = 0; i < 1000; i++)
        buf_printf(&b, "%d,", i);
    CHECK(bytes_start_with(buf_bytes(&b), BYTES("0,1,2,")));
    buf_drop_front(&b, b.len - 4);
    CHECK_BYTES(buf_bytes(&b), BYTES("999,"));
    CHECK_TEXT(buf_string(&b), "999,");
    buf_drop_front(&b, 100);
    CHECK_INT(b.len, 0);
}

TEST(reserving_nothing_still_gives_a_place) {
    AUTO(buf) b = {0};
    CHECK(buf_reserve(&b, 0) != NULL); /* NULL + 0 is undefined in C */
}

TEST(slices_are_clipped) {
    CHECK_BYTES(bytes_slice(BYTES("abc"), 1, 99), BYTES("bc"));
    CHECK_BYTES(bytes_skip(BYTES("abc"), 9), BYTES(""));
    CHECK_BYTES(bytes_trim(BYTES(" \t a b\r\n")), BYTES("a b"));
    CHECK_INT(bytes_search(BYTES("abcabd"), BYTES("abd")), 3);
    CHECK_INT(bytes_search(BYTES("abc"), BYTES("x")), 3);
    CHECK(bytes_equal_nocase(BYTES("Content-Length"), BYTES("content-length")));
    CHECK(bytes_equal_secret(BYTES("abc"), BYTES("abc")));
    CHECK(!bytes_equal_secret(BYTES("abc"), BYTES("abd")));
    CHECK(!bytes_equal_secret(BYTES("abc"), BYTES("ab")));
    CHECK(bytes_compare(BYTES("a"), BYTES("ab")) < 0);
}

TEST_MAIN("base/bytes")
