#include "gateway/connection.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gateway/domains.h"
#include "gateway/http.h"
#include "gateway/mqtt.h"
#include "gateway/reasons.h"
#include "gateway/server.h"

enum {
    HANDSHAKE_MS_MAX = 20000,     /* from accept to the end of the handshake */
    HANDSHAKE_READ_BYTES = 16384, /* at once of a peer that is in a handshake */
    LAST_WORDS_MS_MAX = 5000,     /* until the peer has taken what was said last */
    LINGER_MS = 1000,             /* from then on until it closes */
    PARTS = 64,                   /* of one write */
    TLS_AT_ONCE_BYTES = 16384,    /* plain bytes of one record */
    UNREAD_BYTES_MAX = 1 << 20    /* of TLS's own answers, to key updates for instance */
};

static void flush(struct connection *c);
static void stop_reading(struct connection *c, bool stop);

/* ---- the beginning ---- */

static const enum tls_kind tls_kinds[ENTRANCE_COUNT] = {
    [ENTRANCE_MQTTS] = TLS_MQTTS, [ENTRANCE_HTTPS] = TLS_HTTPS};

/* What is spoken here, by listener and ALPN [AWS device-gateway 1.1]. */
static bool speaks_mqtt(const struct connection *c) {
    if (c->entrance != ENTRANCE_HTTPS)
        return c->entrance != ENTRANCE_API;
    bytes alpn = tls_facts(c->tls)->alpn;
    return bytes_equal(alpn, BYTES("x-amzn-mqtt-ca")) || bytes_equal(alpn, BYTES("mqtt"));
}

/* A domain may say itself what is spoken [AWS device-gateway 1.3]; what was written for another
 * protocol is told so. */
static bool domain_agrees(struct connection *c, bool *mqtt) {
    enum domain_protocol wanted =
        c->tls ? domain_mark_protocol(tls_facts(c->tls)->mark) : DOMAIN_PROTOCOL_DEFAULT;
    char text[256];
    if (wanted == DOMAIN_PROTOCOL_DEFAULT)
        return true;
    bool alpn_says = tls_facts(c->tls)->alpn.len > 0 || c->entrance == ENTRANCE_MQTTS;
    bool wants_mqtt = wanted == DOMAIN_PROTOCOL_SECURE_MQTT;
    if (alpn_says && *mqtt != wants_mqtt) {
        (void)snprintf(text, sizeof text,
                       "PROTOCOL_MISMATCH: the application protocol of this domain is %s, and the "
                       "client came for %s; the connection was closed",
                       domain_protocol_name(wanted), *mqtt ? "MQTT" : "HTTPS");
        reason_connection(c, "domain.protocol_mismatch", text);
        return false;
    }
    *mqtt = wants_mqtt;
    return true;
}

static void start_protocol(struct connection *c) {
    bool mqtt = speaks_mqtt(c);
    timer_stop(c->plane->loop, &c->timer);
    if (!domain_agrees(c, &mqtt))
        connection_close(c);
    else if (mqtt)
        mqtt_start(c);
    else
        http_start(c);
}

static void on_handshake_late(struct timer *t) {
    struct connection *c = OWNER(t, struct connection, timer);
    reason_connection(c, "handshake.late",
                      "the TLS handshake was not finished within 20 s; the connection was closed");
    connection_close(c);
}

static void on_event(struct stream *s, bool readable, bool writable);

/* Some descriptors are kept for the store and its files: who is connected goes on being served. */
static bool has_room(struct server *s) {
    unsigned count = atomic_fetch_add(&s->connection_count, 1);
    if (s->connections_max == 0 || count < s->connections_max)
        return true;
    atomic_fetch_sub(&s->connection_count, 1);
    log_event(LOG_WARN, "connection.refused",
              "%u connections are open, which is all that the limit of open files allows "
              "(ulimit -n, LimitNOFILE=); a new one was closed",
              count);
    return false;
}

