/* What the grammar's actions call, beside syntax.h; for grammar.y and parse.c. */
#pragma once
#include "sql/grammar.h"
#include "sql/syntax.h"

void sql_unexpected(struct sql_parser *p, int code, struct sql_token t);
int sql_operator(struct sql_token t);
struct sql_node *sql_append(struct sql_node *list, struct sql_node *more);
struct sql_node *sql_keyed(struct sql_node *n, bytes key);
bytes sql_joined(bytes before, bytes after); /* two that stand in the text with a dot between */
struct sql_node *sql_literal(struct sql_parser *p, struct sql_value v);
struct sql_node *sql_number_literal(struct sql_parser *p, struct sql_token t);
struct sql_node *sql_variable(struct sql_parser *p, struct sql_token t);
struct sql_node *sql_subquery(struct sql_parser *p, struct sql_select *s);
struct sql_node *sql_cast(struct sql_parser *p, struct sql_node *of, struct sql_token type);
struct sql_node *sql_case(struct sql_parser *p, struct sql_node *value, struct sql_node *branches,
                          struct sql_node *otherwise);
struct sql_node *sql_call(struct sql_parser *p, struct sql_token name, struct sql_node *arguments);
struct sql_node *sql_collection(struct sql_parser *p, enum sql_kind kind, struct sql_node *items);
struct sql_select *sql_select_new(struct sql_parser *p, bool bare, struct sql_node *items);
struct sql_select *sql_select_from(struct sql_select *s, struct sql_node *source,
                                   struct sql_node *where);
