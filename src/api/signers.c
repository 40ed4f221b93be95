#include "api/signers.h"

#include <pthread.h>

enum { SPARE_MAX = 64 };

struct signers {
    pthread_mutex_t lock;
    struct sigv4_signer *spare[SPARE_MAX];
    size_t count;
};

struct signers *signers_new(void) {
    struct signers *s = NEW(struct signers);
    (void)pthread_mutex_init(&s->lock, NULL);
    return s;
}

void signers_free(struct signers *s) {
    if (!s)
        return;
    while (s->count)
        sigv4_signer_free(s->spare[--s->count]);
    (void)pthread_mutex_destroy(&s->lock);
    mem_free(s);
}

struct sigv4_signer *signers_take(struct signers *s) {
    (void)pthread_mutex_lock(&s->lock);
    struct sigv4_signer *signer = s->count ? s->spare[--s->count] : NULL;
    (void)pthread_mutex_unlock(&s->lock);
    return signer ? signer : sigv4_signer_new();
}

void signers_return(struct signers *s, struct sigv4_signer *signer) {
    (void)pthread_mutex_lock(&s->lock);
    if (s->count < SPARE_MAX)
        s->spare[s->count++] = TAKE(signer);
    (void)pthread_mutex_unlock(&s->lock);
    sigv4_signer_free(signer);
}
