/* The first byte seeds the cuts; the rest is a stream of pipelined requests. Read in random pieces
 * it must give what it gives at once: the same requests, then the same refusal or need of more.
 * Buffers are exactly as large as their bytes, so that a byte read too many is seen. */
#include <assert.h>
#include <string.h>

#include "http/query.h"
#include "http/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BODY_BYTES_MAX = 300, LARGE_BYTES_MAX = 600 /* of an even length only */ };

static void extend(struct buf *b, bytes more) {
    if (more.len == 0)
        return;
    b->ptr = mem_resize(b->ptr, b->len + more.len);
    memcpy(b->ptr + b->len, more.ptr, more.len);
    b->len += more.len;
    b->capacity = b->len;
}

static bool inside(const struct buf *in, bytes b) {
    return b.len == 0 || (b.ptr >= in->ptr && b.ptr + b.len <= in->ptr + in->len);
}

static void describe(const struct http_parser *p, const struct buf *in, struct buf *out) {
    AUTO(arena) a = {0};
    struct http_request r;
    struct http_query query;
    http_parser_request(p, in, &a, &r);
    assert(inside(in, r.method) && inside(in, r.target) && inside(in, r.query));
    assert(inside(in, r.host) && inside(in, r.body) && r.method.len > 0 && r.path.len > 0);
    assert(
        (r.body.len <= BODY_BYTES_MAX || (r.body.len <= LARGE_BYTES_MAX && r.body.len % 2 == 0)) &&
        r.header_count <= HTTP_HEADERS_MAX);
    bytes parts[] = {r.method, r.target, r.path, r.query, r.host, r.body};
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        buf_append(out, parts[i]);
        buf_append_byte(out, '\n');
    }
    for (size_t i = 0; i < r.header_count; i++) {
        assert(inside(in, r.headers[i].name) && inside(in, r.headers[i].value));
        buf_append(out, r.headers[i].name);
        buf_append(out, r.headers[i].value);
    }
    buf_printf(out, "%d%d\n", r.version_minor, r.keep_alive);
    if (http_query_parse(&a, r.query, &query) == OK)
        assert(query.count <= r.query.len);
}

/* Pieces of 1–16 bytes by `seed`; all at once for 0. */
static size_t next_piece(uint32_t *seed) {
    if (*seed == 0)
        return SIZE_MAX;
    *seed = *seed * 1664525 + 1013904223;
    return (*seed >> 28) + 1;
}

static void start(struct http_parser *p) {
    http_parser_start(p, BODY_BYTES_MAX);
    p->large_bytes_max = LARGE_BYTES_MAX;
}

static status read_on(struct http_parser *p, struct buf *in, enum http_progress *progress) {
    status s = http_parser_read(p, in, progress);
    if (s != OK || *progress != HTTP_LARGE)
        return s;
    if (http_parser_length_asked(p) % 2)
        return http_parser_deny(p);
    http_parser_allow(p);
    return http_parser_read(p, in, progress);
}

static void run(bytes text, uint32_t seed, struct buf *out) {
    static struct http_parser p;
    AUTO(buf) in = {0};
    start(&p);
    while (text.len > 0) {
        bytes piece = bytes_slice(text, 0, next_piece(&seed));
        text = bytes_skip(text, piece.len);
        extend(&in, piece);
        enum http_progress progress;
        status s;
        while ((s = read_on(&p, &in, &progress)) == OK && progress == HTTP_DONE) {
            describe(&p, &in, out);
            buf_drop_front(&in, http_parser_length(&p));
            start(&p);
        }
        if (s != OK) {
            buf_printf(out, "%d %s\n", p.http_status, failure_text());
            assert(p.http_status >= 400 && p.http_status <= 505);
            return;
        }
        assert(in.len < HTTP_REQUEST_LINE_BYTES_MAX + HTTP_HEADER_BYTES_MAX + LARGE_BYTES_MAX +
                            HTTP_TRAILER_BYTES_MAX);
    }
    buf_text(out, "more\n");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    AUTO(buf) whole = {0}, pieces = {0};
    if (size == 0)
        return 0;
    bytes text = bytes_of(data + 1, size - 1);
    run(text, 0, &whole);
    run(text, data[0] * 2u + 1, &pieces);
    assert(bytes_equal(buf_bytes(&whole), buf_bytes(&pieces)));
    return 0;
}
