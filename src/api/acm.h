/* Certificates imported for domains, as AWS Certificate Manager takes them [AWS identity 11.4]. */
#pragma once
#include "api/exchange.h"
#include "registry/server_certificate.h"
#include "tls/pair.h"

/* acm_pair_load gives an imported certificate with its key. E_NOT_FOUND; E_CERTIFICATE_INVALID when
 * it is not, or no longer, good for TLS. */
NODISCARD
status acm_pair_load(const struct registry *r, bytes arn, struct server_pair **out_pair);

extern const struct handler handlers_acm[];
extern const struct error_name errors_acm[];
