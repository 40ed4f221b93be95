#include "gateway/mqtt.h"

#include <stdio.h>
#include <string.h>

#include "gateway/custom_auth.h"
#include "gateway/lifecycle.h"
#include "gateway/principals.h"
#include "gateway/server.h"
#include "gateway/services.h"
#include "policy/set.h"

enum {
    CONNECT_MS_MAX = 10000,         /* from the end of the handshake to CONNECT */
    CONNECT_BYTES_MAX = 384 * 1024, /* holds every field at its largest, and some properties */
};

static const struct protocol mqtt_protocol;

static void on_connect_late(struct timer *t) {
    struct mqtt_client *m = OWNER(t, struct connection, timer)->mqtt;
    (void)FAIL(E_PROTOCOL, "no CONNECT came within 10 s; the connection was closed");
    mqtt_fail(m, "connect.late", MQTT_REASON_MAXIMUM_CONNECT_TIME);
}

void mqtt_start(struct connection *c) {
    struct mqtt_client *m = NEW(struct mqtt_client);
    m->connection = c;
    m->limits = limits_of(c->plane->server->settings->profile);
    list_init(&m->in_principal);
    list_init(&m->refresh);
    c->mqtt = m;
    c->protocol = &mqtt_protocol;
    c->timer.on_time = on_connect_late;
    timer_start(c->plane->loop, &c->timer, CONNECT_MS_MAX);
}

/* Lets go of everything that others know of; the memory goes with the connection. */
static void let_go(struct mqtt_client *m) {
    m->state = MQTT_CLOSED;
    if (m->session)
        session_close(TAKE(m->session));
    if (m->admission)
        m->admission->client = NULL;
    m->admission = NULL;
    services_leave(m);
    principal_leave(m);
    custom_auth_stop(m);
    list_remove(&m->refresh);
    message_unref(TAKE(m->will));
}

void mqtt_free(struct mqtt_client *m) {
    mem_free(m->memos);
    mem_free((void *)m->who.client_id.ptr);
    mem_free((void *)m->thing_name.ptr);
    mem_free((void *)m->thing_type.ptr);
    mem_free((void *)m->user_properties.ptr);
    mem_free((void *)m->groups.ptr);
    mem_free(m->source_ip);
    policy_set_unref(m->policies);
    custom_auth_free(m->custom);
    mem_free(m);
}

/* ---- endings ---- */

static void tell_disconnected(struct mqtt_client *m, const char *reason) {
    lifecycle_disconnected(m, reason);
    event_log_client(
        m, &(struct logged_event){.event = LOGGED_DISCONNECT, .disconnect_reason = reason});
}

/* The session goes first: its own will does not come back to it behind its last words. */
static void leave(struct mqtt_client *m, bool publish_will, const char *disconnect_reason) {
    if (m->session)
        session_close(TAKE(m->session));
    if (publish_will)
        mqtt_publish_will(m);
    if (m->state == MQTT_OPEN)
        tell_disconnected(m, disconnect_reason);
    let_go(m);
}

void mqtt_end(struct mqtt_client *m, bool publish_will) {
    if (m->state == MQTT_CLOSED)
        return;
    leave(m, publish_will, "CLIENT_INITIATED_DISCONNECT");
    connection_close(m->connection);
}

/* CONNACK before a client is in, DISCONNECT after: what MQTT 5 has for bad news. */
static void compose_why(const struct mqtt_client *m, uint8_t code, const struct buf *raw,
                        struct buf *out) {
    struct mqtt_properties properties = {.raw = buf_bytes(raw)};
    if (m->state == MQTT_OPEN && mqtt_reason_is_allowed(MQTT_DISCONNECT, code)) {
        struct mqtt_disconnect d = {.reason = code, .properties = properties};
        mqtt_disconnect_encode(&d, m->version, out);
    } else if (m->state != MQTT_OPEN && mqtt_reason_is_allowed(MQTT_CONNACK, code)) {
        struct mqtt_connack k = {.code = code, .properties = properties};
        mqtt_connack_encode(&k, m->version, out);
    }
}

