#include "http/request.h"

#include <assert.h>
#include <string.h>

#include "http/internal.h"

/* What the lines of a state may hold, counted from `part`, and what to answer beyond it. */
static const struct {
    size_t bytes_max;
    int http_status;
    const char *what;
} limits[] = {
    [REQUEST_LINE] = {HTTP_REQUEST_LINE_BYTES_MAX, 414, "the request line is"},
    [HEADERS] = {HTTP_HEADER_BYTES_MAX, 431, "the header lines are"},
    [CHUNK_SIZE] = {HTTP_CHUNK_LINE_BYTES_MAX, 400, "a chunk size line is"},
    [TRAILERS] = {HTTP_TRAILER_BYTES_MAX, 431, "the trailer lines are"},
};

status http_refuse(struct http_parser *p, int http_status) {
    bool too_large = http_status == 413 || http_status == 414 || http_status == 431;
    p->state = FAILED;
    p->http_status = http_status;
    p->failure = too_large ? E_TOO_LARGE : http_status == 501 ? E_NOT_IMPLEMENTED : E_MALFORMED;
    return p->failure;
}

void http_parser_start(struct http_parser *p, size_t body_bytes_max) {
    /* the list of headers needs no clearing: header_count says what is in it */
    memset(p, 0, offsetof(struct http_parser, names));
    p->body_bytes_max = body_bytes_max;
}

static bytes at_place(const struct buf *in, struct http_place place) {
    return bytes_of(in->ptr + place.at, place.len);
}

static status too_long(struct http_parser *p) {
    return REFUSE(p, limits[p->state].http_status, "%s longer than %zu bytes",
                  limits[p->state].what, limits[p->state].bytes_max);
}

/* Looks at new bytes up to the CR LF that ends the line. All refusals here fall at the first byte
 * that is wrong, so they do not depend on how the request was cut. [RFC 9112 2.2] */
static status scan_line(struct http_parser *p, const struct buf *in, bool *out_whole) {
    const size_t start = p->line, end = in->len, limit = p->part + limits[p->state].bytes_max;
    *out_whole = false;
    for (size_t i = p->scan; i < end; i++) {
        uint8_t c = in->ptr[i];
        bool after_cr = i > start && in->ptr[i - 1] == '\r';
        if (i >= limit)
            return too_long(p);
        if (after_cr && c != '\n')
            return REFUSE(p, 400, "a carriage return stands alone; a line ends in CR LF");
        if (after_cr) {
            p->scan = i + 1;
            *out_whole = true;
            return OK;
        }
        if (c == '\n')
            return REFUSE(p, 400, "a line feed stands alone; a line ends in CR LF");
        if ((c < 0x20 && c != '\t' && c != '\r') || c == 0x7F)
            return REFUSE(p, 400, "control character 0x%02X in the %s", c,
                          p->state == REQUEST_LINE ? "request line" : "header lines");
    }
    p->scan = end;
    return OK;
}

static size_t hex_prefix(bytes b, uint64_t *out_value) {
    size_t n = 0;
    uint64_t value = 0;
    for (uint8_t pair[] = {'0', 0}, digit; n < b.len && n < 16; n++) {
        pair[1] = b.ptr[n];
        if (hex_decode(bytes_of(pair, 2), &digit) != OK)
            break;
        value = value << 4 | digit;
    }
    *out_value = value;
    return n;
}

/* chunk-size [ ";" extensions ] [RFC 9112 7.1]; extensions are ignored, blanks refused. */
static status read_chunk_size(struct http_parser *p, bytes line) {
    uint64_t size;
    size_t digits = hex_prefix(line, &size);
    if (digits == 0 || (digits < line.len && line.ptr[digits] != ';'))
        return REFUSE(p, 400, "'%.*s' is not a chunk size", QUOTE(line));
    if (size > p->body_bytes_max - p->body_len)
        return REFUSE(p, 413, "the body is longer than %zu bytes", p->body_bytes_max);
    p->length = size;
    p->line = p->part = p->scan;
    p->state = size ? CHUNK_DATA : TRAILERS;
    return OK;
}

/* Moves the data down to the end of the body so far. */
static void take_chunk_data(struct http_parser *p, struct buf *in) {
    size_t there = in->len - p->scan, count = there < p->length ? there : p->length;
    if (count > 0)
        memmove(in->ptr + p->body_at + p->body_len, in->ptr + p->scan, count);
    p->body_len += count;
    p->scan += count;
    p->length -= count;
    p->line = p->part = p->scan;
    if (p->length == 0)
        p->state = CHUNK_END;
}

static status take_chunk_end(struct http_parser *p, const struct buf *in) {
    static const uint8_t end[] = "\r\n";
    for (; p->scan < in->len && p->scan - p->line < 2; p->scan++)
        if (in->ptr[p->scan] != end[p->scan - p->line])
            return REFUSE(p, 400, "a chunk is longer than its size says");
    if (p->scan - p->line == 2) {
        p->line = p->part = p->scan;
        p->state = CHUNK_SIZE;
    }
    return OK;
}

