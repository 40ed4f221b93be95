#include "gateway/principals.h"

#include <string.h>

#include "base/clock.h"

#include "gateway/crls.h"
#include "gateway/custom_auth.h"
#include "gateway/server.h"
#include "registry/registry.h"

enum { REFRESHES_AT_ONCE = 32 }; /* per loop, so that connects are not held up behind them */

/* The clients of one certificate on this loop, or those without one (no certificate id). */
struct principal {
    struct map_node node; /* by "account/certificate id" */
    struct list clients;
    int64_t not_after_ms; /* of the certificate; 0: there is none */
    uint64_t crl_hash;    /* as CRLs are told (gateway/crls.h); 0: it has no CA here */
    uint8_t key[];
};

static struct principal *principal_find(struct plane *p, bytes key) {
    struct map_node *n = map_find(&p->principals, key);
    return n ? OWNER(n, struct principal, node) : NULL;
}

static void key_of(const struct mqtt_client *m, struct buf *out) {
    buf_printf(out, "%s/%s", m->who.account, m->who.certificate_id);
}

/* ---- looking at a client again ---- */

enum { REFRESH_RETRY_MS = 50 }; /* after the workers had too much to do */

static void refresh_some(struct plane *p);

static void on_refresh_time(struct timer *t) {
    refresh_some(OWNER(t, struct plane, refresh_timer));
}

static bool refresh_start(struct mqtt_client *m) {
    struct plane *p = m->connection->plane;
    struct admission *a = admission_new(m);
    a->again = true;
    a->custom = custom_auth_copy(m->custom);
    memcpy(a->account, m->who.account, sizeof a->account);
    if (m->will) {
        a->has_will = true;
        buf_append(&a->will_topic, message_view(m->will).topic);
    }
    if (!admission_start(a)) {
        admission_free(a);
        return false;
    }
    p->refreshes_under_way++;
    return true;
}

static void want_refresh(struct mqtt_client *m) {
    if (list_is_empty(&m->refresh))
        list_push(&m->connection->plane->refreshes, &m->refresh);
}

/* A client that is being looked at just now keeps its place and comes again after the answer. */
static void refresh_some(struct plane *p) {
    LIST_EACH (link, &p->refreshes) {
        struct mqtt_client *m = OWNER(link, struct mqtt_client, refresh);
        if (p->refreshes_under_way >= REFRESHES_AT_ONCE)
            return;
        if (m->admission)
            continue;
        if (!refresh_start(m)) {
            p->refresh_timer.on_time = on_refresh_time;
            timer_start(p->loop, &p->refresh_timer, REFRESH_RETRY_MS);
            return;
        }
        list_remove(&m->refresh);
    }
}

void principals_go_on(struct plane *p) {
    refresh_some(p);
}

void refresh_done(struct admission *a) {
    struct plane *p = a->connection->plane;
    struct mqtt_client *m = a->client;
    p->refreshes_under_way--;
    if (m) {
        m->admission = NULL;
        if (a->result != OK) {
            (void)FAIL(a->result, "%s", a->text);
            mqtt_fail(m, "connection.revoked", MQTT_REASON_ADMINISTRATIVE_ACTION);
        } else {
            mqtt_set_policies(m, TAKE(a->policies));
            mqtt_set_thing(m, a);
        }
    }
    refresh_some(p);
}

/* ---- certificates that expire ---- */

/* Looking goes through all principals, so it is done for many at once; and now and then although
 * nothing is due, for clocks are set. */
enum { EXPIRY_PAUSE_MS = 500, EXPIRY_LOOK_MS = 3600000 };

static void mark_principal(struct principal *principal);
static void on_expiry_time(struct timer *t);

static void watch_expiry(struct plane *p, int64_t not_after_ms) {
    int64_t wait_ms = not_after_ms - clock_wall_ms() + 1;
    if (not_after_ms == 0 || not_after_ms >= p->next_expiry_ms)
        return;
    p->next_expiry_ms = not_after_ms;
    wait_ms = wait_ms < EXPIRY_PAUSE_MS ? EXPIRY_PAUSE_MS : wait_ms;
    p->expiry_timer.on_time = on_expiry_time;
    timer_start(p->loop, &p->expiry_timer,
                (uint64_t)(wait_ms > EXPIRY_LOOK_MS ? EXPIRY_LOOK_MS : wait_ms));
}

