#include "policy/pattern.h"

#include <assert.h>
#include <string.h>

/* ---- reading ---- */

struct template_reader {
    struct arena *arena;
    bytes text;
    size_t at;
    unsigned flags;
    unsigned colons; /* of the ARN, seen so far */
    struct buf piece;
    struct policy_piece *pieces;
    size_t count;
    bool broken;
};

static void end_piece(struct template_reader *r, const struct policy_variable *variable) {
    r->pieces[r->count++] =
        (struct policy_piece){arena_copy(r->arena, buf_bytes(&r->piece)), variable};
    buf_clear(&r->piece);
}

static bytes quoted(bytes text) {
    text = bytes_trim(text);
    if (text.len < 2 || text.ptr[0] != '\'' || text.ptr[text.len - 1] != '\'')
        return (bytes){0};
    return bytes_slice(text, 1, text.len - 2);
}

/* The length of "${…}" at the front of `text` with the place of its comma (or its "}"), 0 when it
 * is none. Neither counts between [ and ], where an attribute's name stands, or in quotes. */
static size_t variable_length(bytes text, size_t *out_comma) {
    size_t comma = 0;
    for (size_t i = 2; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        if (c == '[' || c == '\'') {
            i += 1 + bytes_find(bytes_skip(text, i + 1), c == '[' ? ']' : '\'');
        } else if (c == ',' && !comma) {
            comma = i;
        } else if (c == '}') {
            *out_comma = comma ? comma : i;
            return i + 1;
        }
    }
    return 0;
}

/* Takes a variable off the front; false when what follows "${" is not one. */
static bool read_variable(struct template_reader *r, bytes rest) {
    size_t comma, len = variable_length(rest, &comma);
    if (len == 0)
        return false;
    bytes name = bytes_trim(bytes_slice(rest, 2, comma - 2));
    bytes fallback = {0};
    if (comma + 1 < len) {
        fallback = quoted(bytes_slice(rest, comma + 1, len - comma - 2));
        if (!fallback.ptr)
            return false;
        fallback = arena_copy(r->arena, fallback);
    }
    if (name.len == 0)
        return false;
    struct policy_variable *v = ARENA_NEW(r->arena, struct policy_variable);
    v->key = policy_key_parse(arena_copy(r->arena, name));
    v->written = arena_copy(r->arena, bytes_slice(rest, 0, len));
    v->fallback = fallback;
    end_piece(r, v);
    r->at += len;
    return true;
}

/* ${*}, ${?} and ${$}, which an AWS page also writes $(*) and so on [AWS policy 3.3]. */
static bool read_escape(struct template_reader *r, bytes rest) {
    if (rest.len < 4 ||
        !((rest.ptr[1] == '{' && rest.ptr[3] == '}') || (rest.ptr[1] == '(' && rest.ptr[3] == ')')))
        return false;
    if (rest.ptr[2] != '*' && rest.ptr[2] != '?' && rest.ptr[2] != '$')
        return false;
    buf_append_byte(&r->piece, rest.ptr[2]);
    r->at += 4;
    return true;
}

static bool read_dollar(struct template_reader *r) {
    bytes rest = bytes_skip(r->text, r->at);
    if (rest.ptr[0] != '$' || !(r->flags & POLICY_TEMPLATE_VARIABLES))
        return false;
    if (read_escape(r, rest))
        return true;
    if (rest.len < 2 || rest.ptr[1] != '{')
        return false;
    if (read_variable(r, rest))
        return true;
    r->broken = true;
    return false;
}

static uint8_t encoded(struct template_reader *r, uint8_t c) {
    if (c == ':' && (r->flags & POLICY_TEMPLATE_ARN) && r->colons < 5)
        return r->colons++, POLICY_ARN_COLON;
    if (!(r->flags & POLICY_TEMPLATE_WILDCARDS))
        return c;
    return c == '*' ? POLICY_ANY_RUN : c == '?' ? POLICY_ANY_CHARACTER : c;
}

