#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct status_info infos[STATUS_COUNT] = {[OK] = {"OK", 200, "", 0x00},
#define STATUS_INFO(name, http, type, reason) [E_##name] = {#name, http, type, reason},
                                                       STATUS_TABLE(STATUS_INFO)
#undef STATUS_INFO
};

static _Thread_local char sentence[1024];
static _Thread_local char trail[512];

const struct status_info *status_info(status s) {
    return &infos[(unsigned)s < STATUS_COUNT ? s : E_INTERNAL];
}

/* Drops the bytes of a character that was cut in the middle. */
static void cut_at_character(char *text, size_t len) {
    size_t start = len;
    while (start > 0 && len - start < 4 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0xC0)
        text[start - 1] = 0;
}

/* A sentence may quote a peer: it stays one line, and safe to show on a terminal. */
static void replace_controls(char *text) {
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7F)
            *text = '?';
}

static const char *base_name(const char *file) {
    const char *slash = strrchr(file, '/');
    return slash ? slash + 1 : file;
}

void failure_set(const char *file, int line, const char *format, ...) {
    char fresh[sizeof sentence]; /* an argument may be the old sentence */
    va_list args;
    va_start(args, format);
    int n = vsnprintf(fresh, sizeof fresh, format, args);
    va_end(args);
    if (n < 0)
        fresh[0] = 0;
    if (n >= (int)sizeof fresh)
        cut_at_character(fresh, sizeof fresh - 1);
    replace_controls(fresh);
    memcpy(sentence, fresh, sizeof sentence);
    (void)snprintf(trail, sizeof trail, "%s:%d", base_name(file), line);
}

void failure_trail(const char *file, int line) {
    size_t used = strlen(trail);
    (void)snprintf(trail + used, sizeof trail - used, " < %s:%d", base_name(file), line);
}

const char *failure_text(void) {
    return sentence;
}

const char *failure_where(void) {
    return trail;
}
