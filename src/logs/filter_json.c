#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "codec/json.h"
#include "logs/filter_internal.h"

enum { TESTS_MAX = 100, DEPTH_MAX = 20, NUMBER_BYTES_MAX = 40 };

enum comparison { EQUAL, UNEQUAL, LESS, LESS_EQUAL, MORE, MORE_EQUAL, IS, EXISTS_NOT };

/* One test, or two expressions joined. */
struct json_filter {
    enum { TEST, ALL_OF, ANY_OF } kind;
    const struct json_filter *left, *right;
    bytes path; /* "a.b[0]": what stands behind "$." */
    enum comparison comparison;
    bytes text; /* for IS: "NULL", "TRUE", "FALSE" */
    bool is_number;
    double number;
};

struct parser {
    struct arena *arena;
    bytes left;
    unsigned tests, depth;
};

static status wrong(const struct parser *p) {
    return FAIL(E_INVALID, "Invalid filter pattern: '%.*s' is not expected here",
                BYTES_ARG(bytes_slice(p->left, 0, 40)));
}

/* ---- words ---- */

static void skip_spaces(struct parser *p) {
    p->left = bytes_trim(p->left);
}

static bool take(struct parser *p, const char *word) {
    skip_spaces(p);
    bytes w = bytes_from(word);
    if (!bytes_start_with(p->left, w))
        return false;
    p->left = bytes_skip(p->left, w.len);
    return true;
}

static bool is_word(uint8_t c) {
    return c > ' ' && !strchr("()&|=!<>{}\"", c) && c != 0x7f;
}

static bytes take_word(struct parser *p) {
    size_t len = 0;
    skip_spaces(p);
    while (len < p->left.len && is_word(p->left.ptr[len]))
        len++;
    bytes word = bytes_slice(p->left, 0, len);
    p->left = bytes_skip(p->left, len);
    return word;
}

static status read_quoted(struct parser *p, bytes *out) {
    bytes rest = bytes_skip(p->left, 1);
    size_t end = bytes_find(rest, '"');
    if (end == rest.len)
        return FAIL(E_INVALID, "Invalid filter pattern: a quotation mark is not closed");
    *out = bytes_slice(rest, 0, end);
    p->left = bytes_skip(rest, end + 1);
    return OK;
}

static bool number_of(bytes text, double *out) {
    char digits[NUMBER_BYTES_MAX], *end;
    if (text.len == 0 || text.len >= sizeof digits || !strchr("+-.0123456789", text.ptr[0]))
        return false;
    memcpy(digits, text.ptr, text.len);
    digits[text.len] = '\0';
    *out = strtod(digits, &end);
    return *end == '\0' && isfinite(*out);
}

/* ---- tests ---- */

static status read_comparison(struct parser *p, enum comparison *out) {
    static const struct {
        const char *text;
        enum comparison comparison;
    } all[] = {{"!=", UNEQUAL}, {"<=", LESS_EQUAL}, {">=", MORE_EQUAL}, {"=", EQUAL},
               {"<", LESS},     {">", MORE},        {"IS ", IS},        {"NOT EXISTS", EXISTS_NOT}};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        if (take(p, all[i].text)) {
            *out = all[i].comparison;
            return OK;
        }
    return wrong(p);
}

static status read_value(struct parser *p, struct json_filter *test) {
    skip_spaces(p);
    bool quoted = p->left.len > 0 && p->left.ptr[0] == '"';
    if (quoted)
        TRY(read_quoted(p, &test->text));
    else
        test->text = take_word(p);
    if (!quoted && test->text.len == 0)
        return wrong(p);
    test->is_number = !quoted && number_of(test->text, &test->number);
    bool orders = test->comparison >= LESS && test->comparison <= MORE_EQUAL;
    return orders && !test->is_number
               ? FAIL(E_INVALID, "Invalid filter pattern: <, <=, > and >= compare numbers")
               : OK;
}

static status read_test(struct parser *p, const struct json_filter **out) {
    struct json_filter *test = ARENA_NEW(p->arena, struct json_filter);
    if (++p->tests > TESTS_MAX)
        return FAIL(E_INVALID, "Invalid filter pattern: more than %d comparisons", TESTS_MAX);
    bytes selector = take_word(p);
    if (!bytes_start_with(selector, BYTES("$.")) || selector.len < 3)
        return FAIL(E_INVALID, "Invalid filter pattern: a comparison begins with $.NAME");
    test->path = bytes_skip(selector, 2);
    TRY(read_comparison(p, &test->comparison));
    if (test->comparison != EXISTS_NOT)
        TRY(read_value(p, test));
    *out = test;
    return OK;
}

static status read_any(struct parser *p, const struct json_filter **out);

static status read_one(struct parser *p, const struct json_filter **out) {
    if (!take(p, "("))
        return read_test(p, out);
    if (++p->depth > DEPTH_MAX)
        return FAIL(E_INVALID, "Invalid filter pattern: too many parentheses");
    TRY(read_any(p, out));
    p->depth--;
    return take(p, ")") ? OK : wrong(p);
}

