/* The grammar of IAM's policy documents: what is refused when they are stored, in AWS's words
 * [AWS control-plane 9]. What they decide: evaluate.h. Pure. */
#pragma once
#include "base/arena.h"

enum iam_grammar {
    IAM_GRAMMAR_IDENTITY, /* of a user, group or role; of a session */
    IAM_GRAMMAR_TRUST     /* of a role: who may assume it */
};
/* iam_grammar_check: E_POLICY_MALFORMED. The arena is scratch memory. */
NODISCARD
status iam_grammar_check(struct arena *a, enum iam_grammar grammar, bytes document);
/* iam_grammar_length counts characters that are not white space, as quotas do. */
size_t iam_grammar_length(bytes document);
