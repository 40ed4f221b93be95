/* Memory: who owns what, said in the name (see docs/design/style.md).
 *
 * Ordinary allocations cannot fail: the process ends with a line in the log. An allocation whose
 * size a peer chooses is bounded by its caller first. */
#pragma once
#include "base/status.h"

/* mem_new gives `size` zeroed bytes; never NULL. */
void *mem_new(size_t size) __attribute__((malloc, returns_nonnull, alloc_size(1)));
/* mem_resize keeps the first bytes; what is added is not initialised. */
void *mem_resize(void *old, size_t size) __attribute__((returns_nonnull, alloc_size(2)));
void mem_free(void *ptr); /* NULL does nothing */

#define NEW(type) ((type *)mem_new(sizeof(type)))
#define NEW_ARRAY(type, count) ((type *)mem_new_array((count), sizeof(type)))
void *mem_new_array(size_t count, size_t size) __attribute__((malloc, returns_nonnull));

/* mem_wipe zeroes secrets; the compiler may not drop it. */
void mem_wipe(void *ptr, size_t size);

/* Runs <type>_done() when the variable leaves scope. */
#define AUTO(type) __attribute__((cleanup(type##_done))) struct type

/* Hands the pointer over and leaves NULL behind. */
#define TAKE(ptr)                       \
    __extension__({                     \
        __typeof__(ptr) taken_ = (ptr); \
        (ptr) = NULL;                   \
        taken_;                         \
    })

/* Finds the struct that embeds a member. */
#define OWNER(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define UNUSED(x) ((void)(x))