/* The reason string is left out where it would make the packet larger than the client takes
 * [MQTT5-3.2.2-19] [MQTT5-3.14.2-3]. */
static void say_why(struct mqtt_client *m, enum mqtt_reason reason, const char *why) {
    AUTO(buf) raw = {0};
    AUTO(buf) packet = {0};
    if (m->problem_information && *why)
        mqtt_property_append_bytes(&raw, MQTT_REASON_STRING, bytes_from(why));
    compose_why(m, (uint8_t)reason, &raw, &packet);
    if (!mqtt_takes(m, &packet)) {
        buf_clear(&raw);
        buf_clear(&packet);
        compose_why(m, (uint8_t)reason, &raw, &packet);
    }
    mqtt_send(m, &packet);
}

/* In 3.1.1 only a CONNECT can be refused in words: for its client identifier, for want of rights,
 * or because it asks for what is not there. One that breaks the protocol is closed without CONNACK
 * [MQTT311-3.1.4-1], and AWS closes on want of rights too [AWS device-gateway 7]. */
static bool has_return_code(const struct mqtt_client *m, enum mqtt_reason reason) {
    return reason == MQTT_REASON_CLIENT_IDENTIFIER_NOT_VALID ||
           reason == MQTT_REASON_SERVER_UNAVAILABLE ||
           (reason == MQTT_REASON_NOT_AUTHORIZED && m->limits->answer_denied_3_1_1);
}

static void say_why_3_1_1(struct mqtt_client *m, enum mqtt_reason reason) {
    AUTO(buf) packet = {0};
    if (m->state == MQTT_OPEN || !has_return_code(m, reason))
        return;
    struct mqtt_connack k = {.code = mqtt_return_from_reason((uint8_t)reason)};
    mqtt_connack_encode(&k, MQTT_3_1_1, &packet);
    mqtt_send(m, &packet);
}

void mqtt_fail(struct mqtt_client *m, const char *event, enum mqtt_reason reason) {
    if (m->state == MQTT_CLOSED)
        return;
    char why[1024];
    (void)snprintf(why, sizeof why, "%s", failure_text());
    reason_record(m->connection, &m->who, event, why);
    if (m->version == MQTT_5)
        say_why(m, reason, why);
    else if (m->version == MQTT_3_1_1)
        say_why_3_1_1(m, reason);
    if (m->state != MQTT_OPEN && strcmp(event, "connect.denied") == 0)
        lifecycle_connect_failed(m);
    if (m->state != MQTT_OPEN)
        event_log_refused(m, event, why);
    leave(m, m->state == MQTT_OPEN, lifecycle_reason(event));
    connection_finish(m->connection);
}

void mqtt_fail_status(struct mqtt_client *m, const char *event, status s) {
    mqtt_fail(m, event, status_info(s)->mqtt_reason);
}

static void on_gone(struct connection *c, const char *why) {
    struct mqtt_client *m = c->mqtt;
    if (m->state == MQTT_NEW)
        reason_record(c, NULL, "connection.lost", "the client left before it sent CONNECT");
    else if (m->state == MQTT_OPEN)
        reason_record(c, &m->who, "connection.lost", why);
    if (m->state == MQTT_OPEN)
        mqtt_publish_will(m);
    if (m->state == MQTT_OPEN)
        tell_disconnected(m, "CONNECTION_LOST");
    let_go(m);
}

static void on_drain(struct connection *c) {
    struct mqtt_client *m = c->mqtt;
    (void)FAIL(E_UNAVAILABLE, "the server is shutting down");
    mqtt_fail(m, "connection.drained", MQTT_REASON_SERVER_SHUTTING_DOWN);
}

/* ---- packets ---- */

bool mqtt_takes(const struct mqtt_client *m, const struct buf *packet) {
    return m->packet_bytes_max == 0 || packet->len <= m->packet_bytes_max;
}

void mqtt_send(struct mqtt_client *m, const struct buf *packet) {
    if (packet->len && mqtt_takes(m, packet))
        connection_write(m->connection, buf_bytes(packet));
}

