/* Where the issuing CA is kept: DIR/ca/device-issuer.key and .pem. For this folder. */
#pragma once
#include <openssl/x509.h>

#include "base/bytes.h"

/* Each load gives NULL when there is no file, and E_INTERNAL, naming the file, when it cannot be
 * read or decoded. Each save writes 0600, whole or not at all, and is on disk when it returns. */
NODISCARD
status issuer_key_load(const char *data_dir, EVP_PKEY **out_key);
NODISCARD
status issuer_key_save(const char *data_dir, EVP_PKEY *key);
NODISCARD
status issuer_certificate_load(const char *data_dir, X509 **out_certificate);
NODISCARD
status issuer_certificate_save(const char *data_dir, X509 *certificate);
