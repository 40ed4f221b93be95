/* IAM and STS [AWS control-plane 9]: users, groups, roles, policies, temporary credentials. The
 * objects are in iam/; here is how they look on the wire. For this folder. */
#pragma once
#include "api/call.h"
#include "api/exchange.h"
#include "api/generated/iam.h"
#include "api/generated/sts.h"
#include "iam/name.h"

extern const struct handler handlers_iam[IAM_OPERATIONS], handlers_sts[STS_OPERATIONS];
extern const struct error_name errors_iam[];

/* ---- what the files of operations share (iam.c) ---- */

/* iam_page_of reads Marker, MaxItems and PathPrefix; iam_put_end writes how a listing ended. */
struct iam_page iam_page_of(const struct call *c);
void iam_put_end(struct call *c, bytes next);
/* The tags of an operation's input are kept; those of something are put into a record, if any. */
NODISCARD
status iam_keep_tags(const struct call *c, bytes owner);
NODISCARD
status iam_put_tags(const struct call *c, bytes owner, struct record *out);
/* TagRole and its like: Untag takes TagKeys away, List gives a page with all. */
NODISCARD
status iam_untag(const struct call *c, bytes owner);
NODISCARD
status iam_list_tags(struct call *c, bytes owner);
/* iam_put_boundary puts the permissions boundary, if there is one; iam_check_boundary wants an ARN
 * to be that of a policy that is there. */
void iam_put_boundary(struct record *out, bytes boundary);
NODISCARD
status iam_check_boundary(const struct call *c, bytes arn);
/* iam_user_name is the user an operation is about: the one named, or else the caller; no bytes are
 * the root user. E_INVALID for a session of a role that names nobody. */
NODISCARD
status iam_user_name(const struct call *c, bytes *out_name);

/* ---- the operations: a row each; in the order of their files ---- */

