/* Certificate providers: a function that issues the certificates of CreateCertificateFromCsr in
 * place of the service [AWS identity 11.1]. At most one per account. */
#pragma once
#include "registry/registry.h"
#include "registry/tags.h"

/* The one operation that a provider can be the default of. */
#define CERTIFICATE_PROVIDER_OPERATION "CreateCertificateFromCsr"

struct certificate_provider {
    bytes name;
    bytes function_arn;
    bytes client_token; /* of its creation: a repeated one is answered as the first was */
    int64_t created_ms, modified_ms;
};
bytes certificate_provider_arn(const struct registry *r, bytes name);

/* certificate_provider_create: E_EXISTS for a name that is taken; E_LIMIT when the account has
 * another one; E_INVALID for a function ARN that is none. Times are not looked at. */
NODISCARD
status certificate_provider_create(const struct registry *r,
                                   const struct certificate_provider *provider,
                                   const struct tags *tags);
NODISCARD
status certificate_provider_load(const struct registry *r, bytes name,
                                 struct certificate_provider *out_provider); /* E_NOT_FOUND */
/* certificate_provider_find gives the account's own; false when there is none. */
NODISCARD
status certificate_provider_find(const struct registry *r, bool *out_found,
                                 struct certificate_provider *out_provider);
/* certificate_provider_update: a function ARN without bytes stays as it is. */
NODISCARD
status certificate_provider_update(const struct registry *r, bytes name, bytes function_arn);
NODISCARD
status certificate_provider_delete(const struct registry *r, bytes name);
