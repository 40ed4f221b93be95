#include "rules/confirmation.h"

#include "codec/json.h"
#include "store/record.h"
#include "web/web.h"

enum { ATTEMPTS_MAX = 3, TIMEOUT_MS = 10000, ANSWER_BYTES_MAX = 16384, REASON_BYTES_MAX = 400 };

/* What the outbox keeps. */
struct confirmation {
    bytes id, secret, url, arn, token, enable_url;
};
static const struct field fields[] = {
    FIELD(1, struct confirmation, id),    FIELD(2, struct confirmation, secret),
    FIELD(3, struct confirmation, url),   FIELD(4, struct confirmation, arn),
    FIELD(5, struct confirmation, token), FIELD(6, struct confirmation, enable_url),
};

status confirmation_put(struct outbox *o, const struct registry *r,
                        const struct topic_rule_destination *d, bytes base) {
    AUTO(buf) payload = {0};
    bytes lane, token = topic_rule_destination_token(r, d);
    TRY(web_url_authority(r->arena, d->url, &lane));
    struct confirmation c = {.id = d->id,
                             .secret = d->secret,
                             .url = d->url,
                             .arn = topic_rule_destination_arn(r, d->id),
                             .token = token,
                             .enable_url =
                                 bytes_from(arena_printf(r->arena, "%.*s/confirmdestination/%.*s",
                                                         BYTES_ARG(base), BYTES_ARG(token)))};
    record_encode(fields, COUNT_OF(fields), &c, &payload);
    struct outbox_item item = {.kind = "confirmation",
                               .account = r->account,
                               .lane = lane,
                               .payload = buf_bytes(&payload)};
    return outbox_put(o, r->txn, &item, NULL);
}

static void write_body(const struct confirmation *c, struct buf *out) {
    struct json_writer w;
    json_start(&w, out);
    json_object_begin(&w);
    json_name(&w, "arn");
    json_string(&w, c->arn);
    json_name(&w, "confirmationToken");
    json_string(&w, c->token);
    json_name(&w, "enableUrl");
    json_string(&w, c->enable_url);
    json_name(&w, "messageType");
    json_text(&w, "DestinationConfirmation");
    json_object_end(&w);
}

static status ask_owner(const struct outward *o, const struct confirmation *c, struct arena *a) {
    AUTO(buf) body = {0};
    AUTO(web_answer) answer = {0};
    const struct http_header headers[] = {
        {BYTES("content-type"), BYTES("application/json")},
        {BYTES("x-amz-rules-engine-message-type"), BYTES("DestinationConfirmation")},
        {BYTES("x-amz-rules-engine-destination-arn"), c->arn}};
    bool has_query = bytes_find(c->url, '?') < c->url.len;
    write_body(c, &body);
    struct web_request r = {.method = "POST",
                            .url =
                                arena_printf(a, "%.*s%cconfirmationToken=%.*s", BYTES_ARG(c->url),
                                             has_query ? '&' : '?', BYTES_ARG(c->token)),
                            .headers = headers,
                            .header_count = COUNT_OF(headers),
                            .body = buf_bytes(&body),
                            .reach = o->reach,
                            .timeout_ms = TIMEOUT_MS,
                            .answer_bytes_max = ANSWER_BYTES_MAX,
                            .ca_file = o->ca_file,
                            .stop = o->stop};
    TRY(web_url_check(c->url, o->reach));
    TRY(web_send(&r, &answer));
    if (answer.status >= 200 && answer.status < 300)
        return OK;
    return FAIL(answer.status == 429 || answer.status >= 500 ? E_UNAVAILABLE : E_INVALID,
                "%.*s answers with status %d", BYTES_ARG(bytes_slice(c->url, 0, 200)),
                answer.status);
}

static status deliver(void *context, struct outbox_delivery *d, size_t count, struct arena *a) {
    struct confirmation c = {0};
    UNUSED(count);
    TRY(record_decode(fields, COUNT_OF(fields), d->item.payload, &c));
    return ask_owner(context, &c, a);
}

static status note(const struct outward *o, bytes account, const struct confirmation *c,
                   bytes reason) {
    AUTO(arena) memory = {0};
    struct registry r = {.arena = &memory, .account = account, .region = o->region};
    TRY(store_begin_write(o->store, &r.txn));
    status s = topic_rule_destination_fail(&r, c->id, c->secret, reason);
    if (s == OK)
        return store_commit(r.txn);
    store_rollback(r.txn);
    return s;
}

static void gave_up(void *context, const struct outbox_delivery *d, const char *sentence) {
    struct confirmation c = {0};
    if (record_decode(fields, COUNT_OF(fields), d->item.payload, &c) == OK)
        (void)note(context, d->item.account, &c,
                   bytes_slice(bytes_from(sentence), 0, REASON_BYTES_MAX)); /* its time will end */
}

struct outbox_kind confirmation_kind(const struct outward *outward) {
    return (struct outbox_kind){.name = "confirmation",
                                .context = (void *)(uintptr_t)outward,
                                .at_a_time = 2,
                                .deliver = deliver,
                                .gave_up = gave_up,
                                .again_first_ms = 1000,
                                .again_most_ms = 10000,
                                .attempts_max = ATTEMPTS_MAX};
}
