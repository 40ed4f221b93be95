/* An arena: memory for one request or evaluation, freed whole. */
#pragma once
#include "base/bytes.h"

struct arena_block;

/* Zero is an empty arena. One thread at a time. */
struct arena {
    struct arena_block *blocks;
    uint8_t *next;
    size_t left, total;
};

void arena_done(struct arena *a);
/* arena_wipe zeroes all that is in it, for arenas that may hold secrets; arena_done follows. */
void arena_wipe(struct arena *a);
/* arena_reset frees all but the first block, so that the next request allocates nothing. */
void arena_reset(struct arena *a);
/* arena_alloc gives zeroed bytes aligned for any type, valid until reset or done. */
void *arena_alloc(struct arena *a, size_t size);
#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, count) ((type *)arena_array((a), (count), sizeof(type)))
void *arena_array(struct arena *a, size_t count, size_t size);
bytes arena_copy(struct arena *a, bytes data);
/* arena_string copies and adds a terminating zero. */
char *arena_string(struct arena *a, bytes data);
char *arena_printf(struct arena *a, const char *format, ...) PRINTF(2, 3);