static void on_expiry_time(struct timer *t) {
    struct plane *p = OWNER(t, struct plane, expiry_timer);
    int64_t now_ms = clock_wall_ms(), next_ms = INT64_MAX;
    struct map_node *n;
    p->next_expiry_ms = INT64_MAX;
    for (size_t at = 0; (n = map_next(&p->principals, &at));) {
        struct principal *principal = OWNER(n, struct principal, node);
        if (principal->not_after_ms == 0)
            continue;
        if (principal->not_after_ms < now_ms)
            mark_principal(principal);
        else if (principal->not_after_ms < next_ms)
            next_ms = principal->not_after_ms;
    }
    if (next_ms < INT64_MAX)
        watch_expiry(p, next_ms);
    refresh_some(p);
}

/* ---- certificates that their CA revokes ---- */

void principals_revoked(struct plane *p, const struct revoked_set *set) {
    struct map_node *n;
    p->changes++; /* those whose admission is under way were asked about before */
    for (size_t at = 0; (n = map_next(&p->principals, &at));) {
        struct principal *principal = OWNER(n, struct principal, node);
        if (principal->crl_hash && revoked_set_has(set, principal->crl_hash))
            mark_principal(principal);
    }
    refresh_some(p);
}

/* ---- who is there ---- */

void principal_join(struct mqtt_client *m, const struct admission *a) {
    struct plane *p = m->connection->plane;
    if (a->local && !p->server->settings->mqtt_policy)
        return; /* depends on nothing that could change */
    AUTO(buf) key = {0};
    key_of(m, &key);
    struct principal *principal = principal_find(p, buf_bytes(&key));
    if (!principal) {
        principal = mem_new(sizeof *principal + key.len);
        memcpy(principal->key, key.ptr, key.len);
        principal->node.key = bytes_of(principal->key, key.len);
        list_init(&principal->clients);
        map_add(&p->principals, &principal->node);
    }
    principal->not_after_ms = a->not_after_ms;
    principal->crl_hash = a->crl_hash;
    watch_expiry(p, a->not_after_ms);
    m->principal = principal;
    list_push(&principal->clients, &m->in_principal);
    if (a->changes != p->changes) {
        want_refresh(m);
        refresh_some(p);
    }
}

void principal_leave(struct mqtt_client *m) {
    struct principal *principal = m->principal;
    if (!principal)
        return;
    m->principal = NULL;
    list_remove(&m->in_principal);
    if (list_is_empty(&principal->clients)) {
        map_remove(&m->connection->plane->principals, &principal->node);
        mem_free(principal);
    }
}

void principals_free(struct plane *p) {
    map_done(&p->principals);
}

/* ---- what has changed ---- */

static void mark_principal(struct principal *principal) {
    LIST_EACH (link, &principal->clients)
        want_refresh(OWNER(link, struct mqtt_client, in_principal));
}

static void mark_certificate(struct plane *p, bytes account, bytes certificate_id) {
    AUTO(buf) key = {0};
    buf_printf(&key, "%.*s/%.*s", BYTES_ARG(account), BYTES_ARG(certificate_id));
    struct principal *principal = principal_find(p, buf_bytes(&key));
    if (principal)
        mark_principal(principal);
}

/* Whether a client has a policy of this name. */
static bool has_policy(const struct mqtt_client *m, bytes name) {
    for (size_t i = 0; i < policy_set_document_count(m->policies); i++)
        if (bytes_equal(policy_document_name(policy_set_document(m->policies, i)), name))
            return true;
    return false;
}

static bool speaks_for_thing(const struct mqtt_client *m, bytes name) {
    return bytes_equal(m->thing_name, name);
}

static bool speaks_for_type(const struct mqtt_client *m, bytes name) {
    return bytes_equal(m->thing_type, name);
}

