/* What the registry costs on disk: microseconds of CPU per look-up, and commits per second.
 *
 *     bench_registry DIRECTORY [CERTIFICATES]
 *
 * Fills an empty store in DIRECTORY with certificates of realistic size (RSA 2048, 1.2 KB of PEM),
 * each with a thing and one of at most 10,000 policies attached, thousands to a transaction, by the
 * calls that the API makes; then looks up at random, each look-up in a read transaction of its own,
 * as a connection or an API request does. A DIRECTORY filled by an earlier run with as many
 * certificates is taken as it is. */
#include "account/account.h"
#include "api/api.h"
#include "api/signing.h"
#include "base/clock.h"
#include "base/log.h"
#include "registry/principal.h"
#include "report.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PER_TRANSACTION = 8192,
    POLICIES_MAX = 10000,
    LOOKUPS = 50000,
    PEM_BYTES = 1220,
    COMMITS = 400,
    THREADS = 8
};

static struct store *store;
static unsigned certificates, policies;
static char pem[PEM_BYTES];

static void must(status s) {
    if (s == OK)
        return;
    (void)fprintf(stderr, "%s (%s)\n", failure_text(), failure_where());
    exit(EXIT_FAILURE);
}

static struct registry registry_of(struct txn *t, struct arena *a) {
    return (struct registry){t, a, BYTES("123456789012"), BYTES("us-east-1")};
}

/* Ids are spread like hashes are. */
static bytes id_of(struct arena *a, unsigned i) {
    uint64_t x = (i + 1) * 0x9e3779b97f4a7c15U;
    return bytes_from(arena_printf(a, "%016llx%048x", (unsigned long long)x, i));
}

static bytes name_of(struct arena *a, unsigned i) {
    return bytes_from(arena_printf(a, "device-%07u", i));
}

static void add_device(const struct registry *r, unsigned i) {
    struct thing_attribute attribute = {BYTES("site"), BYTES("plant-7")};
    struct thing_record thing = {
        .name = name_of(r->arena, i), .attributes = &attribute, .attribute_count = 1};
    struct certificate_new c = {.id = id_of(r->arena, i),
                                .pem = bytes_of(pem, sizeof pem),
                                .status = CERTIFICATE_ACTIVE,
                                .not_after_ms = 2524607999000};
    bytes policy = bytes_from(arena_printf(r->arena, "policy-%u", i % policies));
    must(certificate_register(r, &c, NULL));
    must(thing_create(r, &thing, NULL));
    must(policy_attach(r, policy, certificate_arn(r, c.id)));
    must(thing_principal_attach(r, thing.name, certificate_arn(r, c.id),
                                THING_PRINCIPAL_NON_EXCLUSIVE));
}

static void add_policies(const struct registry *r) {
    static const bytes document = BYTES(
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"iot:"
        "Connect\"],"
        "\"Resource\":[\"arn:aws:iot:us-east-1:123456789012:client/"
        "${iot:Connection.Thing.ThingName}\"]},"
        "{\"Effect\":\"Allow\",\"Action\":[\"iot:Publish\",\"iot:Receive\",\"iot:Subscribe\"],"
        "\"Resource\":[\"*\"]}]}");
    for (unsigned i = 0; i < policies; i++)
        must(policy_create(r, bytes_from(arena_printf(r->arena, "policy-%u", i)), document, NULL));
}

static bool is_filled(void) {
    AUTO(arena) a = {0};
    struct txn *t;
    struct thing_record thing;
    must(store_begin_read(store, &t));
    struct registry r = registry_of(t, &a);
    bool filled = thing_load(&r, name_of(&a, certificates - 1), &thing) == OK;
    store_rollback(t);
    return filled;
}

static void fill(void) {
    AUTO(arena) a = {0};
    struct txn *t;
    double begun = report_cpu_us();
    uint64_t begun_us = clock_monotonic_us();
    memset(pem, 'M', sizeof pem);
    for (unsigned i = 0; i < certificates; i++) {
        if (i % PER_TRANSACTION == 0)
            must(store_begin_write(store, &t));
        struct registry r = registry_of(t, &a);
        if (i == 0)
            add_policies(&r);
        add_device(&r, i);
        if ((i + 1) % PER_TRANSACTION == 0 || i + 1 == certificates)
            must(store_commit(t));
        arena_reset(&a);
    }
    static const char what[] = "add certificate, thing, both attached";
    report((report_cpu_us() - begun) / certificates, "µs CPU", "%s", what);
    report((double)(clock_monotonic_us() - begun_us) / certificates, "µs", "%s", what);
}

