#include "gateway/lifecycle.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "codec/json.h"
#include "gateway/custom_auth.h"
#include "gateway/presence.h"
#include "gateway/server.h"

const char *lifecycle_reason(const char *event) {
    static const struct {
        const char *event, *reason;
    } reasons[] = {
        {"connection.taken_over", "DUPLICATE_CLIENTID"},
        {"keep_alive.timeout", "MQTT_KEEP_ALIVE_TIMEOUT"},
        {"connection.drained", "SERVER_INITIATED_DISCONNECT"},
        {"connection.revoked", "FORBIDDEN_ACCESS"},
        {"connection.expired", "CUSTOMAUTH_TTL_EXPIRATION"},
        {"connection.unread", "THROTTLED"},
        {"publish.denied", "AUTH_ERROR"},
        {"subscribe.denied", "AUTH_ERROR"},
    };
    for (size_t i = 0; i < COUNT_OF(reasons); i++)
        if (strcmp(event, reasons[i].event) == 0)
            return reasons[i].reason;
    return "CLIENT_ERROR";
}

/* An event being written. */
struct event {
    struct mqtt_client *client;
    struct space *space;
    struct buf topic, payload;
    struct json_writer json;
};

static void event_done(struct event *e) {
    buf_done(&e->topic);
    buf_done(&e->payload);
}

static void put(struct event *e, const char *name, bytes value) {
    json_name(&e->json, name);
    json_string(&e->json, value);
}

static void put_text(struct event *e, const char *name, const char *value) {
    put(e, name, bytes_from(value));
}

/* 32 hexadecimal digits, the same as long as the session lives. */
static void put_session(struct event *e) {
    char text[33];
    uint64_t serial[2] = {e->client->session_serial, 0};
    uint64_t high = bytes_hash(bytes_of(serial, sizeof serial));
    serial[1] = 1;
    uint64_t low = bytes_hash(bytes_of(serial, sizeof serial));
    (void)snprintf(text, sizeof text, "%016llx%016llx", (unsigned long long)high,
                   (unsigned long long)low);
    put_text(e, "sessionIdentifier", text);
}

static const char *principal_of(const struct mqtt_client *m) {
    if (m->who.certificate_id[0])
        return m->who.certificate_id;
    return m->custom ? m->custom->principal_id : "local";
}

/* begin is false when nobody wants to hear of it: there are no events of identifiers with wildcards
 * either [AWS device-gateway 9.1]. */
static bool begin(struct event *e, struct mqtt_client *m, const char *family, const char *type) {
    bytes id = m->who.client_id;
    *e = (struct event){.client = m};
    if (bytes_find(id, '#') < id.len || bytes_find(id, '+') < id.len)
        return false;
    e->space = broker_space(m->connection->plane->broker, bytes_from(m->who.account));
    buf_printf(&e->topic, "$aws/events/%s/%s/", family, type);
    buf_append(&e->topic, id);
    if (!broker_has_subscribers(e->space, buf_bytes(&e->topic)))
        return false;
    json_start(&e->json, &e->payload);
    json_object_begin(&e->json);
    put(e, "clientId", id);
    if (m->thing_is_exclusive)
        put(e, "thingName", m->thing_name);
    json_name(&e->json, "timestamp");
    json_i64(&e->json, clock_wall_ms());
    put_text(e, "eventType", type);
    put_session(e);
    put_text(e, "principalIdentifier", principal_of(m));
    return true;
}

static void publish(struct event *e) {
    json_object_end(&e->json);
    struct publication p = {
        .topic = buf_bytes(&e->topic), .payload = buf_bytes(&e->payload), .qos = 1};
    (void)broker_publish(e->space, &p, NULL);
}

static void put_address(struct event *e) {
    char address[46];
    uint16_t port;
    stream_peer(&e->client->connection->stream, address, &port);
    put_text(e, "ipAddress", address);
}

static void put_version(struct event *e) {
    json_name(&e->json, "versionNumber");
    json_i64(&e->json, (int64_t)e->client->presence_version);
}

void lifecycle_connected(struct mqtt_client *m) {
    AUTO(event) e;
    m->presence_version =
        presence_came(m->connection->plane->server->presence, bytes_from(m->who.account),
                      m->who.client_id, clock_wall_ms());
    if (!begin(&e, m, "presence", "connected"))
        return;
    put_address(&e);
    put_version(&e);
    publish(&e);
}

void lifecycle_disconnected(struct mqtt_client *m, const char *reason) {
    AUTO(event) e;
    presence_went(m->connection->plane->server->presence, bytes_from(m->who.account),
                  m->who.client_id, reason, clock_wall_ms());
    if (!begin(&e, m, "presence", "disconnected"))
        return;
    json_name(&e.json, "clientInitiatedDisconnect");
    json_bool(&e.json, strcmp(reason, "CLIENT_INITIATED_DISCONNECT") == 0);
    put_text(&e, "disconnectReason", reason);
    put_version(&e);
    publish(&e);
}

void lifecycle_connect_failed(struct mqtt_client *m) {
    AUTO(event) e;
    if (!begin(&e, m, "presence", "connect_failed"))
        return;
    put_text(&e, "connectFailureReason", "AUTHORIZATION_FAILED");
    put_address(&e);
    publish(&e);
}

static void tell_filters(struct mqtt_client *m, const char *type, bytes filters) {
    bytes rest = bytes_slice(filters, 0, filters.len ? filters.len - 1 : 0),
          filter; /* without the last zero */
    AUTO(event) e = {0};
    if (filters.len == 0 || !begin(&e, m, "subscriptions", type))
        return;
    json_name(&e.json, "topics");
    json_array_begin(&e.json);
    while (bytes_split(&rest, 0, &filter))
        json_string(&e.json, filter);
    json_array_end(&e.json);
    publish(&e);
}

void lifecycle_subscribed(struct mqtt_client *m, bytes granted) {
    tell_filters(m, "subscribed", granted);
}

void lifecycle_unsubscribed(struct mqtt_client *m, bytes dropped) {
    tell_filters(m, "unsubscribed", dropped);
}
