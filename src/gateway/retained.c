#include "gateway/retained.h"

#include <string.h>

#include "base/clock.h"
#include "gateway/https.h"
#include "gateway/server.h"
#include "policy/set.h"
#include "registry/retained_message.h"

enum { FOUND_MAX = 10000, FOUND_BYTES_MAX = 16 << 20, PAGE_ROWS = 100 };

static struct registry registry_of(struct server *s, struct txn *t, struct arena *a,
                                   const char *account) {
    return (struct registry){t, a, bytes_from(account), bytes_from(s->settings->region)};
}

/* ---- keeping ---- */

struct keeping {
    struct job job;
    struct server *server;
    struct connection *connection; /* NULL for a will, and for `publish` */
    struct https_publish *publish;
    uint16_t packet_id; /* 0 at QoS 0 */
    char account[ACCOUNT_ID_LEN + 1];
    struct message *message;
    status result;
    char text[256];
};

static void keeping_free(struct keeping *k) {
    message_unref(k->message);
    mem_free(k);
}

status retained_save(struct server *s, const char *account, const struct publication *p) {
    AUTO(arena) memory = {0};
    struct txn *t;
    const struct retained_message m =
        retained_message_of(&memory, p->topic, p->payload, p->properties, p->qos, clock_wall_ms());
    TRY(store_begin_write(s->store, &t));
    struct registry r = registry_of(s, t, &memory, account);
    status result = retained_message_save(&r, &m);
    if (result == OK)
        return store_commit(t);
    store_rollback(t);
    return result;
}

static void run_save(struct job *j) {
    struct keeping *k = OWNER(j, struct keeping, job);
    struct publication p = message_view(k->message);
    k->result = retained_save(k->server, k->account, &p);
    if (k->result == OK)
        return;
    bytes text = bytes_slice(bytes_from(failure_text()), 0, sizeof k->text - 1);
    memcpy(k->text, text.ptr, text.len);
    log_event(LOG_ERROR, "retained.not_kept", "%s", failure_text());
}

static void done_save(struct job *j) {
    struct keeping *k = OWNER(j, struct keeping, job);
    struct connection *c = k->connection;
    if (k->publish)
        https_kept(k->publish, k->result, k->text);
    if (c) {
        struct mqtt_client *m = c->mqtt;
        connection_idle(c);
        if (m->state == MQTT_OPEN && k->result != OK) {
            (void)FAIL(k->result, "a retained message could not be kept: %s", k->text);
            mqtt_fail(m, "publish.refused", MQTT_REASON_UNSPECIFIED_ERROR);
        } else if (m->state == MQTT_OPEN && k->packet_id) {
            mqtt_ack_write(MQTT_PUBACK, k->packet_id, output_reserve(&c->output, MQTT_ACK_BYTES));
        }
        connection_release(c);
    }
    keeping_free(k);
}

static struct keeping *keeping_new(struct server *server, const char *account,
                                   const struct publication *p) {
    struct keeping *k = NEW(struct keeping);
    k->server = server;
    k->job.run = run_save;
    k->job.done = done_save;
    memcpy(k->account, account, sizeof k->account);
    k->message = message_new(p);
    return k;
}

status retained_keep(struct mqtt_client *m, const struct mqtt_publish *p) {
    struct connection *c = m->connection;
    struct publication publication = {
        .topic = p->topic, .payload = p->payload, .properties = p->properties.raw, .qos = p->qos};
    struct keeping *k = keeping_new(c->plane->server, m->who.account, &publication);
    k->connection = c;
    k->packet_id = p->packet_id;
    status s = workers_post(k->server->workers[CREW_WRITERS], c->plane->loop, &k->job);
    if (s != OK) {
        keeping_free(k);
        return s;
    }
    atomic_store(&c->plane->server->has_retained, true);
    connection_busy(c);
    connection_hold(c);
    return OK;
}

