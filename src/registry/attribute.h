/* Inside registry/: the attributes that things and thing groups have, names with values. */
#pragma once
#include "registry/internal.h"
#include "registry/thing.h"

/* attributes_encode makes one field of a record of them; attributes_decode reads it again. */
void attributes_encode(const struct thing_attribute *attributes, size_t count, struct buf *out);
struct thing_attribute *attributes_decode(struct arena *a, bytes list, size_t *out_count);
/* attributes_check: E_INVALID for a name or value that cannot be one. */
NODISCARD
status attributes_check(const struct thing_attribute *attributes, size_t count);
/* attributes_lay_over gives what is left of `old` when `set` is laid over it, by name, in the
 * arena; an empty value removes, and of two with the same name the later counts. E_INVALID when
 * `set` is out of all proportion. */
NODISCARD
status attributes_lay_over(struct arena *a, const struct thing_attribute *old, size_t old_count,
                           const struct thing_attribute *set, size_t set_count,
                           struct thing_attribute **out, size_t *out_count);
bool attributes_are_alike(const struct thing_attribute *a, size_t a_count,
                          const struct thing_attribute *b, size_t b_count);
/* attribute_find gives NULL when there is none of this name. */
const struct thing_attribute *attribute_find(const struct thing_attribute *attributes, size_t count,
                                             bytes name);
