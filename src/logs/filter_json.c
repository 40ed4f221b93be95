#include "logs/filter_internal.h"

status json_filter_parse(struct arena *a, bytes text, const struct json_filter **out) {
    UNUSED(a);
    UNUSED(out);
    return FAIL(E_INVALID, "Invalid filter pattern: %.*s", BYTES_ARG(bytes_slice(text, 0, 100)));
}

bool json_filter_matches(const struct json_filter *f, bytes message) {
    UNUSED(f);
    UNUSED(message);
    return false;
}

status column_filter_parse(struct arena *a, bytes text, const struct column_filter **out) {
    UNUSED(a);
    UNUSED(out);
    return FAIL(E_INVALID, "Invalid filter pattern: %.*s", BYTES_ARG(bytes_slice(text, 0, 100)));
}

bool column_filter_matches(const struct column_filter *f, bytes message) {
    UNUSED(f);
    UNUSED(message);
    return false;
}
