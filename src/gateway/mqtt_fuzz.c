/* Strangers and a witness at the plain MQTT listener of a whole simulated server.
 *
 * The first byte of an input says how: 0x01 profile standard, 0x02 two loops, 0x04 a policy; its
 * rest seeds the network. Then steps (gateway/strangers.h, and the enum below). Whatever they are,
 * what the server says is well formed, nothing follows its last words, and the witness is served.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/random.h"
#include "gateway/fixture.h"
#include "gateway/strangers.h"
#include "mqtt/connect.h"
#include "mqtt/disconnect.h"
#include "mqtt/publish.h"
#include "mqtt/subscribe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FIRST_BYTES_MAX = 4096 };

enum step {
    SEND,      /* a length, and as many bytes */
    CONNECT,   /* 3.1.1 */
    CONNECT_5, /* with a will */
    SUBSCRIBE, /* to everything, at QoS 1 */
    PUBLISH,   /* a length, the topic, at QoS 1 */
    RETAIN,    /* a length, the topic */
    PASS,      /* seconds */
    RESET,
    SHUT,  /* no more is written */
    SULK,  /* it stops reading, or reads again */
    FLOOD, /* how often, a length, and as many bytes so often */
    WAIT,  /* until nothing moves */
    STEPS
};

/* How one of them speaks. */
struct tongue {
    enum mqtt_version version; /* of its first packet */
    bool heard_last_words;
    struct buf first; /* what it sent first */
};

static struct {
    struct gateway_fixture server;
    struct strangers strangers;
    struct tongue tongues[STRANGERS];
    struct sim_end *witness;
    char witness_id[24];
} world;

/* ---- what the server says ---- */

static void check_packet(struct tongue *s, const struct mqtt_frame *f) {
    struct mqtt_connack connack;
    struct mqtt_publish publish;
    struct mqtt_ack ack;
    struct mqtt_suback suback;
    struct mqtt_disconnect disconnect;
    status result = E_PROTOCOL;
    assert(!s->heard_last_words);
    switch (mqtt_frame_type(f)) {
    case MQTT_CONNACK: /* of a version that is not spoken: in the shape of 3.1.1, or of 5 */
        result = mqtt_connack_decode(f, f->body.len == 2 ? MQTT_3_1_1 : MQTT_5, &connack);
        s->heard_last_words = result == OK && connack.code != 0;
        break;
    case MQTT_PUBLISH:
        result = mqtt_publish_decode(f, s->version, MQTT_FROM_SERVER, &publish);
        assert(result != OK || !publish.dup);
        break;
    case MQTT_PUBACK:
        result = mqtt_ack_decode(f, s->version, &ack);
        break;
    case MQTT_SUBACK:
        result = mqtt_suback_decode(f, s->version, &suback);
        break;
    case MQTT_UNSUBACK:
        result = mqtt_unsuback_decode(f, s->version, &suback);
        break;
    case MQTT_PINGRESP:
        result = mqtt_ping_decode(f, s->version);
        break;
    case MQTT_DISCONNECT:
        result = mqtt_disconnect_decode(f, s->version, MQTT_FROM_SERVER, &disconnect);
        s->heard_last_words = true;
        break;
    case MQTT_CONNECT:
    case MQTT_PUBREC:
    case MQTT_PUBREL:
    case MQTT_PUBCOMP:
    case MQTT_SUBSCRIBE:
    case MQTT_UNSUBSCRIBE:
    case MQTT_PINGREQ:
    case MQTT_AUTH:
        break;
    }
    assert(result == OK);
}

static void learn_version(struct tongue *s) {
    struct mqtt_frame f;
    if (mqtt_frame_find(buf_bytes(&s->first), SIZE_MAX, &f) == MQTT_FRAME_COMPLETE)
        s->version = mqtt_connect_peek_version(&f);
}

static size_t check_packets(size_t stranger, bytes in) {
    struct tongue *s = &world.tongues[stranger];
    struct mqtt_frame f;
    size_t used = 0;
    learn_version(s);
    while (mqtt_frame_find(bytes_skip(in, used), SIZE_MAX, &f) == MQTT_FRAME_COMPLETE) {
        check_packet(s, &f);
        used += f.total_bytes;
    }
    return used;
}

/* ---- what strangers do ---- */

static void forget(size_t stranger) {
    buf_done(&world.tongues[stranger].first);
    world.tongues[stranger] = (struct tongue){0};
}

static void say(size_t stranger, bytes data) {
    struct buf *first = &world.tongues[stranger].first;
    if (!world.strangers.all[stranger].shut && first->len < FIRST_BYTES_MAX)
        buf_append(first, data);
    stranger_say(&world.strangers, stranger, data);
}

static void come(size_t stranger, enum mqtt_version version) {
    AUTO(buf) packet = {0};
    static const char *const ids[STRANGERS] = {"a", "b", "a", ""};
    struct mqtt_connect k = {.version = version,
                             .clean_start = true,
                             .keep_alive_s = 60,
                             .client_id = bytes_from(ids[stranger]),
                             .has_will = version == MQTT_5,
                             .will = {.topic = BYTES("w"), .payload = BYTES("x"), .qos = 1}};
    stranger_leave(&world.strangers, stranger);
    forget(stranger);
    world.tongues[stranger].version = version;
    mqtt_connect_encode(&k, &packet);
    say(stranger, buf_bytes(&packet));
}

static void subscribe(size_t stranger) {
    AUTO(buf) packet = {0};
    AUTO(buf) payload = {0};
    struct mqtt_subscription one = {.filter = BYTES("#"), .qos = 1};
    mqtt_subscription_append(&payload, &one);
    struct mqtt_subscribe k = {.packet_id = 1, .payload = buf_bytes(&payload), .count = 1};
    mqtt_subscribe_encode(&k, world.tongues[stranger].version, &packet);
    say(stranger, buf_bytes(&packet));
}

