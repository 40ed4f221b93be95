#include "http/request.h"

#include <stdlib.h>
#include <string.h>

#include "support/testing.h"

enum { BODY_BYTES_MAX = 100 };

/* One request and what comes of it: a summary when it is good, else the HTTP status and a part of
 * the sentence. */
struct row {
    const char *clause;
    bytes text;
    int http_status; /* 0: good */
    bytes what;
};
#define LITERAL(literal) \
    { (const uint8_t *)literal, sizeof(literal) - 1 }
#define GOOD(clause, literal, summary) \
    { clause, LITERAL(literal), 0, LITERAL(summary) }
#define BAD(clause, literal, http_status, part) \
    { clause, LITERAL(literal), http_status, LITERAL(part) }
#define GET "GET / HTTP/1.1\r\n"
#define HOST "Host: h\r\n"
#define CHUNKED "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"

static const struct row rows[] = {
    /* request lines */
    GOOD("[RFC 9112 3]", GET HOST "\r\n", "GET path=/ host=h 1.1 keep"),
    GOOD("[RFC 9112 3.2.1]", "GET /a/b%2Fc/$next?x=1&y=%20?z HTTP/1.1\r\n" HOST "\r\n",
         "GET path=/a/b%2Fc/$next query=x=1&y=%20?z host=h 1.1 keep"),
    GOOD("[RFC 9112 3.2.1]", "GET /? HTTP/1.1\r\n" HOST "\r\n",
         "GET path=/ query= host=h 1.1 keep"),
    GOOD("[RFC 3986 3.3]", "PUT //a//:@!$&'()*+,;=-._~ HTTP/1.1\r\n" HOST "\r\n",
         "PUT path=//a//:@!$&'()*+,;=-._~ host=h 1.1 keep"),
    GOOD("[RFC 3986 3.4]", "GET /?a={b|c}^`\\ HTTP/1.1\r\n" HOST "\r\n",
         "GET path=/ query=a={b|c}^`\\ host=h 1.1 keep"),
    GOOD("[RFC 9112 3.2.2]", "GET http://example.com:80/a?b HTTP/1.1\r\nHost: other\r\n\r\n",
         "GET path=/a query=b host=example.com:80 1.1 keep"),
    GOOD("[RFC 9112 3.2.2]", "GET HTTPS://example.com HTTP/1.1\r\n" HOST "\r\n",
         "GET path=/ host=example.com 1.1 keep"),
    GOOD("[RFC 9112 3.2.2]", "GET http://[::1]:8080?b HTTP/1.1\r\n" HOST "\r\n",
         "GET path=/ query=b host=[::1]:8080 1.1 keep"),
    GOOD("[RFC 9112 3.2.4]", "OPTIONS * HTTP/1.1\r\n" HOST "\r\n",
         "OPTIONS path=* host=h 1.1 keep"),
    GOOD("[RFC 9110 9.1]", "X-~!#$%&'*+.^_`|9 / HTTP/1.1\r\n" HOST "\r\n",
         "X-~!#$%&'*+.^_`|9 path=/ host=h 1.1 keep"),
    GOOD("[RFC 9110 2.5]", "GET / HTTP/1.7\r\n" HOST "\r\n", "GET path=/ host=h 1.1 keep"),
    GOOD("[RFC 9112 2.2]", "\r\n" GET HOST "\r\n", "GET path=/ host=h 1.1 keep"),
    BAD("[RFC 9112 2.2]", "\r\n\r\n" GET HOST "\r\n", 400, "begin with a method"),
    BAD("[RFC 9112 2.2]", "GET / HTTP/1.1\n" HOST "\r\n", 400, "line feed"),
    BAD("[RFC 9112 2.2]", "\n" GET HOST "\r\n", 400, "line feed"),
    BAD("[RFC 9112 2.2]", "GET /\r HTTP/1.1\r\n" HOST "\r\n", 400, "carriage return"),
    BAD("[RFC 9112 2.2]", "GET / HTTP/1.1\r\r\n" HOST "\r\n", 400, "carriage return"),
    BAD("[RFC 9112 2.2]", "GET /\0 HTTP/1.1\r\n" HOST "\r\n", 400, "0x00"),
    BAD("[RFC 9112 2.2]", "\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03", 400, "0x16"), /* TLS */
    BAD("[RFC 9112 2.2]", "GET /\x7F HTTP/1.1\r\n" HOST "\r\n", 400, "0x7F"),
    BAD("[RFC 9112 3]", "GET /\r\n", 400, "a method, a target and a version"), /* HTTP/0.9 */
    BAD("[RFC 9112 3]", "GET\r\n", 400, "a method, a target and a version"),
    BAD("[RFC 9112 3]", "GET  / HTTP/1.1\r\n" HOST "\r\n", 400, "not a version"),
    BAD("[RFC 9112 3]", "GET /  HTTP/1.1\r\n" HOST "\r\n", 400, "not a version"),
    BAD("[RFC 9112 3]", "GET / HTTP/1.1 \r\n" HOST "\r\n", 400, "not a version"),
    BAD("[RFC 9112 3]", "GET / a HTTP/1.1\r\n" HOST "\r\n", 400, "not a version"),
    BAD("[RFC 9112 3]", " GET / HTTP/1.1\r\n" HOST "\r\n", 400, "begin with a method"),
    BAD("[RFC 9112 3]", "GET\t/\tHTTP/1.1\r\n" HOST "\r\n", 400, "begin with a method"),
    BAD("[RFC 9112 3.1]", "G(T / HTTP/1.1\r\n" HOST "\r\n", 400, "begin with a method"),
    BAD("[RFC 9112 3.1]", "G\xC3\x89T / HTTP/1.1\r\n" HOST "\r\n", 400, "begin with a method"),
    BAD("[RFC 9112 2.3]", "GET / http/1.1\r\n" HOST "\r\n", 400, "not a version"),
    BAD("[RFC 9112 2.3]", "GET / HTTP/1.10\r\n" HOST "\r\n", 400, "not a version"),
    BAD("[RFC 9112 2.3]", "GET / HTTP/1\r\n" HOST "\r\n", 400, "not a version"),
    BAD("[RFC 9112 2.3]", "GET / HTTP/x.1\r\n" HOST "\r\n", 400, "not a version"),
    BAD("[RFC 9112 2.3]", "GET / HTTP/1,1\r\n" HOST "\r\n", 400, "not a version"),
    BAD("[RFC 9112 2.3]", "GET / HTTP/\r\n" HOST "\r\n", 400, "not a version"),
    BAD("[RFC 9110 15.6.6]", "GET / HTTP/2.0\r\n" HOST "\r\n", 505, "HTTP/2.0 is not spoken"),
    BAD("[RFC 9110 15.6.6]", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "not spoken"),
    BAD("[RFC 9110 15.6.6]", "GET / HTTP/0.9\r\n" HOST "\r\n", 505, "not spoken"),
    BAD("[RFC 9112 3.2]", "GET a/b HTTP/1.1\r\n" HOST "\r\n", 400, "neither a path nor a URL"),
    BAD("[RFC 9112 3.2]", "GET * HTTP/1.1\r\n" HOST "\r\n", 400, "neither a path nor a URL"),
    BAD("[RFC 9112 3.2]", "OPTIONS ** HTTP/1.1\r\n" HOST "\r\n", 400, "neither a path nor a URL"),
    BAD("[RFC 9112 3.2]", "GET h:80 HTTP/1.1\r\n" HOST "\r\n", 400, "neither a path nor a URL"),
    BAD("[RFC 9112 3.2]", "GET ftp://h/ HTTP/1.1\r\n" HOST "\r\n", 400, "neither a path nor a URL"),
    BAD("[RFC 9112 3.2.2]", "GET http:///a HTTP/1.1\r\n" HOST "\r\n", 400, "not a host"),
    BAD("[RFC 9112 3.2.2]", "GET http://u@h/ HTTP/1.1\r\n" HOST "\r\n", 400, "not a host"),
    BAD("[RFC 9112 3.2.2]", "GET http://h:x/ HTTP/1.1\r\n" HOST "\r\n", 400, "not a host"),
    BAD("[RFC 9112 3.2.2]", "GET http://h/ HTTP/1.1\r\n\r\n", 400, "Host header is missing"),
    BAD("[RFC 9112 3.2.3]", "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n", 501, "CONNECT"),
    BAD("[RFC 3986 3.3]", "GET /a#b HTTP/1.1\r\n" HOST "\r\n", 400, "percent-encoded"),
    BAD("[RFC 3986 3.3]", "GET /<a> HTTP/1.1\r\n" HOST "\r\n", 400, "percent-encoded"),
    BAD("[RFC 3986 3.3]", "GET /\xC3\xA9 HTTP/1.1\r\n" HOST "\r\n", 400, "percent-encoded"),
    BAD("[RFC 3986 3.3]", "GET /a\\..\\b HTTP/1.1\r\n" HOST "\r\n", 400, "percent-encoded"),
    BAD("[RFC 3986 3.4]", "GET /?a=\"b\" HTTP/1.1\r\n" HOST "\r\n", 400, "percent-encoded"),
    BAD("[RFC 3986 3.4]", "GET /?a#b HTTP/1.1\r\n" HOST "\r\n", 400, "percent-encoded"),
    /* Host */
    GOOD("[RFC 9112 3.2]", GET "hOST:\t example.com:8443 \t\r\n\r\n",
         "GET path=/ host=example.com:8443 1.1 keep"),
    GOOD("[RFC 9112 3.2]", GET "Host: [2001:db8::1]:80\r\n\r\n",
         "GET path=/ host=[2001:db8::1]:80 1.1 keep"),
    GOOD("[RFC 9112 3.2]", GET "Host:\r\n\r\n", "GET path=/ host= 1.1 keep"),
    GOOD("[RFC 9112 3.2]", GET "Host: a_b-c.~d:\r\n\r\n", "GET path=/ host=a_b-c.~d: 1.1 keep"),
    BAD("[RFC 9112 3.2]", GET "\r\n", 400, "Host header is missing"),
    BAD("[RFC 9112 3.2]", GET HOST HOST "\r\n", 400, "more than one Host"),
    BAD("[RFC 9112 3.2]", "GET / HTTP/1.0\r\n" HOST "host: g\r\n\r\n", 400, "more than one Host"),
    BAD("[RFC 9112 3.2]", GET "Host: a b\r\n\r\n", 400, "not a host"),
    BAD("[RFC 9112 3.2]", GET "Host: a,b\r\n\r\n", 400, "not a host"),
    BAD("[RFC 9112 3.2]", GET "Host: a/b\r\n\r\n", 400, "not a host"),
    BAD("[RFC 9112 3.2]", GET "Host: u@h\r\n\r\n", 400, "not a host"),
    BAD("[RFC 9112 3.2]", GET "Host: h:123456\r\n\r\n", 400, "not a host"),
    BAD("[RFC 9112 3.2]", GET "Host: h:8o\r\n\r\n", 400, "not a host"),
    BAD("[RFC 9112 3.2]", GET "Host: :80\r\n\r\n", 400, "not a host"),
    BAD("[RFC 9112 3.2]", GET "Host: [::1\r\n\r\n", 400, "not a host"),
    BAD("[RFC 9112 3.2]", GET "Host: []\r\n\r\n", 400, "not a host"),
    BAD("[RFC 9112 3.2]", GET "Host: [::1]x\r\n\r\n", 400, "not a host"),
    BAD("[RFC 9112 3.2]", GET "Host: [::g]\r\n\r\n", 400, "not a host"),
    /* header lines */
    GOOD("[RFC 9112 5]",
         GET HOST "a:b\r\nEmpty:\r\nBlank: \t \r\nIn: x \t y\r\nHigh: \xE9\xFF\r\n\r\n",
         "GET path=/ host=h 1.1 keep a:b Empty: Blank: In:x \t y High:\xE9\xFF"),
    GOOD("[RFC 9110 5.6.2]", GET HOST "!#$%&'*+-.^_`|~09aZ: x\r\n\r\n",
         "GET path=/ host=h 1.1 keep !#$%&'*+-.^_`|~09aZ:x"),
    BAD("[RFC 9112 5.1]", GET "Host : h\r\n\r\n", 400, "before the colon"),
    BAD("[RFC 9112 5.1]", GET HOST "Content-Length\t: 5\r\n\r\n", 400, "before the colon"),
    BAD("[RFC 9112 5.1]", GET HOST ": x\r\n\r\n", 400, "before the colon"),
    BAD("[RFC 9112 5.1]", GET HOST "a b: x\r\n\r\n", 400, "before the colon"),
    BAD("[RFC 9112 5.1]", GET HOST "a(b): x\r\n\r\n", 400, "before the colon"),
    BAD("[RFC 9112 5.1]", GET HOST "a\xC3\xA9: x\r\n\r\n", 400, "before the colon"),
    BAD("[RFC 9112 5.1]", GET HOST "no colon\r\n\r\n", 400, "no colon"),
    BAD("[RFC 9112 5.2]", GET HOST "a: b\r\n c\r\n\r\n", 400, "folded"),
    BAD("[RFC 9112 5.2]", GET HOST "a: b\r\n\tTransfer-Encoding: chunked\r\n\r\n", 400, "folded"),
    BAD("[RFC 9112 2.2]", GET " " HOST "\r\n", 400, "folded"),
    BAD("[RFC 9110 5.5]", GET HOST "a: b\0c\r\n\r\n", 400, "0x00"),
    BAD("[RFC 9110 5.5]", GET HOST "a: b\x0B\r\n\r\n", 400, "0x0B"),
    BAD("[RFC 9110 5.5]", GET HOST "a: b\x7F\r\n\r\n", 400, "0x7F"),
    BAD("[RFC 9112 2.2]", GET HOST "a: b\nX: y\r\n\r\n", 400, "line feed"),
    BAD("[RFC 9112 2.2]", GET HOST "a: b\rX: y\r\n\r\n", 400, "carriage return"),
    BAD("[RFC 9112 2.2]", GET HOST "\n", 400, "line feed"),
    /* Content-Length */
    GOOD("[RFC 9112 6.2]", "PUT / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello",
         "PUT path=/ host=h 1.1 keep Content-Length:5 body=hello"),
    GOOD("[RFC 9112 6.2]", GET HOST "Content-Length: 0\r\n\r\n",
         "GET path=/ host=h 1.1 keep Content-Length:0"),
    GOOD("[RFC 9112 6.2]", GET HOST "content-length: 0005\r\n\r\n\0\r\n\r\x01",
         "GET path=/ host=h 1.1 keep content-length:0005 body=\0\r\n\r\x01"),
    GOOD("[RFC 9112 6.3]", GET HOST "Content-Length: 2\r\nContent-Length: 02\r\n\r\nab",
         "GET path=/ host=h 1.1 keep Content-Length:2 Content-Length:02 body=ab"),
    BAD("[RFC 9112 6.3]", GET HOST "Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc", 400,
        "differ"),
    BAD("[RFC 9112 6.3]", GET HOST "Content-Length: 2, 2\r\n\r\nab", 400, "not a number"),
    BAD("[RFC 9112 6.3]", GET HOST "Content-Length: +2\r\n\r\nab", 400, "not a number"),
    BAD("[RFC 9112 6.3]", GET HOST "Content-Length: -2\r\n\r\nab", 400, "not a number"),
    BAD("[RFC 9112 6.3]", GET HOST "Content-Length: 0x2\r\n\r\nab", 400, "not a number"),
    BAD("[RFC 9112 6.3]", GET HOST "Content-Length: 2 2\r\n\r\nab", 400, "not a number"),
    BAD("[RFC 9112 6.3]", GET HOST "Content-Length: 2.0\r\n\r\nab", 400, "not a number"),
    BAD("[RFC 9112 6.3]", GET HOST "Content-Length:\r\n\r\n", 400, "is empty"),
    GOOD("[RFC 9112 6.3]", GET HOST "Content-Length: 5\r\nX: Content-Length: 6\r\n\r\nhello",
         "GET path=/ host=h 1.1 keep Content-Length:5 X:Content-Length: 6 body=hello"),
    BAD("[RFC 9110 15.5.14]", GET HOST "Content-Length: 101\r\n\r\n", 413, "longer than 100"),
    BAD("[RFC 9110 15.5.14]", GET HOST "Content-Length: 18446744073709551616\r\n\r\n", 413,
        "longer"),
    BAD("[RFC 9110 15.5.14]", GET HOST "Content-Length: 99999999999999999999999999\r\n\r\n", 413,
        "longer"),
    /* Transfer-Encoding */
    GOOD("[RFC 9112 7.1]", CHUNKED "5\r\nhello\r\n0\r\n\r\n",
         "POST path=/ host=h 1.1 keep Transfer-Encoding:chunked body=hello"),
    GOOD("[RFC 9112 7.1]", CHUNKED "1\r\na\r\n2\r\nbc\r\n00a\r\n0123456789\r\n0000\r\n\r\n",
         "POST path=/ host=h 1.1 keep Transfer-Encoding:chunked body=abc0123456789"),
    GOOD("[RFC 9112 7.1]", CHUNKED "0\r\n\r\n",
         "POST path=/ host=h 1.1 keep Transfer-Encoding:chunked"),
    GOOD("[RFC 9112 7.1]", CHUNKED "B\r\n0\r\n\r\n0\r\n\r\nx\r\n0\r\n\r\n",
         "POST path=/ host=h 1.1 keep Transfer-Encoding:chunked body=0\r\n\r\n0\r\n\r\nx"),
    GOOD("[RFC 9112 7.1.1]", CHUNKED "3;a;b=c;d=\"e f\"\r\nabc\r\n0;last\r\n\r\n",
         "POST path=/ host=h 1.1 keep Transfer-Encoding:chunked body=abc"),
    GOOD("[RFC 9112 7.1.2]", CHUNKED "3\r\nabc\r\n0\r\nContent-Length: 9\r\nHost: x\r\n\r\n",
         "POST path=/ host=h 1.1 keep Transfer-Encoding:chunked body=abc"),
    GOOD("[RFC 9112 7]", GET HOST "TRANSFER-ENCODING:\tChunked \r\n\r\n0\r\n\r\n",
         "GET path=/ host=h 1.1 keep TRANSFER-ENCODING:Chunked"),
    BAD("[RFC 9112 6.1]", CHUNKED "5 \r\nhello\r\n0\r\n\r\n", 400, "not a chunk size"),
    BAD("[RFC 9112 7.1]", CHUNKED " 5\r\nhello\r\n0\r\n\r\n", 400, "not a chunk size"),
    BAD("[RFC 9112 7.1]", CHUNKED "5\nhello\r\n0\r\n\r\n", 400, "line feed"),
    BAD("[RFC 9112 7.1]", CHUNKED "0x5\r\nhello\r\n0\r\n\r\n", 400, "not a chunk size"),
    BAD("[RFC 9112 7.1]", CHUNKED "-5\r\nhello\r\n0\r\n\r\n", 400, "not a chunk size"),
    BAD("[RFC 9112 7.1]", CHUNKED "\r\nhello\r\n0\r\n\r\n", 400, "not a chunk size"),
    BAD("[RFC 9112 7.1]", CHUNKED "g\r\n", 400, "not a chunk size"),
    BAD("[RFC 9112 7.1]", CHUNKED "00000000000000005\r\nhello\r\n", 400, "not a chunk size"),
    BAD("[RFC 9112 7.1]", CHUNKED "ffffffffffffffff\r\n", 413, "longer than 100"),
    BAD("[RFC 9112 7.1]", CHUNKED "65\r\n", 413, "longer than 100"),
    BAD("[RFC 9112 7.1]", CHUNKED "3\r\nabc\r\n62\r\n", 413, "longer than 100"),
    BAD("[RFC 9112 7.1]", CHUNKED "3\r\nabcd\r\n0\r\n\r\n", 400, "longer than its size"),
    BAD("[RFC 9112 7.1]", CHUNKED "3\r\nabc\n0\r\n\r\n", 400, "longer than its size"),
    BAD("[RFC 9112 7.1]", CHUNKED "3\r\nabc\rx0\r\n\r\n", 400, "longer than its size"),
    BAD("[RFC 9112 7.1]", CHUNKED "3\r\nabc0\r\n\r\n", 400, "longer than its size"),
    BAD("[RFC 9112 7.1.2]", CHUNKED "0\r\nno colon\r\n\r\n", 400, "no colon"),
    BAD("[RFC 9112 7.1.2]", CHUNKED "0\r\n a: b\r\n\r\n", 400, "folded"),
    BAD("[RFC 9112 7.1.2]", CHUNKED "0\r\na: b\n\r\n", 400, "line feed"),
    BAD("[RFC 9112 6.1]",
        GET HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
        "both Content-Length and Transfer-Encoding"),
    BAD("[RFC 9112 6.1]",
        GET HOST "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n", 400,
        "both Content-Length and Transfer-Encoding"),
    BAD("[RFC 9112 6.1]", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
        "HTTP/1.0 has no"),
    BAD("[RFC 9112 6.3]", GET HOST "Transfer-Encoding: identity\r\n\r\n", 400, "one chunked"),
    BAD("[RFC 9112 6.3]", GET HOST "Transfer-Encoding: gzip\r\n\r\n", 400, "one chunked"),
    BAD("[RFC 9112 6.3]", GET HOST "Transfer-Encoding: chunked, gzip\r\n\r\n", 400, "one chunked"),
    BAD("[RFC 9112 6.3]", GET HOST "Transfer-Encoding: chunked, chunked\r\n\r\n", 400,
        "one chunked"),
    BAD("[RFC 9112 6.3]", GET HOST "Transfer-Encoding: xchunked\r\n\r\n", 400, "one chunked"),
    BAD("[RFC 9112 6.3]", GET HOST "Transfer-Encoding: chunked;q=1\r\n\r\n", 400, "one chunked"),
    BAD("[RFC 9112 6.3]", GET HOST "Transfer-Encoding: \"chunked\"\r\n\r\n", 400, "one chunked"),
    BAD("[RFC 9112 6.3]", GET HOST "Transfer-Encoding: chunked,\r\n\r\n", 400, "one chunked"),
    BAD("[RFC 9112 6.3]", GET HOST "Transfer-Encoding:\r\n\r\n", 400, "one chunked"),
    BAD("[RFC 9112 6.3]",
        GET HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
        "more than one Transfer-Encoding"),
    BAD("[RFC 9112 6.3]",
        GET HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", 400,
        "more than one Transfer-Encoding"),
    BAD("[RFC 9112 6.1]", GET HOST "Transfer-Encoding: gzip, chunked\r\n\r\n", 501, "but chunked"),
    BAD("[RFC 9112 5.1]", GET HOST "Transfer-Encoding : chunked\r\n\r\n", 400, "before the colon"),
    BAD("[RFC 9112 6.1]",
        GET HOST "Transfer-Encoding:\x0B"
                 "chunked\r\n\r\n",
        400, "0x0B"),
    /* what becomes of the connection */
    GOOD("[RFC 9112 9.3]", GET HOST "Connection: close\r\n\r\n",
         "GET path=/ host=h 1.1 close Connection:close"),
    GOOD("[RFC 9112 9.3]", GET HOST "Connection: keep-alive, CLOSE\r\n\r\n",
         "GET path=/ host=h 1.1 close Connection:keep-alive, CLOSE"),
    GOOD("[RFC 9112 9.3]", GET HOST "Connection: closed\r\n\r\n",
         "GET path=/ host=h 1.1 keep Connection:closed"),
    GOOD("[RFC 9112 9.3]", "GET / HTTP/1.0\r\n\r\n", "GET path=/ 1.0 close"),
    GOOD("[RFC 9112 9.3]", "GET / HTTP/1.0\r\nHost: h\r\nConnection: Keep-Alive\r\n\r\n",
         "GET path=/ host=h 1.0 keep Connection:Keep-Alive"),
    GOOD("[RFC 9112 9.3]", "GET / HTTP/1.0\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n",
         "GET path=/ 1.0 close Connection:keep-alive Connection:close"),
    GOOD("[RFC 9110 7.8]", GET HOST "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
         "GET path=/ host=h 1.1 keep Connection:Upgrade Upgrade:websocket"),
    /* expectations */
    GOOD("[RFC 9110 10.1.1]", GET HOST "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\nx",
         "GET path=/ host=h 1.1 keep Expect:100-Continue Content-Length:1 body=x"),
    BAD("[RFC 9110 10.1.1]", GET HOST "Expect: 200-ok\r\n\r\n", 417, "cannot be met"),
    BAD("[RFC 9110 10.1.1]", GET HOST "Expect:\r\n\r\n", 417, "cannot be met"),
};

