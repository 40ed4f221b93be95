/* The order of a run [AWS identity 7.6]: certificate, thing, groups, policies, attachments. */
#include "iam/trust.h"
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

/* ---- the role ---- */

#define SESSION "provisioning"

static status take_role(struct run *run) {
    char why[512];
    const struct iam_act act = {.account = run->registry->account,
                                .role_arn = run->options->role_arn,
                                .service = IAM_SERVICE_IOT,
                                .session = SESSION};
    if (!act.role_arn.len)
        return OK;
    status s = iam_acting_open(run->registry, &act, run->options->now_ms, &run->role, &run->access);
    if (run->access.missing)
        run->out.role_unknown = act.role_arn;
    if (s != E_ACCESS_DENIED)
        return s;
    (void)snprintf(why, sizeof why, "%s", failure_text());
    return FAIL(E_REGISTRATION, "%s", why);
}

status run_may(const struct run *run, const char *action, bytes resource) {
    if (!run->options->role_arn.len || run->access.missing)
        return OK;
    return iam_access_check(&run->access,
                            &(struct iam_ask){.action = bytes_from(action), .resource = resource});
}

/* ---- the steps ---- */

static status attach_thing(struct run *run) {
    const struct plan_certificate *certificate = run->plan->certificate;
    if (!certificate || !run->plan->thing)
        return OK;
    TRY(run_concerning(certificate->logical_id,
                       run_may(run, "iot:AttachThingPrincipal", run->out.certificate_arn)));
    return run_concerning(
        certificate->logical_id,
        thing_principal_attach(run->registry, run->out.thing_name, run->out.certificate_arn,
                               certificate->exclusive_thing ? THING_PRINCIPAL_EXCLUSIVE
                                                            : THING_PRINCIPAL_NON_EXCLUSIVE));
}

static status run_all(struct run *run) {
    const struct plan *plan = run->plan;
    TRY(take_role(run));
    if (plan->certificate)
        TRY(run_concerning(plan->certificate->logical_id, run_certificate(run)));
    if (plan->thing)
        TRY(run_concerning(plan->thing->logical_id, run_thing(run)));
    TRY(run_policies(run));
    return attach_thing(run);
}

status provisioning_register_thing(const struct registry *registry, const struct plan *plan,
                                   const struct issued *issued,
                                   const struct provisioning_options *options,
                                   struct provisioned *out_provisioned) {
    struct run run = {.registry = registry, .plan = plan, .issued = issued, .options = options};
    run.out.resources =
        ARENA_ARRAY(registry->arena, struct provisioned_resource, 2 + plan->policy_count);
    status s = run_all(&run);
    iam_access_done(&run.access);
    if (s == OK)
        *out_provisioned = run.out;
    return s;
}
