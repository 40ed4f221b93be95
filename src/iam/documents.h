/* The policies that count for a caller: what evaluate.h decides by. */
#pragma once
#include "iam/caller.h"

enum iam_part {
    IAM_IDENTITY, /* allows */
    IAM_BOUNDARY, /* a permissions boundary: must allow, too */
    IAM_SESSION   /* a session policy: one of them must allow, too */
};

struct iam_document {
    enum iam_part part;
    bytes name; /* for sentences: "inline policy p", "arn:aws:iam::aws:policy/…" */
    bytes text; /* JSON, as it was given */
};

struct iam_documents {
    struct iam_document *items;
    size_t count;
    /* The role, user, or boundary is not there (any more): nothing is allowed, or, where the server
     * itself acts for a role nobody made, what AWS would allow (docs/design/choices.md). */
    bool missing;
};

/* iam_generation is another number after each commit that changed anything in IAM, of whatever
 * process; 0 while there is nothing. With the same number a caller has the same policies. */
NODISCARD
status iam_generation(const struct registry *r, uint64_t *out_generation);

/* iam_policies_of gathers them from the store of `r`, whose arena holds them. Root has none. */
NODISCARD
status iam_policies_of(const struct registry *r, const struct iam_caller *caller,
                       struct iam_documents *out_documents);
