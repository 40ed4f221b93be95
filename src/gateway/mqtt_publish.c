#include <string.h>

#include "gateway/mqtt.h"
#include "gateway/retained.h"
#include "gateway/rules.h"
#include "gateway/server.h"
#include "gateway/services.h"
#include "policy/set.h"

/* ---- what was found out about a topic ---- */

static struct topic_memo *memo_slot(struct mqtt_client *m, bytes topic) {
    if (!m->memos)
        m->memos = NEW_ARRAY(struct topic_memo, TOPIC_MEMOS);
    uint64_t tail = topic.len;
    for (size_t i = topic.len < 4 ? topic.len : 4; i > 0; i--)
        tail = tail << 8 | topic.ptr[topic.len - i];
    return &m->memos[tail * 0x9E3779B97F4A7C15u >> 61];
}

static bool memo_holds(const struct mqtt_client *m, const struct topic_memo *memo, bytes topic) {
    return memo->route && memo->epoch == space_epoch(m->space) &&
           memo->generation == m->policy_generation && bytes_equal(route_topic(memo->route), topic);
}

static status check_action(struct mqtt_client *m, enum policy_action action, bytes topic) {
    if (!m->policies)
        return OK;
    struct policy_decision d = policy_check(m->policies, action, topic, NULL);
    if (d.verdict == POLICY_ALLOWED)
        return OK;
    AUTO(buf) why = {0};
    policy_decision_explain(m->policies, d, action, topic, NULL, &why);
    return FAIL(E_DENIED, "%s", buf_string(&why));
}

static status check_publish(struct mqtt_client *m, bytes topic) {
    return m->publish_all ? OK : check_action(m, POLICY_PUBLISH, topic);
}

/* RETAIN needs a right of its own, and no reserved topic [AWS device-gateway 5.3]. */
static status check_retain(struct mqtt_client *m, bytes topic) {
    if (topic_is_reserved(topic))
        return FAIL(E_DENIED, "messages on reserved topics cannot be retained");
    return check_action(m, POLICY_RETAIN_PUBLISH, topic);
}

/* What the topic name itself must satisfy, once per memo. */
static status check_topic(const struct mqtt_client *m, const struct mqtt_publish *p) {
    TRY(mqtt_publish_check_topic(p));
    if (!m->limits->aws_topics && !topic_is_reserved(p->topic))
        return OK;
    if (m->limits->aws_topics)
        TRY(topic_name_check_aws(p->topic));
    if (!(topic_name_rights(p->topic) & TOPIC_PUBLISH)) /* [AWS device-gateway 8] */
        return FAIL(E_DENIED, "clients may not publish to the reserved topic %.*s",
                    BYTES_ARG(bytes_slice(p->topic, 0, 256)));
    return OK;
}

static status memo_find(struct mqtt_client *m, const struct mqtt_publish *p,
                        struct topic_memo **out_memo) {
    struct topic_memo *memo = memo_slot(m, p->topic);
    if (!memo_holds(m, memo, p->topic)) {
        memo->route = NULL;
        TRY(check_topic(m, p));
        *memo = (struct topic_memo){.route = space_route(m->space, p->topic),
                                    .generation = m->policy_generation};
        memo->epoch = space_epoch(m->space);
        memo->allowed = check_publish(m, p->topic) == OK;
        memo->rules_generation = UINT64_MAX;
    }
    *out_memo = memo;
    return OK;
}

/* ---- PUBLISH ---- */

static status check_limits(const struct mqtt_client *m, const struct mqtt_publish *p) {
    if (p->payload.len > m->limits->payload_bytes_max)
        return FAIL(E_TOO_LARGE, "a payload has %zu bytes, more than the %u allowed",
                    p->payload.len, m->limits->payload_bytes_max);
    return OK;
}

