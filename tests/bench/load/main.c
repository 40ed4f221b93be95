/* A load generator for MQTT 3.1.1 brokers. Prints one line of JSON: what was done, how long it
 * took, and the CPU time or memory that the server's process used for it.
 *
 *     mqtt_load messages --port P --server PID [--qos 0|1] [--publishers N] [--subscribers N]
 * [--fan]
 *                        [--payload BYTES] [--window N] [--rate N] [--seconds S] [--warm-up S]
 *     mqtt_load connects --port P --server PID [--connections N]
 *     mqtt_load idle     --port P --server PID [--connections N]
 *     mqtt_load storm    --port P --server PID [--publishers N] [--connections N] [--seconds S]
 *
 * and with each: --tls CA CERTIFICATE KEY, --host NAME for SNI. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "load/client.h"
#include "load/connects.h"
#include "load/messages.h"
#include "load/options.h"
#include "load/storm.h"

struct options o = {.host = "localhost",
                    .publishers = 1,
                    .subscribers = 1,
                    .payload = 64,
                    .window = 200,
                    .connections = 64,
                    .seconds = 1,
                    .warm_up_s = 0.2};

static const struct {
    const char *name;
    void (*run)(void);
} works[] = {{"messages", messages_run},
             {"connects", connects_run},
             {"idle", idle_run},
             {"storm", storm_run}};

enum kind { NUMBER, PORT, PROCESS, SECONDS, TEXT, FLAG, TLS };

static const struct {
    const char *name;
    enum kind kind;
    size_t at;
} options[] = {
    {"--port", PORT, offsetof(struct options, port)},
    {"--server", PROCESS, offsetof(struct options, server)},
    {"--host", TEXT, offsetof(struct options, host)},
    {"--qos", NUMBER, offsetof(struct options, qos)},
    {"--publishers", NUMBER, offsetof(struct options, publishers)},
    {"--subscribers", NUMBER, offsetof(struct options, subscribers)},
    {"--payload", NUMBER, offsetof(struct options, payload)},
    {"--window", NUMBER, offsetof(struct options, window)},
    {"--rate", NUMBER, offsetof(struct options, rate)},
    {"--connections", NUMBER, offsetof(struct options, connections)},
    {"--seconds", SECONDS, offsetof(struct options, seconds)},
    {"--warm-up", SECONDS, offsetof(struct options, warm_up_s)},
    {"--fan", FLAG, offsetof(struct options, fan)},
    {"--tls", TLS, offsetof(struct options, ca)},
};

/* Sets one option from the words after it; how many those were. */
static int set(enum kind kind, void *place, char **values) {
    switch (kind) {
    case NUMBER:
        *(unsigned *)place = (unsigned)strtoul(values[0], NULL, 10);
        return 1;
    case PORT:
        *(uint16_t *)place = (uint16_t)strtoul(values[0], NULL, 10);
        return 1;
    case PROCESS:
        *(int *)place = atoi(values[0]);
        return 1;
    case SECONDS:
        *(double *)place = strtod(values[0], NULL);
        return 1;
    case TEXT:
        *(const char **)place = values[0];
        return 1;
    case FLAG:
        *(bool *)place = true;
        return 0;
    case TLS:
        o.ca = values[0];
        o.certificate = values[1];
        o.key = values[2];
        return 3;
    }
    return 0;
}

static int take_option(int left, char **words) {
    for (size_t i = 0; i < COUNT_OF(options); i++)
        if (strcmp(words[0], options[i].name) == 0) {
            int values = options[i].kind == FLAG ? 0 : options[i].kind == TLS ? 3 : 1;
            if (left <= values)
                die("an option lacks its value");
            return 1 + set(options[i].kind, (char *)&o + options[i].at, words + 1);
        }
    die("there is no such option; the head of tests/bench/load/main.c lists them");
}

int main(int argc, char **argv) {
    struct rlimit files = {65536, 65536};
    (void)setrlimit(RLIMIT_NOFILE, &files);
    o.work = argc > 1 ? argv[1] : "";
    for (int i = 2; i < argc;)
        i += take_option(argc - i, argv + i);
    if (o.publishers == 0 || o.payload > 1 << 20)
        die("--publishers takes 1 or more, --payload at most 1 MiB");
    if (o.ca)
        client_tls_start();
    for (size_t i = 0; i < COUNT_OF(works); i++)
        if (strcmp(o.work, works[i].name) == 0) {
            works[i].run();
            return EXIT_SUCCESS;
        }
    die("the first word is messages, connects, idle or storm");
}
