#include "gateway/event_log.h"

#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "base/random.h"
#include "codec/json.h"
#include "gateway/mqtt.h"
#include "gateway/server.h"
#include "logs/logs.h"
#include "registry/logging.h"
#include "store/record.h"

#define GROUP_NAME "AWSIotLogsV2" /* [AWS device-gateway 18.1] */

static const struct {
    const char *name;
    enum logging_level level;
} events[LOGGED_COUNT] = {
#define LOGGED_ROW(event, name, level) [LOGGED_##event] = {name, LOGGING_##level},
    LOGGED_EVENTS(LOGGED_ROW)
#undef LOGGED_ROW
};

/* A target with a level of its own. */
struct target {
    struct map_node node; /* by type, a zero, name */
    enum logging_level level;
};

/* What an account has set. */
struct view {
    struct map_node node; /* by account */
    char account[ACCOUNT_ID_LEN + 1];
    struct arena memory;
    bool disabled;
    logged_set otherwise; /* of those without a level of their own */
    struct map targets;
};

struct event_log {
    pthread_mutex_t lock; /* held for a look */
    struct map views;
    _Atomic bool on; /* some account logs something */
    char run[37];    /* names this server's streams */
};

/* ---- which events a level holds ---- */

static logged_set bits_of(enum logged event, enum logging_level level) {
    logged_set well = events[event].level <= level, failed = level >= LOGGING_ERROR;
    return well << event | failed << (32 + event);
}

static logged_set set_of_level(enum logging_level level) {
    logged_set set = 0;
    for (enum logged i = 0; i < LOGGED_COUNT; i++)
        set |= bits_of(i, level);
    return set;
}

/* The default level, but for events with one of their own. */
static logged_set set_of_settings(const struct logging_settings *s) {
    logged_set set = set_of_level(s->default_level);
    bytes rest = s->events, type, level_name, destination;
    enum logging_level level;
    while (record_list_next(&rest, &type) && record_list_next(&rest, &level_name) &&
           record_list_next(&rest, &destination)) {
        for (enum logged i = 0; i < LOGGED_COUNT; i++)
            if (bytes_equal(type, bytes_from(events[i].name)) &&
                logging_level_find(level_name, &level))
                set = (set & ~bits_of(i, LOGGING_DEBUG)) | bits_of(i, level);
    }
    return set;
}

/* ---- what accounts have set ---- */

static void view_free(struct view *v) {
    if (!v)
        return;
    map_done(&v->targets);
    arena_done(&v->memory);
    mem_free(v);
}

static bytes target_key(struct arena *a, bytes type, bytes name) {
    AUTO(buf) key = {0};
    buf_append(&key, type);
    buf_append_byte(&key, 0);
    buf_append(&key, name);
    return arena_copy(a, buf_bytes(&key));
}

static status read_targets(struct view *v, const struct registry *r) {
    struct page page = {.limit = PAGE_LIMIT_MAX};
    struct logging_target_list list;
    do {
        TRY(logging_target_list(r, (bytes){0}, &page, &list));
        for (size_t i = 0; i < list.count; i++) {
            struct target *t = ARENA_NEW(&v->memory, struct target);
            t->node.key = target_key(&v->memory, list.items[i].type, list.items[i].name);
            t->level = list.items[i].level;
            map_add(&v->targets, &t->node);
        }
        page.token = list.next;
    } while (list.next.len);
    return OK;
}

static status view_read(struct server *s, struct txn *t, bytes account, struct view **out) {
    AUTO(arena) memory = {0};
    struct registry r = {t, &memory, account, bytes_from(s->settings->region)};
    struct logging_settings settings;
    struct view *v = NEW(struct view);
    (void)snprintf(v->account, sizeof v->account, "%.*s", BYTES_ARG(account));
    v->node.key = bytes_from(v->account);
    status result = logging_settings_load(&r, &settings);
    if (result == OK)
        result = read_targets(v, &r);
    if (result != OK) {
        view_free(v);
        return result;
    }
    v->disabled = settings.disable_all || !settings.configured;
    v->otherwise = set_of_settings(&settings);
    *out = v;
    return OK;
}

static bool is_on(const struct view *v) {
    return !v->disabled && (v->otherwise != 0 || v->targets.count > 0);
}

/* Puts a view in place of the account's former one; with the lock held. */
static void view_put(struct event_log *l, struct view *take) {
    struct map_node *old = map_find(&l->views, take->node.key), *n;
    if (old) {
        map_remove(&l->views, old);
        view_free(OWNER(old, struct view, node));
    }
    map_add(&l->views, &take->node);
    bool on = false;
    for (size_t at = 0; (n = map_next(&l->views, &at));)
        on |= is_on(OWNER(n, struct view, node));
    atomic_store(&l->on, on);
}

