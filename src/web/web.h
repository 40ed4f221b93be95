/* Requests to other servers by HTTP(S): webhooks, object stores, files that others publish.
 *
 * libcurl behind one header. Blocks until the answer is there or the time is over: for workers and
 * the command line, never for loops. A thread keeps its connections open for the next request to
 * the same server. Redirections are followed only when asked for, proxies from the environment
 * used only for REACH_ANY: for else the address that is checked would not be the one that gets the
 * request. */
#pragma once
#include <stdatomic.h>

#include "http/request.h"
#include "web/reach.h"

enum { WEB_URL_BYTES_MAX = 2000 /* [AWS iot Url] */ };

/* web_url_check refuses what could never be called, before any name is looked up: not http or
 * https, user and password, IPv6 literals [AWS rules 6.2], http or a private IPv4 address when
 * `reach` does not allow it. E_INVALID with the reason. */
NODISCARD
status web_url_check(bytes url, enum web_reach reach);
/* web_url_is_private tells whether the host of a good URL is this machine or in a private
 * network, whichever of its addresses is asked. Looks the name up: blocks. */
bool web_url_is_private(bytes url);
/* web_url_authority gives "https://host:port" of a good URL, in lower case, as a text of `a`:
 * who is called, whatever path and query. */
NODISCARD
status web_url_authority(struct arena *a, bytes url, bytes *out);

/* All borrowed. */
struct web_request {
    const char *method;
    const char *url;
    const struct http_header *headers;
    size_t header_count;
    bytes body;
    enum web_reach reach;
    unsigned timeout_ms, redirects_max;
    size_t answer_bytes_max;
    const char *ca_file;      /* PEM: the CAs trusted instead of the system's; or NULL */
    const _Atomic bool *stop; /* true ends it; or NULL */
};
struct web_answer {
    int status; /* 200 … */
    struct buf body;
};
void web_answer_done(struct web_answer *a);

/* web_send gives whatever was answered, 500 included. E_UNAVAILABLE: nobody there, or the
 * connection ended without an answer, and another try may do better. Any other failure lasts: the
 * address is out of reach (E_DENIED), its certificate not trusted, the time over, the answer larger
 * than allowed (E_INVALID). */
NODISCARD
status web_send(const struct web_request *r, struct web_answer *out);
