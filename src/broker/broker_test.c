/* Two loops of a simulated world, each with its broker; clients are sessions whose output is read
 * back as packets. */
#include "broker/broker.h"

#include <stdio.h>
#include <string.h>

#include "loop/simulated.h"
#include "mqtt/publish.h"
#include "policy/set.h"
#include "support/testing.h"

enum { LOOPS = 2 };

struct world {
    struct sim *sim;
    struct loop *loops[LOOPS];
    struct broker *brokers[LOOPS];
    struct output_pool pools[LOOPS];
    struct directory *directory;
};

static const struct broker_limits generous = {.hash_matches_parent = true,
                                              .inflight_max = 100,
                                              .queue_messages_max = 1000,
                                              .queue_bytes_max = 1 << 20,
                                              .output_bytes_max = 1 << 20,
                                              .subscriptions_max = 100,
                                              .link_bytes_max = 1 << 20};

static void world_init(struct world *w, const struct broker_limits *limits) {
    w->sim = sim_new(4711);
    w->directory = directory_new();
    for (unsigned i = 0; i < LOOPS; i++) {
        w->loops[i] = sim_loop_new(w->sim);
        w->brokers[i] = broker_new(w->loops[i], i, LOOPS, w->directory, limits);
        output_pool_init(&w->pools[i]);
    }
    broker_connect_peers(w->brokers, LOOPS);
}

static void settle(struct world *w);

static void world_done(struct world *w) {
    settle(w);
    for (unsigned i = 0; i < LOOPS; i++) {
        broker_free(w->brokers[i]);
        loop_free(w->loops[i]);
        output_pool_done(&w->pools[i]);
    }
    directory_free(w->directory);
    sim_free(w->sim);
}

/* Ends the turn of every loop until nothing moves. */
static void settle(struct world *w) {
    for (int round = 0; round < 4; round++) {
        for (unsigned i = 0; i < LOOPS; i++)
            broker_end_turn(w->brokers[i]);
        sim_run_until_idle(w->sim);
    }
}

struct client {
    struct session *session;
    struct output output;
    bool opened, taken_over, confirmed, dropped;
    struct subscribe_wait wait;
    struct buf received; /* "topic=payload/qos " per PUBLISH */
    uint16_t last_id;
};

static struct client *client_of(struct session *s) {
    return OWNER(session_owner(s), struct client, session);
}

static void on_opened(struct session *s) {
    client_of(s)->opened = true;
}

static void on_taken_over(struct session *s) {
    struct client *c = client_of(s);
    c->taken_over = true;
    session_close(TAKE(c->session));
}

static const struct session_events events = {.session_opened = on_opened,
                                             .session_taken_over = on_taken_over};

static void connect_as(struct world *w, struct client *c, unsigned loop, const char *id,
                       const struct policy_set *policies) {
    *c = (struct client){0};
    output_init(&c->output, &w->pools[loop]);
    struct session_config config = {.client_id = bytes_from(id),
                                    .version = MQTT_3_1_1,
                                    .policies = policies,
                                    .output = &c->output,
                                    .events = &events,
                                    .owner = &c->session};
    session_open(broker_space(w->brokers[loop], BYTES("111122223333")), &config);
}

static void leave(struct client *c) {
    if (c->session)
        session_close(TAKE(c->session));
    output_done(&c->output);
    buf_done(&c->received);
}

static void on_confirmed(struct subscribe_wait *w, bool dropped) {
    struct client *c = OWNER(w, struct client, wait);
    c->confirmed = !dropped;
    c->dropped = dropped;
}

static void subscribe(struct client *c, const char *filter, uint8_t options) {
    CHECK_OK(session_subscribe(c->session, bytes_from(filter), options));
    if (c->wait.done && !c->confirmed)
        return; /* one wait at a time */
    c->confirmed = false;
    c->wait.done = on_confirmed;
    (void)session_confirm(c->session, &c->wait);
}

static void publish(struct world *w, unsigned loop, const char *topic, const char *payload,
                    uint8_t qos, const struct session *from) {
    struct publication p = {.topic = bytes_from(topic), .payload = bytes_from(payload), .qos = qos};
    (void)broker_publish(broker_space(w->brokers[loop], BYTES("111122223333")), &p, from);
}

