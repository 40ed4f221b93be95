/* One character of UTF-8 at a time (RFC 3629); for whole texts see bytes_are_utf8. */
#pragma once
#include "base/bytes.h"

/* utf8_length is how many bytes the well-formed character at the front of `b` takes (1–4), or 0
 * when there is none: an overlong form, a surrogate, a cut sequence, nothing. */
size_t utf8_length(bytes b);
/* utf8_append writes one code point, at most U+10FFFF and no surrogate. */
void utf8_append(struct buf *out, uint32_t code_point);
