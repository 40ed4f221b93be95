#include "template/internal.h"

#include <stdarg.h>
#include <stdio.h>

enum { SENTENCE_BYTES = 512, PLACE_BYTES_MAX = 300, NAME_BYTES_SHOWN = 80 };

/* "Resources.thing.Properties.ThingGroups[1]" */
static void format_place(const struct place *at, struct buf *out) {
    if (!at->outer)
        return;
    format_place(at->outer, out);
    if (out->len > PLACE_BYTES_MAX)
        return;
    if (at->name.ptr)
        buf_printf(out, "%s%.*s", out->len ? "." : "",
                   BYTES_ARG(bytes_slice(at->name, 0, NAME_BYTES_SHOWN)));
    else
        buf_printf(out, "[%zu]", at->index);
}

static bytes headline(const struct place *at) {
    while (at->outer)
        at = at->outer;
    return at->name;
}

status template_refuse(const struct place *at, const char *format, ...) {
    AUTO(buf) place = {0};
    char sentence[SENTENCE_BYTES];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    format_place(at, &place);
    if (place.len == 0)
        return FAIL(E_INVALID, "%.*s%s", BYTES_ARG(headline(at)), sentence);
    return FAIL(E_INVALID, "%.*s%s (at %s)", BYTES_ARG(headline(at)), sentence, buf_string(&place));
}
