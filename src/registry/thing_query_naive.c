#include "registry/thing_query_naive.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "registry/thing_query.h"

enum { LEN_MAX = THING_QUERY_CHARACTERS_MAX + 1, STACK_MAX = LEN_MAX + 4, GROUPS_MAX = 40 };

/* A text with marks: which of its characters are wildcards. */
struct text {
    char chars[LEN_MAX];
    bool is_wild[LEN_MAX];
    size_t len;
    bool is_quoted;
};

struct reading {
    const char *at, *end;
    const struct query_document *document;
    /* two stacks */
    bool values[STACK_MAX];
    char operators[STACK_MAX];
    char fields[GROUPS_MAX][LEN_MAX]; /* of each open parenthesis; "" is any */
    size_t value_count, operator_count, field_count;
};

static void skip_space(struct reading *r) {
    while (r->at < r->end && isspace((unsigned char)*r->at))
        r->at++;
}

static bool ends(const struct reading *r) {
    return r->at >= r->end || isspace((unsigned char)*r->at) || strchr("()[]{}\":<>", *r->at);
}

static void read_text(struct reading *r, struct text *out) {
    *out = (struct text){.is_quoted = *r->at == '"'};
    r->at += out->is_quoted;
    while (out->is_quoted ? *r->at != '"' : !ends(r)) {
        bool is_escaped = *r->at == '\\';
        r->at += is_escaped;
        out->is_wild[out->len] = !out->is_quoted && !is_escaped && strchr("*?", *r->at);
        out->chars[out->len++] = *r->at++;
    }
    r->at += out->is_quoted;
}

static bool fits(const struct text *t, size_t at, bytes value) {
    if (at == t->len)
        return value.len == 0;
    if (t->is_wild[at] && t->chars[at] == '*') {
        while (at + 1 < t->len && t->is_wild[at + 1] && t->chars[at + 1] == '*')
            at++; /* several are as one, or this would take for ever */
        for (size_t i = 0; i <= value.len; i++)
            if (fits(t, at + 1, bytes_skip(value, i)))
                return true;
        return false;
    }
    return value.len > 0 &&
           (t->is_wild[at] || tolower((unsigned char)t->chars[at]) == tolower(value.ptr[0])) &&
           fits(t, at + 1, bytes_skip(value, 1));
}

static bool is_number(const char *text, double *out) {
    char *end;
    if (*text == 0 || strlen(text) > 40 || strspn(text, "0123456789+-.eE") != strlen(text))
        return false;
    *out = strtod(text, &end);
    return *end == 0;
}

static bool is_open(const struct text *t) {
    return t->len == 1 && t->is_wild[0];
}

static int compare(bytes value, const struct text *bound, bool by_number, bool *is_comparable) {
    char copy[LEN_MAX];
    double x, y;
    assert(value.len < sizeof copy);
    (void)memcpy(copy, value.ptr, value.len);
    copy[value.len] = 0;
    if (!by_number)
        return strcasecmp(copy, bound->chars);
    if (!is_number(copy, &x)) {
        *is_comparable = false;
        return 0;
    }
    return is_number(bound->chars, &y) ? (x > y) - (x < y) : 0;
}

/* A condition on one value: a pattern, or a range. */
struct condition {
    bool is_range, by_number, low_included, high_included;
    struct text pattern, low, high;
};

static bool holds(const struct condition *c, bytes value) {
    bool is_comparable = true;
    if (!c->is_range)
        return fits(&c->pattern, 0, value);
    int low = is_open(&c->low) ? 1 : compare(value, &c->low, c->by_number, &is_comparable);
    int high = is_open(&c->high) ? -1 : compare(value, &c->high, c->by_number, &is_comparable);
    return is_comparable && (low > 0 || (low == 0 && c->low_included)) &&
           (high < 0 || (high == 0 && c->high_included));
}

/* "registry.thingTypeName" is thingTypeName, but registry.version has no short form. */
static const char *short_name(const char *field) {
    bool is_long = strncmp(field, "registry.", 9) == 0 && strcmp(field, "registry.version") != 0;
    return is_long ? field + 9 : field;
}

static bool holds_of(const struct condition *c, const struct query_document *d, const char *field) {
    bool any = *field == 0, found = false;
    field = short_name(field);
    for (size_t i = 0; i < d->value_count; i++) {
        const char *name = query_field_text(d->values[i].field);
        bool is_of_any =
            strncmp(name, "connectivity.", 13) != 0 && strcmp(name, "registry.version") != 0;
        if (any ? is_of_any : strcmp(field, name) == 0)
            found |= holds(c, d->values[i].text);
    }
    for (size_t i = 0; i < d->attribute_count; i++)
        if (any || (strncmp(field, "attributes.", 11) == 0 &&
                    bytes_equal(d->attributes[i].name, bytes_from(field + 11))))
            found |= holds(c, d->attributes[i].value);
    return found;
}

