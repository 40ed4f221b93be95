#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/cli.h"

static uint64_t pause_us(const struct display *d) {
    return d->terminal ? 500000 : 10000000;
}

void display_at(void *display, uint64_t done, uint64_t total) {
    struct display *d = display;
    uint64_t now_us = clock_monotonic_us();
    if (now_us < d->next_us || total == 0)
        return;
    d->next_us = now_us + pause_us(d);
    (void)fprintf(stderr, d->terminal ? "\r%s %3u %%" : "%s %u %%\n", d->verb,
                  (unsigned)(done * 100 / total));
    d->shown = true;
}

struct display display_start(const char *verb) {
    struct display d = {.verb = verb, .terminal = isatty(STDERR_FILENO)};
    d.next_us = clock_monotonic_us() + pause_us(&d);
    return d;
}

void display_end(const struct display *d) {
    if (d->shown && d->terminal)
        (void)fprintf(stderr, "\r%*s\r", (int)strlen(d->verb) + 8, "");
}
