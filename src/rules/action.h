/* Actions of rules; for this folder. */
#pragma once
#include "rules/rule.h"

struct action;

/* The run of one action: message and result at hand. */
struct action_run {
    const struct rule_host *host;
    struct sql_evaluation *evaluation;
    bytes payload;
    struct buf resource; /* what it failed on, for the error action */
};

struct action_kind {
    const char *name;   /* as in the API: "republish" */
    const char *failed; /* as in error documents: "RepublishAction" */
    status (*compile)(const struct sql_statement *s, const struct json *members, void **out);
    void (*release)(void *compiled); /* NULL does nothing */
    status (*run)(const void *compiled, struct action_run *run);
};

/* action_kinds ends with a row without a name. */
extern const struct action_kind action_republish;

/* action_require gives the text of a member, or fails E_INVALID naming it. */
NODISCARD
status action_require(const struct json *members, const char *name, bytes *out);
/* action_fill fills a template that must come out whole: E_INVALID when a part is Undefined. */
NODISCARD
status action_fill(const struct sql_template *t, struct sql_evaluation *e, const char *what,
                   struct buf *out);