static void publish(size_t stranger, bool retain) {
    AUTO(buf) packet = {0};
    struct mqtt_publish m = {.topic = strangers_take_some(&world.strangers),
                             .payload = BYTES("payload"),
                             .qos = 1,
                             .packet_id = 2,
                             .retain = retain};
    mqtt_publish_encode(&m, world.tongues[stranger].version, &packet);
    say(stranger, buf_bytes(&packet));
}

static void flood(size_t stranger) {
    AUTO(buf) all = {0};
    unsigned times = strangers_take_byte(&world.strangers);
    bytes one = strangers_take_some(&world.strangers);
    while (times-- > 0)
        buf_append(&all, one);
    say(stranger, buf_bytes(&all));
}

static void take_step(uint8_t byte) {
    struct strangers *all = &world.strangers;
    size_t stranger = byte & 3;
    switch ((enum step)((byte >> 4) % STEPS)) {
    case SEND:
        say(stranger, strangers_take_some(all));
        return;
    case CONNECT:
        come(stranger, MQTT_3_1_1);
        return;
    case CONNECT_5:
        come(stranger, MQTT_5);
        return;
    case SUBSCRIBE:
        subscribe(stranger);
        return;
    case PUBLISH:
        publish(stranger, false);
        return;
    case RETAIN:
        publish(stranger, true);
        return;
    case PASS:
        strangers_pass(all);
        return;
    case RESET:
        stranger_reset(all, stranger);
        forget(stranger);
        return;
    case SHUT:
        stranger_shut_down(all, stranger);
        return;
    case SULK:
        all->all[stranger].sulks = !all->all[stranger].sulks;
        return;
    case FLOOD:
        flood(stranger);
        return;
    case WAIT:
    case STEPS:
        strangers_settle(all);
        return;
    }
}

/* ---- the witness ---- */

static void witness_says(const struct buf *packet, struct buf *answer) {
    ssize_t n = sim_write(world.witness, buf_bytes(packet));
    assert(n == (ssize_t)packet->len);
    strangers_settle(&world.strangers);
    (void)sim_read(world.witness, answer);
}

static void witness_comes(void) {
    AUTO(buf) packet = {0};
    AUTO(buf) answer = {0};
    random_text("0123456789abcdef", world.witness_id, sizeof world.witness_id - 1);
    struct mqtt_connect k = {.version = MQTT_3_1_1,
                             .clean_start = true,
                             .keep_alive_s = 1200,
                             .client_id = bytes_from(world.witness_id)};
    mqtt_connect_encode(&k, &packet);
    world.witness = sim_connect(world.server.sim, BYTES(TEST_MQTT));
    witness_says(&packet, &answer);
    assert(bytes_equal(buf_bytes(&answer), BYTES("\x20\x02\x00\x00")));
}

/* It is still connected, unless more time went by than it was silent for: then it comes again. */
static void witness_is_served(void) {
    AUTO(buf) packet = {0};
    AUTO(buf) answer = {0};
    if (sim_is_closed(world.witness) || sim_now_ms(world.server.sim) > 1700000) {
        sim_end_free(world.witness);
        witness_comes();
    }
    buf_append(&packet, MQTT_PINGREQ_PACKET);
    witness_says(&packet, &answer);
    assert(bytes_equal(buf_bytes(&answer), MQTT_PINGRESP_PACKET));
}

/* ---- an input ---- */

static const struct {
    const char *action, *resource;
} allowed[] = {{"Connect", "client/*"},
               {"Publish", "topic/${iot:ClientId}/*"},
               {"RetainPublish", "topic/*/kept"},
               {"Subscribe", "topicfilter/*"},
               {"Receive", "topic/a/*"}};

static void make_policy(struct gateway_fixture *f) {
    AUTO(buf) text = {0};
    for (size_t i = 0; i < COUNT_OF(allowed); i++)
        buf_printf(&text, "%s{\"Effect\":\"Allow\",\"Action\":\"iot:%s\",\"Resource\":\"%s%s\"}",
                   i ? "," : "{\"Version\":\"2012-10-17\",\"Statement\":[", allowed[i].action,
                   TEST_ARN(""), allowed[i].resource);
    buf_text(&text, "]}");
    status s = test_policy_save(f->server.store, BYTES("fuzz"), buf_bytes(&text));
    assert(s == OK);
    f->settings.mqtt_policy = "fuzz";
}

static void open_world(uint8_t how) {
    struct gateway_fixture *f = &world.server;
    log_set_level(LOG_OFF);
    gateway_fixture_open(f, how >> 3);
    f->settings.profile = how & 1 ? PROFILE_STANDARD : PROFILE_AWS;
    if (how & 4)
        make_policy(f);
    gateway_fixture_start(f, how & 2 ? 2 : 1);
    world.strangers.sim = f->sim;
    witness_comes();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct strangers *all = &world.strangers;
    *all = (struct strangers){
        .door = TEST_MQTT, .input = bytes_of(data, size), .check = check_packets};
    open_world(strangers_take_byte(all));
    for (int steps = 0; steps < STRANGER_STEPS_MAX && all->input.len > 0; steps++)
        take_step(strangers_take_byte(all));
    strangers_settle(all);
    witness_is_served();
    for (size_t i = 0; i < STRANGERS; i++) {
        stranger_leave(all, i);
        forget(i);
    }
    sim_end_free(world.witness);
    gateway_fixture_close(&world.server);
    return 0;
}