/* What came to the client since the last time. */
static const char *received(struct client *c) {
    AUTO(buf) in = {0};
    struct iovec parts[64];
    while (c->output.len) {
        int n = output_gather(&c->output, parts, 64);
        size_t len = 0;
        for (int i = 0; i < n; i++) {
            buf_append(&in, bytes_of(parts[i].iov_base, parts[i].iov_len));
            len += parts[i].iov_len;
        }
        output_drop(&c->output, len);
    }
    bytes left = buf_bytes(&in);
    struct mqtt_frame f;
    buf_clear(&c->received);
    while (mqtt_frame_find(left, SIZE_MAX, &f) == MQTT_FRAME_COMPLETE) {
        struct mqtt_publish p;
        CHECK_OK(mqtt_publish_decode(&f, MQTT_3_1_1, MQTT_FROM_SERVER, &p));
        buf_printf(&c->received, "%.*s=%.*s/%u ", BYTES_ARG(p.topic), BYTES_ARG(p.payload), p.qos);
        c->last_id = p.packet_id;
        left = bytes_skip(left, f.total_bytes);
    }
    CHECK_INT(left.len, 0);
    return buf_string(&c->received);
}

TEST(a_message_reaches_subscribers_on_its_own_and_on_another_loop) {
    struct world w;
    struct client here, there, publisher;
    world_init(&w, &generous);
    connect_as(&w, &here, 0, "here", NULL);
    connect_as(&w, &there, 1, "there", NULL);
    connect_as(&w, &publisher, 0, "publisher", NULL);
    subscribe(&here, "lamp/+", 1);
    subscribe(&there, "lamp/#", 0);
    settle(&w);
    publish(&w, 0, "lamp/set", "on", 1, publisher.session);
    settle(&w);
    CHECK_TEXT(received(&here), "lamp/set=on/1 ");
    CHECK_TEXT(received(&there), "lamp/set=on/0 ");
    leave(&here), leave(&there), leave(&publisher);
    world_done(&w);
}

TEST(a_subscribe_is_confirmed_only_when_every_loop_knows_it) {
    struct world w;
    struct client c;
    world_init(&w, &generous);
    connect_as(&w, &c, 0, "c", NULL);
    subscribe(&c, "a/b", 1);
    CHECK(!c.confirmed);
    settle(&w);
    CHECK(c.confirmed);
    publish(&w, 1, "a/b", "x", 1, NULL);
    settle(&w);
    CHECK_TEXT(received(&c), "a/b=x/1 ");
    leave(&c);
    world_done(&w);
}

TEST(a_confirmation_that_comes_after_the_session_has_gone_is_dropped) {
    struct world w;
    struct client c;
    world_init(&w, &generous);
    connect_as(&w, &c, 0, "c", NULL);
    subscribe(&c, "a/b", 1);
    session_close(TAKE(c.session));
    CHECK(c.dropped && !c.confirmed);
    settle(&w);
    publish(&w, 1, "a/b", "x", 1, NULL); /* the mark is gone with it */
    settle(&w);
    CHECK_TEXT(received(&c), "");
    leave(&c);
    world_done(&w);
}

TEST(order_is_kept_per_topic_across_loops) { /* [MQTT311-4.6.0-6] */
    struct world w;
    struct client c;
    AUTO(buf) expected = {0};
    world_init(&w, &generous);
    connect_as(&w, &c, 1, "c", NULL);
    subscribe(&c, "t", 1);
    settle(&w);
    for (int i = 0; i < 60; i++) {
        char payload[8];
        (void)snprintf(payload, sizeof payload, "%d", i);
        publish(&w, 0, "t", payload, 1, NULL);
        buf_printf(&expected, "t=%d/1 ", i);
        if (i % 7 == 0)
            settle(&w);
    }
    settle(&w);
    CHECK_TEXT(received(&c), buf_string(&expected));
    leave(&c);
    world_done(&w);
}

TEST(overlapping_subscriptions_give_one_copy_at_the_highest_qos) { /* [MQTT311-3.3.5-1] */
    struct world w;
    struct client c;
    world_init(&w, &generous);
    connect_as(&w, &c, 0, "c", NULL);
    subscribe(&c, "a/#", 0);
    subscribe(&c, "a/+", 1);
    subscribe(&c, "a/b", 0);
    publish(&w, 0, "a/b", "x", 1, NULL);
    CHECK_TEXT(received(&c), "a/b=x/1 ");
    CHECK(session_unsubscribe(c.session, BYTES("a/+")));
    CHECK(!session_unsubscribe(c.session, BYTES("a/+")));
    publish(&w, 0, "a/b", "y", 1, NULL);
    CHECK_TEXT(received(&c), "a/b=y/0 ");
    settle(&w);
    leave(&c);
    world_done(&w);
}

