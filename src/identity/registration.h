/* Registering certificates: the business rules between a PEM text and a record in the registry
 * [AWS identity 1.7, 2.3, 2.4, 2.7, 3.1–3.3]. The API calls them today, provisioning templates
 * will.
 *
 * Everything here works inside the caller's write transaction (`registry`) and borrows its inputs;
 * what is returned lives in the registry's arena. Decoding and verifying take well under a
 * millisecond; what takes longer (keys, signatures) is done by identity/issuer.h before the
 * transaction begins. Workers only. After a failure roll the transaction back.
 */
#pragma once
#include "identity/issuer.h"
#include "registry/ca_certificate.h"
#include "registry/certificate.h"

/* What every registration answers. */
struct registered {
    bytes arn;
    bytes id; /* 64 hex digits */
    int64_t not_before_ms;
};

struct ca_registration {
    bytes pem;          /* caCertificate */
    bytes verification; /* verificationCertificate; none when absent */
    enum certificate_mode mode;
    bool active, auto_registration;
    bytes registration_config, template_name; /* checked by the caller; none when absent */
};
/* register_ca_certificate [AWS identity 2.4]: E_INVALID when mode and verification certificate do
 * not go together; E_CERTIFICATE_INVALID, E_REGISTRATION_CODE (common name found and expected),
 * E_EXISTS, E_LIMIT. */
NODISCARD
status register_ca_certificate(const struct registry *registry, const struct ca_registration *ca,
                               int64_t now_ms, struct registered *out_ca);

struct certificate_registration {
    bytes pem;       /* certificatePem: the leaf first, more blocks are kept */
    bytes ca_pem;    /* caCertificatePem; none when absent */
    bool set_active; /* setAsActive */
    const enum certificate_status *status; /* NULL when absent; wins over set_active */
};
/* register_certificate [AWS identity 3.2] finds the CA that signed it [AWS identity 2.7].
 * E_CERTIFICATE_STATE: no such CA, CA not active, status not allowed; E_CERTIFICATE_CONFLICT: more
 * than one CA has this subject and key; E_CERTIFICATE_INVALID; E_EXISTS. */
NODISCARD
status register_certificate(const struct registry *registry,
                            const struct certificate_registration *certificate, int64_t now_ms,
                            struct registered *out_certificate);
/* register_certificate_without_ca [AWS identity 3.3]: as SNI_ONLY, whoever signed it; `ca_pem` is
 * not looked at. */
NODISCARD
status register_certificate_without_ca(const struct registry *registry,
                                       const struct certificate_registration *certificate,
                                       int64_t now_ms, struct registered *out_certificate);

/* register_issued records what identity/issuer.h has issued, ACTIVE or INACTIVE: the second half of
 * CreateCertificateFromCsr and CreateKeysAndCertificate [AWS identity 3.1]. Issue before the
 * transaction begins: signing and key generation are no work for one. */
NODISCARD
status register_issued(const struct registry *registry, const struct issued *issued,
                       bool set_active, struct registered *out_certificate);
/* register_unclaimed records it PENDING_ACTIVATION: made over MQTT, for a device that has yet to be
 * provisioned [AWS identity 8.2]. */
NODISCARD
status register_unclaimed(const struct registry *registry, const struct issued *issued,
                          struct registered *out_certificate);