/* A buffer of exactly its size, so that the sanitizer sees a byte read too many. */
static void extend(struct buf *b, bytes more) {
    b->ptr = mem_resize(b->ptr, b->len + more.len);
    if (more.len > 0)
        memcpy(b->ptr + b->len, more.ptr, more.len);
    b->len += more.len;
    b->capacity = b->len;
}

static void summarize(const struct http_request *r, struct buf *out) {
    buf_append(out, r->method);
    buf_text(out, " path=");
    buf_append(out, r->path);
    if (r->query.ptr)
        buf_text(out, " query=");
    buf_append(out, r->query);
    if (r->host.ptr)
        buf_text(out, " host=");
    buf_append(out, r->host);
    buf_printf(out, " 1.%d %s", r->version_minor, r->keep_alive ? "keep" : "close");
    for (size_t i = 0; i < r->header_count; i++) {
        if (bytes_equal_nocase(r->headers[i].name, BYTES("Host")))
            continue;
        buf_append_byte(out, ' ');
        buf_append(out, r->headers[i].name);
        buf_append_byte(out, ':');
        buf_append(out, r->headers[i].value);
    }
    if (r->body.len > 0)
        buf_text(out, " body=");
    buf_append(out, r->body);
}

/* Ends with the summary, or with "400 sentence"; "" when more is needed. */
static void read_cut(bytes text, size_t cut, struct buf *out) {
    struct http_parser *p = NEW(struct http_parser);
    AUTO(buf) in = {0};
    AUTO(arena) a = {0};
    http_parser_start(p, BODY_BYTES_MAX);
    status s = OK;
    enum http_progress progress = HTTP_MORE;
    for (size_t at = 0; at < text.len && s == OK && progress != HTTP_DONE; at += cut) {
        extend(&in, bytes_slice(text, at, cut));
        s = http_parser_read(p, &in, &progress);
    }
    if (s != OK) {
        CHECK_INT(status_info(s)->http >= 400, 1);
        buf_printf(out, "%d %s", p->http_status, failure_text());
        CHECK(http_parser_read(p, &in, &progress) == s);
    } else if (progress == HTTP_DONE) {
        struct http_request r;
        http_parser_request(p, &in, &a, &r);
        CHECK(http_parser_length(p) <= in.len);
        summarize(&r, out);
    }
    mem_free(p);
}

