/* Where the certificate for a CSR comes from: the account's certificate provider when it has one,
 * else the service itself [AWS identity 3.1, 11.1]. One place for CreateCertificateFromCsr over
 * REST and over MQTT. */
#pragma once
#include "function/function.h"
#include "identity/issuer.h"
#include "registry/registry.h"
#include "store/store.h"

enum { FUNCTION_ANSWER_MS_MAX = 5000 }; /* what providers and hooks have [AWS identity 8.5, 11.1] */

struct certificate_source {
    struct store *store;
    const struct issuer *issuer;
    struct functions *functions;
    bytes region;
};
struct certificate_request {
    bytes account;
    bytes csr;          /* PEM */
    bytes principal_id; /* who asks: a certificate id, or the caller of the API */
    bytes client_id;    /* none over REST */
};
/* certificate_source_issue: E_INVALID for a CSR that is no good, for a function that fails, and for
 * a certificate from it that is not of the CSR's subject and key, cannot be registered or has
 * expired; the sentence names the provider. Blocks up to FUNCTION_ANSWER_MS_MAX: workers only, not
 * inside a transaction. */
NODISCARD
status certificate_source_issue(const struct certificate_source *s,
                                const struct certificate_request *request, int64_t now_ms,
                                struct arena *a, struct issued *out_issued);
