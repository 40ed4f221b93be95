#include <pthread.h>
#include <string.h>

#include "base/list.h"
#include "base/map.h"
#include "policy/access.h"

/* One document that was understood. The key is its form, its name and its text. */
struct kept {
    struct map_node node;
    struct list age; /* the one used last is at the end */
    struct policy_document *document;
    size_t key_len;
    uint8_t key[];
};

static struct {
    pthread_mutex_t lock;
    struct map by_key;
    struct list ages;
} all = {.lock = PTHREAD_MUTEX_INITIALIZER, .ages = {&all.ages, &all.ages}};

static struct kept *kept_new(enum policy_form form, bytes name, bytes text) {
    size_t len = 2 + name.len + text.len;
    struct kept *k = mem_new(sizeof *k + len);
    k->key_len = len;
    k->key[0] = (uint8_t)form;
    memcpy(k->key + 1, name.ptr, name.len);
    memcpy(k->key + 2 + name.len, text.ptr, text.len); /* with a zero between them */
    list_init(&k->age);
    k->node.key = bytes_of(k->key, len);
    return k;
}

static void forget(struct kept *k) {
    map_remove(&all.by_key, &k->node);
    list_remove(&k->age);
    policy_document_unref(k->document);
    mem_free(k);
}

/* A reference on what is kept under this key, or NULL. */
static struct policy_document *find(bytes key) {
    struct policy_document *d = NULL;
    pthread_mutex_lock(&all.lock);
    struct map_node *node = map_find(&all.by_key, key);
    if (node) {
        struct kept *k = OWNER(node, struct kept, node);
        list_remove(&k->age);
        list_push(&all.ages, &k->age);
        d = policy_document_ref(k->document);
    }
    pthread_mutex_unlock(&all.lock);
    return d;
}

/* Another thread may have been faster: then what it kept stays. */
static void keep_take(struct kept *k) {
    pthread_mutex_lock(&all.lock);
    if (map_find(&all.by_key, k->node.key)) {
        policy_document_unref(k->document);
        mem_free(k);
    } else {
        map_add(&all.by_key, &k->node);
        list_push(&all.ages, &k->age);
        if (all.by_key.count > POLICY_KEPT_MAX)
            forget(OWNER(all.ages.next, struct kept, age));
    }
    pthread_mutex_unlock(&all.lock);
}

status policy_document_keep(enum policy_form form, bytes name, bytes text,
                            struct policy_document **out_document) {
    if (name.len + text.len > POLICY_KEPT_BYTES_MAX)
        return policy_document_parse_as(form, name, text, POLICY_BYTES_MAX, out_document);
    struct kept *k = kept_new(form, name, text);
    struct policy_document *known = find(k->node.key);
    if (known) {
        mem_free(k);
        *out_document = known;
        return OK;
    }
    status s = policy_document_parse_as(form, name, text, POLICY_BYTES_MAX, &k->document);
    if (s != OK) {
        mem_free(k);
        return s;
    }
    *out_document = policy_document_ref(k->document);
    keep_take(k);
    return OK;
}
