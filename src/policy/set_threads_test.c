/* Documents and sets are shared by threads without a lock. Runs under ThreadSanitizer (suite
 * 'threads'). */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "policy/fixture.h"
#include "support/testing.h"

enum { THREADS = 4, ROUNDS = 300 };

static struct policy_document *document;
static struct policy_set *shared;
static atomic_size_t failures;

/* Each thread takes references, binds sets of its own, checks the shared one and lets go. */
static void *work(void *argument) {
    const char *client = argument;
    for (int i = 0; i < ROUNDS; i++) {
        AUTO(arena) a = {0};
        AUTO(buf) sentence = {0};
        struct policy_document *d = policy_document_ref(document);
        struct policy_set *common = policy_set_ref(shared);
        struct policy_set *own = policy_set_bind(
            &d, 1, &fixture_scope, fixture_context(&a, arena_printf(&a, "cid=%s", client)));
        policy_document_unref(d);
        struct policy_decision yes = policy_check(own, POLICY_CONNECT, bytes_from(client), NULL);
        struct policy_decision no = policy_check(common, POLICY_CONNECT, bytes_from(client), NULL);
        policy_decision_explain(common, no, POLICY_CONNECT, bytes_from(client), NULL, &sentence);
        if (yes.verdict != POLICY_ALLOWED || no.verdict != POLICY_IMPLICIT_DENY || !sentence.len)
            atomic_fetch_add(&failures, 1);
        policy_set_unref(own);
        policy_set_unref(common);
    }
    return NULL;
}

TEST(threads_bind_check_and_release_what_they_share) {
    pthread_t threads[THREADS];
    char names[THREADS][8];
    AUTO(arena) a = {0};
    document = fixture_document("P", "[{'E':'Allow','A':'Connect','R':'C:${iot:ClientId}'}]");
    shared = policy_set_bind(&document, 1, &fixture_scope, fixture_context(&a, "cid=nobody"));
    for (int i = 0; i < THREADS; i++) {
        (void)snprintf(names[i], sizeof names[i], "lamp%d", i);
        CHECK(pthread_create(&threads[i], NULL, work, names[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    policy_set_unref(shared);
    policy_document_unref(document);
    CHECK_INT(atomic_load(&failures), 0);
}

TEST_MAIN("policy/threads")
