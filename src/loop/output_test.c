#include "loop/output.h"

#include <string.h>

#include "support/testing.h"

static void drain_into(struct output *o, struct buf *b, size_t most) {
    struct iovec parts[4];
    int n = output_gather(o, parts, 4);
    size_t taken = 0;
    for (int i = 0; i < n && taken < most; i++) {
        size_t part = parts[i].iov_len < most - taken ? parts[i].iov_len : most - taken;
        buf_append(b, bytes_of(parts[i].iov_base, part));
        taken += part;
    }
    output_drop(o, taken);
}

TEST(gives_back_what_was_put_in_whatever_the_pieces) {
    struct output_pool pool;
    struct output o;
    AUTO(buf) in = {0};
    AUTO(buf) out = {0};
    output_pool_init(&pool);
    output_init(&o, &pool);
    uint32_t seed = 1;
    for (int i = 0; i < 3000; i++) {
        char text[3000];
        seed = seed * 1664525 + 1013904223;
        size_t len = (seed >> 8) % (i % 10 ? 40 : sizeof text);
        memset(text, 'a' + i % 26, len);
        buf_append(&in, bytes_of(text, len));
        if (i % 2)
            output_append(&o, bytes_of(text, len));
        else
            memcpy(output_reserve(&o, len), text, len);
        if (i % 3 == 0)
            drain_into(&o, &out, (seed >> 4) % 2000);
    }
    while (o.len)
        drain_into(&o, &out, 700);
    CHECK_BYTES(buf_bytes(&out), buf_bytes(&in));
    output_done(&o);
    output_pool_done(&pool);
}

TEST(is_dirty_once_a_turn_and_holds_nothing_when_empty) {
    struct output_pool pool;
    struct output o;
    output_pool_init(&pool);
    output_init(&o, &pool);
    output_append(&o, BYTES("x"));
    output_append(&o, BYTES("y"));
    CHECK(list_pop(&pool.dirty) == &o.dirty);
    CHECK(list_is_empty(&pool.dirty));
    output_append(&o, BYTES("z")); /* dirty again in the next turn, though the chunk has room */
    CHECK(!list_is_empty(&pool.dirty));
    output_drop(&o, 3);
    CHECK(!o.first && o.len == 0);
    output_done(&o);
    CHECK(list_is_empty(&pool.dirty));
    output_pool_done(&pool);
}

TEST(a_megabyte_in_one_piece_is_fine) {
    struct output_pool pool;
    struct output o;
    AUTO(buf) big = {0};
    AUTO(buf) out = {0};
    memset(buf_reserve(&big, 1 << 20), 7, 1 << 20);
    big.len = 1 << 20;
    output_pool_init(&pool);
    output_init(&o, &pool);
    output_append(&o, buf_bytes(&big));
    CHECK_INT(o.len, 1 << 20);
    while (o.len)
        drain_into(&o, &out, SIZE_MAX);
    CHECK(bytes_equal(buf_bytes(&big), buf_bytes(&out)));
    output_done(&o);
    output_pool_done(&pool);
}

TEST_MAIN("loop/output")
