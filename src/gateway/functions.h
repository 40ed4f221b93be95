/* Functions in this server: what they are lent to run with (runtime/runtime.h), from opening the
 * data directory to the last worker's end. */
#pragma once
#include "base/status.h"

struct server;

/* functions_open makes server->functions and server->function_host. */
NODISCARD
status functions_open(struct server *s);
/* functions_announce tells functions where this server listens; once its doors are open, before
 * the first of them runs. */
void functions_announce(struct server *s);
/* functions_stop ends all processes, so that no worker waits for one any more. */
void functions_stop(struct server *s);
void functions_close(struct server *s);
/* functions_sweep removes code that was replaced; now and then, on a thread that may block. */
void functions_sweep(struct server *s);
