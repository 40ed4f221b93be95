/* Uploads: requests whose body is larger than others may be, the code and the events of functions.
 *
 *     head of the request ─▶ is it for such an operation? ─▶ room? ─▶ a worker: are its credentials
 *     known? ─▶ the body is read
 *
 * The signature covers the body, so it is verified only when that is there; until then a caller can
 * hold memory who knows an access key of this server, up to UPLOAD_BYTES_MAX together. */
#pragma once
#include "gateway/http.h"

enum {
    UPLOAD_BYTES_MAX = 192 << 20, /* of all that are under way */
    UPLOAD_MS_MAX = 300000        /* from the first byte of a request to its last */
};

/* upload_start asks about the request that the parser has the head of (HTTP_LARGE); meanwhile `in`
 * must stay as it is. upload_decided is called on the loop with what came out. E_TOO_LARGE: no
 * request of this kind is that large; the parser has denied it when there is nothing special about
 * it. E_UNAVAILABLE: not now. */
struct upload;
NODISCARD
status upload_start(struct connection *c, struct http_parser *parser, const struct buf *in,
                    struct upload **out_upload);
/* upload_free gives back the room it took, once it is decided; NULL does nothing. */
void upload_free(struct upload *u);

/* Of http.c: `s` and a sentence that lives as long as the call. */
void upload_decided(struct connection *c, status s, const char *sentence);
