/* The request line: method, target in its four forms, version. */
#include "http/internal.h"

/* "HTTP/1.1" [RFC 9112 2.3]. A later minor version is served as 1.1 [RFC 9110 2.5]. */
static status read_version(struct http_parser *p, bytes text) {
    bool right = text.len == 8 && bytes_start_with(text, BYTES("HTTP/")) && text.ptr[6] == '.' &&
                 text.ptr[5] >= '0' && text.ptr[5] <= '9' && text.ptr[7] >= '0' &&
                 text.ptr[7] <= '9';
    if (!right)
        return REFUSE(p, 400, "'%.*s' is not a version like HTTP/1.1", QUOTE(text));
    if (text.ptr[5] != '1')
        return REFUSE(p, 505, "%.*s is not spoken here; use HTTP/1.1", QUOTE(text));
    p->version_minor = text.ptr[7] == '0' ? 0 : 1;
    return OK;
}

static status read_path_and_query(struct http_parser *p, const struct buf *in, bytes text) {
    size_t mark = bytes_find(text, '?');
    bytes path = bytes_slice(text, 0, mark), query = bytes_skip(text, mark + 1);
    if (!http_is_path(path))
        return REFUSE(p, 400, "the path '%.*s' holds a character that must be percent-encoded",
                      QUOTE(path));
    if (!http_is_query(query))
        return REFUSE(p, 400, "the query '%.*s' holds a character that must be percent-encoded",
                      QUOTE(query));
    p->path = http_place_of(in, path);
    if (mark < text.len)
        p->query = http_place_of(in, query);
    return OK;
}

/* "http://host/path?query" [RFC 9112 3.2.2]; its host counts, the header's does not. */
static status read_absolute(struct http_parser *p, const struct buf *in, bytes rest) {
    size_t end = 0;
    while (end < rest.len && rest.ptr[end] != '/' && rest.ptr[end] != '?')
        end++;
    bytes authority = bytes_slice(rest, 0, end);
    if (!http_is_authority(authority))
        return REFUSE(p, 400, "'%.*s' in the request target is not a host", QUOTE(authority));
    p->absolute = true;
    p->host = http_place_of(in, authority);
    return read_path_and_query(p, in, bytes_skip(rest, end));
}

static status read_target(struct http_parser *p, const struct buf *in, bytes method, bytes target) {
    static const char *const schemes[] = {"http://", "https://"};
    if (bytes_equal(method, BYTES("CONNECT"))) /* [RFC 9112 3.2.3] */
        return REFUSE(p, 501, "CONNECT is for proxies");
    if (bytes_start_with(target, BYTES("/")))
        return read_path_and_query(p, in, target);
    if (bytes_equal(target, BYTES("*")) && bytes_equal(method, BYTES("OPTIONS"))) {
        p->path = http_place_of(in, target); /* [RFC 9112 3.2.4] */
        return OK;
    }
    for (size_t i = 0; i < COUNT_OF(schemes); i++) {
        bytes scheme = bytes_from(schemes[i]);
        if (bytes_equal_nocase(bytes_slice(target, 0, scheme.len), scheme))
            return read_absolute(p, in, bytes_skip(target, scheme.len));
    }
    return REFUSE(p, 400, "the request target '%.*s' is neither a path nor a URL", QUOTE(target));
}

/* method SP request-target SP HTTP-version [RFC 9112 3] */
status http_read_request_line(struct http_parser *p, const struct buf *in, bytes line) {
    size_t space = bytes_find(line, ' ');
    bytes method = bytes_slice(line, 0, space), rest = bytes_skip(line, space + 1);
    if (!http_is_token(method))
        return REFUSE(p, 400, "the request line does not begin with a method");
    space = bytes_find(rest, ' ');
    bytes target = bytes_slice(rest, 0, space);
    if (space == rest.len)
        return REFUSE(p, 400, "the request line needs a method, a target and a version");
    TRY(read_version(p, bytes_skip(rest, space + 1)));
    TRY(read_target(p, in, method, target));
    p->method = http_place_of(in, method);
    p->target = http_place_of(in, target);
    p->state = HEADERS;
    p->part = p->scan;
    return OK;
}