static void look_up_principal(const struct registry *r, unsigned i) {
    struct principal_facts facts;
    must(registry_principal_load(r, id_of(r->arena, i), name_of(r->arena, i), &facts));
    if (facts.policy_count == 0 || !facts.has_thing)
        exit(EXIT_FAILURE);
}
static void describe_certificate(const struct registry *r, unsigned i) {
    struct certificate_record c;
    must(certificate_load(r, id_of(r->arena, i), &c));
}
static void describe_thing(const struct registry *r, unsigned i) {
    struct thing_record thing;
    must(thing_load(r, name_of(r->arena, i), &thing));
}
static void find_nothing(const struct registry *r, unsigned i) {
    struct certificate_record c;
    if (certificate_load(r, id_of(r->arena, certificates + i), &c) != E_NOT_FOUND)
        exit(EXIT_FAILURE);
}
/* Page after page. */
static void list_things(const struct registry *r, unsigned i) {
    static struct buf token;
    struct thing_list l;
    UNUSED(i);
    must(thing_list(r, NULL, &(struct page){.token = buf_bytes(&token)}, &l));
    buf_clear(&token);
    buf_append(&token, l.next);
}
static void list_certificates(const struct registry *r, unsigned i) {
    struct certificate_list l;
    must(certificate_list(r, &(struct page){.ascending = i % 2}, &l));
}

static void measure(const char *title, void (*look_up)(const struct registry *r, unsigned i)) {
    AUTO(arena) a = {0};
    double begun = report_cpu_us();
    for (unsigned i = 0; i < LOOKUPS; i++) {
        struct txn *t;
        must(store_begin_read(store, &t));
        struct registry r = registry_of(t, &a);
        look_up(&r, (unsigned)((uint64_t)i * 7919 * 104729 % certificates));
        store_rollback(t);
        arena_reset(&a);
    }
    report((report_cpu_us() - begun) / LOOKUPS, "µs CPU", "%s", title);
}

/* Attached to and detached from certificates in turn, each durable before the next. */
static void measure_attaching(void) {
    AUTO(arena) a = {0};
    double begun = report_cpu_us();
    for (unsigned i = 0; i < COMMITS; i++) {
        struct txn *t;
        must(store_begin_write(store, &t));
        struct registry r = registry_of(t, &a);
        bytes arn = certificate_arn(&r, id_of(&a, (unsigned)random() % certificates));
        bytes policy = bytes_from(arena_printf(&a, "policy-%u", (unsigned)random() % policies));
        must(policy_attach(&r, policy, arn));
        must(store_commit(t));
        arena_reset(&a);
    }
    report((report_cpu_us() - begun) / COMMITS, "µs CPU", "AttachPolicy, durable");
}

/* ---- the same as requests: api_answer, from the signature to the last byte of the answer ---- */

static struct api *api;
static struct access_key key;

static void open_api(void) {
    struct account account;
    struct txn *t;
    must(account_ensure_default(store, BYTES("123456789012"), &account));
    must(store_begin_read(store, &t));
    must(access_key_load_first(t, bytes_from(account.id), &key));
    store_rollback(t);
    api = api_new(&(struct api_config){.store = store, .region = BYTES("us-east-1")});
}

struct question {
    const char *method, *target;
    bytes body;
};

/* CPU time of one request; signing it is the client's. */
static double ask(const struct question *q, struct arena *a) {
    struct http_request r = {.method = bytes_from(q->method), .body = q->body, .version_minor = 1};
    const struct signing with = {key.id, key.secret, "us-east-1", "iot", clock_wall_ms(), NULL};
    struct api_response response;
    sign_request(&with, q->target, &r, a);
    double begun = report_cpu_us();
    api_answer(api, &r, a, &response);
    double took = report_cpu_us() - begun;
    if (response.status != 200)
        (void)fprintf(stderr, "%s: %d %s\n", q->target, response.status,
                      buf_string(&response.body));
    api_response_done(&response);
    return took;
}

static struct question ask_describe_thing(struct arena *a, unsigned i) {
    bytes name = name_of(a, i);
    return (struct question){"GET", arena_printf(a, "/things/%.*s", BYTES_ARG(name)), {0}};
}
static struct question ask_describe_certificate(struct arena *a, unsigned i) {
    bytes id = id_of(a, i);
    return (struct question){"GET", arena_printf(a, "/certificates/%.*s", BYTES_ARG(id)), {0}};
}
static struct question ask_list_things(struct arena *a, unsigned i) {
    return (struct question){"GET", "/things?maxResults=25", {0}};
}
static struct question ask_attach_policy(struct arena *a, unsigned i) {
    bytes id = id_of(a, i);
    return (struct question){
        "PUT", arena_printf(a, "/target-policies/policy-%u", (unsigned)random() % policies),
        bytes_from(arena_printf(a, "{\"target\":\"arn:aws:iot:us-east-1:123456789012:cert/%.*s\"}",
                                BYTES_ARG(id)))};
}

