#include "rules/delivery.h"

#include <stdio.h>

#include "rules/action.h"
#include "rules/confirmation.h"
#include "store/record.h"

static const struct field fields[] = {
    FIELD(1, struct rule_delivery, rule),       FIELD(2, struct rule_delivery, action),
    FIELD(3, struct rule_delivery, failed),     FIELD(4, struct rule_delivery, resource),
    FIELD(5, struct rule_delivery, content),    FIELD(6, struct rule_delivery, has_message),
    FIELD(7, struct rule_delivery, topic),      FIELD(8, struct rule_delivery, payload),
    FIELD(9, struct rule_delivery, client_id),  FIELD(10, struct rule_delivery, principal),
    FIELD(11, struct rule_delivery, source_ip), FIELD(12, struct rule_delivery, trace_id),
    FIELD(13, struct rule_delivery, from_mqtt), FIELD(14, struct rule_delivery, now_ms),
    FIELD(15, struct rule_delivery, hops),
};

status delivery_decode(bytes payload, struct rule_delivery *out) {
    *out = (struct rule_delivery){0};
    return record_decode(fields, COUNT_OF(fields), payload, out);
}

struct sql_message delivery_message(const struct rule_delivery *d, bytes account) {
    return (struct sql_message){.topic = d->topic,
                                .payload = d->payload,
                                .client_id = d->from_mqtt ? d->client_id : (bytes){0},
                                .principal = d->principal,
                                .source_ip = d->source_ip,
                                .account = account,
                                .trace_id = d->trace_id,
                                .now_ms = d->now_ms,
                                .payload_format = -1};
}

/* ---- in ---- */

static void put_message(const struct sql_message *m, struct rule_delivery *d) {
    d->has_message = true;
    d->payload = m->payload;
    d->client_id = m->client_id;
    d->from_mqtt = m->client_id.ptr != NULL;
    d->principal = m->principal;
    d->source_ip = m->source_ip;
}

status delivery_put(const struct action_run *run, const struct later *later, bytes content) {
    const struct sql_message *m = run->evaluation->message;
    AUTO(buf) payload = {0};
    struct rule_delivery d = {.rule = rule_name(run->rule),
                              .action = bytes_from(run->kind->name),
                              .failed = bytes_from(run->kind->failed),
                              .resource = buf_bytes(&run->resource),
                              .content = content,
                              .topic = m->topic,
                              .trace_id = m->trace_id,
                              .now_ms = m->now_ms,
                              .hops = run->host->hops};
    if (!run->host->put)
        return FAIL(E_UNAVAILABLE, "this server delivers nothing");
    if (run->keeps_message)
        put_message(m, &d);
    record_encode(fields, COUNT_OF(fields), &d, &payload);
    struct outbox_item item = {.kind = run->kind->name,
                               .account = m->account,
                               .lane = later->lane,
                               .payload = buf_bytes(&payload),
                               .not_before_ms = later->not_before_ms,
                               .batch_max = later->batch_max,
                               .batch_bytes_max = later->batch_bytes_max};
    return run->host->put(run->host->context, &item, later->destination_url);
}

/* ---- out ---- */

struct way {
    struct outbox_kind kind;
    const struct action_kind *action;
    const struct outward *outward;
};

struct deliveries {
    const struct outward *outward;
    size_t count;
    struct way ways[ACTION_KINDS_MAX];
    struct outbox_kind confirmation;
};

static status deliver(void *context, struct outbox_delivery *d, size_t count, struct arena *a) {
    const struct way *w = context;
    struct delivered *items = ARENA_ARRAY(a, struct delivered, count);
    for (size_t i = 0; i < count; i++) {
        items[i].of = &d[i];
        TRY(delivery_decode(d[i].item.payload, &items[i].delivery));
    }
    return w->action->later->deliver(w->outward, items, count, a);
}

static void gave_up(void *context, const struct outbox_delivery *d, const char *sentence) {
    const struct way *w = context;
    struct rule_delivery delivery;
    if (delivery_decode(d->item.payload, &delivery) == OK)
        w->outward->failed(w->outward->context, d->item.account, &delivery, sentence);
}

void delivered_failed(struct delivered *d, status s) {
    d->of->result = s;
    (void)snprintf(d->of->sentence, sizeof d->of->sentence, "%s", failure_text());
}

struct deliveries *deliveries_add(struct outbox *o, const struct outward *outward) {
    struct deliveries *all = NEW(struct deliveries);
    all->outward = outward;
    for (size_t i = 0; action_kinds[i]; i++) {
        const struct action_later *later = action_kinds[i]->later;
        struct way *w = &all->ways[all->count];
        if (!later)
            continue;
        all->count++;
        w->action = action_kinds[i];
        w->outward = outward;
        w->kind = (struct outbox_kind){.name = action_kinds[i]->name,
                                       .context = w,
                                       .at_a_time = later->at_a_time,
                                       .deliver = deliver,
                                       .gave_up = gave_up,
                                       .again_first_ms = later->again_first_ms,
                                       .again_most_ms = later->again_most_ms,
                                       .attempts_max = later->attempts_max,
                                       .age_ms_max = later->age_ms_max};
        outbox_add_kind(o, &w->kind);
    }
    all->confirmation = confirmation_kind(outward);
    outbox_add_kind(o, &all->confirmation);
    return all;
}

void deliveries_free(struct deliveries *d) {
    mem_free(d);
}
