/* Messages of the API on their way to a loop (broker/publisher.h). */
#pragma once
#include "broker/publisher.h"

struct server;
struct rule_source;

/* publisher_new lives as long as the server. */
struct publisher *publisher_new(struct server *s);
void publisher_free(struct publisher *p); /* NULL does nothing */

/* publish_later copies a message and publishes it on the first loop, where rules see it, too; any
 * thread. Of `from` only the account and the hops are kept. */
void publish_later(struct server *s, const struct rule_source *from, const struct publication *m);
