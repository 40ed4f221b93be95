#include "tls/context.h"

#include <assert.h>
#include <openssl/err.h>
#include <string.h>

#include "tls/connection_internal.h"
#include "tls/internal.h"

/* IoTSecurityPolicy_TLS13_1_2_2022_10, in the order of our preference [AWS identity 4.5] */
static const char suites_tls13[] =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
static const char groups[] = "X25519:P-256:P-384:P-521";

/* ---- which client certificate a connection wants: the table of context.h ---- */

struct protocol {
    const char *alpn;
    enum client_certificate certificate;
};

static const struct {
    enum client_certificate without_alpn;
    struct protocol protocols[4]; /* in the order of our preference */
} kinds[TLS_KIND_COUNT] = {
    [TLS_MQTTS] = {CERTIFICATE_REQUIRED,
                   {{"x-amzn-mqtt-ca", CERTIFICATE_REQUIRED}, {"mqtt", CERTIFICATE_REQUIRED}}},
    [TLS_HTTPS] = {CERTIFICATE_OPTIONAL,
                   {{"x-amzn-mqtt-ca", CERTIFICATE_REQUIRED},
                    {"mqtt", CERTIFICATE_OPTIONAL},
                    {"x-amzn-http-ca", CERTIFICATE_REQUIRED},
                    {"http/1.1", CERTIFICATE_OPTIONAL}}},
    [TLS_WEB] = {CERTIFICATE_NONE,
                 {{"x-amzn-mqtt-ca", CERTIFICATE_REQUIRED},
                  {"mqtt", CERTIFICATE_NONE},
                  {"x-amzn-http-ca", CERTIFICATE_REQUIRED},
                  {"http/1.1", CERTIFICATE_NONE}}},
    [TLS_API] = {CERTIFICATE_NONE, {{"http/1.1", CERTIFICATE_NONE}}},
};

void want_client_certificate(SSL *ssl, enum client_certificate wanted) {
    static const int modes[] = {
        [CERTIFICATE_BY_PORT] = SSL_VERIFY_NONE,
        [CERTIFICATE_NONE] = SSL_VERIFY_NONE,
        [CERTIFICATE_OPTIONAL] = SSL_VERIFY_PEER,
        [CERTIFICATE_REQUIRED] = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
    };
    SSL_set_verify(ssl, modes[wanted], NULL);
}

enum client_certificate kind_certificate(enum tls_kind kind) {
    return kinds[kind].without_alpn;
}

/* ALPN is a list of names, each after its length [RFC 7301 3.1]; OpenSSL has checked it. */
static bool find_offer(bytes offers, bytes name, bytes *out_offer) {
    struct reader in = {offers};
    uint8_t len;
    bytes offer;
    while (read_u8(&in, &len) == OK && read_bytes(&in, len, &offer) == OK)
        if (bytes_equal(offer, name)) {
            *out_offer = offer;
            return true;
        }
    return false;
}

