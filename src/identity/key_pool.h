/* Spare RSA-2048 keys, made ahead by one thread of the lowest priority, so that
 * CreateKeysAndCertificate does not wait for prime numbers.
 *
 * The thread starts with the first key_pool_take: a server that never hands out keys never makes
 * one. Any worker may take; not for loop threads, for an empty pool generates on the caller. */
#pragma once
#include "base/bytes.h"

struct key_pool;
struct evp_pkey_st; /* OpenSSL's EVP_PKEY */

/* key_pool_new keeps at most `spare_max` keys ready. */
struct key_pool *key_pool_new(unsigned spare_max);
/* key_pool_free stops the thread, amid a key if need be, and wipes what is left. NULL does nothing.
 */
void key_pool_free(struct key_pool *p);

/* key_pool_take hands over a key that nobody has had before; free it with EVP_PKEY_free. NULL as
 * pool generates one here. */
NODISCARD
status key_pool_take(struct key_pool *p, struct evp_pkey_st **out_key);
/* key_pool_spare is how many are ready now. */
unsigned key_pool_spare(struct key_pool *p);
