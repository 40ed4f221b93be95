/* What leaves this server by the outbox, and what the log hears of it. */
#pragma once
#include "outbox/outbox.h"

struct server;

/* deliveries_open makes server->outbox with all kinds and takes up what an earlier server left. Its
 * crew starts at once, so who its kinds reach must be there. */
NODISCARD
status deliveries_open(struct server *s);