static const struct json_filter *join(struct parser *p, int kind, const struct json_filter *left,
                                      const struct json_filter *right) {
    struct json_filter *both = ARENA_NEW(p->arena, struct json_filter);
    *both = (struct json_filter){.left = left, .right = right};
    both->kind = kind == ALL_OF ? ALL_OF : ANY_OF;
    return both;
}

static status read_all(struct parser *p, const struct json_filter **out) {
    const struct json_filter *more;
    TRY(read_one(p, out));
    while (take(p, "&&")) {
        TRY(read_one(p, &more));
        *out = join(p, ALL_OF, *out, more);
    }
    return OK;
}

static status read_any(struct parser *p, const struct json_filter **out) {
    const struct json_filter *more;
    TRY(read_all(p, out));
    while (take(p, "||")) {
        TRY(read_all(p, &more));
        *out = join(p, ANY_OF, *out, more);
    }
    return OK;
}

status json_filter_parse(struct arena *a, bytes text, const struct json_filter **out) {
    struct parser p = {.arena = a, .left = text};
    const struct json_filter *f;
    if (!take(&p, "{"))
        return wrong(&p);
    TRY(read_any(&p, &f));
    if (!take(&p, "}") || bytes_trim(p.left).len > 0)
        return wrong(&p);
    *out = f;
    return OK;
}

/* ---- matching ---- */

static const struct json *element(const struct json *list, uint64_t index) {
    if (!list || list->type != JSON_ARRAY)
        return NULL;
    JSON_EACH (item, list)
        if (index-- == 0)
            return item;
    return NULL;
}

/* "name" or "name[0][1]" */
static const struct json *step(const struct json *at, bytes part) {
    size_t bracket = bytes_find(part, '[');
    if (bracket > 0)
        at = at && at->type == JSON_OBJECT ? json_member(at, bytes_slice(part, 0, bracket)) : NULL;
    for (bytes rest = bytes_skip(part, bracket); rest.len > 0 && at;) {
        size_t end = bytes_find(rest, ']');
        uint64_t index;
        if (rest.ptr[0] != '[' ||
            bytes_to_u64(bytes_slice(rest, 1, end - 1), 1000000, &index) != OK)
            return NULL;
        at = element(at, index);
        rest = bytes_skip(rest, end + 1);
    }
    return at;
}

static const struct json *find(const struct json *root, bytes path) {
    bytes part;
    while (root && bytes_split(&path, '.', &part))
        root = step(root, part);
    return root;
}

/* `*` stands for any characters; the last one seen takes one more when the rest does not fit. */
static bool fits(bytes pattern, bytes text) {
    size_t p = 0, t = 0, star = SIZE_MAX, mark = 0;
    while (t < text.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            star = p++;
            mark = t;
        } else if (p < pattern.len && pattern.ptr[p] == text.ptr[t]) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++mark;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*')
        p++;
    return p == pattern.len;
}

static bool equals(const struct json_filter *f, const struct json *v) {
    double number;
    if (f->is_number && v->type == JSON_NUMBER)
        return json_to_double(v, &number) == OK && number >= f->number && number <= f->number;
    if (v->type == JSON_TRUE || v->type == JSON_FALSE)
        return bytes_equal_nocase(f->text, v->type == JSON_TRUE ? BYTES("true") : BYTES("false"));
    return (v->type == JSON_STRING || v->type == JSON_NUMBER) && fits(f->text, v->text);
}

static bool is(const struct json_filter *f, const struct json *v) {
    return (v->type == JSON_NULL && bytes_equal_nocase(f->text, BYTES("NULL"))) ||
           (v->type == JSON_TRUE && bytes_equal_nocase(f->text, BYTES("TRUE"))) ||
           (v->type == JSON_FALSE && bytes_equal_nocase(f->text, BYTES("FALSE")));
}

static bool orders(const struct json_filter *f, const struct json *v) {
    double number;
    if (v->type != JSON_NUMBER || json_to_double(v, &number) != OK)
        return false;
    if (f->comparison == LESS || f->comparison == LESS_EQUAL)
        return number < f->number || (f->comparison == LESS_EQUAL && number <= f->number);
    return number > f->number || (f->comparison == MORE_EQUAL && number >= f->number);
}

/* What is not there compares to nothing. */
static bool test_matches(const struct json_filter *f, const struct json *root) {
    const struct json *v = find(root, f->path);
    if (f->comparison == EXISTS_NOT || !v)
        return f->comparison == EXISTS_NOT && !v;
    if (f->comparison == IS)
        return is(f, v);
    if (f->comparison == EQUAL || f->comparison == UNEQUAL)
        return equals(f, v) == (f->comparison == EQUAL);
    return orders(f, v);
}

static bool matches(const struct json_filter *f, const struct json *root) {
    if (f->kind == TEST)
        return test_matches(f, root);
    bool left = matches(f->left, root);
    return f->kind == ALL_OF ? left && matches(f->right, root) : left || matches(f->right, root);
}

bool json_filter_matches(const struct json_filter *f, bytes message) {
    AUTO(arena) memory = {0};
    const struct json *root;
    bytes text = bytes_trim(message);
    if (text.len == 0 || text.ptr[0] != '{' || json_parse(&memory, text, &root) != OK)
        return false;
    return matches(f, root);
}
