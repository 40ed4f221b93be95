/* Provisioning templates as stored: names, versions and bodies byte for byte [AWS identity 8.6].
 * The caller has checked the bodies (template/template.h); nothing here looks into them. */
#pragma once
#include "registry/registry.h"
#include "registry/tags.h"

enum { PROVISIONING_TEMPLATE_VERSIONS_MAX = 5 };

enum provisioning_template_type { PROVISIONING_TEMPLATE_FLEET, PROVISIONING_TEMPLATE_JITP };
const char *provisioning_template_type_name(enum provisioning_template_type type);
NODISCARD
status provisioning_template_type_parse(bytes text, enum provisioning_template_type *out_type);

struct provisioning_template {
    bytes name;
    bytes description, role_arn;
    enum provisioning_template_type type; /* never changes */
    bool enabled;
    bytes hook_arn; /* of the pre-provisioning hook's function; none without one */
    bytes hook_payload_version;
    uint64_t default_version;
    bytes body; /* of the default version; listings leave it empty */
    int64_t created_ms, modified_ms;
};
bytes provisioning_template_arn(const struct registry *r, bytes name);

/* provisioning_template_create makes version 1, the default; times and version are not looked at.
 * E_EXISTS `Template with name X already exists`; E_INVALID for a name outside
 * [0-9A-Za-z_-]{1,36}, a role or hook that is no ARN of one, a hook on a JITP template. */
NODISCARD
status provisioning_template_create(const struct registry *r,
                                    const struct provisioning_template *template,
                                    const struct tags *tags);
/* Every call below answers E_NOT_FOUND, naming the template. */
NODISCARD
status provisioning_template_load(const struct registry *r, bytes name,
                                  struct provisioning_template *out_template);
struct provisioning_template_changes {
    bytes description, role_arn; /* ptr NULL: as it is */
    const bool *enabled;         /* NULL: as it is */
    const uint64_t *default_version;
    bytes hook_arn, hook_payload_version; /* none: as it is */
    bool remove_hook;
};
/* provisioning_template_update: E_INVALID as for creation, and for a hook set and removed at once.
 */
NODISCARD
status provisioning_template_update(const struct registry *r, bytes name,
                                    const struct provisioning_template_changes *changes);
/* provisioning_template_delete takes all versions along. E_DELETE_CONFLICT while the registration
 * config of a CA names it. */
NODISCARD
status provisioning_template_delete(const struct registry *r, bytes name);

struct provisioning_template_list {
    struct provisioning_template *items;
    size_t count;
    bytes next;
};
/* By name. */
NODISCARD
status provisioning_template_list(const struct registry *r, const struct page *page,
                                  struct provisioning_template_list *out_list);

struct provisioning_template_version {
    uint64_t version; /* 1, 2, … never reused */
    bool is_default;
    bytes body; /* listings leave it empty */
    int64_t created_ms;
};
/* E_VERSIONS_LIMIT beyond five. */
NODISCARD
status provisioning_template_version_create(const struct registry *r, bytes name, bytes body,
                                            bool set_as_default,
                                            struct provisioning_template_version *out_version);
NODISCARD
status provisioning_template_version_load(const struct registry *r, bytes name, uint64_t version,
                                          struct provisioning_template_version *out_version);
/* E_DELETE_CONFLICT for the default version. */
NODISCARD
status provisioning_template_version_delete(const struct registry *r, bytes name, uint64_t version);

struct provisioning_template_version_list {
    struct provisioning_template_version *items;
    size_t count;
    bytes next;
};
/* By number. */
NODISCARD
status provisioning_template_version_list(const struct registry *r, bytes name,
                                          const struct page *page,
                                          struct provisioning_template_version_list *out_list);
