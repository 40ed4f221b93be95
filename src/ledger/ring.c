#include "ledger/ring.h"

#include <pthread.h>
#include <stdio.h>

#include "base/clock.h"

enum { READERS_MAX = 16 };

struct ring {
    struct ledger *ledger;
    const struct ledger_plan *plan;
    int64_t now_ms;
    pthread_mutex_t mutex;
    pthread_cond_t moved; /* any of the numbers below */
    uint64_t filled, taken, given,
        returned; /* chunks, ever: by filler, readers, to and by writer */
    bool at_end, stopping;
    status result;
    char sentence[1024];
    pthread_t filler, readers[READERS_MAX];
    unsigned reader_count;
    bool has_filler;
    struct chunk chunks[RING_CHUNKS];
};

static struct chunk *chunk_at(struct ring *r, uint64_t number) {
    return &r->chunks[number % RING_CHUNKS];
}

/* ---- filling ---- */

static status fill(struct ring *r, struct chunk *c) {
    bool taken = true;
    c->count = 0;
    while (c->count < CHUNK_ENTRIES) {
        status s = ledger_next(r->ledger, &c->pieces[c->count], &taken);
        if (s != OK || !taken)
            return s;
        c->count++;
    }
    return OK;
}

/* False when the ring is to end. */
static bool wait_for_room(struct ring *r) {
    pthread_mutex_lock(&r->mutex);
    while (!r->stopping && r->filled - r->returned == RING_CHUNKS)
        pthread_cond_wait(&r->moved, &r->mutex);
    bool goes_on = !r->stopping;
    pthread_mutex_unlock(&r->mutex);
    return goes_on;
}

static void hand_on(struct ring *r, const struct chunk *c, status s) {
    pthread_mutex_lock(&r->mutex);
    r->filled += c->count > 0;
    r->at_end = s != OK || c->count < CHUNK_ENTRIES;
    r->result = s;
    if (s != OK)
        (void)snprintf(r->sentence, sizeof r->sentence, "%s", failure_text());
    pthread_cond_broadcast(&r->moved);
    pthread_mutex_unlock(&r->mutex);
}

static void *run_filler(void *ring) {
    struct ring *r = ring;
    bool more = true;
    while (more && wait_for_room(r)) {
        struct chunk *c = chunk_at(r, r->filled);
        arena_reset(&c->memory);
        c->is_read = false;
        status s = fill(r, c);
        c->fraction = ledger_fraction(r->ledger);
        more = s == OK && c->count == CHUNK_ENTRIES;
        hand_on(r, c, s);
    }
    return NULL;
}

/* ---- reading ---- */

static struct chunk *take(struct ring *r) {
    struct chunk *c = NULL;
    pthread_mutex_lock(&r->mutex);
    while (!r->stopping && !r->at_end && r->taken == r->filled)
        pthread_cond_wait(&r->moved, &r->mutex);
    if (!r->stopping && r->taken < r->filled)
        c = chunk_at(r, r->taken++);
    pthread_mutex_unlock(&r->mutex);
    return c;
}

static void *run_reader(void *ring) {
    struct ring *r = ring;
    for (struct chunk *c; (c = take(r));) {
        c->entries = ARENA_ARRAY(&c->memory, struct ledger_entry, c->count);
        for (size_t i = 0; i < c->count; i++)
            entry_read(r->ledger, r->plan, &c->pieces[i], r->now_ms, &c->memory, &c->entries[i]);
        pthread_mutex_lock(&r->mutex);
        c->is_read = true;
        pthread_cond_broadcast(&r->moved);
        pthread_mutex_unlock(&r->mutex);
    }
    return NULL;
}

/* ---- the writer's side ---- */

status ring_start(struct ledger *l, const struct ledger_plan *plan, unsigned readers,
                  struct ring **out_ring) {
    struct ring *r = NEW(struct ring);
    r->ledger = l;
    r->plan = plan;
    r->now_ms = clock_wall_ms();
    pthread_mutex_init(&r->mutex, NULL);
    pthread_cond_init(&r->moved, NULL);
    r->has_filler = pthread_create(&r->filler, NULL, run_filler, r) == 0;
    while (r->has_filler && r->reader_count < readers && r->reader_count < READERS_MAX &&
           pthread_create(&r->readers[r->reader_count], NULL, run_reader, r) == 0)
        r->reader_count++;
    if (r->reader_count == 0) {
        ring_stop(r);
        return FAIL(E_UNAVAILABLE, "threads cannot be started");
    }
    *out_ring = r;
    return OK;
}

struct chunk *ring_next(struct ring *r, status *out_result) {
    struct chunk *c = NULL;
    pthread_mutex_lock(&r->mutex);
    while (!(r->given < r->taken && chunk_at(r, r->given)->is_read) &&
           !(r->at_end && r->given == r->filled))
        pthread_cond_wait(&r->moved, &r->mutex);
    if (r->given < r->filled)
        c = chunk_at(r, r->given++);
    else
        *out_result = r->result == OK ? OK : FAIL(r->result, "%s", r->sentence);
    pthread_mutex_unlock(&r->mutex);
    return c;
}

void ring_give_back(struct ring *r, size_t count) {
    pthread_mutex_lock(&r->mutex);
    r->returned += count;
    pthread_cond_broadcast(&r->moved);
    pthread_mutex_unlock(&r->mutex);
}

void ring_stop(struct ring *r) {
    pthread_mutex_lock(&r->mutex);
    r->stopping = true;
    pthread_cond_broadcast(&r->moved);
    pthread_mutex_unlock(&r->mutex);
    if (r->has_filler)
        (void)pthread_join(r->filler, NULL);
    for (unsigned i = 0; i < r->reader_count; i++)
        (void)pthread_join(r->readers[i], NULL);
    for (size_t i = 0; i < RING_CHUNKS; i++)
        arena_done(&r->chunks[i].memory);
    pthread_cond_destroy(&r->moved);
    pthread_mutex_destroy(&r->mutex);
    mem_free(r);
}