#define IAM_HANDLERS(X)                                                  \
    /* iam_users.c */                                                    \
    X(CREATE_USER, iam_create_user, WRITE)                               \
    X(GET_USER, iam_get_user, READ)                                      \
    X(LIST_USERS, iam_list_users, READ)                                  \
    X(UPDATE_USER, iam_update_user, WRITE)                               \
    X(DELETE_USER, iam_delete_user, WRITE)                               \
    X(TAG_USER, iam_tag_user, WRITE)                                     \
    X(UNTAG_USER, iam_untag_user, WRITE)                                 \
    X(LIST_USER_TAGS, iam_list_user_tags, READ)                          \
    X(PUT_USER_PERMISSIONS_BOUNDARY, iam_put_user_boundary, WRITE)       \
    X(DELETE_USER_PERMISSIONS_BOUNDARY, iam_delete_user_boundary, WRITE) \
    X(CREATE_ACCESS_KEY, iam_create_access_key, WRITE)                   \
    X(LIST_ACCESS_KEYS, iam_list_access_keys, READ)                      \
    X(UPDATE_ACCESS_KEY, iam_update_access_key, WRITE)                   \
    X(DELETE_ACCESS_KEY, iam_delete_access_key, WRITE)                   \
    X(GET_ACCESS_KEY_LAST_USED, iam_get_access_key_last_used, READ)      \
    X(LIST_ACCOUNT_ALIASES, iam_list_account_aliases, READ)              \
    /* iam_groups.c */                                                   \
    X(CREATE_GROUP, iam_create_group, WRITE)                             \
    X(GET_GROUP, iam_get_group, READ)                                    \
    X(LIST_GROUPS, iam_list_groups, READ)                                \
    X(DELETE_GROUP, iam_delete_group, WRITE)                             \
    X(ADD_USER_TO_GROUP, iam_add_user_to_group, WRITE)                   \
    X(REMOVE_USER_FROM_GROUP, iam_remove_user_from_group, WRITE)         \
    X(LIST_GROUPS_FOR_USER, iam_list_groups_for_user, READ)              \
    /* iam_roles.c */                                                    \
    X(CREATE_ROLE, iam_create_role, WRITE)                               \
    X(GET_ROLE, iam_get_role, READ)                                      \
    X(LIST_ROLES, iam_list_roles, READ)                                  \
    X(UPDATE_ROLE, iam_update_role, WRITE)                               \
    X(UPDATE_ROLE_DESCRIPTION, iam_update_role_description, WRITE)       \
    X(UPDATE_ASSUME_ROLE_POLICY, iam_update_trust, WRITE)                \
    X(DELETE_ROLE, iam_delete_role, WRITE)                               \
    X(TAG_ROLE, iam_tag_role, WRITE)                                     \
    X(UNTAG_ROLE, iam_untag_role, WRITE)                                 \
    X(LIST_ROLE_TAGS, iam_list_role_tags, READ)                          \
    X(PUT_ROLE_PERMISSIONS_BOUNDARY, iam_put_role_boundary, WRITE)       \
    X(DELETE_ROLE_PERMISSIONS_BOUNDARY, iam_delete_role_boundary, WRITE) \
    X(LIST_INSTANCE_PROFILES_FOR_ROLE, iam_list_instance_profiles, READ) \
    /* iam_policies.c */                                                 \
    X(CREATE_POLICY, iam_create_policy, WRITE)                           \
    X(GET_POLICY, iam_get_policy, READ)                                  \
    X(LIST_POLICIES, iam_list_policies, READ)                            \
    X(DELETE_POLICY, iam_delete_policy, WRITE)                           \
    X(CREATE_POLICY_VERSION, iam_create_policy_version, WRITE)           \
    X(GET_POLICY_VERSION, iam_get_policy_version, READ)                  \
    X(LIST_POLICY_VERSIONS, iam_list_policy_versions, READ)              \
    X(SET_DEFAULT_POLICY_VERSION, iam_set_default_policy_version, WRITE) \
    X(DELETE_POLICY_VERSION, iam_delete_policy_version, WRITE)           \
    X(TAG_POLICY, iam_tag_policy, WRITE)                                 \
    X(UNTAG_POLICY, iam_untag_policy, WRITE)                             \
    X(LIST_POLICY_TAGS, iam_list_policy_tags, READ)                      \
    X(LIST_ENTITIES_FOR_POLICY, iam_list_entities_for_policy, READ)      \
    /* iam_attachments.c */                                              \
    X(ATTACH_ROLE_POLICY, iam_attach_policy, WRITE)                      \
    X(DETACH_ROLE_POLICY, iam_detach_policy, WRITE)                      \
    X(LIST_ATTACHED_ROLE_POLICIES, iam_list_attached_policies, READ)     \
    X(ATTACH_USER_POLICY, iam_attach_policy, WRITE)                      \
    X(DETACH_USER_POLICY, iam_detach_policy, WRITE)                      \
    X(LIST_ATTACHED_USER_POLICIES, iam_list_attached_policies, READ)     \
    X(ATTACH_GROUP_POLICY, iam_attach_policy, WRITE)                     \
    X(DETACH_GROUP_POLICY, iam_detach_policy, WRITE)                     \
    X(LIST_ATTACHED_GROUP_POLICIES, iam_list_attached_policies, READ)    \
    X(PUT_ROLE_POLICY, iam_put_inline_policy, WRITE)                     \
    X(GET_ROLE_POLICY, iam_get_inline_policy, READ)                      \
    X(DELETE_ROLE_POLICY, iam_delete_inline_policy, WRITE)               \
    X(LIST_ROLE_POLICIES, iam_list_inline_policies, READ)                \
    X(PUT_USER_POLICY, iam_put_inline_policy, WRITE)                     \
    X(GET_USER_POLICY, iam_get_inline_policy, READ)                      \
    X(DELETE_USER_POLICY, iam_delete_inline_policy, WRITE)               \
    X(LIST_USER_POLICIES, iam_list_inline_policies, READ)                \
    X(PUT_GROUP_POLICY, iam_put_inline_policy, WRITE)                    \
    X(GET_GROUP_POLICY, iam_get_inline_policy, READ)                     \
    X(DELETE_GROUP_POLICY, iam_delete_inline_policy, WRITE)              \
    X(LIST_GROUP_POLICIES, iam_list_inline_policies, READ)

#define IAM_HANDLER_DECLARE(operation, function, access) call_function function;
IAM_HANDLERS(IAM_HANDLER_DECLARE)
#undef IAM_HANDLER_DECLARE