static void take_body(struct http_parser *p, const struct buf *in) {
    size_t there = in->len - p->body_at;
    p->body_len = there < p->length ? there : p->length;
    p->scan = p->body_at + p->body_len;
    if (p->body_len == p->length)
        p->state = DONE;
}

/* Closes the gap that chunk framing left between the body and what is still to be read. */
static void close_gap(struct http_parser *p, struct buf *in) {
    size_t end = p->body_at + p->body_len, gap = p->part - end;
    if (gap == 0)
        return;
    memmove(in->ptr + end, in->ptr + p->part, in->len - p->part);
    in->len -= gap;
    p->part -= gap;
    p->line -= gap;
    p->scan -= gap;
}

/* The line from p->line to the CR LF before p->scan. */
static status read_line(struct http_parser *p, const struct buf *in) {
    bytes name, value, line = bytes_of(in->ptr + p->line, p->scan - p->line - 2);
    bool first = p->line == 0;
    p->line = p->scan;
    switch ((enum state)p->state) {
    case REQUEST_LINE:
        if (line.len == 0 && first) { /* one empty line may precede [RFC 9112 2.2] */
            p->part = p->scan;
            return OK;
        }
        return http_read_request_line(p, in, line);
    case HEADERS:
        return line.len ? http_read_header(p, in, line) : http_end_headers(p);
    case CHUNK_SIZE:
        return read_chunk_size(p, line);
    case TRAILERS:
        if (line.len > 0)
            return http_split_field(p, line, &name, &value);
        p->state = DONE;
        p->part = p->scan;
        return OK;
    case BODY:
    case CHUNK_DATA:
    case CHUNK_END:
    case LARGE:
    case DONE:
    case FAILED:
        break;
    }
    assert(false && "a state of lines");
    return OK;
}

/* One step; *out_stuck when more bytes are needed, or none. */
static status step(struct http_parser *p, struct buf *in, bool *out_stuck) {
    size_t scan = p->scan;
    int state = p->state;
    bool whole;
    if (p->state == BODY) {
        take_body(p, in);
    } else if (p->state == CHUNK_DATA) {
        take_chunk_data(p, in);
    } else if (p->state == CHUNK_END) {
        TRY(take_chunk_end(p, in));
    } else {
        TRY(scan_line(p, in, &whole));
        *out_stuck = !whole;
        return whole ? read_line(p, in) : OK;
    }
    *out_stuck = p->scan == scan && p->state == state;
    return OK;
}

status http_parser_read(struct http_parser *p, struct buf *in, enum http_progress *out_progress) {
    if (p->state == FAILED)
        return FAIL(p->failure, "an earlier part of the request was refused");
    for (bool stuck = false; p->state != DONE && p->state != LARGE && !stuck;)
        TRY(step(p, in, &stuck));
    if (p->chunked && p->state >= CHUNK_SIZE)
        close_gap(p, in);
    *out_progress = p->state == DONE ? HTTP_DONE : p->state == LARGE ? HTTP_LARGE : HTTP_MORE;
    bool waiting = p->state == BODY || p->state == CHUNK_SIZE;
    if (waiting && p->expects && !p->said_continue && in->len == p->body_at) {
        p->said_continue = true;
        *out_progress = HTTP_CONTINUE;
    }
    return OK;
}

void http_parser_allow(struct http_parser *p) {
    assert(p->state == LARGE);
    p->state = BODY;
}

status http_parser_deny(struct http_parser *p) {
    assert(p->state == LARGE);
    return REFUSE(p, 413, "the body is longer than %zu bytes", p->body_bytes_max);
}

size_t http_parser_length_asked(const struct http_parser *p) {
    assert(p->state == LARGE);
    return p->length;
}

static bytes or_null(const struct buf *in, struct http_place place) {
    return place.at ? at_place(in, place) : (bytes){0};
}

void http_parser_request(const struct http_parser *p, const struct buf *in, struct arena *a,
                         struct http_request *out_request) {
    assert(p->state == DONE || p->state == LARGE);
    struct http_header *headers = ARENA_ARRAY(a, struct http_header, p->header_count);
    for (size_t i = 0; i < p->header_count; i++) {
        headers[i].name = at_place(in, p->names[i]);
        headers[i].value = at_place(in, p->values[i]);
    }
    *out_request = (struct http_request){
        .method = at_place(in, p->method),
        .target = at_place(in, p->target),
        .path = p->path.len ? at_place(in, p->path) : BYTES("/"),
        .query = or_null(in, p->query),
        .host = or_null(in, p->host),
        .version_minor = p->version_minor,
        .headers = headers,
        .header_count = p->header_count,
        .body = bytes_of(in->ptr + p->body_at, p->body_len),
        .keep_alive = !p->close && (p->version_minor > 0 || p->keep),
    };
}

size_t http_parser_length(const struct http_parser *p) {
    assert(p->state == DONE);
    return p->body_at + p->body_len;
}