void connection_accept(struct plane *p, struct listener *l, enum entrance entrance) {
    if (!has_room(p->server))
        return; /* not taken: closed */
    struct connection *c = NEW(struct connection);
    c->plane = p;
    c->entrance = entrance;
    c->stream.on_event = on_event;
    list_init(&c->handshake);
    list_init(&c->paused);
    output_init(&c->output, &p->pool);
    list_push(&p->connections, &c->link);
    p->connection_count++;
    listener_take(l, &c->stream);
    c->heard_ms = loop_now_ms(p->loop);
    if (entrance == ENTRANCE_MQTTS || entrance == ENTRANCE_HTTPS) {
        c->tls = tls_new(p->tls, tls_kinds[entrance]);
        c->timer.on_time = on_handshake_late;
        timer_start(p->loop, &c->timer, HANDSHAKE_MS_MAX);
    } else {
        start_protocol(c);
    }
}

/* ---- the end ---- */

/* Says in TLS that nothing follows. */
static void notify_close(struct connection *c) {
    if (!c->tls || !c->protocol || c->cipher.len > 0)
        return;
    tls_shutdown(c->tls, &c->cipher);
    struct iovec part = {c->cipher.ptr, c->cipher.len};
    if (c->cipher.len)
        (void)stream_write(&c->stream, &part, 1);
    buf_done(&c->cipher);
}

void connection_close(struct connection *c) {
    if (c->closed)
        return;
    flush(c);
    notify_close(c);
    c->closed = true;
    timer_stop(c->plane->loop, &c->timer);
    stream_close(&c->stream);
    list_remove(&c->handshake);
    list_remove(&c->paused);
    list_remove(&c->link);
    if (c->busy == 0)
        list_push(&c->plane->graveyard, &c->link);
    c->plane->connection_count--;
    atomic_fetch_sub(&c->plane->server->connection_count, 1);
}

void connection_busy(struct connection *c) {
    c->busy++;
}

void connection_idle(struct connection *c) {
    if (--c->busy == 0 && c->closed)
        list_push(&c->plane->graveyard, &c->link);
}

/* The peer is gone: the protocol hears why. */
static void lose(struct connection *c, const char *why) {
    if (c->closed)
        return;
    if (c->protocol)
        c->protocol->gone(c, why);
    output_done(&c->output);
    connection_close(c);
}

/* ---- last words ---- */

static size_t ignore(struct connection *c, bytes in) {
    UNUSED(c);
    return in.len;
}

static void on_finished(struct timer *t) {
    connection_close(OWNER(t, struct connection, timer));
}

static void end_our_direction(struct connection *c) {
    if (c->output.len > 0 || c->cipher.len > 0)
        return;
    notify_close(c);
    stream_shutdown(&c->stream);
    timer_start(c->plane->loop, &c->timer, LINGER_MS);
}

static void nobody_is_told(struct connection *c, const char *why) {
    UNUSED(c), UNUSED(why);
}

static void farewell_was_said(struct connection *c) {
    UNUSED(c);
}

static const struct protocol last_words = {.name = "last words",
                                           .take = ignore,
                                           .written = end_our_direction,
                                           .gone = nobody_is_told,
                                           .drain = farewell_was_said};

void connection_finish(struct connection *c) {
    if (c->closed)
        return;
    c->protocol = &last_words;
    c->holds = false;
    list_remove(&c->paused);
    stop_reading(c, false);
    c->timer.on_time = on_finished;
    timer_start(c->plane->loop, &c->timer, LAST_WORDS_MS_MAX);
    output_touch(&c->output);
}

static void connection_free(struct connection *c) {
    if (c->mqtt)
        mqtt_free(c->mqtt);
    if (c->http)
        http_free(c->http);
    output_done(&c->output);
    tls_free(c->tls);
    buf_done(&c->in);
    buf_done(&c->cipher);
    mem_free(c);
}

/* ---- output ---- */

static void watch(struct connection *c) {
    stream_watch(&c->stream, !c->stopped_reading, c->wants_writable);
}

static void want_writable(struct connection *c, bool wanted) {
    if (c->wants_writable == wanted)
        return;
    c->wants_writable = wanted;
    watch(c);
}

/* How much of `len` was sent; a broken stream takes everything: its end is read soon. */
static size_t sent(ssize_t n, size_t len) {
    if (n == -EAGAIN || n == -EWOULDBLOCK || n == -EINTR)
        return 0;
    return n < 0 ? len : (size_t)n;
}

