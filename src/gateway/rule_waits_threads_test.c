/* Rules that wait, side by side. Runs under ThreadSanitizer too (suite 'threads'). */
#include "gateway/rule_waits.h"

#include <semaphore.h>
#include <stdatomic.h>

#include "support/testing.h"

enum { HANGING = 20, QUICK = 50, AT_A_TIME = 4 };

struct message {
    struct rule_wait wait;
    bool hangs;
};

static sem_t hang, done;
static atomic_uint hanging, most_hanging;

static void run(struct rule_wait *w) {
    struct message *m = OWNER(w, struct message, wait);
    if (m->hangs) {
        unsigned now = atomic_fetch_add(&hanging, 1) + 1;
        if (now > atomic_load(&most_hanging))
            atomic_store(&most_hanging, now);
        (void)sem_wait(&hang);
        atomic_fetch_sub(&hanging, 1);
    }
    mem_free(m);
    (void)sem_post(&done);
}

static status offer(struct rule_waits *waits, struct workers *crew, bytes rule, bool hangs) {
    struct message *m = NEW(struct message);
    m->wait.run = run;
    m->hangs = hangs;
    status s = rule_waits_offer(waits, crew, rule, &m->wait);
    if (s != OK)
        mem_free(m);
    return s;
}

TEST(a_rule_that_hangs_has_four_workers_and_holds_up_no_other) {
    struct workers *crew = workers_new(8);
    struct rule_waits *waits = rule_waits_new();
    CHECK_INT(sem_init(&hang, 0, 0), 0);
    CHECK_INT(sem_init(&done, 0, 0), 0);
    for (int i = 0; i < HANGING; i++)
        CHECK_OK(offer(waits, crew, BYTES("1/hangs"), true));
    for (int i = 0; i < QUICK; i++)
        CHECK_OK(offer(waits, crew, BYTES("1/quick"), false));
    for (int i = 0; i < QUICK; i++)
        CHECK_INT(sem_wait(&done), 0); /* though none of the others has ended */
    for (int i = 0; i < HANGING; i++)
        CHECK_INT(sem_post(&hang), 0);
    for (int i = 0; i < HANGING; i++)
        CHECK_INT(sem_wait(&done), 0);
    CHECK(atomic_load(&most_hanging) <= AT_A_TIME);
    workers_free(crew);
    rule_waits_free(waits);
}

TEST(of_one_rule_a_thousand_messages_wait_and_no_more) {
    struct workers *crew = workers_new(8);
    struct rule_waits *waits = rule_waits_new();
    int taken = 0;
    while (taken < 2000 && offer(waits, crew, BYTES("1/hangs"), true) == OK)
        taken++;
    CHECK(taken >= 1000 && taken <= 1000 + AT_A_TIME);
    CHECK_OK(offer(waits, crew, BYTES("1/other"), false));
    for (int i = 0; i < taken; i++)
        CHECK_INT(sem_post(&hang), 0);
    workers_free(crew);
    rule_waits_free(waits);
}

TEST_MAIN("gateway/rule_waits")