static void acknowledge(struct mqtt_client *m, uint16_t packet_id, enum mqtt_reason reason,
                        const char *why) {
    if (reason == MQTT_REASON_SUCCESS) {
        mqtt_ack_write(MQTT_PUBACK, packet_id,
                       output_reserve(&m->connection->output, MQTT_ACK_BYTES));
        return;
    }
    AUTO(buf) raw = {0};
    AUTO(buf) packet = {0};
    if (m->problem_information)
        mqtt_property_append_bytes(&raw, MQTT_REASON_STRING, bytes_from(why));
    struct mqtt_ack ack = {MQTT_PUBACK, packet_id, (uint8_t)reason, {.raw = buf_bytes(&raw)}};
    mqtt_ack_encode(&ack, m->version, &packet);
    if (!mqtt_takes(m, &packet)) { /* then without the reason string [MQTT5-3.4.2-2] */
        buf_clear(&packet);
        ack.properties.raw.len = 0;
        mqtt_ack_encode(&ack, m->version, &packet);
    }
    mqtt_send(m, &packet);
}

/* Leaves the failure's sentence as it is. */
static void log_denied(struct mqtt_client *m, const struct mqtt_publish *p) {
    event_log_client(m, &(struct logged_event){.event = LOGGED_PUBLISH_IN,
                                               .failed = true,
                                               .topic = p->topic,
                                               .reason = "AUTHORIZATION_FAILURE",
                                               .details = "Authorization Failure"});
}

/* MQTT 5 at QoS 1 has a word for it; everyone else is disconnected [AWS device-gateway 7]. */
static void deny(struct mqtt_client *m, const struct mqtt_publish *p) {
    log_denied(m, p);
    if (m->version != MQTT_5 || p->qos == 0) {
        mqtt_fail(m, "publish.denied", MQTT_REASON_NOT_AUTHORIZED);
        return;
    }
    reason_record(m->connection, &m->who, "publish.denied", failure_text());
    acknowledge(m, p->packet_id, MQTT_REASON_NOT_AUTHORIZED, failure_text());
}

/* What is not there yet, in the protocol's own words; MQTT 5 clients were told in CONNACK. */
static bool refuse_unsupported(struct mqtt_client *m, const struct mqtt_publish *p) {
    if (p->qos == 2 && m->version == MQTT_3_1_1 && m->limits->aws_topics) {
        /* to the letter: no acknowledgement, the connection stays [AWS device-gateway 3 row 2] */
        reason_record(m->connection, &m->who, "publish.ignored",
                      "a PUBLISH at QoS 2 was ignored, as AWS does; publish at QoS 0 or 1");
        return true;
    }
    if (p->qos == 2) {
        (void)FAIL(
            E_PROTOCOL,
            "a PUBLISH at QoS 2 came; this server speaks QoS 0 and 1"); /* [MQTT5-3.2.2-11] */
        mqtt_fail(m, "publish.refused", MQTT_REASON_QOS_NOT_SUPPORTED);
        return true;
    }
    if (mqtt_properties_have(&p->properties, MQTT_TOPIC_ALIAS)) {
        (void)FAIL(E_PROTOCOL,
                   "a PUBLISH uses a topic alias; the server allows none"); /* [MQTT5-3.2.2-17] */
        mqtt_fail(m, "publish.refused", MQTT_REASON_TOPIC_ALIAS_INVALID);
        return true;
    }
    return false;
}

/* Rules that fit, remembered as long as no rule changes. */
static bool concerns_rules(struct mqtt_client *m, struct topic_memo *memo, bytes topic) {
    struct server *s = m->connection->plane->server;
    uint64_t generation = rules_generation(s);
    if (memo->rules_generation != generation) {
        memo->rules_generation = generation;
        memo->for_rules = rules_want(s, bytes_from(m->who.account), topic);
    }
    return memo->for_rules;
}

/* Where the client is, asked of the kernel once. */
static bytes source_ip(struct mqtt_client *m) {
    uint16_t port;
    if (!m->source_ip) {
        m->source_ip = NEW_ARRAY(char, 46);
        stream_peer(&m->connection->stream, m->source_ip, &port);
    }
    return bytes_from(m->source_ip);
}

