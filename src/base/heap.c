#include "base/heap.h"

enum { CAPACITY_MIN = 8 };

void heap_done(struct heap *h) {
    mem_free(h->nodes);
    *h = (struct heap){0};
}

static bool is_before(const struct heap_node *a, const struct heap_node *b) {
    return a->at != b->at ? a->at < b->at : a->tie < b->tie;
}

static void put(struct heap *h, size_t place, struct heap_node *node) {
    h->nodes[place - 1] = node;
    node->place = place;
}

static void rise(struct heap *h, struct heap_node *node) {
    size_t place = node->place;
    for (; place > 1 && is_before(node, h->nodes[place / 2 - 1]); place /= 2)
        put(h, place, h->nodes[place / 2 - 1]);
    put(h, place, node);
}

static void sink(struct heap *h, struct heap_node *node) {
    size_t place = node->place;
    for (size_t child; (child = 2 * place) <= h->count; place = child) {
        if (child < h->count && is_before(h->nodes[child], h->nodes[child - 1]))
            child++;
        if (!is_before(h->nodes[child - 1], node))
            break;
        put(h, place, h->nodes[child - 1]);
    }
    put(h, place, node);
}

void heap_add(struct heap *h, struct heap_node *node) {
    if (h->count == h->capacity) {
        h->capacity = h->capacity ? 2 * h->capacity : CAPACITY_MIN;
        h->nodes = mem_resize(h->nodes, h->capacity * sizeof(struct heap_node *));
    }
    put(h, ++h->count, node);
    rise(h, node);
}

void heap_remove(struct heap *h, struct heap_node *node) {
    size_t place = node->place;
    if (place == 0)
        return;
    struct heap_node *last = h->nodes[--h->count];
    node->place = 0;
    if (last == node)
        return;
    put(h, place, last);
    rise(h, last);
    sink(h, last);
}

struct heap_node *heap_first(const struct heap *h) {
    return h->count ? h->nodes[0] : NULL;
}
