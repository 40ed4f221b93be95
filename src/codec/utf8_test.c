#include "codec/utf8.h"

#include "support/testing.h"

TEST(every_code_point_is_written_and_measured_alike) { /* [RFC 3629 3] */
    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        if (c >= 0xD800 && c <= 0xDFFF)
            continue;
        AUTO(buf) b = {0};
        utf8_append(&b, c);
        CHECK(utf8_length(buf_bytes(&b)) == b.len);
        CHECK(bytes_are_utf8(buf_bytes(&b)));
        if (b.len > 1)
            CHECK(utf8_length(bytes_of(b.ptr, b.len - 1)) == 0);
    }
}

TEST(agrees_with_the_check_of_whole_texts_on_every_start) { /* [RFC 3629 4] */
    static const uint8_t edges[] = {0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90,
                                    0x9F, 0xA0, 0xBF, 0xC0, 0xFF};
    for (unsigned lead = 0; lead < 256; lead++)
        for (size_t i = 0; i < COUNT_OF(edges); i++)
            for (size_t k = 0; k < COUNT_OF(edges); k++) {
                uint8_t text[4] = {(uint8_t)lead, edges[i], edges[k], 0x80};
                size_t len = utf8_length(bytes_of(text, 4));
                bool well_formed = false;
                for (size_t n = 1; n <= 4 && !well_formed; n++) {
                    well_formed = bytes_are_utf8(bytes_of(text, n));
                    CHECK_INT(well_formed && len != n, 0);
                }
                CHECK_INT(len != 0, well_formed);
            }
}

TEST(nothing_is_no_character) {
    CHECK_INT(utf8_length(BYTES("")), 0);
}

TEST_MAIN("codec/utf8")
