/* A row of the table RETAINED: "ACCOUNT/TOPIC" ─▶ time kept (8 bytes), expiry in seconds (4,
 * 0xFFFFFFFF: never), QoS (1), length of the properties (4), properties, payload. */
#include "gateway/retained.h"

#include <string.h>

#include "base/clock.h"
#include "gateway/https.h"
#include "gateway/server.h"
#include "policy/set.h"

enum { NEVER = 0xFFFFFFFFu, FOUND_MAX = 10000, FOUND_BYTES_MAX = 16 << 20, PAGE_ROWS = 100 };

static void key_of(const char *account, bytes topic, struct buf *out) {
    buf_printf(out, "%s/", account);
    buf_append(out, topic);
}

/* ---- keeping ---- */

struct keeping {
    struct job job;
    struct server *server;
    struct connection *connection; /* NULL for a will, and for `publish` */
    struct https_publish *publish;
    uint16_t packet_id;    /* 0 at QoS 0 */
    struct buf key, value; /* no value: forget */
    status result;
    char text[256];
};

static void keeping_free(struct keeping *k) {
    buf_done(&k->key);
    buf_done(&k->value);
    mem_free(k);
}

static status save(struct keeping *k) {
    struct txn *t;
    TRY(store_begin_write(k->server->store, &t));
    status s = k->value.len
                   ? store_save(t, TABLE_RETAINED, buf_bytes(&k->key), buf_bytes(&k->value))
                   : store_remove(t, TABLE_RETAINED, buf_bytes(&k->key));
    if (s == OK)
        return store_commit(t);
    store_rollback(t);
    return s;
}

static void run_save(struct job *j) {
    struct keeping *k = OWNER(j, struct keeping, job);
    k->result = save(k);
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

static void append_message(struct buf *value, bytes raw_properties, uint32_t expiry_s, uint8_t qos,
                           bytes payload) {
    uint64_t now = (uint64_t)clock_wall_ms();
    buf_append_u32(value, (uint32_t)(now >> 32));
    buf_append_u32(value, (uint32_t)now);
    buf_append_u32(value, expiry_s);
    buf_append_byte(value, qos);
    buf_append_u32(value, (uint32_t)raw_properties.len);
    buf_append(value, raw_properties);
    buf_append(value, payload);
}

/* Properties as they are kept: all but the expiry, which is counted down. */
static void without_expiry(bytes raw, struct buf *out, uint32_t *out_expiry_s) {
    struct mqtt_property one;
    bytes before = raw;
    *out_expiry_s = NEVER;
    while (mqtt_property_next(&raw, &one)) {
        bytes part = bytes_slice(before, 0, before.len - raw.len);
        if (one.id == MQTT_MESSAGE_EXPIRY_INTERVAL)
            *out_expiry_s = one.number;
        else
            buf_append(out, part);
        before = raw;
    }
}

static struct keeping *keeping_new(struct server *server, const char *account,
                                   const struct publication *p) {
    struct keeping *k = NEW(struct keeping);
    AUTO(buf) properties = {0};
    uint32_t expiry_s;
    k->server = server;
    k->job.run = run_save;
    k->job.done = done_save;
    key_of(account, p->topic, &k->key);
    without_expiry(p->properties, &properties, &expiry_s);
    if (p->payload.len)
        append_message(&k->value, buf_bytes(&properties), expiry_s, p->qos, p->payload);
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

/* Reads a row; false when it has expired or is not one of ours. */
static bool decode(struct finding *f, bytes topic, bytes value, uint8_t granted,
                   struct publication *out) {
    struct reader in = {value};
    uint32_t high, low, expiry_s, properties_len;
    uint8_t qos;
    bytes properties;
    if (read_u32(&in, &high) != OK || read_u32(&in, &low) != OK || read_u32(&in, &expiry_s) != OK ||
        read_u8(&in, &qos) != OK || read_u32(&in, &properties_len) != OK ||
        read_bytes(&in, properties_len, &properties) != OK)
        return false;
    AUTO(buf) raw = {0};
    int64_t age_s = (clock_wall_ms() - (int64_t)((uint64_t)high << 32 | low)) / 1000;
    if (expiry_s != NEVER && age_s >= expiry_s)
        return false;
    if (expiry_s != NEVER)
        mqtt_property_append_number(&raw, MQTT_MESSAGE_EXPIRY_INTERVAL,
                                    age_s > 0 ? expiry_s - (uint32_t)age_s : expiry_s);
    buf_append(&raw, properties);
    *out = (struct publication){.topic = arena_copy(&f->memory, topic),
                                .payload = arena_copy(&f->memory, in.left),
                                .retain = true,
                                .qos = qos < granted ? qos : granted,
                                .properties = arena_copy(&f->memory, buf_bytes(&raw))};
    return true;
}

static void add_found(struct finding *f, bytes key, bytes value, uint8_t granted) {
    bytes topic = bytes_skip(key, bytes_find(key, '/') + 1);
    struct publication p;
    if (f->found_count >= FOUND_MAX || f->found_bytes > FOUND_BYTES_MAX ||
        !decode(f, topic, value, granted, &p))
        return;
    struct found *one = ARENA_NEW(&f->memory, struct found);
    one->publication = p;
    *f->last = one;
    f->last = &one->next;
    f->found_count++;
    f->found_bytes += value.len;
}

static status find_exact(struct finding *f, struct txn *t, const struct retained_query *q) {
    AUTO(buf) key = {0};
    AUTO(arena) memory = {0};
    bytes value;
    key_of(f->account, q->filter, &key);
    status s = store_load(t, TABLE_RETAINED, buf_bytes(&key), &memory, &value);
    if (s == OK)
        add_found(f, buf_bytes(&key), value, q->qos);
    return s == E_NOT_FOUND ? OK : s;
}

/* One page of find_matching; what does not match is forgotten with it. */
static status find_page(struct finding *f, struct txn *t, const struct retained_query *q,
                        const struct scan *scan, struct buf *last_key, bool *out_more) {
    AUTO(arena) memory = {0};
    struct row *rows;
    size_t count;
    TRY(store_scan(t, TABLE_RETAINED, scan, &memory, &rows, &count));
    for (size_t i = 0; i < count; i++) {
        bytes topic = bytes_skip(rows[i].key, bytes_find(rows[i].key, '/') + 1);
        if (topic_filter_matches(q->filter, topic, f->parent_included))
            add_found(f, rows[i].key, rows[i].value, q->qos);
    }
    buf_clear(last_key);
    if (count > 0)
        buf_append(last_key, rows[count - 1].key);
    *out_more = count == scan->limit && f->found_count < FOUND_MAX;
    return OK;
}

/* Walks the topics that begin like the filter does before its first wildcard. */
static status find_matching(struct finding *f, struct txn *t, const struct retained_query *q) {
    AUTO(buf) prefix = {0};
    AUTO(buf) last_key = {0};
    size_t plus = bytes_find(q->filter, '+'), hash = bytes_find(q->filter, '#');
    size_t fixed = plus < hash ? plus : hash;
    bool more = true;
    if (hash == fixed && fixed > 0)
        fixed--; /* "a/#" may match "a" */
    key_of(f->account, bytes_slice(q->filter, 0, fixed), &prefix);
    struct scan scan = {.prefix = buf_bytes(&prefix), .limit = PAGE_ROWS};
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
