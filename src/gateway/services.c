#include "gateway/services.h"

#include <stdio.h>

#include "base/clock.h"
#include "codec/json.h"

/* How a service says no. */
enum form {
    FORM_CODE,        /* {"code", "message", "timestamp", "clientToken"}: shadows, jobs */
    FORM_STATUS_CODE, /* {"statusCode", "errorCode", "errorMessage"}: fleet provisioning */
    FORM_NONE         /* no topic for it, or one in CBOR: a reason only */
};

static const struct service {
    const char *filter, *name;
    enum form form;
} services[] = {
    {"$aws/things/+/shadow/#", "Device Shadow", FORM_CODE},
    {"$aws/things/+/jobs/#", "Jobs", FORM_CODE},
    {"$aws/certificates/+/json", "fleet provisioning", FORM_STATUS_CODE},
    {"$aws/certificates/+/cbor", "fleet provisioning", FORM_NONE},
    {"$aws/provisioning-templates/+/provision/json", "fleet provisioning", FORM_STATUS_CODE},
    {"$aws/provisioning-templates/+/provision/cbor", "fleet provisioning", FORM_NONE},
    {"$aws/things/+/defender/metrics/json", "Device Defender", FORM_STATUS_CODE},
    {"$aws/rules/#", "rules", FORM_NONE},
    {"$aws/#", "service", FORM_NONE},
};

static const struct service *service_of(bytes topic) {
    for (size_t i = 0; i < COUNT_OF(services); i++)
        if (topic_filter_matches(bytes_from(services[i].filter), topic, false))
            return &services[i];
    return NULL;
}

/* The request's clientToken comes back, if it can be read [AWS device-gateway 15.4]. */
static void put_client_token(struct json_writer *w, bytes request) {
    AUTO(arena) memory = {0};
    const struct json *root;
    if (request.len == 0 || json_parse(&memory, request, &root) != OK)
        return;
    const struct json *token = json_member(root, BYTES("clientToken"));
    if (!json_is_string(token) || token->text.len > 64)
        return;
    json_name(w, "clientToken");
    json_string(w, token->text);
}

static void compose(enum form form, const char *message, bytes request, struct buf *out) {
    struct json_writer w;
    json_start(&w, out);
    json_object_begin(&w);
    json_name(&w, form == FORM_CODE ? "code" : "statusCode");
    json_i64(&w, 501);
    if (form == FORM_STATUS_CODE) {
        json_name(&w, "errorCode");
        json_text(&w, "NotImplemented");
    }
    json_name(&w, form == FORM_CODE ? "message" : "errorMessage");
    json_text(&w, message);
    if (form == FORM_CODE) {
        json_name(&w, "timestamp");
        json_i64(&w, clock_wall_ms() / 1000);
        put_client_token(&w, request);
    }
    json_object_end(&w);
}

void services_answer(struct mqtt_client *m, const struct mqtt_publish *p) {
    const struct service *s = service_of(p->topic);
    char message[200];
    if (!s)
        return;
    (void)snprintf(message, sizeof message,
                   "this server has no %s yet: nobody acts on messages to this topic", s->name);
    reason_record(m->connection, &m->who, "service.missing", message);
    if (s->form == FORM_NONE)
        return;
    AUTO(buf) topic = {0};
    AUTO(buf) payload = {0};
    buf_append(&topic, p->topic);
    buf_text(&topic, "/rejected");
    compose(s->form, message, p->payload, &payload);
    struct publication answer = {
        .topic = buf_bytes(&topic), .payload = buf_bytes(&payload), .qos = p->qos};
    (void)broker_publish(m->space, &answer, NULL);
}
