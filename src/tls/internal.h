/* What the parts of tls/ share. For tls/ and its tests. */
#pragma once
#include <openssl/ssl.h>
#include <stdatomic.h>

#include "base/map.h"
#include "tls/identity.h"

/* Which key a server certificate has: EC for all who can, RSA for clients without ECDSA. */
enum tls_leaf { LEAF_EC, LEAF_RSA, LEAF_COUNT };

/* A certificate with its key; zero is none. */
struct server_leaf {
    X509 *certificate;
    STACK_OF(X509) * issuers; /* what is sent after it, or NULL */
    EVP_PKEY *key;
};
void server_leaf_done(struct server_leaf *leaf);
/* server_leaf_is_usable tells whether OpenSSL takes it (keys too weak, digests too old: no). Of
 * context.c. */
bool server_leaf_is_usable(const struct server_leaf *leaf);

/* Of pair.h. */
struct server_pair {
    atomic_uint references;
    struct server_leaf leaf;
};

/* A domain as an identity keeps it: its own copy of the name, a reference on the pair. */
struct kept_domain {
    struct map_node node; /* by name */
    struct server_domain domain;
};

struct server_identity {
    atomic_uint references;
    struct server_leaf leaves[TLS_CHAIN_COUNT][LEAF_COUNT]; /* at least one of ATS */
    struct map legacy_names;
    struct kept_domain *domains;
    size_t domain_count;
    struct map domains_by_name;
};

/* server_identity_new is an identity without leaves, with one reference. */
struct server_identity *server_identity_new(const bytes *legacy_names, size_t count);

/* openssl_text is what OpenSSL last had to say on this thread, and forgets it; "" for nothing. */
const char *openssl_text(void);
