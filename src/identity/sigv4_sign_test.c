#include <string.h>

#include "identity/sigv4.h"
#include "support/testing.h"

#define KEY "AKIAIOSFODNN7EXAMPLE"
#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
static const int64_t NOW_MS = 1767323045000; /* 2026-01-02T03:04:05Z */

static struct http_header json_header = {{(const uint8_t *)"content-type", 12},
                                         {(const uint8_t *)"application/json", 16}};

static bytes header(const struct http_header *headers, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (bytes_equal_nocase(headers[i].name, bytes_from(name)))
            return headers[i].value;
    return (bytes){0};
}

/* Both authorizations were made by botocore 1.26. */
TEST(signs_as_botocore_does) {
    AUTO(arena) a = {0};
    struct http_header out[SIGV4_HEADERS_MAX];
    size_t count;
    struct sigv4_signer *g = sigv4_signer_new();
    struct sigv4_credentials c = {BYTES(KEY), BYTES(SECRET), BYTES("TOKEN")};
    struct sigv4_scope scope = {BYTES("eu-central-1"), BYTES("execute-api"), NOW_MS};
    struct http_request r = {.method = BYTES("POST"),
                             .path = BYTES("/stage/x%20y"),
                             .query = BYTES("b=2&a=1"),
                             .host = BYTES("h.example"),
                             .headers = &json_header,
                             .header_count = 1,
                             .body = BYTES("{\"t\":1}")};
    CHECK_OK(sigv4_sign(g, &c, &scope, &r, &a, out, &count));
    CHECK_INT(count, 3);
    CHECK_BYTES(header(out, count, "x-amz-date"), BYTES("20260102T030405Z"));
    CHECK_BYTES(header(out, count, "x-amz-security-token"), BYTES("TOKEN"));
    CHECK_BYTES(header(out, count, "authorization"),
                BYTES("AWS4-HMAC-SHA256 Credential=" KEY
                      "/20260102/eu-central-1/execute-api/aws4_request, "
                      "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature="
                      "46595b9837eeb6e276d7f3bbe2ebdd304070a178b0f15c75df805b5b2495a68b"));
    sigv4_signer_free(g);
}

TEST(signs_paths_of_s3_as_they_are) {
    AUTO(arena) a = {0};
    struct http_header out[SIGV4_HEADERS_MAX];
    size_t count;
    struct sigv4_signer *g = sigv4_signer_new();
    struct sigv4_credentials c = {BYTES(KEY), BYTES(SECRET), {0}};
    struct sigv4_scope scope = {BYTES("eu-central-1"), BYTES("s3"), NOW_MS};
    struct http_header headers[] = {json_header, {BYTES("x-amz-acl"), BYTES("private")}};
    struct http_request r = {.method = BYTES("PUT"),
                             .path = BYTES("/lake/a/../b%20c%2B%C3%A9//d"),
                             .host = BYTES("127.0.0.1:9000"),
                             .headers = headers,
                             .header_count = 2,
                             .body = BYTES("{\"t\":1}")};
    CHECK_OK(sigv4_sign(g, &c, &scope, &r, &a, out, &count));
    CHECK_BYTES(header(out, count, "x-amz-content-sha256"),
                BYTES("4834945f7bf91f82efc5cf881d902ec1cfa58f1be01cb35fe602b8ad4620c552"));
    CHECK_BYTES(header(out, count, "authorization"),
                BYTES("AWS4-HMAC-SHA256 Credential=" KEY
                      "/20260102/eu-central-1/s3/aws4_request, SignedHeaders=content-type;host;"
                      "x-amz-acl;x-amz-content-sha256;x-amz-date, Signature="
                      "4a1e67927a463c5d70023ad0768bae3cc894fcce1da4b55cdb4049f913cfe99e"));
    sigv4_signer_free(g);
}

TEST(what_is_signed_here_is_accepted_here) {
    AUTO(arena) a = {0};
    struct http_header all[8];
    size_t count;
    struct sigv4 read;
    static const char *const services[] = {"iot", NULL};
    struct sigv4_rules rules = {BYTES("eu-central-1"), services, NOW_MS};
    struct sigv4_signer *g = sigv4_signer_new();
    struct sigv4_credentials c = {BYTES(KEY), BYTES(SECRET), {0}};
    struct sigv4_scope scope = {BYTES("eu-central-1"), BYTES("iot"), NOW_MS};
    struct http_request r = {.method = BYTES("POST"),
                             .path = BYTES("/a//../b"),
                             .query = BYTES("x=%2F&x=1&y"),
                             .host = BYTES("h"),
                             .headers = &json_header,
                             .header_count = 1,
                             .body = BYTES("body")};
    CHECK_OK(sigv4_sign(g, &c, &scope, &r, &a, all + 1, &count));
    all[0] = json_header;
    r.headers = all;
    r.header_count = count + 1;
    CHECK_OK(sigv4_parse(&r, &a, &read));
    CHECK_OK(sigv4_verify(g, &read, &r, BYTES(SECRET), &rules, &a));
    r.body = BYTES("bodY");
    CHECK(sigv4_verify(g, &read, &r, BYTES(SECRET), &rules, &a) == E_SIGNATURE_INVALID);
    sigv4_signer_free(g);
}

TEST_MAIN("identity/sigv4_sign")
