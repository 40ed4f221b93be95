/* RegisterThing: a plan (template/plan.h) carried out in the registry [AWS identity 7.6, 9.1].
 *
 *     struct plan plan;                                    template_evaluate
 *     AUTO(issued) issued = {0};
 *     TRY(provisioning_prepare(&plan, &options, &issued)); signs a CSR: not inside a transaction
 *     TRY(store_begin_write(store, &registry.txn));
 *     s = provisioning_register_thing(&registry, &plan, &issued, &options, &done);
 *     … store_commit, or when s is not OK store_rollback: all or nothing …
 *
 * What RegisterThing over REST, bulk registration, JITP and fleet provisioning have in common.
 * Under a role each step needs what the role's policies allow, as if it called the API:
 * iot:CreateThing on the thing and so on. Blocks; for workers. */
#pragma once
#include "identity/registration.h"
#include "template/plan.h"

struct provisioning_options {
    const struct issuer *issuer; /* for a CertificateSigningRequest; may be NULL without one */
    int64_t now_ms;
    bool without_quotas; /* profile standard: policy documents of any length */
    bytes role_arn;      /* of the template or task; none: whoever asks was asked already */
};

struct provisioned_resource {
    bytes logical_id, arn;
};
/* Lives in the registry's arena. */
struct provisioned {
    bytes certificate_id, certificate_pem, certificate_arn; /* none: no certificate in it */
    bytes thing_name;                                       /* none: no thing in it */
    struct provisioned_resource *resources;                 /* by logical id; no duplicates */
    size_t resource_count;
    bytes role_unknown; /* the role, when it is not in IAM: all was allowed */
    /* the device configuration is the plan's */
};

/* provisioning_prepare issues the certificate that a plan with a CSR needs, and checks policy
 * documents; `out_issued` stays empty when the plan has no CSR. E_INVALID. */
NODISCARD
status provisioning_prepare(const struct plan *plan, const struct provisioning_options *options,
                            struct issued *out_issued);

/* provisioning_register_thing does all of the plan inside the caller's write transaction: the
 * certificate, the thing with type, attributes and billing group, its groups, the policies; then
 * attaches policies to the certificate and the certificate to the thing, and sets its Status. After
 * a failure roll back. `issued` is what provisioning_prepare gave.
 *
 * E_UPDATE_CONFLICT (ConflictingResourceUpdateException) when something exists that
 * OverrideSettings protect; E_REGISTRATION (ResourceRegistrationFailureException) for what
 * the role may not, and what the registry refuses: a thing type, group or policy that is not there,
 * a name that cannot be one, a certificate that cannot be registered. Sentences begin with the
 * resource they concern: "Resources.thing: …". E_INTERNAL and E_UNAVAILABLE stay what they are. */
NODISCARD
status provisioning_register_thing(const struct registry *registry, const struct plan *plan,
                                   const struct issued *issued,
                                   const struct provisioning_options *options,
                                   struct provisioned *out_provisioned);
