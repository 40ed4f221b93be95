/* What the files of SigV4 share; for them and their tests. */
#pragma once
#include "identity/sigv4.h"

/* A peer's bytes in a sentence, for "%.*s": their beginning. */
#define SIGV4_QUOTE(b) (int)((b).len < 100 ? (b).len : 100), (const char *)(b).ptr

enum { SIGV4_SIGNED_HEADERS_MAX = HTTP_HEADERS_MAX };

/* How signers of WebSocket URLs differ [AWS control-plane 3.3] [AWS device-gateway 10]. */
struct sigv4_variant {
    bool without_token; /* the token was appended after signing */
    bool without_port;  /* the host was signed without its port */
    bool path_as_sent;  /* of S3: neither tidied nor encoded once more */
};

/* sigv4_canonical_path appends the path as signers write it: dot segments and empty segments
 * removed, then percent-encoded once more than on the wire. */
void sigv4_canonical_path(bytes path, struct buf *out);
/* sigv4_canonical_query appends the parameters decoded, encoded and sorted; without X-Amz-Signature
 * when presigned. E_SIGNATURE_INVALID when they cannot be read. */
NODISCARD
status sigv4_canonical_query(const struct sigv4 *s, bytes query, struct sigv4_variant variant,
                             struct arena *a, struct buf *out);
/* sigv4_canonical_headers appends "name:value\n" for each signed header, in their order. */
void sigv4_canonical_headers(const struct sigv4 *s, const struct http_request *r,
                             struct sigv4_variant variant, struct buf *out);
/* sigv4_canonical_request appends the whole of it; `payload_hash` is its last line. */
NODISCARD
status sigv4_canonical_request(const struct sigv4 *s, const struct http_request *r,
                               bytes payload_hash, struct sigv4_variant variant, struct arena *a,
                               struct buf *out);

enum { SIGV4_HEX_LEN = 64 };

/* sigv4_hash writes SHA-256 of `data` in hexadecimal. */
void sigv4_hash(struct sigv4_signer *g, bytes data, char out[SIGV4_HEX_LEN]);
/* sigv4_compute makes the canonical request and its signature by `secret`, in hexadecimal;
 * `payload` is the last line. */
NODISCARD
status sigv4_compute(struct sigv4_signer *g, const struct sigv4 *s, const struct http_request *r,
                     bytes secret, bytes payload, struct sigv4_variant variant, struct arena *a,
                     char out[SIGV4_HEX_LEN]);
