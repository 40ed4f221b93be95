/* A topic rule, compiled: a statement, actions, and what happens when one fails [AWS rules 6].
 *
 * A rule never changes; it is counted, and any number of threads run it at a time. What its actions
 * reach is lent by whoever runs it (`struct rule_host`). */
#pragma once
#include "sql/sql.h"

enum { RULE_ACTIONS_MAX = 10, RULE_HOPS_MAX = 8 /* messages that rules made of messages */ };

struct rule;

/* rule_compile reads a TopicRulePayload as JSON text [AWS rules 6.1]; both are copied. E_SQL_PARSE
 * for the statement and the templates; E_INVALID for an action that this server does not have,
 * naming those it has, or that lacks something. */
NODISCARD
status rule_compile(bytes name, bytes payload, struct rule **out);
struct rule *rule_ref(struct rule *r);
void rule_unref(struct rule *r); /* NULL does nothing */

bytes rule_name(const struct rule *r);
bytes rule_topic_filter(const struct rule *r); /* no bytes: FROM is missing */
bool rule_is_disabled(const struct rule *r);
bool rule_matches(const struct rule *r, bytes topic);

/* What an action publishes; all borrowed. */
struct rule_publication {
    bytes topic, payload, properties; /* properties of MQTT 5, encoded */
    uint8_t qos;
};

/* What the actions of a run may use; all borrowed for the run. */
struct rule_host {
    void *context;
    /* publish passes a message on to the account's subscribers, and to its rules. */
    status (*publish)(void *context, const struct rule_publication *p);
    /* failed tells of an action that did not succeed; for logs. `error_action` when it was that. */
    void (*failed)(void *context, const struct rule *r, const char *action, const char *sentence,
                   bool error_action);
    /* function_failed tells of functions in the statement that could not answer, a line each, and
     * were Undefined; may be NULL. */
    void (*function_failed)(void *context, const struct rule *r, const char *sentences);
    const struct sql_outside *outside; /* may be NULL */
};

/* rule_run evaluates the rule on a message and runs its actions, each by itself; when any failed,
 * the error action gets all failures [AWS rules 6.5]. True when the rule's WHERE let it run.
 * Blocks as long as its actions do: workers only. */
bool rule_run(const struct rule *r, const struct sql_message *m, const struct rule_host *host);