status retained_keep_published(struct https_publish *h, struct connection *c, const char *account,
                               const struct publication *p) {
    struct server *server = c->plane->server;
    struct keeping *k = keeping_new(server, account, p);
    k->publish = h;
    status s = workers_post(server->workers[CREW_WRITERS], c->plane->loop, &k->job);
    if (s == OK)
        atomic_store(&server->has_retained, true);
    else
        keeping_free(k);
    return s;
}

void retained_keep_will(struct mqtt_client *m, const struct publication *will) {
    struct keeping *k = keeping_new(m->connection->plane->server, m->who.account, will);
    if (workers_post(k->server->workers[CREW_WRITERS], m->connection->plane->loop, &k->job) != OK) {
        reason_record(m->connection, &m->who, "will.not_retained", failure_text());
        keeping_free(k);
        return;
    }
    atomic_store(&m->connection->plane->server->has_retained, true);
}

/* ---- finding ---- */

struct finding {
    struct job job;
    struct server *server;
    struct connection *connection;
    bool parent_included;
    char account[13];
    struct arena memory;
    struct retained_query *queries;
    size_t query_count;
    struct found *first, **last;
    size_t found_count, found_bytes;
};

struct found {
    struct found *next;
    struct publication publication;
};

static struct publication publication_of(struct finding *f, const struct retained_message *m,
                                         uint8_t granted) {
    AUTO(buf) raw = {0};
    int64_t age_s = (clock_wall_ms() - m->kept_ms) / 1000;
    if (m->expiry_s != RETAINED_NEVER)
        mqtt_property_append_number(&raw, MQTT_MESSAGE_EXPIRY_INTERVAL,
                                    age_s > 0 ? m->expiry_s - (uint32_t)age_s : m->expiry_s);
    buf_append(&raw, m->properties);
    return (struct publication){.topic = arena_copy(&f->memory, m->topic),
                                .payload = arena_copy(&f->memory, m->payload),
                                .retain = true,
                                .qos = m->qos < granted ? m->qos : granted,
                                .properties = arena_copy(&f->memory, buf_bytes(&raw))};
}

static void add_found(struct finding *f, const struct retained_message *m, uint8_t granted) {
    if (f->found_count >= FOUND_MAX || f->found_bytes > FOUND_BYTES_MAX)
        return;
    struct found *one = ARENA_NEW(&f->memory, struct found);
    one->publication = publication_of(f, m, granted);
    *f->last = one;
    f->last = &one->next;
    f->found_count++;
    f->found_bytes += m->topic.len + m->properties.len + m->payload.len;
}

static status find_exact(struct finding *f, struct txn *t, const struct retained_query *q) {
    AUTO(arena) memory = {0};
    struct registry r = registry_of(f->server, t, &memory, f->account);
    struct retained_message m;
    status s = retained_message_load(&r, q->filter, clock_wall_ms(), &m);
    if (s == OK)
        add_found(f, &m, q->qos);
    return s == E_NOT_FOUND ? OK : s;
}

static void add_row(struct finding *f, const struct row *row, uint8_t granted) {
    struct retained_message m;
    if (retained_message_decode(row->key, row->value, &m) != OK)
        log_event(LOG_ERROR, "retained.not_read", "%s", failure_text());
    else if (!retained_message_has_expired(&m, clock_wall_ms()))
        add_found(f, &m, granted);
}

/* One page of find_matching; what does not match is forgotten with it. */
static status find_page(struct finding *f, struct txn *t, const struct retained_query *q,
                        const struct scan *scan, struct buf *last_key, bool *out_more) {
    AUTO(arena) memory = {0};
    struct row *rows;
    size_t count;
    TRY(store_scan(t, TABLE_RETAINED, scan, &memory, &rows, &count));
    for (size_t i = 0; i < count; i++) {
        bytes topic = retained_message_topic(rows[i].key);
        if (topic_filter_matches(q->filter, topic, f->parent_included))
            add_row(f, &rows[i], q->qos);
    }
    buf_clear(last_key);
    if (count > 0)
        buf_append(last_key, rows[count - 1].key);
    *out_more = count == scan->limit && f->found_count < FOUND_MAX;
    return OK;
}

