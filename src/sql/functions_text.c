/* Texts [AWS rules 4]: arguments are converted to strings; Null and Undefined give Undefined. */
#include <openssl/evp.h>
#include <string.h>

#include "codec/base64.h"
#include "codec/utf8.h"
#include "sql/evaluate.h"
#include "sql/md2.h"
#include "sql/regexp.h"

static struct sql_value text(bytes t) {
    return sql_string(t.ptr ? t : BYTES(""));
}

static struct sql_value copied(const struct sql_call *c, struct buf *out) {
    return text(arena_copy(c->evaluation->arena, buf_bytes(out)));
}

/* ---- characters ---- */

static bool is_follower(uint8_t byte) {
    return (byte & 0xc0) == 0x80;
}

static size_t characters(bytes t) {
    size_t count = 0;
    for (size_t i = 0; i < t.len; i++)
        count += !is_follower(t.ptr[i]);
    return count;
}

/* Where character n begins; t.len beyond the end. */
static size_t offset_of(bytes t, size_t n) {
    size_t at = 0;
    for (; at < t.len; at++)
        if (!is_follower(t.ptr[at]) && n-- == 0)
            break;
    return at;
}

static struct sql_value length_(struct sql_call *c) {
    bytes t;
    return sql_argument_text(c, 0, &t) ? sql_int((int64_t)characters(t)) : sql_undefined();
}

static struct sql_value numbytes_(struct sql_call *c) {
    bytes t;
    return sql_argument_text(c, 0, &t) ? sql_int((int64_t)t.len) : sql_undefined();
}

static struct sql_value chr_(struct sql_call *c) {
    struct decimal d;
    int64_t n;
    if (!sql_to_decimal(&c->arguments[0], &d) ||
        !decimal_to_i64(decimal_round(d, 0, DECIMAL_DOWN), &n) || n < 0 || n > 127)
        return sql_undefined();
    uint8_t byte = (uint8_t)n;
    return text(arena_copy(c->evaluation->arena, bytes_of(&byte, 1)));
}

/* Letters outside ASCII keep their case where Unicode's simple mapping is not a shift of the Latin
 * or Greek and Cyrillic blocks: see the table. */
static const struct {
    uint32_t first, last; /* upper case */
    uint32_t shift;
} shifts[] = {{'A', 'Z', 32},     {0xc0, 0xd6, 32},   {0xd8, 0xde, 32},   {0x391, 0x3a1, 32},
              {0x3a3, 0x3ab, 32}, {0x410, 0x42f, 32}, {0x400, 0x40f, 80}, {0x531, 0x556, 48}};

static uint32_t recase(uint32_t c, bool up) {
    for (size_t i = 0; i < COUNT_OF(shifts); i++) {
        uint32_t offset = up ? shifts[i].shift : 0;
        if (c >= shifts[i].first + offset && c <= shifts[i].last + offset)
            return up ? c - shifts[i].shift : c + shifts[i].shift;
    }
    /* Latin Extended-A: upper and lower case alternate */
    if ((c >= 0x100 && c <= 0x137) || (c >= 0x14a && c <= 0x177))
        return up ? c & ~1U : c | 1;
    return c;
}

/* One character of well-formed UTF-8; *at moves behind it. */
static uint32_t character(bytes t, size_t *at) {
    uint32_t c = t.ptr[(*at)++];
    if (c >= 0x80)
        c &= c >= 0xf0 ? 7 : c >= 0xe0 ? 15 : 31;
    while (*at < t.len && is_follower(t.ptr[*at]))
        c = c << 6 | (t.ptr[(*at)++] & 0x3f);
    return c;
}

static struct sql_value with_case(struct sql_call *c, bool up) {
    bytes t;
    AUTO(buf) out = {0};
    if (!sql_argument_text(c, 0, &t))
        return sql_undefined();
    for (size_t at = 0; at < t.len;)
        utf8_append(&out, recase(character(t, &at), up));
    return copied(c, &out);
}

static struct sql_value lower_(struct sql_call *c) {
    return with_case(c, false);
}

static struct sql_value upper_(struct sql_call *c) {
    return with_case(c, true);
}

/* ---- blanks ---- */

static bool is_blank(uint8_t byte) {
    return byte == ' ' || byte == '\t';
}

static struct sql_value trimmed(struct sql_call *c, bool left, bool right) {
    bytes t;
    if (!sql_argument_text(c, 0, &t))
        return sql_undefined();
    size_t from = 0, to = t.len;
    while (left && from < to && is_blank(t.ptr[from]))
        from++;
    while (right && to > from && is_blank(t.ptr[to - 1]))
        to--;
    return text(bytes_slice(t, from, to - from));
}

static struct sql_value ltrim_(struct sql_call *c) {
    return trimmed(c, true, false);
}

