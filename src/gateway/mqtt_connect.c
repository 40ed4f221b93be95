/* The way in: CONNECT, admission, the client identifier, CONNACK. */
#include <string.h>

#include "base/random.h"
#include "gateway/custom_auth.h"
#include "gateway/lifecycle.h"
#include "gateway/mqtt.h"
#include "gateway/principals.h"
#include "gateway/server.h"
#include "policy/set.h"

/* ---- CONNECT ---- */

/* A client identifier of the server's making [MQTT5-3.1.3-6]; AWS's form. */
static bytes assigned_client_id(void) {
    char uuid[37];
    AUTO(buf) b = {0};
    random_uuid(uuid);
    buf_printf(&b, "$GEN/%s", uuid);
    bytes id = buf_bytes(&b);
    b = (struct buf){0};
    return id;
}

static bytes copied(bytes b) {
    struct buf copy = {0};
    buf_append(&copy, b);
    return buf_bytes(&copy);
}

static status check_client_id(const struct mqtt_client *m, const struct mqtt_connect *k) {
    if (k->client_id.len > m->limits->client_id_bytes_max)
        return FAIL(E_INVALID, "the client identifier has %zu bytes, more than the %zu allowed",
                    k->client_id.len, m->limits->client_id_bytes_max);
    if (k->client_id.len && k->client_id.ptr[0] == '$' && !m->limits->dollar_client_ids)
        return FAIL(E_INVALID,
                    "a client identifier may not begin with '$'"); /* [AWS device-gateway 2.4] */
    if (k->client_id.len == 0 && k->version == MQTT_3_1_1 && !k->clean_start)
        return FAIL(E_INVALID,
                    "an empty client identifier needs Clean Session"); /* [MQTT311-3.1.3-8] */
    return OK;
}

static status check_will(const struct mqtt_client *m, const struct mqtt_connect *k,
                         enum mqtt_reason *reason) {
    if (!k->has_will)
        return OK;
    *reason = MQTT_REASON_TOPIC_NAME_INVALID;
    TRY(topic_name_check(k->will.topic));
    if (m->limits->aws_topics)
        TRY(topic_name_check_aws(k->will.topic));
    if (!(topic_name_rights(k->will.topic) & TOPIC_PUBLISH))
        return FAIL(E_DENIED, "a will may not go to the reserved topic %.*s",
                    BYTES_ARG(bytes_slice(k->will.topic, 0, 256)));
    *reason = MQTT_REASON_PACKET_TOO_LARGE;
    if (k->will.payload.len > m->limits->payload_bytes_max)
        return FAIL(E_TOO_LARGE, "the will's payload has %zu bytes, more than the %u allowed",
                    k->will.payload.len, m->limits->payload_bytes_max);
    *reason = MQTT_REASON_QOS_NOT_SUPPORTED;
    if (k->will.qos == 2)
        return FAIL(
            E_PROTOCOL,
            "the will asks for QoS 2; this server speaks QoS 0 and 1"); /* [MQTT5-3.2.2-12] */
    *reason = MQTT_REASON_NOT_AUTHORIZED;
    if (k->will.retain && topic_is_reserved(k->will.topic))
        return FAIL(E_DENIED, "a will on a reserved topic cannot be retained");
    return OK;
}

/* What this server does not do yet and cannot announce otherwise: 3.1.1 has no word for a session
 * that ends with its connection, so asking for another one is refused, not ignored. */
static status check_unsupported(const struct mqtt_connect *k, enum mqtt_reason *reason) {
    *reason = MQTT_REASON_SERVER_UNAVAILABLE;
    if (k->version == MQTT_3_1_1 && !k->clean_start)
        return FAIL(E_UNAVAILABLE,
                    "CleanSession=0 asks for a session that outlives its connection, which "
                    "this server does not keep yet; connect with CleanSession=1");
    *reason = MQTT_REASON_BAD_AUTHENTICATION_METHOD;
    if (mqtt_properties_have(&k->properties, MQTT_AUTHENTICATION_METHOD))
        return FAIL(E_PROTOCOL, "enhanced authentication is not supported"); /* [MQTT5-4.12.0-1] */
    return OK;
}

static status check_connect(struct mqtt_client *m, const struct mqtt_connect *k,
                            enum mqtt_reason *reason) {
    *reason = MQTT_REASON_CLIENT_IDENTIFIER_NOT_VALID;
    TRY(check_client_id(m, k));
    TRY(check_will(m, k, reason));
    TRY(check_unsupported(k, reason));
    return OK;
}

/* AWS: 0 and above 1200 mean 1200, below 30 means 30 [AWS device-gateway 6]. */
static uint32_t keep_alive_s(const struct limits *l, uint32_t asked_s) {
    if (l->keep_alive_most_s == 0)
        return asked_s;
    if (asked_s == 0 || asked_s > l->keep_alive_most_s)
        return l->keep_alive_most_s;
    return asked_s < l->keep_alive_least_s ? l->keep_alive_least_s : asked_s;
}

