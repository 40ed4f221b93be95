#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 4096 };

struct arena_block {
    struct arena_block *older;
    size_t size;
    _Alignas(16) uint8_t data[];
};

static void add_block(struct arena *a, size_t size) {
    struct arena_block *b = mem_resize(NULL, sizeof *b + size);
    b->older = a->blocks;
    b->size = size;
    a->blocks = b;
    a->next = b->data;
    a->left = size;
    a->total += size;
}

static void free_blocks(struct arena *a, const struct arena_block *keep) {
    while (a->blocks && a->blocks != keep) {
        struct arena_block *b = a->blocks;
        a->blocks = b->older;
        mem_free(b);
    }
}

void arena_done(struct arena *a) {
    free_blocks(a, NULL);
    *a = (struct arena){0};
}

void arena_wipe(struct arena *a) {
    for (struct arena_block *b = a->blocks; b; b = b->older)
        mem_wipe(b->data, b->size);
}

void arena_reset(struct arena *a) {
    struct arena_block *first = a->blocks;
    while (first && first->older)
        first = first->older;
    free_blocks(a, first);
    if (first)
        *a = (struct arena){first, first->data, first->size, first->size};
}

void *arena_alloc(struct arena *a, size_t size) {
    size = (size + 15) & ~(size_t)15;
    if (size > a->left || !a->next)
        add_block(a, size > BLOCK_BYTES ? size : BLOCK_BYTES);
    void *p = a->next;
    a->next += size;
    a->left -= size;
    return memset(p, 0, size);
}

void *arena_array(struct arena *a, size_t count, size_t size) {
    if (size && count > SIZE_MAX / 2 / size)
        abort();
    return arena_alloc(a, count * size);
}

bytes arena_copy(struct arena *a, bytes data) {
    if (data.len == 0)
        return (bytes){(const uint8_t *)"", 0};
    uint8_t *p = arena_alloc(a, data.len);
    memcpy(p, data.ptr, data.len);
    return (bytes){p, data.len};
}

char *arena_string(struct arena *a, bytes data) {
    char *p = arena_alloc(a, data.len + 1);
    if (data.len)
        memcpy(p, data.ptr, data.len);
    return p;
}

char *arena_printf(struct arena *a, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *p = arena_alloc(a, (size_t)(n < 0 ? 0 : n) + 1);
    (void)vsnprintf(p, (size_t)(n < 0 ? 0 : n) + 1, format, again);
    va_end(again);
    return p;
}
