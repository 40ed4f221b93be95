/* Destinations of topic rules [AWS rules 6.4]. */
#include <string.h>

#include "api/destinations.h"
#include "api/handlers.h"
#include "registry/topic_rule_destination.h"
#include "rules/confirmation.h"
#include "web/web.h"

#define LINK "/confirmdestination/"
enum { WANTED_MAX = 16 };

/* ---- what is wanted, before the transaction ---- */

status destination_want(struct call *c, bytes url) {
    enum web_reach reach = c->config->outbound;
    struct wanted_destination *all = ARENA_ARRAY(c->arena, struct wanted_destination, WANTED_MAX);
    TRY(web_url_check(url, reach));
    if (c->destination_count == WANTED_MAX)
        return FAIL(E_INVALID, "A rule sends to at most %d URLs", WANTED_MAX);
    for (size_t i = 0; i < c->destination_count; i++)
        all[i] = c->destinations[i];
    all[c->destination_count++] = (struct wanted_destination){
        .url = arena_copy(c->arena, url),
        .is_private = reach == REACH_PRIVATE && web_url_is_private(url)};
    c->destinations = all;
    return OK;
}

status check_destination(struct call *c) {
    const struct record *configuration = get_record(c->in, M_DESTINATION_CONFIGURATION),
                        *http = get_record(configuration, M_HTTP_URL_CONFIGURATION);
    if (has(configuration, M_VPC_CONFIGURATION))
        return FAIL(E_INVALID, "This server has no VPC destinations (vpcConfiguration); it has: "
                               "httpUrlConfiguration. What rules may reach in private networks is "
                               "said by kedge serve --outbound");
    if (!http)
        return FAIL(E_INVALID, "The destinationConfiguration must hold an httpUrlConfiguration");
    return destination_want(c, get_text(http, M_CONFIRMATION_URL));
}

/* ---- making them ---- */

static status ask(const struct call *c, const struct topic_rule_destination *d) {
    bytes base = bytes_from(arena_printf(c->arena, "http://%.*s", BYTES_ARG(c->host)));
    if (d->status != DESTINATION_IN_PROGRESS)
        return OK;
    return confirmation_put(c->config->outbox, &c->registry, d, base);
}

static status make(const struct call *c, const struct wanted_destination *w,
                   struct topic_rule_destination *out) {
    TRY(topic_rule_destination_create(&c->registry, w->url, w->is_private, out));
    return ask(c, out);
}

status destinations_ensure(struct call *c) {
    for (size_t i = 0; i < c->destination_count; i++) {
        struct topic_rule_destination d;
        bool covered;
        TRY(topic_rule_destination_covers(&c->registry, c->destinations[i].url, &covered));
        if (!covered)
            TRY(make(c, &c->destinations[i], &d));
    }
    return OK;
}

static void put_destination(const struct call *c, const struct topic_rule_destination *d,
                            struct record *out, unsigned http) {
    put_text(out, M_ARN, topic_rule_destination_arn(&c->registry, d->id));
    put_string(out, M_STATUS, destination_status_name(d->status));
    put_text(out, M_STATUS_REASON, d->reason);
    put_time(out, M_CREATED_AT, d->created_ms);
    put_time(out, M_LAST_UPDATED_AT, d->updated_ms);
    put_text(put_record(out, http), M_CONFIRMATION_URL, d->url);
}

status create_topic_rule_destination(struct call *c) {
    struct topic_rule_destination d;
    TRY(make(c, &c->destinations[0], &d));
    put_destination(c, &d, put_record(c->out, M_TOPIC_RULE_DESTINATION), M_HTTP_URL_PROPERTIES);
    return OK;
}

/* ---- the others ---- */

status get_topic_rule_destination(struct call *c) {
    struct topic_rule_destination d;
    TRY(topic_rule_destination_load(&c->registry, get_text(c->in, M_ARN), &d));
    put_destination(c, &d, put_record(c->out, M_TOPIC_RULE_DESTINATION), M_HTTP_URL_PROPERTIES);
    return OK;
}

status list_topic_rule_destinations(struct call *c) {
    struct page page = call_page(c);
    struct topic_rule_destination_list list;
    TRY(topic_rule_destination_list(&c->registry, &page, &list));
    struct items *out = put_list(c->out, M_DESTINATION_SUMMARIES);
    for (size_t i = 0; i < list.count; i++)
        put_destination(c, &list.items[i], add_record(out), M_HTTP_URL_SUMMARY);
    call_put_next(c, list.next);
    return OK;
}

status update_topic_rule_destination(struct call *c) {
    struct topic_rule_destination d;
    enum destination_status to;
    bytes name = get_text(c->in, M_STATUS);
    if (!destination_status_find(name, &to) || to == DESTINATION_ERROR)
        return FAIL(E_INVALID,
                    "A destination can be set to ENABLED, DISABLED or IN_PROGRESS, not "
                    "%.*s",
                    BYTES_ARG(bytes_slice(name, 0, 30)));
    TRY(topic_rule_destination_move(&c->registry, get_text(c->in, M_ARN), to, &d));
    return ask(c, &d);
}

status delete_topic_rule_destination(struct call *c) {
    return topic_rule_destination_delete(&c->registry, get_text(c->in, M_ARN));
}

status confirm_topic_rule_destination(struct call *c) {
    bytes token = get_text(c->in, M_CONFIRMATION_TOKEN);
    if (!bytes_equal(topic_rule_destination_token_account(token), c->registry.account))
        return FAIL(E_DENIED, "The confirmation token is not of this account");
    return topic_rule_destination_confirm(&c->registry, token);
}

/* ---- the link ---- */

bool destination_link_is_one(bytes path) {
    return bytes_start_with(path, BYTES(LINK));
}

status destination_confirm_link(const struct api_config *config, struct arena *a, bytes path) {
    struct registry r = {.arena = a, .region = config->region};
    bytes token = bytes_skip(path, strlen(LINK));
    if (topic_rule_destination_token_account(token).len == 0)
        return FAIL(E_DENIED, "This is no confirmation token");
    TRY(store_begin_write(config->store, &r.txn));
    status s = topic_rule_destination_confirm(&r, token);
    if (s == OK)
        return store_commit(r.txn);
    store_rollback(r.txn);
    return s;
}
