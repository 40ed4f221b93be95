/* Base64 with padding [RFC 4648 4]: what blob members of JSON bodies travel in. */
#pragma once
#include "base/arena.h"

/* base64_encode appends to `out`; no line breaks. */
void base64_encode(bytes data, struct buf *out);
/* base64_decode is strict, so each value has one text: no white space, padding to a multiple of
 * four, unused bits zero. The data lives in `a`. E_INVALID otherwise. */
NODISCARD
status base64_decode(struct arena *a, bytes text, bytes *out_data);
