/* One PUBLISH in the forms its receivers need: per version, QoS and RETAIN the header is encoded
 * once, then each receiver costs two copies and a packet identifier. */
#include <string.h>

#include "broker/internal.h"
#include "mqtt/publish.h"

enum { FORMS = 8, COPY_AT_ONCE_BYTES = 16384 };

struct form {
    bool made;
    size_t id_at; /* where the packet identifier goes; 0 for QoS 0 */
    struct buf header;
};

struct packet_forms {
    const struct publication *publication;
    struct message *copy; /* for queues: one for all of them, or NULL */
    struct form forms[FORMS];
};

struct packet_forms *packet_forms_new(void) {
    return NEW(struct packet_forms);
}

void packet_forms_free(struct packet_forms *f) {
    for (int i = 0; f && i < FORMS; i++)
        buf_done(&f->forms[i].header);
    if (f)
        message_unref(f->copy);
    mem_free(f);
}

void packet_forms_start(struct packet_forms *f, const struct publication *p) {
    packet_forms_forget(f);
    f->publication = p;
    for (int i = 0; i < FORMS; i++)
        f->forms[i].made = false;
}

void packet_forms_forget(struct packet_forms *f) {
    message_unref(TAKE(f->copy));
}

struct message *packet_copy(struct packet_forms *f) {
    if (!f->copy)
        f->copy = message_new(f->publication);
    return message_ref(f->copy);
}

static void form_make(struct form *form, const struct publication *p, uint8_t version, uint8_t qos,
                      bool retain) {
    struct mqtt_publish packet = {.qos = qos,
                                  .retain = retain,
                                  .topic = p->topic,
                                  .properties.raw = p->properties,
                                  .payload = p->payload};
    buf_clear(&form->header);
    uint8_t *at = buf_reserve(&form->header, mqtt_publish_header_bytes_max(&packet));
    form->header.len = mqtt_publish_header_encode(&packet, version, at, &form->id_at);
    form->made = true;
}

bool packet_append(struct packet_forms *f, struct output *out, uint8_t version, uint8_t qos,
                   bool retain, uint16_t packet_id, uint32_t bytes_max) {
    const struct publication *p = f->publication;
    struct form *form = &f->forms[(version == 5) << 2 | (qos & 1) << 1 | retain];
    if (!form->made)
        form_make(form, p, version, qos, retain);
    size_t len = form->header.len + p->payload.len;
    if (bytes_max && len > bytes_max)
        return false;
    if (form->id_at) {
        form->header.ptr[form->id_at] = (uint8_t)(packet_id >> 8);
        form->header.ptr[form->id_at + 1] = (uint8_t)packet_id;
    }
    if (len > COPY_AT_ONCE_BYTES) {
        output_append(out, buf_bytes(&form->header));
        output_append(out, p->payload);
        return true;
    }
    uint8_t *at = output_reserve(out, len);
    memcpy(at, form->header.ptr, form->header.len);
    if (p->payload.len)
        memcpy(at + form->header.len, p->payload.ptr, p->payload.len);
    return true;
}