TEST(a_message_waits_when_the_window_is_full_and_goes_in_order_on_acknowledgement) {
    struct broker_limits narrow = generous;
    struct world w;
    struct client c;
    narrow.inflight_max = 2;
    world_init(&w, &narrow);
    connect_as(&w, &c, 0, "c", NULL);
    subscribe(&c, "t", 1);
    for (char digit = '1'; digit <= '5'; digit++)
        publish(&w, 0, "t", (char[]){digit, 0}, 1, NULL);
    CHECK_TEXT(received(&c), "t=1/1 t=2/1 ");
    CHECK(session_acknowledge(c.session, 1));
    CHECK_TEXT(received(&c), "t=3/1 ");
    CHECK(!session_acknowledge(c.session, 1));
    CHECK(session_acknowledge(c.session, 2) && session_acknowledge(c.session, 3));
    CHECK_TEXT(received(&c), "t=4/1 t=5/1 ");
    settle(&w);
    leave(&c);
    world_done(&w);
}

TEST(slow_receivers_of_one_message_each_get_it_whole_from_one_copy) {
    struct broker_limits narrow = generous;
    struct world w;
    struct client a, b;
    narrow.inflight_max = 1;
    world_init(&w, &narrow);
    connect_as(&w, &a, 0, "a", NULL);
    connect_as(&w, &b, 0, "b", NULL);
    subscribe(&a, "t", 1);
    subscribe(&b, "t", 1);
    for (char digit = '1'; digit <= '3'; digit++)
        publish(&w, 0, "t", (char[]){digit, 0}, 1, NULL);
    settle(&w);
    CHECK_TEXT(received(&a), "t=1/1 ");
    CHECK(session_acknowledge(a.session, 1) && session_acknowledge(a.session, 2));
    CHECK_TEXT(received(&a), "t=2/1 t=3/1 ");
    leave(&a); /* the other one still has its references */
    CHECK_TEXT(received(&b), "t=1/1 ");
    CHECK(session_acknowledge(b.session, 1));
    CHECK_TEXT(received(&b), "t=2/1 ");
    settle(&w);
    leave(&b);
    world_done(&w);
}

TEST(a_queue_is_bounded_and_what_it_drops_is_counted) {
    struct broker_limits narrow = generous;
    struct broker_figures figures;
    struct world w;
    struct client c;
    narrow.inflight_max = 1;
    narrow.queue_messages_max = 3;
    world_init(&w, &narrow);
    connect_as(&w, &c, 0, "c", NULL);
    subscribe(&c, "t", 1);
    for (int i = 0; i < 10; i++)
        publish(&w, 0, "t", "x", 1, NULL);
    broker_figures(w.brokers[0], &figures);
    CHECK_INT(figures.dropped_queue_full, 6);
    CHECK_INT(c.session->dropped, 6);
    settle(&w);
    leave(&c);
    world_done(&w);
}

TEST(a_slow_client_loses_qos_0_and_nothing_else_is_held_up) {
    struct broker_limits narrow = generous;
    struct world w;
    struct client slow, quick;
    narrow.output_bytes_max = 100;
    world_init(&w, &narrow);
    connect_as(&w, &slow, 0, "slow", NULL);
    connect_as(&w, &quick, 0, "quick", NULL);
    subscribe(&slow, "t", 0);
    subscribe(&quick, "t", 0);
    for (int i = 0; i < 50; i++) {
        publish(&w, 0, "t", "0123456789", 0, NULL);
        CHECK_TEXT(received(&quick), "t=0123456789/0 ");
    }
    CHECK(slow.output.len < 130 && slow.session->dropped > 40);
    settle(&w);
    leave(&slow), leave(&quick);
    world_done(&w);
}

TEST(a_second_connection_takes_over_on_the_same_loop_and_from_another) { /* [MQTT311-3.1.4-2] */
    struct world w;
    struct client first, second, third;
    world_init(&w, &generous);
    connect_as(&w, &first, 0, "lamp", NULL);
    CHECK(first.opened);
    connect_as(&w, &second, 0, "lamp", NULL);
    settle(&w);
    CHECK(first.taken_over && !first.session && second.opened);
    connect_as(&w, &third, 1, "lamp", NULL);
    CHECK(!third.opened);
    settle(&w);
    CHECK(second.taken_over && third.opened);
    CHECK_INT(directory_count(w.directory), 1);
    leave(&first), leave(&second), leave(&third);
    CHECK_INT(directory_count(w.directory), 0);
    world_done(&w);
}

