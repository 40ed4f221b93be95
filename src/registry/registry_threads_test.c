/* Several workers change the same few objects at once: whatever the order, the registry ends in a
 * state that one after the other could have reached. Runs under ThreadSanitizer too. */
#include "registry/fixture.h"
#include "store/fixture.h"
#include "support/testing.h"

#include <pthread.h>
#include <stdatomic.h>

enum { THREADS = 6, ROUNDS = 60 };

static struct store *shared;
static atomic_size_t failures;

/* One operation on certificate 1, policy "p" and thing "lamp"; refusals are legal, failures not. */
static status operate(struct registry_fixture *f, unsigned choice) {
    bytes id = fixture_id(f, 1), arn = certificate_arn(&f->r, id);
    struct certificate_new c = fixture_certificate(f, 1);
    switch (choice % 10) {
    case 0:
        return certificate_register(&f->r, &c, NULL);
    case 1:
        return certificate_delete(&f->r, id, false);
    case 2:
        return certificate_delete(&f->r, id, true);
    case 3:
        return policy_create(&f->r, BYTES("p"), BYTES("{}"), NULL);
    case 4:
        return policy_attach(&f->r, BYTES("p"), arn);
    case 5:
        return policy_detach(&f->r, BYTES("p"), arn);
    case 6:
        return policy_delete(&f->r, BYTES("p"));
    case 7:
        return thing_create(&f->r, &(struct thing_record){.name = BYTES("lamp")}, NULL);
    case 8:
        return thing_principal_attach(&f->r, BYTES("lamp"), arn, THING_PRINCIPAL_EXCLUSIVE);
    default:
        TRY(thing_principal_detach(&f->r, BYTES("lamp"), arn));
        return thing_delete(&f->r, BYTES("lamp"), 0);
    }
}

static bool is_refusal(status s) {
    return s == E_EXISTS || s == E_NOT_FOUND || s == E_DELETE_CONFLICT || s == E_INVALID ||
           s == E_CERTIFICATE_STATE;
}

static void run_one(unsigned choice) {
    struct registry_fixture f = {.store = shared};
    f.r = (struct registry){NULL, &f.arena, BYTES("111111111111"), BYTES("us-east-1")};
    if (store_begin_write(shared, &f.r.txn) != OK) {
        atomic_fetch_add(&failures, 1);
        return;
    }
    status s = operate(&f, choice);
    if (s == OK)
        s = store_commit(f.r.txn);
    else
        store_rollback(f.r.txn);
    if (s != OK && !is_refusal(s))
        atomic_fetch_add(&failures, 1);
    arena_done(&f.arena);
}

static void *run_rounds(void *seed) {
    unsigned state = *(unsigned *)seed;
    for (int i = 0; i < ROUNDS; i++) {
        state = state * 1103515245 + 12345;
        run_one(state >> 16);
    }
    return NULL;
}

/* Both sides of each relation agree, and nothing refers to what is not there. */
static void check_legal(struct registry_fixture *f) {
    bytes id = fixture_id(f, 1), arn = certificate_arn(&f->r, id);
    struct certificate_record certificate;
    struct thing_record lamp;
    struct policy_record policy;
    struct policy_list policies = {0};
    struct target_list targets = {0};
    struct thing_principal_list things = {0}, principals = {0};
    struct certificate_list all;
    bool has_certificate = certificate_load(&f->r, id, &certificate) == OK;
    bool has_thing = thing_load(&f->r, BYTES("lamp"), &lamp) == OK;
    bool has_policy = policy_load(&f->r, BYTES("p"), &policy) == OK;
    if (has_certificate) {
        CHECK_OK(policy_list_attached(&f->r, arn, &(struct page){0}, &policies));
        CHECK_OK(principal_list_things(&f->r, arn, NULL, &(struct page){0}, &things));
    }
    if (has_policy)
        CHECK_OK(policy_list_targets(&f->r, BYTES("p"), &(struct page){0}, &targets));
    if (has_thing)
        CHECK_OK(thing_list_principals(&f->r, BYTES("lamp"), NULL, &(struct page){0}, &principals));
    CHECK_INT(policies.count, targets.count);
    CHECK_INT(things.count, principals.count);
    CHECK_OK(certificate_list(&f->r, &(struct page){0}, &all));
    CHECK_INT(all.count, has_certificate);
}

static void race(struct store *s) {
    pthread_t threads[THREADS];
    unsigned seeds[THREADS];
    struct registry_fixture f;
    shared = s;
    atomic_store(&failures, 0);
    for (unsigned i = 0; i < THREADS; i++) {
        seeds[i] = 17 + i;
        CHECK_INT(pthread_create(&threads[i], NULL, run_rounds, &seeds[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        CHECK_INT(pthread_join(threads[i], NULL), 0);
    CHECK_INT(atomic_load(&failures), 0);
    registry_fixture_init(&f, s);
    check_legal(&f);
    registry_fixture_done(&f);
}
TEST(attaching_detaching_and_deleting_at_once_ends_in_a_legal_state) {
    store_fixture_each(race);
}

TEST_MAIN("registry/threads")