/* Walks the topics that begin like the filter does before its first wildcard. */
static status find_matching(struct finding *f, struct txn *t, const struct retained_query *q) {
    AUTO(arena) memory = {0};
    AUTO(buf) last_key = {0};
    struct registry r = registry_of(f->server, t, &memory, f->account);
    size_t plus = bytes_find(q->filter, '+'), hash = bytes_find(q->filter, '#');
    size_t fixed = plus < hash ? plus : hash;
    bool more = true;
    if (hash == fixed && fixed > 0)
        fixed--; /* "a/#" may match "a" */
    struct scan scan = {.prefix = retained_message_key(&r, bytes_slice(q->filter, 0, fixed)),
                        .limit = PAGE_ROWS};
    while (more) {
        TRY(find_page(f, t, q, &scan, &last_key, &more));
        scan.from = buf_bytes(&last_key);
        scan.after = true;
    }
    return OK;
}

static status find_all(struct finding *f) {
    struct txn *t;
    status s = OK;
    TRY(store_begin_read(f->server->store, &t));
    for (size_t i = 0; s == OK && i < f->query_count; i++)
        s = topic_filter_has_wildcards(f->queries[i].filter) ? find_matching(f, t, &f->queries[i])
                                                             : find_exact(f, t, &f->queries[i]);
    store_rollback(t);
    return s;
}

static void run_find(struct job *j) {
    struct finding *f = OWNER(j, struct finding, job);
    if (find_all(f) != OK)
        log_event(LOG_ERROR, "retained.not_read", "%s", failure_text());
}

static bool may_receive(const struct mqtt_client *m, bytes topic) {
    return !m->policies ||
           policy_check(m->policies, POLICY_RECEIVE, topic, NULL).verdict == POLICY_ALLOWED;
}

static void finding_free(struct finding *f) {
    arena_done(&f->memory);
    mem_free(f);
}

static void done_find(struct job *j) {
    struct finding *f = OWNER(j, struct finding, job);
    struct connection *c = f->connection;
    struct mqtt_client *m = c->mqtt;
    connection_idle(c);
    for (struct found *one = f->first; one && m->state == MQTT_OPEN; one = one->next)
        if (may_receive(m, one->publication.topic))
            session_deliver(m->session, &one->publication, one->publication.qos, true);
    finding_free(f);
    connection_release(c);
}

bool retained_send(struct mqtt_client *m, const struct retained_query *queries, size_t count) {
    struct connection *c = m->connection;
    struct server *server = c->plane->server;
    if (count == 0 || !atomic_load(&server->has_retained))
        return false;
    struct finding *f = NEW(struct finding);
    f->server = server;
    f->connection = c;
    f->parent_included = m->limits->broker.hash_matches_parent;
    f->last = &f->first;
    memcpy(f->account, m->who.account, sizeof f->account);
    f->queries = ARENA_ARRAY(&f->memory, struct retained_query, count);
    for (size_t i = 0; i < count; i++)
        f->queries[i] =
            (struct retained_query){arena_copy(&f->memory, queries[i].filter), queries[i].qos};
    f->query_count = count;
    f->job.run = run_find;
    f->job.done = done_find;
    if (workers_post(server->workers[CREW_DEVICES], c->plane->loop, &f->job) != OK) {
        reason_record(c, &m->who, "retained.not_sent", failure_text());
        finding_free(f);
        return false;
    }
    connection_busy(c);
    connection_hold(c);
    return true;
}

status retained_look(struct server *s) {
    AUTO(arena) memory = {0};
    struct scan scan = {.limit = 1};
    struct row *rows;
    struct txn *t;
    size_t count = 0;
    TRY(store_begin_read(s->store, &t));
    status result = store_scan(t, TABLE_RETAINED, &scan, &memory, &rows, &count);
    store_rollback(t);
    atomic_init(&s->has_retained, count > 0);
    return result;
}
