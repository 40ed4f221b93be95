/* What users, groups and roles have in common: names, paths, ids, ARNs, pages of listings.
 *
 * IAM belongs to an account, not to a region. Its calls take the registry's view of an account in a
 * transaction (registry/registry.h); what they give back lives in its arena, and the region is not
 * looked at. */
#pragma once
#include "registry/registry.h"

enum iam_kind { IAM_KIND_USER, IAM_KIND_GROUP, IAM_KIND_ROLE, IAM_KIND_POLICY, IAM_KIND_COUNT };

/* Whom policies are given to. */
struct iam_entity {
    enum iam_kind kind; /* not a policy */
    bytes name;
};

const char *iam_kind_name(enum iam_kind kind); /* "user", "role" … */
/* iam_arn is arn:aws:iam::ACCOUNT:KIND/PATH/NAME, for a path "/" or "/PATH/". */
bytes iam_arn(const struct registry *r, enum iam_kind kind, bytes path, bytes name);
/* An ARN of IAM taken apart; E_INVALID for what is none. */
struct iam_arn_parts {
    bytes account; /* "aws" for policies of AWS */
    enum iam_kind kind;
    bytes path, name; /* path begins and ends with a slash */
};
NODISCARD
status iam_arn_parse(bytes arn, struct iam_arn_parts *out_parts);
/* iam_id_new makes AIDA…, AGPA…, AROA…, ANPA…: 21 characters. */
bytes iam_id_new(const struct registry *r, enum iam_kind kind);

/* iam_entity_require: E_NOT_FOUND `The user with name X cannot be found.` and the like. */
NODISCARD
status iam_entity_require(const struct registry *r, const struct iam_entity *entity);

/* One page of a listing [AWS control-plane 5]. */
enum { IAM_PAGE_DEFAULT = 100, IAM_PAGE_MAX = 1000 };
struct iam_page {
    size_t limit;      /* 0: IAM_PAGE_DEFAULT; more than IAM_PAGE_MAX counts as that */
    bytes marker;      /* what the page before gave; E_INVALID when it is none of ours */
    bytes path_prefix; /* where the header of the listing says so; none: all */
};
