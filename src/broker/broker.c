#include "broker/broker.h"

#include <stdlib.h>
#include <string.h>

#include "broker/internal.h"
#include "policy/set.h"

/* Topics remembered per account and loop, and their memory; then all are forgotten. */
enum { ROUTES_MAX = 65536, ROUTES_BYTES_MAX = 64 << 20 };

/* One receiver of a topic. */
struct target {
    struct session *session;
    uint32_t policy_generation; /* of the session when `allowed` was decided; 0: not yet */
    uint8_t options;
    bool allowed;
};

struct route {
    struct map_node node; /* by topic */
    struct space *space;
    uint64_t generation; /* of the topic index when matched */
    uint64_t loops;      /* bit per other loop with subscribers */
    struct target *targets;
    size_t count, capacity;
    uint8_t topic[];
};

struct broker *broker_new(struct loop *loop, unsigned index, unsigned count,
                          struct directory *directory, const struct broker_limits *limits) {
    struct broker *b = NEW(struct broker);
    b->loop = loop;
    b->index = index;
    b->count = count;
    b->directory = directory;
    b->limits = *limits;
    b->forms = packet_forms_new();
    list_init(&b->spaces);
    list_init(&b->waits);
    for (unsigned i = 0; i < LOOPS_MAX; i++)
        b->marks[i].loop = i;
    return b;
}

void broker_connect_peers(struct broker *const *brokers, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        brokers[i]->peers = brokers;
        for (unsigned k = 0; k < count; k++)
            if (k != i)
                brokers[i]->links[k] = link_new(brokers[i], brokers[k]);
    }
}

static void space_free(struct space *s) {
    space_forget_routes(s);
    interests_free(s);
    map_done(&s->routes);
    map_done(&s->sessions);
    topic_index_free(s->index);
    mem_free(s);
}

void broker_free(struct broker *b) {
    if (!b)
        return;
    for (unsigned i = 0; i < LOOPS_MAX; i++)
        link_free(b->links[i]);
    for (struct list *l; (l = list_pop(&b->spaces));)
        space_free(OWNER(l, struct space, link));
    packet_forms_free(b->forms);
    mem_free(b);
}

struct space *broker_space(struct broker *b, bytes account) {
    LIST_EACH (link, &b->spaces) {
        struct space *s = OWNER(link, struct space, link);
        if (bytes_equal(s->account, account))
            return s;
    }
    struct space *s = mem_new(sizeof *s + account.len);
    if (account.len)
        memcpy(s->account_bytes, account.ptr, account.len);
    s->account = bytes_of(s->account_bytes, account.len);
    s->broker = b;
    s->index = topic_index_new(b->limits.hash_matches_parent);
    list_push(&b->spaces, &s->link);
    return s;
}

uint32_t space_epoch(const struct space *s) {
    return s->epoch;
}

/* ---- routes ---- */

static void route_free(struct route *r) {
    mem_free(r->targets);
    mem_free(r);
}

void space_forget_routes(struct space *s) {
    struct map_node *n;
    for (size_t at = 0; (n = map_next(&s->routes, &at));)
        route_free(OWNER(n, struct route, node));
    map_done(&s->routes);
    s->route_bytes = 0;
    s->epoch++;
}

static size_t route_bytes(const struct route *r) {
    return sizeof *r + r->node.key.len + r->capacity * sizeof *r->targets;
}

/* A publisher chooses the topics, and every subscriber of all of them is in each route: when that
 * is too much only `r`, which is in use, stays. */
static void forget_others(struct route *r) {
    struct space *s = r->space;
    map_remove(&s->routes, &r->node);
    space_forget_routes(s);
    map_add(&s->routes, &r->node);
    s->route_bytes = route_bytes(r);
}

/* A session with several matching subscriptions gets one copy, at the highest QoS
 * [MQTT311-3.3.5-1]. */
static void add_target(struct route *r, struct session *session, uint8_t options) {
    if (r->count == r->capacity) {
        r->capacity = r->capacity ? r->capacity * 2 : 1;
        r->targets = mem_resize(r->targets, r->capacity * sizeof *r->targets);
    }
    r->targets[r->count++] = (struct target){.session = session, .options = options};
}

static void visit_subscribers(void *context, const struct topic_subscriber *subscribers,
                              size_t count) {
    struct route *r = context;
    for (size_t i = 0; i < count; i++) {
        if (subscribers[i].detail & DETAIL_REMOTE)
            r->loops |= (uint64_t)1 << ((struct mark *)subscribers[i].subscriber)->loop;
        else
            add_target(r, subscribers[i].subscriber, (uint8_t)subscribers[i].detail);
    }
}

static int compare_targets(const void *a, const void *b) {
    const struct target *x = a, *y = b;
    if (x->session != y->session)
        return (uintptr_t)x->session < (uintptr_t)y->session ? -1 : 1;
    return (y->options & SUBSCRIBE_QOS) - (x->options & SUBSCRIBE_QOS);
}

