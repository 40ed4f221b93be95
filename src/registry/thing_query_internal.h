/* A query taken apart. For thing_query.c, which makes it, and thing_query_match.c. */
#pragma once
#include "registry/thing_query.h"

enum query_kind { QUERY_AND, QUERY_OR, QUERY_NOT, QUERY_TERM };

/* Wildcards as they stand in a pattern; no query holds these bytes, for control characters are
 * refused. */
enum { QUERY_ANY_RUN = 1, QUERY_ANY_ONE = 2 };

struct query_bound {
    bool is_open; /* no bound at all */
    bool is_included;
    bytes text;
    double number; /* when the range is of numbers */
};

struct thing_query {
    enum query_kind kind;
    const struct thing_query *left, *right; /* NOT has the left one only */
    /* a term */
    enum query_field field;
    bytes attribute;
    bool is_range, is_of_numbers;
    bytes pattern; /* not of a range */
    struct query_bound low, high;
};
