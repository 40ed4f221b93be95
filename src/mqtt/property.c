#include "mqtt/property.h"

#include "mqtt/topic.h"

#include <assert.h>

static const struct mqtt_property_info infos[MQTT_PROPERTY_ID_MAX + 1] = {
#define PROPERTY_INFO(name, id, kind, packets, least, most, once) \
    [id] = {#name, MQTT_KIND_##kind, packets, least, most, once},
    MQTT_PROPERTY_TABLE(PROPERTY_INFO)
#undef PROPERTY_INFO
};

const struct mqtt_property_info *mqtt_property_info(uint32_t id) {
    return &infos[id <= MQTT_PROPERTY_ID_MAX ? id : 0];
}

static const char *packet_name(enum mqtt_type packet) {
    return packet == MQTT_WILL ? "will" : mqtt_type_name(packet);
}

static status read_number(struct reader *in, enum mqtt_property_kind kind, uint32_t *out) {
    uint8_t u8;
    uint16_t u16;
    if (kind == MQTT_KIND_U32)
        return read_u32(in, out);
    if (kind == MQTT_KIND_VARIABLE)
        return mqtt_read_variable(in, out);
    if (kind == MQTT_KIND_U16) {
        TRY(read_u16(in, &u16));
        *out = u16;
        return OK;
    }
    TRY(read_u8(in, &u8));
    *out = u8;
    return OK;
}

static bool is_number(enum mqtt_property_kind kind) {
    return kind >= MQTT_KIND_BYTE && kind <= MQTT_KIND_VARIABLE;
}

static status read_ranged(struct reader *in, const struct mqtt_property_info *info, uint32_t *out) {
    uint32_t number;
    TRY(read_number(in, info->kind, &number));
    if (number < info->least || number > info->most)
        return FAIL(E_PROTOCOL, "the property %s is %u; it must be %u to %u", info->name, number,
                    info->least, info->most);
    *out = number;
    return OK;
}

static status read_value(struct reader *in, const struct mqtt_property_info *info,
                         struct mqtt_property *out) {
    if (is_number(info->kind))
        return read_ranged(in, info, &out->number);
    if (info->kind == MQTT_KIND_BINARY)
        return mqtt_read_binary(in, info->name, &out->value);
    if (info->kind == MQTT_KIND_PAIR)
        TRY(mqtt_read_string(in, info->name, &out->name));
    TRY(mqtt_read_string(in, info->name, &out->value));
    if (info->kind == MQTT_KIND_TOPIC) /* [MQTT5-3.3.2-14] */
        TRY(topic_name_check(out->value));
    return OK;
}

/* Only PUBLISH may carry several subscription identifiers [MQTT5 3.3.2.3.8, 3.8.2.1.2]. */
static bool may_repeat(const struct mqtt_property_info *info, enum mqtt_type packet) {
    return !info->once && (info->kind == MQTT_KIND_PAIR || packet == MQTT_PUBLISH);
}

static status check_place(uint32_t id, enum mqtt_type packet, uint64_t present) {
    const struct mqtt_property_info *info = mqtt_property_info(id);
    if (info->kind == MQTT_KIND_NONE) /* [MQTT5 2.2.2.2] */
        return FAIL(E_MALFORMED, "there is no property 0x%02X", id);
    if (!(info->packets & MQTT_IN(packet)))
        return FAIL(E_MALFORMED, "the property %s does not belong in a %s", info->name,
                    packet_name(packet));
    if ((present >> id & 1) && !may_repeat(info, packet))
        return FAIL(E_PROTOCOL, "the property %s stands twice in a %s", info->name,
                    packet_name(packet));
    return OK;
}

static status check_one(struct reader *in, enum mqtt_type packet, uint64_t *present) {
    uint32_t id;
    struct mqtt_property one;
    TRY(mqtt_read_variable(in, &id));
    TRY(check_place(id, packet, *present));
    TRY(read_value(in, mqtt_property_info(id), &one));
    *present |= (uint64_t)1 << id;
    return OK;
}

status mqtt_properties_decode(struct reader *in, enum mqtt_type packet,
                              struct mqtt_properties *out) {
    uint32_t len;
    struct mqtt_properties p = {0};
    TRY(mqtt_read_variable(in, &len)); /* [MQTT5-2.2.2-1] */
    TRY(read_bytes(in, len, &p.raw));
    struct reader set = {p.raw};
    while (set.left.len)
        TRY(check_one(&set, packet, &p.present));
    *out = p;
    return OK;
}

void mqtt_properties_encode(const struct mqtt_properties *p, struct buf *out) {
    mqtt_append_variable(out, p->raw.len);
    buf_append(out, p->raw);
}

bool mqtt_property_next(bytes *left, struct mqtt_property *out) {
    struct reader in = {*left};
    struct mqtt_property one = {0};
    uint32_t id;
    if (left->len == 0)
        return false;
    /* The set was checked when it was decoded, so neither call fails. */
    if (mqtt_read_variable(&in, &id) != OK || read_value(&in, mqtt_property_info(id), &one) != OK)
        return false;
    one.id = (enum mqtt_property_id)id;
    *left = in.left;
    *out = one;
    return true;
}

static bool find(const struct mqtt_properties *p, enum mqtt_property_id id,
                 struct mqtt_property *out) {
    if (!mqtt_properties_have(p, id))
        return false;
    bytes left = p->raw;
    while (mqtt_property_next(&left, out))
        if (out->id == id)
            return true;
    return false;
}

uint32_t mqtt_properties_number(const struct mqtt_properties *p, enum mqtt_property_id id,
                                uint32_t otherwise) {
    struct mqtt_property one;
    return find(p, id, &one) ? one.number : otherwise;
}

bool mqtt_properties_find(const struct mqtt_properties *p, enum mqtt_property_id id, bytes *out) {
    struct mqtt_property one;
    if (!find(p, id, &one))
        return false;
    *out = one.value;
    return true;
}

void mqtt_property_append_number(struct buf *raw, enum mqtt_property_id id, uint32_t number) {
    const struct mqtt_property_info *info = mqtt_property_info(id);
    assert(is_number(info->kind) && number >= info->least && number <= info->most);
    mqtt_append_variable(raw, id);
    if (info->kind == MQTT_KIND_VARIABLE)
        mqtt_append_variable(raw, number);
    else if (info->kind == MQTT_KIND_U32)
        buf_append_u32(raw, number);
    else if (info->kind == MQTT_KIND_U16)
        buf_append_u16(raw, (uint16_t)number);
    else
        buf_append_byte(raw, (uint8_t)number);
}

void mqtt_property_append_bytes(struct buf *raw, enum mqtt_property_id id, bytes value) {
    assert(!is_number(mqtt_property_info(id)->kind) && id != MQTT_USER_PROPERTY);
    mqtt_append_variable(raw, id);
    mqtt_append_string(raw, value);
}

void mqtt_property_append_user(struct buf *raw, bytes name, bytes value) {
    mqtt_append_variable(raw, MQTT_USER_PROPERTY);
    mqtt_append_string(raw, name);
    mqtt_append_string(raw, value);
}