/* What goes into the will's PUBLISH: all but the delay, which is over at once, for the session ends
 * with the connection [MQTT5-3.1.3-9]. */
static void will_properties(bytes raw, struct buf *out) {
    struct mqtt_property one;
    for (bytes before = raw; mqtt_property_next(&raw, &one); before = raw)
        if (one.id != MQTT_WILL_DELAY_INTERVAL)
            buf_append(out, bytes_slice(before, 0, before.len - raw.len));
}

/* What must outlive the packet. */
static void remember(struct mqtt_client *m, const struct mqtt_connect *k) {
    m->who.client_id = k->client_id.len ? copied(k->client_id) : assigned_client_id();
    m->id_assigned = k->client_id.len == 0;
    m->keep_alive_asked_s = k->keep_alive_s;
    m->keep_alive_ms =
        keep_alive_s(m->limits, k->keep_alive_s) * 1500; /* one and a half [MQTT311-3.1.2-24] */
    m->receive_maximum =
        (uint16_t)mqtt_properties_number(&k->properties, MQTT_RECEIVE_MAXIMUM, 65535);
    m->packet_bytes_max = mqtt_properties_number(&k->properties, MQTT_MAXIMUM_PACKET_SIZE, 0);
    m->problem_information =
        mqtt_properties_number(&k->properties, MQTT_REQUEST_PROBLEM_INFORMATION, 1);
    m->expiry_asked = mqtt_properties_number(&k->properties, MQTT_SESSION_EXPIRY_INTERVAL, 0) > 0;
    if (!k->has_will)
        return;
    AUTO(buf) properties = {0};
    will_properties(k->will.properties.raw, &properties);
    struct publication will = {k->will.topic, k->will.payload, buf_bytes(&properties), k->will.qos,
                               k->will.retain};
    m->will = message_new(&will);
}

static void ask(struct mqtt_client *m, const struct mqtt_connect *k) {
    struct connection *c = m->connection;
    struct admission *a = admission_new(m);
    if (k->has_will)
        buf_append(&a->will_topic, k->will.topic);
    a->has_will = k->has_will;
    a->will_retain = k->has_will && k->will.retain;
    a->persistent = m->expiry_asked;
    a->custom = custom_auth_new(c, k);
    m->state = MQTT_ADMITTING;
    if (a->local && !c->plane->server->settings->mqtt_policy) {
        admission_decide(a); /* no registry to ask: it does not block */
        mqtt_admitted(m, a);
        admission_free(a);
        return;
    }
    connection_hold(c);
    if (!admission_start(a)) {
        mqtt_fail_status(m, "connect.refused", E_UNAVAILABLE);
        admission_free(a);
    }
}

static void refuse_version(struct mqtt_client *m, const struct mqtt_frame *f) {
    connection_write(m->connection, mqtt_connect_refusal(f));
    mqtt_fail(m, "connect.refused", MQTT_REASON_UNSUPPORTED_PROTOCOL_VERSION);
}

void mqtt_on_connect(struct mqtt_client *m, const struct mqtt_frame *f) {
    struct mqtt_connect k;
    enum mqtt_reason reason;
    status s = mqtt_connect_decode(f, &k);
    if (s == E_NOT_IMPLEMENTED) {
        refuse_version(m, f);
        return;
    }
    m->version = s == OK ? k.version : mqtt_connect_peek_version(f);
    if (s != OK) {
        m->problem_information = true;
        mqtt_fail_status(m, "packet.malformed", s);
        return;
    }
    timer_stop(m->connection->plane->loop, &m->connection->timer);
    remember(m, &k);
    if (check_connect(m, &k, &reason) != OK) {
        mqtt_fail(m, "connect.refused", reason);
        return;
    }
    ask(m, &k);
}

/* ---- admitted ---- */

static const struct session_events session_events;

/* What cannot be decided, for the disk or for too much work, is no want of rights: come again. */
static enum mqtt_reason refusal_of(status s) {
    return s == E_UNAVAILABLE ? MQTT_REASON_SERVER_UNAVAILABLE : MQTT_REASON_NOT_AUTHORIZED;
}

void mqtt_admitted(struct mqtt_client *m, struct admission *a) {
    m->admission = NULL;
    memcpy(m->who.account, a->account, sizeof a->account);
    memcpy(m->who.certificate_id, a->certificate_id, sizeof a->certificate_id);
    if (a->result != OK) {
        (void)FAIL(a->result, "%s", a->text);
        mqtt_fail(m, a->event, refusal_of(a->result));
        return;
    }
    struct plane *p = m->connection->plane;
    m->space = broker_space(p->broker, bytes_from(m->who.account));
    mqtt_set_policies(m, TAKE(a->policies));
    mqtt_set_thing(m, a);
    custom_auth_start(m, a);
    principal_join(m, a);
    m->state = MQTT_OPENING;
    struct session_config config = {.client_id = m->who.client_id,
                                    .version = (uint8_t)m->version,
                                    .receive_maximum = m->receive_maximum,
                                    .packet_bytes_max = m->packet_bytes_max,
                                    .policies = m->policies,
                                    .output = &m->connection->output,
                                    .events = &session_events,
                                    .owner = &m->session};
    session_open(m->space, &config);
    if (m->state == MQTT_OPENING)
        connection_hold(m->connection); /* until the former connection is closed */
}

