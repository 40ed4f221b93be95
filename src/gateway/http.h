/* HTTP on a connection: requests of the control plane, one at a time, answered by a worker.
 *
 * A request is read whole before anything is done about it, bounded in size and time, and all that
 * are under way together in size: beyond 32 MiB the one that is incomplete longest is refused.
 * While it is being answered nothing more is read from its connection, so a flood of pipelined
 * requests waits in the kernel. On the --https listener requests are refused by name: only MQTT
 * lives there today.
 */
#pragma once
#include "gateway/connection.h"

void http_start(struct connection *c);
void http_free(struct http_client *h);
