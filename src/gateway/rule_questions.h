/* What the functions of rules ask others: see struct sql_outside [AWS rules 4]. Workers only. */
#pragma once
#include "gateway/server.h"
#include "sql/sql.h"

struct rule_questions {
    struct server *server;
    bytes account; /* whose rule it is */
    bytes rule;    /* its name: set before each runs */
    /* called before a function is waited for: lets go of what its own calls may need */
    void (*let_go)(void *context);
    void *context;
    struct sql_outside outside;
};

/* rule_questions_lend fills it; all is borrowed, also by `outside`. */
void rule_questions_lend(struct rule_questions *q, struct server *s, bytes account);
