#include "sql/regexp.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <time.h>

/* The limits of PCRE2 hold for each place where a match could begin, so those are tried a few at a
 * time, and the clock is looked at in between. */
enum {
    MATCH_LIMIT = 100000,
    DEPTH_LIMIT = 1000,
    HEAP_KIB_LIMIT = 4096,
    GROUPS_MAX = 10,
    PLACES_AT_A_TIME = 64,
    WORK_US_MAX = 100000
};

struct regexp {
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *limits;
    uint64_t begun_us;
};

static uint64_t thread_us(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void regexp_done(struct regexp *r) {
    pcre2_match_data_free(r->match);
    pcre2_match_context_free(r->limits);
    pcre2_code_free(r->code);
}

static bool compile(bytes pattern, struct regexp *out) {
    int error;
    PCRE2_SIZE at;
    out->code = pcre2_compile(pattern.ptr ? pattern.ptr : (const uint8_t *)"", pattern.len,
                              PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_USE_OFFSET_LIMIT, &error,
                              &at, NULL);
    if (!out->code)
        return false;
    out->match = pcre2_match_data_create(GROUPS_MAX, NULL);
    out->limits = pcre2_match_context_create(NULL);
    if (!out->match || !out->limits)
        return false;
    (void)pcre2_set_match_limit(out->limits, MATCH_LIMIT);
    (void)pcre2_set_depth_limit(out->limits, DEPTH_LIMIT);
    (void)pcre2_set_heap_limit(out->limits, HEAP_KIB_LIMIT);
    out->begun_us = thread_us();
    return true;
}

/* The start of the character at `at`, or after the text. */
static size_t boundary(bytes text, size_t at) {
    while (at < text.len && (text.ptr[at] & 0xc0) == 0x80)
        at++;
    return at < text.len ? at : text.len;
}

/* The first match that begins at `at` or later. */
static enum regexp_result match_from(const struct regexp *r, bytes text, size_t at) {
    for (;;) {
        size_t last = boundary(text, at + PLACES_AT_A_TIME);
        (void)pcre2_set_offset_limit(r->limits, last);
        int found = pcre2_match(r->code, text.ptr ? text.ptr : (const uint8_t *)"", text.len, at, 0,
                                r->match, r->limits);
        if (found >= 0)
            return REGEXP_FOUND;
        if (found != PCRE2_ERROR_NOMATCH)
            return REGEXP_TOO_MUCH;
        if (last == text.len)
            return REGEXP_NOT_FOUND;
        if (thread_us() - r->begun_us > WORK_US_MAX)
            return REGEXP_TOO_MUCH;
        at = boundary(text, last + 1);
    }
}

static bytes group(const struct regexp *r, bytes text, unsigned n) {
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(r->match);
    if (ends[2 * n] == PCRE2_UNSET || ends[2 * n + 1] < ends[2 * n])
        return (bytes){0};
    return bytes_slice(text, ends[2 * n], ends[2 * n + 1] - ends[2 * n]);
}

enum regexp_result regexp_find(bytes pattern, bytes text, bytes *out_match) {
    AUTO(regexp) r = {0};
    if (!compile(pattern, &r))
        return REGEXP_BAD;
    enum regexp_result found = match_from(&r, text, 0);
    if (found == REGEXP_FOUND)
        *out_match = group(&r, text, 0);
    return found;
}

static bool append_replacement(const struct regexp *r, bytes text, bytes with, struct buf *out) {
    uint32_t groups = 0;
    (void)pcre2_pattern_info(r->code, PCRE2_INFO_CAPTURECOUNT, &groups);
    for (size_t i = 0; i < with.len; i++) {
        uint8_t c = with.ptr[i];
        bool more = i + 1 < with.len;
        if (c == '\\' && more) {
            buf_append_byte(out, with.ptr[++i]);
        } else if (c == '$') {
            unsigned n = more ? with.ptr[++i] - (unsigned)'0' : 10;
            if (n > 9 || n > groups)
                return false;
            buf_append(out, group(r, text, n));
        } else {
            buf_append_byte(out, c);
        }
    }
    return true;
}

enum regexp_result regexp_replace(bytes pattern, bytes text, bytes with, size_t most,
                                  struct buf *out) {
    AUTO(regexp) r = {0};
    size_t at = 0, copied = 0;
    if (!compile(pattern, &r))
        return REGEXP_BAD;
    while (at <= text.len) {
        enum regexp_result found = match_from(&r, text, at);
        if (found == REGEXP_NOT_FOUND)
            break;
        if (found != REGEXP_FOUND || thread_us() - r.begun_us > WORK_US_MAX)
            return REGEXP_TOO_MUCH;
        const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(r.match);
        size_t from = ends[0], to = ends[1];
        if (from > to || out->len > most)
            return REGEXP_BAD; /* \K can move the start behind the end */
        buf_append(out, bytes_slice(text, copied, from - copied));
        if (!append_replacement(&r, text, with, out))
            return REGEXP_BAD;
        copied = to;
        at = to > from ? to : to == text.len ? to + 1 : boundary(text, to + 1);
        /* an empty match moves on by a character */
    }
    buf_append(out, bytes_skip(text, copied));
    return out->len <= most ? REGEXP_FOUND : REGEXP_BAD;
}