static void merge_targets(struct route *r) {
    if (r->count < 2)
        return;
    qsort(r->targets, r->count, sizeof *r->targets, compare_targets);
    size_t kept = 1;
    for (size_t i = 1; i < r->count; i++)
        if (r->targets[i].session != r->targets[kept - 1].session)
            r->targets[kept++] = r->targets[i];
    r->count = kept;
}

static void route_match(struct route *r) {
    struct space *s = r->space;
    s->route_bytes -= route_bytes(r);
    r->count = 0;
    r->loops = 0;
    (void)topic_index_match(s->index, r->node.key, visit_subscribers, r);
    merge_targets(r);
    r->generation = topic_index_generation(s->index);
    s->route_bytes += route_bytes(r);
    if (s->route_bytes > ROUTES_BYTES_MAX)
        forget_others(r);
}

static struct route *route_new(struct space *s, bytes topic) {
    if (s->routes.count >= ROUTES_MAX)
        space_forget_routes(s);
    struct route *r = mem_new(sizeof *r + topic.len);
    memcpy(r->topic, topic.ptr, topic.len);
    r->node.key = bytes_of(r->topic, topic.len);
    r->space = s;
    map_add(&s->routes, &r->node);
    s->route_bytes += route_bytes(r);
    route_match(r);
    return r;
}

struct route *space_route(struct space *s, bytes topic) {
    struct map_node *n = map_find(&s->routes, topic);
    return n ? OWNER(n, struct route, node) : route_new(s, topic);
}

static void visit_nobody(void *context, const struct topic_subscriber *subscribers, size_t count) {
    UNUSED(context);
    UNUSED(subscribers);
    UNUSED(count);
}

bool broker_has_subscribers(struct space *s, bytes topic) {
    return topic_index_match(s->index, topic, visit_nobody, NULL) > 0;
}

bytes route_topic(const struct route *r) {
    return r->node.key;
}

/* ---- delivery ---- */

/* iot:Receive, decided once per receiver, topic and change of policies [AWS policy 2.1]. */
static bool may_receive(struct target *t, bytes topic) {
    struct session *s = t->session;
    if (s->receive_all)
        return true;
    if (t->policy_generation != s->policy_generation) {
        t->policy_generation = s->policy_generation;
        t->allowed =
            policy_check(s->policies, POLICY_RECEIVE, topic, NULL).verdict == POLICY_ALLOWED;
    }
    if (!t->allowed)
        s->denied++;
    return t->allowed;
}

static size_t deliver_here(struct broker *b, struct route *r, const struct publication *p,
                           const struct session *from) {
    size_t receivers = 0;
    packet_forms_start(b->forms, p);
    for (size_t i = 0; i < r->count; i++) {
        struct target *t = &r->targets[i];
        if (t->session == from && (t->options & SUBSCRIBE_NO_LOCAL))
            continue;
        if (!may_receive(t, r->node.key)) {
            b->figures.denied++;
            continue;
        }
        uint8_t granted = t->options & SUBSCRIBE_QOS;
        bool retain = p->retain && (t->options & SUBSCRIBE_RETAIN_AS_PUBLISHED);
        deliver(b, t->session, p, p->qos < granted ? p->qos : granted, retain);
        receivers++;
    }
    return receivers;
}

static void refresh(struct route *r) {
    if (r->generation != topic_index_generation(r->space->index))
        route_match(r);
}

size_t route_publish(struct route *r, const struct publication *p, const struct session *from) {
    struct broker *b = r->space->broker;
    refresh(r);
    b->figures.published++;
    for (uint64_t left = r->loops; left; left &= left - 1)
        link_append(b->links[__builtin_ctzll(left)], r->space->account, p);
    return deliver_here(b, r, p, from);
}

size_t route_deliver_local(struct route *r, const struct publication *p) {
    refresh(r);
    return deliver_here(r->space->broker, r, p, NULL);
}

size_t broker_publish(struct space *s, const struct publication *p, const struct session *from) {
    return route_publish(space_route(s, p->topic), p, from);
}

bool broker_is_congested(const struct broker *b) {
    return b->congested;
}

void broker_on_relief(struct broker *b, void (*relieved)(void *context), void *context) {
    b->relieved = relieved;
    b->relieved_context = context;
}

void broker_end_turn(struct broker *b) {
    packet_forms_forget(b->forms);
    for (unsigned i = 0; i < b->count; i++)
        if (b->links[i])
            link_flush(b->links[i]);
}

void broker_figures(const struct broker *b, struct broker_figures *out_figures) {
    *out_figures = b->figures;
    LIST_EACH (link, &b->spaces)
        out_figures->route_bytes += OWNER(link, struct space, link)->route_bytes;
}
