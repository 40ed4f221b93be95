#include "gateway/upkeep.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/random.h"
#include "codec/json.h"
#include "gateway/announcements.h"
#include "gateway/server.h"
#include "gateway/settings.h"

#define ADVICE_MS (31LL * 24 * 3600 * 1000) /* later there is nothing to be done yet */
enum { UPKEEP_EVERY_MS = 3600000, HOUR_MS = 3600000, LINES_PER_LOOK_MAX = 100 };

/* ---- what is said ---- */

static const struct {
    const char *noun, *topic, *type, *event, *event_after, *remedy, *remedy_after;
} kinds[EXPIRY_KIND_COUNT] = {
    [EXPIRY_CERTIFICATE] = {"Certificate", "certificates", "CERTIFICATE", "certificate.expiring",
                            "certificate.expired",
                            "give its device a new one before, for an expired one cannot connect",
                            "its device needs a new one to connect"},
    [EXPIRY_CA] = {"CA certificate", "caCertificates", "CA_CERTIFICATE", "ca.expiring",
                   "ca.expired",
                   "register its successor before; what it has signed stays as long as it is valid "
                   "itself",
                   "it registers no more certificates; those it has signed stay as long as they "
                   "are valid themselves"},
};

static void append_distance(struct buf *out, int64_t ms) {
    int64_t hours = ms / HOUR_MS;
    if (hours < 48)
        buf_printf(out, "%lld hour%s", (long long)hours, hours == 1 ? "" : "s");
    else
        buf_printf(out, "%lld days", (long long)(hours / 24));
}

void expiry_sentence(enum expiry_kind kind, const struct expiry *e, int64_t now_ms,
                     struct buf *out) {
    char end[25];
    bool is_over = e->not_after_ms < now_ms;
    clock_format(e->not_after_ms, end);
    buf_printf(out, "%s %.*s ", kinds[kind].noun, BYTES_ARG(e->id));
    buf_printf(out, is_over ? "expired " : "expires in ");
    append_distance(out, is_over ? now_ms - e->not_after_ms : e->not_after_ms - now_ms);
    buf_printf(out, "%s, at %s", is_over ? " ago" : "", end);
    if (is_over)
        buf_printf(out, ": %s", kinds[kind].remedy_after);
    else if (e->not_after_ms - now_ms <= ADVICE_MS)
        buf_printf(out, ": %s", kinds[kind].remedy);
}

/* ---- telling ---- */

struct look {
    struct server *server;
    int64_t now_ms, last_ms;
    size_t lines; /* of the log */
};

static void announce(const struct look *l, const struct registry *r, enum expiry_kind kind,
                     const struct expiry *e) {
    AUTO(buf) topic = {0};
    AUTO(buf) payload = {0};
    struct json_writer w;
    char event_id[37];
    bool is_over = e->not_after_ms < l->now_ms;
    random_uuid(event_id);
    buf_printf(&topic, "$aws/events/%s/%s/%.*s", kinds[kind].topic,
               is_over ? "expired" : "expiring", BYTES_ARG(e->id));
    json_start(&w, &payload);
    json_object_begin(&w);
    json_name(&w, "eventType");
    json_text(&w, is_over ? "CERTIFICATE_EXPIRED" : "CERTIFICATE_EXPIRING");
    json_name(&w, "resourceType");
    json_text(&w, kinds[kind].type);
    json_name(&w, "eventId");
    json_text(&w, event_id);
    json_name(&w, "timestamp");
    json_i64(&w, l->now_ms);
    json_name(&w, "accountId");
    json_string(&w, r->account);
    json_name(&w, "certificateId");
    json_string(&w, e->id);
    json_name(&w, "notAfter");
    json_i64(&w, e->not_after_ms);
    json_object_end(&w);
    announce_now(l->server, r->account, buf_bytes(&topic), buf_bytes(&payload));
}

static void log_one(struct look *l, const struct registry *r, enum expiry_kind kind,
                    const struct expiry *e) {
    struct log_line line;
    AUTO(buf) sentence = {0};
    const char *event = e->not_after_ms < l->now_ms ? kinds[kind].event_after : kinds[kind].event;
    if (l->lines++ >= LINES_PER_LOOK_MAX || !log_begin(&line, LOG_WARN, event))
        return;
    expiry_sentence(kind, e, l->now_ms, &sentence);
    log_bytes(&line, "certificateId", e->id);
    log_bytes(&line, "accountId", r->account);
    log_bytes(&line, "message", buf_bytes(&sentence));
    log_end(&line);
}

static void tell(struct look *l, const struct registry *r, enum expiry_kind kind,
                 const struct expiry *e) {
    log_one(l, r, kind, e);
    announce(l, r, kind, e);
}

/* What is switched off or withdrawn may end in silence; what is new is told of below. */
static status tell_page(struct look *l, const struct registry *r, enum expiry_kind kind,
                        struct expiry_window *window, size_t *out_count) {
    struct expiry *items;
    TRY(expiry_list(r, kind, window, &items, out_count));
    for (size_t i = 0; i < *out_count; i++) {
        TRY(expiry_load(r, kind, &items[i]));
        if (items[i].in_use && (l->last_ms == 0 || items[i].created_ms <= l->last_ms))
            tell(l, r, kind, &items[i]);
    }
    return OK;
}

