/* Rules at work: which of an account's rules a message concerns, and a worker that runs them
 * [AWS rules 1.2, 6].
 *
 * A loop only asks whether any rule fits, which it remembers per client and topic; the message is
 * copied for the worker, which evaluates and acts. One worker runs all rules, so what a rule makes
 * of one publisher's messages keeps their order. */
#pragma once
#include "broker/message.h"
#include "gateway/event_log.h"
#include "store/store.h"

struct plane;
struct rule_delivery; /* rules/delivery.h */
struct rules;
struct server;

/* rules_open reads the rules of all accounts. */
NODISCARD
status rules_open(struct server *s);
void rules_close(struct server *s); /* after the workers */

/* rules_told takes in what a commit changed; part of the store's listener. */
void rules_told(struct server *s, const struct change *changes, size_t count);

/* rules_generation changes when rules do; while it is the same an answer of rules_want holds. */
uint64_t rules_generation(const struct server *s);
/* rules_want tells whether a message to this topic concerns any rule. Any thread, never waits. */
bool rules_want(struct server *s, bytes account, bytes topic);

/* Where a message comes from; all borrowed. */
struct rule_source {
    bytes account;
    bytes client_id; /* ptr NULL: not from an MQTT client */
    bytes principal, source_ip;
    unsigned hops;     /* rules it has been through */
    logged_set logged; /* what is logged of an MQTT client (gateway/event_log.h) */
};
/* rules_offer hands a message to the worker; on the plane's loop. When too much waits it is
 * dropped, which the log tells. */
void rules_offer(struct plane *p, const struct rule_source *from, const struct publication *m);

/* rules_undelivered hears of a delivery that failed for good: the log is told, and the rule's error
 * action gets it. For struct outward; any worker. */
void rules_undelivered(void *server, bytes account, const struct rule_delivery *d,
                       const char *sentence);
