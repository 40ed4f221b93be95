#include "gateway/deliveries.h"

#include "base/log.h"
#include "function/asynchronous.h"
#include "gateway/rules.h"
#include "gateway/server.h"
#include "gateway/settings.h"
#include "rules/delivery.h"

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

static void lend(struct server *s) {
    s->outward = (struct outward){.store = s->store,
                                  .region = bytes_from(s->settings->region),
                                  .reach = s->settings->outbound,
                                  .ca_file = s->settings->outbound_ca,
                                  .stop = &s->stopping,
                                  .context = s,
                                  .failed = rules_undelivered};
}

void deliveries_open(struct server *s) {
    struct outbox_config config = outbox_standard;
    config.store = s->store;
    config.context = s;
    config.told = told;
    s->outbox = outbox_new(&config);
    lend(s);
    s->deliveries = deliveries_add(s->outbox, &s->outward);
    s->function_later =
        function_later_new(s->outbox, s->function_host, s->store, bytes_from(s->settings->region),
                           (int64_t)s->settings->function_retry_s * 1000);
}

status deliveries_start(struct server *s) {
    return outbox_start(s->outbox);
}

void deliveries_close(struct server *s) {
    outbox_close(s->outbox);
    deliveries_free(s->deliveries);
    function_later_free(s->function_later);
}
