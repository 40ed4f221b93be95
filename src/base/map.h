/* A hash map by bytes, intrusive: nodes live in their owners, the map holds pointers.
 *
 * One thread at a time. Keys are not copied: they must stay as they are while the node is in. */
#pragma once
#include "base/bytes.h"

struct map_node {
    bytes key;
    uint64_t hash;
};

/* Zero is an empty map. */
struct map {
    struct map_node **slots; /* a power of two, at most 3/4 full; linear probing */
    size_t slot_count, count;
};

void map_done(struct map *m); /* frees the table, not the nodes */
/* map_find borrows the node with this key, or NULL. */
struct map_node *map_find(const struct map *m, bytes key);
/* map_add puts `node` in under node->key; the key must not be in already. */
void map_add(struct map *m, struct map_node *node);
/* map_remove takes `node`, which must be in, out. */
void map_remove(struct map *m, struct map_node *node);
/* map_next walks all nodes in no order: start with *position 0, ends with NULL. A walk does not
 * survive map_add; map_remove of the node just returned is allowed when followed by a fresh walk.
 */
struct map_node *map_next(const struct map *m, size_t *position);
