/* Just-in-time provisioning: the template of a CA, run when a device with a certificate of that CA
 * connects for the first time [AWS identity 6].
 *
 * The certificate has been registered PENDING_ACTIVATION and that is committed. jitp_provision runs
 * the CA's template in a write transaction of its own: on success the certificate has the
 * template's Status (ACTIVE) and everything else is there; on failure nothing of it is kept but one
 * row that says when and why (registry/jitp_failure.h), and the certificate stays
 * PENDING_ACTIVATION. Each later CONNECT
 * tries again, not before a pause that doubles with each failure up to JITP_PAUSE_MS_MAX. */
#pragma once
#include "identity/names.h"
#include "provisioning/register_thing.h"
#include "registry/jitp_failure.h"

enum { JITP_PAUSE_MS_MIN = 1000, JITP_PAUSE_MS_MAX = 5 * 60 * 1000 };

struct jitp_device {
    bytes certificate_id;           /* registered, PENDING_ACTIVATION */
    const struct x509_names *names; /* of its certificate: the subject gives the parameters */
    bytes registration_config;      /* of its CA: struct ca_record.registration_config */
};

/* jitp_provision: `registry` names account, region and arena; its txn must be NULL. out_provisioned
 * may be NULL. Failures are those of template_evaluate and provisioning_register_thing, with the
 * place inside the template; E_NOT_FOUND or E_INVALID when the config names a template that is
 * gone, disabled or of another type; E_THROTTLED while it pauses, with the last failure in the
 * sentence. */
NODISCARD
status jitp_provision(struct store *store, const struct registry *registry,
                      const struct jitp_device *device, const struct provisioning_options *options,
                      struct provisioned *out_provisioned);

/* registration_config_check is for RegisterCACertificate and UpdateCACertificate [AWS
 * identity 2.4]: `template_body` and `role_arn`, or `template_name`. E_INVALID in AWS's words,
 * E_NOT_FOUND for a template that is not there. */
struct registration_config {
    bytes template_body, role_arn, template_name; /* ptr NULL: absent */
};
NODISCARD
status registration_config_check(const struct registry *registry,
                                 const struct registration_config *config);
