/* HTTP/1.1 requests, strictly (RFC 9112): what two readers could take for two different things is
 * refused rather than repaired.
 *
 *     bytes arrive ─▶ append to `in` ─▶ http_parser_read ─▶ MORE: wait
 *                                                          CONTINUE: answer "100 Continue", wait
 *                                                          LARGE: allow the body, or refuse
 *                                                          DONE: http_parser_request, answer, then
 *                                                                drop http_parser_length bytes of
 *                                                                `in` and http_parser_start again
 *                                                          a failure: answer parser.http_status
 *                                                                with failure_text and close
 *
 * One parser per connection, owned like the connection; no I/O, nothing here blocks. A byte is
 * looked at once however the request is cut, and the outcome does not depend on the cuts. Memory is
 * bounded by the constants below and the body limit: chunk framing is removed from `in` as it is
 * read. */
#pragma once
#include "base/arena.h"

enum {
    HTTP_REQUEST_LINE_BYTES_MAX = 16 * 1024, /* beyond it 414 */
    HTTP_HEADER_BYTES_MAX = 32 * 1024,       /* all lines together; beyond it 431 */
    HTTP_HEADERS_MAX = 100,                  /* beyond it 431 */
    HTTP_CHUNK_LINE_BYTES_MAX = 256,         /* a chunk size and its extensions; beyond it 400 */
    HTTP_TRAILER_BYTES_MAX = 8 * 1024,       /* beyond it 431 */
};

struct http_header {
    bytes name;  /* as sent */
    bytes value; /* without the blanks around it */
};

/* A whole request. All borrows from the buffer it was read from, but for `headers`. */
struct http_request {
    bytes method;
    bytes target; /* as sent */
    bytes path;   /* still percent-encoded; "/" for a bare authority, "*" for OPTIONS * */
    bytes query;  /* still percent-encoded, without '?'; ptr is NULL when there was none */
    bytes host; /* of an absolute target, else of the Host header; ptr is NULL in 1.0 without one */
    int version_minor;                 /* HTTP/1.0 or HTTP/1.1 */
    const struct http_header *headers; /* in order of arrival; trailers are left out */
    size_t header_count;
    bytes body; /* without chunk framing */
    bool keep_alive;
    /* What no request says of itself, from whoever received it: */
    bytes peer; /* the address it came from, as text; none when not known */
    bool is_secure;
};

enum http_progress {
    HTTP_MORE,     /* nothing wrong yet */
    HTTP_CONTINUE, /* the client waits for "100 Continue"; said once [RFC 9110 10.1.1] */
    HTTP_LARGE,    /* a body beyond the limit, for which the caller may make an exception */
    HTTP_DONE,
};

/* Where a header stands, from the start of the buffer: the buffer may move while it grows. */
struct http_place {
    uint32_t at, len;
};

/* Fields are private but for http_status. */
struct http_parser {
    int http_status; /* what to answer after a failure: 400, 413, 414, 417, 431, 501, 505 */
    int state;
    status failure;
    int version_minor;
    bool chunked, has_length, has_host, absolute, close, keep, expects, said_continue;
    size_t body_bytes_max;
    size_t large_bytes_max; /* may be set after the start: up to here the caller is asked */
    size_t part;     /* where what a limit counts begins: a line, the header lines, the trailers */
    size_t line;     /* where the current line begins */
    size_t scan;     /* the first byte not looked at */
    size_t body_at;  /* where the body begins */
    size_t body_len; /* what of it is there, framing removed */
    size_t length;   /* of the body, or of what is left of the current chunk */
    size_t header_count;
    struct http_place method, target, path, query, host;
    struct http_place names[HTTP_HEADERS_MAX], values[HTTP_HEADERS_MAX];
};

/* http_parser_start readies for the first or next request; bodies over `body_bytes_max` are 413. */
void http_parser_start(struct http_parser *p, size_t body_bytes_max);

/* http_parser_read goes on where it stopped; `in` holds the connection's bytes from the start of
 * this request on and may have grown at the end, nothing else. Fails with a sentence and
 * http_status; again so when called again. */
NODISCARD
status http_parser_read(struct http_parser *p, struct buf *in, enum http_progress *out_progress);

/* After HTTP_LARGE one of the two: http_parser_allow goes on with this body, http_parser_deny fails
 * as http_parser_read does. http_parser_length_asked is how long it is. */
void http_parser_allow(struct http_parser *p);
NODISCARD
status http_parser_deny(struct http_parser *p);
size_t http_parser_length_asked(const struct http_parser *p);

/* http_parser_request gives the request after HTTP_DONE, and without its body after HTTP_LARGE,
 * valid until `in` changes; the list of headers lives in `a`. */
void http_parser_request(const struct http_parser *p, const struct buf *in, struct arena *a,
                         struct http_request *out_request);

/* http_parser_length is how many bytes of `in` the request took, after HTTP_DONE. What follows them
 * is the next request. */
size_t http_parser_length(const struct http_parser *p);

/* http_header_find borrows the value of the first header of that name in any case; ptr is NULL when
 * there is none. */
bytes http_header_find(const struct http_request *r, const char *name);
/* http_header_joined gives all values of that name joined by ", " [RFC 9110 5.3], or no bytes with
 * a NULL ptr. One value is borrowed, more live in `a`. */
bytes http_header_joined(const struct http_request *r, const char *name, struct arena *a);
/* http_header_lists is whether a comma-separated header names `token`, in any case: "Connection:
 * keep-alive, Upgrade" lists "upgrade". */
bool http_header_lists(const struct http_request *r, const char *name, const char *token);
