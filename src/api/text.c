#include "api/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

bool percent_decode_into(bytes raw, uint8_t *out, size_t *out_len) {
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++) {
        uint8_t byte = raw.ptr[i];
        if (byte == '%') {
            if (raw.len - i < 3 || hex_decode(bytes_slice(raw, i + 1, 2), &byte) != OK)
                return false;
            i += 2;
        }
        out[len++] = byte;
    }
    *out_len = len;
    return true;
}

status percent_decode(struct arena *a, bytes raw, bytes *out_text) {
    uint8_t *text = arena_alloc(a, raw.len + 1);
    size_t len = 0;
    if (!percent_decode_into(raw, text, &len))
        return FAIL(E_INVALID, "'%.*s' has a '%%' that no two hexadecimal digits follow",
                    BYTES_ARG(raw));
    if (!bytes_are_utf8(bytes_of(text, len)))
        return FAIL(E_INVALID, "'%.*s' does not decode to UTF-8", BYTES_ARG(raw));
    *out_text = bytes_of(text, len);
    return OK;
}

static bool name_is(bytes raw, bytes name) {
    uint8_t decoded[128];
    size_t len = 0;
    if (bytes_equal(raw, name))
        return true;
    return raw.len <= sizeof decoded && percent_decode_into(raw, decoded, &len) &&
           bytes_equal(bytes_of(decoded, len), name);
}

bool query_find(bytes query, bytes name, bytes *out_raw) {
    bytes part;
    while (bytes_split(&query, '&', &part)) {
        size_t end = bytes_find(part, '=');
        if (!name_is(bytes_slice(part, 0, end), name))
            continue;
        *out_raw = end < part.len ? bytes_skip(part, end + 1) : BYTES("");
        return true;
    }
    return false;
}

static int64_t to_ms(double seconds) {
    return (int64_t)(seconds * 1000 + (seconds < 0 ? -0.5 : 0.5));
}

static status parse_seconds(const char *text, int64_t *out_wall_ms) {
    char *end = NULL;
    double seconds = strtod(text, &end);
    if (*end || end == text || !(seconds > -1e12 && seconds < 1e12))
        return FAIL(E_INVALID, "'%s' is neither an ISO 8601 time nor seconds since the epoch",
                    text);
    *out_wall_ms = to_ms(seconds);
    return OK;
}

/* What follows the seconds: a fraction, then "Z", "+09:00" or nothing (taken as UTC). */
static bool parse_time_end(const char *text, int64_t *add_ms) {
    if (*text == '.') {
        char *end = NULL;
        *add_ms += to_ms(strtod(text, &end));
        text = end;
    }
    int hours = 0, minutes = 0, used = 0;
    if (*text == 'Z' || !*text)
        return !*text || !text[1];
    if (sscanf(text + 1, "%2d:%2d%n", &hours, &minutes, &used) != 2 || text[1 + used])
        return false;
    int64_t offset_ms = (hours * 60 + minutes) * INT64_C(60000);
    *add_ms += *text == '+' ? -offset_ms : offset_ms;
    return *text == '+' || *text == '-';
}

status time_parse(bytes text, int64_t *out_wall_ms) {
    char copy[48];
    if (!text.len || text.len >= sizeof copy)
        return FAIL(E_INVALID, "a time of %zu characters is none", text.len);
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = 0;
    struct tm tm = {0};
    const char *end = strptime(copy, "%Y-%m-%dT%H:%M:%S", &tm);
    if (!end)
        return parse_seconds(copy, out_wall_ms);
    int64_t add_ms = 0;
    if (!parse_time_end(end, &add_ms))
        return FAIL(E_INVALID, "'%s' is not an ISO 8601 time", copy);
    *out_wall_ms = (int64_t)timegm(&tm) * 1000 + add_ms;
    return OK;
}
