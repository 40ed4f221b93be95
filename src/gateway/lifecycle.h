/* Lifecycle events: clients that come, go, subscribe and unsubscribe, told under
 * $aws/events/presence and $aws/events/subscriptions [AWS device-gateway 9.1].
 *
 * Always on. An event that nobody subscribed to costs a look at the topic index and is not written.
 * On the client's loop. */
#pragma once
#include "gateway/mqtt.h"

/* lifecycle_connected also enters the client among those present (gateway/presence.h). */
void lifecycle_connected(struct mqtt_client *m);
/* lifecycle_disconnected is for a client that was connected; reasons are AWS's. */
void lifecycle_disconnected(struct mqtt_client *m, const char *reason);
/* lifecycle_connect_failed: the policies do not let it connect. */
void lifecycle_connect_failed(struct mqtt_client *m);

/* Filters of one packet, each with a zero behind it: those that were granted, or had been
 * subscribed to. Nothing is told of none. */
void lifecycle_subscribed(struct mqtt_client *m, bytes granted);
void lifecycle_unsubscribed(struct mqtt_client *m, bytes dropped);

/* lifecycle_reason is the disconnectReason of an event of the log (mqtt_fail). */
const char *lifecycle_reason(const char *event);
