/* What the files of the request parser share; for this folder and its tests. */
#pragma once
#include "http/request.h"

enum state {
    REQUEST_LINE,
    HEADERS,
    BODY,
    CHUNK_SIZE,
    CHUNK_DATA,
    CHUNK_END,
    TRAILERS,
    LARGE, /* the caller is asked about the body */
    DONE,
    FAILED,
};

/* http_refuse ends the parser and yields how `http_status` reads elsewhere in the server; REFUSE
 * also records the sentence, first, for it may quote the parser. */
status http_refuse(struct http_parser *p, int http_status);
#define REFUSE(p, http_status, ...) \
    (failure_set(__FILE__, __LINE__, __VA_ARGS__), http_refuse((p), (http_status)))

/* A peer's bytes in a sentence, for "%.*s": their beginning. */
#define QUOTE(b) (int)((b).len < 60 ? (b).len : 60), (const char *)(b).ptr

static inline struct http_place http_place_of(const struct buf *in, bytes b) {
    return (struct http_place){(uint32_t)(b.ptr - in->ptr), (uint32_t)b.len};
}

/* target.c: reads method, target and version, and moves on to the headers. */
NODISCARD
status http_read_request_line(struct http_parser *p, const struct buf *in, bytes line);

/* framing.c: keeps one header line, and heeds those that matter here. */
NODISCARD
status http_read_header(struct http_parser *p, const struct buf *in, bytes line);
/* At the empty line: decides how the body is delimited, and moves on to it. */
NODISCARD
status http_end_headers(struct http_parser *p);
NODISCARD
status http_split_field(struct http_parser *p, bytes line, bytes *out_name, bytes *out_value);

/* syntax.c: the small grammars */
bool http_is_token(bytes b);     /* a method or a header name [RFC 9110 5.6.2] */
bool http_is_path(bytes b);      /* [RFC 3986 3.3], escapes not looked into */
bool http_is_query(bytes b);     /* [RFC 3986 3.4], and what browsers leave unescaped: {|}^`\ */
bool http_is_authority(bytes b); /* host [":" port], no user; the host may not be empty */
