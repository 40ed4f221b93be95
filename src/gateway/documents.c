#include "gateway/documents.h"

#include <pthread.h>
#include <string.h>

#include "base/map.h"

enum { ENTRIES_MAX = 20000, POLICIES_MAX = PRINCIPAL_POLICIES_MAX };

/* A parsed document or a bound set under its key. */
struct entry {
    struct map_node node;
    struct policy_document *document;
    struct policy_set *set;
    uint8_t key[];
};

struct documents {
    pthread_mutex_t lock;
    struct map entries;
};

struct documents *documents_new(void) {
    struct documents *d = NEW(struct documents);
    pthread_mutex_init(&d->lock, NULL);
    return d;
}

static void forget_all(struct documents *d) {
    struct map_node *n;
    for (size_t at = 0; (n = map_next(&d->entries, &at));) {
        struct entry *e = OWNER(n, struct entry, node);
        policy_document_unref(e->document);
        policy_set_unref(e->set);
        mem_free(e);
    }
    map_done(&d->entries);
}

void documents_free(struct documents *d) {
    if (!d)
        return;
    forget_all(d);
    pthread_mutex_destroy(&d->lock);
    mem_free(d);
}

/* Keeps what was made, unless somebody else did meanwhile. */
static void keep(struct documents *d, bytes key, struct policy_document *document,
                 struct policy_set *set) {
    struct entry *e = mem_new(sizeof *e + key.len);
    memcpy(e->key, key.ptr, key.len);
    e->node.key = bytes_of(e->key, key.len);
    pthread_mutex_lock(&d->lock);
    if (map_find(&d->entries, key)) {
        mem_free(e);
    } else {
        if (d->entries.count >= ENTRIES_MAX)
            forget_all(d);
        e->document = document ? policy_document_ref(document) : NULL;
        e->set = set ? policy_set_ref(set) : NULL;
        map_add(&d->entries, &e->node);
    }
    pthread_mutex_unlock(&d->lock);
}

static bool find(struct documents *d, bytes key, struct policy_document **document,
                 struct policy_set **set) {
    pthread_mutex_lock(&d->lock);
    struct map_node *n = map_find(&d->entries, key);
    struct entry *e = n ? OWNER(n, struct entry, node) : NULL;
    if (e && document)
        *document = policy_document_ref(e->document);
    if (e && set)
        *set = policy_set_ref(e->set);
    pthread_mutex_unlock(&d->lock);
    return e != NULL;
}

static void append_key(struct buf *key, bytes account, const struct policy_facts *p) {
    buf_append(key, account);
    buf_printf(key, "/%.*s/%.*s/%llu;", BYTES_ARG(p->name), BYTES_ARG(p->generation_id),
               (unsigned long long)p->version);
}

static status document_of(struct documents *d, bytes account, const struct policy_facts *p,
                          struct policy_document **out_document) {
    AUTO(buf) key = {0};
    append_key(&key, account, p);
    if (find(d, buf_bytes(&key), out_document, NULL))
        return OK;
    TRY(policy_document_parse(p->name, p->document, POLICY_BYTES_MAX, out_document));
    keep(d, buf_bytes(&key), *out_document, NULL);
    return OK;
}

/* One set serves every connection with these policies; kept under all their keys together. */
static void bind_static(struct documents *d, const struct policy_scope *scope,
                        const struct policy_facts *policies,
                        struct policy_document *const *documents, size_t count,
                        struct policy_set **out_set) {
    AUTO(buf) key = {0};
    buf_text(&key, "set:");
    for (size_t i = 0; i < count; i++)
        append_key(&key, scope->account, &policies[i]);
    if (find(d, buf_bytes(&key), NULL, out_set))
        return;
    *out_set = policy_set_bind(documents, count, scope, NULL);
    keep(d, buf_bytes(&key), NULL, *out_set);
}

status documents_bind(struct documents *d, const struct policy_scope *scope,
                      const struct policy_facts *policies, size_t count,
                      struct policy_context *context,
                      void (*fill)(struct policy_context *context, void *owner), void *owner,
                      struct policy_set **out_set) {
    struct policy_document *documents[POLICIES_MAX] = {0};
    size_t have = 0;
    status s = OK;
    if (count > POLICIES_MAX)
        return FAIL(E_LIMIT, "a principal has %zu policies, more than %d", count, POLICIES_MAX);
    while (s == OK && have < count) {
        s = document_of(d, scope->account, &policies[have], &documents[have]);
        have += s == OK;
    }
    if (s == OK && policy_documents_are_static(documents, count)) {
        bind_static(d, scope, policies, documents, count, out_set);
    } else if (s == OK) {
        fill(context, owner);
        *out_set = policy_set_bind(documents, count, scope, context);
    }
    while (have > 0)
        policy_document_unref(documents[--have]);
    return s;
}