/* ---- CONNACK ---- */

static void announce(const struct mqtt_client *m, struct buf *raw) {
    mqtt_property_append_number(raw, MQTT_RECEIVE_MAXIMUM, m->limits->broker.inflight_max);
    mqtt_property_append_number(raw, MQTT_MAXIMUM_QOS, 1);
    mqtt_property_append_number(raw, MQTT_MAXIMUM_PACKET_SIZE, m->limits->packet_bytes_max);
    mqtt_property_append_number(raw, MQTT_SUBSCRIPTION_IDENTIFIER_AVAILABLE, 0);
    mqtt_property_append_number(raw, MQTT_SHARED_SUBSCRIPTION_AVAILABLE, 0);
    if (m->expiry_asked) /* the session ends with the connection [MQTT5-3.2.2.3.2] */
        mqtt_property_append_number(raw, MQTT_SESSION_EXPIRY_INTERVAL, 0);
    if (m->id_assigned)
        mqtt_property_append_bytes(raw, MQTT_ASSIGNED_CLIENT_IDENTIFIER, m->who.client_id);
    uint32_t kept_s = m->keep_alive_ms / 1500;
    if (kept_s != m->keep_alive_asked_s)
        mqtt_property_append_number(raw, MQTT_SERVER_KEEP_ALIVE, kept_s);
}

static void on_keep_alive(struct timer *t) {
    struct connection *c = OWNER(t, struct connection, timer);
    struct mqtt_client *m = c->mqtt;
    uint64_t silent_ms = loop_now_ms(c->plane->loop) - c->heard_ms;
    if (silent_ms < m->keep_alive_ms) {
        timer_start(c->plane->loop, t, m->keep_alive_ms - silent_ms);
        return;
    }
    (void)FAIL(E_PROTOCOL, "nothing came for %.1f s, one and a half times the keep alive of %u s",
               (double)silent_ms / 1000.0, m->keep_alive_ms / 1500);
    mqtt_fail(m, "keep_alive.timeout", MQTT_REASON_KEEP_ALIVE_TIMEOUT);
}

static void log_connected(struct mqtt_client *m) {
    struct log_line l;
    if (!log_begin(&l, LOG_INFO, "connect.accepted"))
        return;
    char peer[64];
    connection_peer(m->connection, peer);
    log_bytes(&l, "clientId", m->who.client_id);
    log_text(&l, "accountId", m->who.account);
    log_text(&l, "certificateId", m->who.certificate_id);
    log_text(&l, "peer", peer);
    log_text(&l, "protocol", m->version == MQTT_5 ? "MQTT 5" : "MQTT 3.1.1");
    log_end(&l);
}

static void session_opened(struct session *s) {
    struct mqtt_client *m = OWNER(session_owner(s), struct mqtt_client, session);
    struct connection *c = m->connection;
    AUTO(buf) raw = {0};
    AUTO(buf) packet = {0};
    m->session = s;
    m->session_serial = s->serial;
    m->state = MQTT_OPEN;
    if (m->version == MQTT_5)
        announce(m, &raw);
    struct mqtt_connack k = {.code = 0, .properties.raw = buf_bytes(&raw)};
    mqtt_connack_encode(&k, m->version, &packet);
    mqtt_send(m, &packet);
    if (m->keep_alive_ms) {
        c->timer.on_time = on_keep_alive;
        timer_start(c->plane->loop, &c->timer, m->keep_alive_ms);
    }
    log_connected(m);
    lifecycle_connected(m);
    event_log_mark(m);
    event_log_client(m, &(struct logged_event){.event = LOGGED_CONNECT});
    connection_release(c);
}

static void session_taken_over(struct session *s) {
    struct mqtt_client *m = OWNER(session_owner(s), struct mqtt_client, session);
    (void)FAIL(E_UPDATE_CONFLICT,
               "another connection uses the client identifier %.*s now; a client "
               "identifier is for one device",
               BYTES_ARG(m->who.client_id));
    mqtt_fail(m, "connection.taken_over", MQTT_REASON_SESSION_TAKEN_OVER);
}

static void session_delivered(struct session *s, const struct publication *p) {
    event_log_client(OWNER(session_owner(s), struct mqtt_client, session),
                     &(struct logged_event){.event = LOGGED_PUBLISH_OUT, .topic = p->topic});
}

static const struct session_events session_events = {session_opened, session_taken_over,
                                                     session_delivered};
