/* PEM texts of the server's side: keys and chains. For tls/. */
#pragma once
#include "tls/internal.h"

/* pem_key decodes a private key that no password protects; NULL when it is none. */
EVP_PKEY *pem_key(bytes pem);
bool pem_is_encrypted(bytes pem);
/* pem_certificates decodes all certificates of a text; NULL when there is none or one is broken. */
STACK_OF(X509) * pem_certificates(bytes pem);
