/* What the topic index costs: bytes per filter and time per publish, for 10³ and 10⁶ filters.
 *
 *     topic_index [FILTERS]
 *
 * Every device subscribes to its own filter; names are published in random order, so that caches
 * are of no help beyond what a real fleet would give them. */
#include "broker/topic_index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { NAMES = 1 << 18, NAME_BYTES = 48 };

static const struct shape {
    const char *title, *filter, *name; /* of site and device */
} shapes[] = {
    {"exact", "fleet/site%u/device%07u/commands", "fleet/site%u/device%07u/commands"},
    {"plus at the end", "fleet/site%u/device%07u/+", "fleet/site%u/device%07u/commands"},
    {"plus in the middle", "fleet/+/device%2$07u/commands", "fleet/site%u/device%07u/commands"},
    {"hash", "fleet/site%u/device%07u/#", "fleet/site%u/device%07u/commands/reboot"},
};

static char names[NAMES][NAME_BYTES];

static size_t resident_bytes(void) {
    unsigned long total = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f || fscanf(f, "%lu %lu", &total, &resident) != 2)
        exit(EXIT_FAILURE);
    (void)fclose(f);
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

static bytes text_of(char *room, const char *format, unsigned device) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    int len = snprintf(room, NAME_BYTES, format, device % 997, device);
#pragma GCC diagnostic pop
    return bytes_of(room, (size_t)len);
}

static double cpu_us(void) {
    return (double)clock() * 1e6 / CLOCKS_PER_SEC;
}

static void count(void *context, const struct topic_subscriber *subscribers, size_t n) {
    *(size_t *)context += n;
}

static double publish_us(struct topic_index *index) {
    size_t reached = 0;
    double start = cpu_us();
    for (size_t i = 0; i < NAMES; i++)
        (void)topic_index_match(index, bytes_from(names[i]), count, &reached);
    if (reached != NAMES)
        exit(EXIT_FAILURE);
    return (cpu_us() - start) / NAMES;
}

static void measure(const struct shape *shape, unsigned filters) {
    char room[NAME_BYTES];
    size_t before = resident_bytes();
    struct topic_index *index = topic_index_new(true);
    double start = cpu_us();
    for (unsigned i = 0; i < filters; i++)
        (void)topic_index_add(index, text_of(room, shape->filter, i), &names[i % NAMES], 1);
    double add_us = (cpu_us() - start) / filters;
    size_t used = resident_bytes() - before;
    for (size_t i = 0; i < NAMES; i++)
        (void)text_of(names[i], shape->name, (unsigned)random() % filters);
    (void)printf("%-20s %9u filters  %5.0f bytes each  add %.2f µs  publish %.2f µs\n",
                 shape->title, filters, (double)used / filters, add_us, publish_us(index));
    topic_index_free(index);
}

/* In a process of its own, so that nobody's freed memory is counted as saved. */
static void measure_apart(const struct shape *shape, unsigned filters) {
    int result;
    pid_t child = fork();
    if (child == 0) {
        measure(shape, filters);
        exit(EXIT_SUCCESS);
    }
    if (child < 0 || waitpid(child, &result, 0) != child || result != 0)
        exit(EXIT_FAILURE);
}

int main(int argc, char **argv) {
    memset(names, 1, sizeof names); /* resident from the start */
    for (size_t i = 0; i < COUNT_OF(shapes); i++)
        if (argc > 1) {
            measure_apart(&shapes[i], (unsigned)atoi(argv[1]));
        } else {
            measure_apart(&shapes[i], 1000);
            measure_apart(&shapes[i], 1000000);
        }
    return EXIT_SUCCESS;
}
