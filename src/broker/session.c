#include "broker/session.h"

#include <string.h>

#include "broker/internal.h"
#include "mqtt/topic.h"
#include "policy/set.h"

struct subscription {
    struct map_node node;
    uint8_t options;
    uint8_t filter[];
};

/* A QoS 1 message that waits for the window. */
struct waiting {
    struct list link;
    struct message *message;
    bool retain;
};

static struct holder holder_of(const struct session *s) {
    return (struct holder){s->space->broker->index, s->serial};
}

void session_open(struct space *space, const struct session_config *config) {
    struct broker *b = space->broker;
    struct session *s = mem_new(sizeof *s + config->client_id.len);
    memcpy(s->client_id_bytes, config->client_id.ptr, config->client_id.len);
    s->client_id = bytes_of(s->client_id_bytes, config->client_id.len);
    s->space = space;
    s->events = config->events;
    s->owner = config->owner;
    *s->owner = s;
    s->output = config->output;
    s->version = config->version;
    s->packet_bytes_max = config->packet_bytes_max;
    s->serial = ++b->next_serial;
    list_init(&s->waits);
    list_init(&s->queue);
    uint16_t window = config->receive_maximum;
    inflight_init(&s->inflight,
                  window && window < b->limits.inflight_max ? window : b->limits.inflight_max);
    session_set_policies(s, config->policies);
    s->by_serial.key = bytes_of(&s->serial, sizeof s->serial);
    map_add(&space->sessions, &s->by_serial);
    b->figures.sessions++;
    struct holder former;
    if (directory_claim(b->directory, space->account, s->client_id, holder_of(s), &former)) {
        takeover_start(s, former);
        return;
    }
    s->events->session_opened(s);
}

static void drop_subscription(struct session *s, struct subscription *sub) {
    (void)topic_index_remove(s->space->index, sub->node.key, s);
    interest_remove(s->space, sub->node.key);
    s->space->broker->figures.subscriptions--;
    mem_free(sub);
}

static void drop_queue(struct session *s) {
    for (struct list *link; (link = list_pop(&s->queue));) {
        struct waiting *w = OWNER(link, struct waiting, link);
        message_unref(w->message);
        mem_free(w);
    }
}

void session_close(struct session *s) {
    struct space *space = s->space;
    takeover_cancel(s);
    interest_forget(s);
    struct map_node *n;
    for (size_t at = 0; (n = map_next(&s->subscriptions, &at));)
        drop_subscription(s, OWNER(n, struct subscription, node));
    map_done(&s->subscriptions);
    drop_queue(s);
    inflight_done(&s->inflight);
    map_remove(&space->sessions, &s->by_serial);
    space->broker->figures.sessions--;
    directory_release(space->broker->directory, space->account, s->client_id, holder_of(s));
    mem_free(s);
}

void session_set_policies(struct session *s, const struct policy_set *policies) {
    s->policies = policies;
    s->policy_generation++;
    s->receive_all = !policies || policy_set_allows_all(policies, POLICY_RECEIVE);
}

void session_tell_deliveries(struct session *s, bool on) {
    s->tells = on && s->events->session_delivered;
}

static void count_delivery(struct broker *b, struct session *s, const struct publication *p) {
    b->figures.delivered++;
    if (s->tells)
        s->events->session_delivered(s, p);
}

status session_subscribe(struct session *s, bytes filter, uint8_t qos_options) {
    struct broker *b = s->space->broker;
    struct map_node *n = map_find(&s->subscriptions, filter);
    if (n) {
        struct subscription *sub = OWNER(n, struct subscription, node);
        if (sub->options != qos_options)
            (void)topic_index_add(s->space->index, filter, s, qos_options);
        sub->options = qos_options;
        return OK;
    }
    if (s->subscriptions.count >= b->limits.subscriptions_max)
        return FAIL(E_LIMIT, "the client has %zu subscriptions, which is as many as it may have",
                    s->subscriptions.count);
    struct subscription *sub = mem_new(sizeof *sub + filter.len);
    memcpy(sub->filter, filter.ptr, filter.len);
    sub->node.key = bytes_of(sub->filter, filter.len);
    sub->options = qos_options;
    map_add(&s->subscriptions, &sub->node);
    (void)topic_index_add(s->space->index, filter, s, qos_options);
    b->figures.subscriptions++;
    interest_add(s->space, filter);
    return OK;
}