static status reread(struct server *s, struct txn *t, bytes account) {
    struct view *v;
    TRY(view_read(s, t, account, &v));
    (void)pthread_mutex_lock(&s->event_log->lock);
    view_put(s->event_log, v);
    (void)pthread_mutex_unlock(&s->event_log->lock);
    return OK;
}

status event_log_open(struct server *s) {
    AUTO(arena) memory = {0};
    struct account *accounts;
    struct txn *t;
    size_t count;
    s->event_log = NEW(struct event_log);
    (void)pthread_mutex_init(&s->event_log->lock, NULL);
    random_uuid(s->event_log->run);
    TRY(store_begin_read(s->store, &t));
    status result = account_list(t, &memory, &accounts, &count);
    for (size_t i = 0; i < count && result == OK; i++)
        result = reread(s, t, bytes_from(accounts[i].id));
    store_rollback(t);
    return result;
}

void event_log_close(struct server *s) {
    struct event_log *l = s->event_log;
    struct map_node *n;
    if (!l)
        return;
    for (size_t at = 0; (n = map_next(&l->views, &at));)
        view_free(OWNER(n, struct view, node));
    map_done(&l->views);
    (void)pthread_mutex_destroy(&l->lock);
    mem_free(TAKE(s->event_log));
}

/* ---- changes ---- */

struct marking {
    struct task task;
    struct plane *plane;
    char account[ACCOUNT_ID_LEN + 1];
};

static void mark_all(struct task *t) {
    struct marking *g = OWNER(t, struct marking, task);
    LIST_EACH (link, &g->plane->connections) {
        struct mqtt_client *m = OWNER(link, struct connection, link)->mqtt;
        if (m && m->state != MQTT_CLOSED && strcmp(m->who.account, g->account) == 0)
            event_log_mark(m);
    }
    mem_free(g);
}

static void post_marking(struct server *s, bytes account) {
    for (unsigned i = 0; i < s->plane_count; i++) {
        struct marking *g = NEW(struct marking);
        g->task.run = mark_all;
        g->plane = s->planes[i];
        (void)snprintf(g->account, sizeof g->account, "%.*s", BYTES_ARG(account));
        loop_post(g->plane->loop, &g->task);
    }
}

static void take_in(struct server *s, bytes account) {
    struct txn *t;
    status result = store_begin_read(s->store, &t);
    if (result == OK) {
        result = reread(s, t, account);
        store_rollback(t);
    }
    if (result != OK)
        log_event(LOG_ERROR, "logging.not_read", "%s", failure_text());
    post_marking(s, account);
}

void event_log_told(struct server *s, const struct change *changes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        bool again = i > 0 && changes[i - 1].kind == CHANGE_LOGGING &&
                     bytes_equal(changes[i - 1].account, changes[i].account);
        if (changes[i].kind == CHANGE_LOGGING && s->event_log && !again)
            take_in(s, changes[i].account);
    }
}

/* ---- what is wanted of whom ---- */

static const struct target *target_find(const struct view *v, const char *type, bytes name) {
    uint8_t key[600];
    struct map_node *n;
    size_t len = strlen(type);
    if (name.len == 0 || len + 1 + name.len > sizeof key)
        return NULL;
    memcpy(key, type, len + 1);
    memcpy(key + len + 1, name.ptr, name.len);
    n = map_find(&v->targets, bytes_of(key, len + 1 + name.len));
    return n ? OWNER(n, const struct target, node) : NULL;
}

static const struct target *group_find(const struct view *v, bytes groups) {
    const struct target *most = NULL;
    bytes group;
    while (bytes_split(&groups, 0, &group)) {
        const struct target *t = target_find(v, "THING_GROUP", group);
        if (t && (!most || t->level > most->level))
            most = t;
    }
    return most;
}

static logged_set wanted_of(const struct view *v, const struct logged_subject *w) {
    if (v->disabled)
        return 0;
    if (v->targets.count == 0)
        return v->otherwise;
    const struct target *t = target_find(v, "CLIENT_ID", w->client_id);
    if (!t)
        t = target_find(v, "PRINCIPAL_ID", w->principal);
    if (!t)
        t = target_find(v, "SOURCE_IP", w->source_ip);
    if (!t)
        t = group_find(v, w->groups);
    return t ? set_of_level(t->level) : v->otherwise;
}

logged_set event_log_wants(struct server *s, const struct logged_subject *subject) {
    struct event_log *l = s->event_log;
    logged_set set = 0;
    if (!l || !atomic_load_explicit(&l->on, memory_order_relaxed))
        return 0;
    (void)pthread_mutex_lock(&l->lock);
    struct map_node *n = map_find(&l->views, subject->account);
    if (n)
        set = wanted_of(OWNER(n, const struct view, node), subject);
    (void)pthread_mutex_unlock(&l->lock);
    return set;
}

/* ---- lines ---- */

static void put(struct json_writer *w, const char *name, bytes value) {
    if (value.len == 0)
        return;
    json_name(w, name);
    json_string(w, value);
}

