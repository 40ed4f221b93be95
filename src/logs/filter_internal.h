/* Inside logs/: filter patterns that look into lines of JSON.
 *
 *     pattern := "{" any "}"     any := all { "||" all }     all := one { "&&" one }
 *     one     := "(" any ")" | "$." path comparison value | "$." path "NOT EXISTS"
 *
 * =, != compare text (* stands for anything) and numbers, <, <=, >, >= numbers, IS takes NULL, TRUE
 * or FALSE. What is not there compares to nothing. */
#pragma once
#include "logs/filter.h"

struct json_filter;

NODISCARD
status json_filter_parse(struct arena *a, bytes text, const struct json_filter **out);
bool json_filter_matches(const struct json_filter *f, bytes message);
