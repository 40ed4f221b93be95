/* The broker: sessions, subscriptions and the way of a message from publisher to subscribers.
 *
 * One `struct broker` per loop thread, used on that thread only; together they are one broker. Each
 * holds the sessions whose connections live on its loop, a topic index of *their* subscriptions per
 * account, and in the same index a mark for every other loop that has a subscriber of a filter. So
 * a publish is one match: local sessions get the packet appended to their output, each marked loop
 * gets it appended to one batch that is posted at the end of the turn.
 *
 *     device ─▶ broker_publish ─▶ route (remembered per topic) ─┬─▶ session ─▶ output ─▶ device
 *                                                               └─▶ link ─▶ the other loop's broker
 *
 * Order: one publisher, one topic, one subscriber, one QoS is never reordered. Locally by being
 * done at once; between loops because a link is a queue. */
#pragma once
#include "broker/directory.h"
#include "broker/session.h"
#include "loop/loop.h"

struct broker;
struct space; /* an account's topics on this loop */

struct broker_limits {
    bool hash_matches_parent;    /* `sport/#` matches `sport` [MQTT311-4.7.1-2]; AWS: no */
    uint16_t inflight_max;       /* unacknowledged QoS 1 messages per client, both ways */
    uint32_t queue_messages_max; /* QoS 1 messages that wait for the window, per session */
    uint32_t queue_bytes_max;
    uint32_t output_bytes_max;  /* waiting bytes beyond which QoS 0 is dropped and QoS 1 queued */
    uint32_t subscriptions_max; /* per session */
    uint32_t link_bytes_max;    /* on their way to one other loop; then publishers are paused */
};

/* broker_new makes the broker of loop `index` of `count` (at most 64). */
struct broker *broker_new(struct loop *loop, unsigned index, unsigned count,
                          struct directory *directory, const struct broker_limits *limits);
/* broker_connect_peers tells each of the `count` brokers of the others; before any loop runs. */
void broker_connect_peers(struct broker *const *brokers, unsigned count);
void broker_free(struct broker *b); /* sessions must be closed; loops must have stopped */

/* broker_space finds or makes the account's space; it lasts as long as the broker. */
struct space *broker_space(struct broker *b, bytes account);

/* ---- publishing ---- */

/* A topic with its receivers as of one generation of subscriptions. */
struct route;

/* space_route gives the route of a topic name, matched anew at a publish when subscriptions have
 * changed. */
struct route *space_route(struct space *s, bytes topic);
bytes route_topic(const struct route *r);

/* space_epoch changes when the routes found before are no longer valid; while it is the same a
 * route may be remembered, however often subscriptions change. */
uint32_t space_epoch(const struct space *s);

/* route_publish gives the message to every receiver: the number of local ones. `from` may be NULL.
 */
size_t route_publish(struct route *r, const struct publication *p, const struct session *from);
/* broker_publish finds the route and publishes. */
size_t broker_publish(struct space *s, const struct publication *p, const struct session *from);

/* broker_has_subscribers: whether anybody, here or on another loop, would be given a message on
 * this topic (iot:Receive not asked). For messages that are not worth writing otherwise. */
bool broker_has_subscribers(struct space *s, bytes topic);

/* broker_end_turn posts what was gathered for other loops: a turn hook of the gateway. */
void broker_end_turn(struct broker *b);

/* broker_is_congested says that more waits for some other loop than it should: stop reading from
 * publishers until the hook given here is called. */
bool broker_is_congested(const struct broker *b);
void broker_on_relief(struct broker *b, void (*relieved)(void *context), void *context);

/* ---- figures ---- */
struct broker_figures {
    uint64_t published, delivered, dropped_slow, dropped_queue_full, denied;
    size_t sessions, subscriptions, route_bytes;
};
void broker_figures(const struct broker *b, struct broker_figures *out_figures);
