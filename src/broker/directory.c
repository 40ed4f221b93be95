#include "broker/directory.h"

#include <pthread.h>
#include <string.h>

#include "base/map.h"

enum { PARTS = 64 };

struct entry {
    struct map_node node;
    struct holder holder;
    uint8_t key[];
};

struct part {
    pthread_mutex_t lock;
    struct map entries;
};

struct directory {
    struct part parts[PARTS];
};

struct directory *directory_new(void) {
    struct directory *d = NEW(struct directory);
    for (int i = 0; i < PARTS; i++)
        pthread_mutex_init(&d->parts[i].lock, NULL);
    return d;
}

void directory_free(struct directory *d) {
    if (!d)
        return;
    for (int i = 0; i < PARTS; i++) {
        struct map_node *n;
        for (size_t at = 0; (n = map_next(&d->parts[i].entries, &at));)
            mem_free(OWNER(n, struct entry, node));
        map_done(&d->parts[i].entries);
        pthread_mutex_destroy(&d->parts[i].lock);
    }
    mem_free(d);
}

/* An entry with the key "account/client identifier"; accounts hold no slash. */
static struct entry *entry_new(bytes account, bytes client_id) {
    size_t len = account.len + 1 + client_id.len;
    struct entry *e = mem_new(sizeof *e + len);
    if (account.len)
        memcpy(e->key, account.ptr, account.len);
    e->key[account.len] = '/';
    if (client_id.len)
        memcpy(e->key + account.len + 1, client_id.ptr, client_id.len);
    e->node.key = bytes_of(e->key, len);
    return e;
}

static struct part *part_of(struct directory *d, const struct entry *e) {
    return &d->parts[bytes_hash(e->node.key) >> 58];
}

bool directory_claim(struct directory *d, bytes account, bytes client_id, struct holder holder,
                     struct holder *out_previous) {
    struct entry *fresh = entry_new(account, client_id);
    struct part *p = part_of(d, fresh);
    fresh->holder = holder;
    pthread_mutex_lock(&p->lock);
    struct map_node *n = map_find(&p->entries, fresh->node.key);
    if (n) {
        *out_previous = OWNER(n, struct entry, node)->holder;
        OWNER(n, struct entry, node)->holder = holder;
    } else {
        map_add(&p->entries, &fresh->node);
    }
    pthread_mutex_unlock(&p->lock);
    if (n)
        mem_free(fresh);
    return n != NULL;
}

void directory_release(struct directory *d, bytes account, bytes client_id, struct holder holder) {
    struct entry *wanted = entry_new(account, client_id), *gone = NULL;
    struct part *p = part_of(d, wanted);
    pthread_mutex_lock(&p->lock);
    struct map_node *n = map_find(&p->entries, wanted->node.key);
    if (n) {
        struct entry *e = OWNER(n, struct entry, node);
        if (e->holder.loop == holder.loop && e->holder.serial == holder.serial) {
            map_remove(&p->entries, n);
            gone = e;
        }
    }
    pthread_mutex_unlock(&p->lock);
    mem_free(gone);
    mem_free(wanted);
}

size_t directory_count(struct directory *d) {
    size_t count = 0;
    for (int i = 0; i < PARTS; i++) {
        pthread_mutex_lock(&d->parts[i].lock);
        count += d->parts[i].entries.count;
        pthread_mutex_unlock(&d->parts[i].lock);
    }
    return count;
}
