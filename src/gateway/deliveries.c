#include "gateway/deliveries.h"

#include "base/log.h"
#include "function/asynchronous.h"
#include "gateway/rules.h"
#include "gateway/server.h"
#include "gateway/settings.h"
#include "rules/bucket.h"
#include "rules/delivery.h"
#include "rules/producers.h"
#include "rules/tables.h"
#include "web/web.h"

static const struct {
    enum log_level level;
    const char *event;
} lines[] = {
    [OUTBOX_FULL] = {LOG_ERROR, "outbox.full"},
    [OUTBOX_AGAIN] = {LOG_INFO, "outbox.again"},
    [OUTBOX_GAVE_UP] = {LOG_ERROR, "outbox.gave_up"},
    [OUTBOX_STUCK] = {LOG_ERROR, "outbox.stuck"},
};

static void told(void *server, enum outbox_event event, const struct outbox_item *item,
                 const char *sentence) {
    struct log_line l;
    UNUSED(server);
    if (!log_begin(&l, lines[event].level, lines[event].event))
        return;
    if (item) {
        log_bytes(&l, "accountId", item->account);
        log_text(&l, "kind", item->kind);
        log_bytes(&l, "lane", item->lane);
    }
    log_text(&l, "reason", sentence);
    log_end(&l);
}

static status lend(struct server *s) {
    s->outward = (struct outward){.store = s->store,
                                  .region = bytes_from(s->settings->region),
                                  .reach = s->settings->outbound,
                                  .ca_file = s->settings->outbound_ca,
                                  .buckets = s->buckets_folder,
                                  .s3_url = s->settings->s3,
                                  .stop = &s->stopping,
                                  .context = s,
                                  .failed = rules_undelivered};
    s->outward.producers = producers_new(s->settings->outbound, &s->stopping);
    if (s->settings->tables)
        TRY(tables_open(s->settings->tables, &s->outward.tables));
    if (!s->settings->s3)
        return OK;
    TRY(web_url_check(bytes_from(s->settings->s3), REACH_ANY));
    return bucket_keys_read(s->settings->s3_keys, &s->delivery_memory, &s->outward.s3_key_id,
                            &s->outward.s3_secret);
}

status deliveries_open(struct server *s) {
    struct outbox_config config = outbox_standard;
    config.store = s->store;
    config.context = s;
    config.told = told;
    s->outbox = outbox_new(&config);
    TRY(lend(s));
    s->deliveries = deliveries_add(s->outbox, &s->outward);
    s->function_later =
        function_later_new(s->outbox, s->function_host, s->store, bytes_from(s->settings->region),
                           (int64_t)s->settings->function_retry_s * 1000);
    return OK;
}

status deliveries_start(struct server *s) {
    return outbox_start(s->outbox);
}

void deliveries_close(struct server *s) {
    outbox_close(s->outbox);
    deliveries_free(s->deliveries);
    function_later_free(s->function_later);
    tables_close(s->outward.tables);
    producers_free(s->outward.producers);
    arena_wipe(&s->delivery_memory);
    arena_done(&s->delivery_memory);
}
