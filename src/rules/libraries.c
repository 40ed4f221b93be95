/* What few servers need: libpq for tables in PostgreSQL, librdkafka for messages into Kafka. */
#include "base/library.h"
#include "base/memory.h"
#include "rules/libpq.h"
#include "rules/librdkafka.h"

struct libpq libpq;
struct librdkafka librdkafka;

status libpq_load(void) {
    static const char *const names[] = {
#define NAME_PQ(name) "PQ" #name,
        LIBPQ_FUNCTIONS(NAME_PQ)};
    static struct library library = {"libpq.so.5",    "libpq5",        names,
                                     (void **)&libpq, COUNT_OF(names), LIBRARY_NOT_LOADED};
    return library_load(&library, NULL);
}

status librdkafka_load(void) {
    static const char *const names[] = {
#define NAME_KAFKA(name) "rd_kafka_" #name,
        LIBRDKAFKA_FUNCTIONS(NAME_KAFKA)};
    static struct library library = {"librdkafka.so.1",    "librdkafka1",   names,
                                     (void **)&librdkafka, COUNT_OF(names), LIBRARY_NOT_LOADED};
    return library_load(&library, NULL);
}
