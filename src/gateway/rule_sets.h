/* Which rules there are, in all accounts, and which of them a message concerns [AWS
 * rules 1.2, 6.6].
 *
 * Rules are compiled once and counted; a lock is held for a look, never across a call that waits.
 * Any thread. */
#pragma once
#include "rules/rule.h"
#include "store/store.h"

struct rule_sets;
struct server;

/* rule_sets_open reads the rules of all accounts; one that no longer compiles is told of. */
NODISCARD
status rule_sets_open(struct server *s, struct rule_sets **out_sets);
void rule_sets_free(struct rule_sets *sets); /* NULL does nothing */

/* rule_sets_told takes in what a commit changed. */
void rule_sets_told(struct rule_sets *sets, const struct change *changes, size_t count);
/* rule_sets_generation changes when rules do. */
uint64_t rule_sets_generation(const struct rule_sets *sets);

/* rule_sets_want tells whether a message to this topic concerns any rule. */
bool rule_sets_want(struct rule_sets *sets, bytes account, bytes topic);
/* rule_sets_take gives the rules it concerns, each with a reference: they may be replaced
 * meanwhile. */
size_t rule_sets_take(struct rule_sets *sets, bytes account, bytes topic, struct arena *a,
                      struct rule ***out_rules);
/* rule_sets_find gives a reference, or NULL. */
struct rule *rule_sets_find(struct rule_sets *sets, bytes account, bytes name);

/* Under Basic Ingest the rule is named by the topic, and only what follows is the topic; both stay
 * as they are otherwise. */
bool rule_topic_is_ingest(bytes topic, bytes *out_rule, bytes *out_topic);