static void check_outcome(const struct row *r, bytes outcome) {
    if (r->http_status == 0) {
        CHECK_BYTES(outcome, r->what);
        return;
    }
    AUTO(buf) text = {0};
    buf_append(&text, outcome);
    AUTO(buf) code = {0};
    buf_printf(&code, "%d ", r->http_status);
    test_check_contains(buf_string(&text), buf_string(&code), __FILE__, __LINE__);
    test_check_contains(buf_string(&text), (const char *)r->what.ptr, __FILE__, __LINE__);
}

TEST(good_and_hostile_requests) {
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(buf) outcome = {0};
        read_cut(rows[i].text, rows[i].text.len, &outcome);
        check_outcome(&rows[i], buf_bytes(&outcome));
    }
}

TEST(cuts_change_nothing) {
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (size_t cut = 1; cut < rows[i].text.len; cut++) {
            AUTO(buf) outcome = {0};
            read_cut(rows[i].text, cut, &outcome);
            check_outcome(&rows[i], buf_bytes(&outcome));
        }
}

/* The text in two parts, at every place. */
TEST(a_cut_at_every_byte_changes_nothing) {
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (size_t cut = 0; cut < rows[i].text.len; cut++) {
            struct http_parser *p = NEW(struct http_parser);
            AUTO(buf) in = {0};
            enum http_progress progress = HTTP_MORE;
            http_parser_start(p, BODY_BYTES_MAX);
            extend(&in, bytes_slice(rows[i].text, 0, cut));
            status s = http_parser_read(p, &in, &progress);
            if (s == OK)
                CHECK(progress != HTTP_DONE || rows[i].http_status == 0);
            extend(&in, bytes_skip(rows[i].text, cut));
            if (s == OK)
                s = http_parser_read(p, &in, &progress);
            CHECK_INT(p->http_status, rows[i].http_status);
            CHECK((s == OK) == (rows[i].http_status == 0));
            mem_free(p);
        }
}

