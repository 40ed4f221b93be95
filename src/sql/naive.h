/* A second evaluator, as simple as can be, for tests: it walks the tree afresh for each value and
 * keeps every value as text, word for word as [AWS rules 2-5] have it. With the real one it shares
 * the parser, the arithmetic of decimal.h, codec/, and what has one meaning only: digests, regular
 * expressions, patterns of time, the C library's doubles. It knows no limits of work or memory. */
#pragma once
#include "sql/sql.h"

struct naive_result {
    bool runs; /* WHERE is true, or missing */
    bytes out; /* the actions' payload, in the arena */
    bool is_json;
};
struct naive_result naive_run(const struct sql_statement *s, const struct sql_message *m,
                              struct arena *a);
