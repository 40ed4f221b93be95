#include "function/asynchronous.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/random.h"
#include "codec/json.h"
#include "registry/function_event_config.h"
#include "registry/function_policy.h"
#include "store/record.h"

enum {
    AT_A_TIME = 10,        /* events of one function */
    AGAIN_MS_MAX = 300000, /* after a throttle [AWS rules 8.4] */
    REPORTED = 1 << 8,     /* in an item's mark, above the errors so far: its outcome was sent */
    ERRORS = REPORTED - 1,
    SENTENCE_BYTES_MAX = 300,
};

struct function_later {
    struct outbox_kind kind;
    struct outbox *outbox;
    struct function_host *host;
    struct store *store;
    bytes region;
    int64_t retry_ms;
};

/* What waits. */
struct event {
    bytes name, qualifier, event, client_context, request_id;
};
static const struct field fields[] = {
    FIELD(1, struct event, name),       FIELD(2, struct event, qualifier),
    FIELD(3, struct event, event),      FIELD(4, struct event, client_context),
    FIELD(5, struct event, request_id),
};

/* ---- accepting ---- */

static status check(const struct registry *r, const struct invocation *i) {
    struct function_record f;
    bytes qualifier = i->qualifier;
    const struct function_caller caller = {.principal = bytes_from(i->principal),
                                           .source_arn = i->source_arn,
                                           .source_account = i->account};
    if (i->event.len > FUNCTION_LATER_BYTES_MAX)
        return FAIL(E_EVENT_TOO_LARGE,
                    "%zu byte payload is too large for the Event invocation type (limit %d bytes)",
                    i->event.len, FUNCTION_LATER_BYTES_MAX);
    TRY(function_resolve(r, i->name, i->qualifier, &f));
    if (bytes_equal(qualifier, BYTES(FUNCTION_LATEST)))
        qualifier = (bytes){0};
    return i->principal ? function_policy_allows(r, i->name, qualifier, &caller) : OK;
}

static status put(struct function_later *l, const struct registry *r, const struct event *e) {
    AUTO(buf) payload = {0};
    struct function_event_config config;
    TRY(function_event_config_in_force(r, e->name, e->qualifier, &config));
    record_encode(fields, COUNT_OF(fields), e, &payload);
    const struct outbox_item item = {.kind = l->kind.name,
                                     .account = r->account,
                                     .lane = function_arn(r, e->name, (bytes){0}),
                                     .payload = buf_bytes(&payload),
                                     .expires_ms = clock_wall_ms() + (int64_t)config.age_s * 1000};
    return outbox_put(l->outbox, r->txn, &item, NULL);
}

status function_enqueue(struct function_later *l, struct txn *t, const struct invocation *i,
                        char out_request_id[37]) {
    AUTO(arena) memory = {0};
    if (!l)
        return FAIL(E_NOT_FOUND, "Function not found: %.*s. This server runs no functions",
                    BYTES_ARG(i->name));
    const struct registry r = {t, &memory, i->account, l->region};
    TRY(check(&r, i));
    if (i->request_id.len > 0)
        (void)snprintf(out_request_id, 37, "%.*s", BYTES_ARG(i->request_id));
    else
        random_uuid(out_request_id);
    const struct event e = {.name = i->name,
                            .qualifier = i->qualifier,
                            .event = i->event,
                            .client_context = i->client_context,
                            .request_id = bytes_from(out_request_id)};
    return put(l, &r, &e);
}

/* ---- where outcomes go ---- */

struct outcome {
    const char *condition; /* "Success", "RetriesExhausted", "EventAgeExceeded" */
    unsigned attempts;
    const struct runtime_result *result; /* of the last attempt; NULL: it did not run */
};

static void write_request(struct json_writer *w, const struct registry *r, const struct event *e,
                          const struct outcome *o) {
    bytes qualifier = e->qualifier.len ? e->qualifier : BYTES(FUNCTION_LATEST);
    json_name(w, "requestContext");
    json_object_begin(w);
    json_name(w, "requestId");
    json_string(w, e->request_id);
    json_name(w, "functionArn");
    json_string(w, function_arn(r, e->name, qualifier));
    json_name(w, "condition");
    json_text(w, o->condition);
    json_name(w, "approximateInvokeCount");
    json_i64(w, o->attempts);
    json_object_end(w);
    json_name(w, "requestPayload");
    json_raw(w, e->event);
}

