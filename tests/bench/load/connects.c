#include "load/connects.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "load/client.h"
#include "load/options.h"
#include "load/server.h"

enum { SETTLE_US = 500000, FIRST = 50 };

void connects_run(void) {
    struct client c;
    for (unsigned i = 0; i < FIRST; i++) { /* caches and pools fill */
        client_open(&c, 'c', i);
        client_close(&c);
    }
    double cpu = server_cpu_s();
    uint64_t start = clock_monotonic_us();
    for (unsigned i = 0; i < o.connections; i++) {
        client_open(&c, 'c', i);
        client_close(&c);
    }
    double seconds = (double)(clock_monotonic_us() - start) / 1e6;
    (void)usleep(SETTLE_US / 10); /* the last one's end counts too */
    cpu = server_cpu_s() - cpu;
    (void)printf(
        "{\"connects\":%u,\"seconds\":%.3f,\"server_cpu_s\":%.4f,\"cpu_ms_per_connect\":%.4f}\n",
        o.connections, seconds, cpu, cpu * 1e3 / o.connections);
}

/* The first ones make the server grow its tables and pools; they stay open and do not count. */
void idle_run(void) {
    unsigned count = FIRST + o.connections;
    struct client *idle = NEW_ARRAY(struct client, count);
    long before = 0;
    for (unsigned i = 0; i < count; i++) {
        if (i == FIRST) {
            (void)usleep(SETTLE_US);
            before = server_rss_kib();
        }
        client_open(&idle[i], 'i', i);
    }
    (void)usleep(SETTLE_US);
    long after = server_rss_kib();
    (void)printf(
        "{\"connections\":%u,\"kib_before\":%ld,\"kib_after\":%ld,\"kib_per_connection\":%.3f}\n",
        o.connections, before, after, (double)(after - before) / o.connections);
    for (unsigned i = 0; i < count; i++)
        client_close(&idle[i]);
    mem_free(idle);
}