void mqtt_set_policies(struct mqtt_client *m, struct policy_set *take_policies) {
    struct policy_set *old = m->policies;
    m->policies = take_policies;
    m->policy_generation++;
    m->publish_all = !take_policies || policy_set_allows_all(take_policies, POLICY_PUBLISH);
    if (m->session)
        session_set_policies(m->session, take_policies);
    policy_set_unref(old);
}

/* Replaces what `own` holds by a copy of `text`. */
static void set_text(bytes *own, bytes text) {
    struct buf copy = {0};
    buf_append(&copy, text);
    mem_free((void *)own->ptr);
    *own = buf_bytes(&copy);
}

void mqtt_set_thing(struct mqtt_client *m, const struct admission *a) {
    set_text(&m->thing_name, buf_bytes(&a->thing_name));
    set_text(&m->thing_type, buf_bytes(&a->thing_type));
    set_text(&m->user_properties, buf_bytes(&a->user_properties));
    set_text(&m->groups, buf_bytes(&a->groups));
    m->thing_is_exclusive = a->thing_is_exclusive;
    event_log_mark(m); /* its groups may be others */
}

static void on_puback(struct mqtt_client *m, const struct mqtt_frame *f) {
    struct mqtt_ack ack;
    status s = mqtt_ack_decode(f, m->version, &ack);
    if (s != OK)
        mqtt_fail_status(m, "packet.malformed", s);
    else
        (void)session_acknowledge(m->session, ack.packet_id); /* unknown ones are ignored */
}

static void on_pingreq(struct mqtt_client *m, const struct mqtt_frame *f) {
    status s = mqtt_ping_decode(f, m->version);
    if (s != OK)
        mqtt_fail_status(m, "packet.malformed", s);
    else
        connection_write(m->connection, MQTT_PINGRESP_PACKET);
    if (is_logged(m->logged, LOGGED_PING))
        event_log_client(m, &(struct logged_event){.event = LOGGED_PING});
}

static void on_disconnect(struct mqtt_client *m, const struct mqtt_frame *f) {
    struct mqtt_disconnect d;
    status s = mqtt_disconnect_decode(f, m->version, MQTT_FROM_CLIENT, &d);
    if (s != OK) {
        mqtt_fail_status(m, "packet.malformed", s);
        return;
    }
    if (mqtt_properties_number(&d.properties, MQTT_SESSION_EXPIRY_INTERVAL, 0) > 0) {
        /* every session here expires with its connection, and 0 cannot be changed [MQTT5-3.14.2-2]
         */
        (void)FAIL(E_PROTOCOL, "DISCONNECT asks for a session expiry, though the session has none");
        mqtt_fail(m, "packet.refused", MQTT_REASON_PROTOCOL_ERROR);
        return;
    }
    mqtt_end(m, d.reason == MQTT_REASON_DISCONNECT_WITH_WILL); /* [MQTT5-3.14.4-3] */
}

/* Packets of QoS 2 and of enhanced authentication: not spoken here, and never answered by silence.
 */
static void on_unsupported(struct mqtt_client *m, const struct mqtt_frame *f) {
    (void)FAIL(E_PROTOCOL, "%s is not supported: this server speaks QoS 0 and 1, without AUTH",
               mqtt_type_name(mqtt_frame_type(f)));
    mqtt_fail(m, "packet.refused", MQTT_REASON_PROTOCOL_ERROR);
}

static void on_unexpected(struct mqtt_client *m, const struct mqtt_frame *f) {
    status s = mqtt_frame_check(f, m->version);
    if (s == OK)
        s = FAIL(E_PROTOCOL, "a client may not send %s", mqtt_type_name(mqtt_frame_type(f)));
    mqtt_fail_status(m, "packet.refused", s);
}

static void on_second_connect(struct mqtt_client *m, const struct mqtt_frame *f) {
    UNUSED(f);
    (void)FAIL(E_PROTOCOL, "a second CONNECT came on one connection"); /* [MQTT311-3.1.0-2] */
    mqtt_fail(m, "packet.refused", MQTT_REASON_PROTOCOL_ERROR);
}