static void read_character(struct template_reader *r) {
    uint8_t c = encoded(r, r->text.ptr[r->at++]);
    bool repeats =
        c == POLICY_ANY_RUN && r->piece.len && r->piece.ptr[r->piece.len - 1] == POLICY_ANY_RUN;
    if (!repeats)
        buf_append_byte(&r->piece, c);
}

static size_t count_dollars(bytes text) {
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++)
        n += text.ptr[i] == '$';
    return n;
}

struct policy_template policy_template_parse(struct arena *a, bytes text, unsigned flags) {
    struct template_reader r = {.arena = a, .text = text, .flags = flags};
    r.pieces = ARENA_ARRAY(a, struct policy_piece,
                           1 + (flags & POLICY_TEMPLATE_VARIABLES ? count_dollars(text) : 0));
    while (r.at < text.len)
        if (!read_dollar(&r))
            read_character(&r);
    end_piece(&r, NULL);
    buf_done(&r.piece);
    return (struct policy_template){r.pieces, r.count, r.broken};
}

bool policy_template_is_constant(const struct policy_template *t) {
    return t->count == 1;
}

/* ---- binding ---- */

void policy_binding_miss(struct policy_binding *b, bytes name) {
    struct policy_missing **at = &b->missing;
    while (*at && !bytes_equal_nocase((*at)->name, name))
        at = &(*at)->next;
    if (!*at) {
        *at = ARENA_NEW(b->arena, struct policy_missing);
        (*at)->name = name;
        b->missing_count++;
    }
    (*at)->actions |= b->actions;
}

/* The text that takes a variable's place; no pointer when there is none. */
static bytes substitute(const struct policy_variable *v, struct policy_binding *b) {
    struct policy_values found = {0};
    if (b->request)
        found = policy_request_find(b->request, v->key.text);
    else if (b->context && policy_key_is_variable(&v->key))
        found = policy_context_find(b->context, b->scope, &v->key, b->arena);
    if (!found.defined || found.count != 1) /* a list cannot stand in a text */
        return v->fallback;
    return policy_value_is_substitutable(&v->key, found.items[0]) ? found.items[0] : v->written;
}

static bool append_piece(const struct policy_piece *p, struct policy_binding *b, struct buf *out) {
    bool repeats = out->len && out->ptr[out->len - 1] == POLICY_ANY_RUN && p->text.len &&
                   p->text.ptr[0] == POLICY_ANY_RUN; /* an empty value stood between them */
    buf_append(out, bytes_skip(p->text, repeats));
    if (!p->variable)
        return true;
    bytes value = substitute(p->variable, b);
    if (!value.ptr) {
        policy_binding_miss(b, p->variable->key.text);
        return false;
    }
    buf_append(out, value);
    return true;
}

bool policy_template_bind(const struct policy_template *t, struct policy_binding *b,
                          bytes *out_text) {
    if (policy_template_is_constant(t)) {
        *out_text = t->pieces[0].text;
        return true;
    }
    struct buf text = {0};
    bool complete = true;
    for (size_t i = 0; i < t->count; i++) /* to the end: each missing name is noted */
        complete &= append_piece(&t->pieces[i], b, &text);
    if (complete)
        *out_text = arena_copy(b->arena, buf_bytes(&text));
    buf_done(&text);
    return complete;
}

/* ---- matching ---- */

/* The length of the character at `at`: its first byte and the continuation bytes behind it. */
static size_t character_length(bytes text, size_t at) {
    size_t n = 1;
    while (n < 4 && at + n < text.len && (text.ptr[at + n] & 0xC0) == 0x80)
        n++;
    return n;
}

/* Where at `from` or behind what follows a `*` can begin: at its first byte when that is literal.
 * SIZE_MAX when nowhere; no earlier `*` can help then. */
static size_t after_run(bytes pattern, size_t p, bytes text, size_t from) {
    if (p == pattern.len || pattern.ptr[p] == POLICY_ANY_CHARACTER)
        return from <= text.len ? from : SIZE_MAX;
    const uint8_t *at =
        from < text.len ? memchr(text.ptr + from, pattern.ptr[p], text.len - from) : NULL;
    return at ? (size_t)(at - text.ptr) : SIZE_MAX;
}

