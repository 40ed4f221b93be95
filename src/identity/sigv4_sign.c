/* Signing requests to others: the verifier's arithmetic, turned round. */
#include <stdlib.h>

#include "codec/date.h"
#include "identity/sigv4_internal.h"

/* The request with what signing adds to it. */
struct signing {
    struct sigv4 as; /* what the receiver will read */
    struct http_header headers[HTTP_HEADERS_MAX + SIGV4_HEADERS_MAX];
    size_t count;
    char hash[SIGV4_HEX_LEN];
};

static bytes lower_case(struct arena *a, bytes name) {
    uint8_t *text = arena_alloc(a, name.len);
    for (size_t i = 0; i < name.len; i++)
        text[i] =
            name.ptr[i] >= 'A' && name.ptr[i] <= 'Z' ? (uint8_t)(name.ptr[i] + 32) : name.ptr[i];
    return bytes_of(text, name.len);
}

static int compare_names(const void *left, const void *right) {
    return bytes_compare(*(const bytes *)left, *(const bytes *)right);
}

/* "host;x-amz-date": all of them, sorted, each once. */
static bytes name_headers(const struct signing *s, struct arena *a) {
    AUTO(buf) text = {0};
    bytes *names = ARENA_ARRAY(a, bytes, s->count + 1);
    for (size_t i = 0; i < s->count; i++)
        names[i] = lower_case(a, s->headers[i].name);
    names[s->count] = BYTES("host");
    qsort(names, s->count + 1, sizeof *names, compare_names);
    for (size_t i = 0; i <= s->count; i++) {
        if (i > 0 && bytes_equal(names[i], names[i - 1]))
            continue;
        buf_text(&text, i ? ";" : "");
        buf_append(&text, names[i]);
    }
    return arena_copy(a, buf_bytes(&text));
}

static void add(struct signing *s, bytes name, bytes value) {
    s->headers[s->count++] = (struct http_header){name, value};
}

static void begin(struct sigv4_signer *g, const struct sigv4_credentials *c,
                  const struct sigv4_scope *scope, const struct http_request *r,
                  struct signing *s) {
    date_format_basic(scope->now_ms, s->as.timestamp);
    s->as.access_key_id = c->access_key_id;
    s->as.date = bytes_of(s->as.timestamp, 8);
    s->as.region = scope->region;
    s->as.service = scope->service;
    sigv4_hash(g, r->body, s->hash);
    add(s, BYTES("X-Amz-Date"), bytes_of(s->as.timestamp, 16));
    if (c->token.len > 0)
        add(s, BYTES("X-Amz-Security-Token"), c->token);
    if (bytes_equal(scope->service, BYTES("s3")))
        add(s, BYTES("X-Amz-Content-Sha256"), bytes_of(s->hash, sizeof s->hash));
}

static bytes authorization(const struct signing *s, const char *signature, struct arena *a) {
    const struct sigv4 *as = &s->as;
    return bytes_from(arena_printf(
        a,
        "AWS4-HMAC-SHA256 Credential=%.*s/%.*s/%.*s/%.*s/aws4_request, SignedHeaders=%.*s, "
        "Signature=%.*s",
        BYTES_ARG(as->access_key_id), BYTES_ARG(as->date), BYTES_ARG(as->region),
        BYTES_ARG(as->service), BYTES_ARG(as->signed_headers), SIGV4_HEX_LEN, signature));
}

status sigv4_sign(struct sigv4_signer *g, const struct sigv4_credentials *c,
                  const struct sigv4_scope *scope, const struct http_request *r, struct arena *a,
                  struct http_header out[SIGV4_HEADERS_MAX], size_t *out_count) {
    struct signing s = {.count = 0};
    struct http_request whole = *r;
    char signature[SIGV4_HEX_LEN];
    if (r->header_count > HTTP_HEADERS_MAX)
        return FAIL(E_INVALID, "A request has at most %d headers", HTTP_HEADERS_MAX);
    begin(g, c, scope, r, &s);
    size_t added = s.count;
    for (size_t i = 0; i < r->header_count; i++)
        add(&s, r->headers[i].name, r->headers[i].value);
    s.as.signed_headers = name_headers(&s, a);
    whole.headers = s.headers;
    whole.header_count = s.count;
    struct sigv4_variant variant = {.path_as_sent = bytes_equal(scope->service, BYTES("s3"))};
    if (sigv4_compute(g, &s.as, &whole, c->secret, bytes_of(s.hash, sizeof s.hash), variant, a,
                      signature) != OK)
        return FAIL(E_INVALID, "The request cannot be signed: its query cannot be read");
    for (size_t i = 0; i < added; i++)
        out[i] = (struct http_header){s.headers[i].name, arena_copy(a, s.headers[i].value)};
    out[added] = (struct http_header){BYTES("Authorization"), authorization(&s, signature, a)};
    *out_count = added + 1;
    return OK;
}
