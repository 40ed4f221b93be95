#include "api/text.h"

#include <stdlib.h>
#include <string.h>

#include "codec/date.h"
#include "codec/percent.h"

bool text_is(bytes encoded, bytes plain) {
    size_t at = 0;
    for (size_t i = 0; i < encoded.len; i++, at++) {
        uint8_t byte = encoded.ptr[i];
        if (byte == '%') {
            if (encoded.len - i < 3 || hex_decode(bytes_slice(encoded, i + 1, 2), &byte) != OK)
                return false;
            i += 2;
        }
        if (at >= plain.len || plain.ptr[at] != byte)
            return false;
    }
    return at == plain.len;
}

status text_decode(struct arena *a, bytes encoded, bytes *out_text) {
    bytes text;
    TRY(percent_decode(a, encoded, &text));
    if (!bytes_are_utf8(text))
        return FAIL(E_INVALID, "'%.*s' does not decode to UTF-8", BYTES_ARG(encoded));
    *out_text = text;
    return OK;
}

status time_from_seconds(double seconds, int64_t *out_wall_ms) {
    if (!(seconds > -1e12 && seconds < 1e12))
        return FAIL(E_INVALID, "%g is too far away to be a time in seconds", seconds);
    *out_wall_ms = (int64_t)(seconds * 1000 + (seconds < 0 ? -0.5 : 0.5));
    return OK;
}

status time_parse(bytes text, int64_t *out_wall_ms) {
    if (date_parse_iso(text, out_wall_ms) == OK)
        return OK;
    char copy[32], *end = copy;
    if (text.len && text.len < sizeof copy) {
        memcpy(copy, text.ptr, text.len);
        copy[text.len] = 0;
        double seconds = strtod(copy, &end);
        if (end == copy + text.len)
            return time_from_seconds(seconds, out_wall_ms);
    }
    return FAIL(E_INVALID, "'%.*s' is neither an ISO 8601 time nor seconds since the epoch",
                BYTES_ARG(bytes_slice(text, 0, 64)));
}
