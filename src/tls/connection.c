#include "tls/connection.h"

#include <assert.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <string.h>

#include "tls/connection_internal.h"
#include "tls/internal.h"
#include "tls/reason.h"

/* TLS messages between two pieces of data: a client may renew its keys now and then, but each
 * renewal costs us more than the client, so not without end. */
enum { MESSAGES_MAX = 100 };

struct tls {
    SSL *ssl;
    struct tls_context *shared;
    bytes input;                        /* fed and not read yet */
    struct buf kept;                    /* holds input after tls_keep_rest */
    struct buf *out;                    /* of the call under way */
    uint8_t kind;                       /* enum tls_kind */
    uint8_t chain;                      /* enum tls_chain */
    uint8_t certificate;                /* enum client_certificate: what the domain wants */
    int16_t alert_sent, alert_received; /* -1 for none */
    uint16_t messages;                  /* of TLS itself since data came; see MESSAGES_MAX */
    bool started, ended, ready, broken, shut, own_pair;
    struct tls_facts facts;
};

/* ---- between OpenSSL and the caller's memory ---- */

static int bio_read(BIO *bio, char *into, size_t size, size_t *out_count) {
    struct tls *t = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (t->messages > MESSAGES_MAX)
        return 0; /* and not to be tried again */
    if (t->input.len == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    size_t count = t->input.len < size ? t->input.len : size;
    memcpy(into, t->input.ptr, count);
    t->input = bytes_skip(t->input, count);
    *out_count = count;
    return 1;
}

static int bio_write(BIO *bio, const char *from, size_t size, size_t *out_count) {
    struct tls *t = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    assert(t->out);
    buf_append(t->out, bytes_of(from, size));
    *out_count = size;
    return 1;
}

static long bio_control(BIO *bio, int command, long number, void *ptr) {
    UNUSED(bio), UNUSED(number), UNUSED(ptr);
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static struct {
    BIO_METHOD *bio;
    EVP_MD *sha256; /* fetched once: a look-up by name costs more than the hash */
} fixed;

static void make_fixed(void) {
    fixed.bio = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "kedge");
    fixed.sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
    assert(fixed.bio && fixed.sha256);
    (void)BIO_meth_set_read_ex(fixed.bio, bio_read);
    (void)BIO_meth_set_write_ex(fixed.bio, bio_write);
    (void)BIO_meth_set_ctrl(fixed.bio, bio_control);
}

/* ---- life ---- */

struct tls *tls_new(struct tls_context *c, enum tls_kind kind) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, make_fixed);
    struct tls *t = NEW(struct tls);
    BIO *bio = BIO_new(fixed.bio);
    assert(bio);
    t->ssl = tls_context_ssl_new(c);
    t->shared = c;
    t->kind = (uint8_t)kind;
    t->alert_sent = t->alert_received = -1;
    BIO_set_data(bio, t);
    BIO_set_init(bio, 1);
    SSL_set_bio(t->ssl, bio, bio);
    SSL_set_app_data(t->ssl, t);
    SSL_set_accept_state(t->ssl);
    want_client_certificate(t->ssl, kind_certificate(kind));
    return t;
}

void tls_free(struct tls *t) {
    if (!t)
        return;
    SSL_free(t->ssl);
    buf_done(&t->kept);
    mem_free(t);
}

enum tls_kind tls_kind(const struct tls *t) {
    return (enum tls_kind)t->kind;
}

struct tls_context *tls_shared(const struct tls *t) {
    return t->shared;
}

void tls_set_chain(struct tls *t, enum tls_chain chain) {
    t->chain = (uint8_t)chain;
}

void tls_set_domain(struct tls *t, const struct server_domain *domain) {
    t->certificate = (uint8_t)domain->certificate;
    t->own_pair = domain->pair != NULL;
    t->facts.mark = domain->mark;
}

bool tls_has_own_pair(const struct tls *t) {
    return t->own_pair;
}

enum client_certificate tls_wanted_certificate(const struct tls *t) {
    return (enum client_certificate)t->certificate;
}

void tls_note_alert(struct tls *t, bool sent, int alert) {
    if (sent)
        t->alert_sent = (int16_t)alert;
    else
        t->alert_received = (int16_t)alert;
}

void tls_note_message(struct tls *t) {
    if (t->ready && t->messages <= MESSAGES_MAX)
        t->messages++;
}

/* ---- input ---- */

void tls_feed(struct tls *t, bytes input) {
    if (t->input.len == 0) {
        buf_clear(&t->kept);
        t->input = input;
        return;
    }
    tls_keep_rest(t);
    buf_append(&t->kept, input);
    t->input = buf_bytes(&t->kept);
}

void tls_feed_end(struct tls *t) {
    t->ended = true;
}

/* input, if anything is left, is the end of kept or somebody else's memory. */
void tls_keep_rest(struct tls *t) {
    bool is_kept = t->input.len > 0 && t->kept.len > 0;
    if (is_kept) {
        buf_drop_front(&t->kept, t->kept.len - t->input.len);
    } else {
        buf_clear(&t->kept);
        buf_append(&t->kept, t->input);
    }
    if (t->kept.len == 0)
        buf_done(&t->kept);
    t->input = buf_bytes(&t->kept);
}

bool tls_has_input(const struct tls *t) {
    return t->input.len > 0;
}

/* ---- the handshake ---- */

static void take_fingerprint(struct tls *t) {
    X509 *certificate = SSL_get0_peer_certificate(t->ssl);
    uint8_t *der = NULL;
    if (!certificate)
        return;
    int len = i2d_X509(certificate, &der);
    assert(len > 0);
    int hashed = EVP_Digest(der, (size_t)len, t->facts.fingerprint, NULL, fixed.sha256, NULL);
    assert(hashed == 1);
    OPENSSL_free(der);
    t->facts.has_certificate = true;
}

