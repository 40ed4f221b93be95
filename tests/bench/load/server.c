#include "load/server.h"

#include <stdio.h>
#include <time.h>

#include "load/client.h"
#include "load/options.h"

double server_cpu_s(void) {
    clockid_t clock;
    struct timespec t;
    if (clock_getcpuclockid(o.server, &clock) != 0 || clock_gettime(clock, &t) != 0)
        die("no CPU clock of the server's process");
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* VmRSS of /proc/PID/status is gathered per thread and may be off by megabytes; this is not. */
long server_rss_kib(void) {
    char path[64], line[256];
    long kib = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/smaps_rollup", o.server);
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "Rss: %ld kB", &kib) == 1)
            break;
    if (f)
        (void)fclose(f);
    if (kib == 0)
        die("no memory of the server's process");
    return kib;
}
