/* Tags: texts by key that people put on resources, to find and to account for them. They say
 * nothing to devices. Things and client certificates have none, as on AWS. */
#pragma once
#include "registry/registry.h"

enum { TAGS_MAX = 50 }; /* per resource [AWS control-plane 7] */

struct tag {
    bytes key, value;
};
struct tags {
    struct tag *items;
    size_t count;
};

/* tags_resource_require takes the ARN of what may have tags; what it names ("thinggroup/<name>") is
 * how the calls below know it. E_INVALID for what has no tags or is not of this account and region,
 * E_NOT_FOUND when it is not there. */
NODISCARD
status tags_resource_require(const struct registry *r, bytes arn, bytes *out_resource);

/* tags_set adds tags and overwrites those with the same key. E_INVALID for a key twice, an empty or
 * a reserved one (aws:…); E_LIMIT beyond TAGS_MAX. */
NODISCARD
status tags_set(const struct registry *r, bytes resource, const struct tags *tags);
/* tags_unset removes tags; those that are not there are fine. */
NODISCARD
status tags_unset(const struct registry *r, bytes resource, const bytes *keys, size_t count);
/* tags_remove_all goes with the deletion of what they are on. */
NODISCARD
status tags_remove_all(const struct registry *r, bytes resource);

struct tag_list {
    struct tag *items;
    size_t count;
    bytes next;
};
/* By key. */
NODISCARD
status tags_list(const struct registry *r, bytes resource, const struct page *page,
                 struct tag_list *out_list);
