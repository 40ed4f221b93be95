/* Numbered items of one size in one growing array, for the topic index: an item is known by a
 * 32-bit number, half of a pointer. Number 0 is never given out. Pointers to items hold until the
 * next take. */
#pragma once
#include "base/memory.h"

#include <assert.h>
#include <string.h>

struct topic_pool {
    uint8_t *items;
    uint32_t item_bytes; /* at least 4: a free item holds the number of the next free one */
    uint32_t used, capacity, free;
};

static inline void topic_pool_init(struct topic_pool *p, uint32_t item_bytes) {
    *p = (struct topic_pool){.item_bytes = item_bytes, .used = 1};
}
static inline void topic_pool_done(struct topic_pool *p) {
    mem_free(p->items);
    p->items = NULL;
}
static inline void *topic_pool_at(const struct topic_pool *p, uint32_t number) {
    return p->items + (size_t)number * p->item_bytes;
}
/* topic_pool_take gives a zeroed item. */
static inline uint32_t topic_pool_take(struct topic_pool *p) {
    uint32_t number = p->free;
    if (number) {
        memcpy(&p->free, topic_pool_at(p, number), sizeof p->free);
    } else {
        assert(p->used < UINT32_MAX / 2);
        if (p->used >= p->capacity) {
            p->capacity = p->capacity ? p->capacity * 2 : 64;
            p->items = mem_resize(p->items, (size_t)p->capacity * p->item_bytes);
        }
        number = p->used++;
    }
    memset(topic_pool_at(p, number), 0, p->item_bytes);
    return number;
}
static inline void topic_pool_give(struct topic_pool *p, uint32_t number) {
    memcpy(topic_pool_at(p, number), &p->free, sizeof p->free);
    p->free = number;
}
