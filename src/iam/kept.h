/* What callers may, kept for their next call: the documents that count for one, until anything in
 * IAM changes (iam_generation). One for the process; at most IAM_KEPT_MAX callers, the oldest go
 * first. Any thread. For this folder. */
#pragma once
#include "iam/evaluate.h"

enum { IAM_KEPT_MAX = 1024 };

/* iam_kept_find fills documents, tags and flags of `access` with what is kept for its caller, if
 * that is of this generation. */
bool iam_kept_find(struct iam_access *access, uint64_t generation);
/* iam_kept_add keeps what was gathered; the tags among its keys begin at `first_tag`. */
void iam_kept_add(const struct iam_access *access, uint64_t generation, size_t first_tag);
