/* Inside provisioning/: a plan under way. */
#pragma once
#include "iam/acting.h"
#include "provisioning/register_thing.h"

struct run {
    const struct registry *registry;
    const struct plan *plan;
    const struct issued *issued;
    const struct provisioning_options *options;
    struct provisioned out;
    /* With a role: who it is, and what it may. */
    struct iam_caller role;
    struct iam_access access;
};
/* run_may asks the role, if there is one, whether it may do a step: E_ACCESS_DENIED. */
NODISCARD
status run_may(const struct run *run, const char *action, bytes resource);
/* Each makes one kind of resource and appends what it is to run->out. */
NODISCARD
status run_certificate(struct run *run);
NODISCARD
status run_thing(struct run *run);
NODISCARD
status run_policies(struct run *run);

void run_add_resource(struct run *run, bytes logical_id, bytes arn);
/* run_concerning words a failure of the registry as one of the resource it concerns. */
status run_concerning(bytes logical_id, status s);
/* run_conflict: E_UPDATE_CONFLICT, for what OverrideSettings protect. */
#define RUN_CONFLICT(...) FAIL(E_UPDATE_CONFLICT, __VA_ARGS__)

/* The name of the policy that a document alone gives: alike for the same document
 * [AWS identity 7.2]. In `a`. */
NODISCARD
status policy_name_of(struct arena *a, bytes document, bytes *out_name);
