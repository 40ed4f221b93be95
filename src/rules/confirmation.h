/* Confirmations: asking the owner of a URL whether rules may send there [AWS rules 6.4]. */
#pragma once
#include "outbox/outbox.h"
#include "registry/topic_rule_destination.h"
#include "rules/outward.h"

/* confirmation_put asks the owner of a destination that is IN_PROGRESS, once the transaction is
 * committed. `base` is where this server is reached: "http://host:port". E_UNAVAILABLE. */
NODISCARD
status confirmation_put(struct outbox *o, const struct registry *r,
                        const struct topic_rule_destination *d, bytes base);

/* confirmation_kind is how they are delivered: three tries; then the destination is in ERROR. */
struct outbox_kind confirmation_kind(const struct outward *outward);
