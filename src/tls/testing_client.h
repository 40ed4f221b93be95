/* A TLS client in memory, and device certificates for it: what tests and the bench put opposite a
 * `struct tls`. OpenSSL's own client side, with nothing of ours in it. */
#pragma once
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "support/testing.h"
#include "tls/authority.h"
#include "tls/connection.h"

/* ---- device certificates ---- */

struct device {
    X509 *certificate;
    EVP_PKEY *key;
    STACK_OF(X509) * issuers; /* sent after it, or NULL */
};

struct device_wish {
    EVP_PKEY *key;           /* taken */
    const struct device *by; /* NULL: self-signed */
    long version;            /* 0: three */
    bool expired;
    size_t padding; /* bytes of a comment inside, to make it large */
};

static inline void device_add_padding(X509 *x, size_t len) {
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    uint8_t *filler = mem_new(len);
    CHECK(ASN1_OCTET_STRING_set(value, filler, (int)len));
    X509_EXTENSION *e = X509_EXTENSION_create_by_NID(NULL, NID_netscape_comment, 0, value);
    CHECK(X509_add_ext(x, e, -1));
    X509_EXTENSION_free(e);
    ASN1_OCTET_STRING_free(value);
    mem_free(filler);
}

static inline struct device device_new(struct device_wish w) {
    X509 *x = X509_new();
    X509_NAME *name = X509_get_subject_name(x);
    CHECK(X509_set_version(x, w.version ? w.version - 1 : X509_VERSION_3));
    CHECK(ASN1_INTEGER_set(X509_get_serialNumber(x), 4711));
    CHECK(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)"lamp", -1, -1, 0));
    CHECK(X509_set_issuer_name(x, w.by ? X509_get_subject_name(w.by->certificate) : name));
    CHECK(X509_gmtime_adj(X509_getm_notBefore(x), -864000) != NULL);
    CHECK(X509_gmtime_adj(X509_getm_notAfter(x), w.expired ? -86400 : 864000) != NULL);
    CHECK(X509_set_pubkey(x, w.key));
    if (w.padding)
        device_add_padding(x, w.padding);
    CHECK(X509_sign(x, w.by ? w.by->key : w.key, EVP_sha256()) > 0);
    return (struct device){x, w.key, NULL};
}

static inline void device_free(struct device *d) {
    X509_free(d->certificate);
    EVP_PKEY_free(d->key);
    sk_X509_pop_free(d->issuers, X509_free);
    *d = (struct device){0};
}

/* ---- the client ---- */

struct client_wish {
    const char *root_file;                     /* trusted, or NULL: anything goes */
    const char *server_name;                   /* SNI and the name checked; NULL: none */
    const char *alpn;                          /* in wire form: "\4mqtt" */
    const struct device *device;               /* NULL: no certificate */
    int version;                               /* TLS1_2_VERSION …; 0: both */
    const char *ciphers, *signatures, *groups; /* NULL: OpenSSL's */
};

struct client {
    SSL *ssl;
    BIO *in, *out;
};

static inline SSL_CTX *client_context(const struct client_wish *w) {
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_security_level(ctx, 0);
    CHECK(SSL_CTX_set_min_proto_version(ctx, w->version));
    CHECK(SSL_CTX_set_max_proto_version(ctx, w->version));
    if (w->root_file) {
        CHECK(SSL_CTX_load_verify_file(ctx, w->root_file) == 1);
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    }
    if (w->ciphers)
        CHECK(SSL_CTX_set_cipher_list(ctx, w->ciphers) == 1);
    if (w->signatures)
        CHECK(SSL_CTX_set1_sigalgs_list(ctx, w->signatures) == 1);
    if (w->groups)
        CHECK(SSL_CTX_set1_groups_list(ctx, w->groups) == 1);
    if (w->device)
        CHECK(SSL_CTX_use_cert_and_key(ctx, w->device->certificate, w->device->key,
                                       w->device->issuers, 1) == 1);
    return ctx;
}

static inline struct client client_new(const struct client_wish *w) {
    SSL_CTX *ctx = client_context(w);
    struct client c = {SSL_new(ctx), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem())};
    SSL_CTX_free(ctx);
    SSL_set_bio(c.ssl, c.in, c.out);
    SSL_set_connect_state(c.ssl);
    if (w->alpn)
        CHECK(SSL_set_alpn_protos(c.ssl, (const uint8_t *)w->alpn, (unsigned)strlen(w->alpn)) == 0);
    if (w->server_name) {
        CHECK(SSL_set_tlsext_host_name(c.ssl, w->server_name) == 1);
        if (w->root_file)
            CHECK(SSL_set1_host(c.ssl, w->server_name) == 1);
    }
    return c;
}

static inline void client_free(struct client *c) {
    SSL_free(c->ssl);
    *c = (struct client){0};
}

static inline void client_receive(struct client *c, struct buf *from_server) {
    if (from_server->len)
        CHECK(BIO_write(c->in, from_server->ptr, (int)from_server->len) == (int)from_server->len);
    buf_clear(from_server);
}

static inline void client_send(struct client *c, struct buf *to_server) {
    uint8_t scratch[4096];
    for (int n; (n = BIO_read(c->out, scratch, sizeof scratch)) > 0;)
        buf_append(to_server, bytes_of(scratch, (size_t)n));
}

/* What became of a handshake. */
struct meeting {
    status server;        /* OK, or with its sentence in failure_text */
    bool server_is_ready; /* also when the client then refuses */
    bool client_is_ready;
    int client_alert; /* received by the client, 0 for none */
};

static inline void on_client_alert(const SSL *ssl, int where, int value) {
    if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT)
        *(int *)SSL_get_app_data(ssl) = value & 0xFF;
}

/* Passes bytes to and fro until nobody has any left. */
static inline struct meeting meet(struct client *c, struct tls *t, size_t fragment) {
    struct meeting m = {0};
    struct buf to_server = {0}, to_client = {0};
    enum tls_state state = TLS_WANTS_INPUT;
    uint8_t byte;
    SSL_set_app_data(c->ssl, &m.client_alert);
    SSL_set_info_callback(c->ssl, on_client_alert);
    for (int quiet = 0; quiet < 2 && m.server == OK;) {
        m.client_is_ready = SSL_do_handshake(c->ssl) == 1;
        client_send(c, &to_server);
        quiet = to_server.len ? 0 : quiet + 1;
        for (bytes left = buf_bytes(&to_server); left.len && m.server == OK;) {
            bytes part = bytes_slice(left, 0, fragment ? fragment : left.len);
            left = bytes_skip(left, part.len);
            tls_feed(t, part);
            m.server = tls_handshake(t, &to_client, &state);
            tls_keep_rest(t);
        }
        buf_clear(&to_server);
        client_receive(c, &to_client);
    }
    m.server_is_ready = state == TLS_READY;
    if (m.client_is_ready) /* alerts of TLS 1.3 come after the client believes to be done */
        (void)SSL_peek(c->ssl, &byte, 1);
    else
        m.client_is_ready = SSL_do_handshake(c->ssl) == 1;
    buf_done(&to_server);
    buf_done(&to_client);
    return m;
}
