/* The query protocol: a form in, XML out [AWS control-plane 2, 9]. Its services are written by
 * hand, an operation a row. For this folder. */
#pragma once
#include "api/exchange.h"
#include "http/query.h"

struct query_operation {
    const char *service, *action;
    /* Writes the elements of the result; NULL: not written yet. */
    status (*answer)(struct exchange *x, const struct http_query *form, struct buf *out);
};

/* sts.c */
status get_caller_identity(struct exchange *x, const struct http_query *form, struct buf *out);

/* query_operation_next walks all of them for the coverage: NULL at the end. */
const struct query_operation *query_operation_next(size_t *position);
