/* What few servers need: libpq for tables in PostgreSQL, librdkafka for messages into Kafka. */
#include <pthread.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/library.h"
#include "rules/libpq.h"
#include "rules/librdkafka.h"

struct libpq libpq;
struct librdkafka librdkafka;

/* How loading went: said again to each that asks. */
struct loading {
    status result;
    char why[256];
};
static struct loading loading_libpq, loading_librdkafka;

static void note(struct loading *l, status result) {
    l->result = result;
    if (result != OK)
        (void)snprintf(l->why, sizeof l->why, "%s", failure_text());
}

static void load_libpq(void) {
    static const char *const names[] = {
#define NAME_PQ(name) "PQ" #name,
        LIBPQ_FUNCTIONS(NAME_PQ)};
    note(&loading_libpq,
         library_load("libpq.so.5", "libpq5", names, (void **)&libpq, COUNT_OF(names)));
}

static void load_librdkafka(void) {
    static const char *const names[] = {
#define NAME_KAFKA(name) "rd_kafka_" #name,
        LIBRDKAFKA_FUNCTIONS(NAME_KAFKA)};
    note(&loading_librdkafka, library_load("librdkafka.so.1", "librdkafka1", names,
                                           (void **)&librdkafka, COUNT_OF(names)));
}

static status said(const struct loading *l) {
    return l->result == OK ? OK : FAIL(l->result, "%s", l->why);
}

status libpq_load(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, load_libpq);
    return said(&loading_libpq);
}

status librdkafka_load(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, load_librdkafka);
    return said(&loading_librdkafka);
}
