/* Parameters of a query string or of a form body: "a=1&b=%20&c". */
#pragma once
#include "base/arena.h"

enum { HTTP_PARAMETERS_MAX = 1000 };

struct http_parameter {
    bytes name, value; /* decoded; "c" and "c=" both have an empty value */
};

struct http_query {
    const struct http_parameter *parameters; /* in order; empty parts ("a&&b") are skipped */
    size_t count;
};

/* http_query_parse reads a query as it stands in a request target; a '+' is a '+'. The list lives
 * in `a`; text that needs no decoding is borrowed. E_INVALID for a broken escape or too many. */
NODISCARD
status http_query_parse(struct arena *a, bytes text, struct http_query *out_query);
/* http_form_parse reads application/x-www-form-urlencoded, where a '+' is a space. */
NODISCARD
status http_form_parse(struct arena *a, bytes text, struct http_query *out_query);

/* http_query_find borrows the value of the first parameter of that name; ptr is NULL when there is
 * none. */
bytes http_query_find(const struct http_query *q, const char *name);
