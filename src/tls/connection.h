/* One TLS connection, server side, without a socket: bytes in, bytes out.
 *
 *     on readable:  n = stream_read(s, scratch, …);
 *                   tls_feed(t, bytes_of(scratch, n))            (tls_feed_end(t) when n is 0)
 *                   while (tls_handshake(t, &out, &state) == OK …)   until TLS_READY, then
 *                   while ((n = tls_read(t, into, size, &out)) > 0) …
 *                   tls_keep_rest(t)                             scratch may go now
 *     at turn end:  stream_write(out)
 *
 * Belongs to one loop thread. What goes out is appended to the buf each call names, so that all
 * records of a turn leave in one write. After a failure what `out` holds is still to be sent (the
 * alert), then the stream is to be closed. */
#pragma once
#include <sys/types.h>

#include "tls/context.h"

struct tls;

struct tls *tls_new(struct tls_context *c, enum tls_kind kind);
void tls_free(struct tls *t); /* NULL does nothing */

/* tls_feed borrows `input` until it has been read up (tls_handshake wants more, tls_read gives
 * -EAGAIN or 0) or tls_keep_rest. Unread rest of earlier input goes first. */
void tls_feed(struct tls *t, bytes input);
/* tls_feed_end says that the peer closed the stream. */
void tls_feed_end(struct tls *t);
/* tls_keep_rest copies what is still unread, if anything, so that the caller's memory may go. */
void tls_keep_rest(struct tls *t);
/* tls_has_input tells whether fed bytes wait to be read. */
bool tls_has_input(const struct tls *t);

enum tls_state { TLS_WANTS_INPUT, TLS_READY };
/* tls_handshake takes one step, at most one flight of the peer: of bounded cost (one signature or
 * one verification). E_PROTOCOL or E_DENIED when it failed; the sentence names the alert, the
 * reason and what to do. */
NODISCARD
status tls_handshake(struct tls *t, struct buf *out, enum tls_state *out_state);

/* tls_read takes at most `size` plain bytes: their number, 0 at the end (close_notify or closed),
 * -EAGAIN when more input is needed, -EPROTO when the connection is broken (failure_text says why).
 */
ssize_t tls_read(struct tls *t, void *into, size_t size, struct buf *out);
/* tls_write encrypts all of `plain`, any size; gather first: small records cost most. */
NODISCARD
status tls_write(struct tls *t, bytes plain, struct buf *out);
/* tls_shutdown appends close_notify; nothing is written after it. Twice is fine. */
void tls_shutdown(struct tls *t, struct buf *out);

/* ---- who is there: after TLS_READY ---- */

struct tls_facts {
    bool has_certificate;
    uint8_t fingerprint[32]; /* SHA-256 of the client certificate's DER */
    enum tls_chain chain;    /* shown to the client */
    unsigned mark;           /* of the domain that the server name has, 0 for none */
    bytes server_name;       /* SNI as sent, "" for none; also known while the handshake runs */
    bytes alpn;              /* selected, "" for none */
    const char *version;     /* "TLSv1.2" or "TLSv1.3" */
    const char *cipher;      /* "TLS_AES_128_GCM_SHA256" … */
};
/* tls_facts borrows until tls_free. */
const struct tls_facts *tls_facts(struct tls *t);
/* tls_peer_certificates is the number of certificates the client sent (0–5), leaf first. */
size_t tls_peer_certificates(const struct tls *t);
/* tls_peer_certificate appends the DER of one of them. */
void tls_peer_certificate(const struct tls *t, size_t index, struct buf *out_der);
