#include "base/heap.h"

#include "support/testing.h"

TEST(what_is_due_first_goes_first_and_equal_ones_by_their_tie) {
    struct heap h = {0};
    struct heap_node nodes[] = {{5, 1, 0}, {3, 2, 0}, {3, 1, 0}, {9, 0, 0}};
    for (size_t i = 0; i < COUNT_OF(nodes); i++)
        heap_add(&h, &nodes[i]);
    static const size_t order[] = {2, 1, 0, 3};
    for (size_t i = 0; i < COUNT_OF(order); i++) {
        CHECK(heap_first(&h) == &nodes[order[i]]);
        heap_remove(&h, &nodes[order[i]]);
    }
    CHECK(heap_first(&h) == NULL);
    heap_remove(&h, &nodes[0]); /* in none: stays so */
    heap_done(&h);
}

/* Nodes come and go in an order that a small generator decides; the first is always the least. */
TEST(any_node_leaves_and_the_rest_keeps_its_order) {
    enum { COUNT = 200, STEPS = 5000 };
    static struct heap_node nodes[COUNT];
    struct heap h = {0};
    uint32_t random = 1;
    for (int step = 0; step < STEPS; step++) {
        random = random * 1664525 + 1013904223;
        struct heap_node *n = &nodes[(random >> 8) % COUNT];
        if (n->place) {
            heap_remove(&h, n);
        } else {
            n->at = (int64_t)(random >> 24);
            n->tie = random;
            heap_add(&h, n);
        }
        const struct heap_node *first = heap_first(&h), *least = NULL;
        for (size_t i = 0; i < COUNT; i++)
            if (nodes[i].place && (!least || nodes[i].at < least->at ||
                                   (nodes[i].at == least->at && nodes[i].tie < least->tie)))
                least = &nodes[i];
        CHECK(first == least);
    }
    heap_done(&h);
}

TEST_MAIN("base/heap")