/* What a `provided` runtime answers need not be JSON. A long answer is left out. */
static void write_payload(struct json_writer *w, struct arena *a, bytes payload) {
    const struct json *root;
    if (payload.len > FUNCTION_LATER_BYTES_MAX)
        return;
    json_name(w, "responsePayload");
    if (json_parse(a, payload, &root) == OK)
        json_raw(w, payload);
    else
        json_string(w, payload);
}

static void write_response(struct json_writer *w, struct arena *a,
                           const struct runtime_result *result) {
    json_name(w, "responseContext");
    json_object_begin(w);
    json_name(w, "statusCode");
    json_i64(w, 200);
    json_name(w, "executedVersion");
    json_string(w, result->executed_version);
    if (result->error) {
        json_name(w, "functionError");
        json_text(w, result->error);
    }
    json_object_end(w);
    write_payload(w, a, result->payload);
}

/* The record as AWS sends it [AWS Lambda Developer Guide, "Destinations"]. */
static void write_outcome(const struct registry *r, const struct event *e, const struct outcome *o,
                          struct buf *out) {
    struct json_writer w;
    char now[25];
    clock_format(clock_wall_ms(), now);
    json_start(&w, out);
    json_object_begin(&w);
    json_name(&w, "version");
    json_text(&w, "1.0");
    json_name(&w, "timestamp");
    json_text(&w, now);
    write_request(&w, r, e, o);
    if (o->result)
        write_response(&w, r->arena, o->result);
    json_object_end(&w);
}

static status put_outcome(struct function_later *l, struct registry *r, bytes target,
                          const struct event *e, const struct outcome *o) {
    AUTO(buf) text = {0};
    struct function_name name;
    char request_id[37];
    TRY(function_name_require(r, target, (bytes){0}, &name));
    write_outcome(r, e, o, &text);
    random_uuid(request_id);
    /* A target that is gone shows when it is delivered: what succeeded is not run again for it. */
    const struct event sent = {.name = name.name,
                               .qualifier = name.qualifier,
                               .event = buf_bytes(&text),
                               .request_id = bytes_from(request_id)};
    return put(l, r, &sent);
}

/* The destination's item is durable before the event's own is removed. */
static status report(struct function_later *l, const struct registry *r, const struct event *e,
                     const struct outcome *o) {
    struct registry w = *r;
    struct function_event_config config;
    TRY(store_begin_write(l->store, &w.txn));
    status s = function_event_config_in_force(&w, e->name, e->qualifier, &config);
    bytes target = s != OK                                                   ? (bytes){0}
                   : bytes_equal(bytes_from(o->condition), BYTES("Success")) ? config.on_success
                                                                             : config.on_failure;
    if (s == OK && target.len > 0)
        s = put_outcome(l, &w, target, e, o);
    if (s != OK || target.len == 0) {
        store_rollback(w.txn);
        return s;
    }
    return store_commit(w.txn);
}

/* ---- running ---- */

static int64_t back_off(uint64_t throttles) {
    int64_t wait_ms = 1000;
    for (; throttles > 0 && wait_ms < AGAIN_MS_MAX; throttles--)
        wait_ms *= 2;
    return wait_ms < AGAIN_MS_MAX ? wait_ms : AGAIN_MS_MAX;
}

static status retries_of(struct function_later *l, const struct registry *r, const struct event *e,
                         uint64_t *out) {
    struct registry look = *r;
    struct function_event_config config;
    TRY(store_begin_read(l->store, &look.txn));
    status s = function_event_config_in_force(&look, e->name, e->qualifier, &config);
    store_rollback(look.txn);
    TRY(s);
    *out = config.retries;
    return OK;
}

