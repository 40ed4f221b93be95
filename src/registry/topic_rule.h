/* Topic rules, as stored; what they mean is for rules/ [AWS rules 6.1]. */
#pragma once
#include "registry/registry.h"

enum { TOPIC_RULES_MAX = 1000 }; /* per account [AWS rules, quota of rules] */

struct topic_rule {
    bytes name;
    bytes payload; /* TopicRulePayload as JSON text, as it was given */
    bytes filter;  /* of FROM; no bytes without one */
    int64_t created_ms;
    int64_t disabled; /* 0 or 1 */
};
bytes topic_rule_arn(const struct registry *r, bytes name);

/* topic_rule_create: E_EXISTS, E_LIMIT. */
NODISCARD
status topic_rule_create(const struct registry *r, const struct topic_rule *rule);
/* The calls below answer E_DENIED for a rule that is not there, in AWS's words: it does not tell
 * missing from forbidden. */
NODISCARD
status topic_rule_load(const struct registry *r, bytes name, struct topic_rule *out_rule);
/* topic_rule_replace keeps when it was created. */
NODISCARD
status topic_rule_replace(const struct registry *r, const struct topic_rule *rule);
NODISCARD
status topic_rule_delete(const struct registry *r, bytes name);

struct topic_rule_list {
    struct topic_rule *items;
    size_t count;
    bytes next;
};
/* By name; only those that `wanted` takes, which may be NULL. */
NODISCARD
status topic_rule_list(const struct registry *r, const struct page *page,
                       bool (*wanted)(const struct topic_rule *rule, void *context), void *context,
                       struct topic_rule_list *out_list);
