/* The grammar, with one token looked at ahead:
 *
 *     any    = all {"OR" all}
 *     all    = one {["AND"] one}
 *     one    = ("NOT" | "-") one | "(" any ")" | term
 *     term   = [field ":"] value | field ":" "(" any ")" | field ("<" | "<=" | ">" | ">=") value
 *     value  = word | "quoted" | ("[" | "{") bound "TO" bound ("]" | "}")
 *
 * Within field:( … ) words without a field are of that field. */
#include "registry/thing_query_internal.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 32, NUMBER_LEN_MAX = 40 };

/* Where terms without a field of their own belong. */
struct place {
    enum query_field field;
    bytes attribute;
};

struct parser {
    struct arena *arena;
    enum query_index index;
    bytes text;
    size_t at;
    size_t terms, depth;
    size_t leading; /* terms that begin with a wildcard */
};

static bool is_space(uint8_t c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static uint8_t peek(const struct parser *p) {
    return p->at < p->text.len ? p->text.ptr[p->at] : 0;
}

static void skip_space(struct parser *p) {
    while (p->at < p->text.len && is_space(p->text.ptr[p->at]))
        p->at++;
}

/* Without a place when the mistake has none. */
static status wrong(const struct parser *p, const char *what) {
    return FAIL(E_QUERY_INVALID, "The query is wrong at character %zu: %s", p->at + 1, what);
}

static bool take(struct parser *p, uint8_t c) {
    if (peek(p) != c)
        return false;
    p->at++;
    return true;
}

/* What ends a word, unless a backslash stands before it. */
static bool ends_word(uint8_t c) {
    return is_space(c) || memchr("()[]{}\":<>", c, 10) != NULL;
}

/* An operator is a whole word in capitals. */
static bool next_is_word(const struct parser *p, const char *word) {
    size_t len = strlen(word), end = p->at + len;
    return bytes_equal(bytes_slice(p->text, p->at, len), bytes_from(word)) &&
           (end == p->text.len || ends_word(p->text.ptr[end]));
}

static bool take_word(struct parser *p, const char *word) {
    if (!next_is_word(p, word))
        return false;
    p->at += strlen(word);
    return true;
}

/* ---- words ---- */

struct word {
    bytes pattern; /* escapes taken out, wildcards as QUERY_ANY_… */
    bool is_quoted, has_wildcard, is_wildcard_first;
};

static status read_quoted(struct parser *p, struct word *out) {
    uint8_t *to = arena_alloc(p->arena, p->text.len - p->at + 1);
    size_t len = 0;
    p->at++;
    while (peek(p) != '"') {
        if (peek(p) == '\\')
            p->at++;
        if (p->at >= p->text.len)
            return wrong(p, "a quotation mark is not closed");
        to[len++] = p->text.ptr[p->at++];
    }
    p->at++;
    *out = (struct word){.pattern = bytes_of(to, len), .is_quoted = true};
    return OK;
}

static status check_plain(const struct parser *p, uint8_t c) {
    if (c == '$')
        return wrong(p, "$ may stand in names of shadows only, and those are not indexed");
    if (memchr("`@#%/';,+^~!&|", c, 14))
        return wrong(p, "this character has no meaning here: put the text between \" or a \\ "
                        "before the character");
    return OK;
}

static status read_plain(struct parser *p, struct word *out) {
    uint8_t *to = arena_alloc(p->arena, p->text.len - p->at + 1);
    struct word w = {.pattern = {to, 0}};
    while (p->at < p->text.len && !ends_word(peek(p))) {
        uint8_t c = peek(p);
        TRY(check_plain(p, c));
        if (c == '*' || c == '?') {
            w.is_wildcard_first |= w.pattern.len == 0;
            w.has_wildcard = true;
            c = c == '*' ? QUERY_ANY_RUN : QUERY_ANY_ONE;
        } else if (c == '\\') {
            if (++p->at >= p->text.len)
                return wrong(p, "nothing follows the backslash");
            c = peek(p);
        }
        to[w.pattern.len++] = c;
        p->at++;
    }
    if (w.pattern.len == 0)
        return wrong(p, p->at < p->text.len ? "a word or value is expected here, to be quoted or "
                                              "escaped when it holds this character"
                                            : "a word or value is missing at the end");
    *out = w;
    return OK;
}

static status read_word(struct parser *p, struct word *out) {
    return peek(p) == '"' ? read_quoted(p, out) : read_plain(p, out);
}

static bool is_star(const struct word *w) {
    return w->pattern.len == 1 && w->has_wildcard && w->pattern.ptr[0] == QUERY_ANY_RUN;
}

/* ---- fields ---- */

static const struct {
    const char *text, *alias;
    enum query_index index;
    bool of_any;
} fields[] = {
#define QUERY_FIELD_ROW(name, text, alias, index, of_any) \
    [QUERY_##name] = {text, alias, QUERY_INDEX_##index, of_any},
    QUERY_FIELDS(QUERY_FIELD_ROW)
#undef QUERY_FIELD_ROW
};

const char *query_field_text(enum query_field field) {
    return fields[field].text;
}

bool query_field_is_of_any(enum query_field field) {
    return fields[field].of_any;
}

static status unknown_field(enum query_index index, bytes name) {
    AUTO(buf) known = {0};
    for (enum query_field i = QUERY_THING_NAME; i < QUERY_ATTRIBUTE; i++)
        if (fields[i].index == index)
            buf_printf(&known, "%s, ", fields[i].text);
    return FAIL(E_QUERY_INVALID, "The field %.*s is not indexed. There are %sattributes.NAME",
                BYTES_ARG(bytes_slice(name, 0, 200)), buf_string(&known));
}

static bool is_named(enum query_field field, bytes name) {
    return bytes_equal(name, bytes_from(fields[field].text)) ||
           (fields[field].alias && bytes_equal(name, bytes_from(fields[field].alias)));
}

status query_field_find(enum query_index index, bytes name, enum query_field *out_field,
                        bytes *out_attribute) {
    bytes prefix = bytes_from(fields[QUERY_ATTRIBUTE].text);
    *out_attribute = (bytes){0};
    if (bytes_start_with(name, prefix) && name.len > prefix.len) {
        *out_attribute = bytes_skip(name, prefix.len);
        return *out_field = QUERY_ATTRIBUTE, OK;
    }
    for (enum query_field i = QUERY_THING_NAME; i < QUERY_ATTRIBUTE; i++)
        if (fields[i].index == index && is_named(i, name))
            return *out_field = i, OK;
    return unknown_field(index, name);
}

static status find_field(const struct parser *p, const struct word *w, struct place *out) {
    if (w->has_wildcard || w->is_quoted)
        return FAIL(E_QUERY_INVALID, "The name of a field has neither quotes nor wildcards");
    return query_field_find(p->index, w->pattern, &out->field, &out->attribute);
}

/* ---- terms ---- */

bool query_number(bytes text, double *out_number) {
    char copy[NUMBER_LEN_MAX + 1], *end;
    if (text.len == 0 || text.len > NUMBER_LEN_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!memchr("0123456789+-.eE", text.ptr[i], 15))
            return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = 0;
    *out_number = strtod(copy, &end);
    return *end == 0;
}

static status add_term(struct parser *p, const struct thing_query *term,
                       const struct thing_query **out) {
    struct thing_query *q = ARENA_NEW(p->arena, struct thing_query);
    if (++p->terms > THING_QUERY_TERMS_MAX)
        return FAIL(E_QUERY_INVALID, "The query has more than %d terms", THING_QUERY_TERMS_MAX);
    *q = *term;
    q->kind = QUERY_TERM;
    return *out = q, OK;
}

static status word_term(struct parser *p, const struct place *place, const struct word *w,
                        const struct thing_query **out) {
    p->leading += w->is_wildcard_first && !is_star(w);
    return add_term(p,
                    &(struct thing_query){.field = place->field,
                                          .attribute = place->attribute,
                                          .pattern = w->pattern},
                    out);
}

/* A bound of a range; its text stands for a number when `is_of_numbers` stays true. */
static status read_bound(struct parser *p, struct query_bound *out, bool *is_of_numbers) {
    struct word w;
    double number = 0;
    skip_space(p);
    TRY(read_word(p, &w));
    *out = (struct query_bound){.is_open = is_star(&w), .text = w.pattern};
    if (!out->is_open && w.has_wildcard)
        return wrong(p, "a bound is a value or *, not a pattern");
    if (!out->is_open && (w.is_quoted || !query_number(w.pattern, &number)))
        *is_of_numbers = false;
    out->number = number;
    return OK;
}

static status range_term(struct parser *p, const struct place *place,
                         const struct thing_query **out) {
    struct thing_query q = {.field = place->field, .attribute = place->attribute, .is_range = true};
    bool low_is_included = take(p, '['), high_is_included;
    p->at += !low_is_included;
    q.is_of_numbers = true;
    TRY(read_bound(p, &q.low, &q.is_of_numbers));
    skip_space(p);
    if (!take_word(p, "TO"))
        return wrong(p, "a range is written [from TO to]");
    TRY(read_bound(p, &q.high, &q.is_of_numbers));
    skip_space(p);
    high_is_included = take(p, ']');
    if (!high_is_included && !take(p, '}'))
        return wrong(p, "a range is closed by ] or }");
    q.low.is_included = low_is_included;
    q.high.is_included = high_is_included;
    if (q.low.is_open && q.high.is_open)
        q.is_of_numbers = false; /* whatever value there is */
    return add_term(p, &q, out);
}

static bool is_comparison(uint8_t c) {
    return c == '<' || c == '>';
}

static status comparison_term(struct parser *p, const struct place *place,
                              const struct thing_query **out) {
    struct thing_query q = {.field = place->field, .attribute = place->attribute, .is_range = true};
    bool is_below = p->text.ptr[p->at++] == '<', is_included = take(p, '=');
    struct query_bound bound;
    q.is_of_numbers = true;
    TRY(read_bound(p, &bound, &q.is_of_numbers));
    if (bound.is_open)
        return wrong(p, "a comparison is with a value, not with *");
    bound.is_included = is_included;
    *(is_below ? &q.high : &q.low) = bound;
    (is_below ? &q.low : &q.high)->is_open = true;
    return add_term(p, &q, out);
}

static status parse_any(struct parser *p, const struct place *place,
                        const struct thing_query **out);

static status group(struct parser *p, const struct place *place, const struct thing_query **out) {
    p->at++;
    if (++p->depth > DEPTH_MAX)
        return wrong(p, "too many parentheses within each other");
    TRY(parse_any(p, place, out));
    if (!take(p, ')'))
        return wrong(p, "a parenthesis is not closed");
    p->depth--;
    return OK;
}

/* What follows "field:". */
static status field_value(struct parser *p, const struct place *place,
                          const struct thing_query **out) {
    struct word w;
    skip_space(p);
    if (peek(p) == '(')
        return group(p, place, out);
    if (peek(p) == '[' || peek(p) == '{')
        return range_term(p, place, out);
    TRY(read_word(p, &w));
    return word_term(p, place, &w, out);
}

static status parse_term(struct parser *p, const struct place *place,
                         const struct thing_query **out) {
    struct place own;
    struct word w;
    if (peek(p) == '[' || peek(p) == '{')
        return range_term(p, place, out);
    TRY(read_word(p, &w));
    if (take(p, ':')) {
        TRY(find_field(p, &w, &own));
        return field_value(p, &own, out);
    }
    if (is_comparison(peek(p))) {
        TRY(find_field(p, &w, &own));
        return comparison_term(p, &own, out);
    }
    return word_term(p, place, &w, out);
}

/* ---- operators ---- */

static const struct thing_query *join(struct parser *p, enum query_kind kind,
                                      const struct thing_query *left,
                                      const struct thing_query *right) {
    struct thing_query *q = ARENA_NEW(p->arena, struct thing_query);
    *q = (struct thing_query){.kind = kind, .left = left, .right = right};
    return q;
}

static status parse_one(struct parser *p, const struct place *place,
                        const struct thing_query **out) {
    bool is_negated = false;
    for (skip_space(p); take_word(p, "NOT") || take(p, '-'); skip_space(p))
        is_negated = !is_negated;
    if (next_is_word(p, "AND") || next_is_word(p, "OR"))
        return wrong(p, "a term is missing before the operator");
    TRY(peek(p) == '(' ? group(p, place, out) : parse_term(p, place, out));
    if (is_negated)
        *out = join(p, QUERY_NOT, *out, NULL);
    return OK;
}

static status parse_all(struct parser *p, const struct place *place,
                        const struct thing_query **out) {
    const struct thing_query *right;
    TRY(parse_one(p, place, out));
    for (skip_space(p); p->at < p->text.len && peek(p) != ')' && !next_is_word(p, "OR");
         skip_space(p)) {
        (void)take_word(p, "AND");
        TRY(parse_one(p, place, &right));
        *out = join(p, QUERY_AND, *out, right);
    }
    return OK;
}

static status parse_any(struct parser *p, const struct place *place,
                        const struct thing_query **out) {
    const struct thing_query *right;
    TRY(parse_all(p, place, out));
    while (take_word(p, "OR")) {
        TRY(parse_all(p, place, &right));
        *out = join(p, QUERY_OR, *out, right);
    }
    return OK;
}

static status check_text(bytes text) {
    if (text.len > THING_QUERY_CHARACTERS_MAX)
        return FAIL(E_QUERY_INVALID, "The query is longer than %d characters",
                    THING_QUERY_CHARACTERS_MAX);
    for (size_t i = 0; i < text.len; i++)
        if ((text.ptr[i] < ' ' && !is_space(text.ptr[i])) || text.ptr[i] == 0x7f)
            return FAIL(E_QUERY_INVALID, "The query holds a control character at %zu", i + 1);
    return OK;
}

/* [AWS query-syntax] */
static status check_leading(const struct parser *p) {
    if (p->leading > 1)
        return FAIL(E_QUERY_INVALID, "Only one term of a query may begin with a wildcard");
    if (p->leading == 1 && p->text.len > THING_QUERY_LEADING_MAX)
        return FAIL(E_QUERY_INVALID,
                    "A query with a term that begins with a wildcard has %d characters at most",
                    THING_QUERY_LEADING_MAX);
    return OK;
}

status thing_query_parse(struct arena *a, enum query_index index, bytes text,
                         const struct thing_query **out_query) {
    struct parser p = {.arena = a, .index = index, .text = text};
    const struct place anywhere = {.field = QUERY_ANY};
    const struct thing_query *q;
    TRY(check_text(text));
    TRY(parse_any(&p, &anywhere, &q));
    if (p.at < p.text.len)
        return wrong(&p, "a parenthesis is closed that was not opened");
    TRY(check_leading(&p));
    *out_query = q;
    return OK;
}
