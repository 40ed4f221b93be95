/* What the server shows of itself: for each chain, certificates with keys, and its server names.
 *
 * Immutable and counted: made by the authority (or from PEM in tests), read by every loop's
 * tls_context. Any thread. */
#pragma once
#include "base/bytes.h"

/* Which root a client must trust [AWS identity 4.3]. */
enum tls_chain { TLS_ATS, TLS_LEGACY, TLS_CHAIN_COUNT };

struct server_identity;

struct server_identity *server_identity_ref(struct server_identity *i);
void server_identity_unref(struct server_identity *i); /* NULL does nothing */

/* server_identity_chain is the chain for a server name (SNI): the legacy one for exactly its names,
 * whatever their case; ATS for every other name and for none [AWS identity 4.2]. */
enum tls_chain server_identity_chain(const struct server_identity *i, bytes server_name);
