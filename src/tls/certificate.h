/* Making keys and certificates of the server's own. For tls/: blocks for as long as key generation
 * takes (RSA-2048: a tenth of a second). */
#pragma once
#include "tls/authority.h"
#include "tls/internal.h"

/* A root or whoever signs. */
struct signer {
    X509 *certificate;
    EVP_PKEY *key;
};

EVP_PKEY *key_new(enum tls_leaf kind); /* EC P-256 or RSA-2048; cannot fail */
/* key_kind tells which leaf a key is for; false for any other kind of key. */
bool key_kind(const EVP_PKEY *key, enum tls_leaf *out_kind);

/* root_new makes a self-signed CA certificate, valid for 20 years. */
X509 *root_new(EVP_PKEY *key, const char *common_name);

/* leaf_new makes a server certificate for the key, valid for 397 days in all. E_INVALID for a name
 * that is neither a DNS name (a first label * is allowed) nor a numeric address. */
NODISCARD
status leaf_new(const struct signer *by, EVP_PKEY *key, const struct server_names *names,
                X509 **out_certificate);

/* leaf_names_are tells whether the certificate is for exactly these names, in any order. */
bool leaf_names_are(const X509 *certificate, const struct server_names *names);

/* certificate_ends_ms is notAfter as wall time. */
int64_t certificate_ends_ms(const X509 *certificate);
