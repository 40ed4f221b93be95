/* What context.c and connection.c know of each other. */
#pragma once
#include <openssl/ssl.h>

#include "tls/connection.h"

enum {
    CLIENT_CHAIN_MAX = 5,                        /* certificates [AWS identity 1.3] */
    CLIENT_CHAIN_BYTES_MAX = 16 * 1024 + 5 * 16, /* [AWS identity 1.3], and the frame around */
    SECURITY_LEVEL = 1, /* ours to say, not openssl.cnf's: old devices' keys may connect */
};

/* ---- of context.c ---- */

SSL *tls_context_ssl_new(struct tls_context *c);
enum client_certificate kind_certificate(enum tls_kind kind); /* without ALPN */
void want_client_certificate(SSL *ssl, enum client_certificate wanted);

/* ---- of connection.c, for OpenSSL's callbacks ---- */

enum tls_kind tls_kind(const struct tls *t);
struct tls_context *tls_shared(const struct tls *t);
void tls_set_chain(struct tls *t, enum tls_chain chain);
/* tls_set_domain keeps what a connection needs of its domain later on. */
void tls_set_domain(struct tls *t, const struct server_domain *domain);
enum client_certificate tls_wanted_certificate(const struct tls *t); /* of its domain */
bool tls_has_own_pair(const struct tls *t);
void tls_note_alert(struct tls *t, bool sent, int alert);
void tls_note_message(struct tls *t);

/* ---- of policy.c ---- */

const char *tls_policy_suites(enum tls_policy policy);
/* tls_policy_apply puts a policy on a connection that has not chosen a version yet. */
bool tls_policy_apply(enum tls_policy policy, enum tls_kind kind, SSL *ssl);
