#include "base/arena.h"

#include <string.h>

#include "support/testing.h"

TEST(gives_aligned_zeroed_memory) {
    AUTO(arena) a = {0};
    for (size_t size = 1; size < 20000; size += 997) {
        uint8_t *p = arena_alloc(&a, size);
        CHECK_INT((uintptr_t)p % 16, 0);
        for (size_t i = 0; i < size; i++)
            CHECK_INT(p[i], 0);
        memset(p, 0xAA, size);
    }
}

TEST(no_bytes_have_an_address_too) {
    AUTO(arena) a = {0};
    CHECK(arena_alloc(&a, 0) != NULL);
}

TEST(a_reset_arena_starts_again_in_its_first_block) {
    AUTO(arena) a = {0};
    void *first = arena_alloc(&a, 10);
    (void)arena_alloc(&a, 100000);
    arena_reset(&a);
    CHECK(arena_alloc(&a, 10) == first);
}

TEST(a_wiped_arena_holds_nothing_of_what_was_in_it) {
    AUTO(arena) a = {0};
    bytes small = arena_copy(&a, BYTES("secret")), large = {0};
    uint8_t *block = arena_alloc(&a, 10000);
    block[9999] = 7;
    large = bytes_of(block, 10000);
    arena_wipe(&a);
    CHECK_BYTES(small, BYTES("\0\0\0\0\0\0"));
    CHECK_INT(large.ptr[9999], 0);
}

TEST(copies_and_formats_text) {
    AUTO(arena) a = {0};
    CHECK_TEXT(arena_string(&a, BYTES("lamp")), "lamp");
    CHECK_TEXT(arena_printf(&a, "%s-%d", "lamp", 7), "lamp-7");
    CHECK_BYTES(arena_copy(&a, BYTES("")), BYTES(""));
}

TEST_MAIN("base/arena")
