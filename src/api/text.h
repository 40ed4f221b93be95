/* Texts as they travel in URLs: percent-encoding, and times in ISO 8601. No I/O, any thread. */
#pragma once
#include "base/arena.h"

/* percent_decode_into writes at most raw.len bytes to `out`; false when a '%' is not followed by
 * two hexadecimal digits. '+' stays '+': no AWS client sends it for a space [AWS
 * control-plane 3.1]. */
bool percent_decode_into(bytes raw, uint8_t *out, size_t *out_len);

/* percent_decode decodes into `a`. E_INVALID when malformed or when the result is not UTF-8. */
NODISCARD
status percent_decode(struct arena *a, bytes raw, bytes *out_text);

/* query_find is the raw value of the first parameter of this (decoded) name in "a=1&b=2"; false
 * without one. A parameter without '=' has an empty value. */
bool query_find(bytes query, bytes name, bytes *out_raw);

/* time_parse reads "2026-01-02T03:04:05Z", with a fraction and an offset if they are there, or
 * seconds since the epoch. */
NODISCARD
status time_parse(bytes text, int64_t *out_wall_ms);
