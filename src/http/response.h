/* HTTP/1.1 responses, appended to a buffer. No I/O; any thread. */
#pragma once
#include "http/request.h"

struct http_response {
    int status;
    const char *content_type; /* NULL: no such header */
    bytes body;
    const struct http_header
        *headers; /* more of them; control characters in values become spaces */
    size_t header_count;
    bool keep_alive;
    bool head; /* the answer to HEAD: the length is told, the body is not sent [RFC 9110 9.3.2] */
};

/* http_response_append appends status line, Date, Connection, Content-Type, Content-Length, the
 * other headers and the body. 1xx, 204 and 304 have neither length nor body [RFC 9112 6.3]; 101
 * leaves Connection to `headers`. */
void http_response_append(struct buf *out, const struct http_response *r, int64_t now_ms);

/* http_continue_append appends the interim "100 Continue". */
void http_continue_append(struct buf *out);

/* http_reason is the reason phrase of a status code [RFC 9110 15], or "" for one it does not know.
 */
const char *http_reason(int code);
