#include "base/clock.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

static _Atomic int64_t simulated_ms = -1;

int64_t clock_wall_ms(void) {
    int64_t fixed = atomic_load_explicit(&simulated_ms, memory_order_relaxed);
    if (fixed >= 0)
        return fixed;
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

uint64_t clock_monotonic_us(void) {
    int64_t fixed = atomic_load_explicit(&simulated_ms, memory_order_relaxed);
    if (fixed >= 0)
        return (uint64_t)fixed * 1000;
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

void clock_simulate(int64_t wall_ms) {
    atomic_store(&simulated_ms, wall_ms);
}

void clock_format(int64_t wall_ms, char out[25]) {
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm t;
    if (!gmtime_r(&seconds, &t))
        t = (struct tm){.tm_year = 70, .tm_mday = 1};
    char text[64];
    (void)snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", t.tm_year + 1900,
                   t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, (int)(wall_ms % 1000));
    (void)snprintf(out, 25, "%.24s", text);
}
