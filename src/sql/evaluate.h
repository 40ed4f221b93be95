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
static inline bool sql_keeps_decimals(const struct sql_evaluation *e) {
    return e->statement->version == SQL_2015_10_08;
}
