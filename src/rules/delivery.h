/* Deliveries: what actions leave to the outbox, and take up there again.
 *
 *     rule_run ─▶ action: delivery_put ─▶ rule_host.put ─▶ outbox ─▶ action: deliver ─▶ elsewhere
 *                                                             └─▶ for good: outward.failed
 *                                                                           ─▶ rule_fail
 *
 * An item holds all that is needed when the rule has changed, or is gone: what the action made of
 * the message, and for the error action the message itself. */
#pragma once
#include "outbox/outbox.h"
#include "rules/outward.h"
#include "rules/rule.h"

struct rule_delivery {
    bytes rule, action; /* names */
    bytes failed;       /* the action's name in error documents */
    bytes resource;     /* where to; for the error document */
    bytes content;      /* the action's own */
    bool has_message;   /* the rule has an error action, which needs: */
    bytes topic, payload, client_id, principal, source_ip, trace_id;
    bool from_mqtt;
    int64_t now_ms;
    uint64_t hops;
};

/* delivery_decode reads an item of the outbox; all borrows from `payload`. E_INTERNAL. */
NODISCARD
status delivery_decode(bytes payload, struct rule_delivery *out);
/* delivery_message is the message as it came, for rule_fail. */
struct sql_message delivery_message(const struct rule_delivery *d, bytes account);

/* deliveries_add makes known how items of rules are delivered: between outbox_new and
 * outbox_start. */
struct deliveries;
struct deliveries *deliveries_add(struct outbox *o, const struct outward *outward);
void deliveries_free(struct deliveries *d); /* after the outbox; NULL does nothing */
