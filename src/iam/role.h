/* Roles: what may be assumed, by whom, and what it may then. */
#pragma once
#include "iam/name.h"

enum { IAM_ROLES_MAX = 1000, IAM_TRUST_MAX = 4096 /* characters, white space not counted */ };

struct iam_role {
    bytes name, path, id; /* "/" or "/service-role/"; AROA… */
    bytes trust;          /* the document, as it was given */
    bytes description;
    bytes boundary;        /* ARN of a managed policy; none */
    int64_t max_session_s; /* 3600–43200 */
    int64_t created_ms;
};
bytes iam_role_arn(const struct registry *r, const struct iam_role *role);

/* iam_role_create: E_EXISTS, E_LIMIT, E_POLICY_MALFORMED for a trust policy that is none. */
NODISCARD
status iam_role_create(const struct registry *r, const struct iam_role *role,
                       struct iam_role *out_role);
/* The calls below answer E_NOT_FOUND `The role with name X cannot be found.` */
NODISCARD
status iam_role_load(const struct registry *r, bytes name, struct iam_role *out_role);
/* iam_role_load_arn also wants account and path right; E_INVALID for what is not a role's ARN. */
NODISCARD
status iam_role_load_arn(const struct registry *r, bytes arn, struct iam_role *out_role);
/* iam_role_save replaces what was loaded before and changed. E_POLICY_MALFORMED. */
NODISCARD
status iam_role_save(const struct registry *r, const struct iam_role *role);
/* iam_role_delete: E_DELETE_CONFLICT while policies are in it or attached to it. */
NODISCARD
status iam_role_delete(const struct registry *r, bytes name);

struct iam_role_list {
    struct iam_role *items;
    size_t count;
    bytes next;
};
/* By name. */
NODISCARD
status iam_role_list(const struct registry *r, const struct iam_page *page,
                     struct iam_role_list *out_list);
