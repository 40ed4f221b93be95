/* Evaluation of a syntax tree; for this folder. */
#pragma once
#include "sql/function.h"
#include "sql/syntax.h"

struct sql_statement {
    struct arena arena;
    enum sql_version version;
    struct sql_tree tree;
};

/* Where names of a nested SELECT are looked up: its element; with an alias only that is seen. */
struct sql_scope {
    struct sql_value element;
    bytes alias;
};

struct sql_value sql_evaluate(struct sql_evaluation *e, const struct sql_node *n);
/* sql_whole is the message as a value, read when first asked for. */
struct sql_value sql_whole(struct sql_evaluation *e);
/* What an evaluation may still do; what goes beyond is Undefined. sql_spend counts work that no
 * node stands for. */
static inline struct sql_patience sql_patience(struct sql_evaluation *e) {
    return (struct sql_patience){e->arena, &e->steps, SQL_STEPS_MAX};
}
static inline bool sql_is_spent(const struct sql_evaluation *e) {
    return e->steps > SQL_STEPS_MAX || e->arena->total > SQL_MEMORY_MAX;
}
static inline void sql_spend(struct sql_evaluation *e, size_t steps) {
    e->steps = e->steps > SQL_STEPS_MAX || steps > SQL_STEPS_MAX - e->steps
                   ? SQL_STEPS_MAX + 1
                   : e->steps + (unsigned)steps;
}
static inline bool sql_keeps_decimals(const struct sql_evaluation *e) {
    return e->statement->version == SQL_2015_10_08;
}
