#include "codec/json.h"

#include <endian.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "codec/utf8.h"

/* The containers that are open where the parser stands, outermost first: no recursion, so the
 * depth of a hostile text costs nothing but this array. */
struct level {
    struct json *container;
    struct json *last; /* the child that was added last */
};

struct parser {
    struct arena *arena;
    bytes text;
    size_t at;
    struct level levels[JSON_DEPTH_MAX];
    size_t depth;
    struct buf unescaped; /* of one string; moved to the arena when the string ends */
};

/* fail_at says what is wrong and where: lines and characters are counted from 1. */
static status fail_at(const struct parser *p, size_t at, const char *format, ...) PRINTF(3, 4);
static status fail_at(const struct parser *p, size_t at, const char *format, ...) {
    size_t line = 1, column = 1;
    for (size_t i = 0; i < at; i++) {
        if (p->text.ptr[i] == '\n')
            line++, column = 1;
        else if ((p->text.ptr[i] & 0xC0) != 0x80)
            column++;
    }
    char what[256];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return FAIL(E_INVALID, "this is not valid JSON: %s, at line %zu, column %zu", what, line,
                column);
}

/* Says that something else was needed where the parser stands. */
static status unexpected(const struct parser *p, const char *wanted) {
    if (p->at >= p->text.len)
        return fail_at(p, p->at, "%s is expected where the text ends", wanted);
    uint8_t c = p->text.ptr[p->at];
    if (c > 0x20 && c < 0x7F)
        return fail_at(p, p->at, "%s is expected, not '%c'", wanted, c);
    return fail_at(p, p->at, "%s is expected, not byte 0x%02X", wanted, c);
}

/* The byte where the parser stands, or 0 at the end: no token begins with 0. */
static uint8_t peek(const struct parser *p) {
    return p->at < p->text.len ? p->text.ptr[p->at] : 0;
}

static bool take(struct parser *p, uint8_t c) {
    if (p->at >= p->text.len || p->text.ptr[p->at] != c)
        return false;
    p->at++;
    return true;
}

static void skip_space(struct parser *p) { /* [RFC 8259 2] */
    while (peek(p) == ' ' || peek(p) == '\t' || peek(p) == '\n' || peek(p) == '\r')
        p->at++;
}

static status read_hex4(struct parser *p, uint32_t *out_unit) {
    uint8_t two[2];
    if (p->text.len - p->at < 4 || hex_decode(bytes_slice(p->text, p->at, 4), two) != OK)
        return fail_at(p, p->at, "\\u needs four hexadecimal digits");
    p->at += 4;
    *out_unit = (uint32_t)two[0] << 8 | two[1];
    return OK;
}

/* After "\u": one code unit, or the two of a surrogate pair [RFC 8259 7]. */
static status read_unicode_escape(struct parser *p) {
    size_t start = p->at - 2;
    uint32_t high = 0, low = 0;
    TRY(read_hex4(p, &high));
    if (high < 0xD800 || high > 0xDFFF) {
        utf8_append(&p->unescaped, high);
        return OK;
    }
    if (high >= 0xDC00 || !take(p, '\\') || !take(p, 'u'))
        return fail_at(p, start, "\\u%04X is half of a surrogate pair", (unsigned)high);
    TRY(read_hex4(p, &low));
    if (low < 0xDC00 || low > 0xDFFF)
        return fail_at(p, start, "\\u%04X is half of a surrogate pair", (unsigned)high);
    utf8_append(&p->unescaped, 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00));
    return OK;
}

/* After the backslash. */
static status read_escape(struct parser *p) {
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    uint8_t c = peek(p);
    if (c == 'u') {
        p->at++;
        return read_unicode_escape(p);
    }
    const char *found = c ? strchr(from, c) : NULL;
    if (!found)
        return unexpected(p, "one of \"\\/bfnrtu after a backslash");
    p->at++;
    buf_append_byte(&p->unescaped, (uint8_t)to[found - from]);
    return OK;
}

/* How many of eight bytes need no closer look: no quote, no backslash, no control character,
 * nothing beyond ASCII. Each test leaves a top bit in the first byte that fails it, perhaps also in
 * later ones. */
static size_t plain_of_eight(const uint8_t *eight) {
    const uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;
    uint64_t word;
    memcpy(&word, eight, sizeof word);
    word = le64toh(word);
    uint64_t quotes = word ^ (ones * '"'), slashes = word ^ (ones * '\\');
    uint64_t failed = ((word - ones * 0x20) | (quotes - ones) | (slashes - ones) | word) & tops;
    return failed ? (size_t)__builtin_ctzll(failed) / 8 : 8;
}

/* Passes over characters that stand for themselves. */
static status read_plain(struct parser *p) {
    for (;;) {
        for (size_t run = 8; run == 8 && p->text.len - p->at >= 8; p->at += run)
            run = plain_of_eight(p->text.ptr + p->at);
        uint8_t c = peek(p);
        if (p->at >= p->text.len || c == '"' || c == '\\')
            return OK;
        if (c < 0x20)
            return fail_at(p, p->at, "control character 0x%02X in a string must be escaped", c);
        size_t len = c < 0x80 ? 1 : utf8_length(bytes_skip(p->text, p->at));
        if (len == 0)
            return fail_at(p, p->at, "a string is not valid UTF-8");
        p->at += len;
    }
}

