/* Certificate signing requests [RFC 2986], taken in. For this folder. */
#pragma once
#include "identity/x509.h"

struct X509_req_st; /* OpenSSL's X509_REQ */

/* csr_parse decodes a PEM request and checks its key and that it is signed by that key: the proof
 * of possession [AWS identity 3.1]. All failures are E_INVALID. Free with X509_REQ_free. */
NODISCARD
status csr_parse(bytes pem, struct X509_req_st **out_csr);
