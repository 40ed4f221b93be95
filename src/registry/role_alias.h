/* Role aliases: names that devices know, for roles whose credentials they may ask for
 * [AWS identity 11.3]. */
#pragma once
#include "registry/registry.h"

enum {
    ROLE_ALIASES_MAX = 100,       /* per account [AWS identity 0.3] */
    ROLE_ALIAS_DURATION_S = 3600, /* when none was said */
};

struct role_alias {
    bytes name, role_arn;
    int64_t duration_s; /* of the credentials: 900–43,200 */
    int64_t created_ms, modified_ms;
};
bytes role_alias_arn(const struct registry *r, bytes name);

/* role_alias_create adds one of this name, role and duration. E_EXISTS; E_LIMIT for the 101st;
 * E_INVALID for what is not the ARN of a role. */
NODISCARD
status role_alias_create(const struct registry *r, const struct role_alias *alias);
/* The calls below answer E_NOT_FOUND. */
NODISCARD
status role_alias_load(const struct registry *r, bytes name, struct role_alias *out_alias);
/* role_alias_update sets another role unless `role_arn` is none, and another duration unless it is
 * 0. E_INVALID as above. */
NODISCARD
status role_alias_update(const struct registry *r, bytes name, bytes role_arn, int64_t duration_s);
NODISCARD
status role_alias_delete(const struct registry *r, bytes name);

struct role_alias_list {
    bytes *names;
    size_t count;
    bytes next;
};
/* By name, from the end of the alphabet unless page->ascending. */
NODISCARD
status role_alias_list(const struct registry *r, const struct page *page,
                       struct role_alias_list *out_list);
