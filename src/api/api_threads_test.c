#include <pthread.h>
#include <stdio.h>

#include "api/fixture.h"
#include "codec/json.h"
#include "support/testing.h"

enum { THREADS = 4, REQUESTS = 25 };

/* Each thread asks on its own; store, patterns and signers are shared. */
struct asker {
    pthread_t thread;
    struct fixture fixture;
    unsigned number, succeeded;
};

static void *asks(void *arg) {
    struct asker *a = arg;
    for (unsigned i = 0; i < REQUESTS; i++) {
        char target[64];
        (void)snprintf(target, sizeof target, "/things/lamp-%u-%u", a->number, i);
        a->succeeded += ask(&a->fixture, "POST", target, NULL) == 200;
        a->succeeded += ask(&a->fixture, "GET", target, NULL) == 200;
        a->succeeded += ask(&a->fixture, "GET", "/things?maxResults=5", NULL) == 200;
        arena_reset(&a->fixture.arena);
    }
    return NULL;
}

TEST(many_workers_answer_at_once) {
    struct fixture f = fixture_open();
    struct asker askers[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        askers[i] = (struct asker){.fixture = f, .number = i};
        CHECK(pthread_create(&askers[i].thread, NULL, asks, &askers[i]) == 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        (void)pthread_join(askers[i].thread, NULL);
        CHECK_INT(askers[i].succeeded, 3 * REQUESTS);
        api_response_done(&askers[i].fixture.response);
        arena_done(&askers[i].fixture.arena);
    }
    CHECK_INT(ask(&f, "GET", "/things?maxResults=250", NULL), 200);
    CHECK_INT(answered_json(&f, "things")->count, THREADS * REQUESTS);
    fixture_done(&f);
}

TEST_MAIN("api/threads")
