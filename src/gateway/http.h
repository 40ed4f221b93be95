/* HTTP on a connection: requests of the control plane, one at a time, answered by a worker.
 *
 * A request is read whole before anything is done about it, bounded in size and time, and all that
 * are under way together in size: beyond 32 MiB the one that is incomplete longest is refused.
 * Only the code and the events of functions may be larger than 1 MiB (gateway/upload.h).
 * While it is being answered nothing more is read from its connection, so a flood of pipelined
 * requests waits in the kernel. On the --https listener it is devices that ask (gateway/https.h).
 */
#pragma once
#include "api/api.h"
#include "gateway/connection.h"
#include "loop/workers.h"

void http_start(struct connection *c);
void http_free(struct http_client *h);

/* A request that is being answered. It and all it borrows live until http_answered, also when its
 * client goes away. */
struct http_call {
    struct job job; /* of the control plane */
    struct connection *connection;
    struct arena memory;
    struct http_request request;
    struct api_response answer; /* to be filled in */
};

/* http_answered sends the answer, if somebody is there to take it, and frees the call; on the loop.
 */
void http_answered(struct http_call *k);