static void put_text(struct json_writer *w, const char *name, const char *value) {
    put(w, name, bytes_from(value));
}

/* "2017-08-10 15:37:23.476" */
static void put_time(struct json_writer *w, int64_t now_ms) {
    char time[25];
    clock_format(now_ms, time);
    time[10] = ' ';
    time[23] = '\0';
    put_text(w, "timestamp", time);
}

/* "republish" is the RepublishAction. */
static void put_action(struct json_writer *w, const char *action) {
    char name[64];
    if (!action)
        return;
    (void)snprintf(name, sizeof name, "%sAction", action);
    name[0] = (char)toupper((unsigned char)name[0]);
    put_text(w, "ruleAction", name);
}

/* "resources":{"republish":"alarm/7"}: what an action acted on. */
static void put_resource(struct json_writer *w, const struct logged_event *e) {
    if (!e->rule_action || e->resource.len == 0)
        return;
    json_name(w, "resources");
    json_object_begin(w);
    put(w, e->rule_action, e->resource);
    json_object_end(w);
}

static void put_common(struct json_writer *w, const struct logged_subject *subject,
                       const struct logged_event *e, int64_t now_ms) {
    char trace[37];
    random_uuid(trace);
    put_time(w, now_ms);
    put_text(w, "logLevel", logging_level_name(e->failed ? LOGGING_ERROR : events[e->event].level));
    put_text(w, "traceId", e->trace_id ? e->trace_id : trace);
    put(w, "accountId", subject->account);
    put_text(w, "status", e->failed ? "Failure" : "Success");
    put_text(w, "eventType", events[e->event].name);
}

static void compose(const struct logged_subject *subject, const struct logged_event *e,
                    int64_t now_ms, struct buf *out) {
    struct json_writer w;
    json_start(&w, out);
    json_object_begin(&w);
    put_common(&w, subject, e, now_ms);
    put_text(&w, "protocol", subject->protocol);
    put(&w, "topicName", e->topic);
    put(&w, "ruleName", e->rule_name);
    put_action(&w, e->rule_action);
    put_resource(&w, e);
    put(&w, "provisioningTemplateName", e->template_name);
    put(&w, "deviceCertificateId", e->certificate_id);
    put(&w, "clientId", subject->client_id);
    put(&w, "principalId", subject->principal);
    put(&w, "sourceIp", subject->source_ip);
    if (subject->source_port) {
        json_name(&w, "sourcePort");
        json_i64(&w, subject->source_port);
    }
    put_text(&w, "reason", e->reason);
    put_text(&w, "details", e->details);
    put_text(&w, "disconnectReason", e->disconnect_reason);
    json_object_end(&w);
}

void event_log_write(struct server *s, const struct logged_subject *subject,
                     const struct logged_event *e) {
    AUTO(buf) line = {0};
    char stream[64];
    int64_t now_ms = clock_wall_ms();
    compose(subject, e, now_ms, &line);
    (void)snprintf(stream, sizeof stream, "%s_%.*s_0", s->event_log->run,
                   BYTES_ARG(subject->account));
    struct log_entry entry = {now_ms, buf_bytes(&line)};
    logs_append(s->logs, subject->account, BYTES(GROUP_NAME), bytes_from(stream), &entry, 1);
}

/* ---- of clients ---- */

static struct logged_subject subject_of(const struct mqtt_client *m, char address[46]) {
    struct logged_subject w = {.account = bytes_from(m->who.account),
                               .client_id = m->who.client_id,
                               .principal = bytes_from(m->who.certificate_id),
                               .groups = m->groups,
                               .protocol = "MQTT"};
    stream_peer(&m->connection->stream, address, &w.source_port);
    w.source_ip = bytes_from(address);
    return w;
}

void event_log_mark(struct mqtt_client *m) {
    char address[46];
    struct logged_subject w = subject_of(m, address);
    m->logged = event_log_wants(m->connection->plane->server, &w);
    if (m->session)
        session_tell_deliveries(m->session, is_logged(m->logged, LOGGED_PUBLISH_OUT));
}

void event_log_client(struct mqtt_client *m, const struct logged_event *e) {
    char address[46];
    if (!(e->failed ? is_failure_logged(m->logged, e->event) : is_logged(m->logged, e->event)))
        return;
    struct logged_subject w = subject_of(m, address);
    event_log_write(m->connection->plane->server, &w, e);
}

void event_log_refused(struct mqtt_client *m, const char *event, const char *sentence) {
    bool denied = strcmp(event, "connect.denied") == 0;
    if (m->who.account[0] == 0) /* nobody knows whose it is */
        return;
    event_log_mark(m);
    event_log_client(
        m, &(struct logged_event){.event = LOGGED_CONNECT,
                                  .failed = true,
                                  .reason = denied ? "AUTHORIZATION_FAILURE" : "CLIENT_ERROR",
                                  .details = denied ? "Authorization Failure" : sentence});
}
