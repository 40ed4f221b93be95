#include "http/response.h"

#include "support/testing.h"

static const int64_t NOW_MS = 1767323045678; /* 2026-01-02T03:04:05.678Z */
#define DATE "Date: Fri, 02 Jan 2026 03:04:05 GMT\r\n"

static void check(const struct http_response *r, bytes want) {
    AUTO(buf) b = {0};
    buf_text(&b, "before");
    http_response_append(&b, r, NOW_MS);
    CHECK_BYTES(bytes_skip(buf_bytes(&b), 6), want);
}

TEST(writes_a_whole_response) { /* [RFC 9112 4] [RFC 9112 5] */
    const struct http_header more[] = {{BYTES("x-amzn-RequestId"), BYTES("1-2")},
                                       {BYTES("Empty"), BYTES("")}};
    check(&(struct http_response){.status = 200,
                                  .content_type = "application/json",
                                  .body = BYTES("{}\0"),
                                  .headers = more,
                                  .header_count = 2,
                                  .keep_alive = true},
          BYTES("HTTP/1.1 200 OK\r\n" DATE "Connection: keep-alive\r\n"
                "Content-Type: application/json\r\nContent-Length: 3\r\n"
                "x-amzn-RequestId: 1-2\r\nEmpty: \r\n\r\n{}\0"));
}

TEST(an_empty_body_has_a_length_too) {
    check(
        &(struct http_response){.status = 404},
        BYTES("HTTP/1.1 404 Not Found\r\n" DATE "Connection: close\r\nContent-Length: 0\r\n\r\n"));
}

TEST(some_statuses_have_no_body) { /* [RFC 9112 6.3] */
    check(&(struct http_response){.status = 204, .body = BYTES("x"), .keep_alive = true},
          BYTES("HTTP/1.1 204 No Content\r\n" DATE "Connection: keep-alive\r\n\r\n"));
    check(&(struct http_response){.status = 304, .body = BYTES("x"), .keep_alive = true},
          BYTES("HTTP/1.1 304 Not Modified\r\n" DATE "Connection: keep-alive\r\n\r\n"));
    const struct http_header upgrade[] = {{BYTES("Connection"), BYTES("Upgrade")}};
    check(&(struct http_response){.status = 101, .headers = upgrade, .header_count = 1},
          BYTES("HTTP/1.1 101 Switching Protocols\r\n" DATE "Connection: Upgrade\r\n\r\n"));
}

TEST(head_gets_the_length_alone) { /* [RFC 9110 9.3.2] */
    check(&(struct http_response){.status = 200, .body = BYTES("hello"), .head = true},
          BYTES("HTTP/1.1 200 OK\r\n" DATE "Connection: close\r\nContent-Length: 5\r\n\r\n"));
}

TEST(no_value_ends_its_line) { /* [RFC 9110 5.5] */
    const struct http_header evil[] = {{BYTES("x"), BYTES("a\r\nSet-Cookie: b\0\x7F\tc\xE9")}};
    check(&(struct http_response){.status = 200, .headers = evil, .header_count = 1},
          BYTES("HTTP/1.1 200 OK\r\n" DATE "Connection: close\r\nContent-Length: 0\r\n"
                "x: a  Set-Cookie: b  \tc\xE9\r\n\r\n"));
}

TEST(an_interim_response_is_a_line) { /* [RFC 9110 15.2.1] */
    AUTO(buf) b = {0};
    http_continue_append(&b);
    CHECK_BYTES(buf_bytes(&b), BYTES("HTTP/1.1 100 Continue\r\n\r\n"));
}

TEST(each_status_a_failure_gives_has_a_reason_phrase) {
    for (unsigned s = 0; s < STATUS_COUNT; s++)
        CHECK(http_reason(status_info((status)s)->http)[0] != 0);
    CHECK_TEXT(http_reason(299), "");
    check(&(struct http_response){.status = 299},
          BYTES("HTTP/1.1 299 \r\n" DATE "Connection: close\r\nContent-Length: 0\r\n\r\n"));
}

TEST_MAIN("http/response")
