/* Time. Loops have a time of their own (loop/loop.h); this is for everyone else.
 *
 * Tests may set both clocks by hand; then they move only by clock_simulate. */
#pragma once
#include "base/bytes.h"

int64_t clock_wall_ms(void);       /* milliseconds since 1970-01-01 UTC */
uint64_t clock_monotonic_us(void); /* microseconds since some start */

/* clock_simulate sets both clocks to this wall time; a negative value returns to the real ones. */
void clock_simulate(int64_t wall_ms);

/* clock_format writes "2026-01-02T03:04:05.678Z" (24 characters and a zero). */
void clock_format(int64_t wall_ms, char out[25]);