TEST(three_at_once_leave_the_last_one_connected) {
    struct world w;
    struct client clients[3];
    world_init(&w, &generous);
    for (unsigned i = 0; i < 3; i++)
        connect_as(&w, &clients[i], i % LOOPS, "lamp", NULL);
    settle(&w);
    CHECK(clients[0].taken_over && clients[1].taken_over && !clients[2].taken_over);
    CHECK(clients[2].opened && clients[2].session);
    for (unsigned i = 0; i < 3; i++)
        leave(&clients[i]);
    settle(&w);
    world_done(&w);
}

static struct policy_set *set_of(const char *document) {
    struct policy_document *d;
    struct policy_scope scope = {.region = BYTES("eu-west-1"), .account = BYTES("111122223333")};
    CHECK_OK(policy_document_parse(BYTES("p"), bytes_from(document), POLICY_LENGTH_MAX, &d));
    struct policy_set *set = policy_set_bind(&d, 1, &scope, NULL);
    policy_document_unref(d);
    return set;
}

TEST(receive_is_asked_for_each_delivery_and_a_change_acts_on_the_next_message) { /* [AWS policy 2.1]
                                                                                  */
    struct world w;
    struct client c;
    struct policy_set *narrow =
        set_of("{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"iot:"
               "Receive\","
               "\"Resource\":\"arn:aws:iot:eu-west-1:111122223333:topic/ok/*\"}]}");
    struct policy_set *all =
        set_of("{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\","
               "\"Action\":\"iot:*\",\"Resource\":\"*\"}]}");
    world_init(&w, &generous);
    connect_as(&w, &c, 0, "c", narrow);
    subscribe(&c, "#", 0);
    publish(&w, 0, "secret/x", "1", 0, NULL);
    publish(&w, 0, "ok/x", "2", 0, NULL);
    CHECK_TEXT(received(&c), "ok/x=2/0 ");
    CHECK_INT(c.session->denied, 1);
    session_set_policies(c.session, all);
    publish(&w, 0, "secret/x", "3", 0, NULL);
    CHECK_TEXT(received(&c), "secret/x=3/0 ");
    session_set_policies(c.session, narrow);
    publish(&w, 0, "secret/x", "4", 0, NULL);
    CHECK_TEXT(received(&c), "");
    settle(&w);
    leave(&c);
    policy_set_unref(narrow), policy_set_unref(all);
    world_done(&w);
}

TEST(an_answer_goes_to_one_session_as_its_subscriptions_and_policies_have_it) {
    struct world w;
    struct client asked, other;
    struct publication answer = {.topic = BYTES("a/ok"), .payload = BYTES("x"), .qos = 1};
    world_init(&w, &generous);
    connect_as(&w, &asked, 0, "asked", NULL);
    connect_as(&w, &other, 0, "other", NULL);
    subscribe(&other, "a/+", 1);
    settle(&w);
    CHECK(!session_answer(asked.session, &answer));
    subscribe(&asked, "a/#", 0);
    settle(&w);
    CHECK(session_answer(asked.session, &answer));
    CHECK_TEXT(received(&asked), "a/ok=x/0 ");
    subscribe(&asked, "+/ok", 1);
    settle(&w);
    CHECK(session_answer(asked.session, &answer));
    CHECK_TEXT(received(&asked), "a/ok=x/1 ");
    CHECK_TEXT(received(&other), "");
    struct policy_set *none =
        set_of("{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"iot:"
               "Receive\",\"Resource\":\"arn:aws:iot:eu-west-1:111122223333:topic/b\"}]}");
    session_set_policies(asked.session, none);
    CHECK(!session_answer(asked.session, &answer));
    CHECK_TEXT(received(&asked), "");
    policy_set_unref(none);
    leave(&asked);
    leave(&other);
    world_done(&w);
}

TEST(accounts_are_separate) {
    struct world w;
    struct client c;
    world_init(&w, &generous);
    connect_as(&w, &c, 0, "c", NULL);
    subscribe(&c, "#", 0);
    settle(&w);
    struct publication p = {.topic = BYTES("t"), .payload = BYTES("x")};
    (void)broker_publish(broker_space(w.brokers[0], BYTES("444455556666")), &p, NULL);
    (void)broker_publish(broker_space(w.brokers[1], BYTES("444455556666")), &p, NULL);
    settle(&w);
    CHECK_TEXT(received(&c), "");
    leave(&c);
    world_done(&w);
}

