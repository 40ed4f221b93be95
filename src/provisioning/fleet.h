/* Fleet provisioning: a device that holds a claim (any certificate whose policy allows it) asks for
 * a certificate of its own, and for what a template says it needs [AWS identity 8].
 *
 *     make_certificate | certify ─▶ certificate PENDING_ACTIVATION, ownership token, one hour
 *     provision(token, parameters) ─▶ [hook: may it? other parameters?] ─▶ template ─▶ plan
 *                                  ─▶ certificate, thing, policies … all or nothing; token spent
 *
 * Values in, values out: topics, JSON and CBOR are the gateway's. Blocks, provision and
 * certify for as long as a function takes (FUNCTION_ANSWER_MS_MAX): workers only. */
#pragma once
#include "codec/json.h"
#include "provisioning/certificate_source.h"
#include "provisioning/ownership.h"
#include "provisioning/register_thing.h"

struct key_pool;

/* What it works with; all borrowed. */
struct fleet {
    struct certificate_source source; /* store, issuer, functions, region */
    struct key_pool *keys;            /* NULL: every key is made when it is asked for */
    bool without_quotas;
};
/* Who asks. */
struct fleet_caller {
    bytes account, client_id;
    bytes certificate_id; /* none: a client that came without */
};

struct fleet_certificate {
    struct issued issued; /* with a private key when it was made here */
    char token[OWNERSHIP_TOKEN_LEN + 1];
};
void fleet_certificate_done(struct fleet_certificate *c); /* wipes both */

/* fleet_make_certificate makes a key pair and its certificate, fleet_certify a certificate for the
 * device's own key. E_ACCESS_DENIED when the caller's claim has ended; E_INVALID for the CSR. When
 * they return OK, certificate and token are durable. */
NODISCARD
status fleet_make_certificate(const struct fleet *f, const struct fleet_caller *who, int64_t now_ms,
                              struct arena *a, struct fleet_certificate *out_certificate);
NODISCARD
status fleet_certify(const struct fleet *f, const struct fleet_caller *who, bytes csr,
                     int64_t now_ms, struct arena *a, struct fleet_certificate *out_certificate);

struct fleet_provisioning {
    bytes template_name;
    bytes token;
    const struct json *parameters; /* an object of texts; NULL: none */
};
struct fleet_provisioned {
    bytes certificate_id;
    bytes thing_name; /* none: the template has no thing */
    const struct plan_pair *device_configuration;
    size_t device_configuration_count;
    bytes role_unknown; /* the template's role, when it is not in IAM: all was allowed */
};
/* fleet_provision, in this order: E_ACCESS_DENIED when the caller's claim has ended; E_NOT_FOUND:
 * no such template; E_ACCESS_DENIED: it is disabled; E_INVALID: of type JITP; E_OWNERSHIP_TOKEN;
 * E_INVALID: parameters that are no texts; E_ACCESS_DENIED: the hook said no, failed or was late;
 * then what template_evaluate and provisioning_register_thing fail with. */
NODISCARD
status fleet_provision(const struct fleet *f, const struct fleet_caller *who,
                       const struct fleet_provisioning *p, int64_t now_ms, struct arena *a,
                       struct fleet_provisioned *out_provisioned);

/* fleet_sweep deletes, in all accounts, certificates that nobody claimed within their hour, and
 * claims whose time is over. */
NODISCARD
status fleet_sweep(struct store *store, bytes region, int64_t now_ms);
