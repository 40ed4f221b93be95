/* Billing groups: things that are accounted for together. Devices never notice them. */
#pragma once
#include "registry/tags.h"
#include "registry/thing.h"

struct billing_group_record {
    bytes name;
    bytes id; /* UUID */
    bytes description;
    uint64_t version; /* 1, raised by each update */
    int64_t created_ms;
};
bytes billing_group_arn(const struct registry *r, bytes name);

/* billing_group_create adds a group; of the record the caller fills name and description. The same
 * again gives the group there is and leaves its tags alone; E_EXISTS when it is described
 * otherwise; E_INVALID for its name. out_group may be NULL. */
NODISCARD
status billing_group_create(const struct registry *r, const struct billing_group_record *group,
                            const struct tags *tags, struct billing_group_record *out_group);
NODISCARD
status billing_group_load(const struct registry *r, bytes name,
                          struct billing_group_record *out_group); /* E_NOT_FOUND */
/* billing_group_update: expected_version 0 is any; E_VERSION_CONFLICT. */
NODISCARD
status billing_group_update(const struct registry *r, bytes name, bytes description,
                            uint64_t expected_version, uint64_t *out_version);
/* billing_group_delete: fine when there is no such group; E_INVALID while things are in it. */
NODISCARD
status billing_group_delete(const struct registry *r, bytes name, uint64_t expected_version);

/* By name; only those that begin with `prefix`. */
NODISCARD
status billing_group_list(const struct registry *r, bytes prefix, const struct page *page,
                          struct name_list *out_list);

/* Membership. A thing is in one billing group at most: E_INVALID when it is in another. Adding
 * twice, and removing what is not in it, are fine. E_NOT_FOUND for group and thing. */
NODISCARD
status billing_group_add_thing(const struct registry *r, bytes group, bytes thing);
NODISCARD
status billing_group_remove_thing(const struct registry *r, bytes group, bytes thing);
NODISCARD
status billing_group_list_things(const struct registry *r, bytes group, const struct page *page,
                                 struct name_list *out_list);
