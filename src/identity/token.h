/* Tokens of custom authorizers: signed by whoever gives them out, verified with the public keys
 * that the authorizer was given [AWS identity 11.2]. */
#pragma once
#include "base/arena.h"

enum { TOKEN_BYTES_MAX = 6144, TOKEN_SIGNATURE_BYTES_MAX = 2560, TOKEN_KEY_BITS_MIN = 2048 };

/* token_key_check: E_INVALID unless the PEM text is an RSA public key of at least 2048 bits. */
NODISCARD
status token_key_check(bytes pem);
/* token_verify tells whether `signature` (base64) over the token is one of SHA-256 with RSA
 * (PKCS #1 v1.5) by one of the keys: a record list of name, PEM, name, PEM … E_DENIED with the
 * reason otherwise. A tenth of a millisecond per key: for workers. */
NODISCARD
status token_verify(bytes keys, bytes token, bytes signature);