static bool numeric(const struct text *t) {
    double number;
    return is_open(t) || (!t->is_quoted && is_number(t->chars, &number));
}

static void read_range(struct reading *r, struct condition *c) {
    c->is_range = true;
    c->low_included = *r->at++ == '[';
    skip_space(r);
    read_text(r, &c->low);
    skip_space(r);
    r->at += strlen("TO");
    skip_space(r);
    read_text(r, &c->high);
    skip_space(r);
    c->high_included = *r->at++ == ']';
    c->by_number =
        numeric(&c->low) && numeric(&c->high) && !(is_open(&c->low) && is_open(&c->high));
}

static const struct text open_bound = {.chars = "*", .is_wild = {true}, .len = 1};

static void read_comparison(struct reading *r, struct condition *c) {
    bool is_below = *r->at++ == '<', is_included = *r->at == '=';
    struct text bound;
    r->at += is_included;
    skip_space(r);
    read_text(r, &bound);
    c->is_range = true;
    c->low_included = c->high_included = is_included;
    c->low = is_below ? open_bound : bound;
    c->high = is_below ? bound : open_bound;
    c->by_number = numeric(&bound);
}

/* ---- two stacks ---- */

static void apply(struct reading *r) {
    char sign = r->operators[--r->operator_count];
    bool *top = &r->values[r->value_count - 1];
    if (sign == '!') {
        *top = !*top;
        return;
    }
    bool right = *top;
    r->value_count--;
    top = &r->values[r->value_count - 1];
    *top = sign == '&' ? *top && right : *top || right;
}

static int rank(char sign) {
    return sign == '!' ? 3 : sign == '&' ? 2 : sign == '|' ? 1 : 0;
}

static void push_operator(struct reading *r, char sign) {
    while (sign != '!' && r->operator_count > 0 &&
           rank(r->operators[r->operator_count - 1]) >= rank(sign))
        apply(r);
    r->operators[r->operator_count++] = sign;
}

/* Both are texts of a query, which is shorter than LEN_MAX. */
static void copy(char to[LEN_MAX], const char *from) {
    memmove(to, from, strlen(from) + 1);
}

static void open_group(struct reading *r, const char *field) {
    r->at++;
    r->operators[r->operator_count++] = '(';
    copy(r->fields[r->field_count++], field);
}

static void close_group(struct reading *r) {
    r->at++;
    while (r->operators[r->operator_count - 1] != '(')
        apply(r);
    r->operator_count--;
    r->field_count--;
}

static bool take_operator(struct reading *r, const char *word) {
    struct reading after = {.at = r->at + strlen(word), .end = r->end};
    if ((size_t)(r->end - r->at) < strlen(word) || strncmp(r->at, word, strlen(word)) != 0 ||
        !ends(&after))
        return false;
    r->at = after.at;
    return true;
}

/* Reads what stands where an operand may; true when it was one, false when a group was opened. */
static bool read_operand(struct reading *r) {
    struct condition c = {.is_range = false};
    char field[LEN_MAX];
    copy(field, r->fields[r->field_count - 1]);
    if (*r->at == '(')
        return open_group(r, field), false;
    if (!strchr("[{", *r->at))
        read_text(r, &c.pattern);
    if (c.pattern.len > 0 && r->at < r->end && strchr(":<>", *r->at))
        copy(field, c.pattern.chars);
    if (*r->at == ':' && r->at < r->end) {
        r->at++;
        skip_space(r);
        if (*r->at == '(')
            return open_group(r, field), false;
        if (!strchr("[{", *r->at))
            read_text(r, &c.pattern);
        else
            read_range(r, &c);
    } else if (r->at < r->end && strchr("<>", *r->at)) {
        read_comparison(r, &c);
    } else if (r->at < r->end && strchr("[{", *r->at) && c.pattern.len == 0 &&
               !c.pattern.is_quoted) {
        read_range(r, &c);
    }
    r->values[r->value_count++] = holds_of(&c, r->document, field);
    return true;
}

bool thing_query_naive(bytes query, const struct query_document *document) {
    static struct reading r;
    char copy[LEN_MAX] = {0};
    bool wants_operand = true;
    assert(query.len < sizeof copy);
    memcpy(copy, query.ptr, query.len);
    r = (struct reading){
        .at = copy, .end = copy + query.len, .document = document, .field_count = 1};
    for (skip_space(&r); r.at < r.end; skip_space(&r)) {
        if (wants_operand && (take_operator(&r, "NOT") || (*r.at == '-' && r.at++)))
            push_operator(&r, '!');
        else if (wants_operand)
            wants_operand = !read_operand(&r);
        else if (*r.at == ')')
            close_group(&r);
        else {
            push_operator(&r, take_operator(&r, "OR") ? '|' : '&');
            (void)(r.operators[r.operator_count - 1] == '&' && take_operator(&r, "AND"));
            wants_operand = true;
        }
    }
    while (r.operator_count > 0)
        apply(&r);
    assert(r.value_count == 1);
    return r.values[0];
}
