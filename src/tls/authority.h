/* The server's own certificate authorities and what they issue.
 *
 * Two roots, as AWS has them [AWS identity 4.3]: one for the ATS names, one for the legacy names of
 * `iot:Data`; a client that trusts only the other one refuses the connection. Both are made on the
 * first start and then stay:
 *
 *     DIR/ca/ats-root.pem    .key     EC P-256, self-signed, 20 years; keys have mode 0600
 *     DIR/ca/legacy-root.pem .key
 *     DIR/tls/ats-server.pem .key     what the server shows: EC P-256 …
 *     DIR/tls/ats-server-rsa.pem .key … and RSA-2048 for clients without ECDSA; 397 days
 *     DIR/tls/legacy-server.pem, legacy-server-rsa.pem, .key
 *
 * Everything here touches files or makes keys: call it at start or on a worker. */
#pragma once
#include "tls/identity.h"

struct authority;

/* authority_open loads both roots from `directory`, or makes what is missing there (folders 0700).
 * E_INVALID with the file's name when a file is broken or key and certificate do not belong
 * together: nothing is overwritten. E_UNAVAILABLE when files cannot be read or written. */
NODISCARD
status authority_open(const char *directory, struct authority **out_authority);
void authority_free(struct authority *a); /* NULL does nothing */

/* authority_root_file is the path of a chain's root certificate, for KEDGE_CA_FILE. */
const char *authority_root_file(const struct authority *a, enum tls_chain chain);

struct server_names {
    const bytes *names; /* DNS names and numeric addresses; the first is the CN */
    size_t count;
};

struct server_request {
    /* At least one ATS name; without legacy names there is no legacy chain. */
    struct server_names names[TLS_CHAIN_COUNT];
    /* The operator's own chain (leaf first) and key for the ATS names, or NULL. */
    const char *certificate_file, *key_file;
};

/* authority_load_identity gives certificates for these names: the kept ones if they cover exactly
 * the names and last 30 more days, else new ones, kept for the next start. *out_look_again_ms says
 * at which wall time to call again (also call when names change). E_INVALID for a name that is
 * none, or operator's files that are broken, do not belong together or have expired. */
NODISCARD
status authority_load_identity(struct authority *a, const struct server_request *request,
                               struct server_identity **out_identity, int64_t *out_look_again_ms);
