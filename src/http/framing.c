/* Header lines, and what some of them say about where the request ends. */
#include "http/internal.h"

static status on_host(struct http_parser *p, const struct buf *in, bytes value) {
    if (p->has_host) /* [RFC 9112 3.2] */
        return REFUSE(p, 400, "there is more than one Host header");
    if (value.len > 0 && !http_is_authority(value))
        return REFUSE(p, 400, "'%.*s' in the Host header is not a host", QUOTE(value));
    p->has_host = true;
    if (!p->absolute)
        p->host = http_place_of(in, value);
    return OK;
}

static status on_content_length(struct http_parser *p, const struct buf *in, bytes value) {
    uint64_t length = 0;
    for (size_t i = 0; i < value.len; i++)
        if (value.ptr[i] < '0' || value.ptr[i] > '9')
            return REFUSE(p, 400, "Content-Length '%.*s' is not a number", QUOTE(value));
    if (value.len == 0)
        return REFUSE(p, 400, "Content-Length is empty");
    if (bytes_to_u64(value, SIZE_MAX, &length) != OK)
        length = SIZE_MAX;                    /* too large a body, whatever it is exactly */
    if (p->has_length && p->length != length) /* [RFC 9112 6.3] item 5 */
        return REFUSE(p, 400, "two Content-Length headers differ");
    p->has_length = true;
    p->length = length;
    return OK;
}

/* Only "chunked", once: any other coding, or another reading of this one, is how requests are
 * smuggled. [RFC 9112 6.1] [RFC 9112 6.3] item 4 */
static status on_transfer_encoding(struct http_parser *p, const struct buf *in, bytes value) {
    size_t codings = 0, chunked = 0;
    bool last = false;
    if (p->version_minor == 0)
        return REFUSE(p, 400, "HTTP/1.0 has no Transfer-Encoding");
    if (p->chunked)
        return REFUSE(p, 400, "there is more than one Transfer-Encoding header");
    for (bytes part; bytes_split(&value, ',', &part); codings++) {
        last = bytes_equal_nocase(bytes_trim(part), BYTES("chunked"));
        chunked += last;
    }
    if (!last || chunked > 1)
        return REFUSE(p, 400, "Transfer-Encoding does not end in one chunked");
    if (codings > 1)
        return REFUSE(p, 501, "no Transfer-Encoding but chunked is understood");
    p->chunked = true;
    return OK;
}

static status on_connection(struct http_parser *p, const struct buf *in, bytes value) {
    for (bytes part; bytes_split(&value, ',', &part);) { /* [RFC 9112 9.3] */
        p->close |= bytes_equal_nocase(bytes_trim(part), BYTES("close"));
        p->keep |= bytes_equal_nocase(bytes_trim(part), BYTES("keep-alive"));
    }
    return OK;
}

static status on_expect(struct http_parser *p, const struct buf *in, bytes value) {
    if (!bytes_equal_nocase(value, BYTES("100-continue")))
        return REFUSE(p, 417, "the expectation '%.*s' cannot be met", QUOTE(value));
    p->expects = p->version_minor > 0; /* a 1.0 client cannot mean it [RFC 9110 10.1.1] */
    return OK;
}

/* The headers that decide where the request ends and what becomes of the connection. */
static const struct {
    bytes name;
    status (*read)(struct http_parser *p, const struct buf *in, bytes value);
} framing[] = {
    {{(const uint8_t *)"Host", 4}, on_host},
    {{(const uint8_t *)"Content-Length", 14}, on_content_length},
    {{(const uint8_t *)"Transfer-Encoding", 17}, on_transfer_encoding},
    {{(const uint8_t *)"Connection", 10}, on_connection},
    {{(const uint8_t *)"Expect", 6}, on_expect},
};

static bytes trim_blanks(bytes b) {
    while (b.len > 0 && (b.ptr[0] == ' ' || b.ptr[0] == '\t'))
        b = bytes_skip(b, 1);
    while (b.len > 0 && (b.ptr[b.len - 1] == ' ' || b.ptr[b.len - 1] == '\t'))
        b.len--;
    return b;
}

/* field-name ":" OWS field-value OWS [RFC 9112 5] */
status http_split_field(struct http_parser *p, bytes line, bytes *out_name, bytes *out_value) {
    if (line.ptr[0] == ' ' || line.ptr[0] == '\t') /* [RFC 9112 5.2] */
        return REFUSE(p, 400, "a header line begins with a blank; folded lines are not accepted");
    size_t colon = bytes_find(line, ':');
    bytes name = bytes_slice(line, 0, colon);
    if (colon == line.len)
        return REFUSE(p, 400, "the header line '%.*s' has no colon", QUOTE(line));
    if (!http_is_token(name)) /* [RFC 9112 5.1] */
        return REFUSE(p, 400, "'%.*s' before the colon is not a header name", QUOTE(name));
    *out_name = name;
    *out_value = trim_blanks(bytes_skip(line, colon + 1));
    return OK;
}

status http_read_header(struct http_parser *p, const struct buf *in, bytes line) {
    bytes name, value;
    TRY(http_split_field(p, line, &name, &value));
    if (p->header_count == HTTP_HEADERS_MAX)
        return REFUSE(p, 431, "there are more than %d headers", HTTP_HEADERS_MAX);
    for (size_t i = 0; i < COUNT_OF(framing); i++)
        if (bytes_equal_nocase(name, framing[i].name))
            TRY(framing[i].read(p, in, value));
    p->names[p->header_count] = http_place_of(in, name);
    p->values[p->header_count++] = http_place_of(in, value);
    return OK;
}

/* At the empty line: how long is the body? [RFC 9112 6.3] */
status http_end_headers(struct http_parser *p) {
    if (p->version_minor > 0 && !p->has_host) /* [RFC 9112 3.2] */
        return REFUSE(p, 400, "the Host header is missing");
    if (p->chunked && p->has_length) /* [RFC 9112 6.1] */
        return REFUSE(p, 400, "there are both Content-Length and Transfer-Encoding");
    p->body_at = p->line = p->part = p->scan;
    if (p->length > p->body_bytes_max && p->length > p->large_bytes_max)
        return REFUSE(p, 413, "the body is longer than %zu bytes", p->body_bytes_max);
    if (p->length > p->body_bytes_max)
        p->state = LARGE;
    else
        p->state = p->chunked ? CHUNK_SIZE : p->length ? BODY : DONE;
    return OK;
}
