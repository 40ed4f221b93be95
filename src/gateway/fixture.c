#include "gateway/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/documents.h"
#include "gateway/principals.h"
#include "gateway/rules.h"
#include "iam/session.h"
#include "registry/policy.h"

enum { DRAIN_MS_MAX = 10000 };

static void must(status s) {
    if (s == OK)
        return;
    (void)fprintf(stderr, "%s\n", failure_text());
    abort();
}

void gateway_fixture_open(struct gateway_fixture *f, uint64_t seed) {
    struct server *s = &f->server;
    *f = (struct gateway_fixture){.sim = sim_new(seed)};
    f->settings.mqtt = TEST_MQTT;
    f->settings.region = TEST_REGION;
    s->settings = &f->settings;
    must(store_open(&store_memory, "", &s->store));
    store_on_change(s->store, principals_told, s);
    must(account_ensure_default(s->store, BYTES(TEST_ACCOUNT), &s->account));
    must(iam_sessions_prepare(s->store));
    must(rules_open(s));
    s->documents = documents_new();
    s->directory = directory_new();
    for (int crew = 0; crew < CREW_COUNT; crew++)
        s->workers[crew] = sim_workers_new(f->sim);
}

void gateway_fixture_start(struct gateway_fixture *f, unsigned loops) {
    for (unsigned i = 0; i < loops; i++)
        must(server_add_plane(&f->server, sim_loop_new(f->sim), loops));
    server_connect_planes(&f->server);
}

void gateway_fixture_drain(struct gateway_fixture *f) {
    sim_run_until_idle(f->sim);
    for (unsigned i = 0; i < f->server.plane_count; i++)
        plane_drain(f->server.planes[i]);
    sim_pass(f->sim, DRAIN_MS_MAX);
}

void gateway_fixture_close(struct gateway_fixture *f) {
    gateway_fixture_drain(f);
    struct sim *sim = f->sim;
    server_close(&f->server);
    sim_free(sim);
}

/* There are five versions at most: those that are not in use make room. */
static status drop_old_versions(const struct registry *r, bytes name) {
    struct policy_version_record *versions;
    size_t count;
    TRY(policy_version_list(r, name, &versions, &count));
    for (size_t i = 0; i < count; i++) {
        char number[24];
        (void)snprintf(number, sizeof number, "%llu", (unsigned long long)versions[i].version);
        if (!versions[i].is_default)
            TRY(policy_version_delete(r, name, bytes_from(number)));
    }
    return OK;
}

static status save(const struct registry *r, bytes name, bytes document) {
    struct policy_version_record version;
    struct policy_record policy;
    if (policy_load(r, name, &policy) != OK)
        return policy_create(r, name, document, NULL);
    TRY(drop_old_versions(r, name));
    return policy_version_create(r, name, document, true, &version);
}

static status change_policy(struct store *store, bytes name,
                            status (*change)(const struct registry *r, bytes name, bytes document),
                            bytes document) {
    AUTO(arena) memory = {0};
    struct txn *t;
    TRY(store_begin_write(store, &t));
    struct registry r = {t, &memory, BYTES(TEST_ACCOUNT), BYTES(TEST_REGION)};
    status s = change(&r, name, document);
    if (s == OK)
        return store_commit(t);
    store_rollback(t);
    return s;
}

status test_policy_save(struct store *store, bytes name, bytes document) {
    return change_policy(store, name, save, document);
}

static status delete (const struct registry *r, bytes name, bytes unused) {
    UNUSED(unused);
    TRY(drop_old_versions(r, name));
    return policy_delete(r, name);
}

status test_policy_delete(struct store *store, bytes name) {
    return change_policy(store, name, delete, (bytes){0});
}
