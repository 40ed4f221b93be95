#include "base/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

bytes bytes_from(const char *text) {
    return (bytes){(const uint8_t *)text, text ? strlen(text) : 0};
}

bytes bytes_of(const void *ptr, size_t len) {
    return (bytes){ptr, len};
}

bool bytes_equal(bytes a, bytes b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool bytes_equal_nocase(bytes a, bytes b) {
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        uint8_t x = a.ptr[i], y = b.ptr[i];
        if (x >= 'A' && x <= 'Z')
            x |= 0x20;
        if (y >= 'A' && y <= 'Z')
            y |= 0x20;
        if (x != y)
            return false;
    }
    return true;
}

int bytes_compare(bytes a, bytes b) {
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common ? memcmp(a.ptr, b.ptr, common) : 0;
    if (order != 0)
        return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

bool bytes_start_with(bytes b, bytes prefix) {
    return b.len >= prefix.len && bytes_equal(bytes_slice(b, 0, prefix.len), prefix);
}

bool bytes_end_with(bytes b, bytes suffix) {
    return b.len >= suffix.len && bytes_equal(bytes_skip(b, b.len - suffix.len), suffix);
}

bytes bytes_slice(bytes b, size_t from, size_t len) {
    if (from > b.len)
        from = b.len;
    if (len > b.len - from)
        len = b.len - from;
    return (bytes){from ? b.ptr + from : b.ptr, len};
}

bytes bytes_skip(bytes b, size_t count) {
    return bytes_slice(b, count, SIZE_MAX);
}

size_t bytes_find(bytes b, uint8_t byte) {
    const uint8_t *at = b.len ? memchr(b.ptr, byte, b.len) : NULL;
    return at ? (size_t)(at - b.ptr) : b.len;
}

size_t bytes_search(bytes b, bytes needle) {
    if (needle.len == 0)
        return 0;
    const uint8_t *at = b.len ? memmem(b.ptr, b.len, needle.ptr, needle.len) : NULL;
    return at ? (size_t)(at - b.ptr) : b.len;
}

static bool is_blank(uint8_t c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bytes bytes_trim(bytes b) {
    while (b.len && is_blank(b.ptr[0]))
        b = bytes_skip(b, 1);
    while (b.len && is_blank(b.ptr[b.len - 1]))
        b.len--;
    return b;
}

bool bytes_split(bytes *rest, uint8_t byte, bytes *out_part) {
    if (!rest->ptr)
        return false;
    size_t at = bytes_find(*rest, byte);
    *out_part = bytes_slice(*rest, 0, at);
    *rest = at < rest->len ? bytes_skip(*rest, at + 1) : (bytes){0};
    return true;
}

bool bytes_equal_secret(bytes a, bytes b) {
    volatile uint8_t difference = a.len != b.len;
    for (size_t i = 0; i < a.len && i < b.len; i++)
        difference |= a.ptr[i] ^ b.ptr[i];
    return difference == 0;
}

/* The length of a UTF-8 sequence that starts with `lead`, and the least value it may carry. */
static size_t utf8_length(uint8_t lead, uint32_t *out_least) {
    if (lead >= 0xC2 && lead <= 0xDF)
        return *out_least = 0x80, 2;
    if (lead >= 0xE0 && lead <= 0xEF)
        return *out_least = 0x800, 3;
    if (lead >= 0xF0 && lead <= 0xF4)
        return *out_least = 0x10000, 4;
    return 0;
}

bool bytes_are_utf8(bytes b) {
    for (size_t i = 0; i < b.len;) {
        if (b.ptr[i] < 0x80) {
            i++;
            continue;
        }
        uint32_t least = 0;
        size_t n = utf8_length(b.ptr[i], &least);
        if (n == 0 || n > b.len - i)
            return false;
        uint32_t value = b.ptr[i] & (0x7Fu >> n);
        for (size_t k = 1; k < n; k++) {
            if ((b.ptr[i + k] & 0xC0) != 0x80)
                return false;
            value = value << 6 | (b.ptr[i + k] & 0x3Fu);
        }
        if (value < least || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
            return false;
        i += n;
    }
    return true;
}

status bytes_to_u64(bytes b, uint64_t max, uint64_t *out_value) {
    uint64_t value = 0;
    if (b.len == 0)
        return FAIL(E_INVALID, "a number is missing");
    for (size_t i = 0; i < b.len; i++) {
        uint8_t digit = (uint8_t)(b.ptr[i] - '0');
        if (digit > 9)
            return FAIL(E_INVALID, "'%.*s' is not a number", (int)(b.len < 40 ? b.len : 40), b.ptr);
        if (value > (max - digit) / 10 || digit > max)
            return FAIL(E_INVALID, "a number is above %llu", (unsigned long long)max);
        value = value * 10 + digit;
    }
    *out_value = value;
    return OK;
}

/* A multiply-and-fold hash in the manner of wyhash, keyed at start-up. */
static uint64_t hash_key;

__attribute__((constructor)) static void choose_hash_key(void) {
    if (getrandom(&hash_key, sizeof hash_key, 0) != (ssize_t)sizeof hash_key)
        abort();
}

static uint64_t fold(uint64_t a, uint64_t b) {
    __extension__ typedef unsigned __int128 u128;
    u128 product = (u128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t load(const uint8_t *ptr, size_t len) {
    uint64_t v = 0;
    memcpy(&v, ptr, len);
    return v;
}

uint64_t bytes_hash(bytes b) {
    const uint64_t k0 = 0xA0761D6478BD642Full, k1 = 0xE7037ED1A0B428DBull;
    uint64_t h = hash_key ^ b.len;
    const uint8_t *p = b.ptr;
    size_t left = b.len;
    for (; left > 16; left -= 16, p += 16)
        h = fold(load(p, 8) ^ k0, load(p + 8, 8) ^ h);
    uint64_t x = left ? load(p, left < 8 ? left : 8) : 0;
    uint64_t y = left > 8 ? load(p + 8, left - 8) : 0;
    return fold(fold(x ^ k0, y ^ h ^ k1), hash_key ^ k1);
}

void buf_done(struct buf *b) {
    mem_free(b->ptr);
    *b = (struct buf){0};
}

void buf_clear(struct buf *b) {
    b->len = 0;
}

uint8_t *buf_reserve(struct buf *b, size_t more) {
    if (!b->ptr || b->capacity - b->len < more) {
        size_t capacity = b->capacity ? b->capacity : 64;
        while (capacity - b->len < more)
            capacity *= 2;
        b->ptr = mem_resize(b->ptr, capacity);
        b->capacity = capacity;
    }
    return b->ptr + b->len;
}

void buf_append(struct buf *b, bytes data) {
    if (data.len == 0)
        return;
    memcpy(buf_reserve(b, data.len), data.ptr, data.len);
    b->len += data.len;
}

void buf_append_byte(struct buf *b, uint8_t byte) {
    *buf_reserve(b, 1) = byte;
    b->len++;
}

void buf_append_u16(struct buf *b, uint16_t value) {
    buf_append_byte(b, (uint8_t)(value >> 8));
    buf_append_byte(b, (uint8_t)value);
}

void buf_append_u32(struct buf *b, uint32_t value) {
    buf_append_u16(b, (uint16_t)(value >> 16));
    buf_append_u16(b, (uint16_t)value);
}

void buf_text(struct buf *b, const char *text) {
    buf_append(b, bytes_from(text));
}

void buf_printf(struct buf *b, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n > 0) {
        (void)vsnprintf((char *)buf_reserve(b, (size_t)n + 1), (size_t)n + 1, format, again);
        b->len += (size_t)n;
    }
    va_end(again);
}

void buf_drop_front(struct buf *b, size_t count) {
    if (count >= b->len) {
        b->len = 0;
        return;
    }
    if (count == 0)
        return;
    memmove(b->ptr, b->ptr + count, b->len - count);
    b->len -= count;
}

bytes buf_bytes(const struct buf *b) {
    return (bytes){b->ptr, b->len};
}

const char *buf_string(struct buf *b) {
    *buf_reserve(b, 1) = 0;
    return (const char *)b->ptr;
}

static status too_short(size_t want, size_t have) {
    return FAIL(E_MALFORMED, "%zu bytes are needed where %zu are left", want, have);
}

status read_u8(struct reader *in, uint8_t *out) {
    if (in->left.len < 1)
        return too_short(1, in->left.len);
    *out = in->left.ptr[0];
    in->left = bytes_skip(in->left, 1);
    return OK;
}

status read_u16(struct reader *in, uint16_t *out) {
    if (in->left.len < 2)
        return too_short(2, in->left.len);
    *out = (uint16_t)(in->left.ptr[0] << 8 | in->left.ptr[1]);
    in->left = bytes_skip(in->left, 2);
    return OK;
}

status read_u32(struct reader *in, uint32_t *out) {
    uint16_t high, low;
    if (in->left.len < 4)
        return too_short(4, in->left.len);
    TRY(read_u16(in, &high));
    TRY(read_u16(in, &low));
    *out = (uint32_t)high << 16 | low;
    return OK;
}

status read_bytes(struct reader *in, size_t count, bytes *out) {
    if (in->left.len < count)
        return too_short(count, in->left.len);
    *out = bytes_slice(in->left, 0, count);
    in->left = bytes_skip(in->left, count);
    return OK;
}

void hex_encode(bytes data, char *out) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < data.len; i++) {
        out[2 * i] = digits[data.ptr[i] >> 4];
        out[2 * i + 1] = digits[data.ptr[i] & 15];
    }
}

static int hex_digit(uint8_t c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

status hex_decode(bytes text, uint8_t *out) {
    if (text.len % 2 != 0)
        return FAIL(E_INVALID, "hexadecimal text has an odd number of digits");
    for (size_t i = 0; i < text.len; i += 2) {
        int high = hex_digit(text.ptr[i]), low = hex_digit(text.ptr[i + 1]);
        if (high < 0 || low < 0)
            return FAIL(E_INVALID, "hexadecimal text holds another character");
        out[i / 2] = (uint8_t)(high << 4 | low);
    }
    return OK;
}