static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                   const unsigned char *in, unsigned in_len, void *unused) {
    const struct tls *t = SSL_get_app_data(ssl);
    const struct protocol *protocols = kinds[tls_kind(t)].protocols;
    bytes offer;
    UNUSED(unused);
    for (size_t i = 0; i < COUNT_OF(kinds[0].protocols) && protocols[i].alpn; i++) {
        if (!find_offer(bytes_of(in, in_len), bytes_from(protocols[i].alpn), &offer))
            continue;
        *out = offer.ptr;
        *out_len = (unsigned char)offer.len;
        if (tls_wanted_certificate(t) == CERTIFICATE_BY_PORT)
            want_client_certificate(ssl, protocols[i].certificate);
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_NOACK; /* as if none had been offered */
}

/* ---- what OpenSSL asks back ---- */

/* Possession of the key is proven by the handshake itself; who that is, is the registry's to say.
 * Only the size of the chain is ours [AWS identity 1.3]. */
static int on_client_chain(X509_STORE_CTX *chain, void *unused) {
    UNUSED(unused);
    if (sk_X509_num(X509_STORE_CTX_get0_untrusted(chain)) > CLIENT_CHAIN_MAX) {
        X509_STORE_CTX_set_error(chain, X509_V_ERR_CERT_CHAIN_TOO_LONG);
        return 0;
    }
    X509_STORE_CTX_set_error(chain, X509_V_OK);
    return 1;
}

struct tls_context {
    struct server_identity *identity;
    SSL_CTX *chains[TLS_CHAIN_COUNT]; /* without legacy leaves both are the same */
    SSL_CTX **domains;                /* of those with a pair of their own; made when first asked */
};

/* The one host name in the extension [RFC 6066 3], or no bytes; OpenSSL judges it later. */
static bytes offered_name(SSL *ssl) {
    struct reader in = {0};
    const unsigned char *extension;
    uint16_t list_len, len;
    uint8_t type;
    bytes name;
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &extension, &in.left.len) != 1)
        return (bytes){0};
    in.left.ptr = extension;
    if (read_u16(&in, &list_len) != OK || read_u8(&in, &type) != OK ||
        type != TLSEXT_NAMETYPE_host_name || read_u16(&in, &len) != OK ||
        read_bytes(&in, len, &name) != OK)
        return (bytes){0};
    return name;
}

static SSL_CTX *domain_context(struct tls_context *c, const struct server_domain *domain);

/* Before a version is chosen: a domain may have versions, suites and a chain of its own, and say
 * itself whether it wants to see a certificate. */
static int on_client_hello(SSL *ssl, int *alert, void *unused) {
    struct tls *t = SSL_get_app_data(ssl);
    struct tls_context *c = tls_shared(t);
    const struct server_domain *domain = server_identity_domain(c->identity, offered_name(ssl));
    UNUSED(unused);
    if (!domain)
        return SSL_CLIENT_HELLO_SUCCESS;
    tls_set_domain(t, domain);
    if (domain->certificate != CERTIFICATE_BY_PORT)
        want_client_certificate(ssl, domain->certificate);
    if (domain->pair)
        (void)SSL_set_SSL_CTX(ssl, domain_context(c, domain));
    if (tls_policy_apply(domain->policy, tls_kind(t), ssl))
        return SSL_CLIENT_HELLO_SUCCESS;
    *alert = SSL_AD_INTERNAL_ERROR;
    return SSL_CLIENT_HELLO_ERROR;
}

static int on_server_name(SSL *ssl, int *alert, void *unused) {
    struct tls *t = SSL_get_app_data(ssl);
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    UNUSED(alert), UNUSED(unused);
    if (!name)
        return SSL_TLSEXT_ERR_NOACK;
    struct tls_context *c = tls_shared(t);
    enum tls_chain chain = server_identity_chain(c->identity, bytes_from(name));
    if (!tls_has_own_pair(t) && chain != TLS_ATS && c->chains[chain] != c->chains[TLS_ATS]) {
        (void)SSL_set_SSL_CTX(ssl, c->chains[chain]);
        tls_set_chain(t, chain);
    }
    return SSL_TLSEXT_ERR_OK;
}

static void on_info(const SSL *ssl, int where, int value) {
    if ((where & SSL_CB_ALERT) == SSL_CB_ALERT)
        tls_note_alert(SSL_get_app_data(ssl), where & SSL_CB_WRITE, value & 0xFF);
    else if (where & SSL_CB_LOOP)
        tls_note_message(SSL_get_app_data(ssl));
}

/* ---- making a context ---- */

/* All of this fails only for want of memory, or when OpenSSL was built without what we need. */
static void must(bool done) {
    assert(done);
}

static bool use_leaf(SSL_CTX *ctx, const struct server_leaf *leaf) {
    EVP_PKEY *key = EVP_PKEY_dup(leaf->key); /* each thread's own: no lock is shared */
    must(key != NULL);
    bool used = SSL_CTX_use_cert_and_key(ctx, leaf->certificate, key, leaf->issuers, 1) == 1;
    EVP_PKEY_free(key);
    return used;
}

