/* A heap by number, intrusive: what is due first. Nodes live in their owners, the heap holds
 * pointers. One thread at a time. Of equal `at` the smaller `tie` goes first. */
#pragma once
#include "base/memory.h"

struct heap_node {
    int64_t at;
    uint64_t tie;
    size_t place; /* in the heap, from 1; 0: in none */
};

/* Zero is an empty heap. */
struct heap {
    struct heap_node **nodes;
    size_t count, capacity;
};

void heap_done(struct heap *h); /* frees the table, not the nodes */
/* heap_add puts in a node that is in no heap. */
void heap_add(struct heap *h, struct heap_node *node);
/* heap_remove takes a node out; one that is in no heap stays so. */
void heap_remove(struct heap *h, struct heap_node *node);
/* heap_first is the node that goes first, or NULL. */
struct heap_node *heap_first(const struct heap *h);
