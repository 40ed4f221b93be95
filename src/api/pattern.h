/* The regular expressions of a model, compiled when first needed and kept.
 *
 * The model's patterns are Java's and hold for the whole value [AWS control-plane 8]. Any thread.
 */
#pragma once
#include "api/model.h"

struct patterns;

struct patterns *patterns_new(const struct model *m);
void patterns_free(struct patterns *p); /* NULL does nothing */

/* pattern_fits tells whether the whole `value` (UTF-8) matches the pattern of this index; every
 * value fits index 0. */
bool pattern_fits(struct patterns *p, uint16_t index, bytes value);