bool session_unsubscribe(struct session *s, bytes filter) {
    struct map_node *n = map_find(&s->subscriptions, filter);
    if (!n)
        return false;
    map_remove(&s->subscriptions, n);
    drop_subscription(s, OWNER(n, struct subscription, node));
    return true;
}

bool session_is_subscribed(const struct session *s, bytes filter) {
    return map_find(&s->subscriptions, filter) != NULL;
}

/* Whether a QoS 1 message may go out now. */
static bool may_send(const struct session *s) {
    return !inflight_is_full(&s->inflight) &&
           s->output->len < s->space->broker->limits.output_bytes_max;
}

static void enqueue(struct broker *b, struct session *s, const struct publication *p, bool retain) {
    size_t size = p->topic.len + p->properties.len + p->payload.len;
    if (s->queue_messages >= b->limits.queue_messages_max ||
        s->queue_bytes + size > b->limits.queue_bytes_max) {
        s->dropped++;
        b->figures.dropped_queue_full++;
        return;
    }
    struct waiting *w = NEW(struct waiting);
    w->message = packet_copy(b->forms);
    w->retain = retain;
    s->queue_messages++;
    s->queue_bytes += (uint32_t)size;
    list_push(&s->queue, &w->link);
}

void deliver(struct broker *b, struct session *s, const struct publication *p, uint8_t qos,
             bool retain) {
    uint16_t id = 0;
    if (qos == 0) {
        if (s->output->len >= b->limits.output_bytes_max) {
            s->dropped++;
            b->figures.dropped_slow++;
            return;
        }
    } else if (!list_is_empty(&s->queue) || !may_send(s)) {
        enqueue(b, s, p, retain);
        return;
    } else {
        id = inflight_take(&s->inflight);
    }
    if (packet_append(b->forms, s->output, s->version, qos, retain, id, s->packet_bytes_max))
        count_delivery(b, s, p);
    else if (id) /* larger than the client takes: as if delivered [MQTT5-3.1.2-25] */
        (void)inflight_acknowledge(&s->inflight, id);
}

void session_deliver(struct session *s, const struct publication *p, uint8_t qos, bool retain) {
    packet_forms_start(s->space->broker->forms, p);
    deliver(s->space->broker, s, p, qos, retain);
}

bool session_answer(struct session *s, const struct publication *p) {
    bool parent_included = s->space->broker->limits.hash_matches_parent;
    struct map_node *n;
    int granted = -1;
    for (size_t at = 0; (n = map_next(&s->subscriptions, &at));) {
        int qos = OWNER(n, struct subscription, node)->options & SUBSCRIBE_QOS;
        if (qos > granted && topic_filter_matches(n->key, p->topic, parent_included))
            granted = qos;
    }
    if (granted < 0)
        return false;
    if (!s->receive_all &&
        policy_check(s->policies, POLICY_RECEIVE, p->topic, NULL).verdict != POLICY_ALLOWED) {
        s->denied++;
        return false;
    }
    session_deliver(s, p, p->qos < granted ? p->qos : (uint8_t)granted, false);
    return true;
}

bool session_acknowledge(struct session *s, uint16_t packet_id) {
    if (!inflight_acknowledge(&s->inflight, packet_id))
        return false;
    if (!list_is_empty(&s->queue))
        session_resume(s);
    return true;
}

void session_resume(struct session *s) {
    struct broker *b = s->space->broker;
    while (!list_is_empty(&s->queue) && may_send(s)) {
        struct waiting *w = OWNER(list_pop(&s->queue), struct waiting, link);
        struct publication p = message_view(w->message);
        s->queue_messages--;
        s->queue_bytes -= (uint32_t)(p.topic.len + p.properties.len + p.payload.len);
        packet_forms_start(b->forms, &p);
        uint16_t id = inflight_take(&s->inflight);
        if (packet_append(b->forms, s->output, s->version, 1, w->retain, id, s->packet_bytes_max))
            count_delivery(b, s, &p);
        else
            (void)inflight_acknowledge(&s->inflight, id);
        message_unref(w->message);
        mem_free(w);
    }
}
