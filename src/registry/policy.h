/* Policies as stored: names, versions, documents byte for byte, and to what they are attached
 * [AWS identity 10.3]. The caller has parsed the document; nothing here looks into it. */
#pragma once
#include "registry/registry.h"

enum { POLICY_VERSIONS_MAX = 5, POLICIES_PER_TARGET_MAX = 10, POLICIES_PER_GROUP_MAX = 2 };

struct policy_record {
    bytes name;
    uint64_t default_version;
    bytes document; /* of the default version; listings leave it empty */
    int64_t created_ms, modified_ms;
    bytes generation_id;
};
struct policy_version_record {
    uint64_t version; /* 1, 2, … never reused */
    bool is_default;
    bytes document; /* listings leave it empty */
    int64_t created_ms;
    bytes generation_id;
};
bytes policy_arn(const struct registry *r, bytes name);

/* policy_create makes version 1, the default. E_EXISTS; E_INVALID for a name outside
 * [\w+=,.@-]{1,128}. out_policy may be NULL. */
NODISCARD
status policy_create(const struct registry *r, bytes name, bytes document,
                     struct policy_record *out_policy);
/* Every call below answers E_NOT_FOUND `Policy not found`. */
NODISCARD
status policy_load(const struct registry *r, bytes name, struct policy_record *out_policy);
/* policy_delete: E_DELETE_CONFLICT while attached or while other versions than the default exist.
 */
NODISCARD
status policy_delete(const struct registry *r, bytes name);

struct policy_list {
    struct policy_record *items;
    size_t count;
    bytes next;
};
/* By time of creation, newest first unless page->ascending. */
NODISCARD
status policy_list(const struct registry *r, const struct page *page, struct policy_list *out_list);

/* Versions. E_VERSIONS_LIMIT beyond five. The version comes as the API's text; E_NOT_FOUND for any
 * that is not there. */
NODISCARD
status policy_version_create(const struct registry *r, bytes name, bytes document,
                             bool set_as_default, struct policy_version_record *out_version);
NODISCARD
status policy_version_load(const struct registry *r, bytes name, bytes version,
                           struct policy_version_record *out_version);
/* All of them, newest first. */
NODISCARD
status policy_version_list(const struct registry *r, bytes name,
                           struct policy_version_record **out_versions, size_t *out_count);
NODISCARD
status policy_version_set_default(const struct registry *r, bytes name, bytes version);
/* policy_version_delete: E_INVALID for the default version. */
NODISCARD
status policy_version_delete(const struct registry *r, bytes name, bytes version);

/* Attachments. `target` is the ARN of a certificate or a thing group of this account (AttachPolicy
 * and the older AttachPrincipalPolicy share them). E_NOT_FOUND when the target is not there,
 * E_LIMIT for the eleventh policy of a certificate and the third of a group, E_INVALID for what
 * cannot be a target, E_NOT_IMPLEMENTED for Cognito identities. Attaching twice and detaching what
 * is not attached are fine [AWS control-plane 7]. */
NODISCARD
status policy_attach(const struct registry *r, bytes name, bytes target);
NODISCARD
status policy_detach(const struct registry *r, bytes name, bytes target);
/* The policies of a target by name (those of a group with what it inherits from its ancestors, if
 * asked for), and the targets of a policy as ARNs; page->ascending is ignored. */
NODISCARD
status policy_list_attached(const struct registry *r, bytes target, const struct page *page,
                            struct policy_list *out_list);
NODISCARD
status policy_list_inherited(const struct registry *r, bytes target, const struct page *page,
                             struct policy_list *out_list);
struct target_list {
    bytes *items; /* ARNs */
    size_t count;
    bytes next;
};
NODISCARD
status policy_list_targets(const struct registry *r, bytes name, const struct page *page,
                           struct target_list *out_list);
/* policy_list_principals is policy_list_targets without the groups. */
NODISCARD
status policy_list_principals(const struct registry *r, bytes name, const struct page *page,
                              struct target_list *out_list);
