/* Users: people and programs with keys of their own. Their access keys: account/account.h. */
#pragma once
#include "iam/name.h"

enum { IAM_USERS_MAX = 5000, IAM_USER_KEYS_MAX = 2, IAM_USER_GROUPS_MAX = 10 };

struct iam_user {
    bytes name, path, id; /* AIDA… */
    bytes boundary;       /* ARN of a managed policy; none */
    int64_t created_ms;
};
bytes iam_user_arn(const struct registry *r, const struct iam_user *user);

/* iam_user_create: E_EXISTS, E_LIMIT. */
NODISCARD
status iam_user_create(const struct registry *r, const struct iam_user *user,
                       struct iam_user *out_user);
/* The calls below answer E_NOT_FOUND `The user with name X cannot be found.` */
NODISCARD
status iam_user_load(const struct registry *r, bytes name, struct iam_user *out_user);
NODISCARD
status iam_user_save(const struct registry *r, const struct iam_user *user);
/* iam_user_rename moves a user with all it has to another name. E_EXISTS. */
NODISCARD
status iam_user_rename(const struct registry *r, bytes name, bytes new_name);
/* iam_user_delete: E_DELETE_CONFLICT while it has keys, policies or groups. */
NODISCARD
status iam_user_delete(const struct registry *r, bytes name);

struct iam_user_list {
    struct iam_user *items;
    size_t count;
    bytes next;
};
/* By name. */
NODISCARD
status iam_user_list(const struct registry *r, const struct iam_page *page,
                     struct iam_user_list *out_list);

/* ---- groups ---- */

struct iam_group {
    bytes name, path, id; /* AGPA… */
    int64_t created_ms;
};
bytes iam_group_arn(const struct registry *r, const struct iam_group *group);
NODISCARD
status iam_group_create(const struct registry *r, const struct iam_group *group,
                        struct iam_group *out_group);
/* E_NOT_FOUND `The group with name X cannot be found.` */
NODISCARD
status iam_group_load(const struct registry *r, bytes name, struct iam_group *out_group);
/* iam_group_delete: E_DELETE_CONFLICT while it has members or policies. */
NODISCARD
status iam_group_delete(const struct registry *r, bytes name);
struct iam_group_list {
    struct iam_group *items;
    size_t count;
    bytes next;
};
NODISCARD
status iam_group_list(const struct registry *r, const struct iam_page *page,
                      struct iam_group_list *out_list);
/* Adding twice is fine; removing who is not in it is E_NOT_FOUND. */
NODISCARD
status iam_group_add(const struct registry *r, bytes group, bytes user);
NODISCARD
status iam_group_remove(const struct registry *r, bytes group, bytes user);
NODISCARD
status iam_group_members(const struct registry *r, bytes group, const struct iam_page *page,
                         struct iam_user_list *out_list);
NODISCARD
status iam_groups_of(const struct registry *r, bytes user, const struct iam_page *page,
                     struct iam_group_list *out_list);
