/* Announcements: what the server itself publishes to an account's devices, under `$aws/events/…`
 * mostly [AWS device-gateway 9]. At QoS 1, not retained.
 *
 * All go through one loop, so that they keep the order of the commits they tell of. */
#pragma once
#include "base/bytes.h"
#include "store/store.h"

struct server;

/* announcements_send is the store's announcer (store_on_announcement): any thread, never waits. */
void announcements_send(void *server, const struct announcement *announcements, size_t count);
/* announce_now is for what belongs to no transaction; any thread, copies what it is given. */
void announce_now(struct server *s, bytes account, bytes topic, bytes payload);
