/* Looking up the headers of a request. */
#include "http/request.h"

bytes http_header_find(const struct http_request *r, const char *name) {
    bytes wanted = bytes_from(name);
    for (size_t i = 0; i < r->header_count; i++)
        if (bytes_equal_nocase(r->headers[i].name, wanted))
            return r->headers[i].value;
    return (bytes){0};
}

bytes http_header_joined(const struct http_request *r, const char *name, struct arena *a) {
    bytes wanted = bytes_from(name), joined = {0};
    AUTO(buf) text = {0};
    size_t count = 0;
    for (size_t i = 0; i < r->header_count; i++) {
        if (!bytes_equal_nocase(r->headers[i].name, wanted))
            continue;
        if (count++ == 0)
            joined = r->headers[i].value;
        if (count == 2)
            buf_append(&text, joined);
        if (count >= 2) {
            buf_append(&text, BYTES(", "));
            buf_append(&text, r->headers[i].value);
        }
    }
    return count < 2 ? joined : arena_copy(a, buf_bytes(&text));
}

bool http_header_lists(const struct http_request *r, const char *name, const char *token) {
    bytes wanted = bytes_from(name);
    for (size_t i = 0; i < r->header_count; i++) {
        bytes value = r->headers[i].value;
        if (!bytes_equal_nocase(r->headers[i].name, wanted))
            continue;
        for (bytes part; bytes_split(&value, ',', &part);)
            if (bytes_equal_nocase(bytes_trim(part), bytes_from(token)))
                return true;
    }
    return false;
}