static void needs_more(bytes prefix) {
    AUTO(buf) outcome = {0};
    read_cut(prefix, prefix.len ? prefix.len : 1, &outcome);
    CHECK_INT(outcome.len, 0);
}

TEST(each_truncation_of_a_good_request_needs_more) {
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (rows[i].http_status == 0)
            test_each_truncation(rows[i].text, needs_more);
}

/* text × count, for the limits. */
static void repeat(struct buf *out, const char *text, size_t count) {
    for (size_t i = 0; i < count; i++)
        buf_text(out, text);
}

static void check_limit(struct buf *text, const char *outcome) {
    static const size_t cuts[] = {1000000, 7, 4096};
    for (size_t i = 0; i < COUNT_OF(cuts); i++) {
        AUTO(buf) got = {0};
        read_cut(buf_bytes(text), cuts[i], &got);
        test_check_contains(buf_string(&got), outcome, __FILE__, __LINE__);
    }
    buf_clear(text);
}

TEST(request_lines_end_at_sixteen_kibibytes) {
    AUTO(buf) text = {0};
    buf_text(&text, "GET /");
    repeat(&text, "a", HTTP_REQUEST_LINE_BYTES_MAX - 16);
    buf_text(&text, " HTTP/1.1\r\n" HOST "\r\n");
    check_limit(&text, "GET path=/aaa");
    buf_text(&text, "GET /");
    repeat(&text, "a", HTTP_REQUEST_LINE_BYTES_MAX - 15);
    buf_text(&text, " HTTP/1.1\r\n" HOST "\r\n");
    check_limit(&text, "414 the request line is longer than 16384 bytes");
    repeat(&text, "a", HTTP_REQUEST_LINE_BYTES_MAX + 1);
    check_limit(&text, "414 ");
}

