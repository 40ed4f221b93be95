#include "logs/filter.h"

#include "logs/filter_internal.h"

enum { TERMS_MAX = 100 };

enum term_kind { REQUIRED, OPTIONAL, EXCLUDED };

struct term {
    enum term_kind kind;
    bytes text;
};

struct log_filter {
    const struct json_filter *json; /* { … } */
    struct term *terms;
    size_t count, optional_count;
};

/* ---- terms ---- */

/* A quoted phrase; \" and \\ stand for what follows the backslash. */
static status read_phrase(struct arena *a, bytes *rest, bytes *out) {
    AUTO(buf) text = {0};
    size_t i = 1;
    for (; i < rest->len && rest->ptr[i] != '"'; i++) {
        if (rest->ptr[i] == '\\' && i + 1 < rest->len)
            i++;
        buf_append_byte(&text, rest->ptr[i]);
    }
    if (i >= rest->len)
        return FAIL(E_INVALID, "Invalid filter pattern: a quotation mark is not closed");
    *rest = bytes_skip(*rest, i + 1);
    *out = arena_copy(a, buf_bytes(&text));
    return OK;
}

static bool is_space(uint8_t c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static status read_term(struct arena *a, bytes *rest, struct term *out) {
    struct term t = {.kind = REQUIRED};
    size_t len = 0;
    if (rest->ptr[0] == '?' || rest->ptr[0] == '-') {
        t.kind = rest->ptr[0] == '?' ? OPTIONAL : EXCLUDED;
        *rest = bytes_skip(*rest, 1);
    }
    if (rest->len > 0 && rest->ptr[0] == '"') {
        TRY(read_phrase(a, rest, &t.text));
    } else {
        while (len < rest->len && !is_space(rest->ptr[len]) && rest->ptr[len] != '"')
            len++;
        t.text = bytes_slice(*rest, 0, len);
        *rest = bytes_skip(*rest, len);
    }
    if (t.text.len == 0)
        return FAIL(E_INVALID, "Invalid filter pattern: a term is empty");
    *out = t;
    return OK;
}

static status parse_terms(struct arena *a, bytes pattern, struct log_filter *f) {
    bytes rest = bytes_trim(pattern);
    f->terms = ARENA_ARRAY(a, struct term, TERMS_MAX);
    while (rest.len > 0) {
        if (f->count == TERMS_MAX)
            return FAIL(E_INVALID, "Invalid filter pattern: more than %d terms", TERMS_MAX);
        TRY(read_term(a, &rest, &f->terms[f->count]));
        f->optional_count += f->terms[f->count++].kind == OPTIONAL;
        rest = bytes_trim(rest);
    }
    return OK;
}

static bool terms_match(const struct log_filter *f, bytes message) {
    bool any = f->optional_count == 0 || f->optional_count < f->count;
    for (size_t i = 0; i < f->count; i++) {
        bool occurs = bytes_search(message, f->terms[i].text) < message.len;
        if (f->terms[i].kind == REQUIRED && !occurs)
            return false;
        if (f->terms[i].kind == EXCLUDED && occurs)
            return false;
        any |= f->terms[i].kind == OPTIONAL && occurs;
    }
    return any;
}

/* ---- all forms ---- */

status log_filter_parse(struct arena *a, bytes pattern, const struct log_filter **out_filter) {
    struct log_filter *f = ARENA_NEW(a, struct log_filter);
    bytes text = bytes_trim(pattern);
    if (text.len > 0 && text.ptr[0] == '{')
        TRY(json_filter_parse(a, text, &f->json));
    else if (text.len > 0 && text.ptr[0] == '[')
        return FAIL(E_INVALID, "Invalid filter pattern: patterns of columns ([…]) are not "
                               "there yet; terms and { $.name = … } are");
    else
        TRY(parse_terms(a, text, f));
    *out_filter = f;
    return OK;
}

bool log_filter_matches(const struct log_filter *f, bytes message) {
    if (f->json)
        return json_filter_matches(f->json, message);
    return terms_match(f, message);
}