static struct sql_value rtrim_(struct sql_call *c) {
    return trimmed(c, false, true);
}

static struct sql_value trim_(struct sql_call *c) {
    return trimmed(c, true, true);
}

/* That many blanks are added: 0 … 1000. */
static struct sql_value padded(struct sql_call *c, bool left) {
    bytes t;
    struct decimal d;
    int64_t count;
    AUTO(buf) out = {0};
    if (!sql_argument_text(c, 0, &t) || !sql_to_int(&c->arguments[1], &d))
        return sql_undefined();
    if (!decimal_to_i64(d, &count))
        count = d.negative ? 0 : 1000;
    count = count < 0 ? 0 : count > 1000 ? 1000 : count;
    if (!left)
        buf_append(&out, t);
    for (int64_t i = 0; i < count; i++)
        buf_append_byte(&out, ' ');
    if (left)
        buf_append(&out, t);
    return copied(c, &out);
}

static struct sql_value lpad_(struct sql_call *c) {
    return padded(c, true);
}

static struct sql_value rpad_(struct sql_call *c) {
    return padded(c, false);
}

/* ---- parts ---- */

static bool two_texts(struct sql_call *c, bytes *a, bytes *b) {
    return sql_argument_text(c, 0, a) && sql_argument_text(c, 1, b);
}

static struct sql_value startswith_(struct sql_call *c) {
    bytes a, b;
    return two_texts(c, &a, &b) ? sql_boolean(bytes_start_with(a, b)) : sql_undefined();
}

static struct sql_value endswith_(struct sql_call *c) {
    bytes a, b;
    return two_texts(c, &a, &b) ? sql_boolean(bytes_end_with(a, b)) : sql_undefined();
}

static struct sql_value indexof_(struct sql_call *c) {
    bytes a, b;
    if (!two_texts(c, &a, &b))
        return sql_undefined();
    if (b.len == 0)
        return sql_int(0);
    size_t at = bytes_search(a, b);
    return sql_int(at == a.len ? -1 : (int64_t)characters(bytes_slice(a, 0, at)));
}

/* An index, rounded down and kept within 0 … the number of characters. */
static bool position(const struct sql_call *c, size_t i, size_t count, size_t *out) {
    struct decimal d;
    int64_t n;
    if (!sql_to_decimal(&c->arguments[i], &d))
        return false;
    d = decimal_round(d, 0, DECIMAL_DOWN);
    if (!decimal_to_i64(d, &n))
        n = d.negative ? 0 : INT64_MAX;
    *out = n < 0 ? 0 : (uint64_t)n > count ? count : (size_t)n;
    return true;
}

static struct sql_value substring_(struct sql_call *c) {
    bytes t;
    if (!sql_argument_text(c, 0, &t))
        return sql_undefined();
    size_t count = characters(t), from, to = count;
    if (!position(c, 1, count, &from) || (c->count == 3 && !position(c, 2, count, &to)))
        return sql_undefined();
    if (from >= to)
        return text(BYTES(""));
    size_t start = offset_of(t, from);
    return text(bytes_slice(t, start, offset_of(t, to) - start));
}

static struct sql_value replace_(struct sql_call *c) {
    bytes t, what, with;
    AUTO(buf) out = {0};
    if (!two_texts(c, &t, &what) || !sql_argument_text(c, 2, &with))
        return sql_undefined();
    if (what.len == 0)
        return text(t);
    for (;;) {
        size_t at = bytes_search(t, what);
        buf_append(&out, bytes_slice(t, 0, at));
        if (at == t.len)
            return copied(c, &out);
        buf_append(&out, with);
        t = bytes_skip(t, at + what.len);
        if (out.len > SQL_RESULT_BYTES_MAX)
            return sql_undefined();
    }
}

/* ---- joining ---- */

static struct sql_value concat_arrays(struct sql_call *c) {
    struct sql_list l = sql_list(c->evaluation->arena);
    for (size_t i = 0; i < c->count; i++) {
        if (c->arguments[i].type != SQL_ARRAY) {
            sql_list_add(&l, (bytes){0}, c->arguments[i]);
            continue;
        }
        struct sql_walk w = sql_walk(&c->arguments[i], sql_keeps_decimals(c->evaluation));
        while (sql_walk_next(&w))
            sql_list_add(&l, (bytes){0}, w.value);
    }
    return sql_array(&l);
}

static struct sql_value concat_(struct sql_call *c) {
    AUTO(buf) out = {0};
    if (c->count == 0)
        return sql_undefined();
    if (c->count == 1)
        return c->arguments[0];
    for (size_t i = 0; i < c->count; i++)
        if (c->arguments[i].type == SQL_ARRAY)
            return concat_arrays(c);
    for (size_t i = 0; i < c->count; i++) {
        bytes t;
        if (!sql_argument_text(c, i, &t) || out.len + t.len > SQL_RESULT_BYTES_MAX)
            return sql_undefined();
        buf_append(&out, t);
    }
    return copied(c, &out);
}

