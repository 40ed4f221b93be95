#include "gateway/lifecycle.h"
#include "gateway/mqtt.h"
#include "gateway/retained.h"
#include "policy/set.h"

/* A SUBSCRIBE with the codes of its answer, until every loop knows the filters. */
struct answer {
    struct subscribe_wait wait;
    struct mqtt_client *client;
    uint16_t packet_id;
    bool denied;
    struct buf codes;
    struct arena memory; /* of the queries */
    struct retained_query
        *queries; /* of the filters that were granted and want retained messages */
    size_t query_count;
};

static enum mqtt_reason reason_of(status s) {
    if (s == E_DENIED)
        return MQTT_REASON_NOT_AUTHORIZED;
    if (s == E_LIMIT)
        return MQTT_REASON_QUOTA_EXCEEDED;
    return s == E_NOT_IMPLEMENTED ? MQTT_REASON_SHARED_SUBSCRIPTIONS_NOT_SUPPORTED
                                  : MQTT_REASON_TOPIC_FILTER_INVALID;
}

static status check_policy(const struct mqtt_client *m, bytes filter) {
    if (!m->policies)
        return OK;
    struct policy_decision d = policy_check(m->policies, POLICY_SUBSCRIBE, filter, NULL);
    if (d.verdict == POLICY_ALLOWED)
        return OK;
    AUTO(buf) why = {0};
    policy_decision_explain(m->policies, d, POLICY_SUBSCRIBE, filter, NULL, &why);
    return FAIL(E_DENIED, "%s", buf_string(&why));
}

static status subscribe(struct mqtt_client *m, const struct mqtt_subscription *one) {
    bytes group, filter;
    if (topic_share_split(one->filter, &group, &filter) != TOPIC_NOT_SHARED)
        return FAIL(E_NOT_IMPLEMENTED, "shared subscriptions ($share/…) are not there yet");
    if (m->limits->aws_topics)
        TRY(topic_filter_check_aws(one->filter));
    if (!topic_filter_may_subscribe(one->filter)) /* [AWS device-gateway 8] */
        return FAIL(E_DENIED, "clients may not subscribe to the reserved topics of %.*s",
                    BYTES_ARG(bytes_slice(one->filter, 0, 256)));
    TRY(check_policy(m, one->filter));
    uint8_t options = one->qos > 1 ? 1 : one->qos; /* QoS 2 is granted 1 [MQTT311-3.8.4-6] */
    if (one->no_local && !m->limits->aws_topics)   /* AWS ignores both [AWS device-gateway 3] */
        options |= SUBSCRIBE_NO_LOCAL;
    if (one->retain_as_published && !m->limits->aws_topics)
        options |= SUBSCRIBE_RETAIN_AS_PUBLISHED;
    return session_subscribe(m->session, one->filter, options);
}

/* AWS: for filters without wildcards, each time; the standard: as Retain Handling says
 * [MQTT5-3.3.1-9] [AWS device-gateway 3 rows 11, 16]. */
static bool wants_retained(const struct mqtt_client *m, const struct mqtt_subscription *one,
                           bool fresh) {
    if (m->limits->aws_topics)
        return !topic_filter_has_wildcards(one->filter);
    return one->retain_handling == 0 || (one->retain_handling == 1 && fresh);
}

/* The code of one filter; records a refusal. */
static uint8_t code_of(struct mqtt_client *m, const struct mqtt_subscription *one,
                       struct answer *a) {
    bool fresh = !session_is_subscribed(m->session, one->filter);
    uint8_t granted = one->qos > 1 ? 1 : one->qos;
    status s = subscribe(m, one);
    if (s == OK && wants_retained(m, one, fresh))
        a->queries[a->query_count++] =
            (struct retained_query){arena_copy(&a->memory, one->filter), granted};
    if (s == OK)
        return granted;
    a->denied |= s == E_DENIED;
    if (m->version == MQTT_5 || m->limits->answer_denied_3_1_1 || s != E_DENIED)
        reason_record(m->connection, &m->who, "subscribe.denied", failure_text());
    return m->version == MQTT_5 ? (uint8_t)reason_of(s) : MQTT_SUBACK_FAILURE_3_1_1;
}