/* A page's memory goes with the page. */
static status tell_stage(struct look *l, const struct registry *r, enum expiry_kind kind,
                         unsigned stage) {
    struct expiry_window window = expiry_stage_window(stage, l->last_ms, l->now_ms);
    size_t count;
    do {
        AUTO(arena) memory = {0};
        struct registry page = {r->txn, &memory, r->account, r->region};
        TRY(tell_page(l, &page, kind, &window, &count));
    } while (count == EXPIRY_PAGE_MAX);
    return OK;
}

/* What was registered since the last look and ends within the first stage. */
static status tell_registered(struct look *l, const struct registry *r, enum expiry_kind kind) {
    struct expiry_window window = {.after_ms = l->last_ms, .until_ms = l->now_ms};
    int64_t until_ms = expiry_stage_window(EXPIRY_STAGE_COUNT - 1, 0, l->now_ms).until_ms;
    bool more = l->last_ms > 0;
    while (more) {
        AUTO(arena) memory = {0};
        struct registry page = {r->txn, &memory, r->account, r->region};
        struct expiry *items;
        size_t count;
        TRY(expiry_list_registered(&page, kind, &window, until_ms, &items, &count, &more));
        for (size_t i = 0; i < count; i++)
            if (items[i].in_use)
                tell(l, &page, kind, &items[i]);
    }
    return OK;
}

static status tell_account(struct look *l, struct txn *t, const struct account *account) {
    struct registry r = {.txn = t,
                         .account = bytes_from(account->id),
                         .region = bytes_from(l->server->settings->region)};
    for (enum expiry_kind kind = 0; kind < EXPIRY_KIND_COUNT; kind++) {
        for (unsigned stage = 0; stage < EXPIRY_STAGE_COUNT; stage++)
            TRY(tell_stage(l, &r, kind, stage));
        TRY(tell_registered(l, &r, kind));
    }
    return OK;
}

static status tell_all(struct look *l, struct txn *t) {
    AUTO(arena) memory = {0};
    struct account *accounts;
    size_t count;
    TRY(expiry_load_last_look(t, &memory, &l->last_ms));
    TRY(account_list(t, &memory, &accounts, &count));
    for (size_t i = 0; i < count; i++)
        TRY(tell_account(l, t, &accounts[i]));
    return OK;
}

static status remember(struct look *l) {
    struct txn *t;
    TRY(store_begin_write(l->server->store, &t));
    status s = expiry_save_last_look(t, l->now_ms);
    if (s != OK) {
        store_rollback(t);
        return s;
    }
    return store_commit(t);
}

static status look_at_expiry(struct server *s) {
    struct look l = {.server = s, .now_ms = clock_wall_ms()};
    struct txn *t;
    TRY(expiry_index_all(s->store));
    TRY(store_begin_read(s->store, &t));
    status result = tell_all(&l, t);
    store_rollback(t);
    TRY(result);
    if (l.lines > LINES_PER_LOOK_MAX)
        log_event(LOG_WARN, "certificate.expiring",
                  "and %zu more: kedge certificates --expiring 30d lists all",
                  l.lines - LINES_PER_LOOK_MAX);
    return remember(&l);
}

/* ---- when ---- */

static void complain(const char *what) {
    log_event(LOG_ERROR, "upkeep.failed", "%s could not be looked up: %s", what, failure_text());
}

static void look(struct upkeep *u) {
    int64_t now_ms = clock_wall_ms(), next_ms;
    if (crls_look(u->server, now_ms, &next_ms) != OK) {
        complain("the CRLs");
        next_ms = INT64_MAX;
    }
    if (look_at_expiry(u->server) != OK)
        complain("what expires");
    atomic_store(&u->next_ms,
                 next_ms < now_ms + UPKEEP_EVERY_MS ? next_ms : now_ms + UPKEEP_EVERY_MS);
}

/* Who asks while it is under way is heard: CRLs may have come since. */
static void run(struct job *j) {
    struct upkeep *u = OWNER(j, struct upkeep, job);
    do {
        atomic_store(&u->again, false);
        look(u);
        atomic_store(&u->under_way, false);
    } while (atomic_load(&u->again) && !atomic_exchange(&u->under_way, true));
}

void upkeep_look(struct server *s, bool now) {
    struct upkeep *u = &s->upkeep;
    int64_t now_ms = clock_wall_ms(), wait_ms = atomic_load(&u->next_ms) - now_ms;
    if (!now && wait_ms > 0 && wait_ms <= UPKEEP_EVERY_MS)
        return;
    atomic_store(&u->again, true);
    if (atomic_exchange(&u->under_way, true))
        return;
    u->server = s;
    u->job.run = run;
    if (workers_post(s->workers[CREW_WRITERS], NULL, &u->job) != OK)
        atomic_store(&u->under_way, false); /* too much to do: again within a minute */
}
