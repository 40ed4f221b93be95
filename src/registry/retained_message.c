/* A row of the table RETAINED: "ACCOUNT/TOPIC" ─▶ time kept (8 bytes), expiry in seconds (4,
 * 0xFFFFFFFF: never), QoS (1), length of the properties (4), properties, payload. */
#include "registry/retained_message.h"

#include "mqtt/property.h"
#include "registry/internal.h"

enum { KEPT_BYTES = 8 + 4 + 1 + 4 };

struct retained_message retained_message_of(struct arena *a, bytes topic, bytes payload,
                                            bytes properties, uint8_t qos, int64_t now_ms) {
    AUTO(buf) kept = {0};
    struct mqtt_property one;
    bytes before = properties;
    struct retained_message m = {.topic = topic,
                                 .payload = payload,
                                 .qos = qos,
                                 .kept_ms = now_ms,
                                 .expiry_s = RETAINED_NEVER};
    while (mqtt_property_next(&properties, &one)) {
        if (one.id == MQTT_MESSAGE_EXPIRY_INTERVAL)
            m.expiry_s = one.number;
        else
            buf_append(&kept, bytes_slice(before, 0, before.len - properties.len));
        before = properties;
    }
    m.properties = arena_copy(a, buf_bytes(&kept));
    return m;
}

bytes retained_message_key(const struct registry *r, bytes topic) {
    AUTO(buf) key = {0};
    buf_append(&key, r->account);
    buf_append_byte(&key, '/');
    buf_append(&key, topic);
    return arena_copy(r->arena, buf_bytes(&key));
}

bytes retained_message_topic(bytes key) {
    return bytes_skip(key, bytes_find(key, '/') + 1);
}

status retained_message_save(const struct registry *r, const struct retained_message *m) {
    AUTO(buf) value = {0};
    bytes key = retained_message_key(r, m->topic);
    if (m->payload.len == 0)
        return store_remove(r->txn, TABLE_RETAINED, key);
    buf_append_u32(&value, (uint32_t)((uint64_t)m->kept_ms >> 32));
    buf_append_u32(&value, (uint32_t)m->kept_ms);
    buf_append_u32(&value, m->expiry_s);
    buf_append_byte(&value, m->qos);
    buf_append_u32(&value, (uint32_t)m->properties.len);
    buf_append(&value, m->properties);
    buf_append(&value, m->payload);
    return store_save(r->txn, TABLE_RETAINED, key, buf_bytes(&value));
}

status retained_message_decode(bytes key, bytes value, struct retained_message *out) {
    struct reader in = {value};
    struct retained_message m = {.topic = retained_message_topic(key)};
    uint32_t high, low, properties_len;
    if (value.len < KEPT_BYTES)
        return FAIL(E_INVALID, "a retained message in the store is cut off");
    TRY(read_u32(&in, &high));
    TRY(read_u32(&in, &low));
    TRY(read_u32(&in, &m.expiry_s));
    TRY(read_u8(&in, &m.qos));
    TRY(read_u32(&in, &properties_len));
    if (read_bytes(&in, properties_len, &m.properties) != OK)
        return FAIL(E_INVALID, "a retained message in the store is cut off");
    m.kept_ms = (int64_t)((uint64_t)high << 32 | low);
    m.payload = in.left;
    *out = m;
    return OK;
}

bool retained_message_has_expired(const struct retained_message *m, int64_t now_ms) {
    return m->expiry_s != RETAINED_NEVER && (now_ms - m->kept_ms) / 1000 >= m->expiry_s;
}

status retained_message_load(const struct registry *r, bytes topic, int64_t now_ms,
                             struct retained_message *out) {
    bytes key = retained_message_key(r, topic), value;
    status s = key.len > STORE_KEY_BYTES_MAX
                   ? E_NOT_FOUND
                   : store_load(r->txn, TABLE_RETAINED, key, r->arena, &value);
    if (s == OK)
        TRY(retained_message_decode(key, value, out));
    if (s == E_NOT_FOUND || (s == OK && retained_message_has_expired(out, now_ms)))
        return FAIL(E_NOT_FOUND, "No retained message exists for the topic %.*s",
                    BYTES_ARG(bytes_slice(topic, 0, 256)));
    return s;
}

status retained_message_list(const struct registry *r, const struct page *page, int64_t now_ms,
                             struct retained_message_list *out) {
    struct retained_message_list l = {0};
    struct cursor c;
    struct row row;
    bool taken = true;
    TRY(cursor_start(r, TABLE_RETAINED, retained_message_key(r, (bytes){0}), false, page, &c));
    l.items = ARENA_ARRAY(r->arena, struct retained_message, c.limit);
    while (l.count < c.limit) {
        TRY(cursor_next(&c, &row, &taken));
        if (!taken)
            break;
        TRY(retained_message_decode(row.key, row.value, &l.items[l.count]));
        l.count += !retained_message_has_expired(&l.items[l.count], now_ms);
    }
    TRY(cursor_token(&c, &l.next));
    *out = l;
    return OK;
}
