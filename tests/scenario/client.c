#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "play.h"

struct client *client_find(struct play *p, const char *name) {
    for (size_t i = 0; i < p->client_count; i++)
        if (strcmp(p->clients[i].name, name) == 0)
            return &p->clients[i];
    if (p->client_count == CLIENTS_MAX)
        fail(p, "too many clients");
    struct client *c = &p->clients[p->client_count++];
    (void)snprintf(c->name, sizeof c->name, "%s", name);
    c->version = MQTT_3_1_1;
    return c;
}

/* Nothing may be left of the last connection that no line spoke of. */
static void account(struct play *p, struct client *c) {
    struct mqtt_frame f;
    if (client_has(p, c, &f))
        fail(p, "%s got %s, of which no line speaks", c->name, mqtt_type_name(mqtt_frame_type(&f)));
    if (c->in.len > 0)
        fail(p, "%s got a part of a packet", c->name);
    if (client_is_cut(c) && !c->end_was_seen)
        fail(p, "%s was disconnected, of which no line speaks", c->name);
}

void clients_account(struct play *p) {
    for (size_t i = 0; i < p->client_count; i++)
        if (p->clients[i].end && !p->clients[i].does_not_read)
            account(p, &p->clients[i]);
}

void client_leave(struct play *p, struct client *c) {
    struct sim_end *end = TAKE(c->end);
    sim_end_free(end);
    UNUSED(p);
    buf_clear(&c->in);
    buf_clear(&c->publishes);
    buf_clear(&c->subscribes);
    buf_clear(&c->unsubscribes);
    buf_clear(&c->to_acknowledge);
    c->does_not_read = c->end_came = c->end_was_seen = false;
}

void client_dial(struct play *p, struct client *c) {
    stage_start(p);
    if (c->end && !p->at_once)
        account(p, c);
    client_leave(p, c);
    c->end = sim_connect(p->sim, BYTES(TEST_MQTT));
    if (!c->end)
        fail(p, "nobody listens");
}

void clients_done(struct play *p) {
    for (size_t i = 0; i < p->client_count; i++) {
        struct client *c = &p->clients[i];
        client_leave(p, c);
        buf_done(&c->in);
        buf_done(&c->last);
        buf_done(&c->publishes);
        buf_done(&c->subscribes);
        buf_done(&c->unsubscribes);
        buf_done(&c->to_acknowledge);
    }
    p->client_count = 0;
}

bool client_is_cut(const struct client *c) {
    return !c->end || c->end_came || sim_is_closed(c->end);
}

/* ---- bytes ---- */

void client_send(struct play *p, struct client *c, bytes packet) {
    if (!c->end)
        fail(p, "%s never connected", c->name);
    while (packet.len > 0 && !c->end_came) {
        ssize_t n = sim_write(c->end, packet);
        if (n < 0)
            break;
        if (n == 0 && p->at_once)
            fail(p, "that is more than the network takes at once");
        if (n == 0 && client_is_cut(c))
            break;
        packet = bytes_skip(packet, (size_t)n);
        if (packet.len > 0)
            stage_settle(p);
    }
    if (!p->at_once)
        stage_settle(p);
}

bool clients_read(struct play *p) {
    bool any = false;
    for (size_t i = 0; i < p->client_count; i++) {
        struct client *c = &p->clients[i];
        if (!c->end || c->does_not_read || c->end_came)
            continue;
        ssize_t n = sim_read(c->end, &c->in);
        any |= n != -EAGAIN;
        c->end_came = n <= 0 && n != -EAGAIN;
        if (c->end_came) /* a client closes when the server does */
            sim_shutdown(c->end);
    }
    return any;
}

/* ---- packets ---- */

static bool find_packet(struct play *p, const struct client *c, size_t from,
                        struct mqtt_frame *out) {
    bytes left = bytes_skip(buf_bytes(&c->in), from);
    enum mqtt_frame_state state = mqtt_frame_find(left, SIZE_MAX, out);
    if (state == MQTT_FRAME_MALFORMED)
        fail(p, "%s got bytes that are no packet: %s", c->name, failure_text());
    return state == MQTT_FRAME_COMPLETE;
}

bool client_has(struct play *p, struct client *c, struct mqtt_frame *out) {
    return find_packet(p, c, 0, out);
}

/* Moves the packet at in[from] to c->last. */
static void take_packet(struct client *c, size_t from, struct mqtt_frame *f) {
    AUTO(buf) rest = {0};
    bytes in = buf_bytes(&c->in);
    buf_clear(&c->last);
    buf_append(&c->last, bytes_slice(in, from, f->total_bytes));
    buf_append(&rest, bytes_skip(in, from + f->total_bytes));
    c->in.len = from;
    buf_append(&c->in, buf_bytes(&rest));
    (void)mqtt_frame_find(buf_bytes(&c->last), SIZE_MAX, f);
    c->last_properties = (struct mqtt_properties){0};
}

void client_next(struct play *p, struct client *c, enum mqtt_type type, struct mqtt_frame *out) {
    size_t from = 0;
    while (find_packet(p, c, from, out) && mqtt_frame_type(out) == MQTT_PUBLISH &&
           type != MQTT_PUBLISH)
        from += out->total_bytes;
    if (!find_packet(p, c, from, out))
        fail(p, "%s got nothing where %s was due%s", c->name, mqtt_type_name(type),
             client_is_cut(c) ? ": the connection was closed" : "");
    if (mqtt_frame_type(out) != type)
        fail(p, "%s got %s where %s was due", c->name, mqtt_type_name(mqtt_frame_type(out)),
             mqtt_type_name(type));
    take_packet(c, from, out);
}

/* ---- packet identifiers ---- */

uint16_t client_new_id(struct client *c, struct buf *unanswered) {
    if (++c->packet_id == 0)
        c->packet_id = 1;
    buf_append_u16(unanswered, c->packet_id);
    return c->packet_id;
}

uint16_t client_take_id(struct play *p, struct client *c, struct buf *unanswered,
                        const char *what) {
    struct reader in = {buf_bytes(unanswered)};
    uint16_t id;
    if (read_u16(&in, &id) != OK)
        fail(p, "%s has no %s to be answered", c->name, what);
    buf_drop_front(unanswered, 2);
    return id;
}
