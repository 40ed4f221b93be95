#include "loop/address.h"

#include "support/testing.h"

TEST(reads_and_writes_addresses) {
    static const char *good[] = {"127.0.0.1:8883", "0.0.0.0:0", "[::1]:65535", "[2001:db8::1]:80"};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        struct address a;
        char text[64];
        CHECK_OK(address_parse(bytes_from(good[i]), &a));
        address_format(&a, text);
        CHECK_TEXT(text, good[i]);
    }
}

TEST(localhost_is_the_loopback_address) {
    struct address a;
    char text[64];
    CHECK_OK(address_parse(BYTES("localhost:1883"), &a));
    address_format(&a, text);
    CHECK_TEXT(text, "127.0.0.1:1883");
    CHECK_INT(address_port(&a), 1883);
}

TEST(rejects_everything_else) {
    static const char *bad[] = {"",           "8883",        ":8883",          "127.0.0.1",
                                "127.0.0.1:", "127.0.0.1:x", "1.2.3:4",        "127.0.0.1:-1",
                                "::1:8883",   "[::1:8883",   "[127.0.0.1]:80", "host:80",
                                "[]:80",      "[::1]:65536", "1.2.3.4:1 ",     "[::1]8883",
                                "[:80"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct address a;
        CHECK_FAILS(address_parse(bytes_from(bad[i]), &a), E_INVALID, "ADDR:PORT");
    }
}

static void parse_prefix(bytes prefix) {
    struct address a;
    (void)!address_parse(prefix, &a);
}

TEST(reads_no_byte_too_many) {
    test_each_truncation(BYTES("[2001:db8::1]:8883"), parse_prefix);
    test_each_truncation(BYTES("255.255.255.255:65535"), parse_prefix);
}

TEST_MAIN("loop/address")
