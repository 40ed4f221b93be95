#include "broker/message.h"

#include <string.h>

static uint8_t *put(uint8_t *at, bytes part) {
    if (part.len)
        memcpy(at, part.ptr, part.len);
    return at + part.len;
}

struct message *message_new(const struct publication *p) {
    struct message *m =
        mem_resize(NULL, sizeof *m + p->topic.len + p->properties.len + p->payload.len);
    *m = (struct message){.topic_bytes = (uint32_t)p->topic.len,
                          .properties_bytes = (uint32_t)p->properties.len,
                          .payload_bytes = (uint32_t)p->payload.len,
                          .qos = p->qos,
                          .retain = p->retain};
    atomic_init(&m->references, 1);
    (void)put(put(put(m->data, p->topic), p->properties), p->payload);
    return m;
}

struct message *message_ref(struct message *m) {
    atomic_fetch_add_explicit(&m->references, 1, memory_order_relaxed);
    return m;
}

void message_unref(struct message *m) {
    if (m && atomic_fetch_sub_explicit(&m->references, 1, memory_order_acq_rel) == 1)
        mem_free(m);
}

struct publication message_view(const struct message *m) {
    const uint8_t *at = m->data;
    return (struct publication){
        .topic = {at, m->topic_bytes},
        .properties = {at + m->topic_bytes, m->properties_bytes},
        .payload = {at + m->topic_bytes + m->properties_bytes, m->payload_bytes},
        .qos = m->qos,
        .retain = m->retain,
    };
}
