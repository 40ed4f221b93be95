/* Actions of rules; for this folder. */
#pragma once
#include "rules/delivery.h"
#include "rules/rule.h"

struct action;

/* The run of one action: message and result at hand. */
struct action_run {
    const struct rule_host *host;
    const struct rule *rule;
    const struct action_kind *kind;
    struct sql_evaluation *evaluation;
    bytes payload;
    bool is_json;        /* the payload is; else bytes as they came */
    bool keeps_message;  /* an error action will want it when a delivery fails */
    struct buf resource; /* what it failed on, for the error action */
};

/* One of the items that are delivered together. */
struct delivered {
    struct outbox_delivery *of; /* its result and sentence may be set */
    struct rule_delivery delivery;
};

/* delivered_failed notes the last failure on one of several items. */
void delivered_failed(struct delivered *d, status s);

/* How what an action has put into the outbox is delivered; see outbox/outbox.h. */
struct action_later {
    unsigned at_a_time, attempts_max;
    int64_t again_first_ms, again_most_ms, age_ms_max;
    status (*deliver)(const struct outward *o, struct delivered *items, size_t count,
                      struct arena *a);
};

enum { ACTION_KINDS_MAX = 16 };

struct action_kind {
    const char *name;   /* as in the API: "republish" */
    const char *failed; /* as in error documents: "RepublishAction" */
    status (*compile)(const struct sql_statement *s, const struct json *members, void **out);
    void (*release)(void *compiled); /* NULL does nothing */
    status (*run)(const void *compiled, struct action_run *run);
    const struct action_later *later;           /* NULL: all is done when `run` returns */
    bytes (*destination)(const void *compiled); /* the URL that wants one, or no bytes; or NULL */
};

/* action_kinds ends with NULL. */
extern const struct action_kind *const action_kinds[];
extern const struct action_kind action_cloudwatch_logs, action_dynamodb, action_dynamodb_v2,
    action_http, action_kafka, action_lambda, action_republish, action_s3;

/* action_require gives the text of a member, or fails E_INVALID naming it. */
NODISCARD
status action_require(const struct json *members, const char *name, bytes *out);
/* action_fill fills a template that must come out whole: E_INVALID when a part is Undefined. */
NODISCARD
status action_fill(const struct sql_template *t, struct sql_evaluation *e, const char *what,
                   struct buf *out);

/* action_may asks whether the role that the action names may do this: E_ACCESS_DENIED. */
NODISCARD
status action_may(const struct action_run *run, bytes role_arn, const char *action, bytes resource);

/* What the outbox needs to know of an item. */
struct later {
    bytes lane;            /* what shares a fate */
    bytes destination_url; /* must be allowed by an enabled destination; or no bytes */
    int64_t not_before_ms;
    unsigned batch_max;
    uint64_t batch_bytes_max;
};
/* delivery_put leaves what the action has made to the outbox: durable when it returns OK. */
NODISCARD
status delivery_put(const struct action_run *run, const struct later *later, bytes content);