TEST(headers_end_at_a_hundred_and_at_thirty_two_kibibytes) {
    AUTO(buf) text = {0};
    buf_text(&text, GET HOST);
    repeat(&text, "a: b\r\n", HTTP_HEADERS_MAX - 1);
    buf_text(&text, "\r\n");
    check_limit(&text, "GET path=/ host=h 1.1 keep a:b");
    buf_text(&text, GET HOST);
    repeat(&text, "a: b\r\n", HTTP_HEADERS_MAX);
    buf_text(&text, "\r\n");
    check_limit(&text, "431 there are more than 100 headers");
    buf_text(&text, GET HOST "a:");
    repeat(&text, "b", HTTP_HEADER_BYTES_MAX - 15);
    buf_text(&text, "\r\n\r\n");
    check_limit(&text, "GET path=/ host=h 1.1 keep a:bbb");
    buf_text(&text, GET HOST "a:");
    repeat(&text, "b", HTTP_HEADER_BYTES_MAX - 14);
    buf_text(&text, "\r\n\r\n");
    check_limit(&text, "431 the header lines are longer than 32768 bytes");
}

TEST(chunk_lines_and_trailers_are_bounded) {
    AUTO(buf) text = {0};
    buf_text(&text, CHUNKED "1;");
    repeat(&text, "x", HTTP_CHUNK_LINE_BYTES_MAX - 4);
    buf_text(&text, "\r\na\r\n0\r\n\r\n");
    check_limit(&text, "body=a");
    buf_text(&text, CHUNKED "1;");
    repeat(&text, "x", HTTP_CHUNK_LINE_BYTES_MAX - 3);
    buf_text(&text, "\r\na\r\n0\r\n\r\n");
    check_limit(&text, "400 a chunk size line is longer than 256 bytes");
    buf_text(&text, CHUNKED "0\r\n");
    repeat(&text, "a: b\r\n", HTTP_TRAILER_BYTES_MAX / 6);
    buf_text(&text, "\r\n");
    check_limit(&text, "Transfer-Encoding:chunked");
    buf_text(&text, CHUNKED "0\r\n");
    repeat(&text, "a: b\r\n", HTTP_TRAILER_BYTES_MAX / 6 + 1);
    buf_text(&text, "\r\n");
    check_limit(&text, "431 the trailer lines are longer than 8192 bytes");
}