/* ---- base64 ---- */

static bool is_base64(const struct sql_call *c) {
    return c->arguments[1].type == SQL_STRING &&
           bytes_equal_nocase(c->arguments[1].text, BYTES("base64"));
}

/* encode(*, …) takes the payload as it came. */
static struct sql_value encode_(struct sql_call *c) {
    bytes data;
    AUTO(buf) out = {0};
    if (!is_base64(c))
        return sql_undefined();
    if (c->whole & 1 && !c->evaluation->scope)
        data = c->evaluation->message->payload;
    else if (!sql_argument_text(c, 0, &data))
        return sql_undefined();
    base64_encode(data, &out);
    return copied(c, &out);
}

/* What is JSON becomes a value that can be addressed; what cannot be decoded is Null. */
static struct sql_value decode_(struct sql_call *c) {
    bytes data, decoded;
    const struct json *root;
    if (!is_base64(c) || !sql_argument_text(c, 0, &data))
        return sql_undefined();
    if (base64_decode(c->evaluation->arena, data, &decoded) != OK || !bytes_are_utf8(decoded))
        return sql_null();
    if (json_parse(c->evaluation->arena, decoded, &root) == OK)
        return sql_from_json(root, sql_keeps_decimals(c->evaluation));
    return text(decoded);
}

/* ---- digests ---- */

static struct sql_value hex_of(struct sql_call *c, const uint8_t *digest, size_t len) {
    char *hex = arena_alloc(c->evaluation->arena, 2 * len);
    hex_encode(bytes_of(digest, len), hex);
    return text(bytes_of(hex, 2 * len));
}

static struct sql_value digest(struct sql_call *c, const EVP_MD *kind) {
    uint8_t out[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    bytes t;
    if (!sql_argument_text(c, 0, &t) || !EVP_Digest(t.ptr, t.len, out, &len, kind, NULL))
        return sql_undefined();
    return hex_of(c, out, len);
}

static struct sql_value md2_(struct sql_call *c) {
    uint8_t out[MD2_BYTES];
    bytes t;
    if (!sql_argument_text(c, 0, &t))
        return sql_undefined();
    md2(t, out);
    return hex_of(c, out, sizeof out);
}

#define DIGEST(name, kind)                             \
    static struct sql_value name(struct sql_call *c) { \
        return digest(c, kind());                      \
    }
DIGEST(md5_, EVP_md5)
DIGEST(sha1_, EVP_sha1)
DIGEST(sha224_, EVP_sha224)
DIGEST(sha256_, EVP_sha256)
DIGEST(sha384_, EVP_sha384)
DIGEST(sha512_, EVP_sha512)
#undef DIGEST

/* ---- regular expressions ---- */

enum { REGEXP_STEPS = 100, TOO_MUCH_STEPS = SQL_STEPS_MAX / 10 };

/* A pattern is compiled at each call, and that counts. */
static enum regexp_result worked(struct sql_call *c, enum regexp_result r) {
    sql_spend(c->evaluation, r == REGEXP_TOO_MUCH ? TOO_MUCH_STEPS : REGEXP_STEPS);
    return r;
}

static struct sql_value regexp_matches_(struct sql_call *c) {
    bytes t, pattern, match;
    if (!two_texts(c, &t, &pattern))
        return sql_undefined();
    enum regexp_result r = worked(c, regexp_find(pattern, t, &match));
    return r <= REGEXP_NOT_FOUND ? sql_boolean(r == REGEXP_FOUND) : sql_undefined();
}

static struct sql_value regexp_substr_(struct sql_call *c) {
    bytes t, pattern, match;
    if (!two_texts(c, &t, &pattern) || worked(c, regexp_find(pattern, t, &match)) != REGEXP_FOUND)
        return sql_undefined();
    return text(match);
}

static struct sql_value regexp_replace_(struct sql_call *c) {
    bytes t, pattern, with;
    AUTO(buf) out = {0};
    if (!two_texts(c, &t, &pattern) || !sql_argument_text(c, 2, &with))
        return sql_undefined();
    enum regexp_result r = regexp_replace(pattern, t, with, SQL_RESULT_BYTES_MAX, &out);
    sql_spend(c->evaluation, out.len / 16);
    if (worked(c, r) != REGEXP_FOUND)
        return sql_undefined();
    return copied(c, &out);
}

const struct sql_function sql_functions_text[] = {
#define ROW(name, least, most, function) {name, least, most, function},
    SQL_FUNCTIONS_TEXT(ROW)
#undef ROW
        {NULL, 0, 0, NULL}};
