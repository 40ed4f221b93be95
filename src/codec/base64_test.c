#include "codec/base64.h"

#include "support/testing.h"

TEST(encodes_and_decodes_the_vectors) { /* [RFC 4648 10] */
    static const struct {
        const char *data, *text;
    } vectors[] = {{"", ""},
                   {"f", "Zg=="},
                   {"fo", "Zm8="},
                   {"foo", "Zm9v"},
                   {"foob", "Zm9vYg=="},
                   {"fooba", "Zm9vYmE="},
                   {"foobar", "Zm9vYmFy"},
                   {"\xFB\xFF\xBF", "+/+/"}};
    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        AUTO(arena) a = {0};
        AUTO(buf) b = {0};
        bytes data;
        base64_encode(bytes_from(vectors[i].data), &b);
        CHECK_BYTES(buf_bytes(&b), bytes_from(vectors[i].text));
        CHECK_OK(base64_decode(&a, bytes_from(vectors[i].text), &data));
        CHECK_BYTES(data, bytes_from(vectors[i].data));
    }
}

TEST(every_byte_survives) {
    uint8_t all[256];
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (uint8_t)i;
    for (size_t len = 0; len <= sizeof all; len++) {
        AUTO(arena) a = {0};
        AUTO(buf) b = {0};
        bytes data;
        base64_encode(bytes_of(all, len), &b);
        CHECK_OK(base64_decode(&a, buf_bytes(&b), &data));
        CHECK_BYTES(data, bytes_of(all, len));
    }
}

TEST(refuses_what_an_encoder_would_not_write) { /* [RFC 4648 3.2] [RFC 4648 3.3] [RFC 4648 3.5] */
    static const struct {
        const char *text, *part;
    } rows[] = {
        {"Z", "multiple of 4"},       {"Zg", "multiple of 4"},     {"Zg=", "multiple of 4"},
        {"Zm9vYg=", "multiple of 4"}, {"Zg==\n", "multiple of 4"}, {"Zh==", "not zero"},
        {"Zm9=", "not zero"},         {"Zm9\n", "byte 0x0A"},      {"Zm 9", "byte 0x20"},
        {"Zm-_", "byte 0x2D"},        {"====", "byte 0x3D"},       {"Z===", "byte 0x3D"},
        {"Zg==Zg==", "byte 0x3D"},    {"Zm=v", "byte 0x3D"},       {"\xC3\xA9\xC3\xA9", "0xC3"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(arena) a = {0};
        bytes data = BYTES("unchanged");
        CHECK_FAILS(base64_decode(&a, bytes_from(rows[i].text), &data), E_INVALID, rows[i].part);
        CHECK_BYTES(data, BYTES("unchanged"));
    }
}

TEST_MAIN("codec/base64")
