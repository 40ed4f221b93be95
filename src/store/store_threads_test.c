/* Several threads write and read at once. Runs under ThreadSanitizer too (suite 'threads'). */
#include "base/clock.h"
#include "store/fixture.h"
#include "store/internal.h"
#include "support/testing.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { THREADS = 8, ROUNDS = 40 };

static struct store *shared;
static atomic_size_t failures, told_count;
static uint64_t last_told; /* by the listener only: one at a time, in commit order */

/* Each change carries the counter's value after it: the listener must see 1, 2, 3 … */
static void listen(void *context, const struct change *changes, size_t count) {
    UNUSED(context);
    for (size_t i = 0; i < count; i++) {
        uint64_t value;
        if (bytes_to_u64(changes[i].key, UINT64_MAX, &value) != OK || value != last_told + 1)
            atomic_fetch_add(&failures, 1);
        last_told = value;
        atomic_fetch_add(&told_count, 1);
    }
}

static status read_counter(struct txn *t, uint64_t *out_value) {
    AUTO(arena) a = {0};
    bytes text;
    status s = store_load(t, TABLE_META, BYTES("counter"), &a, &text);
    *out_value = 0;
    return s == E_NOT_FOUND ? OK : s != OK ? s : bytes_to_u64(text, UINT64_MAX, out_value);
}

/* Adds one; every fifth transaction writes nonsense and takes it back. */
static status count_up(bool take_back) {
    struct txn *t;
    uint64_t value;
    char text[32];
    TRY(store_begin_write(shared, &t));
    status s = read_counter(t, &value);
    (void)snprintf(text, sizeof text, "%llu", take_back ? 666ULL : (unsigned long long)value + 1);
    if (s == OK)
        s = store_save(t, TABLE_META, BYTES("counter"), bytes_from(text));
    if (s != OK || take_back) {
        store_rollback(t);
        return s;
    }
    store_note(t, CHANGE_THING, BYTES("1"), bytes_from(text));
    return store_commit(t);
}

static void *write_rounds(void *unused) {
    UNUSED(unused);
    for (int i = 0; i < ROUNDS; i++)
        if (count_up(i % 5 == 4) != OK)
            atomic_fetch_add(&failures, 1);
    return NULL;
}

static void *read_rounds(void *unused) {
    UNUSED(unused);
    uint64_t before = 0;
    for (int i = 0; i < ROUNDS; i++) {
        struct txn *t;
        uint64_t value;
        if (store_begin_read(shared, &t) != OK) {
            atomic_fetch_add(&failures, 1);
            continue;
        }
        if (read_counter(t, &value) != OK || value < before || value == 666)
            atomic_fetch_add(&failures, 1);
        before = value;
        store_rollback(t);
    }
    return NULL;
}

static void counts(struct store *s) {
    pthread_t threads[THREADS + 2];
    shared = s;
    atomic_store(&failures, 0);
    atomic_store(&told_count, 0);
    last_told = 0;
    store_on_change(s, listen, NULL);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        CHECK_INT(pthread_create(&threads[i], NULL, i < THREADS ? write_rounds : read_rounds, NULL),
                  0);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        CHECK_INT(pthread_join(threads[i], NULL), 0);
    CHECK_INT(atomic_load(&failures), 0);
    CHECK_INT(atomic_load(&told_count), THREADS * ROUNDS * 4 / 5);
    struct txn *t;
    uint64_t value;
    CHECK_OK(store_begin_read(s, &t));
    CHECK_OK(read_counter(t, &value));
    CHECK_INT(value, THREADS * ROUNDS * 4 / 5);
    store_rollback(t);
}
TEST(commits_of_eight_threads_are_all_kept_and_told_in_order) {
    store_fixture_each(counts);
}

/* One batch on purpose: the first commit's listener holds the turn until three more writers wait.
 */
static sem_t first_is_told, others_wait;
static bool disk_is_full, saw_last_with_first;

static void limit_files_to(rlim_t size) {
    struct rlimit limit;
    (void)getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = size;
    (void)setrlimit(RLIMIT_FSIZE, &limit);
}

