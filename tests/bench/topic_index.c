/* What the topic index costs: bytes per filter and time per publish, for 10³ and 10⁶ filters.
 *
 *     bench_topic_index [FILTERS]
 *
 * Every device subscribes to its own filter; names are published in random order, so that caches
 * are of no help beyond what a real fleet would give them. */
#include "broker/topic_index.h"
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NAMES = 1 << 18, NAME_BYTES = 48 };

/* Device 7 of site 3 publishes to fleet/site3/device0000007/commands; what its filter says instead
 * of the site and of the end. */
static const struct shape {
    const char *title, *site, *filter_end, *name_end;
} shapes[] = {
    {"exact", NULL, "commands", "commands"},
    {"plus at the end", NULL, "+", "commands"},
    {"plus in the middle", "+", "commands", "commands"},
    {"hash", NULL, "#", "commands/reboot"},
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

static bytes text_of(char *room, const char *site, unsigned device, const char *end) {
    char own[16];
    (void)snprintf(own, sizeof own, "site%u", device % 997);
    int len = snprintf(room, NAME_BYTES, "fleet/%s/device%07u/%s", site ? site : own, device, end);
    return bytes_of(room, (size_t)len);
}

static void count(void *context, const struct topic_subscriber *subscribers, size_t n) {
    *(size_t *)context += n;
}

static double publish_us(struct topic_index *index) {
    size_t reached = 0;
    double start = report_cpu_us();
    for (size_t i = 0; i < NAMES; i++)
        (void)topic_index_match(index, bytes_from(names[i]), count, &reached);
    if (reached != NAMES)
        exit(EXIT_FAILURE);
    return (report_cpu_us() - start) / NAMES;
}

static void measure(const struct shape *shape, unsigned filters) {
    char room[NAME_BYTES];
    size_t before = resident_bytes();
    struct topic_index *index = topic_index_new(true);
    double start = report_cpu_us();
    for (unsigned i = 0; i < filters; i++)
        (void)topic_index_add(index, text_of(room, shape->site, i, shape->filter_end),
                              &names[i % NAMES], 1);
    double add_us = (report_cpu_us() - start) / filters;
    size_t used = resident_bytes() - before;
    for (size_t i = 0; i < NAMES; i++)
        (void)text_of(names[i], NULL, (unsigned)random() % filters, shape->name_end);
    report((double)used / filters, "bytes a filter", "%s, %u filters", shape->title, filters);
    report(add_us, "µs CPU", "%s, %u filters, add", shape->title, filters);
    report(publish_us(index), "µs CPU", "%s, %u filters, publish", shape->title, filters);
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