/* It raised an error, ended or took too long. */
static status failed(struct function_later *l, const struct registry *r, struct outbox_delivery *d,
                     const struct event *e, const struct runtime_result *result) {
    uint64_t errors = d->mark & ERRORS, retries = 0;
    struct outcome o = {"RetriesExhausted", d->attempts + 1, result};
    bytes says = bytes_slice(result->payload, 0, SENTENCE_BYTES_MAX);
    TRY(retries_of(l, r, e, &retries));
    if (errors < retries) {
        d->mark = errors + 1;
        d->again_in_ms = l->retry_ms << errors;
        return FAIL(E_UNAVAILABLE, "the function failed: %.*s", BYTES_ARG(says));
    }
    d->mark |= REPORTED;
    if (report(l, r, e, &o) != OK) {
        const char *why = arena_string(r->arena, bytes_from(failure_text()));
        return FAIL(E_INVALID, "the function failed: %.*s; and its destination was not reached: %s",
                    BYTES_ARG(says), why);
    }
    return FAIL(E_INVALID, "the function failed: %.*s", BYTES_ARG(says));
}

/* What the function cannot help: it is tried again until the event is too old. */
static status not_run(struct outbox_delivery *d, status s) {
    if (s != E_THROTTLED && s != E_UNAVAILABLE && s != E_INTERNAL)
        return s;
    d->again_in_ms = back_off(d->attempts - (d->mark & ERRORS));
    return E_UNAVAILABLE;
}

static status run(struct function_later *l, struct outbox_delivery *d, const struct event *e,
                  struct arena *a) {
    const struct registry r = {NULL, a, d->item.account, l->region};
    struct runtime_result result;
    const struct invocation i = {.account = d->item.account,
                                 .name = e->name,
                                 .qualifier = e->qualifier,
                                 .event = e->event,
                                 .client_context = e->client_context,
                                 .request_id = e->request_id};
    status s = function_host_run(l->host, &i, a, &result);
    if (s != OK)
        return not_run(d, s);
    if (result.error)
        return failed(l, &r, d, e, &result);
    struct outcome o = {"Success", d->attempts + 1, &result};
    return report(l, &r, e, &o);
}

static status deliver(void *later, struct outbox_delivery *d, size_t count, struct arena *a) {
    struct function_later *l = later;
    struct event e = {.name = {0}};
    UNUSED(count); /* one: the items say so */
    TRY(record_decode(fields, COUNT_OF(fields), d->item.payload, &e));
    return run(l, d, &e, a);
}

/* Of what was tried often enough its destination knows; here come those that got too old. */
static void gave_up(void *later, const struct outbox_delivery *d, const char *sentence) {
    struct function_later *l = later;
    AUTO(arena) memory = {0};
    const struct registry r = {NULL, &memory, d->item.account, l->region};
    struct event e = {.name = {0}};
    struct outcome o = {"EventAgeExceeded", d->attempts, NULL};
    UNUSED(sentence);
    if (d->mark & REPORTED || record_decode(fields, COUNT_OF(fields), d->item.payload, &e) != OK)
        return;
    (void)report(l, &r, &e, &o); /* the event is lost all the same, which the log tells */
}

/* ---- life ---- */

struct function_later *function_later_new(struct outbox *o, struct function_host *host,
                                          struct store *store, bytes region, int64_t retry_ms) {
    struct function_later *l = NEW(struct function_later);
    *l = (struct function_later){.outbox = o,
                                 .host = host,
                                 .store = store,
                                 .region = region,
                                 .retry_ms = retry_ms > 0 ? retry_ms : FUNCTION_RETRY_MS};
    l->kind = (struct outbox_kind){.name = "function",
                                   .context = l,
                                   .at_a_time = AT_A_TIME,
                                   .deliver = deliver,
                                   .gave_up = gave_up,
                                   .again_first_ms = 1000,
                                   .again_most_ms = AGAIN_MS_MAX,
                                   .age_ms_max = (int64_t)FUNCTION_EVENT_AGE_S_MAX * 1000};
    outbox_add_kind(o, &l->kind);
    return l;
}

void function_later_free(struct function_later *l) {
    mem_free(l);
}
