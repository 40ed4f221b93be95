/* The way into an account's topic space for whoever has no connection: the API's Publish. */
#pragma once
#include "base/status.h"
#include "broker/message.h"

struct publisher;

struct publisher_ops {
    status (*publish)(struct publisher *p, bytes account, const struct publication *m);
};
/* Embedded by an implementation. */
struct publisher {
    const struct publisher_ops *ops;
};

/* publisher_publish passes a message on to the account's subscribers and rules; one with `retain`
 * is on disk when it returns. Blocks: workers only. E_UNAVAILABLE when the disk refuses, and when
 * `p` is NULL. */
NODISCARD
status publisher_publish(struct publisher *p, bytes account, const struct publication *m);
