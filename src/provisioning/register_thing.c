/* The order of a run [AWS identity 7.6]: certificate, thing, groups, policies, attachments. */
#include "provisioning/internal.h"
#include "registry/thing.h"

#include <stdio.h>

void run_add_resource(struct run *run, bytes logical_id, bytes arn) {
    run->out.resources[run->out.resource_count++] = (struct provisioned_resource){logical_id, arn};
}

status run_concerning(bytes logical_id, status s) {
    char why[768];
    if (s == OK || s == E_INTERNAL || s == E_UNAVAILABLE)
        return s;
    (void)snprintf(why, sizeof why, "%s", failure_text());
    return FAIL(s == E_UPDATE_CONFLICT ? E_UPDATE_CONFLICT : E_REGISTRATION, "Resources.%.*s: %s",
                BYTES_ARG(bytes_slice(logical_id, 0, 80)), why);
}

static status attach_thing(struct run *run) {
    const struct plan_certificate *certificate = run->plan->certificate;
    if (!certificate || !run->plan->thing)
        return OK;
    return run_concerning(
        certificate->logical_id,
        thing_principal_attach(run->registry, run->out.thing_name, run->out.certificate_arn,
                               certificate->exclusive_thing ? THING_PRINCIPAL_EXCLUSIVE
                                                            : THING_PRINCIPAL_NON_EXCLUSIVE));
}

status provisioning_register_thing(const struct registry *registry, const struct plan *plan,
                                   const struct issued *issued,
                                   const struct provisioning_options *options,
                                   struct provisioned *out_provisioned) {
    struct run run = {.registry = registry, .plan = plan, .issued = issued, .options = options};
    run.out.resources =
        ARENA_ARRAY(registry->arena, struct provisioned_resource, 2 + plan->policy_count);
    if (plan->certificate)
        TRY(run_concerning(plan->certificate->logical_id, run_certificate(&run)));
    if (plan->thing)
        TRY(run_concerning(plan->thing->logical_id, run_thing(&run)));
    TRY(run_policies(&run));
    TRY(attach_thing(&run));
    *out_provisioned = run.out;
    return OK;
}
