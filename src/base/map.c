#include "base/map.h"

enum { SLOTS_MIN = 8 };

void map_done(struct map *m) {
    mem_free(m->slots);
    *m = (struct map){0};
}

struct map_node *map_find(const struct map *m, bytes key) {
    if (m->count == 0)
        return NULL;
    uint64_t hash = bytes_hash(key);
    for (size_t i = hash & (m->slot_count - 1);; i = (i + 1) & (m->slot_count - 1)) {
        struct map_node *n = m->slots[i];
        if (!n)
            return NULL;
        if (n->hash == hash && bytes_equal(n->key, key))
            return n;
    }
}

static void place(struct map *m, struct map_node *node) {
    size_t i = node->hash & (m->slot_count - 1);
    while (m->slots[i])
        i = (i + 1) & (m->slot_count - 1);
    m->slots[i] = node;
}

static void resize(struct map *m, size_t slot_count) {
    struct map bigger = {NEW_ARRAY(struct map_node *, slot_count), slot_count, m->count};
    for (size_t i = 0; i < m->slot_count; i++)
        if (m->slots[i])
            place(&bigger, m->slots[i]);
    mem_free(m->slots);
    *m = bigger;
}

void map_add(struct map *m, struct map_node *node) {
    if ((m->count + 1) * 4 > m->slot_count * 3)
        resize(m, m->slot_count ? m->slot_count * 2 : SLOTS_MIN);
    node->hash = bytes_hash(node->key);
    place(m, node);
    m->count++;
}

/* Closes the hole at `hole` by moving back what probed past it. */
static void close_hole(struct map *m, size_t hole) {
    size_t mask = m->slot_count - 1;
    for (size_t i = (hole + 1) & mask; m->slots[i]; i = (i + 1) & mask) {
        size_t home = m->slots[i]->hash & mask;
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            m->slots[hole] = m->slots[i];
            m->slots[i] = NULL;
            hole = i;
        }
    }
}

void map_remove(struct map *m, struct map_node *node) {
    size_t i = node->hash & (m->slot_count - 1);
    while (m->slots[i] != node)
        i = (i + 1) & (m->slot_count - 1);
    m->slots[i] = NULL;
    m->count--;
    close_hole(m, i);
    if (m->slot_count > SLOTS_MIN * 8 && m->count * 8 < m->slot_count)
        resize(m, m->slot_count / 4);
}

struct map_node *map_next(const struct map *m, size_t *position) {
    while (*position < m->slot_count) {
        struct map_node *n = m->slots[(*position)++];
        if (n)
            return n;
    }
    return NULL;
}
