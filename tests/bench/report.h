/* What the programs that measure one folder print: a line each, name, figure and unit in columns.
 */
#pragma once
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

/* report_cpu_us is the CPU time of this process (all threads), in microseconds. */
static inline double report_cpu_us(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

__attribute__((format(printf, 3, 4))) static inline void report(double figure, const char *unit,
                                                                const char *name, ...) {
    char text[128];
    va_list arguments;
    va_start(arguments, name);
    (void)vsnprintf(text, sizeof text, name, arguments);
    va_end(arguments);
    (void)printf("  %-52s %10.2f %s\n", text, figure, unit);
}