static void (*const handlers[16])(struct mqtt_client *m, const struct mqtt_frame *f) = {
    [0] = on_unexpected,
    [MQTT_CONNECT] = on_second_connect,
    [MQTT_CONNACK] = on_unexpected,
    [MQTT_PUBLISH] = mqtt_on_publish,
    [MQTT_PUBACK] = on_puback,
    [MQTT_PUBREC] = on_unsupported,
    [MQTT_PUBREL] = on_unsupported,
    [MQTT_PUBCOMP] = on_unsupported,
    [MQTT_SUBSCRIBE] = mqtt_on_subscribe,
    [MQTT_SUBACK] = on_unexpected,
    [MQTT_UNSUBSCRIBE] = mqtt_on_unsubscribe,
    [MQTT_UNSUBACK] = on_unexpected,
    [MQTT_PINGREQ] = on_pingreq,
    [MQTT_PINGRESP] = on_unexpected,
    [MQTT_DISCONNECT] = on_disconnect,
    [MQTT_AUTH] = on_unsupported,
};

static void dispatch(struct mqtt_client *m, const struct mqtt_frame *f) {
    if (m->state == MQTT_OPEN)
        handlers[f->header >> 4](m, f);
    else
        mqtt_on_connect(m, f);
}

/* The first packet must be CONNECT: an HTTP request or a TLS hello is told apart in words. */
static bool first_byte_is_wrong(const struct mqtt_client *m, bytes in) {
    if (m->state != MQTT_NEW || in.ptr[0] == MQTT_CONNECT << 4)
        return false;
    if (in.ptr[0] == 0x16)
        (void)FAIL(E_PROTOCOL,
                   "the client speaks TLS to a listener that is plain MQTT; use the --mqtts port");
    else if (bytes_start_with(in, BYTES("GET ")) || bytes_start_with(in, BYTES("POST ")))
        (void)FAIL(E_PROTOCOL, "the client speaks HTTP to an MQTT listener");
    else
        (void)FAIL(E_PROTOCOL, "the first packet is not CONNECT"); /* [MQTT311-3.1.0-1] */
    return true;
}

/* Of a stranger less is kept waiting than of a client. */
static uint32_t packet_bytes_max(const struct mqtt_client *m) {
    uint32_t most = m->limits->packet_bytes_max;
    return m->state == MQTT_NEW && most > CONNECT_BYTES_MAX ? CONNECT_BYTES_MAX : most;
}

/* Deliveries stop at output_bytes_max; the same again is for what a client is answered. */
static void check_that_it_reads(struct mqtt_client *m) {
    size_t waiting = m->connection->output.len;
    if (waiting <= 2 * (size_t)m->limits->broker.output_bytes_max)
        return;
    (void)FAIL(E_LIMIT,
               "%zu KiB wait to be sent, for the client sends without reading what it is answered "
               "(PUBACK, PINGRESP …)",
               waiting >> 10);
    mqtt_fail(m, "connection.unread", MQTT_REASON_QUOTA_EXCEEDED);
}

static size_t take(struct connection *c, bytes in) {
    struct mqtt_client *m = c->mqtt;
    bytes left = in;
    while (left.len > 0 && m->state != MQTT_CLOSED && !c->holds) {
        if (first_byte_is_wrong(m, left)) {
            mqtt_fail(m, "packet.refused", MQTT_REASON_PROTOCOL_ERROR);
            break;
        }
        struct mqtt_frame f;
        enum mqtt_frame_state state = mqtt_frame_find(left, packet_bytes_max(m), &f);
        if (state == MQTT_FRAME_NEED_MORE)
            break;
        if (state != MQTT_FRAME_COMPLETE) {
            mqtt_fail_status(m, "packet.malformed", mqtt_frame_status(state));
            break;
        }
        dispatch(m, &f);
        left = bytes_skip(left, f.total_bytes);
    }
    check_that_it_reads(m);
    return m->state == MQTT_CLOSED ? in.len : in.len - left.len;
}

static void on_written(struct connection *c) {
    struct mqtt_client *m = c->mqtt;
    if (m->session && !list_is_empty(&m->session->queue))
        session_resume(m->session);
}

static const struct protocol mqtt_protocol = {
    .name = "MQTT", .take = take, .written = on_written, .gone = on_gone, .drain = on_drain};