static void become_ready(struct tls *t) {
    const unsigned char *alpn = NULL;
    unsigned alpn_len = 0;
    t->ready = true;
    SSL_get0_alpn_selected(t->ssl, &alpn, &alpn_len);
    t->facts.alpn = bytes_of(alpn, alpn_len);
    t->facts.version = SSL_get_version(t->ssl);
    t->facts.cipher = SSL_get_cipher_name(t->ssl);
    take_fingerprint(t);
}

static status fail_handshake(struct tls *t) {
    struct tls_trouble trouble = {
        .openssl = ERR_peek_error(),
        .alert_sent = t->alert_sent,
        .alert_received = t->alert_received,
        .chain = (enum tls_chain)t->chain,
        .ended = t->ended,
        .nothing_came = !t->started,
    };
    t->broken = true;
    ERR_clear_error();
    return reason_fail(&trouble);
}

/* One hint in the client's own tongue; MQTT has none for this. */
static status fail_plain(struct tls *t, const char *means, struct buf *out) {
    t->broken = true;
    if (strstr(means, "HTTP"))
        buf_text(out, "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n"
                      "Content-Length: 41\r\nConnection: close\r\n\r\n"
                      "This port speaks TLS: use https instead.\n");
    return FAIL(E_PROTOCOL, "TLS: %s", means);
}

static status fail_broken(void) {
    return FAIL(E_PROTOCOL, "TLS: the connection has failed already");
}

static status step(struct tls *t, enum tls_state *out_state) {
    ERR_clear_error();
    int done = SSL_do_handshake(t->ssl);
    if (done == 1) {
        become_ready(t);
        *out_state = TLS_READY;
        return OK;
    }
    if (SSL_get_error(t->ssl, done) != SSL_ERROR_WANT_READ || t->ended)
        return fail_handshake(t);
    *out_state = TLS_WANTS_INPUT;
    return OK;
}

status tls_handshake(struct tls *t, struct buf *out, enum tls_state *out_state) {
    if (t->broken)
        return fail_broken();
    if (t->ready) {
        *out_state = TLS_READY;
        return OK;
    }
    const char *plain = t->started ? NULL : reason_of_plain(t->input);
    if (plain)
        return fail_plain(t, plain, out);
    t->started = t->started || t->input.len > 0;
    t->out = out;
    status s = step(t, out_state);
    t->out = NULL;
    return s;
}

/* ---- plain bytes ---- */

static ssize_t fail_read(struct tls *t) {
    status s = fail_handshake(t); /* the same reasons apply */
    if (t->messages > MESSAGES_MAX)
        s = FAIL(E_PROTOCOL,
                 "TLS: the client renews its keys again and again without sending data");
    UNUSED(s);
    return -EPROTO;
}

ssize_t tls_read(struct tls *t, void *into, size_t size, struct buf *out) {
    size_t count = 0;
    assert(t->ready);
    if (t->broken)
        return fail_broken() == OK ? 0 : -EPROTO;
    ERR_clear_error();
    t->out = out;
    int done = SSL_read_ex(t->ssl, into, size, &count);
    t->out = NULL;
    if (done == 1) {
        t->messages = 0;
        return (ssize_t)count;
    }
    int error = SSL_get_error(t->ssl, done);
    if (error == SSL_ERROR_ZERO_RETURN)
        return 0;
    if (error == SSL_ERROR_WANT_READ)
        return t->ended ? 0 : -EAGAIN;
    return fail_read(t);
}

status tls_write(struct tls *t, bytes plain, struct buf *out) {
    size_t count;
    assert(t->ready && !t->shut);
    if (t->broken)
        return fail_broken();
    if (plain.len == 0)
        return OK;
    ERR_clear_error();
    t->out = out;
    int done = SSL_write_ex(t->ssl, plain.ptr, plain.len, &count);
    t->out = NULL;
    return done == 1 ? OK : fail_handshake(t);
}

void tls_shutdown(struct tls *t, struct buf *out) {
    if (!t->ready || t->broken || t->shut)
        return;
    t->shut = true;
    t->out = out;
    (void)SSL_shutdown(t->ssl);
    t->out = NULL;
    ERR_clear_error();
}

/* ---- who is there ---- */

const struct tls_facts *tls_facts(struct tls *t) {
    t->facts.chain = (enum tls_chain)t->chain;
    t->facts.server_name = bytes_from(SSL_get_servername(t->ssl, TLSEXT_NAMETYPE_host_name));
    return &t->facts;
}

/* On the server's side OpenSSL keeps the leaf apart from the others. */
size_t tls_peer_certificates(const struct tls *t) {
    int further = sk_X509_num(SSL_get_peer_cert_chain(t->ssl));
    if (!SSL_get0_peer_certificate(t->ssl))
        return 0;
    return 1 + (size_t)(further > 0 ? further : 0);
}

void tls_peer_certificate(const struct tls *t, size_t index, struct buf *out_der) {
    assert(index < tls_peer_certificates(t));
    X509 *x = index ? sk_X509_value(SSL_get_peer_cert_chain(t->ssl), (int)index - 1)
                    : SSL_get0_peer_certificate(t->ssl);
    uint8_t *der = NULL;
    int len = i2d_X509(x, &der);
    assert(len > 0);
    buf_append(out_der, bytes_of(der, (size_t)len));
    OPENSSL_free(der);
}
