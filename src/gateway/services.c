#include "gateway/services.h"

#include <stdio.h>
#include <string.h>

#include "codec/cbor.h"
#include "gateway/event_log.h"
#include "gateway/fleet.h"
#include "gateway/mqtt.h"
#include "gateway/server.h"
#include "gateway/service_refusal.h"

/* Who hears the answer. */
enum reach {
    TO_REQUESTER,  /* the client that asked, if it has subscribed [AWS identity 8.1] */
    TO_SUBSCRIBERS /* whoever subscribed */
};

static const struct service {
    const char *filter, *name;
    enum service_form form;
    enum reach reach;
    enum crew crew;
    service_function *answer; /* NULL: not there yet */
    enum logged event;        /* of the log of the service; LOGGED_COUNT: none */
} services[] = {
    {"$aws/things/+/shadow/#", "Device Shadow", FORM_CODE, TO_SUBSCRIBERS, CREW_WRITERS, NULL,
     LOGGED_COUNT},
    {"$aws/things/+/jobs/#", "Jobs", FORM_CODE, TO_REQUESTER, CREW_WRITERS, NULL, LOGGED_COUNT},
    {"$aws/certificates/create/+", "fleet provisioning", FORM_STATUS_CODE, TO_REQUESTER, CREW_KEYS,
     fleet_create, LOGGED_GET_DEVICE_CREDENTIALS},
    {"$aws/certificates/create-from-csr/+", "fleet provisioning", FORM_STATUS_CODE, TO_REQUESTER,
     CREW_CALLS, fleet_create_from_csr, LOGGED_GET_DEVICE_CREDENTIALS},
    {"$aws/provisioning-templates/+/provision/+", "fleet provisioning", FORM_STATUS_CODE,
     TO_REQUESTER, CREW_CALLS, fleet_provision_device, LOGGED_PROVISION_DEVICE},
    {"$aws/things/+/defender/metrics/+", "Device Defender", FORM_STATUS_CODE, TO_REQUESTER,
     CREW_WRITERS, NULL, LOGGED_COUNT},
    {"$aws/#", "service", FORM_NONE, TO_REQUESTER, CREW_WRITERS, NULL, LOGGED_COUNT},
};

static const struct service *service_of(bytes topic) {
    for (size_t i = 0; i < COUNT_OF(services); i++)
        if (topic_filter_matches(bytes_from(services[i].filter), topic, false))
            return &services[i];
    return NULL;
}

/* ---- requests and the lines they wait in ---- */

struct request {
    struct list link;
    const struct service *service;
    struct service_call call;
    struct arena memory;
    /* answered */
    status result;
    char text[1024];
    struct buf payload;
};

struct service_line {
    struct job job; /* of `current` */
    struct plane *plane;
    struct space *space;
    struct mqtt_client *client; /* NULL when it has left */
    struct list waiting;
    size_t count; /* waiting and current */
    struct request *current;
};

static void request_free(struct request *q) {
    if (q->payload.ptr) /* maybe a private key */
        mem_wipe(q->payload.ptr, q->payload.capacity);
    if (q->call.answer.ptr)
        mem_wipe(q->call.answer.ptr, q->call.answer.capacity);
    buf_done(&q->payload);
    buf_done(&q->call.answer);
    arena_wipe(&q->memory);
    arena_done(&q->memory);
    mem_free(q);
}

static struct request *request_new(const struct mqtt_client *m, const struct service *service,
                                   const struct mqtt_publish *p) {
    struct request *q = NEW(struct request);
    q->service = service;
    q->call = (struct service_call){
        .server = m->connection->plane->server,
        .arena = &q->memory,
        .account = arena_copy(&q->memory, bytes_from(m->who.account)),
        .client_id = arena_copy(&q->memory, m->who.client_id),
        .certificate_id = arena_copy(&q->memory, bytes_from(m->who.certificate_id)),
        .topic = arena_copy(&q->memory, p->topic),
        .payload = arena_copy(&q->memory, p->payload),
        .format = bytes_end_with(p->topic, BYTES("/cbor")) ? SERVICE_CBOR : SERVICE_JSON};
    return q;
}

status service_read(const struct service_call *c, const struct json **out_request) {
    bool is_cbor = c->format == SERVICE_CBOR;
    *out_request = NULL;
    if (c->payload.len == 0)
        return OK;
    status s = (is_cbor ? cbor_decode : json_parse)(c->arena, c->payload, out_request);
    if (s == OK)
        return OK;
    char why[512];
    (void)snprintf(why, sizeof why, "%s", failure_text());
    return FAIL(E_INVALID, "the payload is no %s: %s", is_cbor ? "CBOR" : "JSON", why);
}

/* ---- the answer ---- */

/* The request's clientToken comes back, if it can be read [AWS device-gateway 15.4]. */
static bytes client_token_of(const struct service_call *c) {
    const struct json *root;
    if (service_read(c, &root) != OK)
        return (bytes){0};
    const struct json *token = json_member(root, BYTES("clientToken"));
    return json_is_string(token) && token->text.len <= 64 ? token->text : (bytes){0};
}

/* The answer as its format has it. */
static status put_payload(struct request *q) {
    const struct json *root;
    if (q->call.format == SERVICE_JSON) {
        buf_append(&q->payload, buf_bytes(&q->call.answer));
        return OK;
    }
    TRY(json_parse(q->call.arena, buf_bytes(&q->call.answer), &root));
    return cbor_encode(root, &q->payload);
}

