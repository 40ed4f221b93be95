/* Inside logs/: the two forms of filter patterns that look into a line.
 *
 *     expression := any   any := all { "||" all }   all := one { "&&" one }
 *     one        := "(" any ")" | operand comparison value
 *
 * They share comparisons: =, != with text (* stands for anything) and numbers; <, <=, >, >= with
 * numbers. */
#pragma once
#include "logs/filter.h"

struct json_filter;
struct column_filter;

NODISCARD
status json_filter_parse(struct arena *a, bytes text, const struct json_filter **out);
bool json_filter_matches(const struct json_filter *f, bytes message);
NODISCARD
status column_filter_parse(struct arena *a, bytes text, const struct column_filter **out);
bool column_filter_matches(const struct column_filter *f, bytes message);
