/* May this certificate come in? The decision at CONNECT (or at the first HTTPS request), taken from
 * what the registry knows of the certificate [AWS identity 4.6, 12 row 13].
 *
 * The decision is pure: facts in, a reason out; any thread. The handshake has proven possession of
 * the key before, the policy is asked after. Of a certificate that is not registered stranger.h
 * knows more. */
#pragma once
#include "registry/certificate.h"
#include "registry/crl.h"

/* Why a device is let in or not; the names are what `kedge why` and the log show. */
#define IDENTITY_REASONS(X)  \
    X(ADMITTED)              \
    X(NO_CERTIFICATE)        \
    X(SNI_UNKNOWN)           \
    X(SNI_REQUIRED)          \
    X(UNKNOWN_CERTIFICATE)   \
    X(ISSUER_UNKNOWN)        \
    X(SIGNATURE_MISMATCH)    \
    X(ISSUER_INACTIVE)       \
    X(CA_EXPIRED)            \
    X(AUTO_REGISTRATION_OFF) \
    X(CERTIFICATE_REFUSED)   \
    X(REGISTERED)            \
    X(PENDING_ACTIVATION)    \
    X(PENDING_TRANSFER)      \
    X(INACTIVE)              \
    X(REVOKED)               \
    X(REVOKED_BY_CA)         \
    X(EXPIRED)               \
    X(NOT_YET_VALID)

enum identity_reason {
#define IDENTITY_REASON_ENUM(name) IDENTITY_##name,
    IDENTITY_REASONS(IDENTITY_REASON_ENUM)
#undef IDENTITY_REASON_ENUM
        IDENTITY_REASON_COUNT
};
const char *identity_reason_name(enum identity_reason reason); /* "SNI_REQUIRED" */

/* What a decision rests on; all borrowed for the call. */
struct identity_facts {
    bool has_certificate;
    bytes server_name;      /* SNI as sent; no bytes when none was */
    bool server_name_known; /* it is an endpoint of an account, or none was sent */
    bytes account;          /* whose registry was asked */
    bytes certificate_id;   /* 64 hex digits */
    const struct certificate_record *certificate; /* NULL: not registered in this account */
    const struct crl_finding *crl;                /* what its CA's CRL says; NULL: not asked */
};

/* identity_decide gives IDENTITY_ADMITTED, or why not, and then appends one sentence for people to
 * `out_sentence` (may be NULL): cause, and the command that mends it. */
enum identity_reason identity_decide(const struct identity_facts *facts, int64_t now_ms,
                                     struct buf *out_sentence);
