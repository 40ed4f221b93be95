/* The data plane as the SDKs' iot-data clients know it: messages published with Signature Version 4
 * instead of a certificate, and retained messages [AWS device-gateway 12, 13]. */
#include "api/iot_data.h"

#include "api/generated/iot_data.h"
#include "api/https_message.h"
#include "broker/publisher.h"
#include "codec/json.h"
#include "mqtt/property.h"
#include "registry/retained_message.h"

enum { PAYLOAD_BYTES_MAX = 128 << 10 };

/* The same reader as for devices; what the model asks for was checked before. */
static status publish(struct call *c) {
    struct publication m;
    TRY(https_message_read(c->arena, c->request, !c->config->without_quotas, &m));
    if (m.payload.len > PAYLOAD_BYTES_MAX)
        return FAIL(E_TOO_LARGE, "The payload has %zu bytes; a message has %d at most",
                    m.payload.len, PAYLOAD_BYTES_MAX);
    return publisher_publish(c->config->publisher, c->registry.account, &m);
}

/* "[{"name":"value"},…]", or no bytes when there are none. */
static bytes user_properties(struct arena *a, bytes properties) {
    AUTO(buf) text = {0};
    struct mqtt_property one;
    struct json_writer w;
    size_t count = 0;
    json_start(&w, &text);
    json_array_begin(&w);
    while (mqtt_property_next(&properties, &one)) {
        if (one.id != MQTT_USER_PROPERTY)
            continue;
        json_object_begin(&w);
        json_name_bytes(&w, one.name);
        json_string(&w, one.value);
        json_object_end(&w);
        count++;
    }
    json_array_end(&w);
    return count > 0 ? arena_copy(a, buf_bytes(&text)) : (bytes){0};
}

static status get_retained_message(struct call *c) {
    struct retained_message m;
    TRY(retained_message_load(&c->registry, get_text(c->in, M_TOPIC), c->now_ms, &m));
    bytes users = user_properties(c->arena, m.properties);
    put_text(c->out, M_TOPIC, m.topic);
    put_text(c->out, M_PAYLOAD, m.payload);
    put_number(c->out, M_QOS, m.qos);
    put_number(c->out, M_LAST_MODIFIED_TIME, m.kept_ms);
    if (users.len > 0)
        put_text(c->out, M_USER_PROPERTIES, users);
    return OK;
}

static status list_retained_messages(struct call *c) {
    struct page page = call_page(c);
    struct retained_message_list list;
    TRY(retained_message_list(&c->registry, &page, c->now_ms, &list));
    struct items *items = put_list(c->out, M_RETAINED_TOPICS);
    for (size_t i = 0; i < list.count; i++) {
        struct record *one = add_record(items);
        put_text(one, M_TOPIC, list.items[i].topic);
        put_number(one, M_PAYLOAD_SIZE, (int64_t)list.items[i].payload.len);
        put_number(one, M_QOS, list.items[i].qos);
        put_number(one, M_LAST_MODIFIED_TIME, list.items[i].kept_ms);
    }
    call_put_next(c, list.next);
    return OK;
}

const struct handler handlers_iot_data[IOT_DATA_OPERATIONS] = {
    [IOT_DATA_PUBLISH] = {publish, NULL, NO_STORE},
    [IOT_DATA_GET_RETAINED_MESSAGE] = {get_retained_message, NULL, READ},
    [IOT_DATA_LIST_RETAINED_MESSAGES] = {list_retained_messages, NULL, READ},
};