static void measure_requests(const char *title, unsigned count,
                             struct question (*question)(struct arena *a, unsigned i)) {
    AUTO(arena) a = {0};
    double sum = 0;
    unsigned base = (unsigned)random() % certificates;
    for (unsigned i = 0; i < count; i++) {
        struct question q =
            question(&a, (unsigned)((uint64_t)(i + base) * 7919 * 104729 % certificates));
        sum += ask(&q, &a);
        arena_reset(&a);
    }
    report(sum / count, "µs CPU", "request %s", title);
}

static void measure_api(void) {
    log_set_level(LOG_WARN);
    open_api();
    measure_requests("DescribeThing", LOOKUPS / 5, ask_describe_thing);
    measure_requests("DescribeCertificate", LOOKUPS / 5, ask_describe_certificate);
    measure_requests("ListThings, 25", LOOKUPS / 5, ask_list_things);
    measure_requests("AttachPolicy", COMMITS, ask_attach_policy);
    api_free(api);
    access_key_done(&key);
}

static void *commit_often(void *unused) {
    UNUSED(unused);
    AUTO(arena) a = {0};
    for (unsigned i = 0; i < COMMITS; i++) {
        struct txn *t;
        must(store_begin_write(store, &t));
        struct registry r = registry_of(t, &a);
        bytes name = name_of(&a, (unsigned)random() % certificates);
        must(thing_update(&r, name, &(struct thing_changes){0}));
        must(store_commit(t));
        arena_reset(&a);
    }
    return NULL;
}

static void measure_commits(size_t thread_count) {
    pthread_t threads[THREADS];
    double begun = report_cpu_us();
    uint64_t begun_us = clock_monotonic_us();
    for (size_t i = 0; i < thread_count; i++)
        (void)pthread_create(&threads[i], NULL, commit_often, NULL);
    for (size_t i = 0; i < thread_count; i++)
        (void)pthread_join(threads[i], NULL);
    double count = (double)(COMMITS * thread_count);
    double took_us = (double)(clock_monotonic_us() - begun_us);
    double cpu_us = report_cpu_us() - begun;
    report(cpu_us / count, "µs CPU", "UpdateThing, durable, %zu at a time", thread_count);
    report(count * 1e6 / took_us, "a second", "UpdateThing, durable, %zu at a time", thread_count);
}

static void print_memory(const char *when) {
    char line[200];
    double kib;
    FILE *f = fopen("/proc/self/status", "re");
    while (f && fgets(line, sizeof line, f)) {
        if (sscanf(line, "VmRSS: %lf kB", &kib) == 1)
            report(kib / 1024, "MiB", "resident memory, %s", when);
        if (sscanf(line, "RssAnon: %lf kB", &kib) == 1)
            report(kib / 1024, "MiB", "its own, without what is mapped of files, %s", when);
    }
    if (f)
        (void)fclose(f);
}

int main(int argc, char **argv) {
    if (argc < 2) {
        (void)fprintf(stderr, "usage: bench_registry DIRECTORY [CERTIFICATES]\n");
        return 2;
    }
    certificates = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 1000;
    policies = certificates < POLICIES_MAX ? certificates / 10 : POLICIES_MAX;
    srandom((unsigned)clock_wall_ms()); /* else a second run attaches what is attached */
    must(store_open(&store_sqlite, argv[1], &store));
    report(certificates, "", "certificates");
    if (!is_filled()) {
        store_expect_much(store);
        fill();
        store_close(store); /* as a server finds it that was started afterwards */
        must(store_open(&store_sqlite, argv[1], &store));
    }
    print_memory("before the first look-up");
    measure("principal of a connection, all facts", look_up_principal);
    measure("DescribeCertificate", describe_certificate);
    measure("DescribeThing", describe_thing);
    measure("ListThings, 25, page after page", list_things);
    measure("a certificate that is not registered", find_nothing);
    measure("ListCertificates, 25", list_certificates);
    print_memory("after the look-ups");
    measure_attaching();
    measure_api();
    measure_commits(1);
    measure_commits(THREADS);
    print_memory("at the end");
    store_close(store);
    return 0;
}