TEST(chunk_framing_does_not_pile_up) {
    struct http_parser *p = NEW(struct http_parser);
    AUTO(buf) in = {0};
    enum http_progress progress;
    http_parser_start(p, BODY_BYTES_MAX);
    buf_text(&in, CHUNKED);
    CHECK_OK(http_parser_read(p, &in, &progress));
    size_t headers = in.len;
    for (size_t i = 0; i < BODY_BYTES_MAX; i++) {
        buf_text(&in, "1;some=extension\r\nx\r\n");
        CHECK_OK(http_parser_read(p, &in, &progress));
        CHECK_INT(in.len, headers + i + 1);
    }
    mem_free(p);
}

TEST(pipelined_requests_follow_each_other) { /* [RFC 9112 9.3.2] */
    struct http_parser *p = NEW(struct http_parser);
    AUTO(buf) in = {0}, seen = {0};
    enum http_progress progress;
    bytes text = BYTES("POST /1 HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nab"
                       "POST /2 HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
                       "1\r\nc\r\n2;x\r\nde\r\n0\r\nT: t\r\n\r\n"
                       "\r\nGET /3 HTTP/1.1\r\n" HOST "\r\n"
                       "GET /4");
    for (size_t cut = 1; cut <= text.len; cut++) {
        buf_clear(&in);
        buf_clear(&seen);
        http_parser_start(p, BODY_BYTES_MAX);
        for (size_t at = 0; at < text.len; at += cut) {
            buf_append(&in, bytes_slice(text, at, cut));
            for (;;) {
                AUTO(arena) a = {0};
                struct http_request r;
                CHECK_OK(http_parser_read(p, &in, &progress));
                if (progress != HTTP_DONE)
                    break;
                http_parser_request(p, &in, &a, &r);
                buf_append(&seen, r.path);
                buf_append(&seen, r.body);
                buf_drop_front(&in, http_parser_length(p));
                http_parser_start(p, BODY_BYTES_MAX);
            }
        }
        CHECK_BYTES(buf_bytes(&seen), BYTES("/1ab/2cde/3"));
        CHECK_BYTES(buf_bytes(&in), BYTES("GET /4"));
    }
    mem_free(p);
}

