/* What a device's first connect costs the server: CPU, and how many a second go through the disk.
 *
 *     bench_first_connect DIRECTORY [DEVICES]
 *
 * On an empty store in DIRECTORY with one CA: each device once from the writers' threads as the
 * gateway has them (registration, event, shared commit), then once more (the event again), then
 * with a certificate of a CA that nobody knows (a refusal that says why). */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "identity/material.h"
#include "identity/registration.h"
#include "provisioning/first_connect.h"
#include "report.h"

#define ACCOUNT BYTES("123456789012")
#define REGION BYTES("us-east-1")

enum { WRITERS = 8 }; /* gateway/server.c: CREW_WRITERS */

static struct store *store;
static struct arena memory;
static bytes *devices;
static unsigned device_count = 2000;
static _Atomic unsigned next, refused;
static _Atomic uint64_t events;

static void must(status s) {
    if (s == OK)
        return;
    (void)fprintf(stderr, "%s (%s)\n", failure_text(), failure_where());
    exit(EXIT_FAILURE);
}

static void hear(void *context, const struct announcement *announcements, size_t count) {
    UNUSED(context);
    UNUSED(announcements);
    atomic_fetch_add(&events, count);
}

static void adopt(void) {
    static const char *const ca_true[] = {"basicConstraints", "critical,CA:TRUE", NULL};
    struct recipe recipe = {.subject = "CN=Acme CA", .key = "P-256", .more = ca_true};
    struct ca_registration ca = {.pem = material_pem(&recipe, &memory),
                                 .mode = CERTIFICATE_MODE_SNI_ONLY,
                                 .active = true,
                                 .auto_registration = true};
    struct registered registered;
    struct txn *t;
    must(store_begin_write(store, &t));
    struct registry r = {t, &memory, ACCOUNT, REGION};
    must(register_ca_certificate(&r, &ca, clock_wall_ms(), &registered));
    must(store_commit(t));
}

static void make_devices(const char *issuer) {
    struct recipe recipe = {
        .subject = "CN=lamp", .key = "P-256#2", .issuer = issuer, .signer = "P-256"};
    devices = ARENA_ARRAY(&memory, bytes, device_count);
    for (unsigned i = 0; i < device_count; i++) {
        recipe.serial = arena_printf(&memory, "%08x", i + 1);
        devices[i] = material_der(&recipe, &memory);
    }
}

static void knock(bytes der) {
    struct first_connect f = {
        .store = store,
        .region = REGION,
        .account = ACCOUNT,
        .stranger = {.server_name = BYTES("x"), .server_name_known = true, .der = der}};
    struct first_connect_answer answer = {0};
    must(first_connect(&f, clock_wall_ms(), &answer));
    if (bytes_equal(bytes_from(answer.event), BYTES("connect.refused")))
        atomic_fetch_add(&refused, 1);
    first_connect_answer_done(&answer);
}

static void *work(void *unused) {
    UNUSED(unused);
    for (unsigned i; (i = atomic_fetch_add(&next, 1)) < device_count;)
        knock(devices[i]);
    return NULL;
}

static void measure(const char *name) {
    pthread_t threads[WRITERS];
    double cpu_us = report_cpu_us();
    uint64_t begun_us = clock_monotonic_us();
    atomic_store(&next, 0);
    for (int i = 0; i < WRITERS; i++)
        if (pthread_create(&threads[i], NULL, work, NULL) != 0)
            exit(EXIT_FAILURE);
    for (int i = 0; i < WRITERS; i++)
        (void)pthread_join(threads[i], NULL);
    report((report_cpu_us() - cpu_us) / device_count, "µs CPU", "%s", name);
    report(device_count * 1e6 / (double)(clock_monotonic_us() - begun_us), "/s", "%s, %d at a time",
           name, WRITERS);
}

int main(int argc, char **argv) {
    if (argc < 2) {
        (void)fprintf(stderr, "bench_first_connect DIRECTORY [DEVICES]\n");
        return 2;
    }
    if (argc > 2)
        device_count = (unsigned)strtoul(argv[2], NULL, 10);
    must(store_open(&store_sqlite, argv[1], &store));
    store_on_announcement(store, hear, NULL);
    adopt();
    make_devices("CN=Acme CA");
    (void)printf("%u devices\n", device_count);
    measure("first connect");
    measure("again, pending");
    make_devices("CN=nobody");
    measure("refused, issuer unknown");
    must(atomic_load(&events) == 2ULL * device_count && atomic_load(&refused) == 2 * device_count
             ? OK
             : FAIL(E_INTERNAL, "%u refusals and %llu events of %u devices", atomic_load(&refused),
                    (unsigned long long)atomic_load(&events), device_count));
    store_close(store);
    arena_done(&memory);
    return 0;
}
