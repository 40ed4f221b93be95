#include "identity/key_pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "identity/openssl.h"

enum { KEY_BITS = 2048, LOWEST_PRIORITY = 19 };

struct key_pool {
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* a key was taken, or the pool is to stop */
    pthread_t thread;
    bool started;
    atomic_bool stopping;
    unsigned spare, spare_max;
    EVP_PKEY *keys[];
};

/* Called by OpenSSL for each candidate; zero gives the key up. */
static int may_go_on(EVP_PKEY_CTX *ctx) {
    struct key_pool *p = EVP_PKEY_CTX_get_app_data(ctx);
    return !p || !atomic_load(&p->stopping);
}

static status generate(struct key_pool *p, EVP_PKEY **out_key) {
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    bool made = ctx && EVP_PKEY_keygen_init(ctx) == 1 &&
                EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, KEY_BITS) == 1;
    if (made) {
        EVP_PKEY_CTX_set_app_data(ctx, p);
        EVP_PKEY_CTX_set_cb(ctx, may_go_on);
        made = EVP_PKEY_generate(ctx, &key) == 1;
    }
    EVP_PKEY_CTX_free(ctx);
    if (!made)
        return openssl_failure(E_INTERNAL, "an RSA key cannot be generated");
    *out_key = key;
    return OK;
}

static void wait_for_room(struct key_pool *p) {
    (void)pthread_mutex_lock(&p->mutex);
    while (p->spare == p->spare_max && !atomic_load(&p->stopping))
        (void)pthread_cond_wait(&p->changed, &p->mutex);
    (void)pthread_mutex_unlock(&p->mutex);
}

static void keep(struct key_pool *p, EVP_PKEY *key) {
    (void)pthread_mutex_lock(&p->mutex);
    p->keys[p->spare++] = key; /* there is room: no other thread adds */
    (void)pthread_mutex_unlock(&p->mutex);
}

static void *fill(void *pool) {
    struct key_pool *p = pool;
    EVP_PKEY *key;
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), LOWEST_PRIORITY); /* this thread alone */
    for (;;) {
        wait_for_room(p);
        if (atomic_load(&p->stopping) || generate(p, &key) != OK)
            return NULL; /* without spares each taker generates its own, and sees the failure */
        keep(p, key);
    }
}

struct key_pool *key_pool_new(unsigned spare_max) {
    struct key_pool *p = mem_new(sizeof *p + spare_max * sizeof(EVP_PKEY *));
    (void)pthread_mutex_init(&p->mutex, NULL);
    (void)pthread_cond_init(&p->changed, NULL);
    p->spare_max = spare_max;
    return p;
}

void key_pool_free(struct key_pool *p) {
    if (!p)
        return;
    (void)pthread_mutex_lock(&p->mutex);
    atomic_store(&p->stopping, true);
    (void)pthread_cond_broadcast(&p->changed);
    (void)pthread_mutex_unlock(&p->mutex);
    if (p->started)
        (void)pthread_join(p->thread, NULL);
    while (p->spare > 0)
        EVP_PKEY_free(p->keys[--p->spare]);
    (void)pthread_mutex_destroy(&p->mutex);
    (void)pthread_cond_destroy(&p->changed);
    mem_free(p);
}

static EVP_PKEY *take_spare(struct key_pool *p) {
    EVP_PKEY *key = NULL;
    (void)pthread_mutex_lock(&p->mutex);
    if (!p->started)
        p->started = pthread_create(&p->thread, NULL, fill, p) == 0;
    if (p->spare > 0)
        key = p->keys[--p->spare];
    (void)pthread_cond_broadcast(&p->changed);
    (void)pthread_mutex_unlock(&p->mutex);
    return key;
}

status key_pool_take(struct key_pool *p, EVP_PKEY **out_key) {
    EVP_PKEY *key = p ? take_spare(p) : NULL;
    if (!key)
        return generate(NULL, out_key);
    *out_key = key;
    return OK;
}

unsigned key_pool_spare(struct key_pool *p) {
    (void)pthread_mutex_lock(&p->mutex);
    unsigned spare = p->spare;
    (void)pthread_mutex_unlock(&p->mutex);
    return spare;
}
