/* Percent encoding [RFC 3986 2.1]. */
#pragma once
#include "base/arena.h"

/* percent_encode appends `data` to `out`; all but A-Z a-z 0-9 - . _ ~ [RFC 3986 2.3] becomes %XX in
 * upper case. */
void percent_encode(bytes data, struct buf *out);
/* percent_encode_path does the same and leaves '/' alone. */
void percent_encode_path(bytes data, struct buf *out);
/* percent_decode is strict: E_INVALID when a '%' has no two hexadecimal digits behind it. Text
 * without '%' is borrowed, other text lives in `a`. A '+' stays one. */
NODISCARD
status percent_decode(struct arena *a, bytes text, bytes *out_data);
/* percent_decode_form is percent_decode where '+' means a space
 * (application/x-www-form-urlencoded). */
NODISCARD
status percent_decode_form(struct arena *a, bytes text, bytes *out_data);