static void on_confirmed(struct subscribe_wait *w, bool dropped) {
    struct answer *a = OWNER(w, struct answer, wait);
    if (!dropped) {
        AUTO(buf) packet = {0};
        struct mqtt_suback k = {.packet_id = a->packet_id, .codes = buf_bytes(&a->codes)};
        mqtt_suback_encode(&k, a->client->version, &packet);
        mqtt_send(a->client, &packet);
        if (!retained_send(a->client, a->queries, a->query_count))
            connection_release(a->client->connection);
    }
    arena_done(&a->memory);
    buf_done(&a->codes);
    mem_free(a);
}

static status check_count(const struct mqtt_client *m, const char *packet, size_t count) {
    if (count > m->limits->filters_per_subscribe_max)
        return FAIL(E_LIMIT, "%s holds %zu filters, more than the %u allowed", packet, count,
                    m->limits->filters_per_subscribe_max);
    return OK;
}

static void add_filter(struct buf *list, bytes filter) {
    buf_append(list, filter);
    buf_append_byte(list, 0);
}

static void log_subscribe(struct mqtt_client *m, bytes filter, bool granted) {
    event_log_client(m,
                     &(struct logged_event){.event = LOGGED_SUBSCRIBE,
                                            .failed = !granted,
                                            .topic = filter,
                                            .reason = granted ? NULL : "AUTHORIZATION_FAILURE",
                                            .details = granted ? NULL : "Authorization Failure"});
}

void mqtt_on_subscribe(struct mqtt_client *m, const struct mqtt_frame *f) {
    struct mqtt_subscribe s;
    status result = mqtt_subscribe_decode(f, m->version, &s);
    if (result == OK)
        result = check_count(m, "a SUBSCRIBE", s.count);
    if (result != OK) {
        mqtt_fail_status(m, "subscribe.refused", result);
        return;
    }
    if (mqtt_properties_have(&s.properties, MQTT_SUBSCRIPTION_IDENTIFIER)) {
        (void)FAIL(E_PROTOCOL, "Subscription Identifiers are not supported, as CONNACK said");
        mqtt_fail(m, "subscribe.refused", MQTT_REASON_SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED);
        return;
    }
    struct answer *a = NEW(struct answer);
    a->queries = ARENA_ARRAY(&a->memory, struct retained_query, s.count);
    a->wait.done = on_confirmed;
    a->client = m;
    a->packet_id = s.packet_id;
    struct mqtt_subscription one;
    AUTO(buf) granted = {0};
    while (mqtt_subscribe_next(&s.payload, &one)) {
        uint8_t code = code_of(m, &one, a);
        buf_append_byte(&a->codes, code);
        if (code <= 2)
            add_filter(&granted, one.filter);
        log_subscribe(m, one.filter, code <= 2);
    }
    if (a->denied && m->version != MQTT_5 && !m->limits->answer_denied_3_1_1) {
        on_confirmed(&a->wait, true);
        mqtt_fail(m, "subscribe.denied", MQTT_REASON_NOT_AUTHORIZED); /* [AWS device-gateway 7] */
        return;
    }
    lifecycle_subscribed(m, buf_bytes(&granted));
    if (!session_confirm(m->session, &a->wait))
        connection_hold(m->connection); /* so that SUBACK comes before what it sends next does */
}

void mqtt_on_unsubscribe(struct mqtt_client *m, const struct mqtt_frame *f) {
    struct mqtt_unsubscribe u;
    status result = mqtt_unsubscribe_decode(f, m->version, &u);
    if (result == OK)
        result = check_count(m, "an UNSUBSCRIBE", u.count);
    if (result != OK) {
        mqtt_fail_status(m, "unsubscribe.refused", result);
        return;
    }
    AUTO(buf) codes = {0};
    AUTO(buf) packet = {0};
    AUTO(buf) dropped = {0};
    bytes filter;
    while (mqtt_unsubscribe_next(&u.payload, &filter)) {
        bool had = session_unsubscribe(m->session, filter);
        buf_append_byte(&codes, had ? MQTT_REASON_SUCCESS : MQTT_REASON_NO_SUBSCRIPTION_EXISTED);
        if (had)
            add_filter(&dropped, filter);
        event_log_client(m, &(struct logged_event){.event = LOGGED_UNSUBSCRIBE, .topic = filter});
    }
    struct mqtt_suback k = {.packet_id = u.packet_id, .codes = buf_bytes(&codes)};
    mqtt_unsuback_encode(&k, m->version, &packet);
    mqtt_send(m, &packet);
    lifecycle_unsubscribed(m, buf_bytes(&dropped));
}
