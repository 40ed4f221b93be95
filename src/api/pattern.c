#include "api/pattern.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

struct patterns {
    const struct model *model;
    _Atomic(pcre2_code *) codes[];
};

struct patterns *patterns_new(const struct model *m) {
    struct patterns *p = mem_new(sizeof *p + m->pattern_count * sizeof p->codes[0]);
    p->model = m;
    return p;
}

void patterns_free(struct patterns *p) {
    if (!p)
        return;
    for (size_t i = 0; i < p->model->pattern_count; i++)
        pcre2_code_free(p->codes[i]);
    mem_free(p);
}

/* Java's POSIX classes, which its patterns write \p{…} inside brackets, and PCRE's names for them.
 */
static const struct {
    const char *java, *pcre;
} classes[] = {
    {"\\p{Graph}", "[:graph:]"},
    {"\\p{Upper}", "[:upper:]"},
    {"\\p{Digit}", "[:digit:]"},
    {"\\p{Cntrl}", "[:cntrl:]"},
};

static void translate(bytes java, struct buf *out) {
    while (java.len) {
        size_t i = 0;
        while (i < COUNT_OF(classes) && !bytes_start_with(java, bytes_from(classes[i].java)))
            i++;
        size_t used = i < COUNT_OF(classes) ? strlen(classes[i].java) : 1;
        if (i < COUNT_OF(classes)) {
            buf_text(out, classes[i].pcre);
        } else if (bytes_start_with(java, BYTES("\\u")) && java.len >= 6) {
            buf_printf(out, "\\x{%.*s}", 4, (const char *)java.ptr + 2); /* \uHHHH */
            used = 6;
        } else {
            buf_append_byte(out, java.ptr[0]);
        }
        java = bytes_skip(java, used);
    }
}

static pcre2_code *compile(bytes java) {
    AUTO(buf) text = {0};
    translate(java, &text);
    int error = 0;
    PCRE2_SIZE at = 0;
    pcre2_code *code = pcre2_compile(
        text.ptr, text.len, PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_UTF | PCRE2_DOLLAR_ENDONLY,
        &error, &at, NULL);
    assert(code && "the model's patterns compile: tests see to it");
    return code;
}

static pcre2_code *code_of(struct patterns *p, uint16_t index) {
    pcre2_code *code = atomic_load_explicit(&p->codes[index], memory_order_acquire);
    if (code)
        return code;
    pcre2_code *compiled = compile(model_text(p->model, p->model->patterns[index]));
    if (atomic_compare_exchange_strong(&p->codes[index], &code, compiled))
        return compiled;
    pcre2_code_free(compiled); /* another thread was first */
    return code;
}

bool pattern_fits(struct patterns *p, uint16_t index, bytes value) {
    if (!index)
        return true;
    pcre2_code *code = code_of(p, index);
    pcre2_match_data *match = pcre2_match_data_create(1, NULL);
    assert(match);
    /* what arrives was checked to be UTF-8 when it was decoded; a match that exceeds PCRE's own
     * limits counts as none */
    int count = pcre2_match(code, value.ptr ? value.ptr : (const uint8_t *)"", value.len, 0,
                            PCRE2_NO_UTF_CHECK, match, NULL);
    pcre2_match_data_free(match);
    return count >= 0;
}
