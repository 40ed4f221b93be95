/* Values as they travel in URLs. No I/O, any thread. */
#pragma once
#include "base/arena.h"

/* text_is compares a percent-encoded text with a plain one. */
bool text_is(bytes encoded, bytes plain);

/* text_decode decodes percent-encoding. E_INVALID when malformed or when the result is not UTF-8.
 * '+' stays '+': no AWS client sends it for a space [AWS control-plane 3.1]. */
NODISCARD
status text_decode(struct arena *a, bytes encoded, bytes *out_text);

/* time_parse reads ISO 8601 or seconds since the epoch, with a fraction if it is there. */
NODISCARD
status time_parse(bytes text, int64_t *out_wall_ms);
/* time_from_seconds is E_INVALID beyond some ten thousand years. */
NODISCARD
status time_from_seconds(double seconds, int64_t *out_wall_ms);
