#include "tls/identity.h"

#include <openssl/err.h>
#include <string.h>

#include "tls/internal.h"

enum { NAME_BYTES_MAX = 255 }; /* of a host name in SNI: longer ones are nobody's */

struct legacy_name {
    struct map_node node;
    uint8_t text[NAME_BYTES_MAX];
};

void server_leaf_done(struct server_leaf *leaf) {
    X509_free(leaf->certificate);
    sk_X509_pop_free(leaf->issuers, X509_free);
    EVP_PKEY_free(leaf->key);
    *leaf = (struct server_leaf){0};
}

static bytes lower_case(bytes name, uint8_t out[NAME_BYTES_MAX]) {
    for (size_t i = 0; i < name.len; i++)
        out[i] = name.ptr[i] >= 'A' && name.ptr[i] <= 'Z' ? name.ptr[i] | 0x20 : name.ptr[i];
    return bytes_of(out, name.len);
}

struct server_identity *server_identity_new(const bytes *legacy_names, size_t count) {
    struct server_identity *i = NEW(struct server_identity);
    atomic_init(&i->references, 1);
    for (size_t n = 0; n < count; n++) {
        if (legacy_names[n].len > NAME_BYTES_MAX)
            continue;
        struct legacy_name *l = NEW(struct legacy_name);
        l->node.key = lower_case(legacy_names[n], l->text);
        if (map_find(&i->legacy_names, l->node.key))
            mem_free(l);
        else
            map_add(&i->legacy_names, &l->node);
    }
    return i;
}

struct server_identity *server_identity_ref(struct server_identity *i) {
    atomic_fetch_add_explicit(&i->references, 1, memory_order_relaxed);
    return i;
}

static void free_domains(struct server_identity *i) {
    map_done(&i->domains_by_name);
    for (size_t d = 0; d < i->domain_count; d++) {
        mem_free((void *)i->domains[d].domain.name.ptr);
        server_pair_unref(i->domains[d].domain.pair);
    }
    mem_free(i->domains);
}

static void identity_free(struct server_identity *i) {
    free_domains(i);
    struct map_node *node;
    for (size_t position = 0; (node = map_next(&i->legacy_names, &position));)
        mem_free(OWNER(node, struct legacy_name, node));
    map_done(&i->legacy_names);
    for (size_t chain = 0; chain < TLS_CHAIN_COUNT; chain++)
        for (size_t leaf = 0; leaf < LEAF_COUNT; leaf++)
            server_leaf_done(&i->leaves[chain][leaf]);
    mem_free(i);
}

void server_identity_unref(struct server_identity *i) {
    if (i && atomic_fetch_sub_explicit(&i->references, 1, memory_order_acq_rel) == 1)
        identity_free(i);
}

static bytes without_final_dot(bytes name) { /* fully qualified */
    return bytes_end_with(name, BYTES(".")) ? bytes_slice(name, 0, name.len - 1) : name;
}

enum tls_chain server_identity_chain(const struct server_identity *i, bytes server_name) {
    uint8_t lower[NAME_BYTES_MAX];
    bytes name = without_final_dot(server_name);
    if (name.len > NAME_BYTES_MAX)
        return TLS_ATS;
    bool legacy = map_find(&i->legacy_names, lower_case(name, lower)) != NULL;
    return legacy ? TLS_LEGACY : TLS_ATS;
}

/* ---- domains ---- */

static void copy_leaves(const struct server_identity *from, struct server_identity *to) {
    for (size_t chain = 0; chain < TLS_CHAIN_COUNT; chain++)
        for (size_t kind = 0; kind < LEAF_COUNT; kind++) {
            const struct server_leaf *leaf = &from->leaves[chain][kind];
            if (!leaf->certificate)
                continue;
            (void)X509_up_ref(leaf->certificate);
            (void)EVP_PKEY_up_ref(leaf->key);
            to->leaves[chain][kind] = (struct server_leaf){
                leaf->certificate, leaf->issuers ? X509_chain_up_ref(leaf->issuers) : NULL,
                leaf->key};
        }
}

static void copy_legacy_names(const struct server_identity *from, struct server_identity *to) {
    struct map_node *node;
    for (size_t position = 0; (node = map_next(&from->legacy_names, &position));) {
        struct legacy_name *l = NEW(struct legacy_name);
        l->node.key = lower_case(node->key, l->text);
        map_add(&to->legacy_names, &l->node);
    }
}

static void keep_domain(struct server_identity *i, const struct server_domain *domain) {
    struct kept_domain *k = &i->domains[i->domain_count];
    struct buf name = {0};
    if (map_find(&i->domains_by_name, domain->name))
        return; /* the first one has the name */
    buf_append(&name, domain->name);
    k->domain = *domain;
    k->domain.name = k->node.key = buf_bytes(&name);
    if (domain->pair)
        (void)server_pair_ref(domain->pair);
    map_add(&i->domains_by_name, &k->node);
    i->domain_count++;
}

struct server_identity *server_identity_with(const struct server_identity *base,
                                             const struct server_domain *domains, size_t count) {
    struct server_identity *i = server_identity_new(NULL, 0);
    copy_leaves(base, i);
    copy_legacy_names(base, i);
    i->domains = mem_new((count + 1) * sizeof *i->domains);
    for (size_t d = 0; d < count; d++)
        if (domains[d].name.len > 0 && domains[d].name.len <= NAME_BYTES_MAX)
            keep_domain(i, &domains[d]);
    return i;
}

const struct server_domain *server_identity_domain(const struct server_identity *i,
                                                   bytes server_name) {
    uint8_t lower[NAME_BYTES_MAX];
    bytes name = without_final_dot(server_name);
    if (i->domain_count == 0 || name.len == 0 || name.len > NAME_BYTES_MAX)
        return NULL;
    struct map_node *node = map_find(&i->domains_by_name, lower_case(name, lower));
    return node ? &OWNER(node, struct kept_domain, node)->domain : NULL;
}

const char *openssl_text(void) {
    unsigned long code = ERR_peek_last_error();
    const char *text = code ? ERR_reason_error_string(code) : NULL;
    ERR_clear_error();
    return text ? text : "";
}