bool policy_glob_matches(bytes pattern, bytes text) {
    size_t p = 0, t = 0, run = SIZE_MAX; /* run: behind the last `*`, if there was one */
    size_t run_end = 0;                  /* what that one takes ends here */
    while (t < text.len || p < pattern.len) {
        uint8_t c = p < pattern.len ? pattern.ptr[p] : POLICY_ARN_COLON; /* which nothing equals */
        if (c == POLICY_ANY_RUN) {
            run = ++p;
            if (p == pattern.len)
                return true;
            run_end = after_run(pattern, p, text, t);
        } else if (t < text.len && c == POLICY_ANY_CHARACTER) {
            t += character_length(text, t);
            p++;
            continue;
        } else if (t < text.len && p < pattern.len && c == text.ptr[t]) {
            t++;
            p++;
            continue;
        } else if (run != SIZE_MAX && run_end < text.len) {
            run_end = after_run(pattern, run, text, run_end + character_length(text, run_end));
            p = run;
        } else {
            return false;
        }
        if (run_end == SIZE_MAX)
            return false;
        t = run_end;
    }
    return true;
}

static bool is_any(bytes pattern) {
    return pattern.len == 1 && pattern.ptr[0] == POLICY_ANY_RUN;
}

bool policy_arn_matches(bytes pattern, bytes arn) {
    if (is_any(pattern))
        return true;
    for (int part = 0; part < 5; part++) {
        size_t p = bytes_find(pattern, POLICY_ARN_COLON), t = bytes_find(arn, ':');
        if (p == pattern.len || t == arn.len)
            return false;
        if (!policy_glob_matches(bytes_slice(pattern, 0, p), bytes_slice(arn, 0, t)))
            return false;
        pattern = bytes_skip(pattern, p + 1);
        arn = bytes_skip(arn, t + 1);
    }
    return policy_glob_matches(pattern, arn);
}

/* Positions in a pattern that a text may have led to, as bits: a position moves at most two further
 * per character (past a `*` that takes nothing, then past what matched), so 12 characters stay
 * within 26. */
typedef uint32_t positions;

static positions with_empty_runs(bytes pattern, positions at) {
    for (unsigned i = 0; i < 31 && i < pattern.len; i++)
        if ((at >> i & 1) && pattern.ptr[i] == POLICY_ANY_RUN)
            at |= 1u << (i + 1);
    return at;
}

static positions step(bytes pattern, positions at, uint8_t c) {
    positions next = 0;
    for (unsigned i = 0; i < 31 && i < pattern.len; i++) {
        if (!(at >> i & 1))
            continue;
        if (pattern.ptr[i] == POLICY_ANY_RUN)
            next |= 1u << i;
        else if (pattern.ptr[i] == POLICY_ANY_CHARACTER || pattern.ptr[i] == c)
            next |= 1u << (i + 1);
    }
    return with_empty_runs(pattern, next);
}

size_t policy_glob_after(bytes pattern, bytes head, bytes out[POLICY_REMAINDERS_MAX]) {
    assert(head.len <= 12);
    positions at = with_empty_runs(pattern, 1);
    for (size_t i = 0; i < head.len; i++)
        at = step(pattern, at, head.ptr[i]);
    size_t count = 0;
    for (unsigned i = 0; i < 32 && i <= pattern.len; i++) {
        if (!(at >> i & 1))
            continue;
        out[count++] = bytes_skip(pattern, i);
        if (i < pattern.len && pattern.ptr[i] == POLICY_ANY_RUN)
            i++; /* the rest without the `*` is part of it */
    }
    return count;
}

void policy_pattern_show(bytes pattern, struct buf *out) {
    for (size_t i = 0; i < pattern.len; i++) {
        uint8_t c = pattern.ptr[i];
        buf_append_byte(out, c == POLICY_ANY_RUN         ? '*'
                             : c == POLICY_ANY_CHARACTER ? '?'
                             : c == POLICY_ARN_COLON     ? ':'
                                                         : c);
    }
}
