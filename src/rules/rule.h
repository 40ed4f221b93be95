/* A topic rule, compiled: a statement, actions, and what happens when one fails [AWS rules 6].
 *
 * A rule never changes; it is counted, and any number of threads run it at a time. What its actions
 * reach is lent by whoever runs it (`struct rule_host`). */
#pragma once
#include "sql/sql.h"

enum { RULE_ACTIONS_MAX = 10, RULE_HOPS_MAX = 8 /* messages that rules made of messages */ };

struct log_entry;   /* logs/logs.h */
struct outbox_item; /* outbox/outbox.h */
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
/* rule_may_wait: its statement or a template may call aws_lambda() or get_dynamodb(), which take
 * seconds. */
bool rule_may_wait(const struct rule *r);
/* rule_reads_rows: it calls get_dynamodb(), which wants a database (rules/tables.h). */
bool rule_reads_rows(const struct rule *r);
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
    /* put leaves work to the outbox, durably; `destination_url`, unless it has no bytes, must be
     * allowed by an enabled destination. NULL: this server delivers nothing. */
    status (*put)(void *context, const struct outbox_item *item, bytes destination_url);
    /* invoke leaves an event (JSON) to a function, durably, if its policy lets this rule in
     * [AWS rules 6.1]. NULL: this server runs none. */
    status (*invoke)(void *context, const struct rule *r, bytes function, bytes event);
    /* may asks whether a role that an action names may do it on a resource of the account, written
     * as an ARN has it behind the account ("topic/a"), or as a whole ARN. NULL: every role may. */
    status (*may)(void *context, bytes role_arn, const char *action, bytes resource);
    /* executed tells of an action that succeeded, and what it acted on; may be NULL. */
    void (*executed)(void *context, const struct rule *r, const char *action, bytes resource);
    /* log adds lines to a log group, in a stream of the rule's name, if the role may; E_NOT_FOUND
     * without that group. NULL: this server keeps no logs. */
    status (*log)(void *context, bytes role_arn, bytes group, bytes stream,
                  const struct log_entry *entries, size_t count);
    const struct sql_outside *outside; /* may be NULL */
    unsigned hops;                     /* rules that the message has been through */
};

/* rule_run evaluates the rule on a message and runs its actions, each by itself; when any failed,
 * the error action gets all failures [AWS rules 6.5]. True when the rule's WHERE let it run.
 * Blocks as long as its actions do: workers only. */
bool rule_run(const struct rule *r, const struct sql_message *m, const struct rule_host *host);

/* What an action failed on when it was delivered later. */
struct rule_failure {
    bytes action;   /* its name in error documents: "HttpAction" */
    bytes resource; /* where to */
    const char *sentence;
};
/* rule_fail runs the error action for a failure that shows after rule_run; nothing without one. */
void rule_fail(const struct rule *r, const struct sql_message *m, const struct rule_host *host,
               const struct rule_failure *failure);

/* rule_has_action tells whether an action, or the error action, is of this kind: "s3". */
bool rule_has_action(const struct rule *r, const char *kind);
/* rule_destination gives the URLs that actions need a destination for, i from 0; no bytes after the
 * last [AWS rules 6.4]. */
bytes rule_destination(const struct rule *r, size_t i);
