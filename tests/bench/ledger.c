/* What a ledger costs: certificates a second from a CSV into an empty store on SQLite, each with a
 * thing and a policy; then the same again, when all are there already.
 *
 *     bench_ledger DIRECTORY [CERTIFICATES] [plain|things]
 *
 * The certificates are one, EC P-256, with another common name in each; so nobody has to sign a
 * million. The CSV stays in DIRECTORY, for kedge import. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "identity/material.h"
#include "ledger/import.h"
#include "ledger/pem_text.h"
#include "report.h"

static const char policy_document[] =
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"iot:*\","
    "\"Resource\":\"*\"}]}";

static void must(status s) {
    if (s == OK)
        return;
    (void)fprintf(stderr, "%s (%s)\n", failure_text(), failure_where());
    exit(EXIT_FAILURE);
}

static void write_csv(const char *path, unsigned count) {
    AUTO(arena) memory = {0};
    static const char *const more[] = {"subjectKeyIdentifier", "hash", "basicConstraints",
                                       "CA:FALSE", NULL};
    struct recipe r = {.subject = "CN=device-00000000/O=Vendor",
                       .key = "P-256",
                       .issuer = "CN=Vendor Signer/O=Vendor",
                       .signer = "P-256#2",
                       .until_s = 1000000000,
                       .more = more};
    bytes der = material_der(&r, &memory);
    char *digits = (char *)der.ptr + bytes_search(der, BYTES("device-00000000")) + 7;
    FILE *f = fopen(path, "we");
    if (!f)
        exit(EXIT_FAILURE);
    (void)fprintf(f, "certificate\n");
    for (unsigned i = 0; i < count; i++) {
        AUTO(buf) pem = {0};
        AUTO(buf) line = {0};
        char number[9];
        (void)snprintf(number, sizeof number, "%08u", i);
        memcpy(digits, number, 8);
        pem_text_of(der, &pem);
        csv_append(&line, buf_bytes(&pem));
        buf_append_byte(&line, '\n');
        (void)fwrite(line.ptr, 1, line.len, f);
    }
    (void)fclose(f);
}

static void add_policy(struct store *store) {
    AUTO(arena) memory = {0};
    struct txn *t;
    must(store_begin_write(store, &t));
    struct registry r = {t, &memory, BYTES("123456789012"), BYTES("us-east-1")};
    must(policy_create(&r, BYTES("devices"), bytes_from(policy_document), NULL));
    must(store_commit(t));
}

static void measure(struct store *store, const char *csv, bool with_things, const char *what) {
    struct import_counts counts;
    struct ledger_plan plan = {.status = CERTIFICATE_ACTIVE};
    struct import i = {.store = store,
                       .account = BYTES("123456789012"),
                       .region = BYTES("us-east-1"),
                       .plan = &plan};
    if (with_things) {
        plan.thing_name = BYTES("{CN}");
        plan.policies[plan.policy_count++] = BYTES("devices");
    }
    must(ledger_open(csv, &i.ledger));
    double cpu_us = report_cpu_us();
    uint64_t begun_us = clock_monotonic_us();
    must(import_run(&i, &counts));
    double took_us = (double)(clock_monotonic_us() - begun_us);
    double count = (double)(counts.registered + counts.existing);
    report(count * 1e6 / took_us, "a second", "%s", what);
    report((report_cpu_us() - cpu_us) / count, "µs CPU", "%s", what);
    if (counts.bad + counts.duplicates + counts.completed > 0)
        exit(EXIT_FAILURE);
    ledger_close(i.ledger);
}

int main(int argc, char **argv) {
    char csv[4096];
    struct store *store;
    if (argc < 2) {
        (void)fprintf(stderr, "usage: bench_ledger DIRECTORY [CERTIFICATES] [plain|things]\n");
        return 2;
    }
    unsigned count = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 50000;
    bool with_things = argc <= 3 || strcmp(argv[3], "plain") != 0;
    (void)snprintf(csv, sizeof csv, "%s/ledger.csv", argv[1]);
    (void)mkdir(argv[1], 0700);
    write_csv(csv, count);
    must(store_open(&store_sqlite, argv[1], &store));
    store_expect_much(store);
    add_policy(store);
    report(count, "", "certificates%s", with_things ? ", each with thing and policy" : "");
    measure(store, csv, with_things, "import");
    measure(store, csv, with_things, "import again: all are there");
    store_close(store);
    return 0;
}
