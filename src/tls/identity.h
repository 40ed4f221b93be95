/* What the server shows of itself: for each chain, certificates with keys, and its server names.
 *
 * Immutable and counted: made by the authority (or from PEM in tests), read by every loop's
 * tls_context. Any thread. */
#pragma once
#include "tls/pair.h"
#include "tls/policy.h"

/* Which root a client must trust [AWS identity 4.3]. */
enum tls_chain { TLS_ATS, TLS_LEGACY, TLS_CHAIN_COUNT };

struct server_identity;

struct server_identity *server_identity_ref(struct server_identity *i);
void server_identity_unref(struct server_identity *i); /* NULL does nothing */

/* server_identity_chain is the chain for a server name (SNI): the legacy one for exactly its names,
 * whatever their case; ATS for every other name and for none [AWS identity 4.2]. */
enum tls_chain server_identity_chain(const struct server_identity *i, bytes server_name);

/* Whether a client is asked for a certificate. */
enum client_certificate {
    CERTIFICATE_BY_PORT, /* as the table in context.h says */
    CERTIFICATE_NONE,
    CERTIFICATE_OPTIONAL,
    CERTIFICATE_REQUIRED
};

/* A server name that differs from the others: what a domain configuration says about TLS
 * [AWS device-gateway 1.3]. */
struct server_domain {
    bytes name;               /* lower case, without a final dot */
    struct server_pair *pair; /* shown for it; NULL: the chain that its name has anyway */
    enum tls_policy policy;
    enum client_certificate certificate;
    unsigned mark; /* whoever makes it finds it again in tls_facts; 0 is that of all other names */
};

/* server_identity_with gives a copy of `base` that knows these domains instead of those that base
 * knew; what it needs of them it copies or counts. */
struct server_identity *server_identity_with(const struct server_identity *base,
                                             const struct server_domain *domains, size_t count);
/* server_identity_domain borrows the domain of a server name, whatever its case; NULL for others.
 */
const struct server_domain *server_identity_domain(const struct server_identity *i,
                                                   bytes server_name);
