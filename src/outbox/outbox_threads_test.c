/* Many put, a crew delivers. Runs under ThreadSanitizer too (suite 'threads'). */
#include "outbox/outbox.h"
#include "store/fixture.h"
#include "support/testing.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { WRITERS = 4, ITEMS = 50, LANES = 5 };

static struct outbox *shared;
static struct store *store;
static atomic_size_t delivered, failed_once, at_once[LANES], most_at_once, failures;
static sem_t hang;

static void told(void *context, const struct change *changes, size_t count) {
    UNUSED(context);
    outbox_told(shared, changes, count);
}

static void sleep_ms(int ms) {
    (void)nanosleep(&(struct timespec){.tv_nsec = ms * 1000000L}, NULL);
}

/* The payload is the lane's digit. Every third item fails at first. */
static status deliver(void *context, struct outbox_delivery *d, size_t count, struct arena *a) {
    UNUSED(context);
    UNUSED(count);
    UNUSED(a);
    size_t lane = (size_t)(d->item.payload.ptr[0] - '0');
    size_t now = atomic_fetch_add(&at_once[lane], 1) + 1;
    if (now > atomic_load(&most_at_once))
        atomic_store(&most_at_once, now);
    sleep_ms(1);
    atomic_fetch_sub(&at_once[lane], 1);
    d->again_in_ms = 1;
    if (d->id % 3 == 0 && d->attempts == 0) {
        atomic_fetch_add(&failed_once, 1);
        return FAIL(E_UNAVAILABLE, "not yet");
    }
    atomic_fetch_add(&delivered, 1);
    return OK;
}

static status put(const char *kind, size_t lane) {
    char name[] = {'l', (char)('0' + lane), '\0'};
    struct outbox_item item = {.kind = kind,
                               .account = BYTES("111122223333"),
                               .lane = bytes_from(name),
                               .payload = bytes_from(name + 1)};
    struct txn *t;
    TRY(store_begin_write(store, &t));
    status s = outbox_put(shared, t, &item, NULL);
    if (s == OK)
        return store_commit(t);
    store_rollback(t);
    return s;
}

static void *write_items(void *unused) {
    UNUSED(unused);
    for (size_t i = 0; i < ITEMS; i++)
        if (put("test", i % LANES) != OK)
            atomic_fetch_add(&failures, 1);
    return NULL;
}

static void wait_until_delivered(size_t count) {
    for (int i = 0; i < 60000 && atomic_load(&delivered) < count; i++)
        sleep_ms(1);
    CHECK_INT(atomic_load(&delivered), count);
}

static void open_shared(struct store *s, const struct outbox_kind *kinds, size_t count) {
    struct outbox_config config = outbox_standard;
    config.store = store = s;
    config.threads_max = 16;
    atomic_store(&delivered, 0);
    atomic_store(&failed_once, 0);
    atomic_store(&most_at_once, 0);
    atomic_store(&failures, 0);
    shared = outbox_new(&config);
    for (size_t i = 0; i < count; i++)
        outbox_add_kind(shared, &kinds[i]);
    store_on_change(s, told, NULL);
    CHECK_OK(outbox_start(shared));
}

static void delivers_all(struct store *s) {
    static const struct outbox_kind kind = {.name = "test", .at_a_time = 2, .deliver = deliver};
    pthread_t threads[WRITERS];
    open_shared(s, &kind, 1);
    for (size_t i = 0; i < WRITERS; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, write_items, NULL), 0);
    for (size_t i = 0; i < WRITERS; i++)
        CHECK_INT(pthread_join(threads[i], NULL), 0);
    wait_until_delivered((size_t)WRITERS * ITEMS);
    CHECK_INT(atomic_load(&failures), 0);
    CHECK(atomic_load(&failed_once) > 0);
    CHECK(atomic_load(&most_at_once) <= 2);
    outbox_close(shared);
    open_shared(s, &kind, 1); /* nothing was left */
    CHECK_INT(outbox_counts(shared).items, 0);
    outbox_close(shared);
}
TEST(four_writers_and_a_crew_deliver_everything_twice_a_lane_at_a_time_at_most) {
    store_fixture_each(delivers_all);
}

static status deliver_never(void *context, struct outbox_delivery *d, size_t count,
                            struct arena *a) {
    UNUSED(context);
    UNUSED(d);
    UNUSED(count);
    UNUSED(a);
    (void)sem_wait(&hang);
    return OK;
}

static struct outbox_lane_view *view(struct arena *a, size_t *out_count) {
    struct outbox_lane_view *lanes;
    struct txn *t;
    CHECK_OK(store_begin_read(store, &t));
    CHECK_OK(outbox_view(t, a, &lanes, out_count));
    store_rollback(t);
    return lanes;
}

/* Three lanes hang with two deliveries each; the fourth does not notice. */
static void hangs(struct store *s) {
    static const struct outbox_kind kinds[] = {
        {.name = "hangs", .at_a_time = 2, .deliver = deliver_never},
        {.name = "test", .at_a_time = 2, .deliver = deliver}};
    enum { HANGING = 6 };
    CHECK_INT(sem_init(&hang, 0, 0), 0);
    open_shared(s, kinds, COUNT_OF(kinds));
    for (size_t i = 0; i < 9; i++)
        CHECK_OK(put("hangs", i % 3));
    for (size_t i = 0; i < 20; i++)
        CHECK_OK(put("test", 3));
    wait_until_delivered(20);
    for (int i = 0; i < 60000 && outbox_counts(shared).under_way < HANGING; i++)
        sleep_ms(1);
    CHECK_INT(outbox_counts(shared).under_way, HANGING);
    AUTO(arena) memory = {0};
    size_t count = 0, slow = 0;
    for (int i = 0; i < 10000 && slow < HANGING; i++) { /* within a second or so people see it */
        struct outbox_lane_view *lanes = view(&memory, &count);
        slow = 0;
        for (size_t k = 0; k < count; k++)
            slow += lanes[k].under_way;
        sleep_ms(10);
    }
    CHECK_INT(slow, HANGING);
    for (size_t i = 0; i < 9; i++)
        (void)sem_post(&hang);
    for (int i = 0; i < 60000 && outbox_counts(shared).items > 0; i++)
        sleep_ms(1);
    CHECK_INT(outbox_counts(shared).items, 0);
    outbox_wait(shared); /* as a server does before it takes apart what its kinds reach */
    outbox_close(shared);
    (void)sem_destroy(&hang);
}
TEST(a_lane_that_hangs_costs_no_other_lane_anything_and_is_seen) {
    store_fixture_each(hangs);
}

TEST_MAIN("outbox/threads")
