/* What the functions of rules ask others: see struct sql_outside [AWS rules 4]. Workers only. */
#pragma once
#include "gateway/server.h"
#include "sql/sql.h"

struct run;

struct rule_questions {
    struct server *server;
    bytes account;         /* whose rule it is */
    bytes rule;            /* its name: who asks a function for leave */
    const struct run *run; /* gateway/rule_run.h: whose log is told; NULL: nobody's */
    struct sql_outside outside;
};

/* rule_questions_lend fills it; all is borrowed, also by `outside`. */
void rule_questions_lend(struct rule_questions *q, struct server *s, bytes account);
