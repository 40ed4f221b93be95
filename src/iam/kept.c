#include "iam/kept.h"

#include <pthread.h>

#include "base/list.h"
#include "base/map.h"

struct kept {
    struct map_node node;
    struct list age; /* the one used last is at the end */
    uint64_t generation;
    struct arena memory;
    struct policy_document **documents[IAM_PARTS];
    size_t count[IAM_PARTS];
    struct policy_request_value *tags;
    size_t tag_count;
    bool missing, asks_resource_tags;
};

static struct {
    pthread_mutex_t lock;
    struct map by_caller;
    struct list ages;
} all = {.lock = PTHREAD_MUTEX_INITIALIZER, .ages = {&all.ages, &all.ages}};

static void forget(struct kept *k) {
    map_remove(&all.by_caller, &k->node);
    list_remove(&k->age);
    for (size_t part = 0; part < IAM_PARTS; part++)
        for (size_t i = 0; i < k->count[part]; i++)
            policy_document_unref(k->documents[part][i]);
    arena_done(&k->memory);
    mem_free(k);
}

/* All that what is gathered depends on, beside the store: ids are given once. */
static bytes key_of(const struct iam_caller *c, struct arena *a) {
    const bytes parts[] = {c->account,  c->user_id,        c->name,
                           c->role_arn, c->session_policy, c->session_policy_arns};
    struct buf key = {0};
    buf_append_byte(&key, (uint8_t)c->kind);
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        buf_append_u32(&key, (uint32_t)parts[i].len);
        buf_append(&key, parts[i]);
    }
    bytes copy = arena_copy(a, buf_bytes(&key));
    buf_done(&key);
    return copy;
}

static void copy_documents(struct policy_document *const *from, size_t count, struct arena *a,
                           struct policy_document ***out) {
    *out = ARENA_ARRAY(a, struct policy_document *, count);
    for (size_t i = 0; i < count; i++)
        (*out)[i] = policy_document_ref(from[i]);
}

/* Copied whole: the kept one may be forgotten while the call goes on. */
static void copy_tags(const struct policy_request_value *from, size_t count, struct arena *a,
                      struct policy_request_value *to) {
    for (size_t i = 0; i < count; i++) {
        bytes *value = ARENA_NEW(a, bytes);
        *value = arena_copy(a, from[i].values[0]);
        to[i] = (struct policy_request_value){arena_copy(a, from[i].key), value, 1};
    }
}

static void use(const struct kept *k, struct iam_access *access) {
    struct arena *a = access->registry->arena;
    size_t room = IAM_KEYS_MAX - access->key_count;
    size_t tags = k->tag_count < room ? k->tag_count : room;
    for (size_t part = 0; part < IAM_PARTS; part++) {
        copy_documents(k->documents[part], k->count[part], a, &access->documents[part]);
        access->count[part] = k->count[part];
    }
    copy_tags(k->tags, tags, a, access->keys + access->key_count);
    access->key_count += tags;
    access->missing = k->missing;
    access->asks_resource_tags = k->asks_resource_tags;
}

bool iam_kept_find(struct iam_access *access, uint64_t generation) {
    bytes key = key_of(access->caller, access->registry->arena);
    pthread_mutex_lock(&all.lock);
    struct map_node *node = map_find(&all.by_caller, key);
    struct kept *k = node ? OWNER(node, struct kept, node) : NULL;
    if (k && k->generation != generation) {
        forget(k);
        k = NULL;
    }
    if (k) {
        list_remove(&k->age);
        list_push(&all.ages, &k->age);
        use(k, access);
    }
    pthread_mutex_unlock(&all.lock);
    return k != NULL;
}

static struct kept *kept_new(const struct iam_access *access, uint64_t generation,
                             size_t first_tag) {
    struct kept *k = NEW(struct kept);
    list_init(&k->age);
    k->generation = generation;
    k->node.key = key_of(access->caller, &k->memory);
    for (size_t part = 0; part < IAM_PARTS; part++) {
        copy_documents(access->documents[part], access->count[part], &k->memory,
                       &k->documents[part]);
        k->count[part] = access->count[part];
    }
    k->tag_count = access->key_count - first_tag;
    k->tags = ARENA_ARRAY(&k->memory, struct policy_request_value, k->tag_count);
    copy_tags(access->keys + first_tag, k->tag_count, &k->memory, k->tags);
    k->missing = access->missing;
    k->asks_resource_tags = access->asks_resource_tags;
    return k;
}

void iam_kept_add(const struct iam_access *access, uint64_t generation, size_t first_tag) {
    struct kept *k = kept_new(access, generation, first_tag);
    pthread_mutex_lock(&all.lock);
    struct map_node *old = map_find(&all.by_caller, k->node.key);
    if (old)
        forget(OWNER(old, struct kept, node));
    map_add(&all.by_caller, &k->node);
    list_push(&all.ages, &k->age);
    if (all.by_caller.count > IAM_KEPT_MAX)
        forget(OWNER(all.ages.next, struct kept, age));
    pthread_mutex_unlock(&all.lock);
}
