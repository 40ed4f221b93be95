#include "http/response.h"

#include "codec/date.h"

static const struct {
    int code;
    const char *reason;
} reasons[] = {
    /* [RFC 9110 15] [RFC 6585] */
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

const char *http_reason(int code) {
    for (size_t i = 0; i < COUNT_OF(reasons); i++)
        if (reasons[i].code == code)
            return reasons[i].reason;
    return "";
}

static bool has_no_body(int code) { /* [RFC 9112 6.3] */
    return code < 200 || code == 204 || code == 304;
}

/* A value may hold a peer's words: nothing in it may end the line. */
static void append_value(struct buf *out, bytes value) {
    for (size_t i = 0; i < value.len; i++) {
        uint8_t c = value.ptr[i];
        buf_append_byte(out, (c < 0x20 && c != '\t') || c == 0x7F ? ' ' : c);
    }
}

static void append_header(struct buf *out, bytes name, bytes value) {
    buf_append(out, name);
    buf_append(out, BYTES(": "));
    append_value(out, value);
    buf_append(out, BYTES("\r\n"));
}

void http_response_append(struct buf *out, const struct http_response *r, int64_t now_ms) {
    char date[30];
    date_format_http(now_ms, date);
    buf_printf(out, "HTTP/1.1 %d %s\r\nDate: %s\r\n", r->status, http_reason(r->status), date);
    if (r->status != 101)
        buf_text(out, r->keep_alive ? "Connection: keep-alive\r\n" : "Connection: close\r\n");
    if (r->content_type)
        append_header(out, BYTES("Content-Type"), bytes_from(r->content_type));
    if (!has_no_body(r->status))
        buf_printf(out, "Content-Length: %zu\r\n", r->body.len);
    for (size_t i = 0; i < r->header_count; i++)
        append_header(out, r->headers[i].name, r->headers[i].value);
    buf_append(out, BYTES("\r\n"));
    if (!has_no_body(r->status) && !r->head)
        buf_append(out, r->body);
}

void http_continue_append(struct buf *out) {
    buf_append(out, BYTES("HTTP/1.1 100 Continue\r\n\r\n"));
}
