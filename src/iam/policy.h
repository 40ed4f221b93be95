/* Policies of IAM: managed ones with versions, which are attached to users, groups and roles, and
 * inline ones, which are part of one of those. */
#pragma once
#include "iam/name.h"

enum {
    IAM_POLICIES_MAX = 1500,
    IAM_POLICY_VERSIONS_MAX = 5,
    IAM_ATTACHED_MAX = 10, /* per user, group or role */
    IAM_POLICY_MAX = 6144, /* characters of a managed policy, white space not counted */
    /* Of all inline policies together: a role's, a user's, a group's. */
    IAM_INLINE_ROLE_MAX = 10240,
    IAM_INLINE_USER_MAX = 2048,
    IAM_INLINE_GROUP_MAX = 5120,
};

struct iam_policy {
    bytes name, path, id; /* ANPA… */
    bytes arn;
    bytes description;
    uint64_t default_version;
    size_t attachments;
    int64_t created_ms, updated_ms;
    bool of_aws;
};
struct iam_policy_version {
    uint64_t version; /* 1, 2, … never used again; "v1" to people */
    bool is_default;
    bytes document; /* byte for byte; listings leave it out */
    int64_t created_ms;
};

/* iam_policy_create makes version v1. E_EXISTS, E_LIMIT, E_POLICY_MALFORMED. */
NODISCARD
status iam_policy_create(const struct registry *r, const struct iam_policy *policy, bytes document,
                         struct iam_policy *out_policy);
/* The calls below take ARNs, those of AWS's policies too; E_NOT_FOUND `Policy X was not found.`
 * What would change one of AWS's is E_ACCESS_DENIED. */
NODISCARD
status iam_policy_arn(const struct registry *r, bytes name, bytes *out_arn); /* of one by name */
NODISCARD
status iam_policy_load(const struct registry *r, bytes arn, struct iam_policy *out_policy);
/* iam_policy_delete: E_DELETE_CONFLICT while attached, or while other versions are there. */
NODISCARD
status iam_policy_delete(const struct registry *r, bytes arn);
struct iam_policy_list {
    struct iam_policy *items;
    size_t count;
    bytes next;
};
enum iam_policy_scope { IAM_SCOPE_ALL, IAM_SCOPE_AWS, IAM_SCOPE_LOCAL };
struct iam_policy_filter {
    enum iam_policy_scope scope;
    bool only_attached;
};
/* The account's own by name, then AWS's. */
NODISCARD
status iam_policy_list(const struct registry *r, const struct iam_policy_filter *filter,
                       const struct iam_page *page, struct iam_policy_list *out_list);

/* Versions. E_LIMIT beyond five; E_DELETE_CONFLICT for deleting the default one. */
NODISCARD
status iam_policy_version_create(const struct registry *r, bytes arn, bytes document,
                                 bool set_as_default, struct iam_policy_version *out_version);
NODISCARD
status iam_policy_version_load(const struct registry *r, bytes arn, bytes version,
                               struct iam_policy_version *out_version);
NODISCARD
status iam_policy_version_list(const struct registry *r, bytes arn,
                               struct iam_policy_version **out_versions, size_t *out_count);
NODISCARD
status iam_policy_version_set_default(const struct registry *r, bytes arn, bytes version);
NODISCARD
status iam_policy_version_delete(const struct registry *r, bytes arn, bytes version);

/* Attachments. E_NOT_FOUND `Policy X does not exist or is not attachable.`, E_LIMIT for the
 * eleventh. Attaching twice is fine; detaching what is not attached is E_NOT_FOUND. */
NODISCARD
status iam_attach(const struct registry *r, const struct iam_entity *to, bytes arn);
NODISCARD
status iam_detach(const struct registry *r, const struct iam_entity *from, bytes arn);
struct iam_name_list {
    bytes *items;
    size_t count;
    bytes next;
};
/* The ARNs of what is attached to somebody. */
NODISCARD
status iam_attached(const struct registry *r, const struct iam_entity *to,
                    const struct iam_page *page, struct iam_name_list *out_list);
/* To whom a policy is attached: "user/NAME", "role/NAME", "group/NAME". */
NODISCARD
status iam_attached_to(const struct registry *r, bytes arn, const struct iam_page *page,
                       struct iam_name_list *out_list);
/* Inline policies. E_POLICY_MALFORMED; E_LIMIT when all of the entity's together are too long;
 * E_NOT_FOUND `The role policy with name X cannot be found.` */
NODISCARD
status iam_inline_put(const struct registry *r, const struct iam_entity *of, bytes name,
                      bytes document);
NODISCARD
status iam_inline_load(const struct registry *r, const struct iam_entity *of, bytes name,
                       bytes *out_document);
NODISCARD
status iam_inline_delete(const struct registry *r, const struct iam_entity *of, bytes name);
NODISCARD
status iam_inline_list(const struct registry *r, const struct iam_entity *of,
                       const struct iam_page *page, struct iam_name_list *out_list);
