/* A connection: a stream, maybe TLS on it, and a protocol that takes bytes.
 *
 *     accept ─▶ [TLS handshake, a step a turn, behind established traffic] ─▶ protocol by listener
 * and ALPN ─▶ protocol->take(bytes) … connection_write / output ─▶ one write at the end of the turn
 *
 * Owned by its plane. connection_close is possible anywhere; the memory goes at the end of the
 * turn. */
#pragma once
#include "gateway/plane.h"

struct connection;
struct mqtt_client;
struct http_client;

struct protocol {
    const char *name;
    /* take is given what has come and returns how much of it it used; the rest comes again with
     * more. It may close the connection. */
    size_t (*take)(struct connection *c, bytes in);
    /* written tells that output has left and there is room again. May be NULL. */
    void (*written)(struct connection *c);
    /* gone tells that the peer ended or broke the connection; `why` is one sentence. The protocol
     * lets go of its state; the connection is closed when it returns. Not called after
     * connection_close. */
    void (*gone)(struct connection *c, const char *why);
    /* drain asks for a farewell, because the server stops. Closes the connection. */
    void (*drain)(struct connection *c);
};

struct connection {
    struct stream stream;
    struct list link, handshake, paused;
    struct plane *plane;
    struct tls *tls;                 /* NULL without */
    const struct protocol *protocol; /* NULL while the handshake runs */
    struct mqtt_client *mqtt;
    struct http_client *http;
    struct output output;
    struct buf in;      /* came and is not used up */
    struct buf cipher;  /* encrypted and not sent */
    struct timer timer; /* the handshake's, then the protocol's */
    uint64_t heard_ms;  /* when something last came */
    enum entrance entrance;
    unsigned busy; /* jobs under way that refer to it: it is buried after their answers */
    bool closed, holds, stopped_reading, wants_writable;
};

/* connection_accept takes the connection a listener has just got. */
void connection_accept(struct plane *p, struct listener *l, enum entrance entrance);

/* connection_hold stops giving bytes to the protocol until connection_release; what comes
 * meanwhile stays with the kernel. */
void connection_hold(struct connection *c);
void connection_release(struct connection *c);

/* connection_pause stops reading from a publisher while other loops are behind. */
void connection_pause(struct connection *c);
void plane_relieved(void *plane);

void connection_write(struct connection *c, bytes data);

/* connection_close sends what waits as far as it goes at once, and closes. Twice is fine. */
void connection_close(struct connection *c);

/* connection_finish is for last words: the protocol, whose state must be let go of already, hears
 * nothing more; what waits is sent, then our direction is ended and the peer given a second to take
 * it and close. What it still sends is thrown away: a close with bytes of the peer unread makes the
 * kernel reset the connection, and the words may be lost. */
void connection_finish(struct connection *c);

/* connection_busy and connection_idle enclose a job on a worker that refers to the connection. */
void connection_busy(struct connection *c);
void connection_idle(struct connection *c);

/* The ends of a turn: write what waits, one step of one handshake, bury the dead. */
void connections_end_turn(struct plane *p);

/* connection_peer writes "ADDRESS:PORT" for people. */
void connection_peer(const struct connection *c, char out_text[64]);