/* What went wrong inside is for the log. */
static void keep_sentence(struct request *q) {
    if (q->result == E_INTERNAL)
        log_event(LOG_ERROR, "service.failed", "%s (%s)", failure_text(), failure_where());
    (void)snprintf(q->text, sizeof q->text, "%s",
                   q->result == E_INTERNAL ? "the server failed; its log says how"
                                           : failure_text());
}

static void refuse(struct request *q) {
    keep_sentence(q);
    buf_clear(&q->call.answer);
    if (q->service->form != FORM_NONE)
        service_refuse(q->service->form, q->result, q->text, client_token_of(&q->call),
                       &q->call.answer);
}

static void finish(struct request *q, status s) {
    q->result = s;
    if (s != OK)
        refuse(q);
    s = put_payload(q);
    if (s != OK)
        log_event(LOG_ERROR, "service.failed", "%s", failure_text());
}

static void tell_requester(struct mqtt_client *m, const struct publication *p) {
    if (m->state != MQTT_OPEN || session_answer(m->session, p))
        return;
    char text[512];
    (void)snprintf(text, sizeof text,
                   "an answer was not heard on %.*s: subscribe to it before asking, and allow "
                   "iot:Subscribe and iot:Receive",
                   BYTES_ARG(bytes_slice(p->topic, 0, 256)));
    reason_record(m->connection, &m->who, "service.unheard", text);
}

static void send_answer(struct service_line *l, const struct request *q) {
    AUTO(buf) topic = {0};
    if (q->payload.len == 0)
        return;
    buf_append(&topic, q->call.topic);
    buf_text(&topic, q->result == OK ? "/accepted" : "/rejected");
    struct publication p = {
        .topic = buf_bytes(&topic), .payload = buf_bytes(&q->payload), .qos = 1};
    if (q->service->reach == TO_SUBSCRIBERS)
        (void)broker_publish(l->space, &p, NULL);
    else if (l->client)
        tell_requester(l->client, &p);
}

static void log_answer(struct mqtt_client *m, const struct request *q) {
    bool failed = q->result != OK;
    event_log_client(m, &(struct logged_event){.event = q->service->event,
                                               .failed = failed,
                                               .details = failed ? q->text : NULL,
                                               .template_name = q->call.template_name,
                                               .certificate_id = q->call.made_id});
}

static void deliver(struct service_line *l, struct request *q) {
    struct mqtt_client *m = l->client;
    if (m && q->service->event != LOGGED_COUNT)
        log_answer(m, q);
    if (q->result != OK && m)
        reason_record(m->connection, &m->who,
                      q->result == E_NOT_IMPLEMENTED ? "service.missing" : "service.rejected",
                      q->text);
    send_answer(l, q);
}

/* ---- on workers, one request of a line after the other ---- */

static void run(struct job *j) {
    struct request *q = OWNER(j, struct service_line, job)->current;
    finish(q, q->service->answer(&q->call));
}

static void start_next(struct service_line *l);

static void drop(struct service_line *l, struct request *q) {
    l->count--;
    request_free(q);
}

static void done(struct job *j) {
    struct service_line *l = OWNER(j, struct service_line, job);
    struct request *q = TAKE(l->current);
    deliver(l, q);
    drop(l, q);
    start_next(l);
}

/* A server that stops does not begin what still waits: its clients were closed before. */
static void forget_waiting(struct service_line *l) {
    struct list *link;
    while ((link = list_pop(&l->waiting)))
        drop(l, OWNER(link, struct request, link));
}

static void start_next(struct service_line *l) {
    struct server *server = l->plane->server;
    if (atomic_load(&server->stopping))
        forget_waiting(l);
    while (!l->current && !list_is_empty(&l->waiting)) {
        struct request *q = OWNER(list_pop(&l->waiting), struct request, link);
        l->current = q;
        status s = workers_post(server->workers[q->service->crew], l->plane->loop, &l->job);
        if (s == OK)
            return;
        l->current = NULL; /* too much waits for workers */
        finish(q, s);
        deliver(l, q);
        drop(l, q);
    }
    if (!l->client && !l->current)
        mem_free(l);
}

static struct service_line *line_of(struct mqtt_client *m) {
    if (!m->services) {
        struct service_line *l = NEW(struct service_line);
        l->job.run = run;
        l->job.done = done;
        l->plane = m->connection->plane;
        l->space = m->space;
        l->client = m;
        list_init(&l->waiting);
        m->services = l;
    }
    return m->services;
}

void services_leave(struct mqtt_client *m) {
    struct service_line *l = TAKE(m->services);
    if (!l)
        return;
    l->client = NULL;
    if (!l->current)
        mem_free(l); /* nothing waits, or something would be under way */
}

/* ---- the request ---- */

static status may_wait(const struct service_line *l, const struct service *service) {
    if (!service->answer)
        return FAIL(E_NOT_IMPLEMENTED,
                    "this server has no %s yet: nobody acts on messages to this topic",
                    service->name);
    if (l->count >= SERVICE_REQUESTS_MAX)
        return FAIL(E_THROTTLED,
                    "%d requests of this client wait to be answered already: wait for an answer "
                    "before asking on",
                    SERVICE_REQUESTS_MAX);
    return OK;
}

void services_answer(struct mqtt_client *m, const struct mqtt_publish *p) {
    const struct service *service = service_of(p->topic);
    if (!service)
        return;
    struct service_line *l = line_of(m);
    struct request *q = request_new(m, service, p);
    status s = may_wait(l, service);
    l->count++;
    if (s != OK) {
        finish(q, s);
        deliver(l, q);
        drop(l, q);
        return;
    }
    list_push(&l->waiting, &q->link);
    if (!l->current)
        start_next(l);
}