static void expect_progress(struct http_parser *p, struct buf *in, const char *more,
                            enum http_progress want) {
    enum http_progress progress;
    buf_text(in, more);
    CHECK_OK(http_parser_read(p, in, &progress));
    CHECK_INT(progress, want);
}

TEST(says_once_that_the_client_waits_for_100_continue) { /* [RFC 9110 10.1.1] */
    struct http_parser *p = NEW(struct http_parser);
    AUTO(buf) in = {0};
    http_parser_start(p, BODY_BYTES_MAX);
    expect_progress(p, &in, GET HOST "Expect: 100-continue\r\nContent-Length: 2\r\n\r", HTTP_MORE);
    expect_progress(p, &in, "\n", HTTP_CONTINUE);
    expect_progress(p, &in, "", HTTP_MORE);
    expect_progress(p, &in, "a", HTTP_MORE);
    expect_progress(p, &in, "b", HTTP_DONE);
    buf_clear(&in);
    http_parser_start(p, BODY_BYTES_MAX); /* chunked */
    expect_progress(p, &in, GET HOST "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n",
                    HTTP_CONTINUE);
    expect_progress(p, &in, "0\r\n\r\n", HTTP_DONE);
    buf_clear(&in);
    http_parser_start(p, BODY_BYTES_MAX); /* the body is on its way already */
    expect_progress(p, &in, GET HOST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\na",
                    HTTP_MORE);
    buf_clear(&in);
    http_parser_start(p, BODY_BYTES_MAX); /* no body */
    expect_progress(p, &in, GET HOST "Expect: 100-continue\r\n\r\n", HTTP_DONE);
    buf_clear(&in);
    http_parser_start(p, BODY_BYTES_MAX); /* 1.0 cannot wait */
    expect_progress(p, &in, "PUT / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n",
                    HTTP_MORE);
    mem_free(p);
}