static bool is_stored(const char *key) {
    struct txn *t;
    bool present = false;
    if (store_begin_read(shared, &t) != OK)
        return false;
    if (store_has(t, TABLE_META, bytes_from(key), &present) != OK)
        present = false;
    store_rollback(t);
    return present;
}

static void hold_the_turn(void *context, const struct change *changes, size_t count) {
    UNUSED(context);
    UNUSED(count);
    if (bytes_equal(changes[0].key, BYTES("first"))) {
        (void)sem_post(&first_is_told);
        (void)sem_wait(&others_wait);
        if (disk_is_full)
            limit_files_to(1);
    } else if (bytes_equal(changes[0].key, BYTES("b"))) {
        saw_last_with_first = is_stored("d");
    }
}

struct writer {
    const char *key;
    bool take_back;
    status result;
};

static status write_key(const struct writer *w) {
    struct txn *t;
    TRY(store_begin_write(shared, &t));
    status s = store_save(t, TABLE_META, bytes_from(w->key), BYTES("1"));
    if (s != OK || w->take_back) {
        store_rollback(t);
        return s;
    }
    store_note(t, CHANGE_THING, BYTES("1"), bytes_from(w->key));
    return store_commit(t);
}

static void *write_one(void *writer) {
    struct writer *w = writer;
    w->result = write_key(w);
    return NULL;
}

static void wait_for_line(size_t count) {
    while (sqlite_writers_waiting(shared) < count)
        (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

/* first, then b, c (which takes back what it wrote) and d in one batch. The clock stands still, for
 * a batch that is open for long ends even if somebody waits, and on a busy machine all is long. */
static void run_batch(struct writer writers[4]) {
    pthread_t threads[4];
    CHECK_INT(sem_init(&first_is_told, 0, 0), 0);
    CHECK_INT(sem_init(&others_wait, 0, 0), 0);
    store_on_change(shared, hold_the_turn, NULL);
    clock_simulate(1);
    for (size_t i = 0; i < 4; i++) {
        CHECK_INT(pthread_create(&threads[i], NULL, write_one, &writers[i]), 0);
        if (i == 0)
            CHECK_INT(sem_wait(&first_is_told), 0);
        else
            wait_for_line(i);
    }
    CHECK_INT(sem_post(&others_wait), 0);
    for (size_t i = 0; i < 4; i++)
        CHECK_INT(pthread_join(threads[i], NULL), 0);
    clock_simulate(-1);
}

TEST(commits_that_wait_share_one_and_a_failing_one_takes_nobody_along) {
    struct store_fixture f = store_fixture_open(&store_sqlite);
    struct writer writers[4] = {
        {"first", false, OK}, {"b", false, OK}, {"c", true, OK}, {"d", false, OK}};
    shared = f.store;
    saw_last_with_first = false;
    run_batch(writers);
    for (size_t i = 0; i < 4; i++)
        CHECK_INT(writers[i].result, OK);
    CHECK(is_stored("first") && is_stored("b") && !is_stored("c") && is_stored("d"));
    CHECK(saw_last_with_first); /* when b was told, d was durable too */
    store_fixture_done(&f);
}

TEST(a_failure_of_the_shared_commit_reaches_every_member) {
    struct store_fixture f = store_fixture_open(&store_sqlite);
    struct writer writers[4] = {
        {"first", false, OK}, {"b", false, OK}, {"c", true, OK}, {"d", false, OK}};
    shared = f.store;
    (void)signal(SIGXFSZ, SIG_IGN);
    disk_is_full = true;
    run_batch(writers);
    disk_is_full = false;
    limit_files_to(RLIM_INFINITY);
    CHECK_INT(writers[0].result, OK);
    CHECK_INT(writers[1].result, E_UNAVAILABLE);
    CHECK_INT(writers[3].result, E_UNAVAILABLE);
    CHECK(is_stored("first") && !is_stored("b") && !is_stored("c") && !is_stored("d"));
    CHECK_OK(write_key(&(struct writer){"e", false, OK}));
    CHECK(is_stored("e"));
    store_fixture_done(&f);
}

TEST_MAIN("store/threads")
