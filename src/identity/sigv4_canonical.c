/* The canonical request: the one text that signer and verifier make of the same request. */
#include <stdlib.h>

#include "codec/percent.h"
#include "http/query.h"
#include "identity/sigv4_internal.h"

/* Drops the last segment that `out` holds, slash included. */
static void drop_segment(struct buf *out) {
    while (out->len > 0 && out->ptr[--out->len] != '/')
        ;
}

void sigv4_canonical_path(bytes path, struct buf *out) {
    AUTO(buf) clean = {0};
    bool ends_in_slash = bytes_end_with(path, BYTES("/"));
    for (bytes rest = path, segment; bytes_split(&rest, '/', &segment);) {
        if (bytes_equal(segment, BYTES("..")))
            drop_segment(&clean);
        if (segment.len == 0 || bytes_equal(segment, BYTES(".")) ||
            bytes_equal(segment, BYTES("..")))
            continue;
        buf_append_byte(&clean, '/');
        buf_append(&clean, segment);
    }
    if (ends_in_slash || clean.len == 0)
        buf_append_byte(&clean, '/');
    percent_encode_path(buf_bytes(&clean), out);
}

static bytes encoded(bytes text, struct arena *a, struct buf *scratch) {
    buf_clear(scratch);
    percent_encode(text, scratch);
    return arena_copy(a, buf_bytes(scratch));
}

static int compare_parameters(const void *left, const void *right) {
    const struct http_parameter *l = left, *r = right;
    int order = bytes_compare(l->name, r->name);
    return order ? order : bytes_compare(l->value, r->value);
}

static bool is_signed_parameter(const struct sigv4 *s, struct sigv4_variant variant, bytes name) {
    if (!s->presigned)
        return true;
    return !bytes_equal(name, BYTES("X-Amz-Signature")) &&
           !(variant.without_token && bytes_equal(name, BYTES("X-Amz-Security-Token")));
}

status sigv4_canonical_query(const struct sigv4 *s, bytes text, struct sigv4_variant variant,
                             struct arena *a, struct buf *out) {
    struct http_query query;
    AUTO(buf) scratch = {0};
    size_t count = 0;
    if (text.len == 0)
        return OK;
    if (http_query_parse(a, text, &query) != OK)
        return FAIL(E_SIGNATURE_INVALID, "The query string cannot be read: %s", failure_text());
    struct http_parameter *sorted = ARENA_ARRAY(a, struct http_parameter, query.count);
    for (size_t i = 0; i < query.count; i++) {
        if (!is_signed_parameter(s, variant, query.parameters[i].name))
            continue;
        sorted[count].name = encoded(query.parameters[i].name, a, &scratch);
        sorted[count++].value = encoded(query.parameters[i].value, a, &scratch);
    }
    qsort(sorted, count, sizeof *sorted, compare_parameters);
    for (size_t i = 0; i < count; i++) {
        buf_text(out, i ? "&" : "");
        buf_append(out, sorted[i].name);
        buf_append_byte(out, '=');
        buf_append(out, sorted[i].value);
    }
    return OK;
}

/* Blanks around are dropped, runs of them inside become one space. */
static void append_value(struct buf *out, bytes value) {
    bool blank = false;
    value = bytes_trim(value);
    for (size_t i = 0; i < value.len; i++) {
        uint8_t c = value.ptr[i] == '\t' ? ' ' : value.ptr[i];
        if (c != ' ' || !blank)
            buf_append_byte(out, c);
        blank = c == ' ';
    }
}

/* "h:8443" → "h"; the colons of an IPv6 address stand before its bracket. */
static bytes without_port(bytes host) {
    for (size_t i = host.len; i > 0 && host.ptr[i - 1] != ']'; i--)
        if (host.ptr[i - 1] == ':')
            return bytes_slice(host, 0, i - 1);
    return host;
}

/* All headers of that name, joined by commas in their order. */
static void append_header(struct buf *out, bytes name, const struct http_request *r) {
    bool first = true;
    for (size_t i = 0; i < r->header_count; i++) {
        if (!bytes_equal_nocase(r->headers[i].name, name))
            continue;
        buf_text(out, first ? "" : ",");
        append_value(out, r->headers[i].value);
        first = false;
    }
}

void sigv4_canonical_headers(const struct sigv4 *s, const struct http_request *r,
                             struct sigv4_variant variant, struct buf *out) {
    for (bytes rest = s->signed_headers, name; bytes_split(&rest, ';', &name);) {
        buf_append(out, name);
        buf_append_byte(out, ':');
        if (bytes_equal_nocase(name, BYTES("host")))
            append_value(out, variant.without_port ? without_port(r->host) : r->host);
        else
            append_header(out, name, r);
        buf_append_byte(out, '\n');
    }
}

status sigv4_canonical_request(const struct sigv4 *s, const struct http_request *r,
                               bytes payload_hash, struct sigv4_variant variant, struct arena *a,
                               struct buf *out) {
    buf_append(out, r->method);
    buf_append_byte(out, '\n');
    if (variant.path_as_sent)
        buf_append(out, r->path);
    else
        sigv4_canonical_path(r->path, out);
    buf_append_byte(out, '\n');
    TRY(sigv4_canonical_query(s, r->query, variant, a, out));
    buf_append_byte(out, '\n');
    sigv4_canonical_headers(s, r, variant, out);
    buf_append_byte(out, '\n');
    buf_append(out, s->signed_headers);
    buf_append_byte(out, '\n');
    buf_append(out, payload_hash);
    return OK;
}
