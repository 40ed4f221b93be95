#include "mqtt/disconnect.h"

#include "mqtt/internal.h"
#include "mqtt/reason.h"

/* In 5, reason code and properties may be left out from the end [MQTT5 3.14.2.1, 3.15.2.1]. */
static status read_reason(struct reader *in, enum mqtt_type type, struct mqtt_disconnect *d) {
    if (in->left.len == 0)
        return OK;
    TRY(read_u8(in, &d->reason));
    if (!mqtt_reason_is_allowed(type, d->reason)) /* [MQTT5-3.14.2-1] [MQTT5-3.15.2-1] */
        return FAIL(E_PROTOCOL, "the reason code 0x%02X does not belong in a %s", d->reason,
                    mqtt_type_name(type));
    return in->left.len ? mqtt_properties_decode(in, type, &d->properties) : OK;
}

status mqtt_disconnect_decode(const struct mqtt_frame *f, enum mqtt_version version,
                              enum mqtt_sender sender, struct mqtt_disconnect *out) {
    struct reader in = {f->body};
    struct mqtt_disconnect d = {0};
    TRY(mqtt_frame_expect(f, MQTT_DISCONNECT, version)); /* [MQTT311-3.14.1-1] [MQTT5-3.14.1-1] */
    if (version != MQTT_5 && sender == MQTT_FROM_SERVER)
        return FAIL(E_PROTOCOL, "a server sent DISCONNECT, which 3.1.1 leaves to clients");
    if (version == MQTT_5)
        TRY(read_reason(&in, MQTT_DISCONNECT, &d));
    TRY(mqtt_read_end(&in, "DISCONNECT"));
    if (sender == MQTT_FROM_SERVER &&
        mqtt_properties_have(&d.properties, MQTT_SESSION_EXPIRY_INTERVAL)) /* [MQTT5-3.14.2-2] */
        return FAIL(E_PROTOCOL, "a server sent DISCONNECT with a session expiry interval");
    *out = d;
    return OK;
}

static void encode(const struct mqtt_disconnect *d, enum mqtt_type type, struct buf *out) {
    size_t body_at = mqtt_packet_begin(out, type);
    if (d->reason != MQTT_REASON_SUCCESS || d->properties.raw.len)
        buf_append_byte(out, d->reason);
    if (d->properties.raw.len)
        mqtt_properties_encode(&d->properties, out);
    mqtt_packet_end(out, body_at);
}

void mqtt_disconnect_encode(const struct mqtt_disconnect *d, enum mqtt_version version,
                            struct buf *out) {
    static const struct mqtt_disconnect plain = {0};
    encode(version == MQTT_5 ? d : &plain, MQTT_DISCONNECT, out);
}

status mqtt_auth_decode(const struct mqtt_frame *f, enum mqtt_version version,
                        struct mqtt_disconnect *out) {
    struct reader in = {f->body};
    struct mqtt_disconnect a = {0};
    TRY(mqtt_frame_expect(f, MQTT_AUTH, version)); /* [MQTT5-3.15.1-1] */
    TRY(read_reason(&in, MQTT_AUTH, &a));
    TRY(mqtt_read_end(&in, "AUTH"));
    if (f->body.len && !mqtt_properties_have(&a.properties, MQTT_AUTHENTICATION_METHOD))
        return FAIL(E_PROTOCOL, "an AUTH has no Authentication Method"); /* [MQTT5 3.15.2.2.2] */
    *out = a;
    return OK;
}

void mqtt_auth_encode(const struct mqtt_disconnect *a, struct buf *out) {
    encode(a, MQTT_AUTH, out);
}

status mqtt_ping_decode(const struct mqtt_frame *f, enum mqtt_version version) {
    enum mqtt_type type = mqtt_frame_type(f);
    struct reader in = {f->body};
    TRY(mqtt_frame_check(f, version));
    if (type != MQTT_PINGREQ && type != MQTT_PINGRESP)
        return FAIL(E_PROTOCOL, "a %s packet stands where a ping is due", mqtt_type_name(type));
    return mqtt_read_end(&in, mqtt_type_name(type));
}
