/* Four strangers and a witness at the plain MQTT listener of a whole simulated server.
 *
 * The first byte of an input says how: 0x01 profile standard, 0x02 two loops, 0x04 a policy; its
 * rest seeds the network. Then steps: the low two bits of a byte name a stranger, the high four
 * what it does (enum below). Whatever that is, what the server says is well formed, nothing follows
 * its last words, and the witness is served. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/random.h"
#include "gateway/fixture.h"
#include "mqtt/connect.h"
#include "mqtt/disconnect.h"
#include "mqtt/publish.h"
#include "mqtt/subscribe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STRANGERS = 4, STEPS_MAX = 200, SEND_TIMES_MAX = 64 };

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

struct stranger {
    struct sim_end *end;
    enum mqtt_version version; /* of its first packet */
    bool sulks, shut, said_last_words;
    struct buf in, first; /* what came, what it sent first */
};

static struct {
    struct gateway_fixture server;
    struct stranger strangers[STRANGERS];
    struct sim_end *witness;
    char witness_id[24];
    bytes input;
} world;

/* ---- the input; zeros follow its end ---- */

static uint8_t take_byte(void) {
    uint8_t byte = world.input.len ? world.input.ptr[0] : 0;
    world.input = bytes_skip(world.input, 1);
    return byte;
}

static bytes take_some(void) {
    size_t len = take_byte();
    bytes some = bytes_slice(world.input, 0, len);
    world.input = bytes_skip(world.input, len);
    return some;
}

/* ---- what the server says ---- */

static void check_packet(struct stranger *s, const struct mqtt_frame *f) {
    struct mqtt_connack connack;
    struct mqtt_publish publish;
    struct mqtt_ack ack;
    struct mqtt_suback suback;
    struct mqtt_disconnect disconnect;
    status result = E_PROTOCOL;
    assert(!s->said_last_words);
    switch (mqtt_frame_type(f)) {
    case MQTT_CONNACK: /* of a version that is not spoken: in the shape of 3.1.1, or of 5 */
        result = mqtt_connack_decode(f, f->body.len == 2 ? MQTT_3_1_1 : MQTT_5, &connack);
        s->said_last_words = result == OK && connack.code != 0;
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
        s->said_last_words = true;
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

static void learn_version(struct stranger *s) {
    struct mqtt_frame f;
    if (mqtt_frame_find(buf_bytes(&s->first), SIZE_MAX, &f) == MQTT_FRAME_COMPLETE)
        s->version = mqtt_connect_peek_version(&f);
}

static bool read_all(struct stranger *s) {
    struct mqtt_frame f;
    size_t used = 0;
    if (!s->end || s->sulks || sim_read(s->end, &s->in) <= 0)
        return false;
    learn_version(s);
    while (mqtt_frame_find(bytes_skip(buf_bytes(&s->in), used), SIZE_MAX, &f) ==
           MQTT_FRAME_COMPLETE) {
        check_packet(s, &f);
        used += f.total_bytes;
    }
    buf_drop_front(&s->in, used);
    return true;
}

static void settle(void) {
    bool any = true;
    while (any) {
        any = false;
        sim_run_until_idle(world.server.sim);
        for (int i = 0; i < STRANGERS; i++)
            any |= read_all(&world.strangers[i]);
    }
}

/* ---- what strangers do ---- */

static void leave(struct stranger *s) {
    sim_end_free(s->end);
    buf_done(&s->in);
    buf_done(&s->first);
    *s = (struct stranger){0};
}

static void say(struct stranger *s, bytes data) {
    if (!s->end)
        s->end = sim_connect(world.server.sim, BYTES(TEST_MQTT));
    if (s->shut)
        return;
    if (s->first.len < 4096)
        buf_append(&s->first, data);
    for (int times = 0; data.len > 0 && times < SEND_TIMES_MAX; times++) {
        ssize_t n = sim_write(s->end, data);
        if (n < 0)
            return;
        data = bytes_skip(data, (size_t)n);
        if (data.len > 0)
            settle();
    }
}

static void come(struct stranger *s, enum mqtt_version version) {
    AUTO(buf) packet = {0};
    static const char *const ids[STRANGERS] = {"a", "b", "a", ""};
    size_t number = (size_t)(s - world.strangers);
    struct mqtt_connect k = {.version = version,
                             .clean_start = true,
                             .keep_alive_s = 60,
                             .client_id = bytes_from(ids[number]),
                             .has_will = version == MQTT_5,
                             .will = {.topic = BYTES("w"), .payload = BYTES("x"), .qos = 1}};
    leave(s);
    s->version = version;
    mqtt_connect_encode(&k, &packet);
    say(s, buf_bytes(&packet));
}

static void subscribe(struct stranger *s) {
    AUTO(buf) packet = {0};
    AUTO(buf) payload = {0};
    struct mqtt_subscription one = {.filter = BYTES("#"), .qos = 1};
    mqtt_subscription_append(&payload, &one);
    struct mqtt_subscribe k = {.packet_id = 1, .payload = buf_bytes(&payload), .count = 1};
    mqtt_subscribe_encode(&k, s->version, &packet);
    say(s, buf_bytes(&packet));
}

static void publish(struct stranger *s, bool retain) {
    AUTO(buf) packet = {0};
    struct mqtt_publish m = {.topic = take_some(),
                             .payload = BYTES("payload"),
                             .qos = 1,
                             .packet_id = 2,
                             .retain = retain};
    mqtt_publish_encode(&m, s->version, &packet);
    say(s, buf_bytes(&packet));
}

static void flood(struct stranger *s) {
    AUTO(buf) all = {0};
    unsigned times = take_byte();
    bytes one = take_some();
    while (times-- > 0)
        buf_append(&all, one);
    say(s, buf_bytes(&all));
}

static void pass(void) {
    settle();
    sim_pass(world.server.sim, take_byte() * 1000u);
}

static void shut_down(struct stranger *s) {
    if (s->end && !s->shut)
        sim_shutdown(s->end);
    s->shut = s->end != NULL;
}

static void take_step(uint8_t byte) {
    struct stranger *s = &world.strangers[byte & 3];
    switch ((enum step)((byte >> 4) % STEPS)) {
    case SEND:
        say(s, take_some());
        return;
    case CONNECT:
        come(s, MQTT_3_1_1);
        return;
    case CONNECT_5:
        come(s, MQTT_5);
        return;
    case SUBSCRIBE:
        subscribe(s);
        return;
    case PUBLISH:
        publish(s, false);
        return;
    case RETAIN:
        publish(s, true);
        return;
    case PASS:
        pass();
        return;
    case RESET:
        if (s->end)
            sim_reset(s->end);
        leave(s);
        return;
    case SHUT:
        shut_down(s);
        return;
    case SULK:
        s->sulks = !s->sulks;
        return;
    case FLOOD:
        flood(s);
        return;
    case WAIT:
    case STEPS:
        settle();
        return;
    }
}

/* ---- the witness ---- */

static void witness_says(const struct buf *packet, struct buf *answer) {
    ssize_t n = sim_write(world.witness, buf_bytes(packet));
    assert(n == (ssize_t)packet->len);
    settle();
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
    witness_comes();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    world.input = bytes_of(data, size);
    open_world(take_byte());
    for (int steps = 0; steps < STEPS_MAX && world.input.len > 0; steps++)
        take_step(take_byte());
    settle();
    witness_is_served();
    for (int i = 0; i < STRANGERS; i++)
        leave(&world.strangers[i]);
    sim_end_free(world.witness);
    gateway_fixture_close(&world.server);
    return 0;
}
