/* A server certificate that somebody brought for a domain of his own, with issuers and key: checked
 * when it is taken in, and again for each name it is to be shown under [AWS identity 11.4].
 *
 * Immutable and counted; any thread. Decoding costs a tenth of a millisecond: for workers. */
#pragma once
#include "base/arena.h"

enum {
    PAIR_CHAIN_MAX = 5,                 /* certificates, the server's own included */
    PAIR_CHAIN_BYTES_MAX = 16 * 1024,   /* of their DER together */
    PAIR_CERTIFICATE_BYTES_MAX = 32768, /* of PEM, as ACM takes them */
    PAIR_CHAIN_TEXT_MAX = 2 * 1024 * 1024,
    PAIR_KEY_BYTES_MAX = 5120,
};

struct server_pair;

/* server_pair_parse takes one certificate, its issuers in order (or none) and its key, all PEM.
 * E_CERTIFICATE_INVALID with a sentence when something is not what it should be, does not belong
 * together, cannot be used for TLS, or is not valid at `now_ms`. */
NODISCARD
status server_pair_parse(bytes certificate, bytes chain, bytes key, int64_t now_ms,
                         struct server_pair **out_pair);
struct server_pair *server_pair_ref(struct server_pair *p);
void server_pair_unref(struct server_pair *p); /* NULL does nothing */

/* server_pair_serves wants what AWS asks of a domain's certificate: it is for that name, for
 * servers (extended key usage), short enough a chain, and valid. E_CERTIFICATE_INVALID. */
NODISCARD
status server_pair_serves(const struct server_pair *p, bytes domain_name, int64_t now_ms);

/* What a certificate says, for people and listings. Texts live in the arena. */
struct server_certificate_facts {
    bytes subject, issuer, serial;
    bytes common_name; /* or the first name, without one */
    bytes *names;      /* DNS names it is for */
    size_t name_count;
    int64_t not_before_ms, not_after_ms;
    bytes key_algorithm, signature_algorithm; /* "EC_prime256v1", "SHA256WITHRSA" */
};
NODISCARD
status server_certificate_read(bytes certificate, struct arena *a,
                               struct server_certificate_facts *out_facts);
