#include "api/signing.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#include "codec/date.h"
#include "codec/percent.h"
#include "http/query.h"
#include "support/testing.h"

struct digest {
    uint8_t bytes[32];
};

static struct digest hmac(bytes key, bytes text) {
    struct digest d;
    unsigned len = 0;
    CHECK(HMAC(EVP_sha256(), key.ptr, (int)key.len, text.ptr, text.len, d.bytes, &len));
    return d;
}

static struct digest sha256(bytes text) {
    struct digest d;
    unsigned len = 0;
    CHECK(EVP_Digest(text.ptr ? text.ptr : (const uint8_t *)"", text.len, d.bytes, &len,
                     EVP_sha256(), NULL));
    return d;
}

static bytes of(const struct digest *d) {
    return bytes_of(d->bytes, sizeof d->bytes);
}

static void append_hex(struct buf *out, struct digest d) {
    char hex[64];
    hex_encode(of(&d), hex);
    buf_append(out, bytes_of(hex, sizeof hex));
}

static int by_name(const void *a, const void *b) {
    const struct http_parameter *x = a, *y = b;
    int order = bytes_compare(x->name, y->name);
    return order ? order : bytes_compare(x->value, y->value);
}

static void append_query(struct buf *out, bytes query, struct arena *a) {
    struct http_query q;
    CHECK_OK(http_query_parse(a, query, &q));
    struct http_parameter *sorted = ARENA_ARRAY(a, struct http_parameter, q.count);
    if (q.count)
        memcpy(sorted, q.parameters, q.count * sizeof *sorted);
    qsort(sorted, q.count, sizeof *sorted, by_name);
    for (size_t i = 0; i < q.count; i++) {
        buf_text(out, i ? "&" : "");
        percent_encode(sorted[i].name, out);
        buf_text(out, "=");
        percent_encode(sorted[i].value, out);
    }
}

static int by_header(const void *a, const void *b) {
    return bytes_compare(((const struct http_header *)a)->name,
                         ((const struct http_header *)b)->name);
}

static void append_signed_names(struct buf *out, const struct http_request *r) {
    for (size_t i = 0; i < r->header_count; i++)
        buf_printf(out, "%s%.*s", i ? ";" : "", BYTES_ARG(r->headers[i].name));
}

static void append_canonical(struct buf *out, const struct http_request *r, struct arena *a) {
    buf_append(out, r->method);
    buf_text(out, "\n");
    percent_encode_path(r->path, out); /* once more [AWS control-plane 3.1] */
    buf_text(out, "\n");
    append_query(out, r->query, a);
    buf_text(out, "\n");
    for (size_t i = 0; i < r->header_count; i++)
        buf_printf(out, "%.*s:%.*s\n", BYTES_ARG(r->headers[i].name),
                   BYTES_ARG(r->headers[i].value));
    buf_text(out, "\n");
    append_signed_names(out, r);
    buf_text(out, "\n");
    append_hex(out, sha256(r->body));
}

static struct digest signing_key(const struct signing *with, const char *timestamp) {
    AUTO(buf) secret = {0};
    buf_printf(&secret, "AWS4%s", with->secret);
    struct digest key = hmac(buf_bytes(&secret), bytes_of(timestamp, 8));
    key = hmac(of(&key), bytes_from(with->region));
    key = hmac(of(&key), bytes_from(with->service));
    return hmac(of(&key), BYTES("aws4_request"));
}

static char *authorization(const struct signing *with, const char *timestamp,
                           const struct http_request *r, struct arena *a) {
    AUTO(buf) canonical = {0}, to_sign = {0}, out = {0};
    char scope[128];
    (void)snprintf(scope, sizeof scope, "%.8s/%s/%s/aws4_request", timestamp, with->region,
                   with->service);
    append_canonical(&canonical, r, a);
    buf_printf(&to_sign, "AWS4-HMAC-SHA256\n%s\n%s\n", timestamp, scope);
    append_hex(&to_sign, sha256(buf_bytes(&canonical)));
    struct digest key = signing_key(with, timestamp);
    buf_printf(&out, "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=", with->access_key_id,
               scope);
    append_signed_names(&out, r);
    buf_text(&out, ", Signature=");
    append_hex(&out, hmac(of(&key), buf_bytes(&to_sign)));
    return arena_string(a, buf_bytes(&out));
}

void sign_request(const struct signing *with, const char *target, struct http_request *r,
                  struct arena *a) {
    char *timestamp = arena_alloc(a, 17);
    struct http_header *headers = ARENA_ARRAY(a, struct http_header, r->header_count + 4);
    if (r->header_count)
        memcpy(headers, r->headers, r->header_count * sizeof *headers);
    date_format_basic(with->now_ms, timestamp);
    headers[r->header_count++] = (struct http_header){BYTES("host"), BYTES("127.0.0.1:4566")};
    headers[r->header_count++] = (struct http_header){BYTES("x-amz-date"), bytes_from(timestamp)};
    if (with->token)
        headers[r->header_count++] =
            (struct http_header){BYTES("x-amz-security-token"), bytes_from(with->token)};
    qsort(headers, r->header_count, sizeof *headers, by_header);
    r->headers = headers;
    r->host = BYTES("127.0.0.1:4566");
    r->target = bytes_from(target);
    size_t end = bytes_find(r->target, '?');
    r->path = bytes_slice(r->target, 0, end);
    r->query = end < r->target.len ? bytes_skip(r->target, end + 1) : (bytes){0};
    const char *value = authorization(with, timestamp, r, a);
    headers[r->header_count++] = (struct http_header){BYTES("authorization"), bytes_from(value)};
}