/* After the opening quote. Text without escapes is borrowed. */
static status read_string(struct parser *p, bytes *out_text) {
    size_t start = p->at, opening = p->at - 1;
    bool escaped = false;
    buf_clear(&p->unescaped);
    for (;;) {
        size_t from = p->at;
        TRY(read_plain(p));
        bytes plain = bytes_slice(p->text, from, p->at - from);
        if (take(p, '"')) {
            if (!escaped) {
                *out_text = bytes_slice(p->text, start, p->at - 1 - start);
                return OK;
            }
            buf_append(&p->unescaped, plain);
            *out_text = arena_copy(p->arena, buf_bytes(&p->unescaped));
            return OK;
        }
        if (!take(p, '\\'))
            return fail_at(p, opening, "a string has no closing quote");
        escaped = true;
        buf_append(&p->unescaped, plain);
        TRY(read_escape(p));
    }
}

static bool take_digits(struct parser *p) {
    size_t start = p->at;
    while (peek(p) >= '0' && peek(p) <= '9')
        p->at++;
    return p->at > start;
}

static status read_number(struct parser *p, bytes *out_text) { /* [RFC 8259 6] */
    size_t start = p->at;
    (void)take(p, '-');
    if (take(p, '0')) {
        if (peek(p) >= '0' && peek(p) <= '9')
            return fail_at(p, start, "a number has a leading zero");
    } else if (!take_digits(p)) {
        return unexpected(p, "a digit");
    }
    if (take(p, '.') && !take_digits(p))
        return unexpected(p, "a digit after the decimal point");
    if (take(p, 'e') || take(p, 'E')) {
        if (!take(p, '+'))
            (void)take(p, '-');
        if (!take_digits(p))
            return unexpected(p, "a digit of the exponent");
    }
    *out_text = bytes_slice(p->text, start, p->at - start);
    return OK;
}

static status read_word(struct parser *p, struct json *v) {
    static const struct {
        bytes word;
        enum json_type type;
    } words[] = {{{(const uint8_t *)"null", 4}, JSON_NULL},
                 {{(const uint8_t *)"true", 4}, JSON_TRUE},
                 {{(const uint8_t *)"false", 5}, JSON_FALSE}};
    bytes left = bytes_skip(p->text, p->at);
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (bytes_start_with(left, words[i].word)) {
            p->at += words[i].word.len;
            v->type = words[i].type;
            return OK;
        }
    }
    return unexpected(p, "a value");
}

static status open_container(struct parser *p, struct json *v, enum json_type type) {
    if (p->depth == JSON_DEPTH_MAX)
        return fail_at(p, p->at, "arrays and objects are nested more than %d deep", JSON_DEPTH_MAX);
    p->at++;
    v->type = type;
    p->levels[p->depth++] = (struct level){.container = v};
    return OK;
}

static status read_value(struct parser *p, struct json *v) {
    uint8_t c = peek(p);
    if (c == '{')
        return open_container(p, v, JSON_OBJECT);
    if (c == '[')
        return open_container(p, v, JSON_ARRAY);
    if (c == '"') {
        p->at++;
        v->type = JSON_STRING;
        return read_string(p, &v->text);
    }
    if (c == '-' || (c >= '0' && c <= '9')) {
        v->type = JSON_NUMBER;
        return read_number(p, &v->text);
    }
    return read_word(p, v);
}

static void add_child(struct level *l, struct json *child) {
    if (l->last)
        l->last->next = child;
    else
        l->container->first = child;
    l->last = child;
    l->container->count++;
}

/* Inside a container, at its closing bracket, a comma or its first child. */
static status read_child(struct parser *p) {
    struct level *l = &p->levels[p->depth - 1];
    bool object = l->container->type == JSON_OBJECT;
    skip_space(p);
    if (take(p, object ? '}' : ']')) {
        p->depth--;
        return OK;
    }
    if (l->last && !take(p, ','))
        return unexpected(p, object ? "a comma or '}'" : "a comma or ']'");
    skip_space(p);
    struct json *child = ARENA_NEW(p->arena, struct json);
    if (object) {
        if (!take(p, '"'))
            return unexpected(p, l->last ? "a name in quotes" : "a name in quotes or '}'");
        TRY(read_string(p, &child->name));
        skip_space(p);
        if (!take(p, ':'))
            return unexpected(p, "a colon");
        skip_space(p);
    }
    add_child(l, child);
    return read_value(p, child);
}

static status read_document(struct parser *p, struct json *root) {
    if (bytes_start_with(p->text, BYTES("\xEF\xBB\xBF")))
        return fail_at(p, 0,
                       "the text begins with a byte order mark; remove it"); /* [RFC 8259 8.1] */
    skip_space(p);
    if (p->at == p->text.len)
        return fail_at(p, p->at, "the text is empty");
    TRY(read_value(p, root));
    while (p->depth > 0)
        TRY(read_child(p));
    skip_space(p);
    if (p->at < p->text.len)
        return unexpected(p, "the end");
    return OK;
}

status json_parse(struct arena *a, bytes text, const struct json **out_root) {
    struct parser p = {.arena = a, .text = text};
    struct json *root = ARENA_NEW(a, struct json);
    status s = read_document(&p, root);
    buf_done(&p.unescaped);
    TRY(s);
    *out_root = root;
    return OK;
}
