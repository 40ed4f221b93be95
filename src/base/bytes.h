/* Bytes: `bytes` looks at memory, `struct buf` owns it, `struct reader` walks it.
 *
 * Nothing here relies on a terminating zero. A `bytes` is valid as long as what it looks at. */
#pragma once
#include "base/memory.h"

typedef struct bytes {
    const uint8_t *ptr;
    size_t len;
} bytes;

/* A literal, without its terminating zero. */
#define BYTES(literal) ((bytes){(const uint8_t *)("" literal), sizeof(literal) - 1})
/* For printf: "%.*s", BYTES_ARG(b). */
#define BYTES_ARG(b) (int)(b).len, (const char *)(b).ptr

bytes bytes_from(const char *text); /* NULL gives no bytes */
bytes bytes_of(const void *ptr, size_t len);
bool bytes_equal(bytes a, bytes b);
bool bytes_equal_nocase(bytes a, bytes b); /* ASCII letters only */
int bytes_compare(bytes a, bytes b);       /* byte order, shorter first */
bool bytes_start_with(bytes b, bytes prefix);
bool bytes_end_with(bytes b, bytes suffix);
/* bytes_slice is b[from … from+len), clipped to b. */
bytes bytes_slice(bytes b, size_t from, size_t len);
bytes bytes_skip(bytes b, size_t count);
/* bytes_find is the index of `byte`, or b.len. */
size_t bytes_find(bytes b, uint8_t byte);
/* bytes_search is the index of `needle`, or b.len. */
size_t bytes_search(bytes b, bytes needle);
bytes bytes_trim(bytes b); /* spaces, tabs, CR, LF on both ends */
/* bytes_split takes what stands before the first `byte` off *rest and returns it; false when *rest
 * is used up (rest->ptr NULL). "a,,b" gives a, "", b. */
bool bytes_split(bytes *rest, uint8_t byte, bytes *out_part);
/* bytes_equal_secret takes the same time wherever the difference is. */
bool bytes_equal_secret(bytes a, bytes b);
/* bytes_are_utf8 accepts well-formed UTF-8 only: no overlong form, surrogate or value above
 * U+10FFFF. */
bool bytes_are_utf8(bytes b);
/* bytes_to_u64 reads decimal digits only, no sign; E_INVALID when empty, other or above max. */
NODISCARD
status bytes_to_u64(bytes b, uint64_t max, uint64_t *out_value);
/* bytes_hash is keyed by a random value of this process: peers cannot choose collisions. */
uint64_t bytes_hash(bytes b);

/* struct buf: bytes that grow. buf_done twice is fine; after it the buf is empty and usable. */
struct buf {
    uint8_t *ptr;
    size_t len, capacity;
};
void buf_done(struct buf *b);
void buf_clear(struct buf *b); /* keeps the memory */
/* buf_reserve makes room for `more` bytes beyond len and returns where they go. */
uint8_t *buf_reserve(struct buf *b, size_t more);
void buf_append(struct buf *b, bytes data);
void buf_append_byte(struct buf *b, uint8_t byte);
void buf_append_u16(struct buf *b, uint16_t value); /* big-endian */
void buf_append_u32(struct buf *b, uint32_t value);
void buf_text(struct buf *b, const char *text);
void buf_printf(struct buf *b, const char *format, ...) PRINTF(2, 3);
void buf_drop_front(struct buf *b, size_t count);
bytes buf_bytes(const struct buf *b);
/* buf_string appends a zero that does not count and returns the text; valid until the next change.
 */
const char *buf_string(struct buf *b);

/* struct reader: takes values off the front; E_MALFORMED with a sentence when they do not fit. */
struct reader {
    bytes left;
};
NODISCARD
status read_u8(struct reader *in, uint8_t *out);
NODISCARD
status read_u16(struct reader *in, uint16_t *out); /* big-endian */
NODISCARD
status read_u32(struct reader *in, uint32_t *out);
NODISCARD
status read_bytes(struct reader *in, size_t count, bytes *out);

/* Lower-case hexadecimal; hex_decode takes either case, E_INVALID on anything else. */
void hex_encode(bytes data, char *out /* 2 × len, no zero */);
NODISCARD
status hex_decode(bytes text, uint8_t *out /* len / 2 */);
