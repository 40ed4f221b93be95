/* Custom authorizers: which function decides about who comes with a token, and what the token must
 * be signed with [AWS identity 11.2]. Keys are checked by those who take them in
 * (identity/token.h). */
#pragma once
#include "registry/registry.h"

enum {
    AUTHORIZERS_MAX = 10,     /* per account [AWS identity 0.3] */
    AUTHORIZER_KEYS_MAX = 100 /* of one */
};

struct authorizer {
    bytes name, function_arn;
    bytes token_key;    /* the name under which the token comes; none: no token */
    bytes signing_keys; /* record list: name, PEM, name, PEM … */
    bool inactive, signing_disabled, caches_http;
    int64_t created_ms, modified_ms;
};
bytes authorizer_arn(const struct registry *r, bytes name);

/* authorizer_create: E_EXISTS, E_LIMIT; E_INVALID when signing is on and there is no token key or
 * no key to verify it with. All changing calls note CHANGE_DOMAIN. */
NODISCARD
status authorizer_create(const struct registry *r, const struct authorizer *authorizer);
/* The calls below answer E_NOT_FOUND. */
NODISCARD
status authorizer_load(const struct registry *r, bytes name, struct authorizer *out_authorizer);
NODISCARD
status authorizer_save(const struct registry *r, const struct authorizer *authorizer);
/* authorizer_delete: E_DELETE_CONFLICT for an active one, for the default one, and for one that a
 * domain configuration names. */
NODISCARD
status authorizer_delete(const struct registry *r, bytes name);

struct authorizer_list {
    bytes *names;
    size_t count;
    bytes next;
};
/* By name, from the end of the alphabet unless page->ascending; `active` and `inactive` say which.
 */
NODISCARD
status authorizer_list(const struct registry *r, bool active, bool inactive,
                       const struct page *page, struct authorizer_list *out_list);

/* The account's default one. authorizer_default gives E_NOT_FOUND when none is set;
 * authorizer_set_default E_EXISTS when that very one is set already. */
NODISCARD
status authorizer_default(const struct registry *r, bytes *out_name);
NODISCARD
status authorizer_set_default(const struct registry *r, bytes name);
NODISCARD
status authorizer_clear_default(const struct registry *r);
