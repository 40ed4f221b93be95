/* A server for tests: its loops, network and clock simulated, its store in memory, a plain MQTT
 * listener, and nothing else unless the settings are changed before it starts.
 *
 *     struct gateway_fixture f;
 *     gateway_fixture_open(&f, seed);
 *     f.settings.profile = PROFILE_STANDARD;
 *     gateway_fixture_start(&f, 2);
 *     struct sim_end *lamp = sim_connect(f.sim, BYTES(TEST_MQTT));
 *     …
 *     sim_end_free(lamp);
 *     gateway_fixture_close(&f);
 */
#pragma once
#include "gateway/server.h"
#include "gateway/settings.h"
#include "loop/simulated.h"

#define TEST_MQTT "127.0.0.1:1883"
#define TEST_ACCOUNT "111122223333"
#define TEST_REGION "eu-west-1"
#define TEST_ARN(resource) "arn:aws:iot:" TEST_REGION ":" TEST_ACCOUNT ":" resource

struct gateway_fixture {
    struct sim *sim;
    struct settings settings;
    struct server server;
};

/* The store and the workers are there when it is open; the loops when it has started. A failure
 * ends the process. */
void gateway_fixture_open(struct gateway_fixture *f, uint64_t seed);
void gateway_fixture_start(struct gateway_fixture *f, unsigned loops);
/* gateway_fixture_drain stops the server as SIGTERM does and lets time pass until it has stopped.
 */
void gateway_fixture_drain(struct gateway_fixture *f);
/* gateway_fixture_close drains and frees; the test's ends of connections must be freed before. */
void gateway_fixture_close(struct gateway_fixture *f);

/* test_policy_save makes a policy of TEST_ACCOUNT, or a new default version of it, as the API does;
 * also for servers that are not simulated. */
NODISCARD
status test_policy_save(struct store *store, bytes name, bytes document);
NODISCARD
status test_policy_delete(struct store *store, bytes name);
