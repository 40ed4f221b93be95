/* Rules that wait for a function or a database: those whose statement or templates call
 * aws_lambda() or get_dynamodb(), up to 2 s each [AWS rules 4]. They run beside the rules' worker,
 * so that no other rule waits for them; each has a line of its own and a few workers of the crew at
 * a time, so that one does not wait for another either. Their messages keep no order, as on AWS. */
#pragma once
#include "loop/workers.h"

struct rule_waits;

/* One message for one rule; embedded. */
struct rule_wait {
    struct rule_wait *next;
    void (*run)(struct rule_wait *w); /* on a worker; frees its owner */
};

struct rule_waits *rule_waits_new(void);
void rule_waits_free(struct rule_waits *waits); /* after the workers; NULL does nothing */

/* rule_waits_offer has it run by a worker. E_UNAVAILABLE when too many messages wait for this rule:
 * the owner keeps it then. `rule` is what tells rules apart. Any thread. */
NODISCARD
status rule_waits_offer(struct rule_waits *waits, struct workers *crew, bytes rule,
                        struct rule_wait *w);