static void flush_plain(struct connection *c) {
    while (c->output.len > 0) {
        struct iovec parts[PARTS];
        int count = output_gather(&c->output, parts, PARTS);
        size_t len = 0;
        for (int i = 0; i < count; i++)
            len += parts[i].iov_len;
        size_t n = sent(stream_write(&c->stream, parts, count), len);
        output_drop(&c->output, n);
        if (n < len)
            break;
    }
    want_writable(c, c->output.len > 0);
}

/* Sends encrypted bytes that stayed behind; true when none are left. */
static bool flush_cipher(struct connection *c) {
    if (c->cipher.len == 0)
        return true;
    struct iovec part = {c->cipher.ptr, c->cipher.len};
    buf_drop_front(&c->cipher, sent(stream_write(&c->stream, &part, 1), c->cipher.len));
    if (c->cipher.len == 0)
        buf_done(&c->cipher);
    return c->cipher.len == 0;
}

/* The next plain bytes as one piece: a chunk as it lies, or several copied together. */
static bytes next_plain(struct connection *c) {
    struct iovec parts[PARTS];
    int count = output_gather(&c->output, parts, PARTS);
    if (count == 1 || parts[0].iov_len >= TLS_AT_ONCE_BYTES)
        return bytes_of(parts[0].iov_base, parts[0].iov_len);
    uint8_t *memory = c->plane->plain_memory;
    size_t len = 0;
    for (int i = 0; i < count && len + parts[i].iov_len <= PLAIN_BYTES; i++) {
        memcpy(memory + len, parts[i].iov_base, parts[i].iov_len);
        len += parts[i].iov_len;
    }
    return bytes_of(memory, len);
}

static void flush_tls(struct connection *c) {
    struct buf *cipher = &c->plane->cipher;
    while (flush_cipher(c) && c->output.len > 0) {
        buf_clear(cipher);
        bytes plain = next_plain(c);
        if (tls_write(c->tls, plain, cipher) != OK) {
            output_done(&c->output);
            break;
        }
        output_drop(&c->output, plain.len);
        struct iovec part = {cipher->ptr, cipher->len};
        size_t n = sent(stream_write(&c->stream, &part, 1), cipher->len);
        if (n < cipher->len)
            buf_append(&c->cipher, bytes_skip(buf_bytes(cipher), n));
    }
    want_writable(c, c->cipher.len > 0);
}

static void flush(struct connection *c) {
    if (c->tls && !c->protocol)
        want_writable(c, !flush_cipher(c));
    else if (c->tls)
        flush_tls(c);
    else
        flush_plain(c);
}

void connection_write(struct connection *c, bytes data) {
    output_append(&c->output, data);
}

/* ---- input ---- */

static void give(struct connection *c, bytes in) {
    if (c->in.len > 0) {
        buf_append(&c->in, in);
        in = buf_bytes(&c->in);
    }
    size_t used = c->holds ? 0 : c->protocol->take(c, in);
    if (c->closed)
        return;
    if (c->in.len > 0)
        buf_drop_front(&c->in, used);
    else if (used < in.len)
        buf_append(&c->in, bytes_skip(in, used));
    if (c->in.len == 0 && c->in.capacity)
        buf_done(&c->in);
}

static void stop_reading(struct connection *c, bool stop) {
    if (c->closed || c->stopped_reading == stop)
        return;
    c->stopped_reading = stop;
    watch(c);
}

/* Reading stops when something comes: a peer that waits for its answer costs no system call. */
void connection_hold(struct connection *c) {
    c->holds = true;
}

void connection_release(struct connection *c) {
    if (c->closed || !c->holds)
        return;
    c->holds = false;
    if (list_is_empty(&c->paused)) /* else plane_relieved goes on */
        stop_reading(c, false);
    if (c->in.len > 0)
        give(c, (bytes){0});
}

void connection_pause(struct connection *c) {
    if (!list_is_empty(&c->paused) || c->closed)
        return;
    stop_reading(c, true);
    list_push(&c->plane->paused, &c->paused);
}

void plane_relieved(void *plane) {
    struct plane *p = plane;
    for (struct list *l; (l = list_pop(&p->paused));) {
        struct connection *c = OWNER(l, struct connection, paused);
        if (!c->holds)
            stop_reading(c, false);
    }
}

