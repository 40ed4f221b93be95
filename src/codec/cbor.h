/* CBOR (RFC 8949) to and from the tree of codec/json.h, so that one handler serves both notations.
 *
 * What JSON has no word for [RFC 8949 6.1]: byte strings become base64 text, undefined becomes
 * null, tags are passed over. Map keys are text; numbers are finite. libcbor reads and writes the
 * single items; nothing is allocated by what a peer declares. No I/O; any thread. */
#pragma once
#include "codec/json.h"

/* cbor_decode reads exactly one item. The tree lives in `a`; strings that came in one piece borrow
 * from `data`. E_MALFORMED for what is no CBOR, ends early or goes on; E_INVALID for CBOR that has
 * no place in the tree, or is nested deeper than JSON_DEPTH_MAX. */
NODISCARD
status cbor_decode(struct arena *a, bytes data, const struct json **out_root);

/* cbor_encode appends the value: definite lengths, shortest heads, numbers written without point
 * and exponent as integers if they fit. E_INVALID for a number beyond the range of a double. */
NODISCARD
status cbor_encode(const struct json *v, struct buf *out);
