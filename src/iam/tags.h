/* Tags of users, roles and managed policies: texts by key, which conditions of policies can ask for
 * (aws:PrincipalTag/…). */
#pragma once
#include "iam/name.h"
#include "registry/tags.h"

/* What has tags: "role/NAME", "user/NAME", "policy/NAME". */
bytes iam_tags_owner(const struct registry *r, enum iam_kind kind, bytes name);
/* iam_tags_set: E_INVALID for a key twice or a reserved one; E_LIMIT beyond TAGS_MAX. */
NODISCARD
status iam_tags_set(const struct registry *r, bytes owner, const struct tags *tags);
NODISCARD
status iam_tags_unset(const struct registry *r, bytes owner, const bytes *keys, size_t count);
/* All of them, by key. */
NODISCARD
status iam_tags_load(const struct registry *r, bytes owner, struct tags *out_tags);
