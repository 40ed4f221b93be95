/* A second evaluator, as simple as can be: it walks the JSON of the documents for each question,
 * word for word as [AWS policy 4] has it, and shares with the real one only the values of keys and
 * the reading of typed values. Tests and fuzzers hold the two against each other. */
#pragma once
#include "codec/json.h"
#include "policy/access.h"
#include "policy/set.h"

/* policy_naive_check decides for valid documents, given as parsed JSON. */
enum policy_verdict policy_naive_check(const struct json *const *documents, size_t count,
                                       const struct policy_scope *scope,
                                       const struct policy_context *context,
                                       enum policy_action action, bytes name,
                                       const struct policy_request *request);

/* policy_naive_access does so for IAM's documents (policy/access.h). */
enum policy_verdict policy_naive_access(const struct json *const *documents, size_t count,
                                        const struct policy_question *question);
