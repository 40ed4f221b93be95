/* Bytes as a client's first flight, cut in two at a place the first byte chooses. A connection may
 * wait for more or fail; a failure has a sentence, and nothing is read after it. Bytes that fail in
 * one piece fail in two, too. */
#include "tls/connection.h"

#include <assert.h>
#include <string.h>

#include "tls/certificate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An identity in memory: nothing is written anywhere. */
static struct tls_context *make_context(void) {
    const bytes name = BYTES("localhost"), legacy = BYTES("legacy.test");
    const struct server_names names[] = {{&name, 1}, {&legacy, 1}};
    struct server_identity *identity = server_identity_new(&legacy, 1);
    for (size_t chain = 0; chain < TLS_CHAIN_COUNT; chain++) {
        struct signer root = {.key = key_new(LEAF_EC)};
        struct server_leaf *leaf = &identity->leaves[chain][LEAF_EC];
        root.certificate = root_new(root.key, "fuzz");
        leaf->key = key_new(LEAF_EC);
        status s = leaf_new(&root, leaf->key, &names[chain], &leaf->certificate);
        assert(s == OK);
        X509_free(root.certificate);
        EVP_PKEY_free(root.key);
    }
    struct tls_context *c = tls_context_new(identity);
    server_identity_unref(identity);
    return c;
}

/* Feeds and takes a step; false when the connection has failed. */
static bool step(struct tls *t, bytes part) {
    struct buf out = {0};
    enum tls_state state = TLS_READY;
    tls_feed(t, part);
    status s = tls_handshake(t, &out, &state);
    tls_keep_rest(t);
    assert(s == OK ? state == TLS_WANTS_INPUT : failure_text()[0] != 0);
    buf_done(&out);
    return s == OK;
}

static bool survives(struct tls_context *c, enum tls_kind kind, bytes input, size_t cut) {
    struct tls *t = tls_new(c, kind);
    bool alive = step(t, bytes_slice(input, 0, cut)) && step(t, bytes_skip(input, cut));
    if (alive) {
        enum tls_state state;
        struct buf out = {0};
        tls_feed_end(t);
        status s = tls_handshake(t, &out, &state);
        assert(s != OK); /* no client is done after one flight */
        buf_done(&out);
    }
    (void)tls_facts(t)->server_name;
    tls_free(t);
    return alive;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct tls_context *context;
    if (!context)
        context = make_context();
    if (size < 2 || size > 20000)
        return 0;
    enum tls_kind kind = data[0] % TLS_KIND_COUNT;
    bytes input = bytes_of(data + 1, size - 1);
    size_t cut = 1 + data[0] * input.len / 256;
    bool whole = survives(context, kind, input, input.len);
    bool cut_in_two = survives(context, kind, input, cut < input.len ? cut : input.len);
    assert(whole == cut_in_two);
    return 0;
}
