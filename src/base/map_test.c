#include "base/map.h"

#include "support/testing.h"

struct number {
    struct map_node node;
    uint32_t value;
    bool in;
};

TEST(agrees_with_a_plain_array_through_many_changes) {
    enum { COUNT = 2000, STEPS = 60000 };
    struct number *numbers = NEW_ARRAY(struct number, COUNT);
    struct map m = {0};
    uint64_t seed = 4711;
    size_t in = 0;
    for (uint32_t i = 0; i < COUNT; i++) {
        numbers[i].value = i;
        numbers[i].node.key = bytes_of(&numbers[i].value, sizeof numbers[i].value);
    }
    for (int step = 0; step < STEPS; step++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        struct number *n = &numbers[(seed >> 33) % (step < STEPS / 2 ? COUNT : COUNT / 20)];
        CHECK((map_find(&m, n->node.key) == &n->node) == n->in);
        if (n->in)
            map_remove(&m, &n->node);
        else
            map_add(&m, &n->node);
        n->in = !n->in;
        in += n->in ? 1u : (size_t)-1;
        CHECK_INT(m.count, in);
    }
    size_t walked = 0, position = 0;
    for (struct map_node *n; (n = map_next(&m, &position)); walked++)
        CHECK(OWNER(n, struct number, node)->in);
    CHECK_INT(walked, in);
    map_done(&m);
    mem_free(numbers);
}

TEST(an_empty_map_finds_nothing) {
    struct map m = {0};
    size_t position = 0;
    CHECK(!map_find(&m, BYTES("x")));
    CHECK(!map_next(&m, &position));
    map_done(&m);
}

TEST_MAIN("base/map")
