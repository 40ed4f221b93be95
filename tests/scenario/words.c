#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "play.h"

/* Reads "{x*3}" at `at`: x, and how often. How long that is, 0 when it is something else. */
static size_t read_repeat(const char *at, bytes *out_what, unsigned long *out_times) {
    const char *star = strchr(at, '*');
    char *end;
    if (at[0] != '{' || !star || star == at + 1 || !isdigit((unsigned char)star[1]))
        return 0;
    *out_times = strtoul(star + 1, &end, 10);
    *out_what = bytes_of(at + 1, (size_t)(star - at - 1));
    return *end == '}' ? (size_t)(end + 1 - at) : 0;
}

static char *expand(struct play *p, const char *line) {
    AUTO(buf) out = {0};
    bytes what;
    unsigned long times;
    while (*line) {
        size_t used = read_repeat(line, &what, &times);
        while (used && times-- > 0)
            buf_append(&out, what);
        if (!used)
            buf_append_byte(&out, (uint8_t)line[used++]);
        line += used;
    }
    return arena_string(&p->memory, buf_bytes(&out));
}

/* Ends the word that begins at `at` and returns what follows. Quotes go, but for a first one. */
static char *end_word(const struct play *p, char *at) {
    bool quoted = *at == '"';
    char *out = quoted ? ++at : at;
    for (; *at && (quoted || !isspace((unsigned char)*at)); at++) {
        if (*at == '"')
            quoted = !quoted;
        else
            *out++ = *at;
    }
    if (quoted)
        fail(p, "a quote is not closed");
    char *next = *at ? at + 1 : at;
    *out = 0;
    return next;
}

void words_cut(struct play *p, const char *line, struct words *out) {
    char *at = expand(p, line);
    out->count = 0;
    for (;;) {
        while (isspace((unsigned char)*at))
            at++;
        if (!*at)
            return;
        if (out->count == WORDS_MAX)
            fail(p, "too many words");
        out->list[out->count++] = at;
        at = end_word(p, at);
    }
}

const char *words_value(const struct words *w, const char *name) {
    size_t len = strlen(name);
    for (size_t i = 0; i < w->count; i++)
        if (strncmp(w->list[i], name, len) == 0 && w->list[i][len] == '=')
            return w->list[i] + len + 1;
    return NULL;
}

unsigned long words_number(const struct words *w, const char *name, unsigned long otherwise) {
    const char *value = words_value(w, name);
    return value ? strtoul(value, NULL, 0) : otherwise;
}

bool words_have(const struct words *w, const char *word) {
    for (size_t i = 2; i < w->count; i++)
        if (strcmp(w->list[i], word) == 0)
            return true;
    return false;
}

const char *words_quoted(const struct words *w) {
    for (size_t i = 0; i < w->count; i++)
        if (w->list[i][0] == '"')
            return w->list[i] + 1;
    return NULL;
}

bytes words_counted(struct play *p, const char *text, unsigned long number) {
    AUTO(buf) out = {0};
    const char *at = text ? strstr(text, "%d") : NULL;
    if (!at)
        return bytes_from(text);
    buf_append(&out, bytes_of(text, (size_t)(at - text)));
    buf_printf(&out, "%lu", number);
    buf_text(&out, at + 2);
    return arena_copy(&p->memory, buf_bytes(&out));
}

static void append_hex(const struct play *p, const char *word, struct buf *out) {
    for (; word[0]; word += 2) {
        const char digits[3] = {word[0], word[1], 0};
        if (!isxdigit((unsigned char)word[0]) || !isxdigit((unsigned char)word[1]))
            fail(p, "bytes are written as two hexadecimal digits each, or as \"text\"");
        buf_append_byte(out, (uint8_t)strtoul(digits, NULL, 16));
    }
}

void words_bytes(const struct play *p, const struct words *w, struct buf *out) {
    for (size_t i = 2; i < w->count; i++) {
        if (w->list[i][0] == '"')
            buf_text(out, w->list[i] + 1);
        else
            append_hex(p, w->list[i], out);
    }
}
