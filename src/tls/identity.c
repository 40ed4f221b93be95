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

static void identity_free(struct server_identity *i) {
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

enum tls_chain server_identity_chain(const struct server_identity *i, bytes server_name) {
    uint8_t lower[NAME_BYTES_MAX];
    if (bytes_end_with(server_name, BYTES("."))) /* fully qualified */
        server_name.len--;
    if (server_name.len > NAME_BYTES_MAX)
        return TLS_ATS;
    bool legacy = map_find(&i->legacy_names, lower_case(server_name, lower)) != NULL;
    return legacy ? TLS_LEGACY : TLS_ATS;
}

const char *openssl_text(void) {
    unsigned long code = ERR_peek_last_error();
    const char *text = code ? ERR_reason_error_string(code) : NULL;
    ERR_clear_error();
    return text ? text : "";
}
