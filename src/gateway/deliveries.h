/* What leaves this server by the outbox, and what the log hears of it. */
#pragma once
#include "outbox/outbox.h"

struct server;

/* deliveries_open makes server->outbox with all kinds; deliveries_start takes up what an earlier
 * server left. Its crew starts at once, so who its kinds reach, loops included, must be there. */
NODISCARD
status deliveries_open(struct server *s);
NODISCARD
status deliveries_start(struct server *s);
void deliveries_close(struct server *s); /* after outbox_wait */