bool server_leaf_is_usable(const struct server_leaf *leaf) {
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    must(ctx != NULL);
    SSL_CTX_set_security_level(ctx, SECURITY_LEVEL);
    bool usable = use_leaf(ctx, leaf);
    SSL_CTX_free(ctx);
    return usable;
}

static void set_policy(SSL_CTX *ctx) {
    must(SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1);
    must(SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) == 1);
    must(SSL_CTX_set_cipher_list(ctx, tls_policy_suites(TLS_POLICY_TLS13_1_2_2022_10)) == 1);
    must(SSL_CTX_set_ciphersuites(ctx, suites_tls13) == 1);
    must(SSL_CTX_set1_groups_list(ctx, groups) == 1);
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    must(SSL_CTX_set_num_tickets(ctx, 0) == 1);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
}

static SSL_CTX *chain_new(const struct server_leaf leaves[LEAF_COUNT]) {
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    must(ctx != NULL);
    SSL_CTX_set_security_level(ctx, SECURITY_LEVEL);
    set_policy(ctx);
    /* without NO_AUTO_CHAIN OpenSSL builds our own chain anew in each handshake */
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
    SSL_CTX_set_max_cert_list(ctx, CLIENT_CHAIN_BYTES_MAX);
    SSL_CTX_set_cert_verify_callback(ctx, on_client_chain, NULL);
    SSL_CTX_set_alpn_select_cb(ctx, on_alpn, NULL);
    SSL_CTX_set_client_hello_cb(ctx, on_client_hello, NULL);
    SSL_CTX_set_tlsext_servername_callback(ctx, on_server_name);
    SSL_CTX_set_info_callback(ctx, on_info);
    for (size_t kind = 0; kind < LEAF_COUNT; kind++)
        if (leaves[kind].certificate)
            must(use_leaf(ctx, &leaves[kind]));
    return ctx;
}

static SSL_CTX *chain_of(const struct server_identity *identity, enum tls_chain chain,
                         SSL_CTX *otherwise) {
    const struct server_leaf *leaves = identity->leaves[chain];
    if (leaves[LEAF_EC].certificate || leaves[LEAF_RSA].certificate)
        return chain_new(leaves);
    must(otherwise && SSL_CTX_up_ref(otherwise));
    return otherwise;
}

/* Made by the thread that first needs it: there may be many domains, and few that devices use. */
static SSL_CTX *domain_context(struct tls_context *c, const struct server_domain *domain) {
    const struct kept_domain *kept = OWNER(domain, const struct kept_domain, domain);
    SSL_CTX **place = &c->domains[kept - c->identity->domains];
    if (!*place)
        *place = chain_new((const struct server_leaf[LEAF_COUNT]){domain->pair->leaf});
    return *place;
}

static void let_go(struct tls_context *c) {
    for (size_t i = 0; i < c->identity->domain_count; i++)
        SSL_CTX_free(c->domains[i]);
    mem_free(c->domains);
    for (size_t chain = 0; chain < TLS_CHAIN_COUNT; chain++)
        SSL_CTX_free(c->chains[chain]); /* connections hold references of their own */
    server_identity_unref(c->identity);
}

static void use(struct tls_context *c, struct server_identity *identity) {
    c->identity = server_identity_ref(identity);
    c->domains = mem_new((identity->domain_count + 1) * sizeof(SSL_CTX *));
    c->chains[TLS_ATS] = chain_of(identity, TLS_ATS, NULL);
    c->chains[TLS_LEGACY] = chain_of(identity, TLS_LEGACY, c->chains[TLS_ATS]);
}

struct tls_context *tls_context_new(struct server_identity *identity) {
    struct tls_context *c = NEW(struct tls_context);
    use(c, identity);
    return c;
}

void tls_context_replace(struct tls_context *c, struct server_identity *identity) {
    struct tls_context old = *c;
    use(c, identity);
    let_go(&old);
}

void tls_context_free(struct tls_context *c) {
    if (!c)
        return;
    let_go(c);
    mem_free(c);
}

SSL *tls_context_ssl_new(struct tls_context *c) {
    SSL *ssl = SSL_new(c->chains[TLS_ATS]);
    must(ssl != NULL);
    return ssl;
}