TEST(a_large_message_goes_whole_through_a_link) {
    struct world w;
    struct client c;
    world_init(&w, &generous);
    connect_as(&w, &c, 1, "c", NULL);
    subscribe(&c, "big", 1);
    settle(&w);
    AUTO(buf) payload = {0};
    memset(buf_reserve(&payload, 200000), 'z', 200000);
    payload.len = 200000;
    struct publication p = {.topic = BYTES("big"), .payload = buf_bytes(&payload), .qos = 1};
    (void)broker_publish(broker_space(w.brokers[0], BYTES("111122223333")), &p, NULL);
    settle(&w);
    CHECK_INT(strlen(received(&c)), strlen("big=") + 200000 + strlen("/1 "));
    leave(&c);
    world_done(&w);
}

static unsigned relieved;

static void on_relief(void *context) {
    UNUSED(context);
    relieved++;
}

TEST(a_publisher_is_told_when_another_loop_is_behind_and_when_it_has_caught_up) {
    struct broker_limits narrow = generous;
    struct world w;
    struct client c;
    narrow.link_bytes_max = 1000;
    world_init(&w, &narrow);
    broker_on_relief(w.brokers[0], on_relief, NULL);
    connect_as(&w, &c, 1, "c", NULL);
    subscribe(&c, "t", 0);
    settle(&w);
    for (int i = 0; i < 100; i++)
        publish(&w, 0, "t", "0123456789", 0, NULL);
    broker_end_turn(w.brokers[0]);
    CHECK(broker_is_congested(w.brokers[0]));
    relieved = 0;
    settle(&w);
    CHECK(!broker_is_congested(w.brokers[0]) && relieved == 1);
    leave(&c);
    world_done(&w);
}

/* Fills the link to loop 1 and has that loop take it, while loop 0 is still in its turn. */
static void congest(struct world *w) {
    for (int i = 0; i < 100; i++)
        publish(w, 0, "t", "0123456789", 0, NULL);
    broker_end_turn(w->brokers[0]);
    CHECK(broker_is_congested(w->brokers[0]));
    CHECK(loop_run_posted(w->loops[1]));
}

TEST(a_publisher_that_congests_again_before_it_was_told_is_told_once) {
    struct broker_limits narrow = generous;
    struct world w;
    struct client c;
    narrow.link_bytes_max = 1000;
    world_init(&w, &narrow);
    broker_on_relief(w.brokers[0], on_relief, NULL);
    connect_as(&w, &c, 1, "c", NULL);
    subscribe(&c, "t", 0);
    settle(&w);
    for (relieved = 0; relieved < 3;) {
        unsigned before = relieved;
        congest(&w);
        congest(&w);
        settle(&w);
        CHECK(!broker_is_congested(w.brokers[0]) && relieved == before + 1);
    }
    leave(&c);
    world_done(&w);
}

/* Publishes to `count` topics of `len` bytes that differ in their beginning. */
static void publish_to_many(struct world *w, size_t count, size_t len) {
    uint8_t *topic = mem_new(len);
    memset(topic, 'x', len);
    for (size_t i = 0; i < count; i++) {
        (void)snprintf((char *)topic, len, "%zu", i);
        topic[strlen((const char *)topic)] = '/';
        struct publication p = {.topic = bytes_of(topic, len)};
        (void)broker_publish(broker_space(w->brokers[0], BYTES("111122223333")), &p, NULL);
    }
    mem_free(topic);
}

static size_t route_bytes(const struct world *w) {
    struct broker_figures figures;
    broker_figures(w->brokers[0], &figures);
    return figures.route_bytes;
}

TEST(what_is_remembered_of_topics_is_bounded_however_long_they_are_and_however_many_listen) {
    enum { LISTENERS = 600, MIB = 1 << 20 };
    struct broker_limits narrow = generous;
    struct world w;
    struct client *listeners = NEW_ARRAY(struct client, LISTENERS);
    narrow.output_bytes_max = 100;
    world_init(&w, &narrow);
    publish_to_many(&w, 1500, 60000);
    CHECK(route_bytes(&w) > 1 * MIB && route_bytes(&w) < 65 * MIB);
    publish_to_many(&w, 6000, 20); /* few bytes each, until somebody listens to all of them */
    for (size_t i = 0; i < LISTENERS; i++) {
        char id[24];
        (void)snprintf(id, sizeof id, "%zu", i);
        connect_as(&w, &listeners[i], 0, id, NULL);
        subscribe(&listeners[i], "#", 0);
    }
    settle(&w);
    publish_to_many(&w, 6000, 20);
    CHECK(route_bytes(&w) > 1 * MIB && route_bytes(&w) < 65 * MIB);
    for (size_t i = 0; i < LISTENERS; i++)
        leave(&listeners[i]);
    mem_free(listeners);
    world_done(&w);
}

TEST_MAIN("broker/broker")
