/* What waits to be sent on a stream: a chain of chunks, gathered during a turn, written once after
 * it.
 *
 * One pool per loop thread; an output belongs to that thread. An output that is empty holds no
 * memory: chunks come from the pool's free lists. The first touch in a turn puts the output on the
 * pool's dirty list; the owner of the pool walks that list at the end of the turn. */
#pragma once
#include <sys/uio.h>

#include "base/bytes.h"
#include "base/list.h"

struct output_chunk {
    struct output_chunk *next;
    uint32_t start, end, capacity; /* data[start … end) is still to be sent */
    uint8_t size_class;
    uint8_t data[];
};

enum { OUTPUT_CLASSES = 3 };

struct output_pool {
    struct list dirty;
    struct output_chunk *spare[OUTPUT_CLASSES];
    size_t spare_bytes;
};

struct output {
    struct output_pool *pool;
    struct output_chunk *first, *last;
    size_t len; /* bytes waiting */
    struct list dirty;
};

void output_pool_init(struct output_pool *p);
void output_pool_done(struct output_pool *p); /* its outputs must be done before */

void output_init(struct output *o, struct output_pool *p);
void output_done(struct output *o); /* drops what waits; usable again */

/* output_reserve_slow: see output_reserve. */
uint8_t *output_reserve_slow(struct output *o, size_t len);

/* output_reserve gives `len` (≤ 16 KiB) contiguous bytes to fill at once; they count as waiting. */
static inline uint8_t *output_reserve(struct output *o, size_t len) {
    struct output_chunk *c = o->last;
    if (__builtin_expect(!c || c->capacity - c->end < len || list_is_empty(&o->dirty), 0))
        return output_reserve_slow(o, len);
    uint8_t *at = c->data + c->end;
    c->end += (uint32_t)len;
    o->len += len;
    return at;
}

void output_append(struct output *o, bytes data); /* any length */

/* output_gather fills at most `max` parts with what waits, oldest first; returns their number. */
int output_gather(const struct output *o, struct iovec *parts, int max);
/* output_drop takes `count` sent bytes off the front. */
void output_drop(struct output *o, size_t count);
/* output_touch puts it on the dirty list as if something had been added. */
void output_touch(struct output *o);