static void take_plain(struct connection *c) {
    struct plane *p = c->plane;
    ssize_t n = -EAGAIN;
    buf_clear(&p->cipher);
    while (!c->closed && (n = tls_read(c->tls, p->plain_memory, PLAIN_BYTES, &c->cipher)) > 0)
        give(c, bytes_of(p->plain_memory, (size_t)n));
    if (c->closed)
        return;
    tls_keep_rest(c->tls);
    if (n == 0)
        lose(c, "the client closed the connection");
    else if (n != -EAGAIN)
        lose(c, failure_text());
    else if (c->cipher.len > UNREAD_BYTES_MAX)
        lose(c, "the client makes TLS answer (key updates), and does not read the answers");
    else if (c->cipher.len > 0)
        output_touch(&c->output);
}

static void read_stream(struct connection *c) {
    struct plane *p = c->plane;
    bool shakes_hands = c->tls && !c->protocol;
    ssize_t n =
        stream_read(&c->stream, p->read_memory, shakes_hands ? HANDSHAKE_READ_BYTES : READ_BYTES);
    if (n == -EAGAIN || n == -EINTR)
        return;
    if (n < 0 || (n == 0 && !c->tls)) {
        lose(c, n == 0 ? "the client closed the connection" : strerror((int)-n));
        return;
    }
    c->heard_ms = loop_now_ms(p->loop);
    if (!c->tls) {
        give(c, bytes_of(p->read_memory, (size_t)n));
        return;
    }
    if (n == 0)
        tls_feed_end(c->tls);
    else
        tls_feed(c->tls, bytes_of(p->read_memory, (size_t)n));
    if (!shakes_hands) {
        take_plain(c);
        return;
    }
    tls_keep_rest(c->tls);
    if (list_is_empty(&c->handshake))
        list_push(&p->handshakes, &c->handshake);
}

static void on_event(struct stream *s, bool readable, bool writable) {
    struct connection *c = OWNER(s, struct connection, stream);
    if (writable) {
        flush(c);
        if (c->protocol && c->protocol->written && !c->wants_writable)
            c->protocol->written(c);
    }
    if (!readable || c->closed)
        return;
    /* until it is released, or its step: a peer may not pile up what nobody looks at */
    if (c->holds || !list_is_empty(&c->handshake))
        stop_reading(c, true);
    else
        read_stream(c);
}

/* ---- the end of a turn ---- */

static void handshake_step(struct connection *c) {
    enum tls_state state = TLS_WANTS_INPUT;
    status s = tls_handshake(c->tls, &c->cipher, &state);
    (void)flush_cipher(c);
    stop_reading(c, false);
    if (s != OK) {
        reason_connection(c, "handshake.failed", failure_text());
        connection_close(c);
        return;
    }
    if (state == TLS_READY) {
        start_protocol(c);
        if (!c->closed)
            take_plain(c);
    }
    if (!c->closed)
        want_writable(c, c->cipher.len > 0);
}

static void flush_dirty(struct plane *p) {
    for (struct list *l; (l = list_pop(&p->pool.dirty));) {
        struct connection *c = OWNER(OWNER(l, struct output, dirty), struct connection, output);
        if (c->closed)
            continue;
        flush(c);
        if (c->protocol && c->protocol->written && !c->wants_writable)
            c->protocol->written(c);
    }
}

void connections_end_turn(struct plane *p) {
    broker_end_turn(p->broker);
    flush_dirty(p);
    struct list *l = list_pop(&p->handshakes);
    if (l)
        handshake_step(OWNER(l, struct connection, handshake));
    flush_dirty(p);
    if (!list_is_empty(&p->handshakes))
        loop_again(p->loop);
    for (struct list *dead; (dead = list_pop(&p->graveyard));)
        connection_free(OWNER(dead, struct connection, link));
}

void connection_peer(const struct connection *c, char out_text[64]) {
    char address[46] = "";
    uint16_t port = 0;
    stream_peer(&c->stream, address, &port);
    (void)snprintf(out_text, 64, strchr(address, ':') ? "[%s]:%u" : "%s:%u", address, port);
}