/* Whether the thing a client speaks for is in this group or in one below it. */
static bool is_in_group(const struct mqtt_client *m, bytes name) {
    bytes rest = m->groups, group;
    while (bytes_split(&rest, 0, &group))
        if (bytes_equal(group, name))
            return true;
    return false;
}

/* All clients of the account that a policy, thing, type or group of this name concerns. */
static void mark_clients(struct plane *p, bytes account, bytes name,
                         bool (*concerns)(const struct mqtt_client *m, bytes name)) {
    struct map_node *n;
    for (size_t at = 0; (n = map_next(&p->principals, &at));) {
        if (!bytes_start_with(n->key, account))
            continue;
        LIST_EACH (link, &OWNER(n, struct principal, node)->clients) {
            struct mqtt_client *m = OWNER(link, struct mqtt_client, in_principal);
            if (concerns(m, name))
                want_refresh(m);
        }
    }
}

static bool is_anybody(const struct mqtt_client *m, bytes name) {
    UNUSED(name);
    return m->who.account[0] != 0;
}

static void mark(struct plane *p, const struct change *c) {
    switch (c->kind) {
    case CHANGE_CERTIFICATE:
    case CHANGE_ATTACHMENT:
    case CHANGE_THING_PRINCIPAL: {
        bytes id = change_certificate_id(c), group = change_group(c);
        if (id.len)
            mark_certificate(p, c->account, id);
        if (group.len)
            mark_clients(p, c->account, group, is_in_group);
        return;
    }
    case CHANGE_POLICY:
        mark_clients(p, c->account, c->key, has_policy);
        return;
    case CHANGE_THING:
        mark_clients(p, c->account, c->key, speaks_for_thing);
        return;
    case CHANGE_THING_TYPE:
        mark_clients(p, c->account, c->key, speaks_for_type);
        return;
    case CHANGE_ACCOUNT:
        mark_clients(p, c->account, (bytes){0}, is_anybody);
        return;
    case CHANGE_CA_CERTIFICATE: /* does not touch what is connected [AWS identity 2.6] */
    case CHANGE_TOPIC_RULE:
    case CHANGE_LOGGING: /* gateway/event_log.c */
    case CHANGE_OUTBOX:
    case CHANGE_DOMAIN: /* for new connections */
    case CHANGE_KIND_COUNT:
        return;
    }
}

/* The changes of one commit on their way to one loop. */
struct notice {
    struct task task;
    struct plane *plane;
    size_t count;
    struct change *changes;
    struct arena memory;
};

static void take_notice(struct task *t) {
    struct notice *n = OWNER(t, struct notice, task);
    struct plane *p = n->plane;
    p->changes++;
    for (size_t i = 0; i < n->count; i++)
        mark(p, &n->changes[i]);
    arena_done(&n->memory);
    mem_free(n);
    refresh_some(p);
}

static void look_at_all(struct task *t) {
    struct notice *n = OWNER(t, struct notice, task);
    struct plane *p = n->plane;
    struct map_node *node;
    p->changes++;
    for (size_t at = 0; (node = map_next(&p->principals, &at));)
        mark_principal(OWNER(node, struct principal, node));
    mem_free(n);
    refresh_some(p);
}

void principals_look_again(struct server *server) {
    for (unsigned i = 0; i < server->plane_count; i++) {
        struct notice *n = NEW(struct notice);
        n->task.run = look_at_all;
        n->plane = server->planes[i];
        loop_post(n->plane->loop, &n->task);
    }
}

void principals_told(void *server, const struct change *changes, size_t count) {
    struct server *s = server;
    for (unsigned i = 0; i < s->plane_count; i++) {
        struct notice *n = NEW(struct notice);
        n->task.run = take_notice;
        n->plane = s->planes[i];
        n->count = count;
        n->changes = ARENA_ARRAY(&n->memory, struct change, count);
        for (size_t k = 0; k < count; k++)
            n->changes[k] =
                (struct change){changes[k].kind, arena_copy(&n->memory, changes[k].account),
                                arena_copy(&n->memory, changes[k].key)};
        loop_post(n->plane->loop, &n->task);
    }
}
