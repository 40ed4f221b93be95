#include "gateway/presence.h"

#include <pthread.h>
#include <string.h>

#include "base/list.h"
#include "base/map.h"

struct client {
    struct map_node node;
    struct list in_gone; /* oldest first, while it is not connected */
    struct connectivity now;
    uint64_t version;
    uint8_t key[]; /* account/client identifier */
};

struct part {
    pthread_mutex_t lock;
    struct map clients;
    struct list gone;
    size_t gone_count;
};

struct presence {
    struct connectivity_source source;
    struct part parts[PRESENCE_PARTS];
};

/* The key of a client, for a look-up. */
static void key_of(bytes account, bytes client_id, struct buf *out) {
    buf_append(out, account);
    buf_append_byte(out, '/');
    buf_append(out, client_id);
}

static struct part *part_of(struct presence *p, bytes key) {
    return &p->parts[bytes_hash(key) >> 58];
}

static struct client *client_find(struct part *part, bytes key) {
    struct map_node *node = map_find(&part->clients, key);
    return node ? OWNER(node, struct client, node) : NULL;
}

static struct client *client_add(struct part *part, bytes key) {
    struct client *c = mem_new(sizeof *c + key.len);
    *c = (struct client){.version = 0};
    list_init(&c->in_gone);
    memcpy(c->key, key.ptr, key.len);
    c->node.key = bytes_of(c->key, key.len);
    map_add(&part->clients, &c->node);
    return c;
}

static void client_forget(struct part *part, struct client *c) {
    list_remove(&c->in_gone);
    part->gone_count--;
    map_remove(&part->clients, &c->node);
    mem_free(c);
}

uint64_t presence_came(struct presence *p, bytes account, bytes client_id, int64_t now_ms) {
    AUTO(buf) key = {0};
    if (!p)
        return 0;
    key_of(account, client_id, &key);
    struct part *part = part_of(p, buf_bytes(&key));
    (void)pthread_mutex_lock(&part->lock);
    struct client *c = client_find(part, buf_bytes(&key));
    if (!c) {
        c = client_add(part, buf_bytes(&key));
    } else if (!c->now.is_connected) {
        list_remove(&c->in_gone);
        part->gone_count--;
        c->version = now_ms - c->now.since_ms < PRESENCE_VERSION_MS ? c->version + 1 : 0;
    }
    c->now = (struct connectivity){.is_known = true, .is_connected = true, .since_ms = now_ms};
    uint64_t version = c->version;
    (void)pthread_mutex_unlock(&part->lock);
    return version;
}

void presence_went(struct presence *p, bytes account, bytes client_id, const char *reason,
                   int64_t now_ms) {
    AUTO(buf) key = {0};
    if (!p)
        return;
    key_of(account, client_id, &key);
    struct part *part = part_of(p, buf_bytes(&key));
    (void)pthread_mutex_lock(&part->lock);
    struct client *c = client_find(part, buf_bytes(&key));
    if (c && c->now.is_connected) {
        c->now = (struct connectivity){
            .is_known = true, .since_ms = now_ms, .disconnect_reason = reason};
        list_push(&part->gone, &c->in_gone);
        if (++part->gone_count > PRESENCE_GONE_MAX / PRESENCE_PARTS)
            client_forget(part, OWNER(part->gone.next, struct client, in_gone));
    }
    (void)pthread_mutex_unlock(&part->lock);
}

static void find(struct connectivity_source *source, bytes account, bytes client_id,
                 struct connectivity *out) {
    struct presence *p = OWNER(source, struct presence, source);
    AUTO(buf) key = {0};
    key_of(account, client_id, &key);
    struct part *part = part_of(p, buf_bytes(&key));
    (void)pthread_mutex_lock(&part->lock);
    const struct client *c = client_find(part, buf_bytes(&key));
    if (c)
        *out = c->now;
    (void)pthread_mutex_unlock(&part->lock);
}

struct connectivity_source *presence_source(struct presence *p) {
    return &p->source;
}

struct presence *presence_new(void) {
    struct presence *p = NEW(struct presence);
    p->source.find = find;
    for (int i = 0; i < PRESENCE_PARTS; i++) {
        (void)pthread_mutex_init(&p->parts[i].lock, NULL);
        list_init(&p->parts[i].gone);
    }
    return p;
}

void presence_free(struct presence *p) {
    if (!p)
        return;
    for (int i = 0; i < PRESENCE_PARTS; i++) {
        struct map_node *node;
        for (size_t at = 0; (node = map_next(&p->parts[i].clients, &at));)
            mem_free(OWNER(node, struct client, node));
        map_done(&p->parts[i].clients);
        (void)pthread_mutex_destroy(&p->parts[i].lock);
    }
    mem_free(p);
}
