/* What is published: a borrowed view while it is routed, and an immutable counted copy for queues.
 */
#pragma once
#include <stdatomic.h>

#include "base/bytes.h"

/* One PUBLISH on its way. Borrows everything; lives for one call. */
struct publication {
    bytes topic;
    bytes payload;
    bytes properties; /* of MQTT 5, to be passed on: encoded, without their length */
    uint8_t qos;      /* 0 or 1 */
    bool retain;      /* as the publisher sent it */
};

/* An immutable copy, counted; any thread may hold one. */
struct message {
    _Atomic uint32_t references;
    uint32_t topic_bytes, properties_bytes, payload_bytes;
    uint8_t qos;
    bool retain;
    uint8_t data[]; /* topic, properties, payload */
};

/* message_new copies a publication; the caller owns one reference. */
struct message *message_new(const struct publication *p);
struct message *message_ref(struct message *m);
void message_unref(struct message *m); /* NULL does nothing */
/* message_view borrows. */
struct publication message_view(const struct message *m);
