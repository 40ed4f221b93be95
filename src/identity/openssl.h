/* What this folder's users of OpenSSL share. */
#pragma once
#include "identity/x509.h"

/* openssl_failure records a sentence with OpenSSL's own reason in brackets, empties its queue of
 * errors and returns `code`. */
status openssl_failure(status code, const char *format, ...) PRINTF(2, 3);

/* x509_key_read describes a public key; NULL is one that could not be decoded. */
struct evp_pkey_st;
void x509_key_read(const struct evp_pkey_st *key, struct x509_key *out_key);
/* x509_key_check is OK for an accepted key, else `code`: "The key in the <noun> is not valid: …".
 */
NODISCARD
status x509_key_check(const struct x509_key *key, status code, const char *noun);
