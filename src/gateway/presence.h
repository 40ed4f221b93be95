/* Presence: which client identifiers are connected, since when, and why those that are not went.
 *
 * In memory, in parts with a lock each, touched twice in the life of a connection and by searches;
 * nothing is written to the store. Of clients that went the last ones are remembered
 * (PRESENCE_GONE_MAX); a restart forgets all of them. Any thread. */
#pragma once
#include "registry/connectivity.h"

enum { PRESENCE_PARTS = 64, PRESENCE_GONE_MAX = 256 * 1024, PRESENCE_VERSION_MS = 3600 * 1000 };

struct presence;

struct presence *presence_new(void);
void presence_free(struct presence *p); /* NULL does nothing */

/* presence_came enters a client that is connected now and gives its version number, which grows
 * with each connection of the identifier and is 0 again an hour after the last one
 * [AWS device-gateway 9.1]. NULL for `p` remembers nothing. */
uint64_t presence_came(struct presence *p, bytes account, bytes client_id, int64_t now_ms);
/* presence_went: `reason` is a constant, "CONNECTION_LOST". */
void presence_went(struct presence *p, bytes account, bytes client_id, const char *reason,
                   int64_t now_ms);

/* presence_source is how the control plane asks; it lasts as long as `p`. */
struct connectivity_source *presence_source(struct presence *p);