static void offer_to_rules(struct mqtt_client *m, const struct publication *p) {
    struct rule_source from = {.account = bytes_from(m->who.account),
                               .client_id = m->who.client_id,
                               .principal = bytes_from(m->who.certificate_id),
                               .source_ip = source_ip(m),
                               .logged = m->logged};
    rules_offer(m->connection->plane, &from, p);
}

/* Acknowledged when it is on disk. */
static void keep(struct mqtt_client *m, const struct mqtt_publish *p) {
    status s = retained_keep(m, p);
    if (s != OK)
        mqtt_fail_status(m, "publish.refused", s);
}

/* The publisher's own properties, then those of its thing type
 * [AWS iot thing-types-propagating-attributes]. */
static void enrich(const struct mqtt_client *m, struct buf *memory, bytes *properties) {
    buf_clear(memory);
    buf_append(memory, *properties);
    buf_append(memory, m->user_properties);
    *properties = buf_bytes(memory);
}

static void publish(struct mqtt_client *m, struct mqtt_publish *p, struct topic_memo *memo) {
    if (m->user_properties.len)
        enrich(m, &m->connection->plane->properties, &p->properties.raw);
    struct publication publication = {.topic = p->topic,
                                      .payload = p->payload,
                                      .properties = p->properties.raw,
                                      .qos = p->qos,
                                      .retain = p->retain};
    if (is_logged(m->logged, LOGGED_PUBLISH_IN))
        event_log_client(m, &(struct logged_event){.event = LOGGED_PUBLISH_IN, .topic = p->topic});
    (void)route_publish(memo->route, &publication, m->session);
    if (concerns_rules(m, memo, p->topic))
        offer_to_rules(m, &publication);
    if (p->retain)
        keep(m, p);
    else if (p->qos)
        acknowledge(m, p->packet_id, MQTT_REASON_SUCCESS, "");
    if (topic_is_reserved(p->topic) && !bytes_start_with(p->topic, BYTES("$aws/rules/")))
        services_answer(m, p);
    if (broker_is_congested(m->connection->plane->broker))
        connection_pause(m->connection);
}

void mqtt_on_publish(struct mqtt_client *m, const struct mqtt_frame *f) {
    struct mqtt_publish p;
    struct topic_memo *memo;
    status s = mqtt_publish_split(f, m->version, MQTT_FROM_CLIENT, &p);
    if (s != OK) {
        mqtt_fail_status(m, "packet.malformed", s);
        return;
    }
    if ((p.qos == 2 || p.retain || p.properties.present) && refuse_unsupported(m, &p))
        return;
    s = memo_find(m, &p, &memo);
    if (s == OK)
        s = check_limits(m, &p);
    if (s != OK)
        mqtt_fail_status(m, "publish.refused", s);
    else if ((!memo->allowed && check_publish(m, p.topic) != OK) ||
             (p.retain && check_retain(m, p.topic) != OK))
        deny(m, &p);
    else
        publish(m, &p, memo);
}

/* ---- the will ---- */

/* Judged again now, by the policies as they are [AWS device-gateway 5.2]. */
void mqtt_publish_will(struct mqtt_client *m) {
    if (!m->will)
        return;
    struct message *will = TAKE(m->will);
    struct publication p = message_view(will);
    AUTO(buf) properties = {0}; /* another PUBLISH may be on its way just now */
    if (m->user_properties.len)
        enrich(m, &properties, &p.properties);
    if (check_publish(m, p.topic) != OK || (p.retain && check_retain(m, p.topic) != OK)) {
        reason_record(m->connection, &m->who, "will.denied", failure_text());
    } else {
        (void)broker_publish(m->space, &p, NULL);
        if (rules_want(m->connection->plane->server, bytes_from(m->who.account), p.topic))
            offer_to_rules(m, &p);
        if (p.retain)
            retained_keep_will(m, &p);
    }
    message_unref(will);
}
