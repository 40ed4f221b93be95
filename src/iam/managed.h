/* Policies that AWS brings and people attach by ARN: arn:aws:iam::aws:policy/…, in our wording of
 * what they say [AWS control-plane 9]. Constants. */
#pragma once
#include "base/bytes.h"

struct iam_managed {
    const char *path, *name; /* "/service-role/", "AWSLambdaBasicExecutionRole" */
    const char *description;
    const char *document;
};
/* iam_managed_at walks them by ARN: NULL at the end. */
const struct iam_managed *iam_managed_at(size_t index);
/* iam_managed_find: NULL when there is none of this path and name. */
const struct iam_managed *iam_managed_find(bytes path, bytes name);