TEST(a_body_beyond_the_limit_may_be_allowed) {
    struct http_parser *p = NEW(struct http_parser);
    AUTO(buf) in = {0};
    AUTO(arena) a = {0};
    struct http_request r;
    enum http_progress progress;
    http_parser_start(p, 2);
    p->large_bytes_max = 4;
    expect_progress(p, &in, GET HOST "Content-Length: 4\r\n\r\nab", HTTP_LARGE);
    CHECK_INT(http_parser_length_asked(p), 4);
    http_parser_request(p, &in, &a, &r);
    CHECK(r.body.len == 0 && r.header_count == 2);
    http_parser_allow(p);
    expect_progress(p, &in, "c", HTTP_MORE);
    expect_progress(p, &in, "d", HTTP_DONE);
    http_parser_request(p, &in, &a, &r);
    CHECK_BYTES(r.body, BYTES("abcd"));
    buf_clear(&in);
    http_parser_start(p, 2);
    p->large_bytes_max = 4;
    expect_progress(p, &in, GET HOST "Content-Length: 3\r\n\r\n", HTTP_LARGE);
    CHECK_FAILS(http_parser_deny(p), E_TOO_LARGE, "the body is longer than 2 bytes");
    CHECK_INT(p->http_status, 413);
    CHECK(http_parser_read(p, &in, &progress) == E_TOO_LARGE);
    buf_clear(&in);
    http_parser_start(p, 2);
    p->large_bytes_max = 4;
    buf_text(&in, GET HOST "Content-Length: 5\r\n\r\n");
    CHECK(http_parser_read(p, &in, &progress) == E_TOO_LARGE);
    mem_free(p);
}

TEST(looks_headers_up_in_any_case_and_joins_duplicates) { /* [RFC 9110 5.3] */
    struct http_parser *p = NEW(struct http_parser);
    AUTO(buf) in = {0};
    AUTO(arena) a = {0};
    struct http_request r;
    http_parser_start(p, BODY_BYTES_MAX);
    expect_progress(p, &in,
                    GET HOST "Accept: a\r\naccept:b\r\nACCEPT: c, d\r\nEmpty:\r\n"
                             "Connection: keep-alive, Upgrade\r\nConnection: x\r\n\r\n",
                    HTTP_DONE);
    http_parser_request(p, &in, &a, &r);
    CHECK_BYTES(http_header_find(&r, "aCCept"), BYTES("a"));
    CHECK_BYTES(http_header_joined(&r, "accept", &a), BYTES("a, b, c, d"));
    CHECK_BYTES(http_header_joined(&r, "host", &a), BYTES("h"));
    CHECK(http_header_find(&r, "empty").ptr != NULL);
    CHECK(http_header_find(&r, "none").ptr == NULL);
    CHECK(http_header_joined(&r, "none", &a).ptr == NULL);
    CHECK(http_header_lists(&r, "connection", "upgrade"));
    CHECK(http_header_lists(&r, "Connection", "X"));
    CHECK(!http_header_lists(&r, "connection", "grade"));
    CHECK(!http_header_lists(&r, "none", "x"));
    mem_free(p);
}

TEST_MAIN("http/request")
